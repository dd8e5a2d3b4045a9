//! A key that comes again is verified with tables; what is right and what is wrong stays the same.

use assay_ecdsa::{p256, p384, verify_p256, verify_p384};
use p256::ecdsa::signature::hazmat::PrehashSigner;

fn digest(length: usize, number: u8) -> Vec<u8> {
    let byte = |place: usize| number.wrapping_mul(31).wrapping_add(place as u8);
    (0..length).map(byte).collect()
}

macro_rules! again {
    ($test:ident, $curve:ident, $verify:ident, $bytes:literal) => {
        #[test]
        fn $test() {
            use $curve::ecdsa::{Signature, SigningKey, VerifyingKey};
            let key = |number: u8| SigningKey::from_slice(&[number; $bytes]).unwrap();
            let one = key(1);
            let known = VerifyingKey::from(&one);
            for use_of_it in 0..4 {
                // As long as the curve's scalars, shorter, longer, and all zero.
                for digest in [
                    digest($bytes, use_of_it),
                    digest(32, use_of_it),
                    digest(64, use_of_it),
                    vec![0; $bytes],
                    vec![255; $bytes],
                ] {
                    let signature: Signature = one.sign_prehash(&digest).unwrap();
                    assert!($verify(&known, &digest, &signature).is_ok());
                    let (r, s) = (signature.r(), signature.s());
                    let (r, s) = (r.to_bytes(), s.to_bytes());
                    let swapped = Signature::from_scalars(s, r).unwrap();
                    assert!($verify(&known, &digest, &swapped).is_err());
                    let mut changed = s;
                    changed[$bytes - 1] ^= 1;
                    let changed = Signature::from_scalars(r, changed).unwrap();
                    assert!($verify(&known, &digest, &changed).is_err());
                    let mut other = digest.clone();
                    other[0] ^= 1;
                    assert!($verify(&known, &other, &signature).is_err());
                    let stranger = VerifyingKey::from(&key(2));
                    assert!($verify(&stranger, &digest, &signature).is_err());
                }
            }
            // Of more keys than are known at a time, each is still itself.
            for number in (1..40).chain(1..40) {
                let digest = digest($bytes, number);
                let signature: Signature = key(number).sign_prehash(&digest).unwrap();
                assert!($verify(&VerifyingKey::from(&key(number)), &digest, &signature).is_ok());
                assert!(
                    $verify(&VerifyingKey::from(&key(number + 1)), &digest, &signature).is_err()
                );
            }
        }
    };
}

again!(a_p256_key_that_comes_again, p256, verify_p256, 32);
again!(a_p384_key_that_comes_again, p384, verify_p384, 48);
