//! What a file is read for beyond its SHA-256 digest, where a source asks for it.

use crate::artifact::Sha512Digest;
use crate::file_digest::FileDigest;
use crate::minisign::{Blake2bDigest, Form, LegacyVerifier, MinisignKey, MinisignSignature};
use crate::other_digests::OtherDigests;
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

/// A digest that a list beside the file has for it, of which it is found out by reading whether it is
/// the file's: it is by SHA-512, or the list does not say by which algorithm it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDigest {
    /// What is listed.
    pub digest: FileDigest,
    /// The list's name.
    #[serde(default)]
    pub list: String,
    /// Whether the list says by which algorithm it is. Else it may be any with digests as long.
    #[serde(default)]
    pub is_named: bool,
    /// Whose signature the list has, where it is by a key that is known.
    #[serde(default)]
    pub signed: Option<KeyedSignature>,
    /// Whether that signature does not fit the list.
    #[serde(default)]
    pub is_forged: bool,
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
    /// Those of the listed digests that are the file's, by whichever algorithm.
    #[serde(default)]
    pub listed: Vec<FileDigest>,
}

/// Finds it out, piece by piece of the file.
pub struct CloserLook {
    sha512: Sha512,
    blake2b: Blake2b512,
    signatures: Vec<(KeyedSignature, Verifying)>,
    listed: Vec<FileDigest>,
    /// Where a list does not say by which algorithm it is.
    others: OtherDigests,
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
        let unnamed = wanted.listed.iter().filter(|one| !one.is_named);
        (!wanted.is_nothing()).then(|| Self {
            sha512: Sha512::new(),
            blake2b: Blake2b512::new(),
            signatures: wanted.signatures.iter().filter_map(begin).collect(),
            listed: wanted.listed.iter().map(|one| one.digest).collect(),
            others: OtherDigests::of(unnamed.map(|one| one.digest)),
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
        self.others.update(piece);
    }

    /// What was found out, at the end of the file.
    pub fn end(mut self) -> Found {
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
        let sha512 = Sha512Digest::new(self.sha512.finalize().into());
        let mut own = self.others.end(&blake2b);
        own.push(FileDigest::Sha512(sha512));
        self.listed.retain(|one| own.contains(one));
        Found {
            sha512,
            blake2b,
            signatures: held,
            listed: self.listed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256Digest;

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
            listed: Vec::new(),
        };
        assert_eq!(look.end(), expected);
    }

    /// The digests that can look like these.
    fn alike(listed: &[FileDigest]) -> Vec<FileDigest> {
        let mut others = OtherDigests::of(listed.iter().copied());
        others.update(b"some content");
        others.end(&Blake2bDigest::of(b"some content"))
    }

    #[test]
    fn only_digests_as_long_as_what_is_listed_are_computed() {
        let listed = FileDigest::Sha256(Sha256Digest::of(b"else"));
        let long = FileDigest::Sha512(Sha512Digest::of(b"else"));
        let is_short = |one: &FileDigest| matches!(one, FileDigest::Sha256(_));
        let (short, longer) = (alike(&[listed]), alike(&[long]));
        assert!(short.len() == 5 && short.iter().all(is_short));
        assert!(longer.len() == 2 && !longer.iter().any(is_short));
        assert_eq!(alike(&[long, listed, long]), [short, longer].concat());
        assert!(alike(&[]).is_empty());
    }

    /// Of what is listed it is told what is the file's, by an algorithm that the list may be of.
    #[test]
    fn what_is_listed_is_held_against_the_file_by_what_the_list_may_be_of() {
        let listed = |digest: FileDigest, is_named| ListedDigest {
            digest,
            list: String::new(),
            is_named,
            signed: None,
            is_forged: false,
        };
        let sha512 = FileDigest::Sha512(Sha512Digest::of(b"some content"));
        let short = FileDigest::Sha256(Sha256Digest::of(b"some content"));
        let alike = alike(&[short, sha512]);
        let strange = FileDigest::Sha512(Sha512Digest::of(b"else"));
        for is_named in [true, false] {
            let all = alike.iter().chain([&sha512, &strange]);
            let wanted = Wanted {
                listed: all.map(|one| listed(*one, is_named)).collect(),
                ..Wanted::default()
            };
            let mut look = CloserLook::begin(&wanted).unwrap();
            look.update(b"some ");
            look.update(b"content");
            let mut expected = if is_named { Vec::new() } else { alike.clone() };
            expected.push(sha512);
            assert_eq!(look.end().listed, expected);
        }
    }
}
