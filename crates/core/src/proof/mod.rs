//! From a bundle to an attestation: everything is verified here, and nothing else is believed.
//!
//! The steps are those of Sigstore's client specification, section 4: time, certificate chain,
//! identity, log entry, signature. They are done by `sigstore-verify`; this module chooses the
//! policy, which follows from the trust root alone and never from the bundle or the answer it
//! came in, and reads out what was proven.

mod artifact;
mod check;
mod entry;
mod error;
mod form;
mod identity;
pub mod rebuilt;
mod refusal;
mod release;
mod stricter;
pub mod unlogged;

pub use check::Check;
pub use error::ProofError;
pub use stricter::MAX_CERTIFICATES;

use crate::artifact::ArtifactDigests;
use crate::attestation::{Attestation, Certified, Claim, Logged};
use crate::signer::{Identity, Signer, key_fingerprint};
use crate::trust_root::TrustRoot;
use refusal::refused;
use release::Release;
use serde::Deserialize;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Artifact, Bundle, DerPublicKey, SignatureContent, TransparencyLogEntry};
use sigstore_verify::{
    PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult, Verifier,
};

/// The largest bundle that is read, in bytes. Those that vouch for a file have some ten thousand;
/// a statement can be made to take seventy times its length in memory.
pub const MAX_BUNDLE_BYTES: usize = 768 * 1024;

/// Verifies bundles against one trust root. Building one parses all of the root's keys, so keep
/// it for several bundles.
pub struct Prover {
    root: TrustRoot,
    verifier: Verifier,
}

/// A bundle that was read, and not yet proven.
#[derive(Debug)]
pub struct ReadBundle<'a> {
    json: &'a str,
    bundle: Bundle,
}

/// What a verification gave, before it is told as an attestation.
struct Proven {
    identity: Identity,
    certified: Option<Certified>,
    logged: Option<Logged>,
    signed_at: Option<i64>,
}

/// The most objects and lists that a signed statement may have: each takes a hundred times its length
/// in memory. Provenance has some hundred.
pub const MAX_PARTS: usize = 1 << 15;

/// So many of them take about as long to read as a signature takes to verify.
const PARTS_PER_SIGNATURE: usize = 64;

/// How many objects and lists a signed statement has at most.
fn parts_of_statement(bundle: &Bundle) -> usize {
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return 0;
    };
    let payload = envelope.payload.as_bytes().iter();
    payload.filter(|byte| matches!(byte, b'{' | b'[')).count()
}

impl<'a> ReadBundle<'a> {
    /// Reads a Sigstore bundle.
    ///
    /// # Errors
    /// When it is too large, or no bundle of a known version.
    pub fn parse(json: &'a str) -> Result<Self, ProofError> {
        if json.len() > MAX_BUNDLE_BYTES {
            return Err(Check::Format.failed_for(
                format!("at most {MAX_BUNDLE_BYTES} bytes"),
                format!("{} bytes", json.len()),
            ));
        }
        form::check(json)?;
        let bundle =
            Bundle::from_json(json).map_err(|error| Check::Format.failed(error.to_string()))?;
        let parts = parts_of_statement(&bundle);
        if parts > MAX_PARTS {
            return Err(Check::Format.failed_for(
                format!("a statement of at most {MAX_PARTS} objects and lists"),
                format!("{parts}"),
            ));
        }
        Ok(Self { json, bundle })
    }

    /// How many signatures it takes at most to prove it under a trust root, roughly, and how long its
    /// statement takes to read, in signatures: each of its
    /// certificates and timestamps may have to be tried with each authority.
    pub(crate) fn effort(&self, root: &TrustedRoot) -> usize {
        let material = &self.bundle.verification_material;
        let certificates = match &material.content {
            VerificationMaterialContent::X509CertificateChain { certificates } => {
                certificates.len()
            }
            _ => 1,
        };
        let stamps = &material.timestamp_verification_data.rfc3161_timestamps;
        let logged = |entry: &TransparencyLogEntry| {
            let proof = entry.inclusion_proof.as_ref();
            let checkpoint = proof.and_then(|proof| proof.checkpoint.checkpoint());
            1 + checkpoint.map_or(0, |checkpoint| checkpoint.signatures().len())
        };
        parts_of_statement(&self.bundle) / PARTS_PER_SIGNATURE
            + certificates * root.certificate_authorities.len()
            + stamps.len() * 2 * root.timestamp_authorities.len()
            + material.tlog_entries.iter().map(logged).sum::<usize>()
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The key that signed, as its log has it (PEM, RFC 7468), where the bundle only hints at one.
    /// Nothing of it is proven.
    pub fn bare_key(&self) -> Option<String> {
        let entry = entry::proven_entry(&self.bundle).ok()?;
        let material = &self.bundle.verification_material.content;
        matches!(material, VerificationMaterialContent::PublicKey(_))
            .then(|| entry::logged_key(entry).ok().map(|key| key.to_pem()))?
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
            .map_err(|error| Check::TrustRoot.failed(error.to_string()))?;
        Ok(Self { root, verifier })
    }

    /// The trust root that proofs are checked against.
    pub fn root(&self) -> &TrustRoot {
        &self.root
    }

    /// Proves that `bundle_json` is a statement about the artifact with these digests, made by
    /// somebody whom the trust root vouches for (or by the bearer of a key), and logged in a log
    /// of this root; or, for the one root that has no log, dated by its timestamp authority.
    ///
    /// # Errors
    /// Whatever is not proven is refused, with the check that failed.
    pub fn prove(
        &self,
        bundle_json: &str,
        digests: impl Into<ArtifactDigests>,
    ) -> Result<Attestation, ProofError> {
        self.prove_read(&ReadBundle::parse(bundle_json)?, &digests.into())
    }

    /// The same for a bundle that was read already.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub fn prove_read(
        &self,
        read: &ReadBundle<'_>,
        digests: &ArtifactDigests,
    ) -> Result<Attestation, ProofError> {
        stricter::check(&read.bundle, &self.root)?;
        let artifact = artifact::digest_for(&read.bundle, digests)?;
        let proven = match read.bundle.verification_material.content {
            VerificationMaterialContent::PublicKey(_) => {
                // The bundle only hints at the key; the key itself is in the logged entry.
                // Whoever holds it signed, and its fingerprint is who they are: it vouches for no
                // name.
                let key = entry::logged_key(entry::proven_entry(&read.bundle)?)?;
                self.verify_key(&read.bundle, artifact, key)
            }
            _ => self.verify_certificate(&read.bundle, artifact),
        };
        let proven = proven.map_err(|problem| tell(problem, &read.bundle, digests))?;
        self.attest(read, proven)
    }

    /// Proves a bundle with a key that is known beforehand, given as PEM (RFC 7468).
    ///
    /// # Errors
    /// As [`Self::prove`]; also when it was made with another key, or carries a certificate.
    pub fn prove_with_key(
        &self,
        bundle_json: &str,
        digests: impl Into<ArtifactDigests>,
        key_pem: &str,
    ) -> Result<Attestation, ProofError> {
        let read = ReadBundle::parse(bundle_json)?;
        let digests = digests.into();
        let key = DerPublicKey::from_pem(key_pem).map_err(|error| {
            Check::ExpectedKey.failed_for("a PEM public key", error.to_string())
        })?;
        let material = &read.bundle.verification_material.content;
        if !matches!(material, VerificationMaterialContent::PublicKey(_)) {
            return Err(Check::ExpectedKey.failed("a bundle with a certificate"));
        }
        stricter::check(&read.bundle, &self.root)?;
        let logged = entry::logged_key(entry::proven_entry(&read.bundle)?)?;
        if logged != key {
            return Err(Check::ExpectedKey.failed_for(
                key_fingerprint(key.as_bytes()),
                key_fingerprint(logged.as_bytes()),
            ));
        }
        let artifact = artifact::digest_for(&read.bundle, &digests)?;
        let proven = self
            .verify_key(&read.bundle, artifact, key)
            .map_err(|problem| tell(problem, &read.bundle, &digests))?;
        self.attest(&read, proven)
    }

    fn verify_certificate(
        &self,
        bundle: &Bundle,
        artifact: Artifact<'static>,
    ) -> Result<Proven, ProofError> {
        let mut policy = VerificationPolicy::any_identity();
        // A root without certificate transparency logs issues certificates without SCTs. A root
        // that has them never gets past this check without one.
        if self.root.content().ctlogs.is_empty() {
            policy = policy.skip_sct();
        }
        let unlogged = self.root.is_without_log();
        if unlogged {
            policy = policy.skip_tlog_unsafe();
        } else {
            entry::proven_entry(bundle)?;
        }
        let result = self
            .verifier
            .verify(artifact, bundle, &policy)
            .map_err(|error| refused(error, bundle, self.root.content()))?;
        if !result.certificate_verified() {
            return Err(Check::CertificateChain.failed("a chain that was not checked"));
        }
        if !unlogged && !result.tlog_verified() {
            return Err(Check::Logged.failed("an entry that was not checked"));
        }
        if !unlogged {
            stricter::check_entries(bundle, &self.root, &result)?;
        }
        let (_, release) = said(bundle)?;
        let (identity, certified) = identity::identity_of(&result, self.root.id(), release)?;
        let logged = match unlogged {
            true => None,
            false => Some(entry::logged(
                entry::proven_entry(bundle)?,
                integrated(&result),
            )),
        };
        Ok(Proven {
            identity,
            certified: Some(certified),
            logged,
            signed_at: earliest(&result),
        })
    }

    fn verify_key(
        &self,
        bundle: &Bundle,
        artifact: Artifact<'static>,
        key: DerPublicKey,
    ) -> Result<Proven, ProofError> {
        if self.root.is_without_log() {
            // Nobody but a log has seen the key.
            return Err(Check::Logged.failed("a bare key under a trust root without a log"));
        }
        let fingerprint = key_fingerprint(key.as_bytes());
        let policy = PublicKeyVerificationPolicy::new(key);
        let result = self
            .verifier
            .verify(artifact, bundle, &policy)
            .map_err(|error| refused(error, bundle, self.root.content()))?;
        if !result.tlog_verified() {
            return Err(Check::Logged.failed("an entry that was not checked"));
        }
        stricter::check_entries(bundle, &self.root, &result)?;
        Ok(Proven {
            identity: Identity::Key { fingerprint },
            certified: None,
            logged: Some(entry::logged(
                entry::proven_entry(bundle)?,
                integrated(&result),
            )),
            signed_at: earliest(&result),
        })
    }

    fn attest(&self, read: &ReadBundle<'_>, proven: Proven) -> Result<Attestation, ProofError> {
        Ok(Attestation {
            signer: Signer {
                root: self.root.id().clone(),
                identity: proven.identity,
            },
            claim: said(&read.bundle)?.0,
            logged: proven.logged,
            signed_at: proven.signed_at,
            certified: proven.certified,
            declared: None,
            bundle: read.json.to_owned(),
        })
    }
}

/// A refusal about the file names both files.
fn tell(problem: ProofError, bundle: &Bundle, digests: &ArtifactDigests) -> ProofError {
    match problem.check {
        Check::ThisFile => Check::ThisFile.failed_for(
            format!("a statement about {digests}"),
            artifact::named(bundle),
        ),
        _ => problem,
    }
}

/// The versions of in-toto statements (the `_type` of a statement), which say the same here.
const STATEMENT_VERSIONS: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];

/// What a bundle's signer says, and of which release.
fn said(bundle: &Bundle) -> Result<(Claim, Option<Release>), ProofError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Statement {
        #[serde(rename = "_type")]
        version: String,
        predicate_type: String,
        #[serde(default)]
        predicate: serde_json::Value,
    }
    match &bundle.content {
        SignatureContent::MessageSignature(_) => Ok((Claim::Signature, None)),
        SignatureContent::DsseEnvelope(envelope) => {
            let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes())
                .map_err(|error| Check::Kind.failed(format!("the signed statement: {error}")))?;
            if !STATEMENT_VERSIONS.contains(&statement.version.as_str()) {
                return Err(Check::Kind.failed_for("an in-toto statement", statement.version));
            }
            let Statement {
                predicate_type,
                predicate,
                ..
            } = statement;
            Ok((
                Claim::of_predicate(&predicate_type, &predicate),
                Release::of_predicate(&predicate_type, &predicate),
            ))
        }
        _ => Err(Check::Kind.failed("neither a signature nor a signed statement")),
    }
}

fn integrated(result: &VerificationResult) -> Option<i64> {
    result.integrated_time().map(|time| time.as_second())
}

fn earliest(result: &VerificationResult) -> Option<i64> {
    let times = result.verified_timestamps().iter();
    times.map(|time| time.as_second()).min()
}
