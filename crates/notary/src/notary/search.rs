//! Which entries a search finds, by the digests and terms that were written with them.

use super::Notary;
use crate::merkle::Hash;
use crate::sequencer::Head;
use crate::store::{MentionKind, Snapshot, StoreError};

/// The most entries that a search names. Whoever wants more asks for less at once.
pub const MAX_FOUND: usize = 1000;

/// How many places of the index a search for entries with several terms looks at. What strangers log
/// can make an answer incomplete, and never make it expensive.
const MAX_STEPS: usize = 4096;

/// Something that entries are searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchTerm {
    /// The SHA-256 digest of an artifact, a payload or an envelope.
    Digest(Hash),
    /// Anything else; see [`crate::terms`].
    Other(Hash),
}

/// How several terms go together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Operator {
    /// Entries with any of them.
    #[default]
    Or,
    /// Entries with all of them.
    And,
}

/// The entries that a search found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FoundEntries {
    /// Leaf hashes, the newest entry first.
    pub leaves: Vec<Hash>,
    /// Whether there may be more than these.
    pub truncated: bool,
}

impl SearchTerm {
    fn mentions(&self) -> (&Hash, &'static [MentionKind]) {
        match self {
            Self::Digest(digest) => (
                digest,
                &[MentionKind::Named, MentionKind::Other, MentionKind::Search],
            ),
            Self::Other(term) => (term, &[MentionKind::Term]),
        }
    }

    /// The newest entries below an index that have the term, the newest first.
    fn below(
        &self,
        below: u64,
        limit: usize,
        snapshot: &dyn Snapshot,
    ) -> Result<Vec<u64>, StoreError> {
        let (digest, kinds) = self.mentions();
        let mut found = Vec::new();
        for kind in kinds {
            found.extend(snapshot.mentions_below(digest, *kind, below, limit)?);
        }
        newest(&mut found, limit);
        Ok(found)
    }
}

fn newest(indexes: &mut Vec<u64>, limit: usize) {
    indexes.sort_unstable_by(|a, b| b.cmp(a));
    indexes.dedup();
    indexes.truncate(limit);
}

impl Notary {
    /// The newest entries with these terms, at most [`MAX_FOUND`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn search(
        &self,
        terms: &[SearchTerm],
        operator: Operator,
    ) -> Result<FoundEntries, StoreError> {
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        let (indexes, truncated) = match operator {
            Operator::Or => any(terms, &head, snapshot.as_ref())?,
            Operator::And => all(terms, &head, snapshot.as_ref())?,
        };
        let leaves = indexes.into_iter().map(|index| snapshot.node(0, index));
        Ok(FoundEntries {
            leaves: leaves.collect::<Result<_, _>>()?,
            truncated,
        })
    }
}

type Indexes = (Vec<u64>, bool);

fn any(terms: &[SearchTerm], head: &Head, snapshot: &dyn Snapshot) -> Result<Indexes, StoreError> {
    let mut found = Vec::new();
    for term in terms {
        found.extend(term.below(head.size, MAX_FOUND + 1, snapshot)?);
    }
    newest(&mut found, MAX_FOUND + 1);
    let truncated = found.len() > MAX_FOUND;
    found.truncate(MAX_FOUND);
    Ok((found, truncated))
}

/// Each term in turn says which of its entries comes next; where all say the same, that is one.
fn all(terms: &[SearchTerm], head: &Head, snapshot: &dyn Snapshot) -> Result<Indexes, StoreError> {
    let mut found = Vec::new();
    if terms.is_empty() {
        return Ok((found, false));
    }
    let mut below = head.size;
    let mut agreeing = 0;
    for term in terms.iter().cycle().take(MAX_STEPS) {
        let Some(index) = term.below(below, 1, snapshot)?.first().copied() else {
            return Ok((found, false));
        };
        // The next to speak may say the same.
        let same = agreeing > 0 && index + 1 == below;
        agreeing = if same { agreeing + 1 } else { 1 };
        below = index + 1;
        if agreeing == terms.len() {
            if found.len() == MAX_FOUND {
                return Ok((found, true));
            }
            found.push(index);
            below = index;
            agreeing = 0;
        }
    }
    Ok((found, true))
}
