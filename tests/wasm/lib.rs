//! The core's hashing and proofs, run as wasm in a real browser: `cargo xtask test`.
//!
//! Native tests cannot see what only wasm has: the simd128 backend of the hash, the browser's
//! clock, 32-bit sizes.

#![cfg(all(test, target_arch = "wasm32"))]

mod conformance;
mod hashing;
mod proving;
mod refreshing;
mod vectors;
