//! RustCrypto behind the provider trait of `sigstore-crypto`, so that the same verification runs
//! natively and in wasm.

#[cfg(feature = "aws-lc")]
pub mod native;
mod recent;

use assay_ecdsa::{p256, p384};
use sha2::{Digest, Sha256, Sha384, Sha512};
use sigstore_crypto::provider::{CryptoProvider, HashContext};
use sigstore_crypto::{Error, SigningScheme};
use sigstore_types::HashAlgorithm;

/// Makes RustCrypto the provider for every proof of this process, unless there is one already.
pub fn install() {
    // An error only says that a provider is there already.
    let _ = sigstore_crypto::install_default_provider(&RustCrypto);
}

/// The provider that runs everywhere.
#[derive(Debug)]
pub struct RustCrypto;

struct Context<D>(D);

impl<D: Digest + Send> HashContext for Context<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn finalize(self: Box<Self>) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}

impl CryptoProvider for RustCrypto {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        match algorithm {
            HashAlgorithm::Sha2256 => Ok(Box::new(Context(Sha256::new()))),
            HashAlgorithm::Sha2384 => Ok(Box::new(Context(Sha384::new()))),
            HashAlgorithm::Sha2512 => Ok(Box::new(Context(Sha512::new()))),
            other => Err(Error::UnsupportedAlgorithm(format!("digest {other}"))),
        }
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if scheme == SigningScheme::Ed25519 {
            return verify_ed25519(key, data, signature);
        }
        let digest = match scheme.hash_algorithm() {
            Some(HashAlgorithm::Sha2256) => Sha256::digest(data).to_vec(),
            Some(HashAlgorithm::Sha2384) => Sha384::digest(data).to_vec(),
            Some(HashAlgorithm::Sha2512) => Sha512::digest(data).to_vec(),
            _ => return Err(unsupported(scheme)),
        };
        self.verify_prehashed(scheme, key, &digest, signature)
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        match scheme {
            SigningScheme::EcdsaP256Sha256 | SigningScheme::EcdsaP256Sha384 => {
                recent::verified(scheme, [key, digest, signature], verify_p256)
            }
            SigningScheme::EcdsaP384Sha256 | SigningScheme::EcdsaP384Sha384 => {
                recent::verified(scheme, [key, digest, signature], verify_p384)
            }
            SigningScheme::RsaPkcs1Sha256
            | SigningScheme::RsaPkcs1Sha384
            | SigningScheme::RsaPkcs1Sha512 => verify_rsa_pkcs1(key, digest, signature),
            other => Err(unsupported(other)),
        }
    }
}

/// FIPS 186-5, section 6.4.2. The key as SEC 1 writes it, the signature in DER (RFC 3279, section
/// 2.2.3).
fn verify_p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), Error> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(bad_key)?;
    let signature = p256::ecdsa::Signature::from_der(signature).map_err(bad_signature)?;
    assay_ecdsa::verify_p256(&key, digest, &signature).map_err(bad_signature)
}

/// FIPS 186-5, section 6.4.2. The key as SEC 1 writes it, the signature in DER (RFC 3279, section
/// 2.2.3).
fn verify_p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), Error> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(bad_key)?;
    let signature = p384::ecdsa::Signature::from_der(signature).map_err(bad_signature)?;
    assay_ecdsa::verify_p384(&key, digest, &signature).map_err(bad_signature)
}

/// RFC 8032, with the strict checks that refuse keys of small order.
fn verify_ed25519(key: &[u8], data: &[u8], signature: &[u8]) -> Result<(), Error> {
    let key: &[u8; 32] = key
        .try_into()
        .map_err(|_| Error::InvalidKeyFormat("an Ed25519 key has 32 bytes".into()))?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(bad_key)?;
    let signature = ed25519_dalek::Signature::from_slice(signature).map_err(bad_signature)?;
    key.verify_strict(data, &signature).map_err(bad_signature)
}

/// RFC 8017, section 8.2.2. The digest's algorithm follows from its length.
fn verify_rsa_pkcs1(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), Error> {
    use rsa::pkcs1::DecodeRsaPublicKey;
    // The DER prefixes of RFC 8017, section 9.2, note 1.
    let prefix: &[u8] = match digest.len() {
        32 => &DIGEST_INFO_SHA256,
        48 => &DIGEST_INFO_SHA384,
        64 => &DIGEST_INFO_SHA512,
        _ => return Err(Error::Verification("a digest of unknown length".into())),
    };
    let key = rsa::RsaPublicKey::from_pkcs1_der(key).map_err(bad_key)?;
    let scheme = rsa::Pkcs1v15Sign {
        hash_len: Some(digest.len()),
        prefix: prefix.into(),
    };
    key.verify(scheme, digest, signature).map_err(bad_signature)
}

const DIGEST_INFO_SHA256: [u8; 19] = digest_info(1, 32);
const DIGEST_INFO_SHA384: [u8; 19] = digest_info(2, 48);
const DIGEST_INFO_SHA512: [u8; 19] = digest_info(3, 64);

const fn digest_info(arc: u8, length: u8) -> [u8; 19] {
    [
        0x30,
        0x11 + length,
        0x30,
        0x0d,
        0x06,
        0x09,
        0x60,
        0x86,
        0x48,
        0x01,
        0x65,
        0x03,
        0x04,
        0x02,
        arc,
        0x05,
        0x00,
        0x04,
        length,
    ]
}

fn unsupported(scheme: SigningScheme) -> Error {
    Error::UnsupportedAlgorithm(format!("signature scheme {}", scheme.name()))
}

fn bad_key(error: impl std::fmt::Display) -> Error {
    Error::InvalidKeyFormat(error.to_string())
}

fn bad_signature(error: impl std::fmt::Display) -> Error {
    Error::Verification(error.to_string())
}
