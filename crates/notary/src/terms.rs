//! What an entry can be searched by besides SHA-256 digests: keys, names in certificates, digests by
//! other algorithms.
//!
//! A term is kept as one hash, which begins with what kind of term it is. So no artifact whose bytes
//! happen to spell a name is found under it, and no term can be longer than another in the store.

use crate::merkle::Hash;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use std::collections::BTreeSet;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// The most names of one certificate by which an entry is found.
const MAX_NAMES: usize = 16;
/// The longest name by which an entry is found, in bytes; Rekor's limit.
pub const MAX_NAME: usize = 512;

/// The term of a public key or certificate: by its canonical PEM, as in Rekor, so that a certificate
/// and the key in it are two terms.
pub fn of_verifier(verifier: &Verifier) -> Hash {
    term("key", verifier.canonical_pem().as_bytes())
}

/// The term of a name in a certificate (an email address, a URI, a host), in whatever case.
pub fn of_name(name: &str) -> Hash {
    term("name", name.to_lowercase().as_bytes())
}

/// The term of a digest by another algorithm than SHA-256.
pub fn of_digest(algorithm: &str, digest: &[u8]) -> Hash {
    term(algorithm, digest)
}

/// All terms of those who signed an entry.
pub fn of_verifiers(verifiers: &[Verifier]) -> BTreeSet<Hash> {
    let mut terms = BTreeSet::new();
    for verifier in verifiers {
        terms.insert(of_verifier(verifier));
        if let Some(certificate) = verifier.certificate() {
            terms.extend(names(certificate).iter().map(|name| of_name(name)));
        }
    }
    terms
}

/// The subject alternative names of a certificate (DER) that are text; none if it has none.
fn names(certificate: &[u8]) -> Vec<String> {
    let Ok(certificate) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let Ok(Some((_, SubjectAltName(names)))) = certificate.tbs_certificate.get() else {
        return Vec::new();
    };
    let text = |name: GeneralName| match name {
        GeneralName::Rfc822Name(name)
        | GeneralName::DnsName(name)
        | GeneralName::UniformResourceIdentifier(name) => Some(name.to_string()),
        _ => None,
    };
    let fits = |name: &String| !name.is_empty() && name.len() <= MAX_NAME;
    let names = names.into_iter().filter_map(text).filter(fits);
    names.take(MAX_NAMES).collect()
}

fn term(kind: &str, value: &[u8]) -> Hash {
    // No kind has a zero byte in it.
    let text = [kind.as_bytes(), &[0], value].concat();
    *Sha256Digest::of(&text).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_either_case_and_is_nobodys_digest() {
        assert_eq!(of_name("A@Example.org"), of_name("a@example.org"));
        assert_ne!(of_name("a"), *Sha256Digest::of(b"a").as_bytes());
        assert_ne!(of_digest("sha1", b"a"), of_digest("sha512", b"a"));
        assert_ne!(of_name("a"), of_digest("key", b"a"));
    }
}
