//! What keeps the log from forking, and a notary from a backup: with the real files.

mod common;

use assay_notary::backup_file;
use assay_notary::keys::SigningKey;
use assay_notary::restore::{Ended, Restored, restore, restore_ending};
use assay_notary::{Config, NotaryError, checkpoint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{DataFolder, Running, hashed_rekord};
use serde_json::{Value, json};
use sigstore_types::Sha256Hash;
use std::path::{Path, PathBuf};

struct World {
    data: DataFolder,
    key: SigningKey,
}

impl World {
    fn new() -> Self {
        Self {
            data: DataFolder::new(),
            key: SigningKey::generate().unwrap(),
        }
    }

    fn start(&self) -> Running {
        Running::start(self.data.path())
    }

    /// Logs a file with this content; returns the entry's name and the entry.
    fn log(&self, notary: &Running, content: &str) -> (String, Value) {
        let pem = self.key.public_pem();
        let answer = notary.add(&hashed_rekord(content.as_bytes(), &self.key, &pem));
        assert_eq!(answer.status, 201, "{}", answer.text);
        let answer = answer.json();
        let (id, entry) = answer.as_object().unwrap().iter().next().unwrap();
        (id.clone(), entry.clone())
    }

    fn lock(&self) -> PathBuf {
        self.data.beside("notary.lock")
    }

    /// The file with the checkpoint in the lock.
    fn locked(&self) -> PathBuf {
        let files = std::fs::read_dir(self.lock()).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        files
            .find(|path| path.extension().is_some_and(|e| e == "json"))
            .unwrap()
    }

    fn refused(&self, data: &Path, lock: Option<PathBuf>) -> String {
        let mut config = Config::on_loopback(data);
        config.lock = lock;
        match Running::try_start(config) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it was started"),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.is_file() {
            std::fs::copy(&path, &copied).unwrap();
        }
    }
}

/// Proves that one state of a log begins with another.
fn continues(notary: &Running, old: &Value) {
    let new = notary.get("/api/v1/log").json();
    let size = |value: &Value| value["treeSize"].as_u64().unwrap();
    let root = |value: &Value| Sha256Hash::from_hex(value["rootHash"].as_str().unwrap()).unwrap();
    let sizes = format!("firstSize={}&lastSize={}", size(old), size(&new));
    let proof = notary.get(&format!("/api/v1/log/proof?{sizes}")).json();
    let path: Vec<_> = proof["hashes"].as_array().unwrap().iter().collect();
    let path: Vec<_> = path
        .iter()
        .map(|hash| Sha256Hash::from_hex(hash.as_str().unwrap()).unwrap())
        .collect();
    let (from, to) = (root(old), root(&new));
    sigstore_merkle::verify_consistency_proof(size(old), size(&new), &path, &from, &to).unwrap();
}

#[test]
fn an_old_copy_of_the_data_is_refused_and_says_what_to_do() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    notary.stop();
    let old = world.data.beside("old");
    copy(world.data.path(), &old);
    let notary = world.start();
    world.log(&notary, "second");
    notary.stop();
    std::fs::remove_dir_all(world.data.path()).unwrap();
    copy(&old, world.data.path());
    let refused = world.refused(world.data.path(), None);
    assert!(
        refused.contains("behind") && refused.contains("restore"),
        "{refused}"
    );
    assert!(
        refused.contains("1 entries") && refused.contains("signed 2"),
        "{refused}"
    );
}

#[test]
fn of_two_copies_of_the_data_with_one_lock_only_one_can_sign() {
    let world = World::new();
    world.start().stop();
    let copied = world.data.beside("copy");
    copy(world.data.path(), &copied);
    let notary = world.start();
    let refused = world.refused(&copied, Some(world.lock()));
    assert!(refused.contains("in use"), "{refused}");
    world.log(&notary, "first");
    notary.stop();
    let refused = world.refused(&copied, Some(world.lock()));
    assert!(refused.contains("behind"), "{refused}");
}

#[test]
fn data_without_its_lock_is_refused_and_says_what_to_do() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    notary.stop();
    let aside = world.data.beside("aside");
    std::fs::rename(world.lock(), &aside).unwrap();
    let refused = world.refused(world.data.path(), None);
    assert!(
        refused.contains("lock") && refused.contains("restore"),
        "{refused}"
    );
    // Nothing is made where there was none.
    let wrong = world.data.beside("wrong");
    let refused = world.refused(world.data.path(), Some(wrong.clone()));
    assert!(refused.contains("wrong"), "{refused}");
    assert!(!wrong.exists() && !world.lock().exists());
    let mut config = Config::on_loopback(world.data.path());
    config.lock = Some(aside);
    let notary = Running::try_start(config).unwrap();
    world.log(&notary, "second");
}

#[test]
fn an_empty_log_needs_its_lock_too() {
    let world = World::new();
    world.start().stop();
    std::fs::remove_dir_all(world.lock()).unwrap();
    let refused = world.refused(world.data.path(), None);
    assert!(refused.contains("lock"), "{refused}");
}

#[test]
fn a_lock_in_the_data_directory_is_refused() {
    let world = World::new();
    let refused = world.refused(world.data.path(), Some(world.data.path().join("lock")));
    assert!(
        refused.contains("outside") || refused.contains("must not lie"),
        "{refused}"
    );
}

#[test]
fn a_batch_that_did_not_reach_the_lock_does_so_at_the_next_start() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let before = std::fs::read(world.locked()).unwrap();
    let (id, entry) = world.log(&notary, "second");
    notary.stop();
    let after = std::fs::read(world.locked()).unwrap();
    assert_ne!(before, after);
    // As if the process had ended between the two writes.
    std::fs::write(world.locked(), &before).unwrap();
    let notary = world.start();
    assert_eq!(std::fs::read(world.locked()).unwrap(), after);
    let path = format!("/api/v1/log/entries/{id}");
    assert_eq!(notary.get(&path).json()[&id]["body"], entry["body"]);
}

#[test]
fn data_that_is_more_than_one_batch_ahead_of_the_lock_is_refused() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let old = std::fs::read(world.locked()).unwrap();
    world.log(&notary, "second");
    world.log(&notary, "third");
    notary.stop();
    std::fs::write(world.locked(), &old).unwrap();
    let refused = world.refused(world.data.path(), None);
    assert!(refused.contains("does not follow"), "{refused}");
}

#[test]
fn a_notary_whose_lock_is_changed_by_another_acknowledges_nothing_more() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let mut locked: Value =
        serde_json::from_slice(&std::fs::read(world.locked()).unwrap()).unwrap();
    locked["checkpoint"] = json!("something else");
    std::fs::write(world.locked(), locked.to_string()).unwrap();
    let pem = world.key.public_pem();
    for _ in 0..2 {
        let answer = notary.add(&hashed_rekord(b"second", &world.key, &pem));
        assert_eq!(answer.status, 500, "{}", answer.text);
    }
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
}

/// Returns once the notary says that it is as well as this.
fn until_health_is(notary: &Running, status: u16) {
    while notary.get("/healthz").status != status {
        std::thread::yield_now();
    }
}

#[test]
fn a_notary_that_cannot_write_says_so_and_that_it_can_again() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    assert_eq!(notary.get("/healthz").status, 200);
    // In the way of the file by which the lock is replaced.
    let in_the_way = world.locked().with_extension("part");
    std::fs::create_dir(&in_the_way).unwrap();
    let pem = world.key.public_pem();
    let entry = hashed_rekord(b"second", &world.key, &pem);
    let refused = notary.add(&entry);
    assert_eq!(refused.status, 503, "{}", refused.text);
    assert_eq!(refused.json()["code"], 503);
    assert!(refused.header("retry-after").is_some());
    let health = notary.get("/healthz");
    assert_eq!((health.status, &health.json()["code"]), (503, &json!(503)));
    // What was logged is read as before.
    assert_eq!(notary.bundles(b"first").len(), 1);
    // Nobody has to write for it to be noticed.
    std::fs::remove_dir(&in_the_way).unwrap();
    until_health_is(&notary, 200);
    assert_eq!(notary.add(&entry).status, 409, "it was durable already");
    world.log(&notary, "third");
    assert_eq!(notary.get("/healthz").status, 200);
}

#[test]
fn a_notary_that_is_fenced_says_so_before_anybody_writes() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let mut locked: Value =
        serde_json::from_slice(&std::fs::read(world.locked()).unwrap()).unwrap();
    locked["checkpoint"] = json!("something else");
    std::fs::write(world.locked(), locked.to_string()).unwrap();
    until_health_is(&notary, 503);
    let refused = notary.add(&hashed_rekord(
        b"second",
        &world.key,
        &world.key.public_pem(),
    ));
    assert_eq!(refused.status, 500, "{}", refused.text);
    assert!(refused.header("retry-after").is_none());
}

#[test]
fn a_damaged_entry_is_named_by_the_backup_which_is_none_then() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let (_, second) = world.log(&notary, "second");
    notary.stop();
    let body = STANDARD.decode(second["body"].as_str().unwrap()).unwrap();
    let log = world.data.path().join("log.redb");
    let mut bytes = std::fs::read(&log).unwrap();
    let places: Vec<_> = (0..bytes.len() - body.len())
        .filter(|at| bytes[*at..].starts_with(&body))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + body.len() / 2] ^= 1;
    }
    std::fs::write(&log, bytes).unwrap();
    let to = world.data.beside("backup");
    let stopped = backup_file::make(world.data.path(), &to).unwrap_err();
    assert!(stopped.to_string().contains("entry 1 "), "{stopped}");
    let notary = world.start();
    let running = backup_file::make(world.data.path(), &to).unwrap_err();
    assert!(running.to_string().contains("entry 1 "), "{running}");
    notary.stop();
    for name in ["backup", "backup.part"] {
        assert!(!world.data.beside(name).exists(), "{name}");
    }
}

/// A notary with three entries, a backup after the second made while it ran, and the log's state
/// then and at the end.
struct BackedUp {
    world: World,
    file: PathBuf,
    entries: Vec<(String, Value)>,
    then: Value,
    /// The last that the notary showed.
    last: Value,
    tree: String,
    fingerprint: String,
}

impl BackedUp {
    fn new(written_after: bool) -> Self {
        let world = World::new();
        let notary = world.start();
        let mut entries = vec![world.log(&notary, "first"), world.log(&notary, "second")];
        let file = world.data.beside("backup");
        backup_file::make(world.data.path(), &file).unwrap();
        let then = notary.get("/api/v1/log").json();
        if written_after {
            entries.push(world.log(&notary, "third"));
        }
        let fingerprint = notary.handle().notary().fingerprint().to_owned();
        let last = notary.get("/api/v1/log").json();
        notary.stop();
        Self {
            last,
            world,
            file,
            entries,
            tree: then["treeID"].as_str().unwrap().to_owned(),
            then,
            fingerprint,
        }
    }

    fn restore(&self, name: &str, lock: &Path) -> Result<Restored, NotaryError> {
        restore(&self.file, &self.world.data.beside(name), Some(lock))
    }

    fn start_the_first(&self, lock: &Path) -> Running {
        let mut config = Config::on_loopback(self.world.data.path().to_owned());
        config.lock = Some(lock.to_owned());
        Running::try_start(config).unwrap()
    }

    fn start(&self, name: &str, lock: &Path) -> Running {
        let mut config = Config::on_loopback(self.world.data.beside(name));
        config.lock = Some(lock.to_owned());
        Running::try_start(config).unwrap()
    }

    /// What was logged before the backup is there, is proven, and is found.
    fn check(&self, notary: &Running) {
        continues(notary, &self.then);
        for (id, old) in &self.entries[..2] {
            let answer = notary.get(&format!("/api/v1/log/entries/{id}"));
            assert_eq!(answer.status, 200, "{}", answer.text);
            let answer = answer.json();
            let new = answer.as_object().unwrap().values().next().unwrap();
            for field in ["body", "integratedTime", "logID", "logIndex"] {
                assert_eq!(new[field], old[field]);
            }
            let promise = "/verification/signedEntryTimestamp";
            assert_eq!(new.pointer(promise), old.pointer(promise));
        }
        assert_eq!(notary.bundles(b"first").len(), 1);
        assert_eq!(notary.handle().notary().fingerprint(), self.fingerprint);
    }
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only_and_never_overwrites() {
    use std::os::unix::fs::PermissionsExt;
    let backed_up = BackedUp::new(false);
    let mode = std::fs::metadata(&backed_up.file).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let again = backup_file::make(backed_up.world.data.path(), &backed_up.file);
    assert!(again.is_err());
    let inside = backed_up.world.data.path().join("backup");
    assert!(backup_file::make(backed_up.world.data.path(), &inside).is_err());
    assert!(!inside.exists());
    // Of a notary that does not run, too; nothing else is left behind.
    let second = backed_up.world.data.beside("second");
    backup_file::make(backed_up.world.data.path(), &second).unwrap();
    assert_eq!(
        std::fs::read(&second).unwrap(),
        std::fs::read(&backed_up.file).unwrap()
    );
    assert!(!backed_up.world.data.beside("second.part").exists());
}

#[test]
fn a_backup_holds_neither_the_lock_nor_less_than_the_keys() {
    let backed_up = BackedUp::new(false);
    let bytes = std::fs::read(&backed_up.file).unwrap();
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(has("keys/log.pem") && has("keys/authority.pem") && has("notary.json"));
    assert!(!has(".held") && !has("set-up-complete"));
}

#[test]
fn a_backup_as_new_as_the_lock_goes_on_as_the_same_tree() {
    let backed_up = BackedUp::new(false);
    let lock = backed_up.world.lock();
    let restored = backed_up.restore("new", &lock).unwrap();
    assert!(restored.ended.is_empty());
    let notary = backed_up.start("new", &lock);
    backed_up.check(&notary);
    let log = notary.get("/api/v1/log").json();
    assert_eq!(log["treeID"], backed_up.tree.as_str());
    assert_eq!(log["inactiveShards"], Value::Null);
    backed_up.world.log(&notary, "fourth");
    notary.stop();
    // From then on the other copy is the old one.
    let refused = backed_up
        .world
        .refused(backed_up.world.data.path(), Some(lock));
    assert!(refused.contains("behind"), "{refused}");
}

#[test]
fn an_older_backup_begins_a_new_tree_that_names_the_old_one() {
    let backed_up = BackedUp::new(true);
    let lock = backed_up.world.lock();
    let restored = backed_up.restore("new", &lock).unwrap();
    assert_eq!((restored.size, restored.lost()), (2, Some(1)));
    let trees: Vec<_> = restored.ended.iter().map(|ended| ended.tree_id).collect();
    assert_eq!(trees, [backed_up.tree.parse::<u64>().unwrap()]);
    let notary = backed_up.start("new", &lock);
    backed_up.check(&notary);
    let log = notary.get("/api/v1/log").json();
    assert_ne!(log["treeID"], backed_up.tree.as_str());
    let said = checkpoint::read(log["signedTreeHead"].as_str().unwrap()).unwrap();
    assert!(said.origin.ends_with(log["treeID"].as_str().unwrap()));
    let expected = json!([{
        "restoredSize": 2,
        "rootHash": backed_up.last["rootHash"],
        "signedTreeHead": backed_up.last["signedTreeHead"],
        "treeID": backed_up.tree,
        "treeSize": 3,
    }]);
    assert_eq!(log["inactiveShards"], expected);
    // Whoever knows the old tree alone can have its past proven, as far as it was restored.
    let about = |call: &str, asked: &str| {
        let tree = &backed_up.tree;
        notary.get(&format!("/api/v1/log/{call}?{asked}treeID={tree}"))
    };
    let key = about("publicKey", "");
    assert_eq!(
        (key.status, &key.text),
        (200, &notary.get("/api/v1/log/publicKey").text)
    );
    let proof = about("proof", "firstSize=1&lastSize=2&").json();
    assert_eq!(proof["rootHash"], backed_up.then["rootHash"]);
    assert_eq!(about("proof", "lastSize=3&").status, 400);
    // What was lost is not there, also by the name that it had.
    let (lost, _) = &backed_up.entries[2];
    assert_eq!(
        notary.get(&format!("/api/v1/log/entries/{lost}")).status,
        404
    );
    let (id, entry) = backed_up.world.log(&notary, "third");
    assert_ne!((&id, &entry["logIndex"]), (lost, &json!(3)));
    notary.stop();
    // The old tree has ended, although its data is there and as new as ever.
    let refused = backed_up
        .world
        .refused(backed_up.world.data.path(), Some(lock));
    assert!(refused.contains("has ended"), "{refused}");
    assert!(
        refused.contains(log["treeID"].as_str().unwrap()),
        "{refused}"
    );
}

#[test]
fn without_the_lock_a_restore_begins_a_new_tree() {
    let backed_up = BackedUp::new(false);
    let lock = backed_up.world.data.beside("another.lock");
    let restored = backed_up.restore("new", &lock).unwrap();
    assert_eq!((restored.ended.len(), restored.lost()), (1, None));
    let notary = backed_up.start("new", &lock);
    backed_up.check(&notary);
    notary.stop();
    let copied = backed_up.world.data.beside("copied");
    copy(backed_up.world.data.path(), &copied);
    let refused = backed_up.world.refused(&copied, Some(lock));
    assert!(refused.contains("has ended"), "{refused}");
}

#[test]
fn a_second_restore_ends_the_tree_of_the_first() {
    let backed_up = BackedUp::new(true);
    let lock = backed_up.world.lock();
    backed_up.restore("one", &lock).unwrap();
    let one = backed_up.start("one", &lock);
    // It runs: no second one can take its place.
    let refused = backed_up.restore("two", &lock).unwrap_err().to_string();
    assert!(refused.contains("in use"), "{refused}");
    assert_eq!(
        std::fs::read_dir(backed_up.world.data.beside("two"))
            .unwrap()
            .count(),
        0
    );
    let tree = one.get("/api/v1/log").json()["treeID"].clone();
    let tree: u64 = tree.as_str().unwrap().parse().unwrap();
    backed_up.world.log(&one, "of its own");
    backed_up.world.log(&one, "another");
    let shown = one.get("/api/v1/log").json();
    one.stop();
    // It has entries that no backup of the old tree has: it is ended only by its name.
    let refused = backed_up.restore("two", &lock).unwrap_err().to_string();
    assert!(refused.contains("2 entries of its own"), "{refused}");
    assert!(refused.contains(&format!("--end-tree {tree}")), "{refused}");
    let end = |end| {
        restore_ending(
            &backed_up.file,
            &backed_up.world.data.beside("two"),
            Some(&lock),
            Some(end),
        )
    };
    assert!(matches!(end(tree + 1), Err(NotaryError::Replaced(_))));
    backed_up.start("one", &lock).stop();
    let old: u64 = backed_up.tree.parse().unwrap();
    let restored = end(tree).unwrap();
    let expected = [(old, Some(1)), (tree, Some(2))];
    let expected = expected.map(|(tree_id, lost)| Ended { tree_id, lost });
    assert_eq!(restored.ended, expected);
    assert_eq!(restored.lost(), Some(3));
    let refused = backed_up
        .world
        .refused(&backed_up.world.data.beside("one"), Some(lock.clone()));
    assert!(refused.contains("has ended"), "{refused}");
    let two = backed_up.start("two", &lock);
    backed_up.check(&two);
    // Both are named, each with the last that it signed.
    let shards = two.get("/api/v1/log").json()["inactiveShards"].clone();
    let named = |at: usize| {
        ["treeID", "treeSize", "restoredSize", "signedTreeHead"]
            .map(|field| shards[at][field].clone())
    };
    let last = &backed_up.last;
    let expected = [
        json!(backed_up.tree),
        json!(3),
        json!(2),
        last["signedTreeHead"].clone(),
    ];
    assert_eq!(named(0), expected);
    let expected = [
        json!(tree.to_string()),
        json!(4),
        json!(2),
        shown["signedTreeHead"].clone(),
    ];
    assert_eq!(named(1), expected);
    assert_eq!(shards.as_array().unwrap().len(), 2);
    // By the name that an entry had in the ended tree, the ones that both trees have are found.
    let (id, _) = &backed_up.entries[0];
    let hash = &id[id.len() - 64..];
    let path = |tree: u64| format!("/api/v1/log/entries/{tree:016x}{hash}");
    assert_eq!(two.get(&path(tree)).status, 200);
    assert_eq!(two.get(&path(tree + 1)).status, 404);
}

#[test]
fn a_third_restore_names_all_that_were_begun_before_it() {
    let backed_up = BackedUp::new(false);
    let lock = backed_up.world.lock();
    let beside = |name: &str| backed_up.world.data.beside(name);
    let first = backed_up.start_the_first(&lock);
    backed_up.world.log(&first, "after");
    first.stop();
    let one = backed_up.restore("one", &lock).unwrap().identity.tree_id;
    let again =
        |name: &str, end| restore_ending(&backed_up.file, &beside(name), Some(&lock), Some(end));
    let two = again("two", one).unwrap().identity.tree_id;
    // A backup of the tree that is signed on goes on as that.
    let file = beside("of-two");
    backup_file::make(&beside("two"), &file).unwrap();
    let same = restore(&file, &beside("same"), Some(&lock)).unwrap();
    assert_eq!((same.identity.tree_id, same.ended.len()), (two, 0));
    // Of one that has ended, it is refused, whichever it is; and the last one must be named.
    let of_one = beside("of-one");
    backup_file::make(&beside("one"), &of_one).unwrap();
    assert!(restore(&of_one, &beside("three"), Some(&lock)).is_err());
    assert!(again("three", one).is_err());
    let notary = backed_up.start("two", &lock);
    backed_up.world.log(&notary, "of its own");
    notary.stop();
    let restored = again("three", two).unwrap();
    let lost: Vec<_> = restored
        .ended
        .iter()
        .map(|ended| (ended.tree_id, ended.lost))
        .collect();
    let old: u64 = backed_up.tree.parse().unwrap();
    assert_eq!(lost, [(old, Some(1)), (one, Some(0)), (two, Some(1))]);
    let past = &restored.identity.past;
    let sizes: Vec<_> = past.iter().map(|past| (past.tree_id, past.size)).collect();
    assert_eq!(sizes, [(old, 2), (one, 2), (two, 2)]);
    // A lock store of which a part is missing does not say what would be lost.
    std::fs::remove_file(lock.join(format!("{two}.json"))).unwrap();
    let refused = again("four", two).unwrap_err().to_string();
    assert!(refused.contains("no lock"), "{refused}");
}

#[test]
fn a_restore_overwrites_nothing_and_needs_a_whole_backup() {
    let backed_up = BackedUp::new(false);
    let lock = backed_up.world.lock();
    let refused = restore(&backed_up.file, backed_up.world.data.path(), Some(&lock));
    assert!(matches!(refused, Err(NotaryError::NotEmpty { .. })));
    let bytes = std::fs::read(&backed_up.file).unwrap();
    std::fs::write(&backed_up.file, &bytes[..bytes.len() - 1]).unwrap();
    let refused = backed_up.restore("new", &lock).unwrap_err().to_string();
    assert!(refused.contains("cut off"), "{refused}");
    std::fs::write(&backed_up.file, [bytes.as_slice(), b"\n"].concat()).unwrap();
    let refused = backed_up.restore("new", &lock).unwrap_err().to_string();
    assert!(refused.contains("after its end"), "{refused}");
    std::fs::write(&backed_up.file, &bytes).unwrap();
    backed_up.restore("new", &lock).unwrap();
}

#[test]
fn a_backup_made_under_load_restores() {
    let world = World::new();
    let notary = world.start();
    world.log(&notary, "first");
    let file = world.data.beside("backup");
    std::thread::scope(|scope| {
        let (sender, written) = std::sync::mpsc::channel();
        let (notary, world) = (&notary, &world);
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        scope.spawn(move || {
            for i in 0.. {
                world.log(notary, &format!("file {i}"));
                let _ = sender.send(());
                if stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                    return;
                }
            }
        });
        written.recv().unwrap();
        backup_file::make(world.data.path(), &file).unwrap();
        drop(stop);
    });
    let size = notary.get("/api/v1/log").json()["treeSize"]
        .as_u64()
        .unwrap();
    notary.stop();
    let restored = restore(&file, &world.data.beside("new"), Some(&world.lock())).unwrap();
    assert!((2..=size).contains(&restored.size), "{}", restored.size);
}
