//! What a signed envelope says it is about: the subjects of an in-toto statement.

use crate::merkle::Hash;
use crate::proposal::ProposalError;
use crate::terms;
use serde::Deserialize;
use serde_json::Value;
use sigstore_types::Statement;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The payload type of an in-toto statement.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// The most artifacts that one statement may name.
pub const MAX_SUBJECTS: usize = 1024;

/// Other algorithms by whose digests a search finds a statement, and how many bytes a digest has.
const SEARCHED: [(&str, usize); 2] = [("sha1", 20), ("sha512", 64)];

/// The subjects of a statement.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Subjects {
    /// Their SHA-256 digests.
    pub artifacts: BTreeSet<Hash>,
    /// SHA-256 digests of what they were made from (the materials of a SLSA provenance of version
    /// 0.2): a search finds the statement by them, and it attests nothing about them.
    pub materials: BTreeSet<Hash>,
    /// Terms for digests by other algorithms, of both.
    pub terms: BTreeSet<Hash>,
}

impl Subjects {
    /// The subjects of a payload. One that is no statement has none, also if it says that it is: it
    /// is logged like any other envelope, and just attests nothing. Read by the code that verifies,
    /// so that no bundle is offered for an artifact that its proof does not name.
    ///
    /// # Errors
    /// When there are more than [`MAX_SUBJECTS`].
    pub fn of(payload_type: &str, payload: &[u8]) -> Result<Self, ProposalError> {
        let mut subjects = Self::default();
        if payload_type != IN_TOTO {
            return Ok(subjects);
        }
        let Ok(statement) = serde_json::from_slice::<Statement>(payload) else {
            return Ok(subjects);
        };
        if statement.subject.len() > MAX_SUBJECTS {
            return Err(ProposalError::Malformed(format!(
                "the statement names {} subjects; at most {MAX_SUBJECTS} are possible",
                statement.subject.len()
            )));
        }
        for subject in &statement.subject {
            let digest = &subject.digest;
            subjects
                .artifacts
                .extend(digest.sha256.as_ref().map(|hash| *hash.as_bytes()));
            let sha512 = digest.sha512.as_ref().map(|hash| hash.as_bytes());
            subjects
                .terms
                .extend(sha512.map(|hash| terms::of_digest("sha512", hash)));
            for (algorithm, digest) in &digest.other {
                subjects.terms.extend(term_of(algorithm, digest));
            }
        }
        let materials = statement.predicate.get("materials");
        let materials = materials.and_then(Value::as_array).into_iter().flatten();
        for material in materials.take(MAX_SUBJECTS) {
            let digests = material.get("digest").and_then(Value::as_object);
            for (algorithm, digest) in digests.into_iter().flatten() {
                let digest = digest.as_str().unwrap_or_default();
                match algorithm.as_str() {
                    "sha256" => subjects.materials.extend(digest_of(digest)),
                    _ => subjects.terms.extend(term_of(algorithm, digest)),
                }
            }
        }
        Ok(subjects)
    }
}

/// A term for a digest, if a search can ask for it.
fn term_of(algorithm: &str, digest: &str) -> Option<Hash> {
    let (name, length) = SEARCHED.iter().find(|(name, _)| *name == algorithm)?;
    let digest = hex::decode(digest).ok()?;
    (digest.len() == *length).then(|| terms::of_digest(name, &digest))
}

fn digest_of(digest: &str) -> Option<Hash> {
    hex::decode(digest).ok()?.try_into().ok()
}

/// The predicate type of a statement, if the payload is one.
pub fn predicate_type(payload: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed<'a> {
        #[serde(borrow)]
        predicate_type: Cow<'a, str>,
    }
    let typed: Typed<'_> = serde_json::from_slice(payload).ok()?;
    Some(typed.predicate_type.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn statement(digest: Value, predicate: Value) -> Vec<u8> {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{ "name": "file", "digest": digest }],
            "predicateType": "https://example.org/p",
            "predicate": predicate,
        });
        statement.to_string().into_bytes()
    }

    #[test]
    fn a_subject_is_found_by_each_of_its_digests() {
        let payload = statement(
            json!({
                "sha256": "11".repeat(32), "sha512": "22".repeat(64), "sha1": "33".repeat(20),
                "gitCommit": "44".repeat(20),
            }),
            json!({ "materials": [
            { "uri": "a", "digest": { "sha256": "55".repeat(32), "sha1": "66".repeat(20) } },
            { "uri": "b", "digest": { "sha1": "not a digest", "sha256": 7 } },
            "c",
        ] }),
        );
        let subjects = Subjects::of(IN_TOTO, &payload).unwrap();
        assert_eq!(subjects.artifacts, BTreeSet::from([[0x11; 32]]));
        let sha512 = terms::of_digest("sha512", &[0x22; 64]);
        let sha1 = terms::of_digest("sha1", &[0x33; 20]);
        let material = terms::of_digest("sha1", &[0x66; 20]);
        assert_eq!(subjects.terms, BTreeSet::from([sha512, sha1, material]));
        assert_eq!(subjects.materials, BTreeSet::from([[0x55; 32]]));
        assert_eq!(
            Subjects::of("text/plain", &payload),
            Ok(Subjects::default())
        );
        assert_eq!(
            predicate_type(&payload).as_deref(),
            Some("https://example.org/p")
        );
        assert_eq!(predicate_type(b"{}"), None);
    }
}
