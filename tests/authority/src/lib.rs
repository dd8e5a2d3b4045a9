//! A test authority: it plays all of Sigstore, so that tests need nobody else's keys.
//!
//! A certificate authority like Fulcio, a log of certificates, Rekor in both versions, a timestamp
//! authority, and an instance like GitHub's own. [`bundles`] makes good bundles of every kind;
//! [`Recipe::make_by`] lets a [`Hand`] reach into the making, and [`Change`] lists such hands: each
//! makes one thing wrong and nothing else. Everything follows from labels and numbers: the same
//! call makes the same bytes, on any machine, at any time.
//!
//! It shares no code with what it tests. It panics where it is asked for nonsense, as tests should.

#![allow(clippy::missing_panics_doc)]

pub mod certificate;
mod change;
pub mod checkpoint;
pub mod ct;
pub mod entry;
pub mod hand;
pub mod instance;
pub mod key;
mod make;
pub mod merkle;
pub mod minisign;
pub mod recipe;
pub mod rekor;
pub mod subject;
pub mod time;
pub mod tsa;

pub use change::{Change, Topic};
pub use hand::{Hand, Honest};
pub use instance::{Instance, Manner};
pub use key::{Curve, Hash, Key};
pub use make::{Made, bundles, bundles_at};
pub use recipe::Recipe;
pub use rekor::log_entry;
