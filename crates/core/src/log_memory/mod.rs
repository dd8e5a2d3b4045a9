//! A log that is remembered.
//!
//! A transparency log is worth something only if it shows everybody the same, and never takes back
//! what it showed. So the last checkpoint of each log is kept, and each further one is compared
//! with it: a newer one must come with a proof that the log merely grew, an older one with a proof
//! that what is remembered grew out of it.
//!
//! What follows from it is strict in both directions. As long as a checkpoint is not shown to be
//! consistent, what was proven under it does not count: a proof that is missing, broken or refused
//! is an outage. The alarm is raised only by two checkpoints that the log's key signed and that
//! provably contradict each other ([`Contradiction`]); from then on the log proves nothing until
//! the user decides.
//!
//! Nothing is stored here, and nobody is asked: [`LogMemory::need`] says what to ask for, and
//! whoever holds the memory writes it down before acting on it.

mod checkpoint;
mod consistency;
mod contradiction;
#[cfg(test)]
mod tests;
mod withhold;

pub use checkpoint::{Checkpoint, CheckpointError, LogId, MAX_CHECKPOINT_BYTES, Shown, read};
pub use consistency::{MAX_HASHES, leaf_hash};
pub use contradiction::{
    CONTRADICTION_SCHEMA, Contradiction, ContradictionError, MAX_CONTRADICTION_BYTES, Proof,
};
pub use withhold::{Blocked, blocked, withhold, withhold_all};

use crate::digest::Sha256Digest;
use consistency::Finding;
use serde::{Deserialize, Serialize};

/// The version of the stored memory.
pub const MEMORY_VERSION: u32 = 1;

/// How many older checkpoints are kept of one log, so that nobody has to be asked about them
/// again.
pub const OLDER_KEPT: usize = 16;

/// How many trees of one trust root are remembered, with those that a notary proves to go on from
/// others. Sigstore's Rekor had four in as many years; a log that shows a new tree each time shall not
/// fill the disk.
pub const MAX_LOGS: usize = 32;

/// How many decided alarms are kept of one log. The oldest go first.
pub const DECIDED_KEPT: usize = 8;

/// What is remembered of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogMemory {
    /// [`MEMORY_VERSION`] when written by this version.
    pub version: u32,
    /// The log's short name ([`LogId::short`]), under which this is stored.
    pub id: String,
    /// The log.
    pub log: LogId,
    /// The largest tree that it showed.
    pub latest: Checkpoint,
    /// Other trees that it showed, all of them consistent with the latest; the last met comes
    /// last.
    #[serde(default)]
    pub older: Vec<Checkpoint>,
    /// That it contradicted itself, and the user has not decided yet. As long as this is there, the
    /// log proves nothing.
    #[serde(default)]
    pub alarm: Option<Alarm>,
    /// Alarms on which the user decided, the oldest first.
    #[serde(default)]
    pub decided: Vec<Alarm>,
}

/// That a log contradicted itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// What was remembered of it.
    pub remembered: Checkpoint,
    /// What it showed later.
    pub shown: Checkpoint,
    /// The evidence, as it is exported ([`Contradiction::export`]). Kept as text, as nothing here
    /// looks into it any more.
    pub evidence: String,
    /// When it was found, in seconds since 1970.
    pub found_at: i64,
    /// Whether all that follows from it was done: earlier verdicts, a notification.
    #[serde(default)]
    pub told: bool,
    /// Whether the user has seen it.
    #[serde(default)]
    pub seen: bool,
    /// When the user decided to trust the log again, in seconds since 1970.
    #[serde(default)]
    pub decided_at: Option<i64>,
}

/// What has to be done about a checkpoint that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Nothing: it is a state of the log that is known already.
    Nothing,
    /// A consistency proof between these sizes of the tree.
    Proof {
        /// The smaller one.
        first: u64,
        /// The larger one.
        last: u64,
    },
    /// It contradicts what is remembered; no proof is needed.
    Contradiction(Box<Contradiction>),
}

/// What a consistency proof led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The checkpoint is consistent, and is remembered now.
    Consistent,
    /// It contradicts what is remembered.
    Contradiction(Box<Contradiction>),
    /// The proof proves nothing.
    Unproven,
    /// The proof proves nothing, but the inclusion proof of the entry at this index may show a
    /// contradiction.
    MayContradict {
        /// The index.
        entry: u64,
    },
}

impl LogMemory {
    /// The memory of a log that was never met before. What it shows first has to be taken as it
    /// is.
    pub fn begin(shown: &Shown) -> Self {
        Self {
            version: MEMORY_VERSION,
            id: shown.log.short(),
            log: shown.log.clone(),
            latest: shown.checkpoint.clone(),
            older: Vec::new(),
            alarm: None,
            decided: Vec::new(),
        }
    }

    /// Whether just this signed note was checked before, so that its signature need not be checked
    /// again.
    pub fn knows_note(&self, note: &str) -> bool {
        self.known().any(|known| known.note == note)
    }

    /// What has to be done about a checkpoint of this log. Nothing is remembered by asking.
    pub fn need(&self, shown: &Shown) -> Need {
        let checkpoint = &shown.checkpoint;
        if let Some(known) = self.known().find(|known| known.size == checkpoint.size) {
            return match known.root_hash == checkpoint.root_hash {
                true => Need::Nothing,
                false => {
                    let contradiction = contradiction(known, shown, Proof::SameSize);
                    Need::Contradiction(Box::new(contradiction))
                }
            };
        }
        Need::Proof {
            first: self.latest.size.min(checkpoint.size),
            last: self.latest.size.max(checkpoint.size),
        }
    }

    /// Takes the consistency proof that [`Need::Proof`] asked for. The checkpoint is remembered if
    /// it is consistent; nothing else changes the memory.
    pub fn take(&mut self, shown: &Shown, hashes: &[Sha256Digest]) -> Taken {
        let (older, newer) = by_size(&self.latest, &shown.checkpoint);
        match consistency::by_consistency_proof(older, newer, hashes) {
            Finding::Consistent => {
                self.remember(shown.checkpoint.clone());
                Taken::Consistent
            }
            Finding::Contradictory { .. } => {
                let hashes = hashes.to_vec();
                let proof = Proof::Consistency { hashes };
                Taken::Contradiction(Box::new(contradiction(&self.latest, shown, proof)))
            }
            Finding::Unproven
                if consistency::may_hide_contradiction(older.size, newer.size, hashes.len()) =>
            {
                Taken::MayContradict { entry: older.size }
            }
            Finding::Unproven => Taken::Unproven,
        }
    }

    /// Takes the inclusion proof that [`Taken::MayContradict`] asked for, under the checkpoint that
    /// it came with. `shown` is the checkpoint in question. Nothing is remembered.
    ///
    /// The proof's checkpoint is what the log commits to now, and so in general neither of the two.
    /// It contradicts whichever of them is the smaller tree, or nothing.
    pub fn contradiction_by_entry(
        &self,
        shown: &Shown,
        under: &Shown,
        leaf_hash: &Sha256Digest,
        hashes: &[Sha256Digest],
    ) -> Option<Contradiction> {
        if under.log != self.log || shown.log != self.log {
            return None;
        }
        let (older, _) = by_size(&self.latest, &shown.checkpoint);
        let finding = consistency::by_inclusion_proof(older, &under.checkpoint, leaf_hash, hashes);
        let proof = Proof::Inclusion {
            leaf_hash: *leaf_hash,
            hashes: hashes.to_vec(),
        };
        matches!(finding, Finding::Contradictory { .. }).then(|| contradiction(older, under, proof))
    }

    /// Raises the alarm. Where there is one already, it stays as it is.
    pub fn raise(&mut self, contradiction: &Contradiction, found_at: i64) {
        if self.alarm.is_none() {
            self.alarm = Some(Alarm {
                remembered: contradiction.remembered.clone(),
                shown: contradiction.shown.clone(),
                evidence: contradiction.export(),
                found_at,
                told: false,
                seen: false,
                decided_at: None,
            });
        }
    }

    /// The user trusts the log again, from the state on that it showed last: what it showed before
    /// is compared no more. The alarm is kept. Nothing happens where there is none.
    pub fn trust_again(&mut self, decided_at: i64) {
        let Some(mut alarm) = self.alarm.take() else {
            return;
        };
        alarm.decided_at = Some(decided_at);
        self.latest = alarm.shown.clone();
        self.older.clear();
        self.decided.push(alarm);
        let surplus = self.decided.len().saturating_sub(DECIDED_KEPT);
        self.decided.drain(..surplus);
    }

    fn known(&self) -> impl Iterator<Item = &Checkpoint> {
        std::iter::once(&self.latest).chain(&self.older)
    }

    fn remember(&mut self, checkpoint: Checkpoint) {
        let older = match checkpoint.size > self.latest.size {
            true => std::mem::replace(&mut self.latest, checkpoint),
            false => checkpoint,
        };
        self.older.push(older);
        let surplus = self.older.len().saturating_sub(OLDER_KEPT);
        self.older.drain(..surplus);
    }
}

fn by_size<'a>(one: &'a Checkpoint, other: &'a Checkpoint) -> (&'a Checkpoint, &'a Checkpoint) {
    match one.size <= other.size {
        true => (one, other),
        false => (other, one),
    }
}

fn contradiction(remembered: &Checkpoint, shown: &Shown, proof: Proof) -> Contradiction {
    Contradiction {
        schema: CONTRADICTION_SCHEMA.to_owned(),
        log: shown.log.clone(),
        public_key: shown.public_key.clone(),
        remembered: remembered.clone(),
        shown: shown.checkpoint.clone(),
        proof,
    }
}
