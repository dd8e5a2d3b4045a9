//! Hashes files that the user brings, in a Worker of the page, by all the algorithms that people
//! compare digests of.
//!
//! It has a wasm module of its own: what only this page needs is no weight for the service worker.

mod jobs;
pub mod link;
mod pieces;

pub use jobs::start;
