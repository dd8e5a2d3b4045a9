//! What is still known after a restart, and what is not believed of what was stored.

use crate::{NEW, OLD, User};
use assay_core::refresh_error::RefreshCheck as Check;
use assay_core::root_store::RootRecord;
use assay_sources::tuf::in_use;
use assay_tuf_repository::{DAY, Key, NOW, Repository, envelope};
use serde_json::Value;

#[test]
fn what_was_accepted_before_a_failure_is_known_after_a_restart() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    repository.rotate(|_| {});
    repository.release(NEW);
    repository.files.remove(&repository.target_file());
    user.refresh(&repository).expect_err("no target");
    let record = user.memory.record().expect("a record");
    let version = |text: Option<&String>| -> Value {
        let parsed: Value = serde_json::from_str(text.expect("stored")).expect("JSON");
        parsed["signed"]["version"].clone()
    };
    assert_eq!(version(record.tuf_roots.last()), 2);
    assert_eq!(version(record.timestamp.as_ref()), 2);
    assert_eq!(version(record.snapshot.as_ref()), 2);
    assert_eq!(version(record.targets.as_ref()), 2);
    assert_eq!(user.in_use(), OLD);
    // And so the old files are refused from then on.
    let mut old = Repository::new(OLD);
    old.rotate(|_| {});
    user.refuses(&old, Check::Rollback, "timestamp.json");
}

#[test]
fn what_cannot_be_stored_is_not_used() {
    let mut repository = Repository::new(NEW);
    repository.rotate(|_| {});
    // The writes are: root, timestamp, snapshot, targets, trust root.
    for full_at in 0..5 {
        let user = User::of(&repository);
        user.memory.full_at.set(Some(full_at));
        let wire = assay_tuf_repository::Wire::to(&repository);
        let error = user.refresh_over(&wire, NOW).expect_err("the disk is full");
        assert_eq!(error.check, Check::Stored, "{error}");
        assert_eq!(error.found, "the disk is full");
        // Nothing was fetched by what could not be stored.
        let asked = [1, 3, 4, 5, 6][full_at];
        assert_eq!(wire.asked.borrow().len(), asked, "{:?}", wire.asked);
        assert_eq!(user.in_use(), OLD);
    }
}

#[test]
fn a_record_that_cannot_be_read_is_told_and_left() {
    let repository = Repository::new(NEW);
    let user = User::of(&repository);
    *user.memory.text.borrow_mut() = Some("{".to_owned());
    let error = user.refresh(&repository).expect_err("unreadable");
    assert_eq!(error.check, Check::Stored);
    assert_eq!(user.memory.text.borrow().as_deref(), Some("{"));
}

/// Whoever can write to the disk cannot make keys of their own count.
#[test]
fn a_stored_trust_root_that_the_repository_never_named_is_not_used() {
    let repository = Repository::new(NEW);
    let user = User::up_to_date(&repository);
    let change = |change: &dyn Fn(&mut RootRecord)| {
        let mut record = user.memory.record().expect("a record");
        change(&mut record);
        let used = in_use(&user.origin, Some(&record)).expect("a root");
        used.trusted_root.to_owned()
    };
    assert_eq!(change(&|_| {}), NEW);
    let forged = change(&|record| {
        if let Some(held) = &mut record.held {
            held.trusted_root = held.trusted_root.replace("sigstage", "evilcorp");
        }
    });
    assert_eq!(forged, OLD);
    let by_thieves = change(&|record| {
        if let Some(held) = &mut record.held {
            let targets: Value = serde_json::from_str(&held.targets).expect("JSON");
            let thieves = [Key::new("thief a"), Key::new("thief b")];
            held.targets = envelope(&targets["signed"], &thieves);
        }
    });
    assert_eq!(by_thieves, OLD);
    let under_another_root = change(&|record| {
        if let Some(held) = &mut record.held {
            held.tuf_root = 2;
        }
    });
    assert_eq!(under_another_root, OLD);
}

#[test]
fn a_stored_tuf_root_that_does_not_follow_from_the_embedded_one_is_dropped() {
    let mut repository = Repository::new(NEW);
    let user = User::up_to_date(&repository);
    let mut thieves = Repository::new(OLD);
    thieves.root.keys = vec![Key::new("thief a"), Key::new("thief b")];
    thieves.root.version = 2;
    thieves.put_root(&thieves.root.keys.clone());
    let mut record = user.memory.record().expect("a record");
    record.tuf_roots = vec![thieves.text("2.root.json"), "garbage".to_owned()];
    *user.memory.text.borrow_mut() = record.to_json().ok();
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 1));
    repository.rotate(|_| {});
    user.refresh(&repository).expect("refreshed");
    let record = user.memory.record().expect("a record");
    assert_eq!(record.tuf_roots, [repository.text("2.root.json")]);
}

#[test]
fn the_trust_root_in_use_outlives_a_change_of_all_keys_that_was_cut_off() {
    let mut repository = Repository::new(NEW);
    let user = User::up_to_date(&repository);
    repository.rotate(|next| {
        next.targets.keys = vec![Key::new("targets c"), Key::new("targets d")];
        next.timestamp.keys = vec![Key::new("timestamp 2")];
    });
    repository.files.remove("timestamp.json");
    user.refuses(&repository, Check::Answer, "timestamp.json");
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 2));
}

#[test]
fn a_newer_program_takes_over_what_an_older_one_stored() {
    let mut repository = Repository::new(OLD);
    repository.rotate(|_| {});
    repository.release(NEW);
    let mut user = User::up_to_date(&repository);
    // The newer program embeds the third TUF root; the record begins with the second.
    repository.rotate(|_| {});
    user.origin = repository.origin(user.origin.address.clone().as_ref(), 3, OLD);
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 3));
    repository.rotate(|_| {});
    user.refresh(&repository).expect("refreshed");
    assert_eq!((user.in_use().as_str(), user.tuf_root()), (NEW, 4));
    // An older timestamp is still recognised.
    repository.timestamp.version = 1;
    repository.publish();
    user.refuses(&repository, Check::Rollback, "timestamp.json");
}

#[test]
fn an_embedded_trust_root_that_is_newer_than_the_last_refresh_is_used() {
    let repository = Repository::new(NEW);
    let mut user = User::up_to_date(&repository);
    user.origin.embedded_at = NOW;
    assert_eq!(user.in_use(), NEW);
    user.origin.embedded_at = NOW + DAY;
    assert_eq!(user.in_use(), OLD);
    user.refresh_at(&repository, NOW + DAY).expect("refreshed");
    assert_eq!(user.in_use(), NEW);
}

#[test]
fn failures_are_counted_until_one_refresh_succeeds() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    let timestamp = repository.text("timestamp.json");
    repository.files.remove("timestamp.json");
    for count in 1..=3 {
        user.refuses(&repository, Check::Answer, "timestamp.json");
        let failed = user.memory.record().and_then(|record| record.failed);
        assert_eq!(failed.map(|failed| failed.in_a_row), Some(count));
    }
    repository.put("timestamp.json", timestamp);
    let record = user.refresh(&repository).expect("refreshed");
    assert_eq!(record.failed, None);
}
