//! What the notary asks of the place where it keeps its log.
//!
//! The sequencer is the only writer. A [`Batch`] becomes durable as a whole or not at all, and
//! what a [`Snapshot`] shows never changes, so readers and the writer do not wait for each other.

use crate::merkle::{Hash, Node, Nodes};

/// A place where a log is kept.
pub trait Store: Send + Sync {
    /// The log as it is now.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError>;

    /// Adds a batch. When this returns, the batch is on disk.
    ///
    /// # Errors
    /// When the batch could not be made durable; it may then be there or not, as a whole.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;
}

/// One state of the log.
pub trait Snapshot: Nodes<Error = StoreError> + Send {
    /// How far the log has grown.
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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Number of entries.
    pub size: u64,
    /// The signed checkpoint of that size; empty before the first entry.
    pub checkpoint: String,
    /// When the last entry was added, in seconds since the Unix epoch.
    pub time: u64,
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
    /// Another process has the store open.
    #[error("the log is in use by another process; only one notary may run on a data directory")]
    InUse,
}
