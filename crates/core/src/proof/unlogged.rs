//! What the holder of a known key signed without a log.
//!
//! No trust root has a part in it, and nothing tells when it was signed. So it makes no attestation:
//! it is for those alone who ask for it, and know the key from elsewhere.

use super::check::Check;
use super::error::ProofError;
use super::{ReadBundle, said, tell};
use crate::artifact::ArtifactDigests;
use crate::attestation::Claim;
use crate::digest::Sha256Digest;
use sigstore_crypto::{KeyAlgorithm, verify_signature_prehashed};
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{
    Bundle, DerPublicKey, HashAlgorithm, Sha256Hash, SignatureBytes, SignatureContent, Statement,
};

/// The type of an envelope with a statement (in-toto attestation framework).
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// What the holder of the key (PEM, RFC 7468) says in a bundle without log entries about the artifact
/// with these digests, of which SHA-256 must be known. The key must be one whose signatures are over a
/// SHA-256 digest: ECDSA P-256, or RSA.
///
/// # Errors
/// When it was made with another key, is about another artifact, carries a certificate, or has a log
/// entry: then it is to be proven with it.
pub fn claim(
    bundle_json: &str,
    digests: &ArtifactDigests,
    key_pem: &str,
) -> Result<Claim, ProofError> {
    crate::crypto::install();
    let read = ReadBundle::parse(bundle_json)?;
    let bundle = read.bundle();
    let key = DerPublicKey::from_pem(key_pem)
        .map_err(|error| Check::ExpectedKey.failed_for("a PEM public key", error.to_string()))?;
    let material = &bundle.verification_material;
    if !matches!(material.content, VerificationMaterialContent::PublicKey(_)) {
        return Err(Check::ExpectedKey.failed("a bundle with a certificate"));
    }
    if !material.tlog_entries.is_empty() {
        return Err(Check::Logged.failed_for("a bundle without log entries", "one with some"));
    }
    let artifact = digests.sha256.ok_or_else(|| {
        Check::KnownDigest.failed_for("the file's SHA-256 digest", "its SHA-512 digest alone")
    })?;
    let (signed, signature) =
        signed(bundle, &artifact).map_err(|problem| tell(problem, bundle, digests))?;
    verify(&key, &signed, signature)?;
    Ok(said(bundle)?.0)
}

/// The digest of what the signature is over, which must be this artifact or a statement about it.
fn signed<'a>(
    bundle: &'a Bundle,
    artifact: &Sha256Digest,
) -> Result<(Sha256Digest, &'a SignatureBytes), ProofError> {
    match &bundle.content {
        SignatureContent::MessageSignature(message) => match &message.message_digest {
            Some(stated)
                if stated.algorithm != HashAlgorithm::Sha2256
                    || stated.digest.as_bytes() != artifact.as_bytes() =>
            {
                Err(Check::ThisFile.failed("another digest"))
            }
            _ => Ok((*artifact, &message.signature)),
        },
        SignatureContent::DsseEnvelope(envelope) => {
            if envelope.payload_type != IN_TOTO {
                return Err(Check::Kind.failed_for(IN_TOTO, envelope.payload_type.clone()));
            }
            let statement: Statement = serde_json::from_slice(envelope.payload.as_bytes())
                .map_err(|error| Check::Kind.failed(format!("the signed statement: {error}")))?;
            if !statement.matches_sha256(&Sha256Hash::new(*artifact.as_bytes())) {
                return Err(Check::ThisFile.failed("subjects with other digests"));
            }
            Ok((Sha256Digest::of(&envelope.pae()), &envelope.signature.sig))
        }
        _ => Err(Check::Kind.failed("neither a signature nor a signed statement")),
    }
}

fn verify(
    key: &DerPublicKey,
    signed: &Sha256Digest,
    signature: &SignatureBytes,
) -> Result<(), ProofError> {
    let scheme = KeyAlgorithm::from_spki(key)
        .and_then(|algorithm| algorithm.resolve_signing_scheme(HashAlgorithm::Sha2256))
        .map_err(|error| Check::Kind.failed(error.to_string()))?;
    if !scheme.supports_prehashed() {
        return Err(Check::Kind.failed_for(
            "a key that signs a SHA-256 digest",
            scheme.name().to_owned(),
        ));
    }
    verify_signature_prehashed(key, signed.as_bytes(), signature, scheme)
        .map_err(|error| Check::Signature.failed(error.to_string()))
}
