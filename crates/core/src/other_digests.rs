//! Digests by which lists can be made as well, and which look like SHA-256's or SHA-512's.
//!
//! A list that names no algorithm may be by any of them: only a file that has what is listed by none is
//! another one.

use crate::artifact::Sha512Digest;
use crate::digest::Sha256Digest;
use crate::file_digest::FileDigest;
use blake2::{Blake2b, Blake2s256, Digest};
use sha2::Sha512_256;
use sha3::{Sha3_256, Sha3_512};

/// A file's digests by these algorithms, as far as it was read. That by BLAKE2b with 512 bits is found
/// out anyway.
#[derive(Default)]
pub(crate) struct OtherDigests {
    /// As `b2sum -l 256` writes it (RFC 7693).
    blake2b: Blake2b<blake2::digest::consts::U32>,
    blake2s: Blake2s256,
    blake3: blake3::Hasher,
    sha3: Sha3_256,
    sha3_long: Sha3_512,
    /// SHA-512/256 (FIPS 180-4, section 6.7).
    sha512: Sha512_256,
}

impl OtherDigests {
    /// Takes the next piece of the file.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        self.blake2b.update(piece);
        self.blake2s.update(piece);
        self.blake3.update(piece);
        self.sha3.update(piece);
        self.sha3_long.update(piece);
        self.sha512.update(piece);
    }

    /// All of them at the end of the file, as what they look like.
    pub(crate) fn end(self) -> [FileDigest; 6] {
        let short = |bytes: [u8; 32]| FileDigest::Sha256(Sha256Digest::new(bytes));
        [
            short(self.blake2b.finalize().into()),
            short(self.blake2s.finalize().into()),
            short(self.blake3.finalize().into()),
            short(self.sha3.finalize().into()),
            short(self.sha512.finalize().into()),
            FileDigest::Sha512(Sha512Digest::new(self.sha3_long.finalize().into())),
        ]
    }
}
