//! Trust roots, kept fresh through TUF (The Update Framework Specification 1.0).
//!
//! Sigstore and GitHub publish their `trusted_root.json` in TUF repositories. A refresh starts
//! from what is embedded or was accepted before, follows the chain of TUF roots, and takes over
//! only what the keys in charge signed, what has not expired and what is not older than what was
//! accepted before. Whatever else happens, the trust root that was in use stays in use.
//!
//! What a signature, a threshold and canonical JSON are is left to `sigstore-tuf`'s
//! `TrustedMetadataSet`. Its `Updater` is not used: it wants a repository whose futures can move
//! between threads, which a browser's cannot; it goes on when what it accepted could not be
//! stored; and it forgets how new a snapshot was once it was cut off between two files.
//!
//! No I/O happens here: the [`Transport`](crate::Transport) and the [`RootStorage`] are handed in.

mod known;
mod metadata;
mod origin;
mod pin;
mod refresh;

pub use known::{RootInUse, in_use, report, trust_root};
pub use origin::{Origin, PLACES, Place};
pub use refresh::refresh;

use assay_core::root_store::RootRecord;
use assay_core::signer::RootId;

/// Where records of trust roots are kept.
pub trait RootStorage {
    /// The record of a root; `None` where there is none yet.
    ///
    /// # Errors
    /// When it cannot be read: what went wrong, in technical words.
    fn load(&self, root: &RootId) -> impl Future<Output = Result<Option<RootRecord>, String>>;

    /// Stores a record, over an earlier one of its root. Once this is done, the record survives
    /// a crash.
    ///
    /// # Errors
    /// When it cannot be stored: what went wrong, in technical words.
    fn save(&self, record: &RootRecord) -> impl Future<Output = Result<(), String>>;
}
