//! What runs inside the browser: the background that watches and decides, the Workers that hash,
//! and the pages that show.
//!
//! Several wasm modules are built from it, each a binary in `src/bin`. Dependencies point down only:
//! [`pages`] and [`background`] use [`store`], [`bus`] and [`chrome`]; those know nothing of them.

pub mod background;
pub mod bus;
pub mod chrome;
pub mod digests;
pub mod fetch;
pub mod hasher;
pub mod js;
pub mod pages;
pub mod root_records;
pub mod settings_store;
pub mod store;
pub mod trust_roots;
pub mod trust_roots_module;
