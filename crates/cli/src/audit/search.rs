//! Whether the log's search finds its entries where they are.

use super::args::Search;
use super::difference::{Differences, Kind};
use super::download::Log;
use assay_core::evidence::Failure;
use assay_notary::log_entry::ProvenEntry;
use assay_notary::merkle::Hash;
use assay_notary::notary::MAX_FOUND;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// About so many entries are a sample.
const SAMPLE: u64 = 1000;
/// How many entries are looked up at once.
const AT_ONCE: usize = 8;

/// Where Rekor v1 has an entry's number of those that mention a digest.
const RETRIEVE: &str = "api/v1/index/retrieve";

/// An entry that is looked up.
pub struct Wanted {
    /// Where it is in the log.
    pub index: u64,
    /// Its hash.
    pub leaf: Hash,
    /// `sha256:` and the digest of the artifact, or of the payload where the entry names that only.
    pub digest: Option<String>,
}

/// Looks entries up.
pub struct Lookup<'a> {
    log: &'a Log<'a>,
    /// An entry is looked up if a random number is not above this.
    share: Option<u64>,
    /// Whether the log can be searched by digest.
    by_digest: AtomicBool,
    /// How many were looked up.
    pub checked: u64,
}

/// What was looked up, as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// `all`, `sample` or `none`.
    pub which: &'static str,
    /// How many entries.
    pub checked: u64,
    /// Whether by digest, too: an older notary cannot be searched so.
    pub by_digest: bool,
}

impl<'a> Lookup<'a> {
    /// Of so many entries that will be read.
    pub fn new(log: &'a Log<'a>, which: Search, entries: u64) -> Self {
        let share = match which {
            Search::None => None,
            Search::Sample if entries > SAMPLE => Some(u64::MAX / entries * SAMPLE),
            Search::All | Search::Sample => Some(u64::MAX),
        };
        Self {
            log,
            share,
            by_digest: AtomicBool::new(true),
            checked: 0,
        }
    }

    /// Whether this entry is looked up. Nobody can foretell it.
    pub fn wants(&self) -> bool {
        match self.share {
            None => false,
            Some(u64::MAX) => true,
            // Without randomness, every entry is.
            Some(share) => getrandom::u64().unwrap_or(0) <= share,
        }
    }

    /// Looks these up, a few at a time.
    ///
    /// # Errors
    /// When the log gives no usable answer.
    pub async fn check(
        &mut self,
        wanted: Vec<Wanted>,
        found: &mut Differences,
    ) -> Result<(), Failure> {
        self.checked += wanted.len() as u64;
        let lookup = &*self;
        let asked = stream::iter(wanted).map(|wanted| async move { lookup.find(&wanted).await });
        let differences: Vec<Differences> = asked.buffered(AT_ONCE).try_collect().await?;
        differences
            .into_iter()
            .for_each(|difference| found.append(difference));
        Ok(())
    }

    /// What was looked up.
    pub fn looked(&self, which: Search) -> Looked {
        Looked {
            which: match which {
                Search::All => "all",
                Search::Sample => "sample",
                Search::None => "none",
            },
            checked: self.checked,
            by_digest: self.checked > 0 && self.by_digest.load(Ordering::Relaxed),
        }
    }

    async fn find(&self, wanted: &Wanted) -> Result<Differences, Failure> {
        let mut found = Differences::default();
        let leaf = hex::encode(wanted.leaf);
        let by_index = format!("api/v1/log/entries?logIndex={}", wanted.index);
        self.entry(&by_index, wanted, &leaf, &mut found).await?;
        if !self.listed(wanted, &leaf, &mut found).await? {
            let by_hash = format!("api/v1/log/entries/{leaf}");
            self.entry(&by_hash, wanted, &leaf, &mut found).await?;
        }
        Ok(found)
    }

    /// The one entry that the API gives for this path.
    async fn entry(
        &self,
        path: &str,
        wanted: &Wanted,
        leaf: &str,
        found: &mut Differences,
    ) -> Result<(), Failure> {
        let expected = format!("entry {} with the hash {leaf}", wanted.index);
        let mut differs =
            |what: String| found.add(Kind::Search, path, wanted.index, &expected, what);
        let Some(json) = self.log.get(path).await? else {
            differs("nothing".to_owned());
            return Ok(());
        };
        match ProvenEntry::from_json(&json, None) {
            Err(error) => differs(error.to_string()),
            Ok((entry, _)) if entry.leaf != wanted.leaf || entry.entry.index != wanted.index => {
                differs(format!(
                    "entry {} with the hash {}",
                    entry.entry.index,
                    hex::encode(entry.leaf)
                ));
            }
            Ok(_) => {}
        }
        Ok(())
    }

    /// Looks the entry up by digest, and says whether that is possible at all.
    async fn listed(
        &self,
        wanted: &Wanted,
        leaf: &str,
        found: &mut Differences,
    ) -> Result<bool, Failure> {
        let Some(digest) = &wanted.digest else {
            return Ok(false);
        };
        if !self.by_digest.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let answer = self
            .log
            .post(RETRIEVE, json!({ "hash": digest }).to_string())
            .await?;
        let listed: Vec<String> = match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|error| Failure::Malformed {
                detail: error.to_string(),
            })?,
            // A notary of an earlier version.
            404 | 405 | 501 => {
                self.by_digest.store(false, Ordering::Relaxed);
                return Ok(false);
            }
            status => return Err(Failure::Status { status }),
        };
        // With the number of the tree before it, or without.
        if !listed.iter().any(|uuid| uuid.ends_with(leaf)) {
            // A search names so many, the newest: an older one is looked up by its own hash.
            if listed.len() >= MAX_FOUND {
                return Ok(false);
            }
            let place = format!("{RETRIEVE} of {digest}");
            let expected = format!("the entry with the hash {leaf}");
            let what = format!("{} others", listed.len());
            found.add(Kind::Search, place, wanted.index, expected, what);
        }
        Ok(true)
    }
}

/// By which digest the search finds an entry with this canonical body.
pub fn digest_of(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let hash = [
        "/spec/data/hash",
        "/spec/payloadHash",
        "/spec/content/payloadHash",
        "/spec/content/hash",
    ]
    .iter()
    .find_map(|pointer| body.pointer(pointer))?;
    let text = |name: &str| hash.get(name)?.as_str();
    let value = text("value").filter(|_| text("algorithm") == Some("sha256"))?;
    Some(format!("sha256:{value}"))
}
