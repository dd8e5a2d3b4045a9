//! What is attached to an image in a registry: the referrers API, and where a registry has none, the
//! tag that stands in for it (OCI distribution specification, "Listing Referrers").

use crate::error::OciError;
use crate::manifest::{Content, MAX_MANIFEST_BYTES, Manifest, OCI_INDEX};
use crate::origin::{self, Origin};
use crate::registry::{PULL, Repository, Request, found, no_answer};
use crate::store::{Referrers, Store};
use crate::transport::Answer;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;

/// So many pages of a list are read at most.
const MOST_PAGES: usize = 10;

/// All that is attached to a manifest.
pub fn of(repository: &Repository<'_>, digest: &Sha256Digest) -> Result<Referrers, OciError> {
    let (registry, reference) = (repository.registry, repository.reference);
    let what = format!("what is attached to {}@sha256:{digest}", reference.place());
    let own = Origin::of(&registry.server(reference));
    let mut url = registry.address(reference, "referrers", &format!("sha256:{digest}"));
    let mut all = Referrers::default();
    for page in 0..MOST_PAGES {
        let answer = registry.send(
            reference,
            &Request {
                method: "GET",
                url,
                accept: OCI_INDEX,
                body: None,
                limit: MAX_MANIFEST_BYTES,
                what: &what,
                actions: PULL,
            },
        )?;
        if page == 0 && is_without(&answer) {
            return by_tag(repository, digest);
        }
        let answer = found(reference, &what, answer)?;
        let manifest = Manifest::read(&what, &answer.body)?;
        let Content::Index(manifests) = manifest.content else {
            return Err(OciError::malformed(what, "no index"));
        };
        all.manifests.extend(manifests);
        let Some(next) = next(&answer) else {
            return Ok(all);
        };
        // The credentials are this registry's, and so is the list.
        let next = next.filter(|next| Origin::of(next) == own);
        url = next.ok_or_else(|| {
            let detail = "its list goes on at another host".to_owned();
            no_answer(reference, &what, Failure::Malformed { detail })
        })?;
    }
    all.truncated = true;
    Ok(all)
}

/// Whether this registry does not know the call.
fn is_without(answer: &Answer) -> bool {
    let kind = answer.header("content-type").unwrap_or_default();
    match answer.status {
        // What a server says to an address, or to a kind of answer, that it does not know; 404 is what
        // the specification asks for.
        400 | 404 | 405 | 406 | 501 => true,
        // Pages for people, which some servers give to any address.
        200 => kind.starts_with("text/html"),
        _ => false,
    }
}

fn by_tag(repository: &Repository<'_>, digest: &Sha256Digest) -> Result<Referrers, OciError> {
    let mut all = Referrers::default();
    if let Some(manifest) = repository.tagged(&tag(digest))? {
        match manifest.content {
            Content::Index(manifests) => all.manifests = manifests,
            Content::Image { .. } => {
                let what = format!("{}:{}", repository.reference.place(), tag(digest));
                return Err(OciError::malformed(what, "no index"));
            }
        }
    }
    Ok(all)
}

/// The tag of the index that stands in for the API.
pub fn tag(digest: &Sha256Digest) -> String {
    format!("sha256-{digest}")
}

/// Where a list goes on (RFC 8288): `Some(None)` where that cannot be read.
fn next(answer: &Answer) -> Option<Option<String>> {
    let links = answer.headers.get_all("link").iter();
    let mut links = links.filter_map(|value| value.to_str().ok());
    let link = links.find(|link| link.contains("rel=\"next\"") || link.contains("rel=next"))?;
    let target = link.trim_start().strip_prefix('<');
    let target = target.and_then(|link| link.split_once('>'));
    Some(target.and_then(|(target, _)| origin::resolve(&answer.url, target)))
}
