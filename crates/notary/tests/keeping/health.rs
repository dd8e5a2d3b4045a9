//! A notary that cannot log says so, and is asked nothing for that.

use crate::World;
use crate::common::{Running, hashed_rekord};
use serde_json::json;

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
    world.fence();
    until_health_is(&notary, 503);
    let refused = notary.add(&hashed_rekord(
        b"second",
        &world.key,
        &world.key.public_pem(),
    ));
    assert_eq!(refused.status, 500, "{}", refused.text);
    assert!(refused.header("retry-after").is_none());
}
