//! What becomes of the memory of logs on the disk.

use super::files::{Kept, LogFiles};
use assay_core::digest::Sha256Digest;
use assay_core::log_memory::{Alarm, Checkpoint, LogId, LogMemory, MEMORY_VERSION};
use assay_core::signer::RootId;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

fn checkpoint(size: u64) -> Checkpoint {
    let root_hash = Sha256Digest::of(&size.to_be_bytes());
    Checkpoint {
        size,
        root_hash,
        note: format!("log.example\n{size}\nroot\n\n\u{2014} log.example signature\n"),
    }
}

fn kept(root: &RootId, origin: &str, size: u64) -> Kept {
    let log = LogId {
        root: root.clone(),
        key_id: "ab".into(),
        origin: origin.into(),
    };
    Kept {
        seen_at: 7,
        memory: LogMemory {
            version: MEMORY_VERSION,
            id: log.short(),
            log,
            latest: checkpoint(size),
            older: vec![checkpoint(1)],
            alarm: None,
            decided: Vec::new(),
        },
    }
}

fn alarm() -> Alarm {
    Alarm {
        remembered: checkpoint(2),
        shown: checkpoint(3),
        evidence: "{}".into(),
        found_at: 8,
        told: false,
        seen: false,
        decided_at: None,
    }
}

fn write(files: &LogFiles, kept: &Kept) {
    let turn = files.take_turn(&kept.memory.log.root).expect("a turn");
    files.write(kept, &turn).expect("written");
}

/// The files of the only root there is.
fn all_files(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    };
    let folders = inside(folder);
    assert_eq!(folders.len(), 1);
    inside(&folders[0])
}

fn memory_file(folder: &Path) -> PathBuf {
    let mut files = all_files(folder);
    files.retain(|file| file.extension().is_some_and(|ending| ending == "jsonl"));
    assert_eq!(files.len(), 1);
    files.remove(0)
}

#[test]
fn what_is_written_is_read_again_root_by_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LogFiles::in_folder(folder.path());
    let (here, there) = (RootId::notary("aa"), RootId::sigstore());
    assert_eq!(files.read(&here).expect("nothing yet"), []);
    let (one, mut other) = (kept(&here, "one", 2), kept(&there, "one", 2));
    write(&files, &one);
    write(&files, &other);
    other.memory.alarm = Some(alarm());
    write(&files, &other);
    assert_eq!(
        files.read(&here).expect("readable"),
        std::slice::from_ref(&one)
    );
    assert_eq!(files.read(&there).expect("readable"), [other]);
    let second = kept(&here, "../one\nand \u{1f9ea}", 2);
    write(&files, &second);
    let found = files.read(&here).expect("readable");
    assert_eq!(found.len(), 2);
    assert!(found.contains(&one) && found.contains(&second));
    assert_eq!(files.all().0.len(), 3);
}

/// A flipped digit of a root would be an alarm about an honest log, and a flipped letter in a name
/// would be no alarm about another.
#[test]
fn damage_anywhere_is_noticed_and_nothing_begins_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LogFiles::in_folder(folder.path());
    let root = RootId::notary("aa");
    let mut damaged = kept(&root, "one", 2);
    damaged.memory.alarm = Some(alarm());
    write(&files, &damaged);
    let file = memory_file(folder.path());
    let whole = std::fs::read(&file).expect("readable");
    // But for the end of the last line, which says nothing.
    for place in 0..whole.len() - 1 {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        std::fs::write(&file, damaged).expect("written");
        let error = files.read(&root).expect_err("damaged").to_string();
        assert!(error.contains("remove it"), "{place}: {error}");
        assert!(error.contains(&*file.to_string_lossy()), "{place}: {error}");
        let (found, problems) = files.all();
        assert_eq!((found.len(), problems.len()), (0, 1), "{place}");
    }
    for length in 0..whole.len() - 1 {
        std::fs::write(&file, &whole[..length]).expect("written");
        files.read(&root).expect_err("cut off");
    }
    assert_eq!(
        files.read(&RootId::sigstore()).expect("another root"),
        [],
        "damage is a matter of one root"
    );
}

#[test]
fn a_memory_in_the_place_of_another_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LogFiles::in_folder(folder.path());
    let root = RootId::notary("aa");
    write(&files, &kept(&root, "one", 2));
    let one = memory_file(folder.path());
    let text = std::fs::read(&one).expect("readable");
    std::fs::remove_file(&one).expect("removed");
    write(&files, &kept(&root, "two", 2));
    std::fs::write(memory_file(folder.path()), text).expect("written");
    let error = files.read(&root).expect_err("another log's").to_string();
    assert!(error.contains("another log"), "{error}");
}

#[test]
fn what_a_killed_process_left_unfinished_is_not_read_and_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LogFiles::in_folder(folder.path());
    let root = RootId::notary("aa");
    let one = kept(&root, "one", 2);
    write(&files, &one);
    let unfinished = memory_file(folder.path()).with_file_name(".0011223344556677.part");
    std::fs::write(&unfinished, "{\"sch").expect("written");
    assert_eq!(files.read(&root).expect("readable"), [one]);
    drop(files.take_turn(&root).expect("a turn"));
    assert!(!unfinished.exists());
}

/// Each of them adds one to what it read. Nothing is lost only if nobody reads while another is
/// about to write.
#[test]
fn turns_at_the_same_root_are_taken_one_after_the_other() {
    const EACH: u64 = 20;
    let folder = tempfile::tempdir().expect("a folder");
    let root = RootId::notary("aa");
    let add = || {
        // As another process has it: with files of its own.
        let files = LogFiles::in_folder(folder.path());
        for _ in 0..EACH {
            let turn = files.take_turn(&root).expect("a turn");
            let known = files.read(&root).expect("readable");
            let size = known.first().map_or(0, |kept| kept.memory.latest.size);
            files
                .write(&kept(&root, "one", size + 1), &turn)
                .expect("written");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(add);
        }
    });
    let files = LogFiles::in_folder(folder.path());
    let found = files.read(&root).expect("readable");
    assert_eq!(found[0].memory.latest.size, 3 * EACH);
}

#[test]
fn turns_at_different_roots_do_not_wait_for_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = LogFiles::in_folder(folder.path());
    let _here = files.take_turn(&RootId::notary("aa")).expect("a turn");
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        scope.spawn(|| sender.send(files.take_turn(&RootId::notary("bb")).is_ok()));
        assert_eq!(receiver.recv(), Ok(true));
    });
}

#[cfg(unix)]
#[test]
fn the_memory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("logs");
    write(
        &LogFiles::in_folder(&inner),
        &kept(&RootId::notary("aa"), "one", 2),
    );
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode(&inner), mode(&memory_file(&inner))), (0o700, 0o600));
}
