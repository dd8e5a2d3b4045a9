//! Digests by which lists can be made as well, and which look like SHA-256's or SHA-512's.
//!
//! A list that names no algorithm may be by any of them: only a file that has what is listed by none is
//! another one.

use crate::artifact::Sha512Digest;
use crate::digest::Sha256Digest;
use crate::file_digest::FileDigest;
use crate::minisign::Blake2bDigest;
use blake2::{Blake2b, Blake2s256, Digest};
use sha2::Sha512_256;
use sha3::{Sha3_256, Sha3_512};

/// A file's digests by these algorithms, as far as it was read; only those that are as long as what is
/// listed, as each costs time.
#[derive(Default)]
pub(crate) struct OtherDigests {
    short: Option<Box<Short>>,
    long: Option<Box<Sha3_512>>,
}

/// Those that look like SHA-256's.
#[derive(Default)]
struct Short {
    /// As `b2sum -l 256` writes it (RFC 7693).
    blake2b: Blake2b<blake2::digest::consts::U32>,
    blake2s: Blake2s256,
    blake3: blake3::Hasher,
    sha3: Sha3_256,
    /// SHA-512/256 (FIPS 180-4, section 6.7).
    sha512: Sha512_256,
}

impl OtherDigests {
    /// Those that what is listed can be, of which no list says by which algorithm it is.
    pub(crate) fn of(listed: impl Iterator<Item = FileDigest>) -> Self {
        let mut others = Self::default();
        for one in listed {
            match one {
                FileDigest::Sha256(_) => {
                    others.short.get_or_insert_default();
                }
                FileDigest::Sha512(_) => {
                    others.long.get_or_insert_default();
                }
            }
        }
        others
    }

    /// Takes the next piece of the file.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        if let Some(short) = &mut self.short {
            short.blake2b.update(piece);
            short.blake2s.update(piece);
            short.blake3.update(piece);
            short.sha3.update(piece);
            short.sha512.update(piece);
        }
        if let Some(long) = &mut self.long {
            long.update(piece);
        }
    }

    /// All of them at the end of the file, as what they look like. That by BLAKE2b with 512 bits is
    /// found out anyway.
    pub(crate) fn end(self, blake2b: &Blake2bDigest) -> Vec<FileDigest> {
        let mut all = Vec::new();
        if let Some(own) = self.short {
            let digests: [[u8; 32]; 5] = [
                own.blake2b.finalize().into(),
                own.blake2s.finalize().into(),
                own.blake3.finalize().into(),
                own.sha3.finalize().into(),
                own.sha512.finalize().into(),
            ];
            let digests = digests.map(|bytes| FileDigest::Sha256(Sha256Digest::new(bytes)));
            all.extend(digests);
        }
        if let Some(own) = self.long {
            let digests = [own.finalize().into(), *blake2b.as_bytes()];
            let digests = digests.map(|bytes| FileDigest::Sha512(Sha512Digest::new(bytes)));
            all.extend(digests);
        }
        all
    }
}
