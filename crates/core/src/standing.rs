//! Statements about a file's standing: trusted, untrusted, unsupported.

use serde::{Deserialize, Serialize};

/// The in-toto predicate type of a statement about standing.
pub const STANDING_PREDICATE: &str = "urn:assay:standing:v1";

/// What a signer declares a file to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The signer vouches for the file.
    Trusted,
    /// The signer warns against the file.
    Untrusted,
    /// The signer no longer supports this version.
    Unsupported,
}

/// The predicate of a statement about standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingPredicate {
    /// What the signer declares.
    pub standing: Standing,
    /// The signer's words, shown as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
