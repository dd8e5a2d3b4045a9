//! Signatures that are attached to container images, as a source like any other.

use crate::subject::AttachedPlace;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure};
use assay_core::roots::Roots;
use assay_oci::{Attached, Found, OciError};
use assay_sources::{Candidates, proving};

/// What one place has about an image, proven. `now` is in seconds since 1970.
pub async fn ask(
    place: &AttachedPlace,
    digest: &Sha256Digest,
    roots: &Roots,
    now: i64,
) -> Evidence {
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
        Err(error) => proving::failed(named, error.failure()),
    }
}

fn prove(
    named: (&str, &str),
    found: Found,
    digest: &Sha256Digest,
    roots: &Roots,
    now: i64,
) -> Evidence {
    let (mut bundles, mut simple) = (Vec::new(), Vec::new());
    for attached in found.attached {
        match attached {
            Attached::Bundle(bundle) => bundles.push(bundle),
            Attached::Simple(one) => simple.push(one),
        }
    }
    let candidates = |bundles, failure: Option<Failure>| Candidates {
        bundles,
        truncated: found.truncated,
        failure,
    };
    let all = candidates(bundles, None);
    let mut evidence = proving::prove(named, &all, roots, &digest.into(), now);
    for one in simple {
        // What was signed is a text that names the image.
        let signed = one.signed;
        let own = candidates(vec![one.bundle], None);
        evidence.add(proving::prove(named, &own, roots, &signed.into(), now));
    }
    evidence.missing = found.failure;
    evidence
}
