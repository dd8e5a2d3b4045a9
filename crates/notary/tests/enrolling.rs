//! Which keys can be enrolled: those whose signatures are logged and verified later.

mod common;

use assay_notary::keys::public_pem;
use assay_notary::signers::enrol;
use common::Running;
use x509_cert::der::asn1::{BitString, Null, UintRef};
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Encode, Header, Tag};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

/// A public RSA key, PEM, whose modulus has so many bits.
fn rsa(bits: usize) -> String {
    let mut modulus = vec![0xa5; bits / 8];
    *modulus.last_mut().unwrap() = 1;
    let parts = [modulus.as_slice(), &[1, 0, 1]].map(|part| UintRef::new(part).unwrap());
    let mut inner = Vec::new();
    for part in parts {
        part.encode_to_vec(&mut inner).unwrap();
    }
    let header = Header::new(Tag::Sequence, inner.len()).unwrap();
    let mut key = header.to_der().unwrap();
    key.extend(inner);
    rsa_with(&key)
}

/// The same of whatever is in the place of the modulus and the exponent.
fn rsa_with(key: &[u8]) -> String {
    let info = SubjectPublicKeyInfoOwned {
        algorithm: AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1"),
            parameters: Some(Null.into()),
        },
        subject_public_key: BitString::from_bytes(key).unwrap(),
    };
    public_pem(&info.to_der().unwrap())
}

#[test]
fn rsa_keys_that_could_never_sign_here_are_refused_with_their_length() {
    let data = common::DataFolder::new();
    Running::start(data.path()).stop();
    for bits in [1024, 2040, 4104, 8192] {
        let refused = enrol(data.path(), "rsa@example.org", rsa(bits).as_bytes());
        let refused = refused.unwrap_err().to_string();
        for part in [format!("{bits} bits"), "2048 to 4096".to_owned()] {
            assert!(refused.contains(&part), "{refused}");
        }
    }
    for bits in [2048, 3072, 4096] {
        enrol(data.path(), "rsa@example.org", rsa(bits).as_bytes()).unwrap();
    }
}

#[test]
fn rsa_keys_whose_length_cannot_be_read_are_refused() {
    let data = common::DataFolder::new();
    Running::start(data.path()).stop();
    for unreadable in [
        &[][..],
        b"no sequence",
        // Only one number, a negative one before the other, and something after the sequence.
        &[0x30, 0x03, 0x02, 0x01, 0x05],
        &[0x30, 0x06, 0x02, 0x01, 0x85, 0x02, 0x01, 0x03],
        &[0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x03, 0x00],
    ] {
        let pem = rsa_with(unreadable);
        let refused = enrol(data.path(), "rsa@example.org", pem.as_bytes());
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("the key cannot be read"), "{refused}");
    }
}
