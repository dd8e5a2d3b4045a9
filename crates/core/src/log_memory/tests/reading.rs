use super::*;

#[test]
fn a_checkpoint_counts_only_under_its_logs_signature() {
    let (log, stranger) = (Log::new(1), Log::new(2));
    let root = definition::mth(&history(3, NEVER));
    let note = log.note(3, &root);
    assert!(log.read(&note).is_ok());
    let refused = |note: &str| log.read(note).unwrap_err();
    assert!(matches!(
        refused(&note.replace("\n3\n", "\n4\n")),
        CheckpointError::NotSigned { .. }
    ));
    assert!(matches!(
        refused(&stranger.note(3, &root)),
        CheckpointError::NotSigned { .. }
    ));
    assert!(matches!(
        refused(&log.note(0, &definition::mth(&[]))),
        CheckpointError::Empty
    ));
    for garbage in ["", "x", "\n\n", &note[..note.len() / 2]] {
        assert!(log.read(garbage).is_err(), "{garbage:?}");
    }
    let padded = format!(
        "{ORIGIN}\n3\n{}\n{}\n",
        STANDARD.encode(root.as_bytes()),
        "x".repeat(MAX_CHECKPOINT_BYTES)
    );
    assert!(matches!(
        refused(&log.sign(&padded)),
        CheckpointError::TooLarge { .. }
    ));
    assert!(matches!(
        read(&note, &stranger.key_id().to_hex(), &log.root()),
        Err(CheckpointError::UnknownKey { .. })
    ));
}

#[test]
fn what_others_add_to_a_checkpoint_is_not_kept() {
    let (log, witness) = (Log::new(1), Log::new(2));
    let leaves = history(3, NEVER);
    let note = log.show(&leaves).checkpoint.note;
    let (text, signature) = note.split_once("\n\n").unwrap();
    let theirs = witness.sign(&format!("{text}\n"));
    let (_, witness_line) = theirs.split_once("\n\n").unwrap();
    for cosigned in [
        format!("{text}\n\n{witness_line}{signature}"),
        format!("{text}\n\n{signature}{witness_line}"),
        format!("{text}\n\n{signature}\n\nand more"),
    ] {
        assert_eq!(log.read(&cosigned).unwrap().checkpoint.note, note);
    }
}

#[test]
fn logs_are_told_apart_by_root_key_and_origin() {
    let id = |root: &str, key_id: &str, origin: &str| LogId {
        root: RootId::notary(root),
        key_id: key_id.into(),
        origin: origin.into(),
    };
    let all = [
        id("aa", "11", "log.example - 7"),
        id("bb", "11", "log.example - 7"),
        id("aa", "22", "log.example - 7"),
        id("aa", "11", "log.example - 8"),
        id("aa", "1", "1log.example - 7"),
    ];
    let mut short: Vec<String> = all.iter().map(LogId::short).collect();
    assert!(short.iter().all(|id| id.len() == 32));
    short.sort();
    short.dedup();
    assert_eq!(short.len(), all.len());
    for (origin, tree, name) in [
        ("log.example - 7", Some("7"), "log.example"),
        ("log.example - ", None, "log.example - "),
        ("log.example - 7a", None, "log.example - 7a"),
        ("log.example/2026", None, "log.example/2026"),
        ("a - b - 12", Some("12"), "a - b"),
        ("", None, ""),
    ] {
        let id = id("aa", "11", origin);
        assert_eq!((id.tree_id(), id.name()), (tree, name), "{origin}");
    }
}
