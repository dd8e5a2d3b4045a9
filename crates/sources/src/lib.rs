//! How each source is asked and how its answer is read. No I/O happens here: a [`Transport`] is
//! handed in, the browser's `fetch` or a native client, so that the extension and the command
//! line cannot disagree about a file.
//!
//! A source is one file of this crate, which says what to request and reads what comes back
//! ([`Source`]); asking is the same for all ([`driver`]). What the sources prove is then compared
//! with what is remembered of their logs ([`remembered`]).

pub mod beside;
pub mod brought;
pub mod driver;
pub mod github;
pub mod index;
pub mod log_proofs;
pub mod minisigned;
pub mod notary;
pub mod proving;
mod rate_limit;
pub mod rekor;
pub mod remembered;
mod round;
pub mod site_word;
mod source;
mod transport;
pub mod tuf;

pub use proving::Candidates;
pub use rate_limit::rate_limited;
pub use source::{Answer, Next, Source, Weighing};
pub use transport::{HttpRequest, HttpResponse, Memory, Method, Transport, oversized};
