//! What the JSON output says about signers, reasons and log entries.
//!
//! Types of their own, so that a change in how the core stores things changes no script. The
//! schema is documented in docs/cli.md; its version is part of each `schema` name.

use crate::attributes;
use crate::error::CliError;
use assay_core::attestation::{Attestation, Claim, Logged};
use assay_core::declaration::{DeclaredSigner, Download};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::proof::ProofError;
use assay_core::reason::Reason;
use assay_core::root_store::{FailedRefresh, RootReport};
use assay_core::signer::{Identity, Signer};
use assay_core::standing::Standing;
use serde::Serialize;
use std::collections::BTreeMap;

/// Who signed.
#[derive(Debug, Serialize)]
pub struct SignerReport {
    /// `named`, `workflow`, `release` or `key`.
    pub kind: &'static str,
    /// The name, the repository, or the key's fingerprint.
    pub name: String,
    /// A workflow's path in its repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The lasting identifier of a workflow's or a release's repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<String>,
    /// Who vouches for the name; nobody does for a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The trust root under which this is proven; none where nothing is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub trust_root: String,
}

/// Where a signature is logged.
#[derive(Debug, Serialize)]
pub struct LogReport {
    /// Hexadecimal SHA-256 of the log's key.
    pub log_id: String,
    /// The log's name for itself.
    pub origin: String,
    /// The entry's index.
    pub index: u64,
    /// When it was logged, in seconds since 1970, where that is proven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrated_time: Option<i64>,
}

/// A reason for a verdict.
#[derive(Debug, Serialize)]
pub struct ReasonReport {
    /// Which reason; stays the same when the words change.
    pub code: String,
    /// An English sentence. May hold text from outside as it came.
    pub text: String,
    /// The log's name for itself, where the reason is about a log. Text from outside as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The check that failed, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemReport>,
}

/// What one source proved.
#[derive(Debug, Serialize)]
pub struct SourceReport {
    /// The source.
    pub source: String,
    /// The digest that it was asked about, where a container image is known by several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<Sha256Digest>,
    /// Why it gave no usable answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<ReasonReport>,
    /// All that it proved.
    pub proven: Vec<AttestationReport>,
    /// All that it proved and that does not count for the sake of its log.
    pub withheld: Vec<WithheldReport>,
    /// Why what else it offered as proofs are none, one for each.
    pub rejected: Vec<ProblemReport>,
}

/// A check that failed.
#[derive(Debug, Serialize)]
pub struct ProblemReport {
    /// Which; stays the same when the words change.
    pub check: &'static str,
    /// The section of Sigstore's client specification that asks for it.
    pub section: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was found. May hold text from outside as it came.
    pub found: String,
}

/// A proven statement.
#[derive(Debug, Serialize)]
pub struct AttestationReport {
    /// `signature`, `standing`, `provenance` or `other`.
    pub claim: &'static str,
    /// `trusted`, `untrusted` or `unsupported`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<&'static str>,
    /// The signer's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The in-toto predicate type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicate_type: Option<String>,
    /// What the signer says of the file, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Who made it.
    pub signer: SignerReport,
    /// Where it is logged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<LogReport>,
}

/// A proof that holds by itself, and does not count because its log cannot be relied on.
#[derive(Debug, Serialize)]
pub struct WithheldReport {
    /// What would be proven.
    #[serde(flatten)]
    pub attestation: AttestationReport,
    /// What is the matter with the log.
    pub doubt: ReasonReport,
}

/// A trust root and how old it is.
#[derive(Debug, Serialize)]
pub struct TrustRootReport {
    /// `sigstore` or `github`.
    pub root: String,
    /// The repository that it is refreshed from.
    pub address: String,
    /// The fingerprint of the `trusted_root.json` in use.
    pub fingerprint: String,
    /// Whether the one in use came with the program.
    pub embedded: bool,
    /// When it was last found to be the newest, or was embedded, in seconds since 1970.
    pub refreshed_at: i64,
    /// How long ago that was, in seconds.
    pub age_seconds: i64,
    /// Until when that holds, in seconds since 1970; nothing says so of an embedded root.
    pub fresh_until: Option<i64>,
    /// The version of the newest TUF root that was accepted.
    pub tuf_root_version: u64,
    /// Why it is stale, where it is.
    pub stale: Option<ReasonReport>,
    /// Why the last refresh failed, where it did.
    pub last_failure: Option<FailureReport>,
}

/// Why a refresh failed.
#[derive(Debug, Serialize)]
pub struct FailureReport {
    /// When, in seconds since 1970.
    pub at: i64,
    /// Which check failed; stays the same when the words change.
    pub code: &'static str,
    /// The file of the repository.
    pub file: String,
    /// What was expected.
    pub expected: String,
    /// What was found. May hold text from outside as it came.
    pub found: String,
    /// An English sentence that says all this.
    pub text: String,
}

/// What a declaration says of some paths.
#[derive(Debug, Serialize)]
pub struct DownloadReport {
    /// The patterns of the paths.
    pub paths: Vec<String>,
    /// Who signs what lies there.
    pub signers: Vec<DeclaredReport>,
}

/// A signer as a declaration names it.
#[derive(Debug, Serialize)]
pub struct DeclaredReport {
    /// `identity`, `repository`, `key`, `minisign`, or `unknown` for a kind that is not known.
    pub kind: &'static str,
    /// The name, the repository's address, the key's fingerprint or the minisign key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The one workflow that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// Who vouches for the name or the workflow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The trust root under which it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_root: Option<String>,
}

impl TrustRootReport {
    /// The report as of `now`, in seconds since 1970.
    pub fn of(report: &RootReport, now: i64) -> Self {
        let stale = report.stale.clone();
        Self {
            root: report.root.as_str().to_owned(),
            address: report.address.clone(),
            fingerprint: report.fingerprint.clone(),
            embedded: report.embedded,
            refreshed_at: report.freshness.refreshed_at,
            age_seconds: report.freshness.age(now),
            fresh_until: report.freshness.fresh_until,
            tuf_root_version: report.tuf_root,
            stale: stale.map(|stale| (&Reason::StaleRoot { stale }).into()),
            last_failure: report.failed.as_ref().map(Into::into),
        }
    }
}

impl From<&FailedRefresh> for FailureReport {
    fn from(failed: &FailedRefresh) -> Self {
        Self {
            at: failed.at,
            code: failed.error.check.code(),
            file: failed.error.file.clone(),
            expected: failed.error.expected.clone(),
            found: failed.error.found.clone(),
            text: failed.error.message().english(),
        }
    }
}

impl From<&Signer> for SignerReport {
    fn from(signer: &Signer) -> Self {
        let (kind, issuer) = match &signer.identity {
            Identity::Named { issuer, .. } => ("named", Some(issuer.clone())),
            Identity::Workflow { issuer, .. } => ("workflow", Some(issuer.clone())),
            Identity::Release { .. } => ("release", None),
            Identity::Key { .. } => ("key", None),
        };
        let (workflow, repository_id) = match &signer.identity {
            Identity::Workflow {
                workflow,
                repository_id,
                ..
            } => (Some(workflow.clone()), repository_id.clone()),
            Identity::Release { repository_id, .. } => (None, repository_id.clone()),
            Identity::Named { .. } | Identity::Key { .. } => (None, None),
        };
        Self {
            kind,
            name: signer.name(),
            workflow,
            repository_id,
            issuer,
            trust_root: signer.root.as_str().to_owned(),
        }
    }
}

impl SourceReport {
    /// The attributes that were proven, a line for each, with who says so.
    pub fn said(&self) -> impl Iterator<Item = String> + '_ {
        self.proven.iter().flat_map(|proven| {
            let attributes = proven.attributes.iter();
            attributes.map(|(name, value)| format!("{name}={value}, says {}", proven.signer.name))
        })
    }
}

impl SignerReport {
    /// The holder of a key that no trust root has a part in.
    pub fn of_key(fingerprint: String) -> Self {
        Self {
            kind: "key",
            name: fingerprint,
            workflow: None,
            repository_id: None,
            issuer: None,
            trust_root: String::new(),
        }
    }
}

impl From<&Download> for DownloadReport {
    fn from(download: &Download) -> Self {
        Self {
            paths: download.paths.clone(),
            signers: download.signers.iter().map(Into::into).collect(),
        }
    }
}

impl From<&DeclaredSigner> for DeclaredReport {
    fn from(signer: &DeclaredSigner) -> Self {
        let (kind, name) = match signer {
            DeclaredSigner::Identity { identity, .. } => ("identity", Some(identity)),
            DeclaredSigner::Repository { repository, .. } => ("repository", Some(repository)),
            DeclaredSigner::Key { fingerprint } => ("key", Some(fingerprint)),
            DeclaredSigner::Minisign { key } => ("minisign", Some(key)),
            DeclaredSigner::Unknown => ("unknown", None),
        };
        let (root, issuer, workflow) = match signer {
            DeclaredSigner::Identity { root, issuer, .. } => (Some(root), Some(issuer), None),
            DeclaredSigner::Repository {
                root,
                issuer,
                workflow,
                ..
            } => (Some(root), Some(issuer), workflow.as_ref()),
            DeclaredSigner::Key { .. }
            | DeclaredSigner::Minisign { .. }
            | DeclaredSigner::Unknown => (None, None, None),
        };
        Self {
            kind,
            name: name.cloned(),
            workflow: workflow.cloned(),
            issuer: issuer.cloned(),
            trust_root: root.map(|root| root.as_str().to_owned()),
        }
    }
}

impl From<&Logged> for LogReport {
    fn from(logged: &Logged) -> Self {
        Self {
            log_id: logged.log_id.clone(),
            origin: logged.origin.clone(),
            index: logged.index,
            integrated_time: logged.integrated_time,
        }
    }
}

impl ReasonReport {
    /// Why nothing was asked about a subject, where there is more to say than that it cannot be read.
    pub fn of_error(error: &CliError) -> Option<Self> {
        let (code, text) = match error {
            CliError::NotClean { .. } => ("not_clean", error.to_string()),
            CliError::NotFollowed { .. } => ("link_not_followed", error.to_string()),
            // The code is that of whatever cannot be read; the words are not about a file.
            CliError::Image(_) => (
                "file_unreadable",
                format!("The image could not be had: {error}"),
            ),
            _ => return None,
        };
        Some(Self {
            code: code.to_owned(),
            text,
            log: None,
            problem: None,
        })
    }
}

impl From<&Reason> for ReasonReport {
    fn from(reason: &Reason) -> Self {
        let message = reason.message();
        let code = message.key.strip_prefix("reason_");
        let problem = match reason {
            Reason::ProofRefused { problem, .. } => Some(problem.into()),
            _ => None,
        };
        let log = match reason {
            Reason::LogUnchecked { log, .. } | Reason::LogContradicted { log, .. } => {
                Some(log.clone())
            }
            _ => None,
        };
        let text = match reason {
            // What the extension says of it is about a page of its own.
            Reason::NoSources => {
                "Nobody was asked about it, and no bundle of it is here.".to_owned()
            }
            _ => message.english(),
        };
        Self {
            code: code.unwrap_or(&message.key).to_owned(),
            text,
            log,
            problem,
        }
    }
}

impl From<&ProofError> for ProblemReport {
    fn from(problem: &ProofError) -> Self {
        Self {
            check: problem.check.code(),
            section: problem.check.section(),
            expected: problem.expected.clone(),
            found: problem.found.clone(),
        }
    }
}

impl From<&Attestation> for AttestationReport {
    fn from(attestation: &Attestation) -> Self {
        let (claim, standing, reason, predicate_type) = match &attestation.claim {
            Claim::Signature => ("signature", None, None, None),
            Claim::Standing { standing, reason } => {
                ("standing", Some(word(*standing)), reason.clone(), None)
            }
            Claim::Provenance { predicate_type } => {
                ("provenance", None, None, Some(predicate_type.clone()))
            }
            Claim::Other { predicate_type } => ("other", None, None, Some(predicate_type.clone())),
        };
        Self {
            claim,
            standing,
            reason,
            predicate_type,
            attributes: attributes::of(attestation),
            signer: (&attestation.signer).into(),
            log: attestation.logged.as_ref().map(Into::into),
        }
    }
}

impl From<&Evidence> for SourceReport {
    fn from(evidence: &Evidence) -> Self {
        let (failure, rejected) = match &evidence.outcome {
            Outcome::Answered { rejected, .. } => (None, rejected.iter().map(Into::into).collect()),
            Outcome::Failed { failure } => {
                let reason = Reason::SourceFailed {
                    source: evidence.name.clone(),
                    failure: failure.clone(),
                };
                (Some((&reason).into()), Vec::new())
            }
        };
        Self {
            source: evidence.source.clone(),
            about: evidence.about,
            failure,
            proven: evidence.proven().iter().map(Into::into).collect(),
            withheld: evidence
                .withheld()
                .iter()
                .map(|withheld| WithheldReport {
                    attestation: (&withheld.attestation).into(),
                    doubt: (&Reason::withheld(&evidence.name, withheld)).into(),
                })
                .collect(),
            rejected,
        }
    }
}

/// The word for a standing.
pub fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Trusted => "trusted",
        Standing::Untrusted => "untrusted",
        Standing::Unsupported => "unsupported",
    }
}
