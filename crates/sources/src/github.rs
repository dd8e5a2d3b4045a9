//! GitHub: the attestations that a repository has for a digest, and the digests of its releases'
//! files (GitHub's REST API, versions of 2026).

use crate::notary::{SIZE_LIMIT, TIME_LIMIT};
use crate::proving::{List, Listed};
use crate::{
    Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Next, Source, Weighing,
};
use assay_core::address::{Address, encode};
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::fields::{Fields, each};
use assay_core::file_digest::FileDigest;
use assay_core::proof::MAX_BUNDLE_BYTES;
use assay_core::publisher::{Publisher, ReleaseAsset, Repository, is_served_by_github};

/// The id of this source.
pub const ID: &str = Publisher::GITHUB;

/// Where GitHub's API is.
pub const API: &str = "https://api.github.com";

/// So many bundles that lie elsewhere are fetched at most. With what they are listed by, these are as
/// many requests as are made for one file.
pub const MAX_FETCHED: usize = 2;

/// So many more are fetched where none of those was made by the repository itself, whose own may be
/// among them.
pub const MAX_MORE: usize = 6;

/// So many attestations are asked for, the newest first: the most that GitHub tells at once.
const PAGE: usize = 100;

/// How many bytes of what is told of a release are read at most. It tells all its files, which are a
/// thousand at most, two thousand bytes each, beside notes of 125,000 characters.
pub const RELEASE_SIZE_LIMIT: usize = 4 * 1024 * 1024;

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

    /// The request for the attestations of a digest.
    fn attestations(&self, digest: &Sha256Digest) -> HttpRequest {
        let path = self.repository.path();
        HttpRequest {
            bearer: self.token.clone(),
            ..get(format!(
                "{API}/repos/{path}/attestations/sha256:{digest}?per_page={PAGE}"
            ))
        }
    }

    /// The request for what is told of a release.
    fn release(&self, asset: &ReleaseAsset) -> HttpRequest {
        let path = self.repository.path();
        let which = match &asset.tag {
            Some(tag) => format!("tags/{}", encode(tag)),
            None => "latest".to_owned(),
        };
        HttpRequest {
            size_limit: RELEASE_SIZE_LIMIT,
            bearer: self.token.clone(),
            ..get(format!("{API}/repos/{path}/releases/{which}"))
        }
    }
}

/// GitHub as it is asked about a digest: one request, one for each bundle that it does not tell
/// itself, and where the repository does not vouch for the file, one for the digest that its release
/// lists.
#[derive(Debug, Clone)]
pub struct Inquiry<'a> {
    question: &'a Question,
    digest: Sha256Digest,
    name: String,
    is_listed: bool,
    fetched: usize,
    /// What is fetched only where nothing of the repository's own was among the rest.
    more: Vec<HttpRequest>,
    /// Whether there is more than is ever looked at.
    is_cut: bool,
    /// Whether the bundles that lie elsewhere were requested last, and not the release.
    fetches: bool,
    found: Candidates,
}

impl<'a> Inquiry<'a> {
    /// Asks GitHub about a digest.
    pub fn new(question: &'a Question, digest: Sha256Digest) -> Self {
        Self {
            question,
            digest,
            name: question.name(),
            is_listed: false,
            fetched: 0,
            more: Vec::new(),
            is_cut: false,
            fetches: false,
            found: Candidates::default(),
        }
    }

    /// Takes the bundles of a list, and says which lie elsewhere.
    fn take_list(&mut self, response: &HttpResponse) -> Result<Vec<HttpRequest>, Failure> {
        let listed = read_list(response)?;
        self.is_cut = listed.len() >= PAGE;
        let mut elsewhere = Vec::new();
        for item in listed {
            match item.bundle {
                Some(bundle) => self.found.bundles.push(bundle.get().to_owned()),
                None if elsewhere.len() == MAX_FETCHED + MAX_MORE => self.is_cut = true,
                None => match bundle_request(item.bundle_url.unwrap_or_default()) {
                    Ok(request) => elsewhere.push(request),
                    Err(failure) => self.found.failure = Some(failure),
                },
            }
        }
        self.more = elsewhere.split_off(elsewhere.len().min(MAX_FETCHED));
        self.fetched = elsewhere.len();
        self.found.truncated = self.is_cut || !self.more.is_empty();
        Ok(elsewhere)
    }

    fn read_bundles(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            match answer.and_then(|response| read_bundle(&response)) {
                Ok(bundle) => self.found.bundles.push(bundle),
                Err(failure) => self.found.failure = Some(failure),
            }
        }
    }

    /// What else to request, where the repository itself does not vouch for the file.
    fn search(&mut self, evidence: &Evidence) -> Vec<HttpRequest> {
        let publisher = Publisher::GitHub(self.question.repository.clone());
        let is_own = |one: &Attestation| one.claim.vouches() && publisher.is_signer(&one.signer);
        if evidence.proven().iter().any(is_own) {
            return Vec::new();
        }
        self.fetches = !self.more.is_empty();
        if self.fetches {
            return std::mem::take(&mut self.more);
        }
        // What the repository attested, it knows.
        let asset = self.question.asset.as_ref();
        let asset = asset.filter(|_| self.fetched < MAX_FETCHED);
        asset
            .map(|asset| self.question.release(asset))
            .into_iter()
            .collect()
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (ID, &self.name)
    }

    fn next(&mut self, answers: Vec<Answer>) -> Next {
        let mut answers = answers.into_iter();
        if !self.is_listed {
            let Some(answer) = answers.next() else {
                return Ok(vec![self.question.attestations(&self.digest)]);
            };
            self.is_listed = true;
            return self.take_list(&answer?);
        }
        self.read_bundles(answers.collect());
        Ok(Vec::new())
    }

    fn fork(&self) -> Option<Box<dyn Source + '_>> {
        Some(Box::new(self.clone()))
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, _weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        self.search(evidence)
    }

    fn close(&mut self, evidence: &mut Evidence, by: &Weighing<'_>, answers: Vec<Answer>) -> Next {
        if self.fetches {
            self.read_bundles(answers);
            let found = self.offered();
            if let Outcome::Answered { truncated, .. } = &mut evidence.outcome {
                *truncated = self.is_cut;
            }
            evidence.add(by.prove(self.named(), &found));
            return found.failure.map_or(Ok(Vec::new()), Err);
        }
        let (Some(asset), Some(answer)) = (&self.question.asset, answers.into_iter().next()) else {
            return Ok(Vec::new());
        };
        let listed = listed_digest(&answer?, self.question, asset)?;
        let published = listed.map(|listed| compare(listed, self.digest));
        // What is the latest release now need not be the one that was downloaded.
        let counts = |one: &Published| asset.tag.is_some() || *one == Published::Same;
        evidence.published = published.filter(counts);
        Ok(Vec::new())
    }
}

fn compare(listed: Sha256Digest, found: Sha256Digest) -> Published {
    match listed == found {
        true => Published::Same,
        false => Published::Other {
            expected: FileDigest::Sha256(listed),
            found: FileDigest::Sha256(found),
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

/// The request for a bundle that lies elsewhere.
fn bundle_request(url: String) -> Result<HttpRequest, Failure> {
    // Only the address that GitHub named, and only so that nobody on the way can look on.
    if Address::parse(&url).is_none() {
        return Err(malformed("a bundle's address that is not https"));
    }
    Ok(HttpRequest {
        accept: "*/*",
        size_limit: MAX_BUNDLE_BYTES,
        ..get(url)
    })
}

/// A bundle that lay elsewhere: JSON, compressed with snappy's block format.
fn read_bundle(response: &HttpResponse) -> Result<String, Failure> {
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
fn listed_digest(
    response: &HttpResponse,
    question: &Question,
    asset: &ReleaseAsset,
) -> Result<Option<Sha256Digest>, Failure> {
    match response.status {
        200 => {}
        404 => return Ok(None),
        status => return Err(Failure::Status { status }),
    }
    let unread = |error: serde_json::Error| malformed(&error.to_string());
    let release: Fields<'_> = serde_json::from_slice(&response.body).map_err(unread)?;
    let files = release.get("assets");
    let files = files.ok_or_else(|| malformed("a release without a list of its files"))?;
    // One after the other, as a list can be made to take many times its length in memory.
    let mut file = None;
    let mut look = |one: Fields<'_>| {
        if file.is_none() && one.text("name").as_ref() == Some(&asset.name) {
            file = Some((one.text("digest"), one.text("updated_at")));
        }
    };
    each(files, &mut look).map_err(unread)?;
    let Some((listed, updated)) = file else {
        return Ok(None);
    };
    let replaced = match (question.downloaded_at, updated.as_deref().map(seconds)) {
        (Some(downloaded), Some(Some(updated))) => updated > downloaded,
        // When it was replaced cannot be read.
        (Some(_), Some(None)) => true,
        _ => false,
    };
    let listed = listed.filter(|_| !replaced);
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
        // It counts how often it is asked.
        memory: Memory::Fresh,
    }
}

fn malformed(detail: &str) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
    }
}
