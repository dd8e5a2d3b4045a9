//! What one bundle proved.

use crate::proof::{Check, ProofError};
use crate::signer::{Identity, Signer};
use crate::standing::Standing;
use crate::words::Message;
use serde::{Deserialize, Serialize};

/// A signed statement about an artifact, proven. Only [`crate::proof::Prover`] makes one out of a
/// bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestation {
    /// Who signed.
    pub signer: Signer,
    /// What was said.
    pub claim: Claim,
    /// Where it was logged.
    pub logged: Option<Logged>,
    /// The earliest proven time of signing, in seconds since 1970, where one is proven.
    #[serde(default)]
    pub signed_at: Option<i64>,
    /// What else the signer's certificate says.
    #[serde(default)]
    pub certified: Option<Certified>,
    /// The project of the site that declares this signer as its own, where the file is from there:
    /// the site's host, and the pattern of the paths that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
    /// The bundle itself (Sigstore bundle JSON), to be saved and verified again.
    pub bundle: String,
}

impl Attestation {
    /// The holder of the key, by the key alone: who trusts a bare key goes on trusting it when a
    /// name is given to it. `None` where the key is not known.
    pub fn key_holder(&self) -> Option<Signer> {
        let fingerprint = match (&self.signer.identity, &self.certified) {
            // GitHub signs the releases of all repositories with one key.
            (Identity::Release { .. }, _) => return None,
            (Identity::Key { fingerprint }, _) => fingerprint,
            (_, Some(certified)) if !certified.key.is_empty() => &certified.key,
            _ => return None,
        };
        Some(Signer {
            root: self.signer.root.clone(),
            identity: Identity::Key {
                fingerprint: fingerprint.clone(),
            },
        })
    }

    /// The signer, and the holder of the key where that is known by another name: all that they may be
    /// trusted as.
    pub fn identities(&self) -> Vec<Signer> {
        let holder = self.key_holder().filter(|holder| *holder != self.signer);
        std::iter::once(self.signer.clone()).chain(holder).collect()
    }

    /// Whether two statements are by the same signer: of one name, or with one key under one root.
    pub fn is_by_the_signer_of(&self, other: &Self) -> bool {
        let holder = self.key_holder();
        self.signer == other.signer || (holder.is_some() && holder == other.key_holder())
    }

    /// Who signed, in plain words, with the tag or branch that a workflow ran at.
    pub fn signer_message(&self) -> Message {
        let certified = self.certified.as_ref();
        self.signer
            .message_at(certified.and_then(|certified| certified.source_ref.as_deref()))
    }
}

impl Attestation {
    /// That the certificate names just this subject, vouched for by just this issuer.
    ///
    /// # Errors
    /// [`Check::ExpectedSigner`] with both names.
    pub fn require_certified(&self, subject: &str, issuer: &str) -> Result<(), ProofError> {
        let expected = format!("{subject}, vouched for by {issuer}");
        match &self.certified {
            Some(certified) if certified.subject == subject && certified.issuer == issuer => Ok(()),
            Some(certified) => Err(Check::ExpectedSigner.failed_for(
                expected,
                format!("{}, vouched for by {}", certified.subject, certified.issuer),
            )),
            None => Err(Check::ExpectedSigner.failed_for(expected, "a key without a certificate")),
        }
    }
}

/// What a signed statement says about the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// A plain signature over the file, or a statement that says no more ([`COSIGN_SIGNATURE`]).
    Signature,
    /// How the file was built or released: SLSA provenance, a release or a publish attestation.
    Provenance {
        /// The in-toto predicate type.
        predicate_type: String,
    },
    /// The signer's standing on the file.
    Standing {
        /// What is declared.
        standing: Standing,
        /// The signer's own words.
        reason: Option<String>,
    },
    /// Something else, which informs and does not vouch: a test report, a scan.
    Other {
        /// The in-toto predicate type.
        predicate_type: String,
    },
}

/// What a verified certificate says beyond who signed. It tells about one signature; two signatures
/// that differ in it may well be the same signer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certified {
    /// Who vouched for the name (Fulcio's extension 1.3.6.1.4.1.57264.1.8). Empty in the certificate
    /// of GitHub's releases alone.
    pub issuer: String,
    /// The subject alternative name, whole (RFC 5280, section 4.2.1.6).
    pub subject: String,
    /// The fingerprint of the certified key (see [`crate::signer::key_fingerprint`]).
    pub key: String,
    /// The ref that was built, such as `refs/tags/v1` (.1.14), or released.
    pub source_ref: Option<String>,
    /// The commit that was built (.1.13).
    pub source_digest: Option<String>,
    /// Where it was built, such as `github-hosted` (.1.11).
    pub runner: Option<String>,
    /// The address of the run that built it (.1.21).
    pub run: Option<String>,
}

/// A proven entry in a transparency log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    /// The log's id: hexadecimal SHA-256 of its public key (RFC 6962, section 3.2).
    pub log_id: String,
    /// The log's name for itself: the checkpoint's origin.
    pub origin: String,
    /// The entry's index in the log.
    pub index: u64,
    /// When the log integrated it, in seconds since 1970, where that is proven.
    pub integrated_time: Option<i64>,
    /// The signed checkpoint under which the entry was proven (C2SP tlog-checkpoint), where the
    /// bundle has one and not just the log's promise.
    #[serde(default)]
    pub checkpoint: Option<String>,
}

impl Claim {
    /// What a statement with this predicate type says. `predicate` is read for standings only;
    /// a standing that cannot be read vouches for nothing.
    pub fn of_predicate(predicate_type: &str, predicate: &serde_json::Value) -> Self {
        use crate::standing::{STANDING_PREDICATE, StandingPredicate};
        let predicate_type = predicate_type.to_owned();
        if predicate_type == STANDING_PREDICATE {
            return match StandingPredicate::read(predicate) {
                Some(StandingPredicate { standing, reason }) => Self::Standing { standing, reason },
                None => Self::Other { predicate_type },
            };
        }
        if predicate_type == COSIGN_SIGNATURE {
            return Self::Signature;
        }
        if VOUCHING_PREDICATES.contains(&predicate_type.as_str()) {
            Self::Provenance { predicate_type }
        } else {
            Self::Other { predicate_type }
        }
    }

    /// Whether the statement vouches for the file.
    pub fn vouches(&self) -> bool {
        matches!(
            self,
            Self::Signature
                | Self::Provenance { .. }
                | Self::Standing {
                    standing: Standing::Trusted,
                    ..
                }
        )
    }
}

/// The in-toto predicate type of a statement that says nothing but that its subject is signed, as cosign
/// signs container images.
pub const COSIGN_SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

/// The predicate types that vouch for a file: SLSA provenance, release and publish attestations.
const VOUCHING_PREDICATES: [&str; 6] = [
    "https://slsa.dev/provenance/v0.2",
    "https://slsa.dev/provenance/v1",
    "https://in-toto.io/attestation/release/v0.1",
    "https://in-toto.io/attestation/release/v0.2",
    "https://docs.pypi.org/attestations/publish/v1",
    "https://github.com/npm/attestation/tree/main/specs/publish/v0.1",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_test_report_does_not_vouch() {
        let claim = Claim::of_predicate(
            "https://in-toto.io/attestation/test-result/v0.1",
            &json!({}),
        );
        assert!(!claim.vouches());
        assert!(Claim::of_predicate("https://slsa.dev/provenance/v1", &json!({})).vouches());
    }

    #[test]
    fn what_cosign_states_of_an_image_is_a_signature_and_nothing_like_it_is() {
        let claim = |kind: &str| Claim::of_predicate(kind, &json!({"standing": "untrusted"}));
        assert_eq!(
            claim("https://sigstore.dev/cosign/sign/v1"),
            Claim::Signature
        );
        for other in [
            "https://cosign.sigstore.dev/attestation/v1",
            "https://sigstore.dev/cosign/sign/v10",
        ] {
            assert!(!claim(other).vouches(), "{other}");
        }
    }

    #[test]
    fn a_standing_that_cannot_be_read_vouches_for_nothing() {
        for predicate in [
            json!({}),
            json!({"standing": "TRUSTED"}),
            json!(null),
            json!({"standing": 1}),
        ] {
            assert!(!Claim::of_predicate("urn:assay:standing:v1", &predicate).vouches());
        }
        assert!(
            Claim::of_predicate("urn:assay:standing:v1", &json!({"standing": "trusted"})).vouches()
        );
    }
}
