//! Why a bundle proves nothing.

use super::check::Check;
use serde::{Deserialize, Serialize};

/// Why a bundle proves nothing: the check that failed, what it expected and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: expected {expected}; found: {found}", check.code())]
pub struct ProofError {
    /// The check.
    pub check: Check,
    /// What it expected, in technical words.
    pub expected: String,
    /// What it found. May hold text from outside as it came.
    pub found: String,
}
