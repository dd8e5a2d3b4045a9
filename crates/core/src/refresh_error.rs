//! Why a trust root was not refreshed.

use crate::words::Message;
use serde::{Deserialize, Serialize};

/// Why a trust root was not refreshed: what failed, at which file of the repository, what was
/// expected there and what was found. The root that was in use before stays in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{file}: {}: expected {expected}; found: {found}", check.code())]
pub struct RefreshError {
    /// What failed.
    pub check: RefreshCheck,
    /// The file of the repository: `timestamp.json`.
    pub file: String,
    /// What was expected, in technical words.
    pub expected: String,
    /// What was found. May hold text from outside as it came.
    pub found: String,
}

/// What can fail when a trust root is refreshed: the steps of TUF's client workflow (The Update
/// Framework Specification, section 5), and what surrounds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshCheck {
    /// The repository answers, with the file that was asked for.
    Answer,
    /// The file is no larger than such a file may be.
    Size,
    /// It can be read as TUF metadata of its role.
    Form,
    /// Enough of the role's keys signed it (5.3.4, 5.4.2, 5.5.3, 5.6.3).
    Signatures,
    /// A new root is the very next one (5.3.5).
    Succession,
    /// There are not more new roots than are followed at once (5.3.3).
    Rotations,
    /// It is not older than what was accepted before (5.4.3, 5.5.5).
    Rollback,
    /// It has not expired (5.3.10, 5.4.4, 5.5.6, 5.6.5).
    Expiry,
    /// It is of the version that the file above it names (5.5.4, 5.6.4).
    Version,
    /// It has the length that the file above it names (5.5.2, 5.6.2, 5.7.3).
    Length,
    /// It has the digest that the file above it names (5.5.2, 5.6.2, 5.7.3).
    Digest,
    /// The file above it names it at all (5.6.7).
    Listed,
    /// What came of it all is a trust root that can be used.
    Usable,
    /// What was accepted could be stored before it was used.
    Stored,
}

impl RefreshCheck {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Answer,
        Self::Size,
        Self::Form,
        Self::Signatures,
        Self::Succession,
        Self::Rotations,
        Self::Rollback,
        Self::Expiry,
        Self::Version,
        Self::Length,
        Self::Digest,
        Self::Listed,
        Self::Usable,
        Self::Stored,
    ];

    /// The check's name in messages and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Size => "size",
            Self::Form => "form",
            Self::Signatures => "signatures",
            Self::Succession => "succession",
            Self::Rotations => "rotations",
            Self::Rollback => "rollback",
            Self::Expiry => "expiry",
            Self::Version => "version",
            Self::Length => "length",
            Self::Digest => "digest",
            Self::Listed => "listed",
            Self::Usable => "usable",
            Self::Stored => "stored",
        }
    }

    /// The error that this check failed for `file`.
    pub fn failed(
        self,
        file: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> RefreshError {
        RefreshError {
            check: self,
            file: file.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl RefreshError {
    /// The sentence for people.
    pub fn message(&self) -> Message {
        Message::new(
            &format!("refresh_{}", self.check.code()),
            [self.file.clone(), self.expected.clone(), self.found.clone()],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::english_messages;

    #[test]
    fn every_failure_has_words_that_name_expected_and_found() {
        for check in RefreshCheck::ALL {
            let message = check.failed("timestamp.json", "this", "that").message();
            assert!(
                english_messages().contains_key(&message.key),
                "no words for {}",
                message.key
            );
            let words = message.english();
            for part in ["timestamp.json", "this", "that"] {
                assert!(words.contains(part), "{words:?} does not say {part}");
            }
        }
    }
}
