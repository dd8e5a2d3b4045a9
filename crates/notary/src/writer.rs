//! The only one who writes to a log: a batch at a time, in the order that [`crate::sequencer`]
//! tells of.

use crate::batches::Batches;
use crate::checkpoint;
use crate::clock;
use crate::lock::{Lock, LockError, Locked};
use crate::merkle::{self, Frontier, Hash};
use crate::recovery::{self, Agreed, Disagreement};
use crate::sequencer::{FailedBatch, Head, Job, LogIdentity, Placed, SequencerError, Submission};
use crate::store::{Batch, Entry, Mention, Store, Tree};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{mpsc, watch};

/// The most entries that share one write.
const MAX_BATCH: usize = 1024;

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
pub(crate) struct Writer {
    store: Store,
    lock: Box<dyn Lock>,
    identity: Arc<LogIdentity>,
    batches: Arc<Batches>,
    /// `None` if it is not known what the last write left behind.
    state: Option<State>,
}

impl Writer {
    /// Takes up the log where it stands.
    pub(crate) fn new(
        store: Store,
        lock: Box<dyn Lock>,
        identity: Arc<LogIdentity>,
        batches: Arc<Batches>,
    ) -> Result<Self, SequencerError> {
        let mut writer = Self {
            store,
            lock,
            identity,
            batches,
            state: None,
        };
        writer.sign_with_the_present_key()?;
        Ok(writer)
    }

    /// What the log commits to.
    pub(crate) fn head(&mut self) -> Result<Head, SequencerError> {
        Ok(self.state()?.head())
    }

    /// Writes until nobody can ask for it any more.
    pub(crate) fn run(
        mut self,
        mut jobs: mpsc::Receiver<Job>,
        publish: &watch::Sender<Arc<Head>>,
        failed: &watch::Sender<Option<FailedBatch>>,
        trouble: &watch::Sender<Option<SequencerError>>,
    ) {
        let mut waiting = Vec::new();
        while jobs.blocking_recv_many(&mut waiting, MAX_BATCH) > 0 {
            let (submissions, answers): (Vec<_>, Vec<_>) = waiting
                .drain(..)
                .filter_map(|job| match job {
                    Job::Log(submission, answer) => Some((submission, answer)),
                    Job::Look => None,
                })
                .unzip();
            let written = match submissions.is_empty() {
                true => self.look().map(|()| Vec::new()),
                false => self.write(submissions),
            };
            self.tell(&written, trouble);
            // Also if a batch before has only now turned out to be in the log.
            if let Some(state) = &self.state {
                publish.send_replace(Arc::new(state.head()));
            }
            match written {
                Ok(places) => {
                    for (answer, place) in answers.into_iter().zip(places) {
                        answer.send(Ok(place));
                    }
                }
                Err(_) if answers.is_empty() => {}
                Err(error) => {
                    failed.send_replace(Some(FailedBatch {
                        entries: answers.len(),
                        error: error.clone(),
                    }));
                    for answer in answers {
                        answer.send(Err(error.clone()));
                    }
                }
            }
        }
    }

    /// Tells whether it can write, if that has changed.
    fn tell(
        &mut self,
        written: &Result<Vec<Placed>, SequencerError>,
        trouble: &watch::Sender<Option<SequencerError>>,
    ) {
        let now = match written {
            Err(error) => Some(error.clone()),
            // What was known already was answered without writing anything.
            Ok(_) if trouble.borrow().is_some() => self.look().err(),
            Ok(_) => None,
        };
        trouble.send_if_modified(|before| {
            let differs = match (&before, &now) {
                (Some(before), Some(now)) => !now.is_as(before),
                (before, now) => before.is_some() != now.is_some(),
            };
            *before = now;
            differs
        });
    }

    /// Looks whether nobody else signs, whether the clock is right, and after a failure whether what is
    /// there can be written once more.
    pub(crate) fn look(&mut self) -> Result<(), SequencerError> {
        let failed_before = self.state.is_none();
        let locked = Some(self.state()?.locked.clone());
        if self.lock.load()? != locked {
            self.state = None;
            return Err(LockError::Changed {
                place: self.lock.place(),
            }
            .into());
        }
        if let Some(state) = self.state.take_if(|_| failed_before) {
            self.store.commit(Batch {
                tree: state.tree.clone(),
                ..Batch::default()
            })?;
            self.lock.swap(Some(&state.locked), &state.locked)?;
            self.state = Some(state);
        }
        clock::time_after(self.state()?.tree.time)?;
        Ok(())
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
        let time = clock::time_after(state.tree.time);
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
            let time = time.clone()?;
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
        batch.tree.time = time.unwrap_or(state.tree.time);
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
        let (entries, begun) = (batch.entries.len(), Instant::now());
        self.store.commit(batch)?;
        let data = begun.elapsed();
        self.lock.swap(Some(&state.locked), &locked)?;
        self.batches.count(entries, data, begun.elapsed() - data);
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
