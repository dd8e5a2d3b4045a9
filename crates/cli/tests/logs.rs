//! Logs that are remembered, as a user meets them: the real program and real notaries, one that
//! grows, one that gives no proof, and memories that were damaged.

mod common;
#[path = "common/forking_notary.rs"]
mod forking_notary;
#[path = "common/front.rs"]
mod front;

use common::{DataFolder, Notary, User};
use forking_notary::{PROOF, World, codes, sign};
use front::Front;
use serde_json::Value;
use std::path::Path;

#[test]
fn whoever_signs_compares_the_log_too() {
    let world = World::new([2, 2]);
    world.verify(&["common.txt"]).expect(0);
    world.user.write("more.txt", "more.txt");
    let signed = |branch: usize, force: &[&str]| {
        let args = [&["sign", "--json", "more.txt"][..], force].concat();
        world.user.with(&world.branches[branch].url(), &args)
    };
    signed(0, &[]).expect(0);
    // The other branch has as many entries now as the first had.
    let refused = signed(1, &["--force"]).expect(1).json();
    let error = refused["results"][0]["error"].to_string();
    assert!(error.contains("contradicted itself"), "{refused}");
    assert!(world.log()["alarm"].is_object());
}

#[test]
fn a_log_that_grows_is_asked_for_one_proof_each_time_and_verified() {
    let world = World::new([1, 0]);
    world.verify(&["common.txt"]).expect(0);
    assert_eq!(
        world.front.asked(PROOF).len(),
        0,
        "it is met for the first time"
    );
    let log = world.log();
    assert_eq!((&log["size"], &log["alarm"]), (&2.into(), &Value::Null));
    assert_eq!(log["name"], world.front.url());
    assert!(log["seen_at"].as_i64().is_some_and(|at| at > 1_700_000_000));
    world.verify(&["common.txt", "first.txt"]).expect(0);
    assert_eq!(world.front.asked(PROOF).len(), 0, "it is known");
    world.sign(0, "more.txt");
    let results = world.verify(&["more.txt", "common.txt"]).expect(0);
    let path = format!("{PROOF}?firstSize=2&lastSize=3");
    let asked = world.front.asked(PROOF);
    assert!(asked.len() == 1 && asked[0].starts_with(&path), "{asked:?}");
    assert_eq!(
        results.json()["log_alarms"].as_array().map(Vec::len),
        Some(0)
    );
    assert_eq!(world.log()["size"], 3);
    let text = world.user.run(&["logs"]).expect(0).out;
    assert!(
        text.contains("3 entries") && !text.contains("ALARM"),
        "{text}"
    );
}

#[test]
fn a_notary_that_gives_no_proof_is_an_outage_and_no_alarm() {
    let world = World::new([0, 0]);
    world.verify(&["common.txt"]).expect(0);
    let before = std::fs::read(world.memory()).unwrap();
    world.sign(0, "more.txt");
    for status in [404, 500] {
        world.front.refuse(PROOF, status);
        let report = world.verify(&["more.txt"]).expect(14);
        assert!(!report.err.contains("contradicts"), "{}", report.err);
        assert_eq!(codes(&report.json()["results"][0]), ["log_status"]);
    }
    world.front.refuse(PROOF, 200);
    let report = world.verify(&["more.txt"]).expect(14).json();
    assert_eq!(codes(&report["results"][0]), ["log_malformed"]);
    world.front.fall_silent(PROOF);
    let report = world.verify(&["more.txt"]).expect(14).json();
    assert_eq!(codes(&report["results"][0]), ["log_unreachable"]);
    assert_eq!(world.log()["alarm"], Value::Null);
    assert_eq!(std::fs::read(world.memory()).unwrap(), before);
    world.front.let_pass();
    world.verify(&["more.txt"]).expect(0);
}

#[test]
fn a_memory_that_was_damaged_withholds_and_is_not_written_over() {
    let world = World::new([1, 1]);
    world.verify(&["common.txt"]).expect(0);
    let file = world.memory();
    let whole = std::fs::read(&file).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for content in [damaged.as_slice(), b"", &whole[..middle]] {
        std::fs::write(&file, content).unwrap();
        let report = world.verify(&["common.txt"]).expect(14).json();
        let result = &report["results"][0];
        assert_eq!(codes(result), ["log_memory"]);
        let text = result["reasons"][0]["text"].as_str().unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(text.contains(name) && text.contains("remove it"), "{text}");
        assert_eq!(std::fs::read(&file).unwrap(), content);
        let listed = world.user.run(&["logs", "--json"]).expect(1);
        assert!(listed.err.contains(name), "{}", listed.err);
        let listed = listed.json();
        assert_eq!(listed["logs"], Value::Array(Vec::new()));
        assert!(listed["unreadable"][0].as_str().unwrap().contains(name));
    }
    // Put back, it knows what it knew: the fork does not pass.
    std::fs::write(&file, whole).unwrap();
    world.show(1);
    world.verify(&["second.txt"]).expect(14);
    assert!(world.log()["alarm"].is_object());
}

#[test]
fn a_memory_that_cannot_be_written_withholds() {
    let world = World::new([0, 0]);
    // Where its folder should be there is a file.
    std::fs::create_dir_all(world.user.path("config")).unwrap();
    world.user.write("config/logs", "");
    let report = world.verify(&["common.txt"]).expect(14).json();
    assert_eq!(codes(&report["results"][0]), ["log_memory"]);
    std::fs::remove_file(world.user.path("config/logs")).unwrap();
    world.verify(&["common.txt"]).expect(0);
}

/// A notary that lost what it showed is an outage until the user has its log forgotten; one that lost
/// nothing that it showed goes on by itself.
#[test]
fn a_notary_that_was_restored_goes_on_or_is_forgotten_by_the_user() {
    for seen in [false, true] {
        let (data, user) = (DataFolder::new(), User::new());
        let key = user.run(&["key", "--json"]).expect(0).json();
        let signer = key["fingerprint"].as_str().unwrap();
        let notary = Notary::start(data.path());
        let front = Front::of(&notary.url());
        let verify = |file: &str| {
            let args = ["verify", "--json", "--signer", signer, file];
            user.with(&front.url(), &args)
        };
        sign(&user, &notary, "kept.txt");
        verify("kept.txt").expect(0);
        let backup = data.beside("backup");
        let administer = |args: &[&str], data: &Path| {
            let at = ["--data", data.to_str().unwrap()];
            user.run(&[&["notary"], args, &at].concat()).expect(0);
        };
        administer(&["backup", "--to", backup.to_str().unwrap()], data.path());
        sign(&user, &notary, "lost.txt");
        if seen {
            verify("lost.txt").expect(0);
        }
        notary.kill();
        let new = data.beside("new");
        administer(&["restore", backup.to_str().unwrap()], &new);
        let notary = Notary::start(&new);
        front.show(&notary.url());
        if !seen {
            verify("kept.txt").expect(0);
            continue;
        }
        // As long as it shows nothing else than before.
        verify("kept.txt").expect(0);
        sign(&user, &notary, "new.txt");
        let told = verify("new.txt").expect(14);
        verify("kept.txt").expect(14);
        assert!(told.out.contains("restored"), "{}", told.out);
        let advice = "assay logs forget";
        assert_eq!(told.err.matches(advice).count(), 1, "{}", told.err);
        let logs = user.run(&["logs", "--json"]).expect(0).json();
        let ids = logs["logs"].as_array().unwrap().iter();
        for id in ids.map(|log| log["id"].as_str().unwrap()) {
            let said = user.run(&["logs", "forget", id, "--json"]).expect(0);
            assert_eq!(said.json()["outcome"], "forgotten");
        }
        let told = verify("new.txt").expect(0);
        assert!(!told.err.contains(advice), "{}", told.err);
        verify("kept.txt").expect(0);
    }
}
