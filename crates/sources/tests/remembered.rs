//! Logs that grow, go back, fork, or give no proof: real notaries, whose answers may be replaced on
//! the way.

#[path = "../../notary/tests/common/mod.rs"]
mod common;

use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, LogDoubt, Outcome};
use assay_core::log_memory::{Contradiction, LogMemory, MAX_LOGS, Proof};
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::signer::RootId;
use assay_core::trust_root::fingerprint;
use assay_notary::keys::SigningKey;
use assay_sources::remembered::{LogBook, MAX_PROOFS, Turn, compare};
use assay_sources::{HttpRequest, HttpResponse, Transport, notary};
use common::{Running, hashed_rekord};
use std::cell::{Cell, RefCell};
use std::path::Path;
use tempfile::TempDir;

const ADDRESS: &str = "https://notary.example";
const NOW: i64 = 1_800_000_000;

/// A notary and a fork of it: both have what was logged before the fork, and the same keys.
struct World {
    branches: [Running; 2],
    _data: [TempDir; 2],
    key: SigningKey,
    wire: Wire,
    book: Book,
    notary: Notary,
    roots: Roots,
}

/// What replaces an answer.
#[derive(Clone)]
enum Instead {
    Answer(u16, String),
    Outage(Failure),
}

#[derive(Default)]
struct Wire {
    shown: Cell<usize>,
    urls: RefCell<[String; 2]>,
    asked: RefCell<Vec<String>>,
    instead: RefCell<Option<(&'static str, Instead)>>,
}

#[derive(Default)]
struct Book {
    kept: RefCell<Vec<LogMemory>>,
    unreadable: Cell<bool>,
    full: Cell<bool>,
    outage: RefCell<Option<Failure>>,
    told: RefCell<Vec<Failure>>,
    turns: Cell<usize>,
}

struct Mine<'a>(&'a Book);

impl Transport for Wire {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let path = request.url.strip_prefix(ADDRESS).unwrap();
        self.asked.borrow_mut().push(path.to_owned());
        match &*self.instead.borrow() {
            Some((part, Instead::Answer(status, body))) if path.contains(part) => {
                return Ok(HttpResponse {
                    status: *status,
                    body: body.clone().into_bytes(),
                });
            }
            Some((part, Instead::Outage(failure))) if path.contains(part) => {
                return Err(failure.clone());
            }
            _ => {}
        }
        let url = format!("{}{path}", self.urls.borrow()[self.shown.get()]);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut response = agent.get(url).call().unwrap();
        Ok(HttpResponse {
            status: response.status().as_u16(),
            body: response.body_mut().read_to_vec().unwrap(),
        })
    }
}

impl LogBook for Book {
    type Turn<'a> = Mine<'a>;

    async fn memories(&self, root: &RootId) -> Result<Vec<LogMemory>, String> {
        if self.unreadable.get() {
            return Err("unreadable".into());
        }
        let mut kept = self.kept.borrow().clone();
        kept.retain(|memory| memory.log.root == *root);
        Ok(kept)
    }

    async fn turn(&self, _: &RootId) -> Result<Mine<'_>, String> {
        self.turns.set(self.turns.get() + 1);
        Ok(Mine(self))
    }

    async fn remember(&self, memory: &LogMemory) -> Result<(), String> {
        if self.full.get() {
            return Err("the disk is full".into());
        }
        let mut kept = self.kept.borrow_mut();
        kept.retain(|known| known.id != memory.id);
        kept.push(memory.clone());
        Ok(())
    }
}

impl Turn for Mine<'_> {
    fn outage(&self) -> Option<Failure> {
        self.0.outage.borrow().clone()
    }

    fn tell_outage(&mut self, failure: Failure) {
        self.0.told.borrow_mut().push(failure);
    }
}

impl World {
    /// After so many entries in common the two branches part, and get so many each of their own.
    fn new(common: usize, own: [usize; 2]) -> Self {
        let data = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let key = SigningKey::generate().unwrap();
        let first = Running::start(data[0].path());
        for i in 0..common {
            log(&first, &key, &format!("common {i}"));
        }
        first.stop();
        copy(data[0].path(), data[1].path());
        let branches = [0, 1].map(|i: usize| Running::start(data[i].path()));
        for (i, branch) in branches.iter().enumerate() {
            for entry in 0..own[i] {
                log(branch, &key, &format!("branch {i} entry {entry}"));
            }
        }
        let trusted_root = branches[0].get("/trusted_root.json").text;
        let notary = Notary {
            address: ADDRESS.into(),
            name: "notary.example".into(),
            fingerprint: fingerprint(&trusted_root).unwrap(),
            trusted_root,
            enabled: true,
        };
        let wire = Wire::default();
        *wire.urls.borrow_mut() = [0, 1].map(|i: usize| branches[i].handle().url());
        Self {
            roots: notary::own_root(&notary).unwrap(),
            branches,
            _data: data,
            key,
            wire,
            book: Book::default(),
            notary,
        }
    }

    fn log(&self, branch: usize, content: &str) {
        log(&self.branches[branch], &self.key, content);
    }

    /// What a notary answers about a file, proven but not compared.
    fn answer(&self, content: &str) -> Evidence {
        let digest = Sha256Digest::of(content.as_bytes());
        let asking = notary::ask(&self.wire, &self.notary, &self.roots, &digest, NOW);
        let evidence = wait_for(asking);
        self.wire.asked.borrow_mut().clear();
        assert_eq!(evidence.proven().len(), 1, "{evidence:?}");
        evidence
    }

    fn compare(&self, mut evidence: Evidence) -> Evidence {
        let root = self.notary.root_id();
        let asked = (&root, ADDRESS);
        let comparing = compare(
            &self.wire,
            &self.book,
            asked,
            &self.roots,
            &mut evidence,
            NOW,
        );
        wait_for(comparing);
        evidence
    }

    /// The whole way.
    fn check(&self, content: &str) -> Evidence {
        let answer = self.answer(content);
        self.compare(answer)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.wire.asked.borrow_mut())
    }

    fn memory(&self) -> LogMemory {
        let kept = self.book.kept.borrow();
        assert_eq!(kept.len(), 1);
        kept[0].clone()
    }

    fn instead(&self, part: &'static str, what: Instead) {
        *self.wire.instead.borrow_mut() = Some((part, what));
    }

    fn honest(&self) {
        *self.wire.instead.borrow_mut() = None;
    }

    fn show(&self, branch: usize) {
        self.wire.shown.set(branch);
    }

    /// The alarm was raised, the evidence holds, and nothing is believed any more.
    #[track_caller]
    fn alarmed(&self, evidence: &Evidence) -> Proof {
        assert_eq!(doubts(evidence), [LogDoubt::Contradicted]);
        assert!(evidence.proven().is_empty());
        let alarm = self.memory().alarm.expect("an alarm");
        assert_eq!(alarm.found_at, NOW);
        let evidence = Contradiction::parse(&alarm.evidence).unwrap();
        assert_eq!(
            (evidence.remembered, evidence.shown),
            (alarm.remembered, alarm.shown)
        );
        evidence.proof
    }
}

fn log(notary: &Running, key: &SigningKey, content: &str) {
    let entry = hashed_rekord(content.as_bytes(), key, &key.public_pem());
    assert_eq!(notary.add(&entry).status, 201);
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => {
                std::fs::create_dir_all(&copied).unwrap();
                copy(&path, &copied);
            }
            false => drop(std::fs::copy(&path, copied).unwrap()),
        }
    }
}

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

fn doubts(evidence: &Evidence) -> Vec<LogDoubt> {
    let withheld = evidence.withheld().iter();
    withheld.map(|one| one.doubt.clone()).collect()
}

fn unchecked(evidence: &Evidence) -> Failure {
    assert!(evidence.proven().is_empty());
    match doubts(evidence).as_slice() {
        [LogDoubt::Unchecked { failure }] => failure.clone(),
        other => panic!("{other:?}"),
    }
}

fn proof_path(world: &World, first: u64, last: u64) -> String {
    let memory = world.memory();
    let tree = memory.log.tree_id().unwrap();
    format!("/api/v1/log/proof?firstSize={first}&lastSize={last}&treeID={tree}")
}

#[test]
fn a_log_that_grows_is_asked_once_for_each_new_state() {
    let world = World::new(3, [0, 0]);
    let first = world.check("common 0");
    assert!(first.is_complete());
    assert_eq!(world.memory().latest.size, 3);
    assert_eq!(
        world.asked(),
        [""; 0],
        "what is shown first is taken as it is"
    );
    assert!(world.check("common 1").is_complete());
    assert_eq!(world.asked(), [""; 0], "the same state again");
    let turns = world.book.turns.get();
    assert!(world.check("common 2").is_complete());
    assert_eq!(world.book.turns.get(), turns, "nobody is waited for");

    let old = world.answer("common 0");
    world.log(0, "one more");
    world.log(0, "and one more");
    assert!(world.check("one more").is_complete());
    assert_eq!(world.asked(), [proof_path(&world, 3, 5)]);
    assert_eq!(world.memory().latest.size, 5);
    assert!(world.check("common 1").is_complete());
    assert!(world.compare(old).is_complete());
    assert_eq!(world.asked(), [""; 0], "both states are known");
}

#[test]
fn a_bundle_of_an_earlier_day_is_normal() {
    let world = World::new(3, [0, 0]);
    let old = world.answer("common 0");
    world.log(0, "later");
    assert!(world.check("later").is_complete());
    let remembered = world.memory().latest;
    assert_eq!(remembered.size, 4);
    let compared = world.compare(old.clone());
    assert_eq!(compared, old);
    assert_eq!(world.asked(), [proof_path(&world, 3, 4)]);
    assert_eq!(world.memory().latest, remembered, "the newer state is kept");
}

#[test]
fn a_fork_of_the_same_size_is_proven_at_once() {
    let world = World::new(3, [2, 2]);
    assert!(world.check("branch 0 entry 0").is_complete());
    world.show(1);
    let seen = world.check("branch 1 entry 1");
    assert_eq!(world.alarmed(&seen), Proof::SameSize);
    assert_eq!(world.asked(), [""; 0]);
}

#[test]
fn a_fork_is_proven_between_different_sizes() {
    let world = World::new(3, [2, 4]);
    assert!(world.check("branch 0 entry 0").is_complete());
    world.show(1);
    let seen = world.check("branch 1 entry 1");
    assert!(matches!(world.alarmed(&seen), Proof::Consistency { .. }));
    assert_eq!(world.asked(), [proof_path(&world, 5, 7)]);
    let alarm = world.memory().alarm;

    // From then on it proves nothing, and is asked for nothing.
    for (branch, content) in [(0, "branch 0 entry 0"), (0, "common 1"), (1, "common 1")] {
        world.show(branch);
        assert_eq!(doubts(&world.check(content)), [LogDoubt::Contradicted]);
    }
    assert_eq!(world.asked(), [""; 0]);
    assert_eq!(world.memory().alarm, alarm);

    // Until the user decides.
    let mut memory = world.memory();
    memory.trust_again(NOW);
    wait_for(world.book.remember(&memory)).unwrap();
    world.show(1);
    assert!(world.check("branch 1 entry 1").is_complete());
    world.show(0);
    assert_eq!(
        unchecked(&world.check("branch 0 entry 0")),
        Failure::Status { status: 400 },
        "the smaller branch cannot prove the larger one"
    );
    for entry in 2..6 {
        world.log(0, &format!("branch 0 entry {entry}"));
    }
    let back = world.check("branch 0 entry 0");
    world.alarmed(&back);
}

#[test]
fn a_fork_after_a_power_of_two_is_proven_by_an_entry() {
    for common in [0, 1, 3, 7] {
        let world = World::new(common, [1, 3]);
        assert!(world.check("branch 0 entry 0").is_complete());
        let size = common as u64 + 1;
        assert_eq!(world.memory().latest.size, size);
        world.show(1);
        let seen = world.check("branch 1 entry 1");
        assert!(matches!(world.alarmed(&seen), Proof::Inclusion { .. }));
        assert_eq!(
            world.asked(),
            [
                proof_path(&world, size, size + 2),
                format!("/api/v1/log/entries?logIndex={size}"),
            ]
        );
    }
}

#[test]
fn a_state_of_a_fork_that_is_smaller_is_proven_to_be_one() {
    let world = World::new(4, [4, 2]);
    world.show(1);
    let forked = world.answer("branch 1 entry 0");
    world.show(0);
    assert!(world.check("branch 0 entry 0").is_complete());
    let seen = world.compare(forked);
    assert!(matches!(world.alarmed(&seen), Proof::Consistency { .. }));
    let alarm = world.memory().alarm.unwrap();
    assert_eq!((alarm.remembered.size, alarm.shown.size), (8, 6));
}

#[test]
fn a_missing_or_broken_proof_is_an_outage_and_passes() {
    let world = World::new(3, [0, 0]);
    assert!(world.check("common 0").is_complete());
    let before = world.memory();
    world.log(0, "later");
    let hash = Sha256Digest::of(b"made up").to_hex();
    let hashes = |number: usize| format!(r#"{{"hashes":{:?}}}"#, vec![&hash; number]);
    let timeout = Failure::TimedOut { seconds: 10 };
    for (instead, expected) in [
        (
            Instead::Outage(Failure::Unreachable),
            Some(Failure::Unreachable),
        ),
        (Instead::Outage(timeout.clone()), Some(timeout)),
        (
            Instead::Answer(500, "{}".into()),
            Some(Failure::Status { status: 500 }),
        ),
        (
            Instead::Answer(404, "{}".into()),
            Some(Failure::Status { status: 404 }),
        ),
        (Instead::Answer(200, String::new()), None),
        (Instead::Answer(200, "<html>".into()), None),
        (Instead::Answer(200, "{}".into()), None),
        (Instead::Answer(200, r#"{"hashes":["00"]}"#.into()), None),
        (Instead::Answer(200, hashes(0)), None),
        (Instead::Answer(200, hashes(2)), None),
        (Instead::Answer(200, hashes(3)), None),
        (Instead::Answer(200, hashes(100)), None),
    ] {
        world.instead("/log/proof", instead);
        let failure = unchecked(&world.check("later"));
        match expected {
            Some(expected) => assert_eq!(failure, expected),
            None => assert!(matches!(failure, Failure::Malformed { .. }), "{failure:?}"),
        }
        assert!(failure.is_passing());
        assert_eq!(world.memory(), before, "nothing is remembered of it");
        // What was proven under the remembered state still counts.
        world.asked();
    }
    assert_eq!(
        *world.book.told.borrow(),
        [Failure::Unreachable, Failure::TimedOut { seconds: 10 }],
        "what takes long is told to those who wait"
    );
    world.honest();
    assert!(world.check("later").is_complete());
    assert_eq!(world.memory().latest.size, 4);
}

#[test]
fn an_entry_that_shows_nothing_raises_no_alarm() {
    // After a power of two, a made-up proof looks as one of a fork does, so an entry is asked for.
    let world = World::new(4, [0, 0]);
    assert!(world.check("common 0").is_complete());
    let before = world.memory();
    world.log(0, "later");
    world.log(0, "still later");
    let hash = Sha256Digest::of(b"made up").to_hex();
    world.instead(
        "/log/proof",
        Instead::Answer(200, format!(r#"{{"hashes":["{hash}"]}}"#)),
    );
    assert!(matches!(
        unchecked(&world.check("later")),
        Failure::Malformed { .. }
    ));
    assert_eq!(world.asked().len(), 2, "the log's entry was looked at");
    assert_eq!(world.memory(), before);
}

#[test]
fn whoever_waited_for_an_outage_does_not_wait_for_another() {
    let world = World::new(3, [0, 0]);
    assert!(world.check("common 0").is_complete());
    world.log(0, "later");
    *world.book.outage.borrow_mut() = Some(Failure::Unreachable);
    assert_eq!(unchecked(&world.check("later")), Failure::Unreachable);
    assert_eq!(world.asked(), [""; 0]);
}

#[test]
fn without_a_memory_nothing_counts() {
    let world = World::new(3, [0, 0]);
    let memory = |detail: &str| LogDoubt::Memory {
        detail: detail.into(),
    };
    world.book.unreadable.set(true);
    assert_eq!(doubts(&world.check("common 0")), [memory("unreadable")]);
    world.book.unreadable.set(false);
    world.book.full.set(true);
    assert_eq!(
        doubts(&world.check("common 0")),
        [memory("the disk is full")]
    );
    assert!(world.book.kept.borrow().is_empty());
    world.book.full.set(false);
    assert!(world.check("common 0").is_complete());
    world.book.full.set(true);
    world.log(0, "later");
    assert_eq!(doubts(&world.check("later")), [memory("the disk is full")]);
    assert_eq!(world.memory().latest.size, 3);
    // What is known needs no writing.
    world.book.full.set(false);
    assert!(world.check("later").is_complete());
    world.book.full.set(true);
    assert!(world.check("common 0").is_complete());
}

#[test]
fn an_alarm_that_cannot_be_written_is_found_again() {
    let world = World::new(3, [2, 2]);
    assert!(world.check("branch 0 entry 0").is_complete());
    world.show(1);
    world.book.full.set(true);
    let seen = world.check("branch 1 entry 0");
    assert!(matches!(doubts(&seen)[..], [LogDoubt::Memory { .. }]));
    assert_eq!(world.memory().alarm, None);
    world.book.full.set(false);
    let seen = world.check("branch 1 entry 0");
    world.alarmed(&seen);
}

fn without_checkpoint(mut evidence: Evidence) -> Evidence {
    if let Outcome::Answered { proven, .. } = &mut evidence.outcome {
        for logged in proven.iter_mut().filter_map(|one| one.logged.as_mut()) {
            logged.checkpoint = None;
        }
    }
    evidence
}

#[test]
fn a_notarys_proof_without_a_checkpoint_does_not_get_around_the_comparison() {
    let world = World::new(3, [0, 0]);
    let answer = without_checkpoint(world.answer("common 0"));
    assert!(matches!(
        unchecked(&world.compare(answer)),
        Failure::Malformed { .. }
    ));
    assert!(world.book.kept.borrow().is_empty());
}

#[test]
fn a_source_without_a_log_is_not_compared() {
    let world = World::new(1, [0, 0]);
    let mut answer = world.answer("common 0");
    if let Outcome::Answered { proven, .. } = &mut answer.outcome {
        proven[0].logged = None;
    }
    let unknown = Evidence {
        outcome: Outcome::Answered {
            proven: vec![],
            rejected: vec![],
            truncated: false,
            withheld: vec![],
        },
        ..answer.clone()
    };
    let failed = Evidence {
        outcome: Outcome::Failed {
            failure: Failure::Unreachable,
        },
        ..answer.clone()
    };
    for evidence in [answer, unknown, failed] {
        assert_eq!(world.compare(evidence.clone()), evidence);
    }
    assert!(world.book.kept.borrow().is_empty());
}

#[test]
fn a_log_cannot_fill_the_disk_with_trees() {
    let world = World::new(1, [0, 0]);
    assert!(world.check("common 0").is_complete());
    let one = world.memory();
    world.book.kept.borrow_mut().clear();
    for number in 0..MAX_LOGS {
        let mut other = one.clone();
        other.id = number.to_string();
        other.log.origin = format!("tree {number}");
        other.latest.note = format!("tree {number}");
        world.book.kept.borrow_mut().push(other);
    }
    assert!(matches!(
        unchecked(&world.check("common 0")),
        Failure::Malformed { .. }
    ));
    assert_eq!(world.book.kept.borrow().len(), MAX_LOGS);
}

#[test]
fn an_answer_with_bundles_of_many_days_asks_for_so_many_proofs_only() {
    let world = World::new(1, [0, 0]);
    let mut all = Vec::new();
    for day in 0..MAX_PROOFS + 4 {
        world.log(0, &format!("day {day}"));
        if let Outcome::Answered { proven, .. } = world.answer("common 0").outcome {
            all.extend(proven);
        }
    }
    all.reverse();
    let mut evidence = world.answer("common 0");
    if let Outcome::Answered { proven, .. } = &mut evidence.outcome {
        *proven = all;
    }
    let compared = world.compare(evidence);
    assert_eq!(world.asked().len(), MAX_PROOFS);
    // The first is taken as it is.
    assert_eq!(compared.proven().len(), MAX_PROOFS + 1);
    assert_eq!(compared.withheld().len(), 3);
}
