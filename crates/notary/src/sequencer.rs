//! Gives each entry its place in the log and makes it durable before anybody hears of it.
//!
//! One thread writes. While it waits for the disk, new entries gather in its queue; when the disk
//! is done, all that have gathered become the next batch. So a lone entry waits for nothing but
//! its own write, and a crowd shares one.

use crate::checkpoint::{self, Origin};
use crate::clock::now;
use crate::keys::{KeyError, SigningKey};
use crate::merkle::{self, Frontier, Hash};
use crate::store::{Batch, Entry, Mention, MentionKind, Store, StoreError, Tree};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

/// The most entries that share one write. Bounds what one write holds in memory.
const MAX_BATCH: usize = 1024;
/// How many entries may wait; whoever comes then waits for a place.
const QUEUE: usize = 2048;

/// An entry whose signature was verified, ready to be logged.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The canonical body.
    pub body: Vec<u8>,
    /// The DSSE envelope (JSON) of an entry whose body holds only its hashes.
    pub envelope: Option<Vec<u8>>,
    /// The digests by which it is to be found.
    pub digests: Vec<(Hash, MentionKind)>,
}

/// Where a submission ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// It is a new entry, on disk now.
    New(u64),
    /// The log has had the same entry at this index before.
    Known(u64),
}

/// What the log commits to at its present size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of entries.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// The signed checkpoint.
    pub checkpoint: String,
}

/// Why an entry was not logged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SequencerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing failed.
    #[error("the log could not sign: {0}")]
    Sign(String),
    /// The notary is stopping.
    #[error("the notary is stopping; try again in a moment")]
    Stopping,
}

impl From<KeyError> for SequencerError {
    fn from(error: KeyError) -> Self {
        Self::Sign(error.to_string())
    }
}

/// What the log signs with, and as whom.
#[derive(Debug)]
pub struct LogIdentity {
    /// The log's key.
    pub key: SigningKey,
    /// The log's name in its checkpoints.
    pub origin: Origin,
}

/// The writer of a log.
pub struct Sequencer {
    queue: Option<mpsc::Sender<Job>>,
    head: watch::Receiver<Arc<Head>>,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    submission: Submission,
    answer: oneshot::Sender<Result<Placed, SequencerError>>,
}

impl Sequencer {
    /// Starts to write to `store`.
    ///
    /// # Errors
    /// When the log cannot be read, or the thread cannot be started.
    pub fn start(
        store: Arc<dyn Store>,
        identity: Arc<LogIdentity>,
    ) -> Result<Self, SequencerError> {
        let state = State::load(store.as_ref(), &identity)?;
        let (publish, head) = watch::channel(Arc::new(state.head()));
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sequencer".into())
            .spawn(move || run(store.as_ref(), &identity, state, jobs, &publish))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            head,
            thread: Some(thread),
        })
    }

    /// Logs an entry. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// When it could not be logged. It may still have been, if the caller gives up waiting.
    pub async fn add(&self, submission: Submission) -> Result<Placed, SequencerError> {
        let (answer, placed) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(SequencerError::Stopping)?;
        let job = Job { submission, answer };
        queue
            .send(job)
            .await
            .map_err(|_| SequencerError::Stopping)?;
        placed.await.map_err(|_| SequencerError::Stopping)?
    }

    /// What the log commits to now. All of it is on disk.
    pub fn head(&self) -> Arc<Head> {
        self.head.borrow().clone()
    }
}

impl Drop for Sequencer {
    /// Finishes what was accepted.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the writer knows without reading: the right edge of the tree.
struct State {
    frontier: Frontier,
    tree: Tree,
}

impl State {
    fn load(store: &dyn Store, identity: &LogIdentity) -> Result<Self, SequencerError> {
        let snapshot = store.snapshot()?;
        let mut tree = snapshot.tree()?;
        let frontier = Frontier::load(tree.size, snapshot.as_ref())?;
        if tree.checkpoint.is_empty() {
            tree.checkpoint =
                checkpoint::sign(&identity.origin, 0, &merkle::empty_root(), &identity.key)?;
        }
        Ok(Self { frontier, tree })
    }

    fn head(&self) -> Head {
        Head {
            size: self.tree.size,
            root: self.frontier.root(),
            checkpoint: self.tree.checkpoint.clone(),
        }
    }
}

fn run(
    store: &dyn Store,
    identity: &LogIdentity,
    mut state: State,
    mut jobs: mpsc::Receiver<Job>,
    publish: &watch::Sender<Arc<Head>>,
) {
    let mut waiting = Vec::new();
    while jobs.blocking_recv_many(&mut waiting, MAX_BATCH) > 0 {
        let (submissions, answers): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|job| (job.submission, job.answer))
            .unzip();
        match write(store, identity, &mut state, submissions) {
            Ok((places, head)) => {
                publish.send_replace(Arc::new(head));
                for (answer, place) in answers.into_iter().zip(places) {
                    // Whoever gave up waiting does not need the answer.
                    let _ = answer.send(Ok(place));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
                // The batch may have reached the disk all the same, so the store is asked anew.
                // While it cannot answer, every batch fails at the same place.
                if let Ok(reloaded) = State::load(store, identity) {
                    state = reloaded;
                    publish.send_replace(Arc::new(state.head()));
                }
            }
        }
    }
}

/// Makes one batch durable; the state changes only if that succeeds.
fn write(
    store: &dyn Store,
    identity: &LogIdentity,
    state: &mut State,
    submissions: Vec<Submission>,
) -> Result<(Vec<Placed>, Head), SequencerError> {
    let snapshot = store.snapshot()?;
    let log_id = identity.key.id().to_hex();
    // A clock that was set back must not make the log's order and its times disagree.
    let time = now().max(state.tree.time);
    let mut frontier = state.frontier.clone();
    let mut batch = Batch::default();
    let mut fresh: HashMap<Hash, u64> = HashMap::new();
    let mut places = Vec::with_capacity(submissions.len());

    for submission in submissions {
        let leaf = merkle::leaf_hash(&submission.body);
        let known = match fresh.get(&leaf) {
            Some(index) => Some(*index),
            None => snapshot.index_of(&leaf)?,
        };
        if let Some(index) = known {
            places.push(Placed::Known(index));
            continue;
        }
        let index = frontier.size();
        let promise = Promise {
            body: STANDARD.encode(&submission.body),
            integrated_time: time,
            log_id: &log_id,
            log_index: index,
        };
        let signed_entry_timestamp = identity.key.sign(&promise.canonical()?)?;
        frontier.append(leaf, &mut batch.nodes);
        fresh.insert(leaf, index);
        for (digest, kind) in submission.digests {
            batch.mentions.push(Mention {
                digest,
                kind,
                index,
            });
        }
        let entry = Entry {
            index,
            integrated_time: time,
            body: submission.body,
            signed_entry_timestamp,
            envelope: submission.envelope,
        };
        batch.entries.push((leaf, entry));
        places.push(Placed::New(index));
    }

    if !batch.entries.is_empty() {
        let (size, root) = (frontier.size(), frontier.root());
        batch.tree = Tree {
            size,
            checkpoint: checkpoint::sign(&identity.origin, size, &root, &identity.key)?,
            time,
        };
        store.commit(&batch)?;
        state.frontier = frontier;
        state.tree = batch.tree;
    }
    Ok((places, state.head()))
}

/// What a signed entry timestamp is over: this, as canonical JSON (RFC 8785).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Promise<'a> {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: &'a str,
    log_index: u64,
}

impl Promise<'_> {
    fn canonical(&self) -> Result<Vec<u8>, SequencerError> {
        serde_json_canonicalizer::to_vec(self)
            .map_err(|error| SequencerError::Sign(error.to_string()))
    }
}
