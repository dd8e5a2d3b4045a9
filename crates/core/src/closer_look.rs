//! What a file is read for beyond its SHA-256 digest, where a source asks for it.

use crate::artifact::Sha512Digest;
use crate::file_digest::FileDigest;
use crate::minisign::{Blake2bDigest, Form, LegacyVerifier, MinisignKey, MinisignSignature};
use blake2::{Blake2b512, Digest};
use serde::{Deserialize, Serialize};
use sha2::Sha512;

/// What is to be found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Whether the other digests are: each costs as much time as SHA-256 does.
    #[serde(default)]
    pub digests: bool,
    /// Signatures that are to be verified.
    #[serde(default)]
    pub signatures: Vec<KeyedSignature>,
    /// What lists say of the file, where that is to be held against it.
    #[serde(default)]
    pub listed: Vec<ListedDigest>,
}

/// A digest that is listed for the file, by an algorithm by which it was not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDigest {
    /// What is listed.
    pub digest: FileDigest,
    /// Whether it says something that the file has another one.
    pub accuses: bool,
    /// Who signed the list, where a key did that is known: it holds for the list.
    #[serde(default)]
    pub signed: Option<KeyedSignature>,
}

/// A minisign signature, and the key that it is to be verified with. Both as minisign writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyedSignature {
    /// The public key.
    pub key: String,
    /// The signature file.
    pub signature: String,
    /// The project of the site that declares the key, where it does.
    #[serde(default)]
    pub declared: Option<String>,
}

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The SHA-512 digest.
    pub sha512: Sha512Digest,
    /// The BLAKE2b digest.
    pub blake2b: Blake2bDigest,
    /// Those of the signatures that hold.
    pub signatures: Vec<KeyedSignature>,
}

/// Finds it out, piece by piece of the file.
pub struct CloserLook {
    sha512: Sha512,
    blake2b: Blake2b512,
    signatures: Vec<(KeyedSignature, Verifying)>,
}

/// A signature that is being verified.
enum Verifying {
    /// Over the file itself.
    Legacy(LegacyVerifier),
    /// Over its digest, when that is known.
    Prehashed(MinisignKey, MinisignSignature),
}

impl Wanted {
    /// Whether there is nothing to be found out.
    pub fn is_nothing(&self) -> bool {
        !self.digests && !self.is_offered()
    }

    /// Whether a source offers something for which the file must be read once more.
    pub fn is_offered(&self) -> bool {
        !self.signatures.is_empty() || !self.listed.is_empty()
    }
}

impl CloserLook {
    /// Begins to find out what is wanted, if anything is.
    pub fn begin(wanted: &Wanted) -> Option<Self> {
        let begin = |one: &KeyedSignature| {
            let key = MinisignKey::parse(&one.key)?;
            let signature = MinisignSignature::parse(&one.signature)?;
            let verifying = match signature.form() {
                Form::Legacy => Verifying::Legacy(signature.verifier(&key)?),
                Form::Prehashed => Verifying::Prehashed(key, signature),
            };
            Some((one.clone(), verifying))
        };
        (!wanted.is_nothing()).then(|| Self {
            sha512: Sha512::new(),
            blake2b: Blake2b512::new(),
            signatures: wanted.signatures.iter().filter_map(begin).collect(),
        })
    }

    /// Takes the next piece of the file.
    pub fn update(&mut self, piece: &[u8]) {
        self.sha512.update(piece);
        self.blake2b.update(piece);
        for (_, verifying) in &mut self.signatures {
            if let Verifying::Legacy(verifier) = verifying {
                verifier.update(piece);
            }
        }
    }

    /// What was found out, at the end of the file.
    pub fn end(self) -> Found {
        let blake2b = Blake2bDigest::new(self.blake2b.finalize().into());
        let mut held = Vec::new();
        for (one, verifying) in self.signatures {
            let holds = match verifying {
                Verifying::Legacy(verifier) => verifier.holds(),
                Verifying::Prehashed(key, signature) => signature.signs_digest(&key, &blake2b),
            };
            if holds {
                held.push(one);
            }
        }
        Found {
            sha512: Sha512Digest::new(self.sha512.finalize().into()),
            blake2b,
            signatures: held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_found_out_piece_by_piece() {
        let mut wanted = Wanted::default();
        assert!(CloserLook::begin(&wanted).is_none());
        wanted.digests = true;
        let odd = KeyedSignature {
            key: "key".into(),
            signature: "signature".into(),
            declared: None,
        };
        wanted.signatures.push(odd);
        let mut look = CloserLook::begin(&wanted).unwrap();
        for piece in b"some content".chunks(5) {
            look.update(piece);
        }
        let expected = Found {
            sha512: Sha512Digest::of(b"some content"),
            blake2b: Blake2bDigest::of(b"some content"),
            signatures: Vec::new(),
        };
        assert_eq!(look.end(), expected);
    }
}
