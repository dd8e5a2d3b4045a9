//! Two things that a log signed and that cannot both be true, as evidence that anybody can check.
//!
//! docs/log-contradiction.md describes the form for those who write a program of their own.

use super::checkpoint::{self, Checkpoint, CheckpointError, LogId};
use super::consistency::{self, Finding};
use crate::digest::Sha256Digest;
use serde::{Deserialize, Serialize};

/// The name of the form.
pub const CONTRADICTION_SCHEMA: &str = "assay.log-contradiction.v1";

/// The largest evidence that is read, in bytes. It has a few kilobytes.
pub const MAX_CONTRADICTION_BYTES: usize = 64 * 1024;

/// Two checkpoints of one log that cannot both be true, and what shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    /// [`CONTRADICTION_SCHEMA`].
    pub schema: String,
    /// The log.
    pub log: LogId,
    /// The log's key: base64 of the DER (RFC 5280 SubjectPublicKeyInfo).
    pub public_key: String,
    /// What was remembered of the log.
    pub remembered: Checkpoint,
    /// What it showed later.
    pub shown: Checkpoint,
    /// What shows that they contradict each other.
    pub proof: Proof,
}

/// What shows that two checkpoints contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// They have the same size and different roots.
    SameSize,
    /// A consistency proof of the log's (RFC 6962, section 2.1.2) that leads to the root of the
    /// larger tree, but from another tree of the smaller one's size.
    Consistency {
        /// The proof.
        hashes: Vec<Sha256Digest>,
    },
    /// An inclusion proof of the log's (RFC 6962, section 2.1.1), for the entry whose index is the
    /// smaller tree's size, that leads to the root of the larger tree. What lies to the left of
    /// its path is another tree of the smaller one's size.
    Inclusion {
        /// The hash of the entry (RFC 6962, section 2.1).
        leaf_hash: Sha256Digest,
        /// The proof.
        hashes: Vec<Sha256Digest>,
    },
}

/// Why something is no evidence of a contradiction.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContradictionError {
    /// It cannot be read.
    #[error("not {CONTRADICTION_SCHEMA}: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// A checkpoint is not what it is said to be.
    #[error("the {which} checkpoint: {problem}")]
    Checkpoint {
        /// `remembered` or `shown`.
        which: &'static str,
        /// What is wrong with it.
        problem: CheckpointError,
    },
    /// A checkpoint's fields differ from what was signed.
    #[error("the {which} checkpoint does not say what its signed note says")]
    Altered {
        /// `remembered` or `shown`.
        which: &'static str,
    },
    /// Both may be true.
    #[error("the two checkpoints are not shown to contradict each other")]
    NotShown,
}

impl Contradiction {
    /// Reads exported evidence, and checks all of it.
    ///
    /// # Errors
    /// When it cannot be read, or does not hold.
    pub fn parse(json: &str) -> Result<Self, ContradictionError> {
        let malformed = |detail: String| ContradictionError::Malformed { detail };
        if json.len() > MAX_CONTRADICTION_BYTES {
            return Err(malformed(format!("it has {} bytes", json.len())));
        }
        let read: Self =
            serde_json::from_str(json).map_err(|error| malformed(error.to_string()))?;
        read.check()?;
        Ok(read)
    }

    /// Checks it from nothing but itself: both signatures, and what shows the contradiction. It
    /// then holds against whoever has the key [`Self::public_key`]; whose that is, is for the
    /// reader to know.
    ///
    /// # Errors
    /// When it does not hold.
    pub fn check(&self) -> Result<(), ContradictionError> {
        if self.schema != CONTRADICTION_SCHEMA {
            return Err(ContradictionError::Malformed {
                detail: format!("its schema is {:?}", self.schema),
            });
        }
        for (which, checkpoint) in [("remembered", &self.remembered), ("shown", &self.shown)] {
            let (origin, signed) = checkpoint::read_with(&checkpoint.note, &self.public_key)
                .map_err(|problem| ContradictionError::Checkpoint { which, problem })?;
            if origin != self.log.origin || signed != *checkpoint {
                return Err(ContradictionError::Altered { which });
            }
        }
        match self.is_shown() {
            true => Ok(()),
            false => Err(ContradictionError::NotShown),
        }
    }

    /// The smaller of the two trees, and the larger.
    pub fn by_size(&self) -> (&Checkpoint, &Checkpoint) {
        match self.remembered.size <= self.shown.size {
            true => (&self.remembered, &self.shown),
            false => (&self.shown, &self.remembered),
        }
    }

    fn is_shown(&self) -> bool {
        let (older, newer) = self.by_size();
        let finding = match &self.proof {
            Proof::SameSize => {
                return older.size == newer.size && older.root_hash != newer.root_hash;
            }
            Proof::Consistency { hashes } => {
                consistency::by_consistency_proof(older, newer, hashes)
            }
            Proof::Inclusion { leaf_hash, hashes } => {
                consistency::by_inclusion_proof(older, newer, leaf_hash, hashes)
            }
        };
        matches!(finding, Finding::Contradictory { .. })
    }

    /// The evidence as it is exported: JSON on one line.
    pub fn export(&self) -> String {
        // Strings and numbers only: it cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
