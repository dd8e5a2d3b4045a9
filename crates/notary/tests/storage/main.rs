//! What was acknowledged is never lost, and the log never forks: over a disk that forgets what was
//! not synced, and with a fault at every step.

#[path = "../common/mod.rs"]
mod common;
mod disk;
mod lock;
mod shelf;

use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use assay_notary::merkle::Hash;
use assay_notary::notary::{Question, Reach};
use assay_notary::proposal::Proposal;
use assay_notary::redb_store::RedbStore;
use assay_notary::sequencer::{Placed, SequencerError, Submission};
use assay_notary::{Notary, NotaryError, checkpoint, merkle};
use common::{DataFolder, hashed_rekord};
use disk::{Disk, Fault, Weather};
use lock::TestLock;
use shelf::Shelf;
use sigstore_types::Sha256Hash;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// How many write at once.
const WRITERS: usize = 3;

/// An entry that the notary has acknowledged.
struct Acknowledged {
    index: u64,
    leaf: Hash,
    artifact: Hash,
    timestamp: Option<Vec<u8>>,
}

struct World {
    data: DataFolder,
    weather: Weather,
    disk: Disk,
    /// Where the log is instead of on the disk.
    shelf: Option<Shelf>,
    lock: TestLock,
    key: SigningKey,
    runtime: Runtime,
    acknowledged: Vec<Acknowledged>,
    /// Each size and root that the notary has shown to anybody.
    shown: BTreeMap<u64, Hash>,
    written: usize,
    chance: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let weather = Weather::default();
        Self {
            data: DataFolder::new(),
            disk: Disk::new(&weather),
            shelf: None,
            lock: TestLock::new(&weather),
            weather,
            key: SigningKey::generate().unwrap(),
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .build()
                .unwrap(),
            acknowledged: Vec::new(),
            shown: BTreeMap::new(),
            written: 0,
            chance: seed,
        }
    }

    /// Some number below `limit` (xorshift64*).
    fn random(&mut self, limit: u64) -> u64 {
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        self.chance.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }

    fn on_a_shelf(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.shelf = Some(Shelf::new(&world.weather));
        world
    }

    fn open(&self) -> Result<Notary, NotaryError> {
        let (disk, shelf, lock) = (self.disk.clone(), self.shelf.clone(), self.lock.clone());
        Notary::open_on(
            self.data.path(),
            None,
            "http://127.0.0.1:1",
            || match shelf {
                Some(shelf) => Ok(Arc::new(shelf)),
                None => Ok(Arc::new(RedbStore::on(move || disk.clone())?)),
            },
            |_| Ok(Box::new(lock)),
        )
    }

    /// Some write at once; returns what each was told.
    fn write(&mut self, notary: &Notary) -> Vec<Result<Placed, SequencerError>> {
        self.write_entries(notary, WRITERS)
    }

    fn write_entries(
        &mut self,
        notary: &Notary,
        entries: usize,
    ) -> Vec<Result<Placed, SequencerError>> {
        let submissions: Vec<_> = (0..entries)
            .map(|_| {
                self.written += 1;
                let content = format!("file {}", self.written).into_bytes();
                let entry = hashed_rekord(&content, &self.key, &self.key.public_pem());
                let proposal = Proposal::parse(entry.to_string().as_bytes()).unwrap();
                (content, notary.prepare(proposal).unwrap())
            })
            .collect();
        self.submit(notary, submissions)
    }

    fn submit(
        &mut self,
        notary: &Notary,
        submissions: Vec<(Vec<u8>, Submission)>,
    ) -> Vec<Result<Placed, SequencerError>> {
        let told = self.runtime.block_on(async {
            let all = submissions
                .iter()
                .map(|(_, submission)| notary.add(submission.clone()));
            futures_util::future::join_all(all).await
        });
        for ((content, submission), told) in submissions.iter().zip(&told) {
            let Ok(Placed::New(index) | Placed::Known(index)) = told else {
                continue;
            };
            let mut acknowledged = Acknowledged {
                index: *index,
                leaf: merkle::leaf_hash(&submission.body),
                artifact: *Sha256Digest::of(content).as_bytes(),
                timestamp: None,
            };
            // The disk may be gone by now; the promise is what counts.
            if let Ok(Some(proven)) = notary.entry(*index) {
                acknowledged.timestamp = Some(proven.entry.signed_entry_timestamp);
            }
            self.acknowledged.push(acknowledged);
        }
        self.look(notary);
        told
    }

    /// Notes the state that the notary shows.
    fn look(&mut self, notary: &Notary) {
        let head = notary.head();
        let before = self.shown.insert(head.size, head.root);
        assert!(before.is_none_or(|root| root == head.root), "two trees");
    }

    /// All that was acknowledged is there, and all that was shown or signed is the beginning of
    /// what there is now.
    fn check(&mut self, notary: &Notary) {
        self.look(notary);
        let head = notary.head();
        let newest = self.shown.last_key_value().map(|(size, _)| *size);
        assert_eq!(newest, Some(head.size), "the log has become shorter");
        let mut all: Vec<_> = self
            .shown
            .iter()
            .map(|(size, root)| (*size, *root))
            .collect();
        for note in self.lock.signed() {
            let said = checkpoint::read(&note).unwrap();
            all.push((said.size, said.root));
        }
        for (size, root) in all {
            assert!(size <= head.size, "a longer log was signed");
            if size == 0 {
                continue;
            }
            let proof = notary.consistency(size, head.size).unwrap();
            let path: Vec<_> = proof.path.into_iter().map(Sha256Hash::new).collect();
            let [old, new] = [root, head.root].map(Sha256Hash::new);
            sigstore_merkle::verify_consistency_proof(size, head.size, &path, &old, &new)
                .unwrap_or_else(|error| panic!("{size} of {}: {error}", head.size));
        }
        for entry in &self.acknowledged {
            let proven = notary.entry_by_leaf(&entry.leaf).unwrap().expect("lost");
            assert_eq!(proven.entry.index, entry.index);
            if let Some(timestamp) = &entry.timestamp {
                assert_eq!(&proven.entry.signed_entry_timestamp, timestamp);
            }
            let found = notary.select(&Question::about(entry.artifact), Reach::Whole);
            let found = found.unwrap().unwrap().bundles(notary).count();
            assert_eq!(found, 1, "it is not found by its digest");
        }
    }
}

#[test]
fn a_power_cut_at_any_operation_loses_nothing_that_was_acknowledged() {
    let mut world = World::new(7);
    let mut cuts = 0;
    let mut lost = 0;
    while cuts < 300 {
        // Also while it starts.
        let operations = world.random(90);
        world.weather.announce(operations, Fault::Power);
        if let Ok(notary) = world.open() {
            while !world.write(&notary).iter().any(Result::is_err) {}
            lost += 1;
        }
        cuts += 1;
        // Mostly nothing that was not synced is left, sometimes any part of it.
        let all_gone = cuts % 3 != 0;
        let mut kept = Vec::new();
        for _ in 0..4096 {
            kept.push(!all_gone && world.random(2) == 0);
        }
        let mut kept = kept.into_iter().cycle();
        world.disk.crash(|| kept.next().unwrap_or(false));
        world.weather.clear();
        if cuts % 10 == 0 {
            let notary = world.open().unwrap();
            world.check(&notary);
        }
    }
    // Not only starts were cut short.
    assert!(lost > 50, "{lost}");
    assert!(world.acknowledged.len() > 300);
}

/// Every operation of a write fails once, with and without a restart after it.
fn fail_at_each_step(make: impl Fn() -> World, least: u64) {
    for fault in [Fault::Before, Fault::After] {
        let mut world = make();
        let mut notary = world.open().unwrap();
        world.write(&notary);
        let before = world.weather.operations();
        assert!(world.write(&notary).iter().all(Result::is_ok));
        let steps = world.weather.operations() - before;
        assert!(steps >= least, "{steps}");
        let mut failed = 0;
        for step in 0..steps + 4 {
            for restarted in [false, true] {
                world.weather.announce(step, fault);
                failed += u64::from(world.write(&notary).iter().any(Result::is_err));
                world.weather.clear();
                if restarted {
                    drop(notary);
                    notary = world.open().unwrap();
                }
                // It goes on by itself.
                let told = world.write(&notary);
                assert!(told.iter().all(Result::is_ok), "{step}: {told:?}");
                world.check(&notary);
            }
        }
        assert!(failed >= least, "{failed}");
    }
}

#[test]
fn a_failure_at_each_step_of_a_write_loses_nothing_and_forks_nothing() {
    fail_at_each_step(|| World::new(11), 5);
}

#[test]
fn a_place_of_another_kind_needs_only_the_few_methods() {
    // The batch, and the lock's load and swap.
    fail_at_each_step(|| World::on_a_shelf(23), 2);
}

#[test]
fn a_failure_followed_by_a_power_cut_loses_nothing_and_forks_nothing() {
    let mut world = World::new(13);
    for step in 0..40 {
        let notary = world.open().unwrap();
        let fault = [Fault::Before, Fault::After][step as usize % 2];
        world.weather.announce(step / 2, fault);
        world.write(&notary);
        let more = world.random(12);
        world.weather.announce(more, Fault::Power);
        world.write(&notary);
        world.write(&notary);
        drop(notary);
        world.disk.crash(|| false);
        world.weather.clear();
        let notary = world.open().unwrap();
        world.check(&notary);
    }
}

#[test]
fn what_was_written_but_not_acknowledged_is_published_before_anything_else() {
    let mut world = World::new(17);
    let notary = world.open().unwrap();
    world.write_entries(&notary, 1);
    let size = notary.head().size;
    let before = world.weather.operations();
    world.write_entries(&notary, 1);
    // The last operation of a batch is the swap in the lock.
    let steps = world.weather.operations() - before;
    world.weather.announce(steps - 1, Fault::Power);
    assert!(world.write_entries(&notary, 1).iter().all(Result::is_err));
    assert_eq!(notary.head().size, size + 1, "published too early");
    drop(notary);
    world.disk.crash(|| false);
    world.weather.clear();
    let notary = world.open().unwrap();
    assert_eq!(notary.head().size, size + 2);
    assert_eq!(world.lock.signed().last(), Some(&notary.head().checkpoint));
    world.check(&notary);
}

#[test]
fn a_notary_signs_nothing_more_once_somebody_else_has_signed() {
    let mut world = World::new(19);
    let notary = world.open().unwrap();
    world.write(&notary);
    let head = notary.head();
    let stranger = SigningKey::generate().unwrap();
    let origin = notary.identity().origin();
    let other = checkpoint::sign(&origin, head.size + 1, &[9; 32], &stranger).unwrap();
    world.lock.set(&other);
    for _ in 0..3 {
        for told in world.write(&notary) {
            let error = told.unwrap_err().to_string();
            assert!(error.contains("sign"), "{error}");
        }
        assert_eq!(notary.head(), head);
    }
    drop(notary);
    assert!(matches!(world.open(), Err(NotaryError::Sequencer(_))));
}
