use super::*;

#[test]
fn what_is_shown_first_is_remembered() {
    let log = Log::new(1);
    let shown = log.show(&history(5, NEVER));
    let memory = LogMemory::begin(&shown);
    assert_eq!(memory.latest, shown.checkpoint);
    assert_eq!(
        (memory.log.origin.as_str(), memory.latest.size),
        (ORIGIN, 5)
    );
    assert!(memory.knows_note(&shown.checkpoint.note));
    assert_eq!(memory.need(&shown), Need::Nothing);
    assert!(blocked([&memory]).is_empty());
}

#[test]
fn every_state_of_one_history_is_consistent_with_every_other() {
    let log = Log::new(1);
    let whole = history(SIZES, NEVER);
    let states: Vec<Shown> = (1..=SIZES).map(|size| log.show(&whole[..size])).collect();
    for remembered in &states {
        for shown in &states {
            let mut memory = LogMemory::begin(remembered);
            let (first, last) = match memory.need(shown) {
                Need::Nothing => {
                    assert_eq!(shown, remembered);
                    continue;
                }
                Need::Proof { first, last } => (first, last),
                Need::Contradiction(_) => panic!("one history"),
            };
            let larger = remembered.checkpoint.size.max(shown.checkpoint.size);
            let smaller = remembered.checkpoint.size.min(shown.checkpoint.size);
            assert_eq!((first, last), (smaller, larger));
            let proof = definition::proof(first as usize, &whole[..last as usize]);
            assert_eq!(memory.take(shown, &proof), Taken::Consistent);
            assert_eq!(memory.latest.size, larger, "the newer one is kept");
            assert_eq!(memory.need(shown), Need::Nothing, "and both are known");
            assert_eq!(memory.need(remembered), Need::Nothing);
        }
    }
}

#[test]
fn two_roots_of_one_size_contradict_each_other_at_once() {
    let log = Log::new(1);
    for size in 1..=SIZES {
        let memory = LogMemory::begin(&log.show(&history(size, NEVER)));
        let shown = log.show(&history(size, size - 1));
        let Need::Contradiction(found) = memory.need(&shown) else {
            panic!("size {size}");
        };
        assert_eq!(found.proof, Proof::SameSize);
        assert_eq!(
            (&found.remembered, &found.shown),
            (&memory.latest, &shown.checkpoint)
        );
        found.check().unwrap();
    }
}

#[test]
fn the_same_state_signed_again_is_the_same_state() {
    let log = Log::new(1);
    let leaves = history(6, NEVER);
    let memory = LogMemory::begin(&log.show(&leaves));
    let root = STANDARD.encode(definition::mth(&leaves).as_bytes());
    let again = log.sign(&format!("{ORIGIN}\n6\n{root}\nTimestamp: 1\n"));
    let shown = log.read(&again).unwrap();
    assert!(!memory.knows_note(&again));
    assert_eq!(memory.need(&shown), Need::Nothing);
}

/// What a client does that asks the log, whose present history is `theirs`.
fn ask(
    memory: &mut LogMemory,
    shown: &Shown,
    theirs: &[String],
    log: &Log,
) -> Option<Contradiction> {
    let Need::Proof { first, last } = memory.need(shown) else {
        panic!("different sizes need a proof")
    };
    let proof = definition::proof(first as usize, &theirs[..last as usize]);
    match memory.take(shown, &proof) {
        Taken::Contradiction(found) => Some(*found),
        Taken::MayContradict { entry } => {
            let index = entry as usize;
            memory.contradiction_by_entry(
                shown,
                &log.show(theirs),
                &definition::leaf(&theirs[index]),
                &definition::path(index, theirs),
            )
        }
        other => panic!("{first} to {last}: {other:?}"),
    }
}

#[test]
fn a_fork_is_proven_whatever_the_sizes_are() {
    let log = Log::new(1);
    for remembered in 1..=SIZES {
        for shown in 1..=SIZES {
            if remembered == shown {
                continue;
            }
            // The fork begins within what both have.
            let fork = remembered.min(shown) - 1;
            let ours = history(remembered, NEVER);
            // The log answers from the history that it shows now, which has more entries still.
            let theirs = history(SIZES + 3, fork);
            let mut memory = LogMemory::begin(&log.show(&ours));
            let before = memory.clone();
            let shown = log.show(&theirs[..shown]);
            if shown.checkpoint.size < memory.latest.size {
                // The proof must lead to what is remembered, and the log has only the fork.
                let Need::Proof { first, last } = memory.need(&shown) else {
                    panic!()
                };
                let proof = definition::proof(first as usize, &theirs[..last as usize]);
                let taken = memory.take(&shown, &proof);
                let power = shown.checkpoint.size.is_power_of_two();
                match power {
                    true => assert!(matches!(taken, Taken::MayContradict { .. })),
                    false => assert_eq!(taken, Taken::Unproven),
                }
            } else {
                let found = ask(&mut memory, &shown, &theirs, &log).expect("a fork");
                assert_eq!(found.remembered, memory.latest);
                found.check().unwrap();
            }
            assert_eq!(memory, before, "nothing is remembered of it");
        }
    }
}

#[test]
fn an_older_state_of_a_fork_is_proven_to_be_one() {
    // The log went back to the history that is remembered; a bundle holds a state of the fork.
    let log = Log::new(1);
    let honest = history(SIZES + 3, NEVER);
    for remembered in 2..=SIZES {
        for shown in 1..remembered {
            let mut memory = LogMemory::begin(&log.show(&honest[..remembered]));
            let shown = log.show(&history(shown, shown - 1));
            let found = ask(&mut memory, &shown, &honest, &log).expect("a fork");
            found.check().unwrap();
            let (smaller, larger) = found.by_size();
            assert_eq!(smaller, &shown.checkpoint);
            assert!(larger.size >= memory.latest.size);
        }
    }
}

#[test]
fn a_proof_that_is_no_proof_raises_no_alarm() {
    let log = Log::new(1);
    let whole = history(SIZES, NEVER);
    let garbage = Sha256Digest::of(b"garbage");
    let states: Vec<Shown> = (0..=SIZES)
        .map(|size| log.show(&whole[..size.max(1)]))
        .collect();
    for first in 1..SIZES {
        for last in first + 1..=SIZES {
            let shown = &states[last];
            let memory = LogMemory::begin(&states[first]);
            let good = definition::proof(first, &whole[..last]);
            let mut broken = vec![vec![], vec![garbage; good.len()], vec![garbage; 500]];
            for i in 0..good.len() {
                let mut one_wrong = good.clone();
                one_wrong[i] = garbage;
                broken.push(one_wrong);
                let mut one_less = good.clone();
                one_less.remove(i);
                broken.push(one_less);
            }
            let mut one_more = good.clone();
            one_more.push(garbage);
            broken.push(one_more);
            broken.push(definition::proof(first, &history(last, first)));
            for proof in broken {
                let mut taken_by = memory.clone();
                match taken_by.take(shown, &proof) {
                    Taken::Unproven => {}
                    Taken::MayContradict { entry } => {
                        assert!(first.is_power_of_two());
                        assert_eq!(entry, first as u64);
                        // The honest log's inclusion proof shows that there is no contradiction,
                        // and anything else shows nothing.
                        let index = first;
                        if index < last {
                            let path = definition::path(index, &whole[..last]);
                            let leaf = definition::leaf(&whole[index]);
                            let by_entry = |leaf, path: &[Sha256Digest]| {
                                taken_by.contradiction_by_entry(shown, shown, leaf, path)
                            };
                            assert_eq!(by_entry(&leaf, &path), None);
                            assert_eq!(by_entry(&garbage, &path), None);
                            assert_eq!(by_entry(&leaf, &[]), None);
                            assert_eq!(by_entry(&leaf, &vec![garbage; 500]), None);
                        }
                    }
                    other => panic!("{first} to {last}, {proof:?}: {other:?}"),
                }
                assert_eq!(taken_by, memory, "nothing is remembered of it");
            }
        }
    }
}

#[test]
fn a_proof_under_another_logs_checkpoint_shows_nothing() {
    let (log, other) = (
        Log::new(1),
        Log {
            origin: "log.example - 1",
            ..Log::new(1)
        },
    );
    let theirs = history(9, 3);
    let memory = LogMemory::begin(&log.show(&history(4, NEVER)));
    let (leaf, path) = (definition::leaf(&theirs[4]), definition::path(4, &theirs));
    let by_entry =
        |shown: &Shown, under: &Shown| memory.contradiction_by_entry(shown, under, &leaf, &path);
    let (ours, alien) = (log.show(&theirs), other.show(&theirs));
    assert!(by_entry(&ours, &ours).is_some());
    assert_eq!(by_entry(&ours, &alien), None);
    assert_eq!(by_entry(&alien, &ours), None);
}

#[test]
fn so_many_older_states_are_kept_and_no_more() {
    let log = Log::new(1);
    let whole = history(SIZES, NEVER);
    let mut memory = LogMemory::begin(&log.show(&whole));
    for size in 1..SIZES {
        let shown = log.show(&whole[..size]);
        let proof = definition::proof(size, &whole);
        assert_eq!(memory.take(&shown, &proof), Taken::Consistent);
    }
    assert_eq!(memory.older.len(), OLDER_KEPT);
    let kept = memory.older.iter().map(|known| known.size as usize);
    assert!(kept.eq(SIZES - OLDER_KEPT..SIZES), "those met last");
    // A fork of one that is kept needs no proof.
    let fork = log.show(&history(SIZES - 2, 1));
    assert!(matches!(memory.need(&fork), Need::Contradiction(found) if found.check().is_ok()));
    let forgotten = log.show(&history(3, 1));
    assert!(matches!(
        memory.need(&forgotten),
        Need::Proof { first: 3, .. }
    ));
}
