//! Which of an artifact's digests a bundle is checked with.

use super::check::Check;
use super::error::ProofError;
use crate::artifact::ArtifactDigests;
use sigstore_types::{
    Artifact, ArtifactDigest, Bundle, HashAlgorithm, Sha256Hash, Sha512Hash, SignatureContent,
    Statement,
};

/// The digest to verify `bundle` with: SHA-256, unless a statement names the file by SHA-512 alone.
pub(super) fn digest_for(
    bundle: &Bundle,
    digests: &ArtifactDigests,
) -> Result<Artifact<'static>, ProofError> {
    let sha256 = Sha256Hash::new(*digests.sha256.as_bytes());
    let SignatureContent::DsseEnvelope(envelope) = &bundle.content else {
        return Ok(sha256.into());
    };
    // What is no statement is refused by the verifier itself.
    let Ok(statement) = serde_json::from_slice::<Statement>(envelope.payload.as_bytes()) else {
        return Ok(sha256.into());
    };
    if statement.matches_sha256(&sha256) {
        return Ok(sha256.into());
    }
    if let Some(sha512) = digests.sha512 {
        let sha512 = Sha512Hash::new(*sha512.as_bytes());
        if statement.matches_sha512(&sha512) {
            let digest = ArtifactDigest::new(HashAlgorithm::Sha2512, sha512)
                .map_err(|error| Check::Format.failed(error.to_string()))?;
            return Ok(digest.into());
        }
    } else if !statement
        .subject_algorithms()
        .contains(&HashAlgorithm::Sha2256)
    {
        return Err(Check::KnownDigest.failed_for(
            "a subject with a SHA-256 digest",
            "subjects with other digests only",
        ));
    }
    Ok(sha256.into())
}

/// How a bundle names the file that it is about, for people who look into a refusal.
pub(super) fn named(bundle: &Bundle) -> String {
    const SHOWN: usize = 3;
    match &bundle.content {
        SignatureContent::MessageSignature(signature) => match &signature.message_digest {
            Some(digest) => {
                let name = match digest.algorithm {
                    HashAlgorithm::Sha2256 => "sha256".to_owned(),
                    other => other.to_string(),
                };
                format!("{name}:{}", hex::encode(digest.digest.as_bytes()))
            }
            None => "a signature over other bytes".to_owned(),
        },
        SignatureContent::DsseEnvelope(envelope) => {
            let statement = serde_json::from_slice::<Statement>(envelope.payload.as_bytes());
            let subjects = statement.map(|statement| statement.subject);
            let subjects = subjects.unwrap_or_default();
            let shown: Vec<String> = subjects
                .iter()
                .take(SHOWN)
                .map(|subject| {
                    let sha256 = subject.digest.sha256.as_ref().map(ToString::to_string);
                    sha256.map_or_else(
                        || format!("{} by another digest", subject.name),
                        |sha256| format!("{} sha256:{sha256}", subject.name),
                    )
                })
                .collect();
            let more = subjects.len().saturating_sub(SHOWN);
            match more {
                0 => shown.join(", "),
                more => format!("{} and {more} more", shown.join(", ")),
            }
        }
        _ => "another file".to_owned(),
    }
}
