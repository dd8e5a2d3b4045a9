//! A log in a place for objects: entries, tree and search index, and how each is written down.
//!
//! The sequencer is the only writer. A [`Batch`] becomes durable as a whole or not at all, the
//! search index with the entries. All but the [`Tree`] is only ever added to, so readers and the
//! writer do not wait for each other: who reads takes the published head first, and then reads
//! what that head covers.

use crate::hash_tiles;
use crate::merkle::{Hash, Node, Nodes};
use crate::objects::{Object, Objects, Space};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::Arc;

/// The key of the one object of [`Space::Tree`].
const TREE: &[u8] = b"tree";

/// Of how many objects with hashes a snapshot remembers the content: a proof needs as many.
const REMEMBERED_TILES: usize = 12;

/// A log in a place for objects.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn Objects>,
}

impl Store {
    /// The log in `objects`, which may be empty.
    pub fn new(objects: Arc<dyn Objects>) -> Self {
        Self { objects }
    }

    /// The log as it is now, or later: see [`Objects`].
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(Reader {
            objects: self.objects.clone(),
            tiles: RefCell::default(),
        }))
    }

    /// Adds a batch. When this returns, the batch is on disk.
    ///
    /// # Errors
    /// When the batch could not be made durable; it may then be there or not, as a whole.
    pub fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut objects = Vec::with_capacity(batch.entries.len() * 4);
        let mut put = |space, key, value| objects.push(Object { space, key, value });
        for (leaf, entry) in &batch.entries {
            let index = entry.index.to_be_bytes().to_vec();
            put(Space::Leaves, leaf.to_vec(), index.clone());
            put(Space::Entries, index, entry.to_bytes()?);
        }
        for (key, tile) in hash_tiles::with(&batch.nodes, self.objects.as_ref())? {
            put(Space::Hashes, key, tile);
        }
        for mention in &batch.mentions {
            put(Space::Mentions, mention.key(), Vec::new());
        }
        put(Space::Tree, TREE.to_vec(), batch.tree.to_bytes()?);
        self.objects.put(objects)
    }

    /// The place.
    pub fn objects(&self) -> &Arc<dyn Objects> {
        &self.objects
    }
}

/// Reads a log.
pub trait Snapshot: Nodes<Error = StoreError> + Send {
    /// How far the log has grown on disk. This may be more than is published: answers are made
    /// from the published head.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn tree(&self) -> Result<Tree, StoreError>;

    /// The entry at `index`, if the log is that long.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn entry(&self, index: u64) -> Result<Option<Entry>, StoreError>;

    /// The index of the entry with this leaf hash.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn index_of(&self, leaf: &Hash) -> Result<Option<u64>, StoreError>;

    /// The entries before the index `below` that mention `digest` in one way, the newest first, at
    /// most `limit`. Costs as much as it gives, however many there are.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn mentions_below(
        &self,
        digest: &Hash,
        kind: MentionKind,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, StoreError>;

    /// The newest entries that mention `digest` in one way, the newest first, at most `limit`.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn mentions(
        &self,
        digest: &Hash,
        kind: MentionKind,
        limit: usize,
    ) -> Result<Vec<u64>, StoreError> {
        self.mentions_below(digest, kind, u64::MAX, limit)
    }
}

/// How far a log has grown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// Number of entries.
    pub size: u64,
    /// The signed checkpoint of that size; empty in a store that nothing was written to.
    pub checkpoint: String,
    /// When the last entry was added, in seconds since the Unix epoch.
    pub time: u64,
    /// The checkpoint that was published when this one was made. If the lock still has that one,
    /// this one is durable and not yet published.
    pub previous: String,
}

/// A log entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the log, from 0.
    pub index: u64,
    /// When it was added, in seconds since the Unix epoch.
    pub integrated_time: u64,
    /// The canonical body; its leaf hash is in the tree.
    pub body: Vec<u8>,
    /// The signed entry timestamp, a DER signature.
    pub signed_entry_timestamp: Vec<u8>,
    /// The DSSE envelope (JSON) of an entry whose body holds only its hashes.
    pub envelope: Option<Vec<u8>>,
}

/// A digest by which an entry can be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The SHA-256 digest.
    pub digest: Hash,
    /// In what way the entry mentions it.
    pub kind: MentionKind,
    /// The entry.
    pub index: u64,
}

/// In what way an entry mentions a digest. Kept apart so that no number of entries by strangers
/// can crowd out those of the signers that this notary names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MentionKind {
    /// It is an attestation of the artifact, by a signer whom this notary's authority named.
    Named = 0,
    /// It is an attestation of the artifact, by anybody else.
    Other = 1,
    /// It mentions the digest without attesting anything about it (a payload, an envelope).
    Search = 2,
    /// It is an attestation by one of the signers that this notary names, and the digest stands for
    /// the artifact together with that signer.
    OfSigner = 3,
    /// The digest stands for a [`crate::terms`] term: a key, a name in a certificate, a digest by
    /// another algorithm.
    Term = 4,
}

/// What is added in one go.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The new entries, in order.
    pub entries: Vec<(Hash, Entry)>,
    /// The subtrees that they complete.
    pub nodes: Vec<Node>,
    /// How they are found.
    pub mentions: Vec<Mention>,
    /// The log after them.
    pub tree: Tree,
}

/// Why the store could not be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The system or the database failed.
    #[error("the log's store failed: {0}")]
    Failed(String),
    /// A part of the tree that must be there is not: the data was damaged or tampered with.
    #[error(
        "the log's store is damaged: the node at level {level}, index {index} is missing; restore \
         it from a backup"
    )]
    MissingNode {
        /// Level of the missing node.
        level: u8,
        /// Its index.
        index: u64,
    },
    /// Something is kept there that was not written by a notary.
    #[error("the log's store is damaged: {0} cannot be read; restore it from a backup")]
    Damaged(String),
    /// Another process has the store open.
    #[error("the log is in use by another process; only one notary may run on a data directory")]
    InUse,
    /// The data is from before logs had a lock.
    #[error(
        "the log's store is of an earlier version of this program; bring it up to date once with \
         'assay notary adopt'"
    )]
    Earlier,
}

/// Reads a log, and remembers the hashes that it read last: those of one proof lie together.
struct Reader {
    objects: Arc<dyn Objects>,
    tiles: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl Nodes for Reader {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Hash, StoreError> {
        let (key, offset) = hash_tiles::place(level, index);
        let mut tiles = self.tiles.borrow_mut();
        let known = tiles.iter().find(|(other, _)| *other == key);
        if let Some(hash) = known.and_then(|(_, tile)| hash_tiles::hash_at(tile, offset)) {
            return Ok(hash);
        }
        let tile = self.objects.get(Space::Hashes, &key)?.unwrap_or_default();
        let hash = hash_tiles::hash_at(&tile, offset);
        // A shorter one of the same name is there if the log has grown since.
        tiles.retain(|(other, _)| *other != key);
        if tiles.len() == REMEMBERED_TILES {
            tiles.remove(0);
        }
        tiles.push((key, tile));
        hash.ok_or(StoreError::MissingNode { level, index })
    }
}

impl Snapshot for Reader {
    fn tree(&self) -> Result<Tree, StoreError> {
        match self.objects.get(Space::Tree, TREE)? {
            Some(bytes) => Tree::from_bytes(&bytes),
            None => Ok(Tree::default()),
        }
    }

    fn entry(&self, index: u64) -> Result<Option<Entry>, StoreError> {
        let bytes = self.objects.get(Space::Entries, &index.to_be_bytes())?;
        bytes
            .map(|bytes| Entry::from_bytes(index, &bytes))
            .transpose()
    }

    fn index_of(&self, leaf: &Hash) -> Result<Option<u64>, StoreError> {
        let bytes = self.objects.get(Space::Leaves, leaf)?;
        let index = bytes.map(|bytes| bytes.as_slice().try_into().map(u64::from_be_bytes));
        index
            .transpose()
            .map_err(|_| StoreError::Damaged(format!("the index of leaf {}", hex::encode(leaf))))
    }

    fn mentions_below(
        &self,
        digest: &Hash,
        kind: MentionKind,
        below: u64,
        limit: usize,
    ) -> Result<Vec<u64>, StoreError> {
        let Some(newest) = below.checked_sub(1) else {
            return Ok(Vec::new());
        };
        let newest = Mention {
            digest: *digest,
            kind,
            index: newest,
        };
        let (from, to) = (
            newest.key(),
            [digest.as_slice(), &[kind as u8 + 1]].concat(),
        );
        let found = self.objects.scan(Space::Mentions, &from, &to, limit)?;
        found
            .iter()
            .map(|(key, _)| Mention::index_in(key))
            .collect()
    }
}

impl Tree {
    fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self).map_err(|error| StoreError::Failed(error.to_string()))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes)
            .map_err(|error| StoreError::Damaged(format!("the size of the tree ({error})")))
    }
}

impl Mention {
    /// Digest, kind, and the index with all its bits turned, so that the newest comes first.
    fn key(&self) -> Vec<u8> {
        let turned = (!self.index).to_be_bytes();
        [self.digest.as_slice(), &[self.kind as u8], &turned].concat()
    }

    fn index_in(key: &[u8]) -> Result<u64, StoreError> {
        let turned = key.get(33..).and_then(|turned| turned.try_into().ok());
        turned
            .map(|turned| !u64::from_be_bytes(turned))
            .ok_or_else(|| StoreError::Damaged("a key of the search index".into()))
    }
}

impl Entry {
    /// Time (8 bytes), length of the signed timestamp (2), the timestamp, length of the body (4),
    /// the body, and whatever is left is the envelope if the byte before it is 1.
    fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let long = |_| StoreError::Failed(format!("entry {} is too long", self.index));
        let timestamp = &self.signed_entry_timestamp;
        let envelope = self.envelope.as_deref();
        let room = 15 + timestamp.len() + self.body.len() + envelope.map_or(0, <[u8]>::len);
        let mut bytes = Vec::with_capacity(room);
        bytes.extend(self.integrated_time.to_be_bytes());
        bytes.extend(u16::try_from(timestamp.len()).map_err(long)?.to_be_bytes());
        bytes.extend(timestamp);
        bytes.extend(u32::try_from(self.body.len()).map_err(long)?.to_be_bytes());
        bytes.extend(&self.body);
        bytes.push(u8::from(envelope.is_some()));
        bytes.extend(envelope.unwrap_or_default());
        Ok(bytes)
    }

    pub(crate) fn from_bytes(index: u64, bytes: &[u8]) -> Result<Self, StoreError> {
        Self::parse(index, bytes).ok_or_else(|| StoreError::Damaged(format!("entry {index}")))
    }

    fn parse(index: u64, bytes: &[u8]) -> Option<Self> {
        let (time, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (timestamp, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (body, rest) = rest.split_at_checked(length)?;
        Some(Self {
            index,
            integrated_time: u64::from_be_bytes(*time),
            body: body.to_vec(),
            signed_entry_timestamp: timestamp.to_vec(),
            envelope: match rest.split_first()? {
                (0, []) => None,
                (1, envelope) => Some(envelope.to_vec()),
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(envelope: Option<&[u8]>) -> Entry {
        Entry {
            index: 3,
            integrated_time: 7,
            body: b"body".to_vec(),
            signed_entry_timestamp: b"set".to_vec(),
            envelope: envelope.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn an_entry_reads_back_as_it_was_written() {
        for envelope in [None, Some(b"".as_slice()), Some(b"envelope")] {
            let entry = entry(envelope);
            let bytes = entry.to_bytes().unwrap();
            assert_eq!(Entry::from_bytes(3, &bytes).unwrap(), entry);
        }
    }

    #[test]
    fn a_part_of_an_entry_is_none() {
        let bytes = entry(None).to_bytes().unwrap();
        for end in 0..bytes.len() {
            let read = Entry::from_bytes(3, &bytes[..end]);
            assert!(matches!(read, Err(StoreError::Damaged(_))), "{end}");
        }
    }

    #[test]
    fn the_newest_mention_comes_first() {
        let key = |index| {
            let mention = Mention {
                digest: [5; 32],
                kind: MentionKind::Other,
                index,
            };
            assert_eq!(Mention::index_in(&mention.key()).unwrap(), index);
            mention.key()
        };
        assert!(key(300) < key(7));
        assert!(key(u64::MAX) < key(0));
    }
}
