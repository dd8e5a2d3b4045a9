//! An image by its digests.

use assay_core::digest::Sha256Digest;

/// An image, known by a digest, and perhaps by others that cover it, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// By what it is known first; what is signed.
    pub digest: Sha256Digest,
    /// Others: whoever signed one of them signed this image. Each once.
    pub also: Vec<Sha256Digest>,
}

impl Image {
    /// One that is known by nothing else.
    pub fn of(digest: Sha256Digest) -> Self {
        let also = Vec::new();
        Self { digest, also }
    }

    /// Adds a digest that covers it.
    pub fn add(&mut self, digest: Sha256Digest) {
        if digest != self.digest && !self.also.contains(&digest) {
            self.also.push(digest);
        }
    }
}
