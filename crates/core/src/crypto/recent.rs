//! The signatures that were verified last.
//!
//! The same signature is verified more than once for one bundle: by what compares the bundle with
//! its log entry, and by what verifies the bundle. And all bundles of a notary can have the same
//! checkpoint. In wasm each verification takes the better part of a millisecond.

use sigstore_crypto::SigningScheme;
use std::cell::RefCell;
use std::collections::VecDeque;

/// How many are remembered.
const MOST: usize = 8;

thread_local! {
    static RECENT: RefCell<VecDeque<Verified>> = const { RefCell::new(VecDeque::new()) };
}

/// What was verified: everything that the result follows from.
#[derive(PartialEq, Eq)]
struct Verified {
    scheme: SigningScheme,
    key: Vec<u8>,
    digest: Vec<u8>,
    signature: Vec<u8>,
}

/// Verifies a signature, given as key, digest and signature, unless this very one was among the last
/// that were found to be right. What is wrong is not remembered.
///
/// # Errors
/// What `verify` says.
pub(super) fn verified<E>(
    scheme: SigningScheme,
    parts: [&[u8]; 3],
    verify: impl FnOnce(&[u8], &[u8], &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let [key, digest, signature] = parts;
    let is_it = |one: &Verified| {
        one.scheme == scheme && one.key == key && one.digest == digest && one.signature == signature
    };
    if RECENT.with_borrow(|recent| recent.iter().any(is_it)) {
        return Ok(());
    }
    verify(key, digest, signature)?;
    RECENT.with_borrow_mut(|recent| {
        recent.truncate(MOST - 1);
        recent.push_front(Verified {
            scheme,
            key: key.to_vec(),
            digest: digest.to_vec(),
            signature: signature.to_vec(),
        });
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const SCHEME: SigningScheme = SigningScheme::EcdsaP256Sha256;

    /// Whether it was verified anew.
    fn anew(scheme: SigningScheme, parts: [&[u8]; 3]) -> bool {
        let called = Cell::new(false);
        let done = verified(scheme, parts, |_, _, _| {
            called.set(true);
            Ok::<_, ()>(())
        });
        assert_eq!(done, Ok(()));
        called.get()
    }

    #[test]
    fn only_the_very_same_signature_is_not_verified_again() {
        assert!(anew(SCHEME, [b"key", b"digest", b"signature"]));
        assert!(!anew(SCHEME, [b"key", b"digest", b"signature"]));
        for other in [
            [&b"kez"[..], b"digest", b"signature"],
            [b"key", b"digesu", b"signature"],
            [b"key", b"digest", b"signaturf"],
            // The same bytes, divided otherwise.
            [b"keyd", b"igest", b"signature"],
        ] {
            assert!(anew(SCHEME, other));
        }
        let other = SigningScheme::EcdsaP256Sha384;
        assert!(anew(other, [b"key", b"digest", b"signature"]));
        assert!(!anew(SCHEME, [b"key", b"digest", b"signature"]));
    }

    #[test]
    fn what_was_wrong_is_verified_again() {
        let parts: [&[u8]; 3] = [b"wrong", b"digest", b"signature"];
        for _ in 0..2 {
            assert_eq!(
                verified(SCHEME, parts, |_, _, _| Err("wrong")),
                Err("wrong")
            );
        }
        assert!(anew(SCHEME, parts));
    }

    #[test]
    fn few_are_remembered() {
        for number in 0..=u8::try_from(MOST).unwrap() {
            assert!(anew(SCHEME, [b"many", &[number], b"signature"]));
        }
        assert!(anew(SCHEME, [b"many", &[0], b"signature"]));
        assert!(!anew(SCHEME, [b"many", &[8], b"signature"]));
    }
}
