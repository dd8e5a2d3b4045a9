//! GitHub: the attestations that a repository has for a digest, and the digests of its releases'
//! files (GitHub's REST API, versions of 2026).

use crate::notary::{SIZE_LIMIT, TIME_LIMIT};
use crate::proving::{self, Candidates, List, Listed};
use crate::{HttpRequest, HttpResponse, Method, Transport};
use assay_core::address::{Address, encode};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::proof::MAX_BUNDLE_BYTES;
use assay_core::publisher::{Publisher, ReleaseAsset, Repository, is_served_by_github};
use assay_core::roots::Roots;
use serde_json::Value;

/// The id of this source.
pub const ID: &str = "github";

/// Where GitHub's API is.
pub const API: &str = "https://api.github.com";

/// So many bundles that lie elsewhere are fetched at most.
pub const MAX_FETCHED: usize = 4;

/// So many attestations are asked for, the newest first: the most that GitHub tells at once.
const PAGE: usize = 100;

/// How many bytes of what is told of a release are read at most: some three hundred files have so
/// many, and JSON can be made to take a hundred times its length in memory.
pub const RELEASE_SIZE_LIMIT: usize = 576 * 1024;

/// What is asked about: a file, and the repository that its address belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The repository.
    pub repository: Repository,
    /// The file of a release, where the address names one and GitHub itself served it.
    pub asset: Option<ReleaseAsset>,
    /// When the file was downloaded, in seconds since 1970, where that is known.
    pub downloaded_at: Option<i64>,
    /// The user's token, with which GitHub tells more, and more often.
    pub token: Option<String>,
}

impl Question {
    /// The question about a download, asked for at `first` and served by `last`. `None` where it
    /// is not from GitHub.
    pub fn about(first: &str, last: &str, downloaded_at: Option<i64>) -> Option<Self> {
        let Publisher::GitHub(repository) = Publisher::of(&[first, last])?;
        let served = |url: &str| Address::parse(url).is_some_and(|url| is_served_by_github(&url));
        let asset = Address::parse(first)
            .and_then(|address| ReleaseAsset::of(&address))
            .filter(|_| served(last));
        Some(Self {
            repository,
            asset,
            downloaded_at,
            token: None,
        })
    }

    /// The source's name for people: the repository.
    fn name(&self) -> String {
        format!("github.com/{}", self.repository.path())
    }
}

/// What GitHub offers about a file, not yet proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    candidates: Candidates,
    /// Why one of the bundles could not be had.
    failure: Option<Failure>,
}

/// Asks GitHub about a digest, and proves its answer against whichever of the roots each bundle
/// belongs to. It never fails: whatever happens is evidence. `now` is in seconds since 1970.
pub async fn ask(
    transport: &impl Transport,
    question: &Question,
    roots: &Roots,
    digest: &Sha256Digest,
    now: i64,
) -> Evidence {
    let answer = answer(transport, question, digest).await;
    finish(transport, question, answer, roots, digest, now).await
}

/// What GitHub offers as proofs about a digest: one request, and one more for each bundle that it
/// does not tell itself.
///
/// # Errors
/// When it gives no usable answer.
pub async fn answer(
    transport: &impl Transport,
    question: &Question,
    digest: &Sha256Digest,
) -> Result<Answer, Failure> {
    let url = format!(
        "{API}/repos/{}/attestations/sha256:{digest}?per_page={PAGE}",
        question.repository.path()
    );
    let request = HttpRequest {
        bearer: question.token.clone(),
        ..get(url)
    };
    let response = transport.send(&request).await?;
    let listed = read_list(&response)?;
    let mut candidates = Candidates {
        bundles: Vec::new(),
        truncated: listed.len() >= PAGE,
    };
    let (mut fetched, mut problem) = (0, None);
    for item in listed {
        if let Some(bundle) = item.bundle {
            candidates.bundles.push(bundle.get().to_owned());
            continue;
        }
        if fetched == MAX_FETCHED {
            candidates.truncated = true;
            break;
        }
        fetched += 1;
        match fetch(transport, item.bundle_url.unwrap_or_default()).await {
            Ok(bundle) => candidates.bundles.push(bundle),
            Err(failure) => problem = Some(failure),
        }
    }
    Ok(Answer {
        candidates,
        failure: problem,
    })
}

/// Proves what was offered; where nothing in it vouches for the file, asks for the digest that its
/// release lists: one request more.
pub async fn finish(
    transport: &impl Transport,
    question: &Question,
    answer: Result<Answer, Failure>,
    roots: &Roots,
    digest: &Sha256Digest,
    now: i64,
) -> Evidence {
    let name = question.name();
    let named = (ID, name.as_str());
    let (candidates, failure) = match answer {
        Ok(answer) => (answer.candidates, answer.failure),
        Err(failure) => return proving::failed(named, failure),
    };
    let mut evidence = proving::prove(named, candidates, roots, digest, now);
    let vouched = evidence.proven().iter().any(|one| one.claim.vouches());
    if let Some(failure) = failure.filter(|_| !vouched) {
        // What cannot be had proves nothing, and might have been what matters.
        return proving::failed(named, failure);
    }
    if !vouched && let Some(asset) = &question.asset {
        match listed_digest(transport, question, asset).await {
            Ok(listed) => {
                let published = listed.map(|listed| compare(listed, *digest));
                // What is the latest release now need not be the one that was downloaded.
                let counts = |one: &Published| asset.tag.is_some() || *one == Published::Same;
                evidence.published = published.filter(counts);
            }
            Err(failure) => return proving::failed(named, failure),
        }
    }
    evidence
}

fn compare(listed: Sha256Digest, found: Sha256Digest) -> Published {
    match listed == found {
        true => Published::Same,
        false => Published::Other {
            expected: listed,
            found,
        },
    }
}

/// What is attested, not yet proven; nothing where GitHub knows of nothing.
fn read_list(response: &HttpResponse) -> Result<Vec<Listed<'_>>, Failure> {
    match response.status {
        200 => {}
        // No such digest, or no such repository as far as anybody may know.
        404 => return Ok(Vec::new()),
        status => return Err(Failure::Status { status }),
    }
    let list = serde_json::from_slice::<List<'_>>(&response.body);
    Ok(list
        .map_err(|error| malformed(&error.to_string()))?
        .attestations)
}

/// Fetches a bundle that lies elsewhere: JSON, compressed with snappy's block format.
async fn fetch(transport: &impl Transport, url: String) -> Result<String, Failure> {
    // Only the address that GitHub named, and only so that nobody on the way can look on.
    if Address::parse(&url).is_none() {
        return Err(malformed("a bundle's address that is not https"));
    }
    let request = HttpRequest {
        accept: "*/*",
        size_limit: MAX_BUNDLE_BYTES,
        ..get(url)
    };
    let response = transport.send(&request).await?;
    if response.status != 200 {
        return Err(Failure::Status {
            status: response.status,
        });
    }
    let length = snap::raw::decompress_len(&response.body).unwrap_or(usize::MAX);
    if length > MAX_BUNDLE_BYTES {
        return Err(malformed("a bundle that is too large, or not compressed"));
    }
    let json = snap::raw::Decoder::new().decompress_vec(&response.body);
    let json = json.map_err(|error| malformed(&error.to_string()))?;
    String::from_utf8(json).map_err(|error| malformed(&error.to_string()))
}

/// The digest that a release lists for one of its files, where it lists one. A file that was
/// replaced after the download tells nothing about it.
async fn listed_digest(
    transport: &impl Transport,
    question: &Question,
    asset: &ReleaseAsset,
) -> Result<Option<Sha256Digest>, Failure> {
    let which = match &asset.tag {
        Some(tag) => format!("tags/{}", encode(tag)),
        None => "latest".to_owned(),
    };
    let url = format!(
        "{API}/repos/{}/releases/{which}",
        question.repository.path()
    );
    let request = HttpRequest {
        size_limit: RELEASE_SIZE_LIMIT,
        bearer: question.token.clone(),
        ..get(url)
    };
    let response = transport.send(&request).await?;
    match response.status {
        200 => {}
        404 => return Ok(None),
        status => return Err(Failure::Status { status }),
    }
    let release: Value =
        serde_json::from_slice(&response.body).map_err(|error| malformed(&error.to_string()))?;
    let assets = release.get("assets").and_then(Value::as_array);
    let assets = assets.ok_or_else(|| malformed("a release without a list of its files"))?;
    let text =
        |file: &'_ Value, field: &str| file.get(field).and_then(Value::as_str).map(str::to_owned);
    let Some(file) = assets
        .iter()
        .find(|file| text(file, "name").as_ref() == Some(&asset.name))
    else {
        return Ok(None);
    };
    let updated = text(file, "updated_at");
    let replaced = match (question.downloaded_at, updated.as_deref().map(seconds)) {
        (Some(downloaded), Some(Some(updated))) => updated > downloaded,
        // When it was replaced cannot be read.
        (Some(_), Some(None)) => true,
        _ => false,
    };
    let listed = text(file, "digest").filter(|_| !replaced);
    Ok(listed.and_then(|listed| listed.strip_prefix("sha256:")?.parse().ok()))
}

/// A time as GitHub writes it (RFC 3339, in UTC and whole seconds), in seconds since 1970.
fn seconds(time: &str) -> Option<i64> {
    let time: der::DateTime = time.parse().ok()?;
    i64::try_from(time.unix_duration().as_secs()).ok()
}

fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        accept: "application/vnd.github+json",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: SIZE_LIMIT,
    }
}

fn malformed(detail: &str) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
    }
}
