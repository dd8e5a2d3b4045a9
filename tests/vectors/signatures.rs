//! Wycheproof's vectors for the signatures that proofs rest on, for each scheme that the project
//! knows and Wycheproof has.
//!
//! What is `valid` there must be accepted, and what is `invalid` must be refused. What is
//! `acceptable` may go either way; the one such case is a DigestInfo without its NULL parameter,
//! and it must be refused: RFC 8017, section 8.2.2, compares whole encodings. One exception: with
//! RSA keys beyond 4096 bits, everything must be refused. Sigstore's registry of algorithms knows
//! none, and whoever made such a key could make a verification as slow as they like.

use sigstore_crypto::provider::CryptoProvider;
use sigstore_crypto::{SigningScheme, VerificationKey, validate_raw_public_key};
use sigstore_types::{DerPublicKey, HashAlgorithm};
use wycheproof::TestResult;

/// The vectors for one scheme and size of key.
pub struct Suite {
    /// Wycheproof's name for it.
    pub name: &'static str,
    scheme: SigningScheme,
    /// Whether its keys are refused, whatever they sign.
    refused_whole: bool,
    vectors: fn() -> Vec<Vector>,
}

/// How the vectors of a suite came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The numbers of the vectors that were accepted, as Wycheproof counts them.
    pub accepted: Vec<usize>,
    /// How many were refused.
    pub refused: usize,
    /// What came out as it must not.
    pub wrong: Vec<String>,
}

struct Vector {
    number: usize,
    comment: String,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    result: TestResult,
}

macro_rules! suite {
    ($module:ident :: $name:ident, $scheme:ident) => {
        suite!($module::$name, $scheme, false)
    };
    ($module:ident :: $name:ident, $scheme:ident, $refused_whole:literal) => {
        Suite {
            name: stringify!($name),
            scheme: SigningScheme::$scheme,
            refused_whole: $refused_whole,
            vectors: || {
                use wycheproof::$module::{TestName, TestSet};
                let set = TestSet::load(TestName::$name).expect("the package's own vectors");
                let mut vectors = Vec::with_capacity(set.number_of_tests);
                for group in set.test_groups {
                    for test in group.tests {
                        vectors.push(Vector {
                            number: test.tc_id,
                            comment: test.comment,
                            key: group.der.to_vec(),
                            message: test.msg.to_vec(),
                            signature: test.sig.to_vec(),
                            result: test.result,
                        });
                    }
                }
                vectors
            },
        }
    };
}

/// ECDSA on P-256 and P-384.
pub const ECDSA: [Suite; 3] = [
    suite!(ecdsa::EcdsaSecp256r1Sha256, EcdsaP256Sha256),
    suite!(ecdsa::EcdsaSecp384r1Sha256, EcdsaP384Sha256),
    suite!(ecdsa::EcdsaSecp384r1Sha384, EcdsaP384Sha384),
];

/// Ed25519.
pub const ED25519: [Suite; 1] = [suite!(eddsa::Ed25519, Ed25519)];

/// RSA PKCS #1 v1.5.
pub const RSA: [Suite; 12] = [
    suite!(rsa_pkcs1_verify::Rsa2048Sha256, RsaPkcs1Sha256),
    suite!(rsa_pkcs1_verify::Rsa2048Sha384, RsaPkcs1Sha384),
    suite!(rsa_pkcs1_verify::Rsa2048Sha512, RsaPkcs1Sha512),
    suite!(rsa_pkcs1_verify::Rsa3072Sha256, RsaPkcs1Sha256),
    suite!(rsa_pkcs1_verify::Rsa3072Sha384, RsaPkcs1Sha384),
    suite!(rsa_pkcs1_verify::Rsa3072Sha512, RsaPkcs1Sha512),
    suite!(rsa_pkcs1_verify::Rsa4096Sha256, RsaPkcs1Sha256),
    suite!(rsa_pkcs1_verify::Rsa4096Sha384, RsaPkcs1Sha384),
    suite!(rsa_pkcs1_verify::Rsa4096Sha512, RsaPkcs1Sha512),
    suite!(rsa_pkcs1_verify::Rsa8192Sha256, RsaPkcs1Sha256, true),
    suite!(rsa_pkcs1_verify::Rsa8192Sha384, RsaPkcs1Sha384, true),
    suite!(rsa_pkcs1_verify::Rsa8192Sha512, RsaPkcs1Sha512, true),
];

impl Suite {
    /// Runs all vectors against a provider, the way that proofs reach it: by message and, where the
    /// scheme has that, by digest.
    ///
    /// # Panics
    /// When the package's vectors cannot be read.
    pub fn run(&self, provider: &dyn CryptoProvider) -> Outcome {
        let mut outcome = Outcome {
            accepted: Vec::new(),
            refused: 0,
            wrong: Vec::new(),
        };
        for vector in (self.vectors)() {
            let by_message = self.accepts(provider, &vector, Way::Message);
            let by_digest = self.accepts(provider, &vector, Way::Digest);
            let expected = match vector.result {
                _ if self.refused_whole => false,
                TestResult::Valid => true,
                TestResult::Invalid | TestResult::Acceptable => false,
            };
            let ways_differ = self.scheme.supports_prehashed() && by_digest != by_message;
            let without_prehash = !self.scheme.supports_prehashed() && by_digest;
            if by_message != expected || ways_differ || without_prehash {
                outcome.wrong.push(format!(
                    "{} {} ({}): {:?}; accepted by message: {by_message}, by digest: {by_digest}",
                    self.name, vector.number, vector.comment, vector.result
                ));
            }
            match by_message {
                true => outcome.accepted.push(vector.number),
                false => outcome.refused += 1,
            }
        }
        // A suite in which nothing is tried shows nothing.
        if outcome.refused == 0 || outcome.accepted.is_empty() != self.refused_whole {
            outcome.wrong.push(format!("{}: {outcome:?}", self.name));
        }
        outcome
    }

    fn accepts(&self, provider: &dyn CryptoProvider, vector: &Vector, way: Way) -> bool {
        let key = DerPublicKey::new(vector.key.clone());
        let Ok(key) = VerificationKey::from_spki_with_scheme(&key, self.scheme) else {
            return false;
        };
        let key = key.as_bytes();
        if validate_raw_public_key(self.scheme, key).is_err() {
            return false;
        }
        let (message, signature) = (&vector.message, &vector.signature);
        let verified = match way {
            Way::Message => provider.verify_raw(self.scheme, key, message, signature),
            Way::Digest => {
                let digest = match self.scheme.hash_algorithm() {
                    Some(HashAlgorithm::Sha2384) => provider.sha384(message).to_vec(),
                    Some(HashAlgorithm::Sha2512) => provider.sha512(message).to_vec(),
                    _ => provider.sha256(message).to_vec(),
                };
                provider.verify_prehashed(self.scheme, key, &digest, signature)
            }
        };
        verified.is_ok()
    }
}

enum Way {
    Message,
    Digest,
}
