//! What one source's answer proved, after verification: never the raw answer.

use crate::attestation::Attestation;
use crate::declaration::DeclaredSigner;
use crate::digest::Sha256Digest;
use crate::file_digest::FileDigest;
use crate::proof::ProofError;
use crate::root_store::StaleRoot;
use crate::signer::Signer;
use serde::{Deserialize, Serialize};

/// What one source contributed to the verdict about one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The source's id in the settings.
    pub source: String,
    /// The source's name for people, as it was when it was asked.
    pub name: String,
    /// What came of asking it.
    pub outcome: Outcome,
    /// The trust roots that had a part in it and were stale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stale_roots: Vec<StaleRoot>,
    /// What the file's publisher publishes as its digest, where this source is the publisher and
    /// does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
    /// What the file's site says of who signs its files, where this source is the site and does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declared>,
    /// Why some of what the source has could not be had, where that was not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Failure>,
    /// Whose signature the file's publisher offers that does not fit the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forged: Option<Signer>,
    /// The list that this signature is of, where it is not the file's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forged_list: Option<String>,
    /// Whether a signature may be where the source did not look. Then none is missed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hurried: bool,
    /// The digest that the source was asked about, where the artifact is known by several. Never
    /// stored.
    #[serde(skip)]
    pub about: Option<Sha256Digest>,
}

/// A site's declaration, as it concerns one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The site's host, and the pattern of the paths that the file is one of.
    pub project: String,
    /// What became of the declaration that was remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Whether it was remembered before the file was asked about, or replaces what was by the word of a
    /// signer in it: nobody whom it names is new then.
    #[serde(default)]
    pub is_remembered: bool,
}

/// What became of a declaration since it was remembered, without a word of a signer in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is another one.
    Swapped,
    /// There is none any more.
    Vanished,
}

/// A digest that a publisher publishes for a file, held against the file's own. It is no signature:
/// it came over HTTPS, from a place that only the publisher writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Published {
    /// The digest of this very file.
    Same,
    /// That of another file.
    Other {
        /// What is published.
        expected: FileDigest,
        /// What the file has.
        found: FileDigest,
    },
}

/// What came of asking one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It answered.
    Answered {
        /// What was proven; empty when the source does not know the file.
        proven: Vec<Attestation>,
        /// What was offered as a proof and is none.
        rejected: Vec<ProofError>,
        /// Whether the source knows more than it told, or told more than was looked at.
        #[serde(default)]
        truncated: bool,
        /// What was proven, but does not count for the sake of its log.
        #[serde(default)]
        withheld: Vec<Withheld>,
    },
    /// It gave no usable answer.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// A proof that holds by itself, and does not count because its log cannot be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// What would be proven.
    pub attestation: Attestation,
    /// What is the matter with the log.
    pub doubt: LogDoubt,
}

/// Why a log cannot be relied on ([`crate::log_memory`]). Never a statement about the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogDoubt {
    /// The log gave no proof that its state at that time and the remembered one belong to one
    /// history: an outage.
    Unchecked {
        /// Why there is no proof.
        failure: Failure,
    },
    /// What is remembered of the log could not be read or written.
    Memory {
        /// What was wrong.
        detail: String,
    },
    /// The log contradicted itself, and the user has not decided what to make of it.
    Contradicted,
    /// The key had been revoked when this was logged. It is no doubt about the log, but just as little
    /// a statement about the file.
    Revoked {
        /// From when on, in seconds since 1970.
        since: i64,
    },
}

/// Why a source gave no usable answer. Never a statement about the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No connection, or it broke off.
    #[error("it could not be reached")]
    Unreachable,
    /// No complete answer in time.
    #[error("it did not answer within {seconds} s")]
    TimedOut {
        /// The limit, in seconds.
        seconds: u32,
    },
    /// A larger answer than is read.
    #[error("its answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// An HTTP status that is neither an answer nor "unknown" (RFC 9110).
    #[error("it answered with HTTP status {status}")]
    Status {
        /// The status code.
        status: u16,
    },
    /// Nothing but pages or redirects, whatever it was asked for: as networks answer in the place of
    /// everybody until somebody logs in, and some servers for what they do not have.
    #[error("it answered with a page, whatever it was asked for")]
    Page,
    /// So many were asked for that it answers nothing for a while (RFC 6585, section 4).
    #[error("it answers no more for the next {seconds} s")]
    RateLimited {
        /// For how long, in seconds; at least 1.
        seconds: u32,
    },
    /// An answer that cannot be read.
    #[error("its answer cannot be read: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// The pinned trust root cannot be used.
    #[error("its trust root cannot be used: {detail}")]
    TrustRoot {
        /// What was wrong with it.
        detail: String,
    },
    /// What is remembered of it could not be read or written, so that it cannot be told whether
    /// something changed there.
    #[error("what is remembered of it cannot be used: {detail}")]
    Memory {
        /// What was wrong.
        detail: String,
    },
}

impl Failure {
    /// Whether asking again later may help.
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::TrustRoot { .. })
    }

    /// Whether it says something of what was asked for alone, which was there, and not of what else
    /// the source may have.
    pub fn is_of_one_file(&self) -> bool {
        matches!(self, Self::TooLarge { .. })
    }

    /// What is filled into its sentence: a number, or technical words. Empty where there is nothing
    /// to say.
    pub(crate) fn figure(&self) -> String {
        match self {
            Self::TimedOut { seconds } => seconds.to_string(),
            Self::RateLimited { seconds } => seconds.div_ceil(60).to_string(),
            Self::TooLarge { limit } => size(*limit),
            Self::Status { status } => status.to_string(),
            Self::Malformed { detail } | Self::TrustRoot { detail } | Self::Memory { detail } => {
                detail.clone()
            }
            Self::Unreachable | Self::Page => String::new(),
        }
    }

    /// The case's name in messages and JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut { .. } => "timed_out",
            Self::TooLarge { .. } => "too_large",
            Self::Status { .. } => "status",
            Self::Page => "page",
            Self::RateLimited { .. } => "rate_limited",
            Self::Malformed { .. } => "malformed",
            Self::TrustRoot { .. } => "trust_root",
            Self::Memory { .. } => "memory",
        }
    }
}

/// A limit for people.
fn size(bytes: u64) -> String {
    match bytes / (1024 * 1024) {
        0 => format!("{} KiB", bytes / 1024),
        whole => format!("{whole} MiB"),
    }
}

impl Evidence {
    /// Whether something of the publisher's own says that the file is another one.
    pub fn contradicts(&self) -> bool {
        self.forged.is_some() || matches!(self.published, Some(Published::Other { .. }))
    }

    /// What came of asking a source, with nothing else to say.
    pub fn of(source: &str, name: &str, outcome: Outcome) -> Self {
        Self {
            source: source.to_owned(),
            name: name.to_owned(),
            outcome,
            stale_roots: Vec::new(),
            published: None,
            declaration: None,
            missing: None,
            forged: None,
            forged_list: None,
            hurried: false,
            about: None,
        }
    }

    /// What was proven before, and what else the source proves now that it did not answer everything.
    pub fn and_proven(&self, now: &Self) -> Self {
        let mut both = self.clone();
        if let Outcome::Answered { proven, .. } = &mut both.outcome {
            for one in now.proven() {
                if !proven.contains(one) {
                    proven.push(one.clone());
                }
            }
        }
        both
    }

    /// Adds what else the source proved.
    pub fn add(&mut self, more: Self) {
        if let (
            Outcome::Answered {
                proven,
                rejected,
                truncated,
                ..
            },
            Outcome::Answered {
                proven: also,
                rejected: refused,
                truncated: cut,
                ..
            },
        ) = (&mut self.outcome, more.outcome)
        {
            *truncated |= cut;
            proven.extend(also);
            rejected.extend(refused);
            self.stale_roots.extend(more.stale_roots);
        }
    }

    /// That of a source which answered completely, and proved this.
    pub fn proving(source: &str, name: &str, proven: Vec<Attestation>) -> Self {
        let outcome = Outcome::Answered {
            proven,
            rejected: Vec::new(),
            truncated: false,
            withheld: Vec::new(),
        };
        Self::of(source, name, outcome)
    }

    /// Everything that this source proved.
    pub fn proven(&self) -> &[Attestation] {
        match &self.outcome {
            Outcome::Answered { proven, .. } => proven,
            Outcome::Failed { .. } => &[],
        }
    }

    /// Whether something that the source offered as a proof was refused.
    pub fn has_refused(&self) -> bool {
        matches!(&self.outcome, Outcome::Answered { rejected, .. } if !rejected.is_empty())
    }

    /// What it proved and does not count for the sake of its log.
    pub fn withheld(&self) -> &[Withheld] {
        match &self.outcome {
            Outcome::Answered { withheld, .. } => withheld,
            Outcome::Failed { .. } => &[],
        }
    }

    /// Forgets the proofs themselves, and keeps what they proved.
    pub fn drop_bundles(&mut self) {
        if let Outcome::Answered { proven, .. } = &mut self.outcome {
            for attestation in proven {
                attestation.bundle = String::new();
            }
        }
    }

    /// Whether something is missing that the source may have: it did not answer, told not all, or what
    /// it told does not count now. What was refused as a proof is not missing.
    pub fn lacks_something(&self) -> bool {
        match &self.outcome {
            Outcome::Answered {
                truncated,
                withheld,
                ..
            } => *truncated || !withheld.is_empty() || self.missing.is_some(),
            Outcome::Failed { .. } => true,
        }
    }

    /// Marks what those signed whom the file's site declares as its signers, wherever it was found.
    pub fn mark_declared(&mut self, project: &str, signers: &[DeclaredSigner]) {
        if let Outcome::Answered { proven, .. } = &mut self.outcome {
            for attestation in proven {
                if signers.iter().any(|signer| signer.names(attestation)) {
                    attestation.declared = Some(project.to_owned());
                }
            }
        }
    }

    /// Whether the source's answer can be relied on as complete: it answered, and nothing that it
    /// offered as a proof was refused or withheld.
    pub fn is_complete(&self) -> bool {
        matches!(
            &self.outcome,
            Outcome::Answered { rejected, withheld, truncated: false, .. }
                if rejected.is_empty() && withheld.is_empty() && self.missing.is_none()
        )
    }
}
