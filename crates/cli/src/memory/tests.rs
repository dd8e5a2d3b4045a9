//! What becomes of the memory of projects and sites on the disk.

use super::files::{Memory, Remembered, Site};
use assay_core::project::Project;
use assay_core::signer::{Identity, RootId, Signer};
use std::path::{Path, PathBuf};

const NAME: &str = "dl.example.org/tool/*";

fn key(fingerprint: &str) -> Signer {
    Signer {
        root: RootId::minisign(),
        identity: Identity::Key {
            fingerprint: fingerprint.into(),
        },
    }
}

fn project(signer: &str) -> Project {
    let mut known = Project::default();
    known.note(&[key(signer)], Some("zip"), 1_790_000_000_123.0);
    known
}

fn site(declaration: &str) -> Site {
    let mut site = Site::default();
    site.word.declaration = Some(declaration.to_owned());
    site.habits.found.push("SHA256SUMS".to_owned());
    site
}

fn write<T: Remembered>(memory: &Memory, name: &str, known: &T) {
    let turn = memory.lock::<T>().expect("a turn");
    memory.write(name, known, &turn).expect("written");
}

/// The only file of a kind.
fn file_of<T: Remembered>(folder: &Path) -> PathBuf {
    let entries = std::fs::read_dir(folder.join(T::FOLDER)).expect("a folder");
    let mut files = entries.map(|entry| entry.expect("an entry").path());
    let is_kept = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "jsonl");
    let found = files.by_ref().find(is_kept).expect("a file");
    assert_eq!(files.find(is_kept), None);
    found
}

#[test]
fn what_is_written_is_read_again_by_its_name_and_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::in_folder(folder.path());
    assert_eq!(memory.read::<Project>(NAME).expect("nothing yet"), None);
    assert!(!memory.has::<Project>(NAME));
    write(&memory, NAME, &project("1"));
    write(&memory, NAME, &site("{}"));
    let hostile = "../../x\n\u{1f9ea}";
    write(&memory, hostile, &project("2"));
    assert_eq!(memory.read(NAME).expect("readable"), Some(project("1")));
    assert_eq!(memory.read(NAME).expect("readable"), Some(site("{}")));
    assert_eq!(memory.read(hostile).expect("readable"), Some(project("2")));
    let (all, problems) = memory.all::<Project>();
    let names: Vec<&str> = all.iter().map(|kept| kept.name.as_str()).collect();
    assert_eq!((names, problems.len()), (vec![hostile, NAME], 0));
    let turn = memory.lock::<Project>().expect("a turn");
    assert!(memory.forget(NAME, &turn).expect("removed"));
    assert!(!memory.forget(NAME, &turn).expect("nothing"));
    assert_eq!(memory.read::<Project>(NAME).expect("nothing more"), None);
    assert!(memory.has::<Site>(NAME));
}

/// A flipped letter in a signer's name would accuse an honest file, and a file that is taken for none
/// would accuse nobody.
fn damage_is_noticed<T: Remembered>(known: &T) {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::in_folder(folder.path());
    write(&memory, NAME, known);
    let file = file_of::<T>(folder.path());
    let whole = std::fs::read(&file).expect("readable");
    let refused = |text: &[u8], what: &str| {
        std::fs::write(&file, text).expect("written");
        let error = memory.read::<T>(NAME).err().expect(what).to_string();
        assert!(error.contains("remove it"), "{what}: {error}");
        assert!(error.contains(&*file.to_string_lossy()), "{what}: {error}");
        let (found, problems) = memory.all::<T>();
        assert_eq!((found.len(), problems.len()), (0, 1), "{what}");
    };
    // But for the end of the last line, which says nothing.
    for place in 0..whole.len() - 1 {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        refused(&damaged, &format!("damaged at {place}"));
    }
    for length in 0..whole.len() - 1 {
        refused(&whole[..length], &format!("cut off at {length}"));
    }
    // It can be forgotten all the same.
    let turn = memory.lock::<T>().expect("a turn");
    assert!(memory.forget::<T>(NAME, &turn).expect("removed"));
}

#[test]
fn damage_anywhere_is_noticed_and_is_no_first_sight() {
    damage_is_noticed(&project("1"));
    damage_is_noticed(&site("{\"version\":1}"));
}

#[test]
fn what_stands_in_the_place_of_another_is_not_believed() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::in_folder(folder.path());
    write(&memory, NAME, &project("1"));
    let file = file_of::<Project>(folder.path());
    let text = std::fs::read(&file).expect("readable");
    std::fs::remove_file(&file).expect("removed");
    write(&memory, "dl.example.org/other/*", &project("2"));
    std::fs::write(file_of::<Project>(folder.path()), &text).expect("written");
    let read = memory.read::<Project>("dl.example.org/other/*");
    let error = read.expect_err("another one's").to_string();
    assert!(error.contains("another one"), "{error}");
    // Of another kind, in the right place by its name.
    write(&memory, NAME, &site("{}"));
    std::fs::write(file_of::<Site>(folder.path()), &text).expect("written");
    let error = memory.read::<Site>(NAME).expect_err("a project's");
    assert!(error.to_string().contains("its form"), "{error}");
}

#[test]
fn what_is_no_folder_or_no_file_is_no_first_sight() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::in_folder(&folder.path().join("memory"));
    write(&memory, NAME, &project("1"));
    let projects = folder.path().join("memory/projects");
    let file = file_of::<Project>(&folder.path().join("memory"));
    std::fs::remove_file(&file).expect("removed");
    std::fs::create_dir(&file).expect("a folder in its place");
    memory.read::<Project>(NAME).expect_err("a folder");
    std::fs::remove_dir_all(&projects).expect("removed");
    std::fs::write(&projects, "").expect("a file in its place");
    #[cfg(unix)]
    memory.read::<Project>(NAME).expect_err("no folder");
    assert!(memory.lock::<Project>().is_err());
}

#[test]
fn what_a_killed_process_left_unfinished_is_not_read_and_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = Memory::in_folder(folder.path());
    write(&memory, NAME, &project("1"));
    let unfinished = folder.path().join("projects/.0011223344556677.part");
    std::fs::write(&unfinished, "{\"sch").expect("written");
    assert_eq!(memory.read(NAME).expect("readable"), Some(project("1")));
    assert_eq!(memory.all::<Project>().0.len(), 1);
    drop(memory.lock::<Project>().expect("a turn"));
    assert!(!unfinished.exists());
}

/// Each of them adds to what it read. Nothing is lost only if nobody reads while another is about to
/// write.
#[test]
fn those_that_change_at_once_take_turns() {
    const EACH: usize = 10;
    let folder = tempfile::tempdir().expect("a folder");
    let add = |who: usize| {
        // As another process has it: with a memory of its own.
        let memory = Memory::in_folder(folder.path());
        for round in 0..EACH {
            let turn = memory.lock::<Project>().expect("a turn");
            let known = memory.read::<Project>(NAME).expect("readable");
            let mut known = known.unwrap_or_default();
            known.accept(&[key(&format!("{who} {round}"))]);
            memory.write(NAME, &known, &turn).expect("written");
        }
    };
    std::thread::scope(|scope| {
        for who in 0..3 {
            scope.spawn(move || add(who));
        }
    });
    let memory = Memory::in_folder(folder.path());
    let known = memory.read::<Project>(NAME).expect("readable");
    assert_eq!(known.expect("a project").signers.len(), 3 * EACH);
}

#[cfg(unix)]
#[test]
fn the_memory_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let inner = folder.path().join("memory");
    write(&Memory::in_folder(&inner), NAME, &project("1"));
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("there");
        metadata.permissions().mode() & 0o777
    };
    let file = file_of::<Project>(&inner);
    assert_eq!((mode(&inner), mode(&file)), (0o700, 0o600));
}
