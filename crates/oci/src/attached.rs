//! Signatures that are attached to an image: Sigstore bundles, and those that cosign made before there
//! were bundles, under a tag or, where it was told to, as bundles are. They are handed on as they came; nothing is proven here.

use crate::error::OciError;
use crate::manifest::{Content, Descriptor, OCI_CONFIG};
use crate::simple_signing::{self, SimpleSigning};
use crate::store::Store;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::proof::MAX_BUNDLE_BYTES;
use std::time::{Duration, Instant};

/// The media type of a bundle, and the beginning of those of other versions.
pub const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const ANY_BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

/// The types of configurations, which stand where an index does not tell the type of an artifact.
const UNTOLD: [&str; 2] = [EMPTY, OCI_CONFIG];

/// The media type of a configuration that says nothing (OCI image specification, manifest.md).
pub const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// So many things that are attached to an image are looked at most, of each of the two kinds: registries
/// list what anybody says is attached, and each takes requests of its own.
const MOST: usize = 128;

/// So many signatures in one manifest: those who attach them put each in one of its own.
const MOST_IN_ONE: usize = 8;

/// So long it is looked at most, however slow a registry is.
const TIME_LIMIT: Duration = Duration::from_secs(120);

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
    let end = Instant::now() + TIME_LIMIT;
    let referrers = store.referrers(digest)?;
    found.truncated = referrers.truncated;
    let is_one = |one: &&Descriptor| {
        let kind = one.artifact_type.as_deref();
        kind.is_some_and(|kind| kind.starts_with(ANY_BUNDLE) || kind == simple_signing::ARTIFACT)
    };
    let may_be_one = |one: &&Descriptor| {
        let kind = one.artifact_type.as_deref();
        kind.is_none_or(|kind| UNTOLD.contains(&kind))
    };
    let all = &referrers.manifests;
    // What is known to be one goes first.
    let signatures = (all.iter().filter(is_one)).chain(all.iter().filter(may_be_one));
    for (count, descriptor) in signatures.enumerate() {
        if found.is_enough(count, end) {
            break;
        }
        found.take(signatures_of(store, descriptor, digest));
    }
    let older = store.tagged(&simple_signing::tag(digest))?;
    if let Some(Content::Image { layers, .. }) = older.map(|found| found.content) {
        for (count, layer) in layers.iter().enumerate() {
            if found.is_enough(count, end) {
                break;
            }
            let read = Attached::read(store, layer, digest);
            found.take(read.map(|one| one.into_iter().collect()));
        }
    }
    Ok(found)
}

impl Found {
    /// Whether nothing more is looked at, when so many of a kind were.
    fn is_enough(&mut self, count: usize, end: Instant) -> bool {
        if Instant::now() > end {
            let seconds = u32::try_from(TIME_LIMIT.as_secs()).unwrap_or(u32::MAX);
            self.failure.get_or_insert(Failure::TimedOut { seconds });
            return true;
        }
        self.truncated |= count >= MOST;
        count >= MOST
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

impl Attached {
    /// The signature in a layer; `None` where it is something else.
    fn read(
        store: &impl Store,
        layer: &Descriptor,
        digest: &Sha256Digest,
    ) -> Result<Option<Self>, OciError> {
        if !layer.media_type.starts_with(ANY_BUNDLE) {
            let read = SimpleSigning::read(store, layer, digest)?;
            return Ok(read.map(Self::Simple));
        }
        let bytes = store.blob(layer, MAX_BUNDLE_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| OciError::malformed(layer.digest.clone(), "no text"))?;
        Ok(Some(Self::Bundle(text)))
    }
}

/// The signatures in a manifest, if it is attached to this image.
fn signatures_of(
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
    let is_one = |layer: &&Descriptor| {
        let kind = layer.media_type.as_str();
        kind.starts_with(ANY_BUNDLE) || kind == simple_signing::TEXT
    };
    let signatures: Vec<&Descriptor> = layers.iter().filter(is_one).collect();
    if signatures.len() > MOST_IN_ONE {
        let detail = format!("more than {MOST_IN_ONE} signatures in it");
        return Err(OciError::malformed(descriptor.digest.clone(), detail));
    }
    let read = signatures.into_iter();
    let read = read.map(|layer| Attached::read(store, layer, digest));
    read.filter_map(Result::transpose).collect()
}
