//! Signed notes and the keys that verify them (C2SP signed-note, <https://c2sp.org/signed-note>).
//!
//! A note is a text with one or more signature lines under it. Whoever verifies one ignores the
//! lines of keys that they do not know; so witnesses can add theirs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use sigstore_crypto::{SigningScheme, verify_signature};
use sigstore_types::{DerPublicKey, SignatureBytes};
use std::fmt;
use std::str::FromStr;

/// The most bytes of a note that are read.
pub const MAX_NOTE_BYTES: usize = 64 * 1024;

/// The type of Ed25519 signatures over the text itself.
const ED25519: u8 = 1;
/// What a signature line begins with.
const DASH: &str = "\u{2014} ";

/// A text and the signatures under it, none of them verified by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed; it ends with a line end.
    pub text: String,
    /// The signature lines, in their order.
    pub signatures: Vec<SignatureLine>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// Whose it is said to be.
    pub name: String,
    /// With which key of theirs.
    pub key_id: [u8; 4],
    /// The signature, in the form of the key's type.
    pub signature: Vec<u8>,
}

/// An Ed25519 key that verifies notes, with the name of its holder. Its text is that of Go's
/// `sumdb/note`: name, key id in hexadecimal, and base64 of type and key, with `+` between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// Why a text is no note, or a note does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no note.
    #[error("it is not a signed note: {0}")]
    Malformed(&'static str),
    /// It is no verifier key.
    #[error("it is not an Ed25519 verifier key (name+hash+base64): {0}")]
    Key(&'static str),
    /// No line is of this key.
    #[error("it has no signature of {0}")]
    NotSigned(String),
    /// The line of this key does not hold.
    #[error("the signature of {0} does not hold")]
    BadSignature(String),
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// When it is none, or larger than [`MAX_NOTE_BYTES`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed("it is too large"));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed("it has control characters"));
        }
        let split = note
            .rfind("\n\n")
            .ok_or(NoteError::Malformed("it has no signatures"))?;
        let (text, lines) = note.split_at(split + 1);
        let lines = lines
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(NoteError::Malformed("its last line has no end"))?;
        let signatures: Result<_, _> = lines.split('\n').map(SignatureLine::parse).collect();
        Ok(Self {
            text: text.to_owned(),
            signatures: signatures?,
        })
    }

    /// Verifies that the ECDSA P-256 key with this SubjectPublicKeyInfo (DER) signed it under this
    /// name (signature type 2: the key id is that of the DER).
    ///
    /// # Errors
    /// When it did not, or one of its signatures does not hold.
    pub fn verify_ecdsa(&self, name: &str, spki: &[u8]) -> Result<(), NoteError> {
        let key = DerPublicKey::new(spki.to_vec());
        self.verify_with(name, key_id(&[spki]), |signature| {
            let signature = SignatureBytes::new(signature.to_vec());
            let scheme = SigningScheme::EcdsaP256Sha256;
            verify_signature(&key, self.text.as_bytes(), &signature, scheme).is_ok()
        })
    }

    /// Every line of the key must hold, and there must be one.
    fn verify_with(
        &self,
        name: &str,
        key_id: [u8; 4],
        holds: impl Fn(&[u8]) -> bool,
    ) -> Result<(), NoteError> {
        let mut signed = false;
        for line in &self.signatures {
            if line.name == name && line.key_id == key_id {
                if !holds(&line.signature) {
                    return Err(NoteError::BadSignature(name.to_owned()));
                }
                signed = true;
            }
        }
        match signed {
            true => Ok(()),
            false => Err(NoteError::NotSigned(name.to_owned())),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl SignatureLine {
    fn parse(line: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("a signature line is not: dash, name, base64");
        let parts = line
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '));
        let Some((name, signature)) = parts.filter(|(name, _)| is_name(name)) else {
            return Err(malformed);
        };
        let bytes = STANDARD.decode(signature).map_err(|_| malformed.clone())?;
        let (key_id, signature) = bytes.split_first_chunk::<4>().ok_or(malformed)?;
        Ok(Self {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }
}

impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.key_id[..], &self.signature].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl VerifierKey {
    /// The key of the holder with this name.
    ///
    /// # Errors
    /// When the name is empty, or has a space or a plus sign in it.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, NoteError> {
        match is_name(name) {
            true => Ok(Self {
                name: name.to_owned(),
                key,
            }),
            false => Err(NoteError::Key(
                "the name is empty, or has a space or a plus",
            )),
        }
    }

    /// The same key under another name, as a log has it whose tree is another.
    ///
    /// # Errors
    /// When it is no name.
    pub fn under(&self, name: &str) -> Result<Self, NoteError> {
        Self::new(name, self.key)
    }

    /// The name of the holder: for a log, its origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How signature lines name the key.
    pub fn key_id(&self) -> [u8; 4] {
        key_id(&[self.name.as_bytes(), b"\n", &[ED25519], self.key.as_bytes()])
    }

    /// Verifies that this key signed the note.
    ///
    /// # Errors
    /// When it did not, or one of its signatures does not hold.
    pub fn verify(&self, note: &Note) -> Result<(), NoteError> {
        note.verify_with(&self.name, self.key_id(), |signature| {
            Signature::from_slice(signature)
                .and_then(|signature| self.key.verify_strict(note.text.as_bytes(), &signature))
                .is_ok()
        })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode([&[ED25519], &self.key.as_bytes()[..]].concat());
        write!(f, "{}+{}+{key}", self.name, hex::encode(self.key_id()))
    }
}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        // The base64 can have a plus in it, the name cannot.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoteError::Key("it has not three parts"));
        };
        let bytes = STANDARD
            .decode(key)
            .map_err(|_| NoteError::Key("the key is not base64"))?;
        let key = match bytes.split_first() {
            Some((&ED25519, key)) => <&[u8; 32]>::try_from(key)
                .ok()
                .and_then(|key| VerifyingKey::from_bytes(key).ok())
                .ok_or(NoteError::Key("the key is not 32 bytes of Ed25519"))?,
            _ => return Err(NoteError::Key("the key is of another type")),
        };
        let read = Self::new(name, key)?;
        match hex::encode(read.key_id()) == id {
            true => Ok(read),
            false => Err(NoteError::Key(
                "the hash is not that of the name and the key",
            )),
        }
    }
}

/// The first four bytes of the SHA-256 of these parts.
fn key_id(parts: &[&[u8]]) -> [u8; 4] {
    let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(parts.concat()).into();
    [a, b, c, d]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of checkpoints, C2SP tlog-checkpoint.
    const EXAMPLE: &str = "example.com/behind-the-sofa\n20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

    #[test]
    fn a_note_with_a_cosignature_reads_and_is_written_the_same() {
        let note = Note::parse(EXAMPLE).unwrap();
        assert_eq!(note.signatures.len(), 2);
        assert_eq!(note.signatures[1].name, "witness.example.com/w1");
        assert!(note.text.ends_with("q2I=\n"));
        assert_eq!(note.to_string(), EXAMPLE);
    }

    #[test]
    fn what_is_no_note_is_refused() {
        for wrong in [
            String::new(),
            "text\n".to_owned(),
            "text\n\n".to_owned(),
            EXAMPLE.trim_end().to_owned(),
            EXAMPLE.replace('\u{2014}', "-"),
            EXAMPLE.replace("w1 ", "w1"),
            EXAMPLE.replace("w1 ", "+ "),
            EXAMPLE.replace("jWbP", "jW\tP"),
            EXAMPLE.replace("jWbPPw", "%"),
            format!("{}{EXAMPLE}", "x".repeat(MAX_NOTE_BYTES)),
        ] {
            assert!(Note::parse(&wrong).is_err(), "{wrong:?}");
        }
    }

    /// The key of Go's checksum database, as `golang.org/x/mod` and the go command have it.
    const GO: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

    #[test]
    fn a_verifier_key_reads_and_is_written_the_same() {
        let key: VerifierKey = GO.parse().unwrap();
        assert_eq!(key.name(), "sum.golang.org");
        assert_eq!(key.to_string(), GO);
        for wrong in [
            GO.replace("033de0ae", "033de0af"),
            GO.replace("sum.", "sun."),
            GO.replace("+Ac4", "+Bc4"),
            GO.replace("uAn8", "uAn9"),
            GO.replace("uAn8", ""),
            GO.replace("sum.golang.org", ""),
            "sum.golang.org".to_owned(),
        ] {
            assert!(wrong.parse::<VerifierKey>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_note_holds_under_the_key_that_signed_it_and_no_other() {
        use ed25519_dalek::{Signer, SigningKey};
        let [own, other] = [[1; 32], [2; 32]].map(|seed| SigningKey::from_bytes(&seed));
        let key = VerifierKey::new("a.example/log", own.verifying_key()).unwrap();
        let mut note = Note::parse(EXAMPLE).unwrap();
        assert!(matches!(key.verify(&note), Err(NoteError::NotSigned(_))));
        let mut line = SignatureLine {
            name: key.name().to_owned(),
            key_id: key.key_id(),
            signature: own.sign(note.text.as_bytes()).to_vec(),
        };
        note.signatures.push(line.clone());
        assert_eq!(key.verify(&note), Ok(()));
        note.text.insert(0, 'x');
        assert!(matches!(key.verify(&note), Err(NoteError::BadSignature(_))));
        line.signature = other.sign(note.text.as_bytes()).to_vec();
        note.signatures = vec![line];
        assert!(matches!(key.verify(&note), Err(NoteError::BadSignature(_))));
    }
}
