//! How each source is asked and read.
