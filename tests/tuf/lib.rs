//! A TUF repository for tests. It has keys of its own, made from labels, and signs by code of its
//! own, so that it shares no mistake with what it tests. The real repositories, Sigstore's and
//! GitHub's, are never asked by a test: what they publish is covered as far as it is embedded.

mod key;
mod memory;
mod repository;
#[cfg(not(target_arch = "wasm32"))]
mod server;

pub use key::{Key, envelope};
pub use memory::{Memory, Wire, ready};
pub use repository::{Repository, Role};
#[cfg(not(target_arch = "wasm32"))]
pub use server::Server;

/// The moment at which tests refresh, in seconds since 1970: 2026-12-01.
pub const NOW: i64 = 1_796_083_200;

/// An end of validity long after [`NOW`].
pub const LATER: &str = "2027-06-01T00:00:00Z";

/// An end of validity before [`NOW`].
pub const PAST: &str = "2026-11-30T23:59:59Z";

/// A day, in seconds.
pub const DAY: i64 = 86_400;
