//! The outcome for one download.

use serde::{Deserialize, Serialize};

/// The outcome for one download, in order of precedence: where several hold, the first one is
/// the verdict and the reasons name the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A trusted signer declared these bytes untrusted, or revoked the key that signed them.
    Untrusted,
    /// Proven, but by a signer neither remembered nor trusted; or signed before and now not.
    Changed,
    /// A trusted signer withdrew support for this version.
    Unsupported,
    /// Proven, by a signer trusted here.
    Verified,
    /// Proven, by the very publisher the file came from.
    Authentic,
    /// The publisher publishes another digest for this file.
    Mismatch,
    /// The publisher's own channel offers a signature that fails under a known key.
    Forged,
    /// Proven, by someone whom the user does not know.
    Signed,
    /// Not signed, but equal to the digest that its publisher publishes.
    Intact,
    /// The bytes could not be read, or a source that applies gave no usable answer.
    Unchecked,
    /// Every applicable source answered completely and none knows these bytes.
    Unknown,
}

impl Verdict {
    /// All eleven, in order of precedence.
    pub const ALL: [Self; 11] = [
        Self::Untrusted,
        Self::Changed,
        Self::Unsupported,
        Self::Verified,
        Self::Authentic,
        Self::Mismatch,
        Self::Forged,
        Self::Signed,
        Self::Intact,
        Self::Unchecked,
        Self::Unknown,
    ];

    /// The word in records, in JSON and in the keys of the interface's messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Untrusted => "untrusted",
            Self::Changed => "changed",
            Self::Unsupported => "unsupported",
            Self::Verified => "verified",
            Self::Authentic => "authentic",
            Self::Mismatch => "mismatch",
            Self::Forged => "forged",
            Self::Signed => "signed",
            Self::Intact => "intact",
            Self::Unchecked => "unchecked",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the user has to hear of it without asking: the toolbar icon changes and a
    /// notification is shown. Everything else stays quiet.
    pub fn is_alarm(self) -> bool {
        matches!(
            self,
            Self::Untrusted | Self::Changed | Self::Forged | Self::Mismatch | Self::Unsupported
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_is_that_of_the_design() {
        let mut sorted = Verdict::ALL;
        sorted.sort();
        assert_eq!(sorted, Verdict::ALL);
    }

    #[test]
    fn words_are_what_is_stored() {
        for verdict in Verdict::ALL {
            assert_eq!(
                serde_json::to_value(verdict).ok(),
                Some(verdict.word().into())
            );
        }
    }

    #[test]
    fn what_is_merely_not_known_is_no_alarm() {
        for quiet in [Verdict::Unknown, Verdict::Unchecked, Verdict::Signed] {
            assert!(!quiet.is_alarm());
        }
    }
}
