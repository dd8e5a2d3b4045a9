//! A clock that was ahead when something was logged, and is right again.

use crate::World;
use crate::common::{Running, hashed_rekord};
use assay_notary::clock::{MAX_BEHIND, now};
use assay_notary::keys::SigningKey;
use assay_notary::redb_store::RedbStore;
use assay_notary::revocation::{Wanted, revoke};
use assay_notary::rotation::{Rotate, begin};
use assay_notary::sequencer::SequencerError;
use assay_notary::signers::enrol;
use assay_notary::store::{Batch, Store};
use serde_json::json;
use std::sync::Arc;
use tokio::runtime::Runtime;

const NAME: &str = "release@example.org";

/// As if the last entry had been logged at that time.
fn last_logged_at(world: &World, time: u64) {
    let objects = RedbStore::open(&world.data.path().join("log.redb")).unwrap();
    let store = Store::new(Arc::new(objects));
    let mut tree = store.snapshot().unwrap().tree().unwrap();
    tree.time = time;
    store
        .commit(Batch {
            tree,
            ..Batch::default()
        })
        .unwrap();
}

/// Returns once the keeper of the notary has come round several times: each time it looks at the lock,
/// in which something else stands meanwhile.
fn until_it_was_looked_at_often(world: &World, notary: &Running) {
    let trouble = notary.handle().notary().trouble();
    let is_clock = || matches!(&*trouble.borrow(), Some(SequencerError::Clock(_)));
    let locked = std::fs::read(world.locked()).unwrap();
    for _ in 0..2 {
        world.fence();
        while is_clock() {
            std::thread::yield_now();
        }
        std::fs::write(world.locked(), &locked).unwrap();
        while !is_clock() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn nothing_is_logged_in_the_future_and_all_is_read() {
    let world = World::new();
    let notary = world.start();
    let (id, _) = world.log(&notary, "first");
    notary.stop();
    last_logged_at(&world, now() + 7200);
    let notary = world.start();
    assert_eq!(notary.get("/healthz").status, 503);
    let pem = world.key.public_pem();
    let refused = notary.add(&hashed_rekord(b"second", &world.key, &pem));
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (503, &json!(503))
    );
    assert!(refused.text.contains("clock"), "{}", refused.text);
    assert!(refused.header("retry-after").is_some());
    let trouble = notary.handle().notary().trouble();
    let told = trouble.borrow().as_ref().unwrap().to_string();
    for part in ["the clock of this machine, 20", "restore a backup", "wait"] {
        assert!(told.contains(part), "{told}");
    }
    // What is there is read, and known to be there.
    assert_eq!(notary.get(&format!("/api/v1/log/entries/{id}")).status, 200);
    assert_eq!(notary.bundles(b"first").len(), 1);
    let log = notary.get("/api/v1/log").json();
    assert_eq!(log["treeSize"], 1);
    notary.stop();
    last_logged_at(&world, now());
    let notary = world.start();
    world.log(&notary, "second");
    assert_eq!(notary.get("/healthz").status, 200);
}

#[test]
fn a_clock_that_is_kept_in_step_disturbs_nobody() {
    let world = World::new();
    world.start().stop();
    let ahead = now() + MAX_BEHIND / 2;
    last_logged_at(&world, ahead);
    let notary = world.start();
    let (_, entry) = world.log(&notary, "first");
    assert!(entry["integratedTime"].as_u64().unwrap() >= ahead);
}

#[test]
fn what_is_to_be_logged_waits_for_the_clock_and_no_keys_are_replaced() {
    let world = World::new();
    let data = world.data.path();
    world.start().stop();
    let key = SigningKey::generate().unwrap();
    enrol(data, NAME, key.public_pem().as_bytes()).unwrap();
    last_logged_at(&world, now() + 7200);
    revoke(data, None, NAME, Wanted::default()).unwrap();
    // It starts, so that it can be read; and the key is revoked.
    let notary = world.start();
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 0);
    let certificate = format!("/signers/sha256:{}", key.id());
    assert_eq!(notary.get(&certificate).status, 404);
    // What cannot be logged now is not tried again and again.
    let mut failed = notary.handle().notary().failed();
    failed.mark_unchanged();
    until_it_was_looked_at_often(&world, &notary);
    assert!(!failed.has_changed().unwrap());
    notary.stop();
    let both = Rotate {
        log: true,
        authority: true,
    };
    let refused = Runtime::new().unwrap().block_on(begin(data, None, both));
    assert!(refused.unwrap_err().to_string().contains("clock"));
    assert!(!data.join("keys/log-1.pem").exists());
    last_logged_at(&world, now());
    let notary = world.start();
    assert_eq!(notary.get("/api/v1/log").json()["treeSize"], 1);
    notary.stop();
}
