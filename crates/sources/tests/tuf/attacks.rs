//! What is refused: one test for each attack. The trust root in use stays each time.

use crate::{NEW, OLD, User};
use assay_core::refresh_error::RefreshCheck as Check;
use assay_core::root_store::StaleRoot;
use assay_sources::tuf::in_use;
use assay_tuf_repository::{DAY, Key, NOW, PAST, Repository, Wire};
use serde_json::{Value, json};

/// A repository, and a user who has taken over [`NEW`] under version 2 of every role.
fn at_version_2() -> (Repository, User) {
    let mut repository = Repository::new(OLD);
    repository.release(NEW);
    let user = User::up_to_date(&repository);
    (repository, user)
}

// Rollback.

#[test]
fn an_older_root_in_the_place_of_the_next_one_is_refused() {
    let mut repository = Repository::new(OLD);
    repository.rotate(|_| {});
    let user = User::up_to_date(&repository);
    let old = repository.text("1.root.json");
    repository.put("3.root.json", old);
    let error = user.refuses(&repository, Check::Succession, "3.root.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 3", "version 1")
    );
    assert_eq!(user.tuf_root(), 2);
}

#[test]
fn a_root_that_skips_a_version_is_refused() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    repository.rotate(|_| {});
    repository.rotate(|next| next.root.keys[0] = Key::new("root d"));
    let skipping = repository.text("3.root.json");
    repository.put("2.root.json", skipping);
    let error = user.refuses(&repository, Check::Succession, "2.root.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 2", "version 3")
    );
    assert_eq!(user.tuf_root(), 1);
}

#[test]
fn an_older_timestamp_is_refused() {
    let (mut repository, user) = at_version_2();
    repository.timestamp.version = 1;
    repository.publish();
    let error = user.refuses(&repository, Check::Rollback, "timestamp.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 2 or later", "version 1")
    );
}

#[test]
fn an_older_snapshot_under_a_new_timestamp_is_refused() {
    let (mut repository, user) = at_version_2();
    repository.timestamp.version = 3;
    repository.snapshot.version = 1;
    repository.publish();
    let error = user.refuses(&repository, Check::Rollback, "snapshot.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 2 or later", "version 1")
    );
}

#[test]
fn older_targets_under_a_new_snapshot_are_refused() {
    let (mut repository, user) = at_version_2();
    repository.timestamp.version = 3;
    repository.snapshot.version = 3;
    repository.targets.version = 1;
    repository.publish();
    let error = user.refuses(&repository, Check::Rollback, "targets.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 2 or later", "version 1")
    );
}

#[test]
fn a_snapshot_that_leaves_out_what_it_named_before_is_refused() {
    let mut repository = Repository::new(OLD);
    let file = repository.snapshot_file();
    let keys = repository.snapshot.keys.clone();
    repository.change(&file, &keys, |signed| {
        signed["meta"]["registry.json"] = json!({ "version": 7 });
    });
    repository.name_by_version_only();
    let user = User::up_to_date(&repository);
    repository.release(NEW);
    let error = user.refuses(&repository, Check::Rollback, "registry.json");
    assert_eq!(error.expected, "version 7 or later");
}

/// New keys of one role let its versions begin anew, and those of no other.
#[test]
fn an_older_snapshot_is_refused_even_under_a_timestamp_that_begins_anew() {
    let (mut repository, user) = at_version_2();
    repository.rotate(|next| next.timestamp.keys = vec![Key::new("timestamp 2")]);
    repository.timestamp.version = 1;
    repository.snapshot.version = 1;
    repository.publish();
    user.refuses(&repository, Check::Rollback, "snapshot.json");
}

#[test]
fn older_targets_are_refused_even_under_a_snapshot_that_begins_anew() {
    let (mut repository, user) = at_version_2();
    repository.rotate(|next| {
        next.timestamp.keys = vec![Key::new("timestamp 2")];
        next.snapshot.keys = vec![Key::new("snapshot 2")];
    });
    repository.timestamp.version = 1;
    repository.snapshot.version = 1;
    repository.targets.version = 1;
    repository.publish();
    user.refuses(&repository, Check::Rollback, "targets.json");
}

/// The timestamp's and the snapshot's keys are stolen. The thief first cuts a refresh off behind
/// the timestamp, so that the snapshot that was accepted no longer fits it, and then serves old
/// targets.
#[test]
fn a_refresh_that_was_cut_off_forgets_no_version() {
    let (mut repository, user) = at_version_2();
    repository.release(NEW);
    let wire = Wire::to(&repository);
    wire.dies_at.set(2);
    let error = user.refresh_over(&wire, NOW).expect_err("cut off");
    assert_eq!(
        (error.check, error.file.as_str()),
        (Check::Answer, "3.snapshot.json")
    );
    repository.trusted_root = OLD.into();
    repository.targets.version = 1;
    repository.snapshot.version = 4;
    repository.timestamp.version = 4;
    repository.publish();
    user.refuses(&repository, Check::Rollback, "targets.json");
    assert_eq!(user.in_use(), NEW);
}

// Freeze: whoever keeps us from what is new is noticed once what they serve expires.

#[test]
fn a_repository_that_stands_still_is_refused_once_its_timestamp_expired() {
    let mut repository = Repository::new(OLD);
    repository.timestamp.expires = "2026-12-08T00:00:00Z".into();
    repository.publish();
    let user = User::up_to_date(&repository);
    user.refresh_at(&repository, NOW + 6 * DAY)
        .expect("not yet");
    let later = NOW + 8 * DAY;
    let error = user.refuses_at(&repository, later, Check::Expiry, "timestamp.json");
    assert!(error.expected.contains("2026-12-09"), "{error}");
    assert!(error.found.contains("2026-12-08"), "{error}");
    let record = user.memory.record();
    let in_use = in_use(&user.origin, record.as_ref()).expect("a root");
    assert_eq!(
        in_use.freshness.stale(&user.origin.root, later),
        Some(StaleRoot {
            root: user.origin.root.clone(),
            refreshed_at: NOW + 6 * DAY,
            expired_at: Some(NOW + 7 * DAY),
        })
    );
}

#[test]
fn another_timestamp_under_the_version_of_the_one_that_is_known_changes_nothing() {
    let (mut repository, user) = at_version_2();
    repository.trusted_root = OLD.into();
    repository.snapshot.version = 3;
    repository.targets.version = 3;
    repository.publish();
    user.refresh(&repository).expect("the known one counts");
    assert_eq!(user.in_use(), NEW);
}

// Expiry.

#[test]
fn an_expired_root_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.rotate(|next| next.root.expires = PAST.into());
    user.refuses(&repository, Check::Expiry, "root.json");
}

#[test]
fn an_expired_timestamp_is_refused_and_not_kept() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.timestamp.expires = PAST.into();
    repository.publish();
    user.refuses(&repository, Check::Expiry, "timestamp.json");
    assert_eq!(
        user.memory.record().and_then(|record| record.timestamp),
        None
    );
}

#[test]
fn an_expired_snapshot_is_refused_and_not_kept() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.snapshot.expires = PAST.into();
    repository.publish();
    user.refuses(&repository, Check::Expiry, "snapshot.json");
    assert_eq!(
        user.memory.record().and_then(|record| record.snapshot),
        None
    );
}

#[test]
fn expired_targets_are_refused_and_not_kept() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.targets.expires = PAST.into();
    repository.publish();
    user.refuses(&repository, Check::Expiry, "targets.json");
    assert_eq!(user.memory.record().and_then(|record| record.targets), None);
}

#[test]
fn metadata_that_was_accepted_and_has_expired_since_is_refused() {
    let mut repository = Repository::new(OLD);
    repository.snapshot.expires = "2026-12-02T00:00:00Z".into();
    repository.publish();
    let user = User::up_to_date(&repository);
    user.refuses_at(&repository, NOW + 2 * DAY, Check::Expiry, "snapshot.json");
    repository.release(OLD);
    repository.snapshot.expires = assay_tuf_repository::LATER.into();
    repository.targets.expires = "2026-12-02T00:00:00Z".into();
    repository.publish();
    user.refresh(&repository).expect("refreshed");
    user.refuses_at(&repository, NOW + 2 * DAY, Check::Expiry, "targets.json");
}

// Signatures and thresholds.

#[test]
fn a_root_that_too_few_of_the_keys_before_it_signed_is_refused() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    let one_of_before = repository.root.keys[0].clone();
    repository.rotate(|next| {
        next.root.keys = vec![Key::new("thief a"), Key::new("thief b")];
    });
    let mut signers = repository.root.keys.clone();
    signers.push(one_of_before);
    repository.put_root(&signers);
    let error = user.refuses(&repository, Check::Signatures, "2.root.json");
    assert!(
        error.expected.starts_with('2') && error.found == "1",
        "{error}"
    );
}

#[test]
fn a_root_that_too_few_of_its_own_keys_signed_is_refused() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    let before = repository.root.keys.clone();
    repository.rotate(|next| {
        next.root.keys = vec![Key::new("root d"), Key::new("root e")];
    });
    let mut signers = before;
    signers.push(Key::new("root d"));
    repository.put_root(&signers);
    let error = user.refuses(&repository, Check::Signatures, "2.root.json");
    assert!(
        error.expected.starts_with('2') && error.found == "1",
        "{error}"
    );
}

#[test]
fn two_signatures_of_one_key_are_not_two_keys() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    repository.rotate(|_| {});
    let one = repository.root.keys[0].clone();
    repository.put_root(&[one.clone(), one]);
    let error = user.refuses(&repository, Check::Signatures, "2.root.json");
    assert!(
        error.found.contains(repository.root.keys[0].id()),
        "{error}"
    );
}

#[test]
fn a_threshold_of_nobody_is_refused() {
    let mut repository = Repository::new(OLD);
    let user = User::up_to_date(&repository);
    repository.rotate(|next| next.root.threshold = 0);
    user.refuses(&repository, Check::Form, "2.root.json");
}

#[test]
fn a_timestamp_by_another_key_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.timestamp.keys = vec![Key::new("thief")];
    repository.publish();
    user.refuses(&repository, Check::Signatures, "timestamp.json");
}

#[test]
fn a_snapshot_by_another_key_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.snapshot.keys = vec![Key::new("thief")];
    repository.publish();
    user.refuses(&repository, Check::Signatures, "snapshot.json");
}

#[test]
fn targets_that_too_few_keys_signed_are_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.targets.keys.pop();
    repository.publish();
    let error = user.refuses(&repository, Check::Signatures, "targets.json");
    assert!(
        error.expected.starts_with('2') && error.found == "1",
        "{error}"
    );
}

#[test]
fn a_signature_over_something_else_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    let mut timestamp: Value =
        serde_json::from_str(&repository.text("timestamp.json")).expect("JSON");
    timestamp["signed"]["version"] = 2.into();
    repository.put("timestamp.json", timestamp.to_string());
    user.refuses(&repository, Check::Signatures, "timestamp.json");
}

#[test]
fn a_key_of_one_role_does_not_sign_for_another() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.targets.keys = repository.timestamp.keys.clone();
    repository
        .targets
        .keys
        .extend(repository.snapshot.keys.clone());
    repository.publish();
    user.refuses(&repository, Check::Signatures, "targets.json");
}

// What one file says about the next.

#[test]
fn a_snapshot_of_another_version_than_the_timestamp_names_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.name_by_version_only();
    let (file, keys) = (repository.snapshot_file(), repository.snapshot.keys.clone());
    repository.change(&file, &keys, |signed| signed["version"] = 9.into());
    let error = user.refuses(&repository, Check::Version, "snapshot.json");
    assert_eq!(
        (error.expected.as_str(), error.found.as_str()),
        ("version 1", "version 9")
    );
}

#[test]
fn targets_of_another_version_than_the_snapshot_names_are_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.name_by_version_only();
    let (file, keys) = (repository.targets_file(), repository.targets.keys.clone());
    repository.change(&file, &keys, |signed| signed["version"] = 9.into());
    user.refuses(&repository, Check::Version, "targets.json");
}

#[test]
fn metadata_of_another_length_than_was_named_is_refused() {
    for pick in [Repository::snapshot_file, Repository::targets_file] {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        let file = pick(&repository);
        let longer = repository.text(&file) + "\n";
        repository.put(&file, longer);
        let plain = file.trim_start_matches("1.").to_owned();
        user.refuses(&repository, Check::Length, &plain);
    }
}

#[test]
fn metadata_with_another_digest_than_was_named_is_refused() {
    for pick in [Repository::snapshot_file, Repository::targets_file] {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        let file = pick(&repository);
        let other = repository.text(&file).replace("1.0.31", "1.0.32");
        repository.put(&file, other);
        let plain = file.trim_start_matches("1.").to_owned();
        user.refuses(&repository, Check::Digest, &plain);
    }
}

#[test]
fn a_trust_root_with_another_digest_than_was_named_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    let file = repository.target_file();
    let forged = NEW.replacen("sigstage", "evilcorp", 1);
    assert_ne!(forged, NEW);
    repository.put(&file, forged);
    let error = user.refuses(&repository, Check::Digest, &file);
    assert!(error.expected.starts_with("sha256 ") && error.found.starts_with("sha256 "));
    assert_eq!(user.in_use(), OLD);
}

#[test]
fn a_trust_root_of_another_length_than_was_named_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    let file = repository.target_file();
    repository.put(&file, format!("{NEW} "));
    let error = user.refuses(&repository, Check::Length, &file);
    assert_eq!(error.found, format!("{} bytes", NEW.len() + 1));
}

#[test]
fn a_trust_root_without_a_digest_that_can_be_checked_is_refused() {
    for hashes in [
        json!({}),
        json!({ "md5": "00" }),
        json!({ "sha256": "" }),
        json!({ "sha256": "../../x" }),
    ] {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        repository.name_by_version_only();
        let (file, keys) = (repository.targets_file(), repository.targets.keys.clone());
        repository.change(&file, &keys, |signed| {
            signed["targets"]["trusted_root.json"]["hashes"] = hashes;
        });
        user.refuses(&repository, Check::Digest, "trusted_root.json");
    }
}

#[test]
fn every_digest_that_can_be_checked_is_checked() {
    let (sha256, sha512) = (digest::<sha2::Sha256>(NEW), digest::<sha2::Sha512>(NEW));
    let with = |hashes: Value, name: &str| {
        let mut repository = Repository::new(NEW);
        repository.name_by_version_only();
        let (file, keys) = (repository.targets_file(), repository.targets.keys.clone());
        repository.change(&file, &keys, |signed| {
            signed["targets"]["trusted_root.json"]["hashes"] = hashes;
        });
        repository.put(&format!("targets/{name}.trusted_root.json"), NEW);
        repository
    };
    let longer = with(json!({ "sha512": sha512, "md5": "00" }), &sha512);
    let user = User::of(&longer);
    user.refresh(&longer).expect("refreshed");
    assert_eq!(user.in_use(), NEW);
    let other = digest::<sha2::Sha512>(OLD);
    let mixed = with(json!({ "sha256": sha256, "sha512": other }), &sha256);
    let file = format!("targets/{sha256}.trusted_root.json");
    let error = User::of(&mixed).refuses(&mixed, Check::Digest, &file);
    assert!(error.found.contains(&sha512), "{error}");
}

fn digest<D: sha2::Digest>(text: &str) -> String {
    hex::encode(D::digest(text.as_bytes()).as_slice())
}

#[test]
fn what_is_named_nowhere_is_refused() {
    let taken_out = |from: &str, name: &str| {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        repository.name_by_version_only();
        let (file, keys, place) = match from {
            "timestamp" => (
                "timestamp.json".into(),
                repository.timestamp.keys.clone(),
                "meta",
            ),
            "snapshot" => (
                repository.snapshot_file(),
                repository.snapshot.keys.clone(),
                "meta",
            ),
            _ => (
                repository.targets_file(),
                repository.targets.keys.clone(),
                "targets",
            ),
        };
        repository.change(&file, &keys, |signed| signed[place] = json!({}));
        user.refuses(&repository, Check::Listed, name);
    };
    taken_out("timestamp", "snapshot.json");
    taken_out("snapshot", "targets.json");
    taken_out("targets", "trusted_root.json");
}
