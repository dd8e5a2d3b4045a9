//! What the holder of a known key signed without a log.
//!
//! No trust root has a part in it, and nothing tells when it was signed. So it makes no attestation:
//! it is for those alone who ask for it, and know the key from elsewhere.

use super::check::Check;
use super::error::ProofError;
use super::{Prover, ReadBundle, artifact, refused, said, tell};
use crate::artifact::ArtifactDigests;
use crate::attestation::Claim;
use sigstore_types::DerPublicKey;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_verify::PublicKeyVerificationPolicy;

impl Prover {
    /// What the holder of the key (PEM, RFC 7468) says in a bundle without log entries about the
    /// artifact with these digests.
    ///
    /// # Errors
    /// When it was made with another key, is about another artifact, carries a certificate, or has a
    /// log entry: then it is to be proven with it.
    pub fn claim_without_log(
        &self,
        bundle_json: &str,
        digests: impl Into<ArtifactDigests>,
        key_pem: &str,
    ) -> Result<Claim, ProofError> {
        let read = ReadBundle::parse(bundle_json)?;
        let digests = digests.into();
        let key = DerPublicKey::from_pem(key_pem).map_err(|error| {
            Check::ExpectedKey.failed_for("a PEM public key", error.to_string())
        })?;
        let material = &read.bundle.verification_material;
        if !matches!(material.content, VerificationMaterialContent::PublicKey(_)) {
            return Err(Check::ExpectedKey.failed("a bundle with a certificate"));
        }
        if !material.tlog_entries.is_empty() {
            return Err(Check::Logged.failed_for("a bundle without log entries", "one with some"));
        }
        let artifact = artifact::digest_for(&read.bundle, &digests)?;
        let policy = PublicKeyVerificationPolicy::new(key).skip_tlog_unsafe();
        self.verifier
            .verify(artifact, &read.bundle, &policy)
            .map_err(|error| refused(error, &read.bundle, self.root.content()))
            .map_err(|problem| tell(problem, &read.bundle, &digests))?;
        Ok(said(&read.bundle)?.0)
    }
}
