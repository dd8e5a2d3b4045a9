//! ECDSA over the curves P-256 and P-384, verified with RustCrypto.
//!
//! A package of its own for speed alone: the code of those crates is generic, so it is built with
//! the optimisation of the package that calls it, and a proof spends most of its time here.

/// Why a signature was not found to be right.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EcdsaError {
    /// These bytes are no point of the curve (SEC 1, section 2.3.4).
    #[error("the key is not a point of the curve; expected one in the form of SEC 1")]
    Key,
    /// These bytes are no signature, or not one by this key over this digest.
    #[error("the signature is not one by this key over this digest")]
    Signature,
}

/// Verifies a signature over a digest by a P-256 key: FIPS 186-5, section 6.4.2. The key as SEC 1
/// writes it, the signature in DER (RFC 3279, section 2.2.3).
///
/// # Errors
/// When one of them is malformed, or the signature is wrong.
pub fn verify_p256(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), EcdsaError> {
    use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};
    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| EcdsaError::Key)?;
    let signature = Signature::from_der(signature).map_err(|_| EcdsaError::Signature)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| EcdsaError::Signature)
}

/// The same for a P-384 key.
///
/// # Errors
/// As [`verify_p256`].
pub fn verify_p384(key: &[u8], digest: &[u8], signature: &[u8]) -> Result<(), EcdsaError> {
    use p384::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};
    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| EcdsaError::Key)?;
    let signature = Signature::from_der(signature).map_err(|_| EcdsaError::Signature)?;
    key.verify_prehash(digest, &signature)
        .map_err(|_| EcdsaError::Signature)
}
