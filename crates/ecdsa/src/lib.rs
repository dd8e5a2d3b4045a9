//! ECDSA over the curves P-256 and P-384, verified with RustCrypto.
//!
//! A package of its own for speed alone: the code of those crates is generic, so it is built with
//! the optimisation of the package that calls it, and a proof spends most of its time here. Keys
//! and signatures are read elsewhere, which takes no time worth the room.

mod known;
mod tables;

pub use p256;
pub use p384;

use ecdsa::signature::Error;
use known::Keys;
use p256::NistP256;
use p384::NistP384;
use std::cell::RefCell;

thread_local! {
    static KEYS_P256: RefCell<Keys<NistP256>> = const { RefCell::new(Keys::new()) };
    static KEYS_P384: RefCell<Keys<NistP384>> = const { RefCell::new(Keys::new()) };
}

/// Verifies a signature over a digest by a P-256 key: FIPS 186-5, section 6.4.2.
///
/// # Errors
/// When it is wrong.
pub fn verify_p256(
    key: &p256::ecdsa::VerifyingKey,
    digest: &[u8],
    signature: &p256::ecdsa::Signature,
) -> Result<(), Error> {
    KEYS_P256.with_borrow_mut(|keys| keys.verify(key.as_affine(), digest, signature))
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
    KEYS_P384.with_borrow_mut(|keys| keys.verify(key.as_affine(), digest, signature))
}
