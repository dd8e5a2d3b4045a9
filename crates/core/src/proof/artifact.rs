//! Which of an artifact's digests a bundle is checked with.

use super::check::Check;
use super::error::ProofError;
use crate::artifact::ArtifactDigests;
use sigstore_types::{
    Artifact, ArtifactDigest, Bundle, HashAlgorithm, Sha256Hash, Sha512Hash, SignatureContent,
    Statement,
};

/// The digest to verify `bundle` with: SHA-256, unless a statement names the file by SHA-512 alone.
///
/// # Errors
/// [`Check::KnownDigest`] where none of the file's digests that are known is of a kind by which the
/// bundle could name it.
pub(super) fn digest_for(
    bundle: &Bundle,
    digests: &ArtifactDigests,
) -> Result<Artifact<'static>, ProofError> {
    let sha256 = digests
        .sha256
        .map(|known| Sha256Hash::new(*known.as_bytes()));
    let sha512 = digests
        .sha512
        .map(|known| Sha512Hash::new(*known.as_bytes()));
    let statement = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            serde_json::from_slice::<Statement>(envelope.payload.as_bytes()).ok()
        }
        _ => None,
    };
    let Some(statement) = statement else {
        // Logs know a signature by the SHA-256 of what was signed. What should be a statement and
        // is none is refused by the verifier itself.
        return match sha256 {
            Some(sha256) => Ok(sha256.into()),
            None => Err(Check::KnownDigest
                .failed_for("the file's SHA-256 digest", "its SHA-512 digest alone")),
        };
    };
    let named = statement.subject_algorithms();
    let comparable = sha256.is_some() && named.contains(&HashAlgorithm::Sha2256)
        || sha512.is_some() && named.contains(&HashAlgorithm::Sha2512);
    let all_known = sha256.is_some() && sha512.is_some();
    if !comparable && !all_known {
        let known = match sha256 {
            Some(_) => "SHA-256",
            None => "SHA-512",
        };
        return Err(Check::KnownDigest.failed_for(
            format!("a subject with a {known} digest"),
            "subjects with other digests only",
        ));
    }
    match (sha256, sha512) {
        // One digest that a subject has is enough.
        (_, Some(sha512)) if sha256.is_none() || statement.matches_sha512(&sha512) => {
            let digest = ArtifactDigest::new(HashAlgorithm::Sha2512, sha512)
                .map_err(|error| Check::Format.failed(error.to_string()))?;
            Ok(digest.into())
        }
        (Some(sha256), _) => Ok(sha256.into()),
        (None, _) => Err(Check::KnownDigest.failed("no digest at all")),
    }
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
