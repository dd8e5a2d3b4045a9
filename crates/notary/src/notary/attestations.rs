//! What is known about an artifact: which entries an answer holds, and their bundles.
//!
//! The newest of each enrolled signer come first, then the others of enrolled signers, then those of
//! anybody else, each the newest first: so neither strangers nor one of these signers can crowd out
//! another. Whatever an answer has no room for is on a further page.

use super::cursor::{Cursor, KINDS};
use super::{Notary, of_signer};
use crate::bundle::{self, Bundle};
use crate::dsse::Envelope;
use crate::log_entry::ProvenEntry;
use crate::merkle::Hash;
use crate::proposal::decode_base64;
use crate::sequencer::Head;
use crate::statement;
use crate::store::{Entry, MentionKind, Snapshot, StoreError};
use crate::trust::Trust;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The most bundles in one answer.
pub const MAX_ATTESTATIONS: usize = 100;

/// The most bytes that the entries in one answer have together. As bundles they are nearly twice as
/// long, and clients read 16 MiB.
pub const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// So many of the newest entries of each enrolled signer come before all others.
const NEWEST_OF_EACH: usize = 2;

/// How many entries are looked at for one answer, and how many bytes of them are read, where only
/// those with one type of predicate are wanted.
const MAX_EXAMINED: usize = 1000;
const MAX_EXAMINED_BYTES: usize = 4 * MAX_ANSWER_BYTES;

/// What is little: it is answered at once, without leaving the thread that speaks with the client.
const LITTLE_ENTRIES: usize = 4;
const LITTLE_BYTES: usize = 32 * 1024;

/// So many mentions are read in one go.
const STRIDE: usize = 32;

/// Changes when the same entries are written differently, so that no cache takes one for the other.
const FORM: u64 = 1;

/// What somebody wants to know about an artifact.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    /// SHA-256 of the artifact.
    pub digest: Hash,
    /// Only statements with this type of predicate, exactly.
    pub predicate_type: Option<&'a str>,
    /// The most bundles, 1 to [`MAX_ATTESTATIONS`].
    pub limit: usize,
    /// The most bytes of entries, at most [`MAX_ANSWER_BYTES`].
    pub bytes: usize,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl<'a> Question<'a> {
    /// All about an artifact.
    pub fn about(digest: Hash) -> Self {
        Self {
            digest,
            predicate_type: None,
            limit: MAX_ATTESTATIONS,
            bytes: MAX_ANSWER_BYTES,
            after: None,
        }
    }
}

/// How much may be done for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// So little that it may be done anywhere.
    Little,
    /// All that the question asks for.
    Whole,
}

/// The entries that an answer holds.
pub struct Selection {
    head: Arc<Head>,
    snapshot: Box<dyn Snapshot>,
    entries: Vec<Entry>,
    /// Where the next page begins; none if this is all.
    pub next: Option<Cursor>,
}

impl Selection {
    /// Whether there is nothing to tell, and no further page either.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.next.is_none()
    }

    /// Bytes of all its entries.
    pub fn length(&self) -> usize {
        self.entries.iter().map(length).sum()
    }

    /// What tells this selection of entries from any other: the same entries in the same order have
    /// the same tag, whatever else was logged since.
    pub fn tag(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(FORM.to_be_bytes());
        for entry in &self.entries {
            hash.update(entry.index.to_be_bytes());
        }
        hash.update([u8::from(self.next.is_some())]);
        if let Some(next) = self.next {
            hash.update([next.kind as u8]);
            hash.update(next.below.to_be_bytes());
        }
        hex::encode(&hash.finalize()[..16])
    }

    /// The size of the log in which the bundles are proven.
    pub fn size(&self) -> u64 {
        self.head.size
    }

    /// The bundles, each with its proof, and each made when it is asked for.
    pub fn bundles(self, notary: &Notary) -> impl Iterator<Item = Result<Bundle, StoreError>> {
        let trust = notary.trust();
        let present = notary.log.key.id();
        let entries = self.entries.into_iter();
        entries.filter_map(move |entry| {
            let index = entry.index;
            let era = trust.era_of(index);
            let (log_id, head) = era.unwrap_or((present, &self.head));
            let proven = match ProvenEntry::prove(entry, head, self.snapshot.as_ref()) {
                Ok(proven) => proven,
                Err(error) => return Some(Err(error)),
            };
            Bundle::of(&proven, log_id.as_bytes())
                .map_err(|error| StoreError::Failed(format!("entry {index}: {error}")))
                .transpose()
        })
    }
}

impl Notary {
    /// The entries that answer a question; `None` if that is more than `reach` allows.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn select(
        &self,
        question: &Question<'_>,
        reach: Reach,
    ) -> Result<Option<Selection>, StoreError> {
        // The head is taken before the snapshot, so the snapshot holds all that the head covers.
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        let trust = self.trust();
        let walk = |from, already| {
            let walk = Walk::of(question, reach, &trust, already);
            walk.go(from, &head, snapshot.as_ref())
        };
        let start = question.after.unwrap_or(Cursor::START);
        let Some(mut found) = walk(start, Vec::new())? else {
            return Ok(None);
        };
        if question.after.is_none() && found.next.is_some() {
            if reach == Reach::Little {
                return Ok(None);
            }
            let first = self.newest_of_each(question, &trust, &head, snapshot.as_ref())?;
            let Some(with_first) = walk(start, first)? else {
                return Ok(None);
            };
            found = with_first;
        }
        Ok(Some(Selection {
            head,
            snapshot,
            entries: found.entries,
            next: found.next,
        }))
    }

    /// The entry at an index, as an answer of its own. `None` where there is none, or where it does not
    /// count.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn select_entry(&self, index: u64) -> Result<Option<Selection>, StoreError> {
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        let entry = match index < head.size {
            true => snapshot.entry(index)?,
            false => None,
        };
        let Some(entry) = entry else {
            return Ok(None);
        };
        if !counts(&entry, &self.trust())? {
            return Ok(None);
        }
        Ok(Some(Selection {
            head,
            snapshot,
            entries: vec![entry],
            next: None,
        }))
    }

    /// The newest entries of each enrolled signer about an artifact, those that take little first,
    /// as many as there is room for.
    fn newest_of_each(
        &self,
        question: &Question<'_>,
        trust: &Trust,
        head: &Head,
        snapshot: &dyn Snapshot,
    ) -> Result<Vec<Entry>, StoreError> {
        let keys = self.signers.keys();
        let keys = keys.map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut found = Vec::new();
        for key in keys {
            let of_signer = of_signer(&question.digest, &key);
            let kind = MentionKind::OfSigner;
            for index in snapshot.mentions_below(&of_signer, kind, head.size, NEWEST_OF_EACH)? {
                let Some(entry) = snapshot.entry(index)? else {
                    continue;
                };
                if question.asks_for(&entry) && counts(&entry, trust)? {
                    found.push((length(&entry), index));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        let mut left = question.bytes;
        let mut entries = Vec::new();
        for (length, index) in found.into_iter().take(question.limit) {
            let Some(rest) = left.checked_sub(length) else {
                break;
            };
            left = rest;
            entries.extend(snapshot.entry(index)?);
        }
        Ok(entries)
    }
}

impl Question<'_> {
    fn asks_for(&self, entry: &Entry) -> bool {
        let Some(wanted) = self.predicate_type else {
            return true;
        };
        let envelope = entry.envelope.as_deref().unwrap_or_default();
        let payload = serde_json::from_slice::<Envelope>(envelope)
            .ok()
            .filter(|envelope| envelope.payload_type == statement::IN_TOTO)
            .and_then(|envelope| decode_base64("the payload", &envelope.payload).ok());
        let found = payload.and_then(|payload| statement::predicate_type(&payload));
        found.as_deref() == Some(wanted)
    }
}

/// What was found, and where it goes on.
struct Found {
    entries: Vec<Entry>,
    next: Option<Cursor>,
}

/// A walk along the list, for as long as there is room in the answer.
struct Walk<'a> {
    question: &'a Question<'a>,
    reach: Reach,
    trust: &'a Trust,
    found: Vec<Entry>,
    /// How many of those found came first, out of the order of the list.
    first: usize,
    bytes: usize,
    examined: usize,
    examined_bytes: usize,
}

/// Whether the list goes on.
enum Step {
    On,
    Full,
    TooMuch,
}

impl<'a> Walk<'a> {
    fn of(question: &'a Question<'a>, reach: Reach, trust: &'a Trust, first: Vec<Entry>) -> Self {
        Self {
            question,
            reach,
            trust,
            first: first.len(),
            bytes: first.iter().map(length).sum(),
            found: first,
            examined: 0,
            examined_bytes: 0,
        }
    }

    /// Goes through the list from a place in it; `None` if that is more than is allowed.
    fn go(
        mut self,
        from: Cursor,
        head: &Head,
        snapshot: &dyn Snapshot,
    ) -> Result<Option<Found>, StoreError> {
        let kinds = KINDS.into_iter().skip_while(|kind| *kind != from.kind);
        for kind in kinds {
            // What was logged after the head that this answer is about comes with a later one.
            let mut below = match kind == from.kind {
                true => from.below.min(head.size),
                false => head.size,
            };
            loop {
                let digest = &self.question.digest;
                let indexes = snapshot.mentions_below(digest, kind, below, STRIDE)?;
                for &index in &indexes {
                    match self.take(index, snapshot)? {
                        Step::On => below = index,
                        Step::Full => {
                            return Ok(Some(Found {
                                entries: self.found,
                                next: Some(Cursor { kind, below }),
                            }));
                        }
                        Step::TooMuch => return Ok(None),
                    }
                }
                if indexes.len() < STRIDE {
                    break;
                }
            }
        }
        Ok(Some(Found {
            entries: self.found,
            next: None,
        }))
    }

    fn take(&mut self, index: u64, snapshot: &dyn Snapshot) -> Result<Step, StoreError> {
        let first = self.found.get(..self.first).unwrap_or_default();
        if first.iter().any(|entry| entry.index == index) {
            return Ok(Step::On);
        }
        let little = self.reach == Reach::Little;
        if little && self.examined >= LITTLE_ENTRIES {
            return Ok(Step::TooMuch);
        }
        let tired = self.examined >= MAX_EXAMINED || self.examined_bytes >= MAX_EXAMINED_BYTES;
        if tired || self.found.len() >= self.question.limit {
            return Ok(Step::Full);
        }
        let Some(entry) = snapshot.entry(index)? else {
            return Ok(Step::On);
        };
        let length = length(&entry);
        self.examined += 1;
        self.examined_bytes += length;
        if little && self.examined_bytes > LITTLE_BYTES {
            return Ok(Step::TooMuch);
        }
        if !self.question.asks_for(&entry) || !counts(&entry, self.trust)? {
            return Ok(Step::On);
        }
        if self.bytes + length > self.question.bytes {
            return Ok(Step::Full);
        }
        self.bytes += length;
        self.found.push(entry);
        Ok(Step::On)
    }
}

/// Whether an entry is no signature by a key that was revoked then. As it is left out of the
/// selection, a revocation changes the selection's tag.
fn counts(entry: &Entry, trust: &Trust) -> Result<bool, StoreError> {
    let revoked = bundle::is_by_revoked(entry, &trust.revoked);
    revoked
        .map(|revoked| !revoked)
        .map_err(|error| StoreError::Failed(format!("entry {}: {error}", entry.index)))
}

fn length(entry: &Entry) -> usize {
    entry.body.len() + entry.envelope.as_ref().map_or(0, Vec::len)
}
