//! Key pairs made from a label: the same label gives the same key and the same signatures, so that
//! whatever is made here can be made again.

use der::asn1::{Any, BitString, ObjectIdentifier};
use der::pem::LineEnding;
use der::{Decode, Encode};
use sha2::{Digest, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVE_P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const CURVE_P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_WITH_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// ECDSA over P-256, by default with SHA-256.
    P256,
    /// ECDSA over P-384, by default with SHA-384.
    P384,
    /// Ed25519 (RFC 8032).
    Ed25519,
}

/// A hash function that is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A key pair.
#[derive(Clone)]
pub struct Key {
    secret: Secret,
    public: Vec<u8>,
}

#[derive(Clone)]
enum Secret {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
}

impl Hash {
    /// The digest of `data`.
    pub fn digest(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    /// Its name in Sigstore's protobuf messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA2_256",
            Self::Sha384 => "SHA2_384",
            Self::Sha512 => "SHA2_512",
        }
    }
}

impl Curve {
    /// The hash function that goes with the curve.
    pub fn hash(self) -> Hash {
        match self {
            Self::P256 => Hash::Sha256,
            Self::P384 => Hash::Sha384,
            Self::Ed25519 => Hash::Sha512,
        }
    }

    /// How X.509 and CMS name a signature of this curve with its own hash function.
    pub fn signature_algorithm(self) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: match self {
                Self::P256 => ECDSA_WITH_SHA256,
                Self::P384 => ECDSA_WITH_SHA384,
                Self::Ed25519 => ED25519,
            },
            parameters: None,
        }
    }

    /// Its name in Sigstore's protobuf messages (`PublicKeyDetails`).
    pub fn details(self) -> &'static str {
        match self {
            Self::P256 => "PKIX_ECDSA_P256_SHA_256",
            Self::P384 => "PKIX_ECDSA_P384_SHA_384",
            Self::Ed25519 => "PKIX_ED25519",
        }
    }
}

impl Key {
    /// The key of this label.
    pub fn new(curve: Curve, label: &str) -> Self {
        // A hash is a scalar of its curve but for a chance of 2^-32 or less.
        let (secret, algorithm, parameters, point) = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&Sha256::digest(label))
                    .expect("the label hashes to a scalar");
                let point = key.verifying_key().to_sec1_point(false);
                let point = point.as_bytes().to_vec();
                (Secret::P256(key), EC_PUBLIC_KEY, Some(CURVE_P256), point)
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&Sha384::digest(label))
                    .expect("the label hashes to a scalar");
                let point = key.verifying_key().to_sec1_point(false);
                let point = point.as_bytes().to_vec();
                (Secret::P384(key), EC_PUBLIC_KEY, Some(CURVE_P384), point)
            }
            Curve::Ed25519 => {
                let key = ed25519_dalek::SigningKey::from_bytes(&Sha256::digest(label).into());
                let point = key.verifying_key().as_bytes().to_vec();
                (Secret::Ed25519(key), ED25519, None, point)
            }
        };
        let public = SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: algorithm,
                parameters: parameters.map(|curve| Any::encode_from(&curve).expect("an OID")),
            },
            subject_public_key: BitString::from_bytes(&point).expect("a short bit string"),
        };
        Self {
            secret,
            public: public.to_der().expect("a small structure"),
        }
    }

    /// The kind of key.
    pub fn curve(&self) -> Curve {
        match self.secret {
            Secret::P256(_) => Curve::P256,
            Secret::P384(_) => Curve::P384,
            Secret::Ed25519(_) => Curve::Ed25519,
        }
    }

    /// The public key: DER of a SubjectPublicKeyInfo (RFC 5280, section 4.1.2.7).
    pub fn public(&self) -> &[u8] {
        &self.public
    }

    /// The public key as PEM (RFC 7468).
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.public)
    }

    /// SHA-256 of [`Self::public`].
    pub fn id(&self) -> [u8; 32] {
        Sha256::digest(&self.public).into()
    }

    /// 160 bits of the key's SHA-256 (RFC 7093, section 2, method 1).
    pub fn identifier(&self) -> Vec<u8> {
        let info = SubjectPublicKeyInfoOwned::from_der(&self.public).expect("made here");
        Sha256::digest(info.subject_public_key.raw_bytes())[..20].to_vec()
    }

    /// Signs a message with the hash function of the curve.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.sign_with(self.curve().hash(), message)
    }

    /// Signs a message with this hash function; Ed25519 has its own. Returns a DER
    /// `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3) or the 64 bytes of RFC 8032.
    pub fn sign_with(&self, hash: Hash, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::P256(key) => {
                use p256::ecdsa::signature::hazmat::PrehashSigner;
                let signature: p256::ecdsa::DerSignature = key
                    .sign_prehash(&hash.digest(message))
                    .expect("deterministic signing");
                signature.as_bytes().to_vec()
            }
            Secret::P384(key) => {
                use p384::ecdsa::signature::hazmat::PrehashSigner;
                let signature: p384::ecdsa::DerSignature = key
                    .sign_prehash(&hash.digest(message))
                    .expect("deterministic signing");
                signature.as_bytes().to_vec()
            }
            Secret::Ed25519(key) => {
                use ed25519_dalek::Signer;
                key.sign(message).to_bytes().to_vec()
            }
        }
    }
}

/// PEM of `der` (RFC 7468).
pub(crate) fn pem(label: &'static str, der: &[u8]) -> String {
    der::pem::encode_string(label, LineEnding::LF, der).expect("a valid label")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_label_gives_the_same_key_and_signature() {
        for curve in [Curve::P256, Curve::P384, Curve::Ed25519] {
            let (one, again) = (Key::new(curve, "a"), Key::new(curve, "a"));
            assert_eq!(one.public(), again.public());
            assert_eq!(one.sign(b"x"), again.sign(b"x"));
            assert_ne!(one.public(), Key::new(curve, "b").public());
            assert_ne!(one.sign(b"x"), one.sign(b"y"));
        }
    }
}
