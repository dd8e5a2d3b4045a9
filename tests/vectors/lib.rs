//! Test vectors of others, and what this project has to say to each. They come inside packages that
//! are pinned in Cargo.lock; none is part of this repository. Natively they are run by `native.rs`,
//! and as wasm in a real browser by `tests/wasm`.

pub mod merkle;
pub mod signatures;
