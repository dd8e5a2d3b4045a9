//! One log never becomes two: data and lock that do not belong together are refused.

use crate::common::{Running, hashed_rekord};
use crate::{World, copy};
use assay_notary::Config;

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
    world.fence();
    let pem = world.key.public_pem();
    for _ in 0..2 {
        let answer = notary.add(&hashed_rekord(b"second", &world.key, &pem));
        assert_eq!(answer.status, 500, "{}", answer.text);
    }
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
}
