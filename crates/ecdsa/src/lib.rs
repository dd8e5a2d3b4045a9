//! ECDSA over the curves P-256 and P-384, verified with RustCrypto.
//!
//! A package of its own for speed alone: the code of those crates is generic, so it is built with
//! the optimisation of the package that calls it, and a proof spends most of its time here. Keys
//! and signatures are read elsewhere, which takes no time worth the room.

pub use p256;
pub use p384;

use p256::ecdsa::signature::Error;
use p256::ecdsa::signature::hazmat::PrehashVerifier;

/// Verifies a signature over a digest by a P-256 key: FIPS 186-5, section 6.4.2.
///
/// # Errors
/// When it is wrong.
pub fn verify_p256(
    key: &p256::ecdsa::VerifyingKey,
    digest: &[u8],
    signature: &p256::ecdsa::Signature,
) -> Result<(), Error> {
    key.verify_prehash(digest, signature)
}

/// The same for a P-384 key.
///
/// # Errors
/// When it is wrong.
pub fn verify_p384(
    key: &p384::ecdsa::VerifyingKey,
    digest: &[u8],
    signature: &p384::ecdsa::Signature,
) -> Result<(), Error> {
    key.verify_prehash(digest, signature)
}
