//! Signatures that are attached to container images, as a source like any other.

use crate::subject::AttachedPlace;
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::roots::Roots;
use assay_oci::{Attached, Found, OciError};
use assay_sources::{Candidates, proving};

/// What one place has about an image.
pub struct Offered {
    /// What it proves.
    pub evidence: Evidence,
    /// The texts that name the image and were signed in its place, before there were bundles. Such
    /// signatures have their log's promise alone, by which a notary's are not believed: it can be asked
    /// for the whole proof.
    pub texts: Vec<Sha256Digest>,
}

/// Asks one place about an image, and proves what it offers. `now` is in seconds since 1970.
pub async fn ask(place: &AttachedPlace, digest: &Sha256Digest, roots: &Roots, now: i64) -> Offered {
    let named = (format!("oci:{}", place.name), place.name.clone());
    let named = (named.0.as_str(), named.1.as_str());
    let asked = place.clone();
    // On a thread of its own: others are asked meanwhile.
    let found = tokio::task::spawn_blocking(move || asked.attached()).await;
    let found = found.unwrap_or_else(|error| {
        let what = place.name.clone();
        let detail = error.to_string();
        Err(OciError::Malformed { what, detail })
    });
    match found {
        Ok(found) => prove(named, found, digest, roots, now),
        Err(error) => Offered {
            evidence: proving::failed(named, error.failure()),
            texts: Vec::new(),
        },
    }
}

fn prove(
    named: (&str, &str),
    found: Found,
    digest: &Sha256Digest,
    roots: &Roots,
    now: i64,
) -> Offered {
    let (mut bundles, mut simple) = (Vec::new(), Vec::new());
    for attached in found.attached {
        match attached {
            Attached::Bundle(bundle) => bundles.push(bundle),
            Attached::Simple(one) => simple.push(one),
        }
    }
    let prove = |bundles, digest: &Sha256Digest| {
        let candidates = Candidates {
            bundles,
            truncated: found.truncated,
            failure: None,
        };
        proving::prove(named, &candidates, roots, &digest.into(), now)
    };
    let mut evidence = prove(bundles, digest);
    evidence.missing = found.failure;
    let mut texts = Vec::new();
    for one in simple {
        let promised = prove(vec![one.bundle], &one.signed);
        let is_notarys = |attestation: &Attestation| attestation.signer.root.is_notary();
        if promised.proven().iter().any(is_notarys) {
            texts.push(one.signed);
        } else {
            evidence.add(promised);
        }
    }
    Offered { evidence, texts }
}
