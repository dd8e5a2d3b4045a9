use super::*;

#[test]
fn the_first_evidence_is_kept_until_the_user_decides() {
    let (log, mut memory, shown) = alarmed();
    let first = memory.alarm.clone();
    assert!(
        first
            .as_ref()
            .is_some_and(|alarm| !alarm.seen && !alarm.told)
    );
    let Need::Contradiction(second) = memory.need(&log.show(&history(5, 1))) else {
        panic!("another fork")
    };
    memory.raise(&second, 2000);
    assert_eq!(memory.alarm, first);

    memory.trust_again(3000);
    assert_eq!(memory.alarm, None);
    assert_eq!(memory.latest, shown.checkpoint, "it goes on from there");
    assert_eq!(memory.need(&shown), Need::Nothing);
    assert_eq!(memory.decided.len(), 1);
    assert_eq!(memory.decided[0].decided_at, Some(3000));
    // The other history is a contradiction now.
    let other = log.show(&history(5, NEVER));
    assert!(matches!(memory.need(&other), Need::Contradiction(_)));
    let before = memory.clone();
    memory.trust_again(4000);
    assert_eq!(memory, before, "there is nothing to decide");
}

#[test]
fn evidence_of_alarms_does_not_pile_up_without_end() {
    let (log, mut memory, _) = alarmed();
    for round in 0..DECIDED_KEPT + 3 {
        memory.trust_again(round as i64);
        let other = log.show(&history(5, round % 3));
        if let Need::Contradiction(found) = memory.need(&other) {
            memory.raise(&found, 0);
        }
    }
    assert_eq!(memory.decided.len(), DECIDED_KEPT);
}

#[test]
fn evidence_survives_export_and_is_checked_when_it_is_read() {
    let (log, memory, _) = alarmed();
    let json = memory.alarm.unwrap().evidence;
    let evidence = Contradiction::parse(&json).unwrap();
    assert_eq!(evidence.export(), json);
    assert!(json.contains(ORIGIN));

    let altered = |change: &dyn Fn(&mut Contradiction)| {
        let mut evidence = evidence.clone();
        change(&mut evidence);
        Contradiction::parse(&evidence.export()).unwrap_err()
    };
    assert!(matches!(
        altered(&|e| e.schema = "assay.log-contradiction.v2".into()),
        ContradictionError::Malformed { .. }
    ));
    assert_eq!(
        altered(&|e| e.remembered.size += 1),
        ContradictionError::Altered {
            which: "remembered"
        }
    );
    assert_eq!(
        altered(&|e| e.shown.root_hash = Sha256Digest::of(b"")),
        ContradictionError::Altered { which: "shown" }
    );
    assert_eq!(
        altered(&|e| e.log.origin.push('x')),
        ContradictionError::Altered {
            which: "remembered"
        }
    );
    assert_eq!(
        altered(&|e| e.shown = e.remembered.clone()),
        ContradictionError::NotShown
    );
    assert_eq!(
        altered(&|e| e.proof = Proof::Consistency { hashes: vec![] }),
        ContradictionError::NotShown
    );
    assert!(matches!(
        altered(&|e| e.shown.note = e.shown.note.replace("\n5\n", "\n6\n")),
        ContradictionError::Checkpoint {
            which: "shown",
            problem: CheckpointError::NotSigned { .. }
        }
    ));
    let stranger = Log::new(2);
    assert!(matches!(
        altered(&|e| e.public_key = STANDARD.encode(stranger.spki())),
        ContradictionError::Checkpoint {
            which: "remembered",
            ..
        }
    ));
    assert!(matches!(
        altered(&|e| e.public_key = "?".into()),
        ContradictionError::Checkpoint {
            problem: CheckpointError::UnknownKey { .. },
            ..
        }
    ));
    for garbage in ["", "{}", "[]", &" ".repeat(MAX_CONTRADICTION_BYTES + 1)] {
        assert!(matches!(
            Contradiction::parse(garbage),
            Err(ContradictionError::Malformed { .. })
        ));
    }
    // Sizes that differ need a proof, and the one that there is must be it.
    let theirs = history(9, 3);
    let different = |proof| Contradiction {
        shown: log.show(&theirs).checkpoint,
        proof,
        ..evidence.clone()
    };
    let consistency = Proof::Consistency {
        hashes: definition::proof(5, &theirs),
    };
    let inclusion = Proof::Inclusion {
        leaf_hash: definition::leaf(&theirs[5]),
        hashes: definition::path(5, &theirs),
    };
    assert_eq!(different(consistency).check(), Ok(()));
    assert_eq!(different(inclusion).check(), Ok(()));
    assert_eq!(
        different(Proof::SameSize).check(),
        Err(ContradictionError::NotShown)
    );
    // An honest proof shows no contradiction.
    let honest = history(9, NEVER);
    let no_fork = Contradiction {
        shown: log.show(&honest).checkpoint,
        proof: Proof::Consistency {
            hashes: definition::proof(5, &honest),
        },
        ..evidence.clone()
    };
    assert_eq!(no_fork.check(), Err(ContradictionError::NotShown));
}
