//! What is remembered of the audits of a log.

use crate::error::CliError;
use crate::memory::{Memory, Remembered};
use assay_core::digest::Sha256Digest;
use assay_notary::merkle::Hash;
use serde::{Deserialize, Serialize};

/// What is remembered of one log, by its notary's address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audited {
    /// The key that signs its checkpoints, pinned at the first audit.
    pub verifier_key: String,
    /// What the last audit without differences saw.
    pub last: Option<Seen>,
}

/// A state of a log in which everything held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// How many entries it had.
    pub size: u64,
    /// The root of the tree over them.
    pub root_hash: Sha256Digest,
    /// The checkpoint that says so, with its signatures.
    pub checkpoint: String,
    /// When it was audited, in seconds since 1970.
    pub audited_at: i64,
}

impl Seen {
    /// The root.
    pub fn root(&self) -> Hash {
        *self.root_hash.as_bytes()
    }
}

impl Remembered for Audited {
    const FOLDER: &str = "audits";
    const SCHEMA: &str = "assay.log-audit-memory.v1";
    const WHAT: &str = "the audits of a log";
    const LOST: &str = "the next audit is the first, and takes the log's key as it is shown";
}

/// Pins the key of a log that was not audited before. If another process was faster, what it pinned
/// counts.
///
/// # Errors
/// When it could not be written.
pub fn pin(memory: &Memory, address: &str, verifier_key: &str) -> Result<Audited, CliError> {
    let turn = memory.lock::<Audited>()?;
    if let Some(pinned) = memory.read(address)? {
        return Ok(pinned);
    }
    let pinned = Audited {
        verifier_key: verifier_key.to_owned(),
        last: None,
    };
    memory.write(address, &pinned, &turn)?;
    Ok(pinned)
}

/// Remembers what an audit saw, unless another one saw more meanwhile.
///
/// # Errors
/// When it could not be written.
pub fn remember(memory: &Memory, address: &str, audited: &Audited) -> Result<(), CliError> {
    let turn = memory.lock::<Audited>()?;
    let size = |audited: &Audited| audited.last.as_ref().map(|seen| seen.size);
    match memory.read::<Audited>(address)? {
        Some(kept) if size(&kept) > size(audited) => Ok(()),
        _ => memory.write(address, audited, &turn),
    }
}
