//! What cannot be used: garbage, bodies without measure, servers that fail. The trust root in use
//! stays each time.

use crate::{NEW, OLD, User};
use assay_core::refresh_error::RefreshCheck as Check;
use assay_tuf_repository::{NOW, Repository, Wire};

#[test]
fn a_signed_trust_root_that_cannot_be_used_does_not_take_the_place_of_one_that_can() {
    for useless in ["", "{}", "<html>", &NEW.replace("MFkw", "AAAA")] {
        let repository = Repository::new(useless);
        let user = User::of(&repository);
        user.refuses(&repository, Check::Usable, "trusted_root.json");
        assert_eq!(user.in_use(), OLD);
    }
}

#[test]
fn what_is_no_metadata_is_refused() {
    for garbage in [
        "",
        "<html>sign in to the hotel's network</html>",
        "[]",
        "{}",
        r#"{"signed":{},"signatures":[]}"#,
        r#"{"signed":{"_type":"timestamp","version":1.5},"signatures":[]}"#,
        r#"{"signed":{"_type":"root","spec_version":"1.0.0"},"signatures":[]}"#,
    ] {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        repository.put("timestamp.json", garbage);
        user.refuses(&repository, Check::Form, "timestamp.json");
        repository.put("2.root.json", garbage);
        user.refuses(&repository, Check::Form, "2.root.json");
    }
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    repository.put("timestamp.json", [0xff, 0xfe]);
    user.refuses(&repository, Check::Form, "timestamp.json");
}

#[test]
fn metadata_of_a_specification_to_come_is_refused() {
    let mut repository = Repository::new(NEW);
    let user = User::of(&repository);
    let keys = repository.timestamp.keys.clone();
    repository.change("timestamp.json", &keys, |signed| {
        signed["spec_version"] = "2.0.0".into();
    });
    let error = user.refuses(&repository, Check::Form, "timestamp.json");
    assert!(error.found.contains("2.0.0"), "{error}");
}

#[test]
fn larger_files_than_there_are_are_refused() {
    let huge = " ".repeat(2 * 1024 * 1024);
    let files: [fn(&Repository) -> String; 5] = [
        |_| "2.root.json".to_owned(),
        |_| "timestamp.json".to_owned(),
        Repository::snapshot_file,
        Repository::targets_file,
        Repository::target_file,
    ];
    for pick in files {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        let file = pick(&repository);
        repository.put(&file, huge.clone());
        user.refuses(&repository, Check::Size, &file);
    }
}

#[test]
fn a_file_that_is_not_there_is_an_outage() {
    for file in ["timestamp.json", "1.snapshot.json", "1.targets.json"] {
        let mut repository = Repository::new(NEW);
        let user = User::of(&repository);
        repository.files.remove(file);
        user.refuses(&repository, Check::Answer, file);
    }
}

#[test]
fn a_store_of_objects_may_say_403_of_what_it_has_not_and_errors_are_outages() {
    let repository = Repository::new(NEW);
    let refresh = |status: u16| {
        let user = User::of(&repository);
        let wire = Wire::to(&repository);
        wire.missing.set(status);
        user.refresh_over(&wire, NOW).map(|_| user.in_use())
    };
    for absent in [403, 404] {
        assert_eq!(refresh(absent).as_deref(), Ok(NEW));
    }
    for broken in [204, 301, 302, 401, 410, 500, 503] {
        let error = refresh(broken).expect_err("an outage");
        assert_eq!(error.check, Check::Answer);
        assert!(error.found.contains(&broken.to_string()), "{error}");
    }
}

#[test]
fn a_body_that_is_longer_than_was_asked_for_is_refused_whoever_read_it() {
    let mut repository = Repository::new(NEW);
    repository.put("timestamp.json", " ".repeat(16_385));
    let user = User::of(&repository);
    let wire = Wire::to(&repository);
    wire.heeds_limits.set(false);
    let error = user.refresh_over(&wire, NOW).expect_err("too long");
    assert_eq!(error.check, Check::Size);
    assert_eq!(error.found, "16385 bytes");
}

#[test]
fn at_a_moment_out_of_all_calendars_everything_has_expired() {
    let repository = Repository::new(NEW);
    let user = User::of(&repository);
    for now in [i64::MAX, i64::MIN] {
        user.refuses_at(&repository, now, Check::Expiry, "root.json");
    }
}

#[test]
fn wherever_the_network_fails_the_root_in_use_stays() {
    let mut repository = Repository::new(NEW);
    repository.rotate(|_| {});
    for request in 0..6 {
        let user = User::of(&repository);
        let wire = Wire::to(&repository);
        wire.dies_at.set(request);
        let error = user.refresh_over(&wire, NOW).expect_err("cut off");
        assert_eq!(error.check, Check::Answer);
        assert_eq!(user.in_use(), OLD);
        user.refresh(&repository).expect("it goes on afterwards");
        assert_eq!(user.in_use(), NEW);
    }
}
