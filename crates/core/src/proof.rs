//! From a bundle to an attestation: everything is verified here, and nothing else is believed.
//!
//! The steps are those of Sigstore's client specification, section 4: time, certificate chain,
//! identity, log entry, signature. They are done by `sigstore-verify`; this module chooses the
//! policy, which follows from the trust root alone and never from the bundle or the answer it
//! came in, and reads out what was proven.

use crate::attestation::{Attestation, Claim, Logged};
use crate::digest::Sha256Digest;
use crate::signer::{Identity, Signer, SubjectKind, key_fingerprint};
use crate::trust_root::TrustRoot;
use serde::{Deserialize, Serialize};
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Bundle, DerPublicKey, Sha256Hash, SignatureContent, TransparencyLogEntry};
use sigstore_verify::rekor::body::RekorEntryBody;
use sigstore_verify::{
    PublicKeyVerificationPolicy, SubjectAltName, VerificationPolicy, VerificationResult, Verifier,
};

/// The largest bundle that is read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 16 * 1024 * 1024;

/// Verifies bundles against one trust root. Building one parses all of the root's keys, so keep
/// it for several bundles.
pub struct Prover {
    root: TrustRoot,
    verifier: Verifier,
}

/// Why a bundle proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}: {detail}", step.words())]
pub struct ProofError {
    /// What was not proven.
    pub step: ProofStep,
    /// What was expected and found, in technical terms.
    pub detail: String,
}

/// The steps of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofStep {
    /// Reading it as a Sigstore bundle.
    NotABundle,
    /// Understanding its kind of bundle, key or entry.
    Unsupported,
    /// Using the trust root.
    TrustRoot,
    /// That it is about this file.
    OtherFile,
    /// The signature.
    Signature,
    /// That the trust root vouches for the signer's certificate.
    Certificate,
    /// That the certificate names somebody.
    NoIdentity,
    /// The time of signing.
    Time,
    /// The entry in the log, and that it belongs to this signature.
    LogEntry,
}

impl ProofStep {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::NotABundle,
        Self::Unsupported,
        Self::TrustRoot,
        Self::OtherFile,
        Self::Signature,
        Self::Certificate,
        Self::NoIdentity,
        Self::Time,
        Self::LogEntry,
    ];

    /// The step's name in messages and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotABundle => "not_a_bundle",
            Self::Unsupported => "unsupported",
            Self::TrustRoot => "trust_root",
            Self::OtherFile => "other_file",
            Self::Signature => "signature",
            Self::Certificate => "certificate",
            Self::NoIdentity => "no_identity",
            Self::Time => "time",
            Self::LogEntry => "log_entry",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::NotABundle => "not a Sigstore bundle",
            Self::Unsupported => "a kind of proof that is not understood",
            Self::TrustRoot => "the trust root cannot be used",
            Self::OtherFile => "the proof is for another file",
            Self::Signature => "the signature is wrong",
            Self::Certificate => "the signer's certificate is not vouched for",
            Self::NoIdentity => "the certificate does not say who signed",
            Self::Time => "the time of signing is not proven",
            Self::LogEntry => "the entry in the log is not proven",
        }
    }

    /// The error that this step failed.
    pub fn failed(self, detail: impl Into<String>) -> ProofError {
        ProofError {
            step: self,
            detail: detail.into(),
        }
    }
}

impl ProofError {
    /// The step's name in messages and JSON.
    pub fn code(&self) -> &'static str {
        self.step.code()
    }

    /// What was expected and found, in technical terms.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl Prover {
    /// A prover for one trust root.
    ///
    /// # Errors
    /// When a key or certificate in the root cannot be used.
    pub fn new(root: TrustRoot) -> Result<Self, ProofError> {
        crate::crypto::install();
        let verifier = Verifier::new(root.content())
            .map_err(|error| ProofStep::TrustRoot.failed(error.to_string()))?;
        Ok(Self { root, verifier })
    }

    /// The trust root that proofs are checked against.
    pub fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// Proves that `bundle_json` is a statement about the artifact with this digest, made by
    /// somebody whom the trust root vouches for (or by the bearer of a key) and logged in a log
    /// of this root.
    ///
    /// # Errors
    /// Whatever is not proven is refused, with the step that failed.
    pub fn prove(
        &self,
        bundle_json: &str,
        digest: &Sha256Digest,
    ) -> Result<Attestation, ProofError> {
        if bundle_json.len() > MAX_BUNDLE_BYTES {
            return Err(ProofStep::NotABundle.failed(format!(
                "it has {} bytes; at most {MAX_BUNDLE_BYTES} are read",
                bundle_json.len()
            )));
        }
        let bundle = Bundle::from_json(bundle_json)
            .map_err(|error| ProofStep::NotABundle.failed(error.to_string()))?;
        let entry = logged_entry(&bundle)?;
        let (identity, integrated_time) = match bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(_) => self.verify_key(&bundle, entry, digest)?,
            _ => self.verify_certificate(&bundle, digest)?,
        };
        Ok(Attestation {
            signer: Signer {
                root: self.root.id().clone(),
                identity,
            },
            claim: claim_of(&bundle)?,
            logged: Some(logged(entry, integrated_time)),
            bundle: bundle_json.to_owned(),
        })
    }

    fn verify_certificate(
        &self,
        bundle: &Bundle,
        digest: &Sha256Digest,
    ) -> Result<(Identity, Option<i64>), ProofError> {
        let mut policy = VerificationPolicy::any_identity();
        // A root without certificate transparency logs issues certificates without SCTs. A root
        // that has them never gets past this check without one.
        if self.root.content().ctlogs.is_empty() {
            policy = policy.skip_sct();
        }
        let result = self
            .verifier
            .verify(Sha256Hash::new(*digest.as_bytes()), bundle, &policy)
            .map_err(refused)?;
        if !result.certificate_verified() || !result.tlog_verified() {
            return Err(ProofStep::Certificate
                .failed("the certificate's chain or its log entry was not checked"));
        }
        Ok((identity_of(&result)?, seconds(&result)))
    }

    fn verify_key(
        &self,
        bundle: &Bundle,
        entry: &TransparencyLogEntry,
        digest: &Sha256Digest,
    ) -> Result<(Identity, Option<i64>), ProofError> {
        // The bundle only hints at the key; the key itself is in the logged entry. Whoever holds
        // it signed, and its fingerprint is who they are: it vouches for no name.
        let key = logged_key(entry)?;
        let policy = PublicKeyVerificationPolicy::new(key.clone());
        let result = self
            .verifier
            .verify(Sha256Hash::new(*digest.as_bytes()), bundle, &policy)
            .map_err(refused)?;
        if !result.tlog_verified() {
            return Err(ProofStep::LogEntry.failed("the log entry was not checked"));
        }
        let fingerprint = key_fingerprint(key.as_bytes());
        Ok((Identity::Key { fingerprint }, seconds(&result)))
    }
}

/// The first log entry. One with an inclusion proof must be there for every root with a log, or a
/// bundle without any entry would pass the key's path unlogged.
fn logged_entry(bundle: &Bundle) -> Result<&TransparencyLogEntry, ProofError> {
    let entries = &bundle.verification_material.tlog_entries;
    match entries.first() {
        Some(entry) if entries.iter().all(|entry| entry.inclusion_proof.is_some()) => Ok(entry),
        Some(_) => Err(ProofStep::LogEntry.failed("an entry has no inclusion proof")),
        None => Err(ProofStep::LogEntry.failed("the bundle has no entry of a transparency log")),
    }
}

fn logged_key(entry: &TransparencyLogEntry) -> Result<DerPublicKey, ProofError> {
    let malformed = |detail: String| ProofStep::LogEntry.failed(detail);
    let body = RekorEntryBody::parse(&entry.canonicalized_body, entry.kind_version)
        .map_err(|error| malformed(error.to_string()))?;
    let from_pem = |pem: &[u8]| {
        std::str::from_utf8(pem)
            .map_err(|error| malformed(error.to_string()))
            .and_then(|pem| {
                DerPublicKey::from_pem(pem).map_err(|error| malformed(error.to_string()))
            })
    };
    match &body {
        RekorEntryBody::HashedRekordV001(body) => {
            from_pem(body.spec.signature.public_key.content.as_bytes())
        }
        RekorEntryBody::DsseV001(body) => match body.spec.signatures.as_slice() {
            [signature] => from_pem(signature.verifier.as_bytes()),
            _ => Err(malformed("the entry has not exactly one signature".into())),
        },
        _ => Err(ProofStep::Unsupported.failed(format!(
            "a bundle with a key hint and a log entry of kind {} {}",
            entry.kind_version.kind(),
            entry.kind_version.version()
        ))),
    }
}

fn identity_of(result: &VerificationResult) -> Result<Identity, ProofError> {
    let missing = |what: &str| ProofStep::NoIdentity.failed(format!("it has no {what}"));
    let issuer = result
        .issuer()
        .filter(|issuer| !issuer.is_empty())
        .ok_or_else(|| missing("issuer (extension 1.3.6.1.4.1.57264.1.8)"))?
        .to_owned();
    let claims = result.certificate().map(|info| &info.ci_claims);
    if let Some((repository, config)) = claims.and_then(|claims| {
        Some((
            claims.source_repository_uri.as_ref()?,
            claims.build_config_uri.as_ref()?,
        ))
    }) {
        return Ok(Identity::Workflow {
            issuer,
            repository: repository.clone(),
            repository_id: claims.and_then(|claims| claims.source_repository_identifier.clone()),
            workflow: workflow_path(config, repository),
        });
    }
    let (subject_kind, subject) = match result.identity() {
        Some(SubjectAltName::Email(subject)) => (SubjectKind::Email, subject),
        Some(SubjectAltName::Uri(subject)) => (SubjectKind::Uri, subject),
        _ => return Err(missing("e-mail address or URI as its subject")),
    };
    Ok(Identity::Named {
        issuer,
        subject_kind,
        subject: subject.clone(),
    })
}

/// The workflow's path in its repository, without the ref: the same workflow at the next tag is
/// the same signer.
fn workflow_path(config: &str, repository: &str) -> String {
    let without_ref = config.split_once('@').map_or(config, |(path, _)| path);
    without_ref
        .strip_prefix(repository)
        .and_then(|path| path.strip_prefix('/'))
        .unwrap_or(without_ref)
        .to_owned()
}

fn claim_of(bundle: &Bundle) -> Result<Claim, ProofError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Statement {
        predicate_type: String,
        #[serde(default)]
        predicate: serde_json::Value,
    }
    match &bundle.content {
        SignatureContent::MessageSignature(_) => Ok(Claim::Signature),
        SignatureContent::DsseEnvelope(envelope) => {
            let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes())
                .map_err(|error| {
                    ProofStep::Unsupported.failed(format!("the signed statement: {error}"))
                })?;
            Ok(Claim::of_predicate(
                &statement.predicate_type,
                &statement.predicate,
            ))
        }
        _ => Err(ProofStep::Unsupported.failed("neither a signature nor a signed statement")),
    }
}

fn logged(entry: &TransparencyLogEntry, integrated_time: Option<i64>) -> Logged {
    let origin = entry
        .inclusion_proof
        .as_ref()
        .and_then(|proof| proof.checkpoint.envelope().lines().next())
        .unwrap_or_default();
    Logged {
        log_id: hex::encode(entry.log_id.key_id.as_bytes()),
        origin: origin.to_owned(),
        index: entry.log_index.get(),
        integrated_time,
    }
}

fn seconds(result: &VerificationResult) -> Option<i64> {
    result.integrated_time().map(|time| time.as_second())
}

fn refused(error: sigstore_verify::Error) -> ProofError {
    use sigstore_verify::{Error, TransparencyLogError};
    let detail = error.to_string();
    match error {
        Error::ArtifactMismatch(_) => ProofStep::OtherFile.failed(detail),
        Error::SignatureInvalid(_) => ProofStep::Signature.failed(detail),
        Error::Certificate(_) => ProofStep::Certificate.failed(detail),
        Error::TransparencyLog(TransparencyLogError::IntegratedTime(_)) | Error::Timestamp(_) => {
            ProofStep::Time.failed(detail)
        }
        Error::TransparencyLog(_) => ProofStep::LogEntry.failed(detail),
        Error::UnsupportedBundle(_) | Error::UnsupportedArtifact(_) => {
            ProofStep::Unsupported.failed(detail)
        }
        Error::InvalidTrustRoot(_) | Error::TrustRoot(_) | Error::TrustedCertificate(_) => {
            ProofStep::TrustRoot.failed(detail)
        }
        Error::IdentityMismatch { .. } | Error::IssuerMismatch { .. } => {
            ProofStep::NoIdentity.failed(detail)
        }
        _ => ProofStep::NotABundle.failed(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ref_is_not_part_of_the_workflow() {
        let repository = "https://github.com/cli/cli";
        for (config, path) in [
            (
                "https://github.com/cli/cli/.github/workflows/release.yml@refs/tags/v2",
                ".github/workflows/release.yml",
            ),
            (
                "https://github.com/cli/cli-evil/.github/workflows/release.yml@refs/tags/v2",
                "https://github.com/cli/cli-evil/.github/workflows/release.yml",
            ),
        ] {
            assert_eq!(workflow_path(config, repository), path);
        }
    }
}
