//! Signatures that are attached to an image: Sigstore bundles, and those that cosign made before there
//! were bundles. They are handed on as they came; nothing is proven here.

use crate::error::OciError;
use crate::manifest::{Content, Descriptor};
use crate::simple_signing::{self, SimpleSigning};
use crate::store::Store;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::proof::MAX_BUNDLE_BYTES;

/// The media type of a bundle, and the beginning of those of other versions.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ANY_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// The types of configurations, which stand where an index does not tell the type of an artifact.
const UNTOLD: [&str; 2] = [EMPTY, "application/vnd.oci.image.config.v1+json"];

/// The media type of a configuration that says nothing (OCI image specification, manifest.md).
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// So many signatures of an image are read at most.
const MOST: usize = 128;

/// What is attached to an image.
#[derive(Debug, Default)]
pub struct Found {
    /// The signatures.
    pub attached: Vec<Attached>,
    /// Whether there are more than were read.
    pub truncated: bool,
    /// Why some could not be read.
    pub failure: Option<Failure>,
}

/// A signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// A Sigstore bundle, JSON.
    Bundle(String),
    /// One over a text that names the image.
    Simple(SimpleSigning),
}

/// All signatures that are attached to an image.
///
/// # Errors
/// When it cannot be found out what is attached.
pub fn to(store: &impl Store, digest: &Sha256Digest) -> Result<Found, OciError> {
    let mut found = Found::default();
    let referrers = store.referrers(digest)?;
    found.truncated = referrers.truncated;
    let bundles = referrers.manifests.iter().filter(|one| {
        let kind = one.artifact_type.as_deref();
        kind.is_none_or(|kind| kind.starts_with(ANY_BUNDLE) || UNTOLD.contains(&kind))
    });
    for descriptor in bundles {
        if found.is_full() {
            break;
        }
        let read = bundles_of(store, descriptor, digest);
        found.take(read);
    }
    let older = store.tagged(&simple_signing::tag(digest))?;
    if let Some(Content::Image { layers, .. }) = older.map(|found| found.content) {
        for layer in layers {
            if found.is_full() {
                break;
            }
            let read = SimpleSigning::read(store, &layer, digest);
            found.take(read.map(|one| one.map(Attached::Simple).into_iter().collect()));
        }
    }
    Ok(found)
}

impl Found {
    fn is_full(&mut self) -> bool {
        let is_full = self.attached.len() >= MOST;
        self.truncated |= is_full;
        is_full
    }

    /// What is wrong with one keeps nobody from the others.
    fn take(&mut self, read: Result<Vec<Attached>, OciError>) {
        match read {
            Ok(some) => self.attached.extend(some),
            Err(error) => {
                self.failure.get_or_insert(error.failure());
            }
        }
    }
}

/// The bundles in a manifest, if it is attached to this image.
fn bundles_of(
    store: &impl Store,
    descriptor: &Descriptor,
    digest: &Sha256Digest,
) -> Result<Vec<Attached>, OciError> {
    let manifest = store.manifest(descriptor)?;
    let Content::Image {
        layers, subject, ..
    } = manifest.content
    else {
        return Ok(Vec::new());
    };
    // Only what says so itself: the list is anybody's who can move a tag.
    let subject = subject.map(|subject| subject.sha256()).transpose()?;
    if subject.as_ref() != Some(digest) {
        return Ok(Vec::new());
    }
    let bundles = layers
        .iter()
        .filter(|layer| layer.media_type.starts_with(ANY_BUNDLE))
        .take(MOST);
    let read = |layer: &Descriptor| {
        let bytes = store.blob(layer, MAX_BUNDLE_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| OciError::malformed(layer.digest.clone(), "no text"))?;
        Ok(Attached::Bundle(text))
    };
    bundles.map(read).collect()
}
