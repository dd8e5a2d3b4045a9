//! The signed checkpoint: what the log commits to at one size.
//!
//! A C2SP signed note (<https://c2sp.org/signed-note>, <https://c2sp.org/tlog-checkpoint>) as
//! Rekor v1 writes it: ECDSA P-256 over SHA-256, signed by the log alone, the key hint being the
//! first four bytes of the key's SHA-256.

use crate::keys::{KeyError, SigningKey};
use crate::merkle::Hash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sigstore_types::Checkpoint;

/// Who a log is, as its checkpoints say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the log: a host, with its port unless that is the usual one.
    pub host: String,
    /// Number of the tree; positive, so that it fits the signed 64 bits that Rekor's clients use.
    pub tree_id: u64,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} - {}", self.host, self.tree_id)
    }
}

/// The signed note for a tree of `size` entries.
///
/// # Errors
/// When signing fails.
pub fn sign(origin: &Origin, size: u64, root: &Hash, key: &SigningKey) -> Result<String, KeyError> {
    let text = text(origin, size, root);
    let mut signature = key_id(key).to_vec();
    signature.extend(key.sign_quickly(text.as_bytes())?);
    Ok(format!(
        "{text}\n\u{2014} {} {}\n",
        origin.host,
        STANDARD.encode(signature)
    ))
}

/// What is signed, whatever the log is called.
pub fn text(origin: impl std::fmt::Display, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", STANDARD.encode(root))
}

/// How signature lines name an ECDSA key: by the first four bytes of its SHA-256 (C2SP signed-note,
/// signature type 2).
pub fn key_id(key: &SigningKey) -> [u8; 4] {
    let [a, b, c, d, ..] = *key.id().as_bytes();
    [a, b, c, d]
}

/// What a checkpoint's text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The log's name.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Statement {
    /// Reads a checkpoint's text; `None` if it is none (C2SP tlog-checkpoint). Further lines, of
    /// which nothing is known here, are left out.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix('\n')?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty())?;
        let digits = lines.next()?;
        let size: u64 = digits.parse().ok()?;
        let root = STANDARD.decode(lines.next()?).ok()?;
        let is_whole = size.to_string() == digits && lines.all(|line| !line.is_empty());
        is_whole.then_some(Self {
            origin: origin.to_owned(),
            size,
            root: root.try_into().ok()?,
        })
    }
}

/// Reads a signed note; its signatures are not verified. `None` if it is no checkpoint.
pub fn read(note: &str) -> Option<Statement> {
    let read = Checkpoint::from_text(note).ok()?;
    Some(Statement {
        origin: read.origin().to_owned(),
        size: read.tree_size(),
        root: *read.root_hash().as_bytes(),
    })
}

/// Whether the note says that it is signed with `key`. The signature is not verified.
pub fn names_key(note: &str, key: &SigningKey) -> bool {
    let id = key.id();
    let read = Checkpoint::from_text(note).ok();
    read.is_some_and(|read| {
        let mut signatures = read.signatures().iter();
        signatures.any(|signature| id.as_bytes().starts_with(signature.key_id.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_was_written_and_what_is_none_is_refused() {
        let text = text("notary.example/7", 12, &[7; 32]);
        let read = Statement {
            origin: "notary.example/7".into(),
            size: 12,
            root: [7; 32],
        };
        assert_eq!(Statement::read(&text), Some(read.clone()));
        assert_eq!(Statement::read(&format!("{text}more\n")), Some(read));
        for wrong in [
            text.replace("12", "012"),
            text.replace("12", "-1"),
            text.replace("12", "99999999999999999999"),
            text.replace("notary.example/7", ""),
            text.replace("Bw", ""),
            text.trim_end().to_owned(),
            format!("{text}\n"),
            String::new(),
        ] {
            assert_eq!(Statement::read(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_note_reads_back_and_its_signature_holds() {
        assay_core::crypto::install();
        let key = SigningKey::generate().unwrap();
        let origin = Origin {
            host: "notary.example:8443".into(),
            tree_id: 4_096_590_418_002_592_722,
        };
        let note = sign(&origin, 5, &[7; 32], &key).unwrap();
        let read = Checkpoint::from_text(&note).unwrap();
        assert_eq!(read.origin(), "notary.example:8443 - 4096590418002592722");
        assert_eq!(read.tree_size(), 5);
        assert_eq!(read.root_hash().as_bytes(), &[7; 32]);
        let said = super::read(&note).unwrap();
        assert_eq!((said.size, said.root), (5, [7; 32]));
        assert_eq!(said.origin, origin.to_string());
        assert!(names_key(&note, &key));
        assert!(!names_key(&note, &SigningKey::generate().unwrap()));
        let [signature] = read.signatures() else {
            panic!("one signature")
        };
        assert_eq!(signature.name, "notary.example:8443");
        assert_eq!(signature.key_id.as_bytes(), &key.id().as_bytes()[..4]);
        let public = sigstore_types::DerPublicKey::new(key.public_der().to_vec());
        sigstore_crypto::verify_signature(
            &public,
            read.signed_data(),
            &signature.signature,
            sigstore_crypto::SigningScheme::EcdsaP256Sha256,
        )
        .unwrap();
    }
}
