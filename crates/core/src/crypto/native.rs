//! The same provider with AWS-LC for what takes most of the time, where AWS-LC can be had: not in
//! wasm.

use super::RustCrypto;
use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use sigstore_crypto::provider::{CryptoProvider, HashContext};
use sigstore_crypto::{Error, SigningScheme};
use sigstore_types::HashAlgorithm;

/// Makes this the provider for every proof of this process, unless there is one already.
pub fn install() {
    // An error only says that a provider is there already.
    let _ = sigstore_crypto::install_default_provider(&Native);
}

/// The provider: ECDSA by AWS-LC, all else by RustCrypto. Both accept the same signatures.
#[derive(Debug)]
pub struct Native;

impl CryptoProvider for Native {
    fn hash(&self, algorithm: HashAlgorithm) -> Result<Box<dyn HashContext>, Error> {
        RustCrypto.hash(algorithm)
    }

    fn verify_raw(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        data: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        match Ecdsa::of(scheme, key) {
            Some(ecdsa) => ecdsa
                .key(key)
                .verify(data, signature)
                .map_err(|_| refused()),
            None => RustCrypto.verify_raw(scheme, key, data, signature),
        }
    }

    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        let ecdsa = Ecdsa::of(scheme, key).and_then(|ecdsa| Some((ecdsa, ecdsa.digest(digest)?)));
        match ecdsa {
            Some((ecdsa, digest)) => ecdsa
                .key(key)
                .verify_digest(&digest, signature)
                .map_err(|_| refused()),
            None => RustCrypto.verify_prehashed(scheme, key, digest, signature),
        }
    }
}

/// A scheme of ECDSA that AWS-LC has.
#[derive(Clone, Copy)]
struct Ecdsa {
    algorithm: &'static EcdsaVerificationAlgorithm,
    hash: &'static digest::Algorithm,
}

impl Ecdsa {
    /// AWS-LC also takes keys as SubjectPublicKeyInfo and RustCrypto also compressed points (SEC 1,
    /// section 2.3.3); so only what both read alike, uncompressed points, is for AWS-LC.
    fn of(scheme: SigningScheme, key: &[u8]) -> Option<Self> {
        let (algorithm, hash, length) = match scheme {
            SigningScheme::EcdsaP256Sha256 => (&ECDSA_P256_SHA256_ASN1, &digest::SHA256, 65),
            SigningScheme::EcdsaP256Sha384 => (&ECDSA_P256_SHA384_ASN1, &digest::SHA384, 65),
            SigningScheme::EcdsaP384Sha256 => (&ECDSA_P384_SHA256_ASN1, &digest::SHA256, 97),
            SigningScheme::EcdsaP384Sha384 => (&ECDSA_P384_SHA384_ASN1, &digest::SHA384, 97),
            _ => return None,
        };
        let uncompressed = key.first() == Some(&4) && key.len() == length;
        uncompressed.then_some(Self { algorithm, hash })
    }

    fn key(self, key: &[u8]) -> UnparsedPublicKey<&[u8]> {
        UnparsedPublicKey::new(self.algorithm, key)
    }

    /// The digest, unless it has the length of another algorithm's.
    fn digest(self, digest: &[u8]) -> Option<Digest> {
        Digest::import_less_safe(digest, self.hash).ok()
    }
}

fn refused() -> Error {
    Error::Verification("signature error".into())
}
