//! The same provider with ring for what takes most of the time, where ring can be had: not in wasm.

use super::RustCrypto;
use ring::signature::{
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

/// The provider: ECDSA by ring, all else by RustCrypto. Both accept the same signatures.
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
        // RustCrypto also takes compressed points (SEC 1, section 2.3.3).
        let uncompressed = key.first() == Some(&4);
        match ecdsa(scheme).filter(|_| uncompressed) {
            Some(algorithm) => UnparsedPublicKey::new(algorithm, key)
                .verify(data, signature)
                .map_err(|_| Error::Verification("signature error".into())),
            None => RustCrypto.verify_raw(scheme, key, data, signature),
        }
    }

    /// ring verifies no digests.
    fn verify_prehashed(
        &self,
        scheme: SigningScheme,
        key: &[u8],
        digest: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        RustCrypto.verify_prehashed(scheme, key, digest, signature)
    }
}

fn ecdsa(scheme: SigningScheme) -> Option<&'static EcdsaVerificationAlgorithm> {
    match scheme {
        SigningScheme::EcdsaP256Sha256 => Some(&ECDSA_P256_SHA256_ASN1),
        SigningScheme::EcdsaP256Sha384 => Some(&ECDSA_P256_SHA384_ASN1),
        SigningScheme::EcdsaP384Sha256 => Some(&ECDSA_P384_SHA256_ASN1),
        SigningScheme::EcdsaP384Sha384 => Some(&ECDSA_P384_SHA384_ASN1),
        _ => None,
    }
}
