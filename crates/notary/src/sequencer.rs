//! Gives each entry its place in the log and makes it durable before anybody hears of it.
//!
//! One thread writes. While it waits for the disk, new entries gather in its queue; when the disk
//! is done, all that have gathered become the next batch. So a lone entry waits for nothing but
//! its own write, and a crowd shares one.
//!
//! The order of a batch: the data is made durable, then the new checkpoint takes the place of the
//! old one in the [`crate::lock`], and only then does anybody hear of it. After a failure at any
//! step, [`crate::recovery`] says where the log stands before anything else is written.

use crate::checkpoint::{self, Origin};
use crate::clock::now;
use crate::keys::{KeyError, SigningKey};
use crate::lock::{Lock, LockError, Locked};
use crate::merkle::{self, Frontier, Hash};
use crate::recovery::{self, Agreed, Disagreement};
use crate::store::{Batch, Entry, Mention, MentionKind, Store, StoreError, Tree};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// The most entries that share one write. Bounds what one write holds in memory.
const MAX_BATCH: usize = 1024;
/// How many entries may wait; whoever comes then waits for a place.
const QUEUE: usize = 2048;
/// How many KiB the entries that wait or are being written may have together; likewise.
const QUEUE_KIB: u32 = 32 * 1024;

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
    /// The lock failed, or somebody else signs.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Data and lock do not agree.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
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
    room: Arc<Semaphore>,
    head: watch::Receiver<Arc<Head>>,
    thread: Option<JoinHandle<()>>,
}

struct Job {
    submission: Submission,
    answer: oneshot::Sender<Result<Placed, SequencerError>>,
    /// Its place in memory, until it is answered.
    _room: Option<OwnedSemaphorePermit>,
}

impl Sequencer {
    /// Starts to write to `store`, which has been begun, signing by `lock`.
    ///
    /// # Errors
    /// When the log cannot be read, data and lock do not agree, or the thread cannot be started.
    pub fn start(
        store: Store,
        lock: Box<dyn Lock>,
        identity: Arc<LogIdentity>,
    ) -> Result<Self, SequencerError> {
        let mut writer = Writer {
            store,
            lock,
            identity,
            state: None,
        };
        writer.sign_with_the_present_key()?;
        let (publish, head) = watch::channel(Arc::new(writer.state()?.head()));
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sequencer".into())
            .spawn(move || writer.run(jobs, &publish))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(QUEUE_KIB as usize)),
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
        let kib = u32::try_from(submission.length() / 1024 + 1).unwrap_or(QUEUE_KIB);
        let room = self.room.clone().acquire_many_owned(kib.min(QUEUE_KIB));
        let job = Job {
            submission,
            answer,
            _room: room.await.ok(),
        };
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

impl Submission {
    /// Bytes that it holds in memory, roughly.
    fn length(&self) -> usize {
        let digests = self.digests.len() * size_of::<(Hash, MentionKind)>();
        self.body.len() + self.envelope.as_ref().map_or(0, Vec::len) + digests
    }
}

/// Begins a log in an empty store, and its lock. What was begun before is finished.
///
/// # Errors
/// When the log has entries already, or store or lock cannot be used.
pub fn begin(
    store: &Store,
    lock: &mut dyn Lock,
    identity: &LogIdentity,
) -> Result<(), SequencerError> {
    let mut tree = store.snapshot()?.tree()?;
    if tree.checkpoint.is_empty() {
        tree.checkpoint =
            checkpoint::sign(&identity.origin, 0, &merkle::empty_root(), &identity.key)?;
        store.commit(Batch {
            tree: tree.clone(),
            ..Batch::default()
        })?;
    }
    match lock.load()? {
        Some(_) => Ok(()),
        None if tree.size > 0 => Err(Disagreement::NoLock {
            place: lock.place(),
        })?,
        None => Ok(lock.swap(None, &Locked::at(&tree.checkpoint))?),
    }
}

/// What the writer knows without reading: the right edge of the tree, and what is locked.
struct State {
    frontier: Frontier,
    tree: Tree,
    locked: Locked,
}

impl From<Agreed> for State {
    fn from(agreed: Agreed) -> Self {
        Self {
            frontier: agreed.frontier,
            tree: agreed.tree,
            locked: agreed.locked,
        }
    }
}

impl State {
    fn head(&self) -> Head {
        Head {
            size: self.tree.size,
            root: self.frontier.root(),
            checkpoint: self.tree.checkpoint.clone(),
        }
    }
}

/// The only one who writes.
struct Writer {
    store: Store,
    lock: Box<dyn Lock>,
    identity: Arc<LogIdentity>,
    /// `None` if it is not known what the last write left behind.
    state: Option<State>,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>, publish: &watch::Sender<Arc<Head>>) {
        let mut waiting = Vec::new();
        while jobs.blocking_recv_many(&mut waiting, MAX_BATCH) > 0 {
            let (mut submissions, mut answers) = (Vec::new(), Vec::new());
            for job in waiting.drain(..) {
                submissions.push(job.submission);
                answers.push((job.answer, job._room));
            }
            let written = self.write(submissions);
            // Also if a batch before has only now turned out to be in the log.
            if let Some(state) = &self.state {
                publish.send_replace(Arc::new(state.head()));
            }
            match written {
                Ok(places) => {
                    for ((answer, _), place) in answers.into_iter().zip(places) {
                        // Whoever gave up waiting does not need the answer.
                        let _ = answer.send(Ok(place));
                    }
                }
                Err(error) => {
                    for (answer, _) in answers {
                        let _ = answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// The state that data and lock agree on.
    fn state(&mut self) -> Result<&State, SequencerError> {
        if self.state.is_none() {
            let agreed = recovery::agree(&self.store, self.lock.as_mut())?;
            self.state = Some(agreed.into());
        }
        self.state.as_ref().ok_or(SequencerError::Stopping)
    }

    /// Writes one batch and puts it into the lock.
    fn write(&mut self, submissions: Vec<Submission>) -> Result<Vec<Placed>, SequencerError> {
        self.state()?;
        let Some(state) = self.state.as_ref() else {
            return Err(SequencerError::Stopping);
        };
        let (places, batch, frontier) = self.prepare(state, submissions)?;
        if !batch.entries.is_empty() {
            self.add(batch, frontier)?;
        }
        Ok(places)
    }

    /// Gives the entries their places.
    fn prepare(
        &self,
        state: &State,
        submissions: Vec<Submission>,
    ) -> Result<(Vec<Placed>, Batch, Frontier), SequencerError> {
        let snapshot = self.store.snapshot()?;
        let key = &self.identity.key;
        let log_id = key.id().to_hex();
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
            let signed_entry_timestamp = key.sign_quickly(&promise.canonical()?)?;
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
        batch.tree.time = time;
        Ok((places, batch, frontier))
    }

    /// Data first, then the lock; the state is unknown until both are done.
    fn add(&mut self, mut batch: Batch, frontier: Frontier) -> Result<(), SequencerError> {
        let (size, root) = (frontier.size(), frontier.root());
        let identity = &self.identity;
        let checkpoint = checkpoint::sign(&identity.origin, size, &root, &identity.key)?;
        let Some(state) = self.state.take() else {
            return Err(SequencerError::Stopping);
        };
        batch.tree = Tree {
            size,
            checkpoint,
            time: batch.tree.time,
            previous: state.tree.checkpoint,
        };
        let tree = batch.tree.clone();
        let locked = Locked::at(&tree.checkpoint);
        self.store.commit(batch)?;
        self.lock.swap(Some(&state.locked), &locked)?;
        self.state = Some(State {
            frontier,
            tree,
            locked,
        });
        Ok(())
    }

    /// A log whose key is another than the last time has its present state signed by this one.
    fn sign_with_the_present_key(&mut self) -> Result<(), SequencerError> {
        let state = self.state()?;
        let (tree, frontier) = (state.tree.clone(), state.frontier.clone());
        if checkpoint::names_key(&tree.checkpoint, &self.identity.key) {
            return Ok(());
        }
        let batch = Batch {
            tree,
            ..Batch::default()
        };
        self.add(batch, frontier)
    }
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
