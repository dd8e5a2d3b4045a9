//! What is followed.

use crate::{NEW, OLD, User};
use assay_core::root_store::MAX_AGE;
use assay_sources::tuf::in_use;
use assay_tuf_repository::{DAY, Key, LATER, NOW, Repository, Wire};

#[test]
fn a_new_trust_root_is_taken_over() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    repository.release(NEW);
    let record = user.refresh(&repository).expect("refreshed");
    assert_eq!(user.in_use(), NEW);
    assert_eq!(user.memory.record(), Some(record));
}

#[test]
fn a_refresh_leaves_behind_when_it_was_and_how_long_it_holds() {
    let repository = Repository::new(NEW);
    let user = User::of(&repository);
    let embedded = in_use(&user.origin, None).expect("a root");
    assert!(embedded.embedded);
    assert_eq!(embedded.freshness.refreshed_at, NOW - DAY);
    let told = embedded.freshness.stale(&user.origin.root, NOW + MAX_AGE);
    assert!(told.is_some());
    let record = user.refresh(&repository).expect("refreshed");
    let held = in_use(&user.origin, Some(&record)).expect("a root");
    assert!(!held.embedded);
    assert_eq!(held.freshness.refreshed_at, NOW);
    let until = LATER.parse().map(jiff::Timestamp::as_second);
    assert_eq!(held.freshness.fresh_until, until.ok());
}

#[test]
fn what_has_not_changed_is_not_fetched_again() {
    let mut repository = Repository::new(NEW);
    let user = User::up_to_date(&repository);
    let asked = |repository: &Repository, now| {
        let wire = Wire::to(repository);
        user.refresh_over(&wire, now).expect("refreshed");
        wire.asked.into_inner()
    };
    assert_eq!(
        asked(&repository, NOW + DAY),
        ["2.root.json", "timestamp.json"]
    );
    let refreshed_at = |user: &User| Some(user.memory.record()?.held?.refreshed_at);
    assert_eq!(refreshed_at(&user), Some(NOW + DAY));
    repository.timestamp.version += 1;
    repository.publish();
    let writes = user.memory.writes.get();
    assert_eq!(asked(&repository, NOW), ["2.root.json", "timestamp.json"]);
    assert_eq!(user.memory.writes.get(), writes + 2);
}

#[test]
fn an_embedded_trust_root_that_is_still_the_newest_is_not_fetched() {
    let repository = Repository::new(OLD);
    let user = User::of(&repository);
    let wire = Wire::to(&repository);
    user.refresh_over(&wire, NOW).expect("refreshed");
    assert_eq!(
        wire.asked.into_inner(),
        [
            "2.root.json",
            "timestamp.json",
            "1.snapshot.json",
            "1.targets.json"
        ]
    );
}

#[test]
fn keys_are_followed_over_several_rotations() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    // One key of the root after the other, and then those of every other role.
    for (place, label) in ["root d", "root e", "root f"].into_iter().enumerate() {
        repository.rotate(|next| next.root.keys[place] = Key::new(label));
    }
    repository.rotate(|next| next.timestamp.keys = vec![Key::new("timestamp 2")]);
    repository.rotate(|next| {
        next.snapshot.keys = vec![Key::new("snapshot 2")];
        next.targets.keys = vec![Key::new("targets c"), Key::new("targets d")];
    });
    repository.release(NEW);
    user.refresh(&repository).expect("refreshed");
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 6));
}

#[test]
fn an_expired_root_on_the_way_to_one_that_is_valid_does_not_matter() {
    let mut repository = Repository::new(NEW);
    repository.rotate(|next| next.root.expires = "2020-01-01T00:00:00Z".into());
    repository.rotate(|next| next.root.expires = LATER.into());
    let user = User::of(&repository);
    user.refresh(&repository).expect("refreshed");
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 3));
}

#[test]
fn more_rotations_than_are_followed_at_once_are_followed_in_turns() {
    let mut repository = Repository::new(NEW);
    for _ in 0..40 {
        repository.rotate(|_| {});
    }
    let user = User::of(&repository);
    let error = user.refuses(
        &repository,
        assay_core::refresh_error::RefreshCheck::Rotations,
        "34.root.json",
    );
    assert!(error.expected.contains("32"));
    assert_eq!(user.tuf_root(), 33);
    user.refresh(&repository).expect("refreshed");
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 41));
}

/// After somebody stole the timestamp's key and made versions as high as can be, a new key begins
/// anew (TUF 5.3.11).
#[test]
fn new_keys_end_what_stolen_ones_did_to_the_versions() {
    let mut repository = Repository::new(OLD);
    repository.timestamp.version = u64::MAX;
    repository.snapshot.version = u64::MAX;
    repository.publish();
    let user = User::up_to_date(&repository);
    repository.rotate(|next| {
        next.timestamp.keys = vec![Key::new("timestamp 2")];
        next.snapshot.keys = vec![Key::new("snapshot 2")];
    });
    (repository.timestamp.version, repository.snapshot.version) = (3, 3);
    repository.targets.version += 1;
    repository.trusted_root = NEW.into();
    repository.publish();
    user.refresh(&repository).expect("refreshed");
    assert_eq!(user.in_use(), NEW);
}

#[test]
fn a_repository_that_keeps_one_version_of_each_file_is_read_too() {
    let mut repository = Repository::new(OLD);
    let user = User::of(&repository);
    repository.rotate(|next| next.consistent = false);
    repository
        .files
        .retain(|path, _| path.ends_with(".root.json"));
    repository.release(NEW);
    user.refresh(&repository).expect("refreshed");
    assert_eq!(user.in_use(), NEW);
}

/// tuf-on-ci writes an empty signature for a key that has not signed yet.
#[test]
fn a_signature_that_is_still_to_come_is_no_signature_and_no_fault() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.rotate(|_| {});
    let mut root: serde_json::Value =
        serde_json::from_str(&repository.text("2.root.json")).expect("JSON");
    root["signatures"][2]["sig"] = "".into();
    repository.put("2.root.json", root.to_string());
    user.refresh(&repository).expect("refreshed");
    assert_eq!(user.tuf_root(), 2);
}
