//! Signatures that are attached to container images, as a source like any other.

use crate::client::Client;
use crate::roots::now;
use crate::subject::{Artifact, AttachedPlace};
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::signer::RootId;
use assay_oci::{Attached, Found, OciError};
use assay_sources::{Candidates, driver, notary, proving};

/// Where signatures may be attached to an artifact, if it is an image, by each of its digests. Where an
/// image is from that Docker or Podman has is one of the places only if `everywhere` is meant.
pub fn places(artifact: &Artifact, everywhere: bool) -> Vec<(Sha256Digest, AttachedPlace)> {
    let image = artifact.image.as_ref();
    let image = image.filter(|image| everywhere || image.has_them_beside());
    let digests = image.map(|_| artifact.digests()).unwrap_or_default();
    let of = |digest: Sha256Digest| {
        let places = image.map(|image| image.places(&digest)).unwrap_or_default();
        places.into_iter().map(move |place| (digest, place))
    };
    digests.into_iter().flat_map(of).collect()
}

/// What is attached to an image in one place, and what the notary has about texts that were signed in
/// its place; each with where the log of which root can be asked for proofs.
pub async fn ask_with<'n>(
    client: &Client,
    notary: Option<&'n Notary>,
    place: &AttachedPlace,
    digest: &Sha256Digest,
    roots: &Roots,
) -> Vec<(Evidence, Option<(RootId, &'n str)>)> {
    let now = now();
    let offered = ask(place, digest, roots, now).await;
    let Some(notary) = notary else {
        return vec![(offered.evidence, None)];
    };
    let log = || Some((notary.root_id(), notary.address.as_str()));
    let mut all = vec![(offered.evidence, log())];
    for text in offered.texts {
        let mut inquiry = notary::Inquiry::new(notary, text);
        let found = driver::ask(client, &mut inquiry, roots, &text.into(), now).await;
        all.push((found, log()));
    }
    all
}

/// What one place has about an image.
struct Offered {
    /// What it proves.
    evidence: Evidence,
    /// The texts that name the image and were signed in its place, before there were bundles. Such
    /// signatures have their log's promise alone, by which a notary's are not believed: it can be asked
    /// for the whole proof.
    texts: Vec<Sha256Digest>,
}

/// Asks one place about an image, and proves what it offers. `now` is in seconds since 1970.
async fn ask(place: &AttachedPlace, digest: &Sha256Digest, roots: &Roots, now: i64) -> Offered {
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
