//! Gives each entry its place in the log and makes it durable before anybody hears of it.
//!
//! One thread writes. While it waits for the disk, new entries gather in its queue; when the disk
//! is done, all that have gathered become the next batch. So a lone entry waits for nothing but
//! its own write, and a crowd shares one.
//!
//! The order of a batch: the data is made durable, then the new checkpoint takes the place of the
//! old one in the [`crate::lock`], and only then does anybody hear of it. After a failure at any
//! step, [`crate::recovery`] says where the log stands before anything else is written.

use crate::batches::Batches;
use crate::checkpoint::Origin;
use crate::clock::ClockBehind;
use crate::keys::{KeyError, SigningKey};
use crate::lock::{Lock, LockError};
use crate::merkle::Hash;
use crate::recovery::Disagreement;
use crate::store::{MentionKind, Store, StoreError};
use crate::writer::Writer;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

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
    /// The machine's clock is behind the log.
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    /// Signing failed.
    #[error("the log could not sign: {0}")]
    Sign(String),
    /// The notary is stopping.
    #[error("the notary is stopping; try again in a moment")]
    Stopping,
}

impl SequencerError {
    /// Whether it may pass without anybody's mending more than a full disk.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Store(StoreError::Failed(_))
                | Self::Lock(LockError::Failed { .. })
                | Self::Disagreement(
                    Disagreement::Store(StoreError::Failed(_))
                        | Disagreement::Lock(LockError::Failed { .. })
                )
                | Self::Clock(_)
                | Self::Stopping
        )
    }

    /// Whether both say the same to an administrator: a clock that goes on is no news.
    pub fn is_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Clock(one), Self::Clock(other)) => one.last == other.last,
            _ => self.to_string() == other.to_string(),
        }
    }
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

/// Entries that could not be logged. Who sent them is told that it failed; why is the
/// administrator's business, as it names their files.
#[derive(Debug, Clone)]
pub struct FailedBatch {
    /// How many.
    pub entries: usize,
    /// Why.
    pub error: SequencerError,
}

/// The writer of a log.
pub struct Sequencer {
    queue: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    head: watch::Receiver<Arc<Head>>,
    failed: watch::Receiver<Option<FailedBatch>>,
    trouble: watch::Receiver<Option<SequencerError>>,
    batches: Arc<Batches>,
    thread: Option<JoinHandle<()>>,
}

/// What the writer is asked for.
pub(crate) enum Job {
    /// A submission on its way.
    Log(Submission, Answer),
    /// Whether it can write.
    Look,
}

/// Where a submission's answer goes, and its place in memory until then.
pub(crate) struct Answer {
    sender: oneshot::Sender<Result<Placed, SequencerError>>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Answer {
    pub(crate) fn send(self, answer: Result<Placed, SequencerError>) {
        // Whoever gave up waiting does not need it.
        let _ = self.sender.send(answer);
    }
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
        let batches = Arc::new(Batches::default());
        let mut writer = Writer::new(store, lock, identity, batches.clone())?;
        let (publish, head) = watch::channel(Arc::new(writer.head()?));
        let (tell, failed) = watch::channel(None);
        // So that whoever asks first whether it can write is told.
        let (tell_trouble, trouble) = watch::channel(writer.look().err());
        let (queue, jobs) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new()
            .name("sequencer".into())
            .spawn(move || writer.run(jobs, &publish, &tell, &tell_trouble))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self {
            queue: Some(queue),
            room: Arc::new(Semaphore::new(QUEUE_KIB as usize)),
            head,
            failed,
            trouble,
            batches,
            thread: Some(thread),
        })
    }

    /// The last batch that could not be logged; changes with each.
    pub fn failed(&self) -> watch::Receiver<Option<FailedBatch>> {
        self.failed.clone()
    }

    /// Why nothing can be logged now; `None` while it can.
    pub fn trouble(&self) -> watch::Receiver<Option<SequencerError>> {
        self.trouble.clone()
    }

    /// Has the writer look whether it still signs for the log and, after a failure, whether it can
    /// write again.
    pub fn look(&self) {
        if let Some(queue) = &self.queue {
            // Where others wait to be written, that will show it.
            let _ = queue.try_send(Job::Look);
        }
    }

    /// What was measured of the batches.
    pub fn batches(&self) -> &Batches {
        &self.batches
    }

    /// Logs an entry. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// When it could not be logged. It may still have been, if the caller gives up waiting.
    pub async fn add(&self, submission: Submission) -> Result<Placed, SequencerError> {
        let (sender, placed) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or(SequencerError::Stopping)?;
        let kib = u32::try_from(submission.length() / 1024 + 1).unwrap_or(QUEUE_KIB);
        let room = self.room.clone().acquire_many_owned(kib.min(QUEUE_KIB));
        let answer = Answer {
            sender,
            _room: room.await.ok(),
        };
        queue
            .send(Job::Log(submission, answer))
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
