//! A notary: one GET by digest, answered with whole bundles.

use crate::proving::{self, List};
use crate::{Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Next, Source};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure};
use assay_core::proof::{Check, ProofError};
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::succession::{self, Latest, MAX_SUCCESSION_BYTES, SUCCESSION_PATH};
use assay_core::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot};
use std::time::Duration;

/// How long a notary may take for its answer.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);

/// How many bytes of an answer are read at most. Bundles have a few kilobytes each.
pub const SIZE_LIMIT: usize = 16 * 1024 * 1024;

/// A notary that is asked about a digest.
#[derive(Debug)]
pub struct Inquiry<'a> {
    notary: &'a Notary,
    digest: Sha256Digest,
    found: Candidates,
}

impl<'a> Inquiry<'a> {
    /// Asks this notary about a digest.
    pub fn new(notary: &'a Notary, digest: Sha256Digest) -> Self {
        let found = Candidates::default();
        Self {
            notary,
            digest,
            found,
        }
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        named(self.notary)
    }

    fn next(&mut self, answers: Vec<Answer>) -> Next {
        match answers.into_iter().next() {
            None => Ok(vec![request(&self.notary.address, &self.digest)]),
            Some(answer) => {
                self.found = read(&answer?)?;
                Ok(Vec::new())
            }
        }
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }
}

/// What there is instead of an answer when the notary's pinned root cannot be used: it is not even
/// asked.
pub fn unusable(notary: &Notary, problem: &ProofError) -> Evidence {
    let failure = Failure::TrustRoot {
        detail: problem.to_string(),
    };
    proving::failed(named(notary), failure)
}

fn named(notary: &Notary) -> (&str, &str) {
    (&notary.address, &notary.name)
}

/// A notary's pinned trust root, ready to prove with.
///
/// # Errors
/// When the pinned root cannot be used.
pub fn own_root(notary: &Notary) -> Result<Roots, ProofError> {
    let root = TrustRoot::parse(notary.root_id(), &notary.trusted_root)
        .map_err(|error| Check::TrustRoot.failed(error.to_string()))?;
    let mut roots = Roots::new();
    roots.add(root)?;
    Ok(roots)
}

/// The request for all that a notary knows about a digest.
pub fn request(address: &str, digest: &Sha256Digest) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url: format!("{address}/attestations/sha256:{digest}"),
        accept: "application/json",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: SIZE_LIMIT,
        memory: Memory::Asked,
    }
}

/// The request for a notary's trust root, made when the user adds it.
pub fn trust_root_request(address: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url: format!("{address}/trusted_root.json"),
        accept: "application/json",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: MAX_TRUST_ROOT_BYTES,
        memory: Memory::Asked,
    }
}

/// The request for how a notary's trust root followed from earlier ones ([`follow`]).
pub fn succession_request(address: &str) -> HttpRequest {
    HttpRequest {
        url: format!("{address}{SUCCESSION_PATH}"),
        size_limit: MAX_SUCCESSION_BYTES,
        ..trust_root_request(address)
    }
}

/// Where the pinned trust root of a notary led to, by its answer. `None` from a notary that shows no
/// succession.
///
/// # Errors
/// [`Failure::TrustRoot`] if it does not lead on from what is pinned; any other, if it is no answer.
pub fn follow(notary: &Notary, response: &HttpResponse) -> Result<Option<Latest>, Failure> {
    match response.status {
        200 => {}
        404 => return Ok(None),
        status => return Err(Failure::Status { status }),
    }
    let document = std::str::from_utf8(&response.body).map_err(|error| Failure::Malformed {
        detail: error.to_string(),
    })?;
    succession::follow(&notary.trusted_root, notary.followed.as_ref(), document)
        .map(Some)
        .map_err(|error| Failure::TrustRoot {
            detail: error.to_string(),
        })
}

/// The bundles in a notary's answer, not yet proven; none when it does not know the digest.
///
/// An unknown digest is a 404 whose body is an empty list, so that it is told apart from a server
/// that does not know what it was asked.
///
/// # Errors
/// Any other status, or a body of another shape.
pub fn read(response: &HttpResponse) -> Result<Candidates, Failure> {
    let known = match response.status {
        200 => true,
        404 => false,
        status => return Err(Failure::Status { status }),
    };
    let malformed = |detail: String| Failure::Malformed { detail };
    let answer: List<'_> = serde_json::from_slice(&response.body).map_err(|error| {
        // A plain 404 page comes from something that is no notary.
        match known {
            true => malformed(error.to_string()),
            false => Failure::Status { status: 404 },
        }
    })?;
    if !known && !answer.attestations.is_empty() {
        return Err(malformed("a 404 that lists attestations".into()));
    }
    let bundles = answer.attestations.iter().map(|listed| {
        let bundle = listed.bundle.map(|bundle| bundle.get().to_owned());
        bundle.ok_or_else(|| malformed("an attestation without a bundle".into()))
    });
    Ok(Candidates {
        bundles: bundles.collect::<Result<_, _>>()?,
        truncated: answer.truncated,
        failure: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proving::MAX_BUNDLES;

    fn answer(status: u16, body: &str) -> Result<Vec<String>, Failure> {
        candidates(status, body).map(|candidates| candidates.bundles)
    }

    fn candidates(status: u16, body: &str) -> Result<Candidates, Failure> {
        read(&HttpResponse {
            status,
            body: body.as_bytes().to_vec(),
        })
    }

    #[test]
    fn an_answer_that_leaves_something_out_says_so() {
        let body = r#"{"attestations":[],"truncated":true}"#;
        assert!(candidates(200, body).is_ok_and(|candidates| candidates.truncated));
        let whole = candidates(200, r#"{"attestations":[]}"#);
        assert!(whole.is_ok_and(|candidates| !candidates.truncated));
    }

    #[test]
    fn an_unknown_digest_is_told_apart_from_an_error() {
        assert_eq!(answer(404, r#"{"attestations":[]}"#), Ok(vec![]));
        assert_eq!(answer(200, r#"{"attestations":[]}"#), Ok(vec![]));
        assert_eq!(
            answer(404, "<h1>Not found</h1>"),
            Err(Failure::Status { status: 404 })
        );
        assert_eq!(answer(404, "{}"), Err(Failure::Status { status: 404 }));
        assert_eq!(answer(500, "{}"), Err(Failure::Status { status: 500 }));
        assert_eq!(answer(302, ""), Err(Failure::Status { status: 302 }));
    }

    #[test]
    fn bundles_are_taken_as_they_are() {
        assert_eq!(
            answer(200, r#"{"attestations":[{"bundle":{"a": 1},"x":2}],"y":3}"#),
            Ok(vec![r#"{"a": 1}"#.to_owned()])
        );
    }

    #[test]
    fn garbage_is_no_answer() {
        for garbage in [
            "",
            "<html>",
            "[]",
            "{\"attestations\":7}",
            "{\"attestations\":[{}]}",
        ] {
            assert!(matches!(
                answer(200, garbage),
                Err(Failure::Malformed { .. })
            ));
        }
        let flood = format!(
            r#"{{"attestations":[{}]}}"#,
            vec![r#"{"bundle":{}}"#; MAX_BUNDLES + 1].join(",")
        );
        assert!(matches!(
            answer(200, &flood),
            Err(Failure::Malformed { .. })
        ));
        assert!(answer(404, r#"{"attestations":[{"bundle":{}}]}"#).is_err());
    }
}
