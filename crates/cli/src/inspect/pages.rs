//! All that a notary has of a digest, page by page.

use crate::client::Client;
use crate::contact::KnownNotary;
use crate::logs::Comparing;
use crate::roots::now;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure};
use assay_core::roots::Roots;
use assay_sources::{Candidates, HttpResponse, Transport, driver, notary};
use serde::Deserialize;

/// So many pages are read at most, of a hundred attestations each.
const MOST_PAGES: usize = 100;
/// The longest name of a page.
const MAX_CURSOR: usize = 64;

/// What the pages have.
pub struct Pages {
    /// What each of them proves; the last one may say why there are no more.
    pub evidence: Vec<Evidence>,
    /// Whether there are more.
    pub truncated: bool,
}

/// Where a page ends.
#[derive(Deserialize)]
struct End {
    #[serde(default)]
    next: Option<String>,
}

/// Asks for all pages. What the log shows is compared with what is remembered of it.
pub async fn all(
    client: &Client,
    known: &KnownNotary,
    roots: &Roots,
    comparing: &Comparing<'_>,
    digest: Sha256Digest,
) -> Pages {
    let mut pages = Pages {
        evidence: Vec::new(),
        truncated: false,
    };
    let digests = digest.into();
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let (offered, next) = match page(client, known, &digest, after.as_deref()).await {
            Ok((offered, next)) => (Ok(offered), next),
            Err(failure) => (Err(failure), None),
        };
        let mut inquiry = notary::Inquiry::new(&known.notary, digest);
        let found = driver::finish(client, &mut inquiry, offered, roots, &digests, now(), None);
        let mut found = found.await;
        let root = known.notary.root_id();
        comparing
            .compare(&mut found, Some((&root, &known.notary.address)))
            .await;
        pages.evidence.push(found);
        after = next;
        if after.is_none() {
            return pages;
        }
    }
    pages.truncated = true;
    pages
}

async fn page(
    client: &Client,
    known: &KnownNotary,
    digest: &Sha256Digest,
    after: Option<&str>,
) -> Result<(Candidates, Option<String>), Failure> {
    let mut request = notary::request(&known.notary.address, digest);
    if let Some(after) = after {
        request.url = format!("{}?after={after}", request.url);
    }
    let response = client.send(&request).await?;
    let next = next(&response)?;
    Ok((notary::read(&response)?, next))
}

/// Where the next page begins.
fn next(response: &HttpResponse) -> Result<Option<String>, Failure> {
    if response.status != 200 {
        return Ok(None);
    }
    let malformed = |detail: String| Failure::Malformed { detail };
    let End { next } =
        serde_json::from_slice(&response.body).map_err(|error| malformed(error.to_string()))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    match &next {
        Some(text) if text.len() > MAX_CURSOR || !text.chars().all(plain) => {
            Err(malformed("a name of the next page that is none".to_owned()))
        }
        _ => Ok(next),
    }
}
