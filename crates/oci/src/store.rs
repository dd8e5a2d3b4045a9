//! Where images are kept, with what is attached to them: a registry or a layout.

use crate::error::OciError;
use crate::manifest::{Descriptor, Manifest};
use assay_core::digest::Sha256Digest;

/// A place with manifests and blobs.
pub trait Store {
    /// The manifest with a descriptor's digest.
    fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, OciError>;

    /// The manifest with a tag, if there is one.
    fn tagged(&self, tag: &str) -> Result<Option<Manifest>, OciError>;

    /// Bytes with a descriptor's digest, at most so many.
    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, OciError>;

    /// What is attached to a manifest.
    fn referrers(&self, digest: &Sha256Digest) -> Result<Referrers, OciError>;
}

/// What is attached to a manifest.
#[derive(Debug, Default)]
pub struct Referrers {
    /// The manifests of it.
    pub manifests: Vec<Descriptor>,
    /// Whether there are more than were read.
    pub truncated: bool,
}
