//! Restoring: the same tree where nothing was lost, else a new one that names all that ended.

use crate::backed_up::BackedUp;
use crate::common::copy;
use assay_notary::restore::{Agreed, Ended, restore, restore_agreed};
use assay_notary::{NotaryError, backup_file, checkpoint};
use serde_json::{Value, json};

fn ending(tree: u64) -> Agreed {
    Agreed {
        end_tree: Some(tree),
        ..Agreed::default()
    }
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
        "lostEntries": 1,
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
    let ended = &notary.get("/api/v1/log").json()["inactiveShards"][0];
    assert_eq!(ended.get("lostEntries"), Some(&Value::Null), "{ended}");
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
    assert!(!backed_up.world.data.beside("two").exists());
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
        restore_agreed(
            &backed_up.file,
            &backed_up.world.data.beside("two"),
            Some(&lock),
            ending(end),
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
        |name: &str, end| restore_agreed(&backed_up.file, &beside(name), Some(&lock), ending(end));
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
