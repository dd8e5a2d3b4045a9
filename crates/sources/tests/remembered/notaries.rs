//! Logs that grow, go back, fork, or give no proof: real notaries, whose answers may be replaced on
//! the way.

use crate::world::{Instead, NOW, World, doubts, proof_path, unchecked, wait_for};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, LogDoubt, Outcome};
use assay_core::log_memory::{MAX_LOGS, Proof};
use assay_sources::remembered::{LogBook, MAX_PROOFS};

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
fn a_notary_that_was_restored_goes_on_where_nothing_was_lost_that_it_showed() {
    let world = World::new(3, [0, 0]);
    assert!(world.check("common 0").is_complete());
    let old = world.memory();
    let world = world.restore(0, |world| world.log(0, "lost"));
    world.log(0, "new");
    assert!(world.check("new").is_complete());
    let new = world.book.kept.borrow().last().unwrap().clone();
    assert_ne!(new.log, old.log);
    let tree = new.log.tree_id().unwrap();
    let asked = format!("/api/v1/log/proof?firstSize=3&lastSize=4&treeID={tree}");
    assert_eq!(world.asked(), [asked]);
    assert!(world.check("common 1").is_complete());
    assert_eq!(*world.book.kept.borrow(), [old, new]);
}

#[test]
fn a_notary_does_not_begin_a_new_tree_without_all_that_it_showed() {
    // Whether the new tree is shorter, as long, or longer than what was shown of the old one.
    for later in 0..3 {
        let world = World::new(1, [0, 0]);
        let world = world.restore(0, |world| {
            world.log(0, "lost");
            assert!(world.check("lost").is_complete());
        });
        let old = world.memory();
        for entry in 0..later {
            world.log(0, &format!("later {entry}"));
        }
        unchecked(&world.check("common 0"));
        assert_eq!(*world.book.kept.borrow(), [old], "{later}");
    }
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

#[test]
fn the_tree_of_a_notary_goes_on_under_its_new_key() {
    let world = World::new(3, [1, 0]);
    assert!(world.check("common 0").is_complete());
    let tree = world.memory().log.tree_id().unwrap().to_owned();
    let world = world.rotate(0);
    world.log(0, "new");
    assert!(world.check("new").is_complete());
    // Four entries were there before, then came the link between the keys.
    let asked = format!("/api/v1/log/proof?firstSize=4&lastSize=6&treeID={tree}");
    assert_eq!(world.asked(), [asked]);
    for content in ["new", "common 1", "branch 0 entry 0"] {
        assert!(world.check(content).is_complete());
    }
    assert_eq!(world.asked(), [""; 0], "both keys' states are known");
    assert_eq!(world.book.kept.borrow().len(), 2);
}

/// The same entries under other names cost a notary nothing, and what is remembered of them costs the user
/// disk for ever.
#[test]
fn a_notary_cannot_fill_the_disk_with_trees_that_go_on() {
    for (trees, goes_on) in [(MAX_LOGS - 1, true), (MAX_LOGS, false)] {
        let world = World::new(1, [0, 0]);
        assert!(world.check("common 0").is_complete());
        let first = world.memory();
        let more = (1..trees).map(|number| {
            let mut other = first.clone();
            other.log.origin = format!("tree {number}");
            other.id = other.log.short();
            other.latest.note = other.log.origin.clone();
            other
        });
        world.book.kept.borrow_mut().extend(more);
        let world = world.rotate(0);
        world.log(0, "new");
        let seen = world.check("new");
        assert_eq!(seen.is_complete(), goes_on);
        if !goes_on {
            unchecked(&seen);
            assert_eq!(world.asked(), [""; 0]);
        }
        assert_eq!(world.book.kept.borrow().len(), MAX_LOGS);
        // What is remembered goes on as before.
        world.show(1);
        assert!(world.check("common 0").is_complete());
    }
}

#[test]
fn a_tree_that_a_new_key_begins_elsewhere_is_not_believed() {
    for (own, states) in [([2, 1], 1), ([3, 1], 1), ([0, 0], 2)] {
        let world = World::new(3, own);
        assert!(world.check("common 0").is_complete());
        let world = world.rotate(1);
        world.log(1, "new");
        world.show(1);
        let seen = world.check("new");
        if states == 1 {
            unchecked(&seen);
        } else {
            assert!(seen.is_complete(), "that one goes on");
        }
        let kept = world.book.kept.borrow();
        assert_eq!(kept.len(), states);
        assert!(kept.iter().all(|memory| memory.alarm.is_none()));
    }
}
