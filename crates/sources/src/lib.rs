//! How each source is asked and how its answer is read. No I/O happens here: a [`Transport`] is
//! handed in, the browser's `fetch` or a native client, so that the extension and the command
//! line cannot disagree about a file.
//!
//! A source is one file of this crate. What the sources prove is then compared with what is
//! remembered of their logs ([`remembered`]).

pub mod beside;
pub mod github;
pub mod log_proofs;
pub mod notary;
pub mod proving;
mod rate_limit;
pub mod rekor;
pub mod remembered;
mod transport;
pub mod tuf;

pub use rate_limit::rate_limited;
pub use transport::{HttpRequest, HttpResponse, Method, Transport};
