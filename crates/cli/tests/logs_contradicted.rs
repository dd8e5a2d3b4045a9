//! A log that contradicts itself: a real notary and a fork of it.

mod common;
#[path = "common/forking_notary.rs"]
mod forking_notary;
#[path = "common/front.rs"]
mod front;

use assay_core::log_memory::Contradiction;
use common::done;
use forking_notary::{PROOF, World, codes, set_aside};
use serde_json::Value;

#[test]
fn a_log_that_forks_is_found_out_proves_nothing_and_is_trusted_again_only_by_the_user() {
    let world = World::new([2, 3]);
    world.verify(&["first.txt", "common.txt"]).expect(0);
    world.show(1);
    // Of several files the one that brings it to light is not the only one that it concerns.
    let found = world.verify(&["common.txt", "second.txt"]).expect(14);
    assert!(
        found.err.contains("contradicts itself") && found.err.contains(&world.front.url()),
        "{}",
        found.err
    );
    let report = found.json();
    for result in report["results"].as_array().unwrap() {
        assert_eq!(result["verdict"], "unchecked");
        assert_eq!(codes(result), ["log_contradicted"]);
        assert!(result["reasons"][0]["log"].is_string());
        let source = &result["sources"][0];
        assert_eq!(source["proven"].as_array().map(Vec::len), Some(0));
        assert_eq!(source["withheld"][0]["doubt"]["code"], "log_contradicted");
        assert_eq!(source["withheld"][0]["signer"]["name"], world.signer);
    }
    let log = world.log();
    assert_eq!(report["log_alarms"][0], log);
    assert_eq!(log["alarm"]["remembered"]["size"], 3);
    assert_eq!(log["alarm"]["shown"]["size"], 4);
    let alarmed = log["id"].as_str().unwrap();
    let kept = world.user.run(&["logs", "forget", alarmed]).expect(1);
    assert!(kept.err.contains("is not forgotten"), "{}", kept.err);
    assert_eq!(world.log(), log);
    let text = world.user.run(&["logs"]).expect(0).out;
    assert!(text.contains("ALARM"), "{text}");

    // The evidence holds by itself, whoever reads it.
    let id = log["id"].as_str().unwrap();
    let exported = world.user.run(&["logs", "evidence", id]).expect(0).out;
    let evidence = Contradiction::parse(&exported).unwrap();
    assert_eq!((evidence.remembered.size, evidence.shown.size), (3, 4));

    // Nothing that it shows makes up for it, and it is not asked for any more.
    world.front.asked("");
    world.show(0);
    world.verify(&["first.txt"]).expect(14);
    assert_eq!(world.front.asked(PROOF).len(), 0);

    // Nor does what was proven before count, offline; and nobody signs there.
    let offline = world.verify_bundle("first.txt");
    let report = offline.expect(1).json();
    assert_eq!(report["withheld"]["code"], "log_contradicted");
    assert_eq!(
        (&report["proven"], &report["problem"]),
        (&Value::Null, &Value::Null)
    );
    for command in ["sign", "untrust"] {
        let refused = world
            .user
            .with(&world.front.url(), &[command, "first.txt", "--json"]);
        let refused = refused.expect(1).json();
        assert_eq!(refused["schema"], "assay.error.v1");
        assert!(
            refused["error"]
                .as_str()
                .unwrap()
                .contains("contradicted itself")
        );
    }

    let trusted = ["logs", "trust", &id[..8], "--json"];
    let trusted = world.user.run(&trusted).expect(0).json();
    assert_eq!(trusted["schema"], "assay.log.v1");
    assert_eq!(
        (&trusted["outcome"], &trusted["log"]["alarm"]),
        (&"trusted".into(), &Value::Null)
    );
    assert!(trusted["log"]["decided"][0]["decided_at"].is_i64());
    let report = world.verify_bundle("first.txt").expect(0).json();
    assert_eq!(report["withheld"], Value::Null);
    assert_eq!(report["proven"]["signer"]["name"], world.signer);
    world.show(1);
    let again = world.verify(&["common.txt", "second.txt"]).expect(0);
    assert!(!again.err.contains("contradicts"), "{}", again.err);
    // What it showed last is what counts; the other history is a contradiction again.
    world.show(0);
    world.sign(0, "fourth.txt");
    world.verify(&["first.txt"]).expect(14);
    assert!(world.log()["alarm"].is_object());
    let evidence = world.user.run(&["logs", "evidence", id]).expect(0).out;
    assert_ne!(
        evidence, exported,
        "the alarm that is to be decided on comes first"
    );
}

/// The first file brings it to light; before the second one is answered, the program is killed.
#[test]
fn an_alarm_is_on_the_disk_before_anything_follows_from_it() {
    let world = World::new([1, 1]);
    world.verify(&["common.txt"]).expect(0);
    world.show(1);
    let held = world.hold_answer("common.txt");
    let mut child = world
        .command(&["second.txt", "common.txt"])
        .spawn()
        .unwrap();
    held.wait();
    world.wait_for_alarm();
    child.kill().unwrap();
    let killed = done(child.wait_with_output().unwrap());
    assert_eq!((killed.out.as_str(), killed.err.as_str()), ("", ""));
    held.release();
    let log = world.log();
    assert!(log["alarm"].is_object());
    let id = log["id"].as_str().unwrap();
    world.user.run(&["logs", "evidence", id]).expect(0);
    let told = world.verify(&["common.txt"]).expect(14);
    assert!(told.err.contains("contradicts itself"), "{}", told.err);
}

/// What lies beside a file proves by itself what it proves, and no more than its log is worth.
#[test]
fn a_bundle_beside_the_file_is_told_by_itself_and_does_not_count_once_its_log_forked() {
    let world = World::new([1, 1]);
    world.verify(&["common.txt"]).expect(0);
    let beside = world.user.path("first.txt.sigstore.json");
    std::fs::rename(world.user.path(&set_aside("first.txt")), &beside).unwrap();
    // An outage of the notary is one of the reasons.
    world.front.fall_silent("/attestations/");
    let report = world.verify(&["first.txt"]).expect(0).json();
    let result = &report["results"][0];
    assert_eq!(codes(result), ["signed_by_trusted", "source_unreachable"]);
    world.front.let_pass();
    world.show(1);
    world.verify(&["second.txt"]).expect(14);
    let report = world.verify(&["first.txt"]).expect(14).json();
    let result = &report["results"][0];
    assert_eq!(codes(result), ["log_contradicted"]);
    assert_eq!(result["sources"][1]["source"], "brought");
    let args = ["verify", "--offline", "--json", "first.txt"];
    let report = world.user.run(&args).expect(14).json();
    assert_eq!(codes(&report["results"][0]), ["log_contradicted"]);
    assert_eq!(report["log_alarms"][0], world.log());
}

#[test]
fn a_log_that_is_not_remembered_or_has_no_alarm_is_told() {
    let world = World::new([0, 0]);
    assert_eq!(world.logs(), Value::Array(Vec::new()));
    let unknown = world.user.run(&["logs", "trust", "0123456789"]).expect(1);
    assert!(
        unknown.err.contains("no log is remembered"),
        "{}",
        unknown.err
    );
    assert!(
        !world.user.path("config/logs").exists(),
        "looking writes nothing"
    );
    world.verify(&["common.txt"]).expect(0);
    let log = world.log();
    let id = log["id"].as_str().unwrap();
    let never = world.user.run(&["logs", "evidence", id]).expect(1);
    assert!(
        never.err.contains("never contradicted itself"),
        "{}",
        never.err
    );
    world.user.run(&["logs", "evidence", &id[..7]]).expect(1);
    world.user.run(&["logs", "trust"]).expect(2);
    let nothing = ["logs", "trust", id, "--json"];
    let nothing = world.user.run(&nothing).expect(0).json();
    assert_eq!(
        (&nothing["outcome"], &nothing["log"]),
        (&"unchanged".into(), &log)
    );
}
