//! Drives real browsers and the servers that tests, demo and benchmarks need.
