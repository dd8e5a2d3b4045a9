//! Compares the logs under which something was proven with what is remembered of them, asking the
//! logs for proofs where that is needed.
//!
//! Where the memory is kept, and that two comparisons do not get in each other's way, is for the
//! caller: the [`LogBook`].

use crate::{Transport, log_proofs};
use assay_core::attestation::{Attestation, Logged};
use assay_core::evidence::{Evidence, Failure, LogDoubt, Outcome, Withheld};
use assay_core::log_memory::{self, Contradiction, LogId, LogMemory, MAX_LOGS, Need, Shown, Taken};
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;

/// How many proofs a log is asked for at most because of one answer. A notary's answer needs one;
/// more are needed only by bundles of many different days.
pub const MAX_PROOFS: usize = 16;

/// What is wrong with a log that has another key or is of another tree than before, and did not prove
/// that it continues what is remembered.
pub const DISCONTINUED: &str =
    "it does not continue what it was before its key was changed or it was restored";

/// Whether something that the evidence proves does not count because a log is discontinued.
pub fn is_discontinued(evidence: &Evidence) -> bool {
    evidence.withheld().iter().any(|withheld| {
        matches!(
            &withheld.doubt,
            LogDoubt::Unchecked { failure: Failure::Malformed { detail } } if detail == DISCONTINUED
        )
    })
}

/// Where what is remembered of logs is kept.
///
/// Errors are words for people: whatever is the matter, what was proven does not count then.
pub trait LogBook {
    /// The right to compare with the logs of one trust root, given back when it is dropped.
    type Turn<'a>: Turn
    where
        Self: 'a;

    /// All that is remembered of the logs of a trust root.
    ///
    /// # Errors
    /// When it cannot be read.
    fn memories(&self, root: &RootId) -> impl Future<Output = Result<Vec<LogMemory>, String>>;

    /// Waits until nobody else compares with the logs of a trust root. What is remembered may
    /// have changed meanwhile.
    ///
    /// # Errors
    /// When there is no telling whether anybody does.
    fn turn(&self, root: &RootId) -> impl Future<Output = Result<Self::Turn<'_>, String>>;

    /// Writes down what is remembered of one log. When this returns it is kept, whatever happens.
    /// It is called only by whoever has the turn.
    ///
    /// # Errors
    /// When it could not be written.
    fn remember(&self, memory: &LogMemory) -> impl Future<Output = Result<(), String>>;
}

/// The right to compare with the logs of one trust root.
pub trait Turn {
    /// The outage that somebody else met while this turn was waited for. Whoever waited need not
    /// ask again.
    fn outage(&self) -> Option<Failure>;

    /// Tells those who wait for their turn of an outage.
    fn tell_outage(&mut self, failure: Failure);
}

/// Withholds from the evidence whatever was proven under a log that cannot be relied on now.
///
/// `roots` are those that the evidence was proven with. The logs of the root in `asked` are asked for
/// proofs at the address beside it; the logs of others are not asked, so of them only what contradicts itself
/// in plain sight is noticed, two states of the same length, and what they show is remembered only
/// if it is the first. `now` is in seconds since 1970. What is already known is compared without a
/// request and without waiting for anybody.
pub async fn compare(
    transport: &impl Transport,
    book: &impl LogBook,
    asked: Option<(&RootId, &str)>,
    roots: &Roots,
    evidence: &mut Evidence,
    now: i64,
) {
    let Outcome::Answered {
        proven, withheld, ..
    } = &mut evidence.outcome
    else {
        return;
    };
    for prover in roots.provers() {
        let root = prover.root();
        let address = asked.and_then(|(asked, address)| (root.id() == asked).then_some(address));
        let mut comparison = Comparison {
            transport,
            address,
            root,
            now,
            memories: Vec::new(),
            compared: Vec::new(),
            proofs: 0,
        };
        comparison.sort(book, proven, withheld).await;
    }
}

struct Comparison<'a, T> {
    transport: &'a T,
    /// Where the logs can be asked, if they can.
    address: Option<&'a str>,
    root: &'a TrustRoot,
    now: i64,
    memories: Vec<LogMemory>,
    compared: Vec<Compared>,
    proofs: usize,
}

/// What became of one checkpoint.
struct Compared {
    key_id: String,
    checkpoint: Option<String>,
    doubt: Option<LogDoubt>,
}

impl<T: Transport> Comparison<'_, T> {
    /// Moves what was proven under this root and cannot be relied on to what is withheld.
    async fn sort(
        &mut self,
        book: &impl LogBook,
        proven: &mut Vec<Attestation>,
        withheld: &mut Vec<Withheld>,
    ) {
        let root = self.root.id();
        let is_here = |one: &&Attestation| one.signer.root == *root && one.logged.is_some();
        let logged: Vec<&Attestation> = proven.iter().filter(is_here).collect();
        if logged.is_empty() {
            return;
        }
        let failed = match self.all(book, &logged).await {
            Ok(()) => None,
            Err(detail) => Some(LogDoubt::Memory { detail }),
        };
        for attestation in std::mem::take(proven) {
            let logged = attestation.logged.as_ref();
            let doubt = match (logged.filter(|_| attestation.signer.root == *root), &failed) {
                (None, _) => None,
                (Some(_), Some(failed)) => Some(failed.clone()),
                (Some(logged), None) => self.doubt(logged),
            };
            match doubt {
                None => proven.push(attestation),
                Some(doubt) => withheld.push(Withheld { attestation, doubt }),
            }
        }
    }

    async fn all(&mut self, book: &impl LogBook, logged: &[&Attestation]) -> Result<(), String> {
        self.memories = book.memories(self.root.id()).await?;
        let mut turn = None;
        for logged in logged.iter().filter_map(|one| one.logged.as_ref()) {
            if self.find(logged).is_some() {
                continue;
            }
            if turn.is_none() && self.known(logged).is_none() {
                turn = Some(book.turn(self.root.id()).await?);
                self.memories = book.memories(self.root.id()).await?;
            }
            let doubt = match (self.known(logged), &mut turn) {
                (Some(doubt), _) => doubt,
                (None, Some(turn)) => self.ask(book, turn, logged).await?,
                (None, None) => continue,
            };
            self.compared.push(Compared {
                key_id: logged.log_id.clone(),
                checkpoint: logged.checkpoint.clone(),
                doubt,
            });
        }
        Ok(())
    }

    fn find(&self, logged: &Logged) -> Option<&Compared> {
        self.compared
            .iter()
            .find(|one| one.key_id == logged.log_id && one.checkpoint == logged.checkpoint)
    }

    /// What is the matter with the log of an attestation, if anything. That it contradicted itself
    /// may have come out by another attestation, after this one was compared.
    fn doubt(&self, logged: &Logged) -> Option<LogDoubt> {
        if self.is_blocked(&logged.log_id) {
            return Some(LogDoubt::Contradicted);
        }
        match self.find(logged) {
            Some(compared) => compared.doubt.clone(),
            None => Some(unchecked("it was not compared")),
        }
    }

    fn is_blocked(&self, key_id: &str) -> bool {
        self.memories
            .iter()
            .any(|memory| memory.log.key_id == key_id && memory.alarm.is_some())
    }

    /// What can be said without asking anybody, where something can.
    fn known(&self, logged: &Logged) -> Option<Option<LogDoubt>> {
        if self.is_blocked(&logged.log_id) {
            return Some(Some(LogDoubt::Contradicted));
        }
        let Some(checkpoint) = &logged.checkpoint else {
            // Nothing tells from which state of the log this comes. Old bundles of Sigstore's have
            // only the log's promise; a notary, which makes them afresh for each answer, has no
            // reason to leave the checkpoint out.
            let doubt = self.root.id().is_notary();
            return Some(doubt.then(|| unchecked("a proof without a checkpoint of the log")));
        };
        self.memories
            .iter()
            .any(|memory| memory.log.key_id == logged.log_id && memory.knows_note(checkpoint))
            .then_some(None)
    }

    /// What is remembered of a notary's log from before it began this tree, after a restore from a
    /// backup, or from before its key was changed. It has one log, and by beginning anew it could take back all that it showed, so the
    /// first checkpoint must continue what is remembered. One that is set up anew has another trust
    /// root, and no past here.
    fn before(&self, log: &LogId) -> Option<LogMemory> {
        let own = self
            .memories
            .iter()
            .filter(|one| log.root.is_notary() && one.log.root == log.root);
        own.max_by_key(|one| one.latest.size).cloned()
    }

    /// Compares one checkpoint, with the turn.
    async fn ask(
        &mut self,
        book: &impl LogBook,
        turn: &mut impl Turn,
        logged: &Logged,
    ) -> Result<Option<LogDoubt>, String> {
        let note = logged.checkpoint.as_deref().unwrap_or_default();
        let shown = match log_memory::read(note, &logged.log_id, self.root) {
            Ok(shown) => shown,
            Err(problem) => return Ok(Some(unchecked(&problem.to_string()))),
        };
        let known = self.memories.iter().find(|one| one.log == shown.log);
        // Whatever it continues: that the same entries are in another tree costs a log nothing.
        if known.is_none() && self.memories.len() >= MAX_LOGS {
            return Ok(Some(unchecked("more trees than any log has")));
        }
        if let (None, Some(before)) = (known, self.before(&shown.log)) {
            return self.continue_from(book, turn, before, &shown).await;
        }
        let Some(mut memory) = known.cloned() else {
            let memory = LogMemory::begin(&shown);
            book.remember(&memory).await?;
            self.memories.push(memory);
            return Ok(None);
        };
        let found = match memory.need(&shown) {
            Need::Nothing => return Ok(None),
            Need::Contradiction(found) => Ok(Some(found)),
            Need::Proof { .. } if turn.outage().is_some() => {
                return Ok(turn.outage().map(|failure| LogDoubt::Unchecked { failure }));
            }
            Need::Proof { .. } if self.proofs >= MAX_PROOFS => {
                return Ok(Some(unchecked("too many different states of the log")));
            }
            Need::Proof { first, last } => match self.address {
                Some(address) => {
                    let ends = (first, last);
                    self.prove(address, &mut memory, &shown, ends).await
                }
                None => return Ok(None),
            },
        };
        let doubt = match found {
            Ok(None) => None,
            Ok(Some(contradiction)) => {
                memory.raise(&contradiction, self.now);
                Some(LogDoubt::Contradicted)
            }
            Err(failure) => {
                if matches!(failure, Failure::Unreachable | Failure::TimedOut { .. }) {
                    turn.tell_outage(failure.clone());
                }
                return Ok(Some(LogDoubt::Unchecked { failure }));
            }
        };
        // Written before anything follows from it.
        book.remember(&memory).await?;
        self.memories.retain(|known| known.log != memory.log);
        self.memories.push(memory);
        Ok(doubt)
    }

    /// Compares the first checkpoint by a notary's new key, or of its new tree, with what is remembered
    /// of its log. The notes of two keys or two trees are no evidence that one of them contradicted
    /// itself, so what does not continue is not believed, and raises no alarm.
    async fn continue_from(
        &mut self,
        book: &impl LogBook,
        turn: &mut impl Turn,
        mut before: LogMemory,
        shown: &Shown,
    ) -> Result<Option<LogDoubt>, String> {
        if before.alarm.is_some() {
            return Ok(Some(LogDoubt::Contradicted));
        }
        let size = before.latest.size;
        let broken = || unchecked(DISCONTINUED);
        match (before.need(shown), self.address, turn.outage()) {
            (Need::Nothing, ..) => {}
            (Need::Contradiction(_), ..) => return Ok(Some(broken())),
            // As for any other state of a log that is not asked.
            (Need::Proof { .. }, None, _) => return Ok(None),
            (Need::Proof { .. }, _, Some(failure)) => {
                return Ok(Some(LogDoubt::Unchecked { failure }));
            }
            (Need::Proof { .. }, ..) if self.proofs >= MAX_PROOFS => {
                return Ok(Some(unchecked("too many different states of the log")));
            }
            (Need::Proof { first, last }, Some(address), None) => {
                match self.prove(address, &mut before, shown, (first, last)).await {
                    Ok(None) => {}
                    Ok(Some(_)) => return Ok(Some(broken())),
                    Err(failure) => {
                        if matches!(failure, Failure::Unreachable | Failure::TimedOut { .. }) {
                            turn.tell_outage(failure.clone());
                        }
                        return Ok(Some(LogDoubt::Unchecked { failure }));
                    }
                }
            }
        }
        // An earlier state is no sign that all is there that was shown since: what comes after it is
        // compared with that, and not with this one.
        if shown.checkpoint.size < size {
            return Ok(None);
        }
        let memory = LogMemory::begin(shown);
        book.remember(&memory).await?;
        self.memories.push(memory);
        Ok(None)
    }

    /// Asks the log for the proof that two of its states belong together. The contradiction, if it
    /// proves one; nothing, if they do.
    async fn prove(
        &mut self,
        address: &str,
        memory: &mut LogMemory,
        shown: &Shown,
        (first, last): (u64, u64),
    ) -> Result<Option<Box<Contradiction>>, Failure> {
        let worthless = || Failure::Malformed {
            detail: format!("no proof that leads from {first} to {last} entries"),
        };
        self.proofs += 1;
        let log: &LogId = &shown.log;
        let request = log_proofs::consistency_request(address, log, first, last);
        let hashes = log_proofs::read_consistency(&self.transport.send(&request).await?)?;
        match memory.take(shown, &hashes) {
            Taken::Consistent => Ok(None),
            Taken::Contradiction(found) => Ok(Some(found)),
            Taken::Unproven => Err(worthless()),
            Taken::MayContradict { entry } => {
                let request = log_proofs::entry_request(address, entry);
                let placed = log_proofs::read_entry(&self.transport.send(&request).await?, entry)?;
                let under = log_memory::read(&placed.checkpoint, &log.key_id, self.root)
                    .map_err(|_| worthless())?;
                memory
                    .contradiction_by_entry(shown, &under, &placed.leaf_hash, &placed.hashes)
                    .map(|found| Some(Box::new(found)))
                    .ok_or_else(worthless)
            }
        }
    }
}

fn unchecked(detail: &str) -> LogDoubt {
    LogDoubt::Unchecked {
        failure: Failure::Malformed {
            detail: detail.to_owned(),
        },
    }
}
