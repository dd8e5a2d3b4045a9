//! Logs that are remembered, as a user meets them: the real program and real notaries, one that
//! grows, one that forks, and one that gives no proof.

mod common;
#[path = "common/front.rs"]
mod front;

use assay_core::digest::Sha256Digest;
use assay_core::log_memory::Contradiction;
use common::{DataFolder, Done, Notary, User, done};
use front::{Front, Held};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The path of the request for a consistency proof.
const PROOF: &str = "/api/v1/log/proof";

/// A notary and a fork of it, with the same keys, of which one is shown.
struct World {
    branches: [Notary; 2],
    _data: [DataFolder; 2],
    front: Front,
    user: User,
    signer: String,
}

impl World {
    /// Both logs have `common.txt`; then each gets so many entries more. `first.txt` is in the one
    /// that is shown first, `second.txt` in the other.
    fn new(more: [usize; 2]) -> Self {
        let data = [DataFolder::new(), DataFolder::new()];
        let user = User::new();
        let key = user.run(&["key", "--json"]).expect(0).json();
        let signer = key["fingerprint"].as_str().unwrap().to_owned();
        let first = Notary::start(data[0].path());
        sign(&user, &first, "common.txt");
        first.kill();
        // A notary that lies copies its lock, too.
        copy(data[0].path(), data[1].path());
        copy(
            &data[0].beside("notary.lock"),
            &data[1].beside("notary.lock"),
        );
        let branches = [0, 1].map(|i: usize| Notary::start(data[i].path()));
        for (i, name) in ["first", "second"].iter().enumerate() {
            for entry in 1..more[i] {
                sign(&user, &branches[i], &format!("{name} {entry}"));
            }
            if more[i] > 0 {
                sign(&user, &branches[i], &format!("{name}.txt"));
            }
        }
        // What was signed above made the user know the notaries by their own addresses.
        let _ = std::fs::remove_dir_all(user.path("config/notaries"));
        Self {
            front: Front::of(&branches[0].url()),
            branches,
            _data: data,
            user,
            signer,
        }
    }

    fn show(&self, branch: usize) {
        self.front.show(&self.branches[branch].url());
    }

    fn sign(&self, branch: usize, file: &str) {
        sign(&self.user, &self.branches[branch], file);
    }

    /// Holds the notary's answer about a file, whose content is its name.
    fn hold_answer(&self, file: &str) -> Held {
        self.front.hold(&Sha256Digest::of(file.as_bytes()).to_hex())
    }

    fn command(&self, files: &[&str]) -> std::process::Command {
        let args = ["verify", "--json", "--signer", &self.signer];
        let mut command = self.user.command(&args);
        command.args(files).env("ASSAY_NOTARY", self.front.url());
        command
    }

    fn verify(&self, files: &[&str]) -> Done {
        done(self.command(files).output().unwrap())
    }

    /// Verifies, offline, the bundle of the file.
    fn verify_bundle(&self, file: &str) -> Done {
        let root = format!("{}/trusted_root.json", self.branches[0].url());
        let root = ureq::get(root).call().unwrap().body_mut().read_to_vec();
        self.user.write("root.json", root.unwrap());
        let key = self.user.run(&["key", "--json"]).expect(0).json();
        self.user
            .write("key.pub", key["public_key"].as_str().unwrap());
        let bundle = set_aside(file);
        let bundle = ["verify-bundle", "--json", "--bundle", &bundle];
        let by = ["--key", "key.pub", "--trusted-root", "root.json", file];
        self.user.run(&[&bundle[..], &by].concat())
    }

    fn logs(&self) -> Value {
        let listed = self.user.run(&["logs", "--json"]).expect(0).json();
        assert_eq!(listed["schema"], "assay.logs.v1");
        listed["logs"].clone()
    }

    fn log(&self) -> Value {
        let logs = self.logs();
        assert_eq!(logs.as_array().unwrap().len(), 1, "{logs}");
        logs[0].clone()
    }

    /// Waits until a log has contradicted itself.
    fn wait_for_alarm(&self) {
        let is_raised = || {
            let logs = self.logs();
            logs.as_array()
                .unwrap()
                .iter()
                .any(|log| log["alarm"].is_object())
        };
        while !is_raised() {
            std::thread::yield_now();
        }
    }

    /// The file with what is remembered of the only log.
    fn memory(&self) -> PathBuf {
        let inside = |folder: PathBuf| {
            let entries = std::fs::read_dir(folder).unwrap();
            entries.map(|entry| entry.unwrap().path())
        };
        inside(self.user.path("config/logs"))
            .flat_map(inside)
            .find(|file| file.extension().is_some_and(|ending| ending == "jsonl"))
            .unwrap()
    }
}

fn sign(user: &User, notary: &Notary, file: &str) {
    user.write(file, file);
    done(sign_elsewhere(user, notary, file).output().unwrap()).expect(0);
    // These tests are about what the notary says: beside the file it would count by itself.
    let bundle = user.path(&format!("{file}.sigstore.json"));
    std::fs::rename(bundle, user.path(&set_aside(file))).unwrap();
}

/// Where a file's bundle is kept.
fn set_aside(file: &str) -> String {
    format!("{file}.bundle")
}

/// Signs with the user's key, as somebody who remembers nothing of any log.
fn sign_elsewhere(user: &User, notary: &Notary, file: &str) -> std::process::Command {
    let memory = user.path("config-elsewhere");
    let _ = std::fs::remove_dir_all(&memory);
    let mut command = user.command(&["sign", file]);
    command
        .env("ASSAY_NOTARY", notary.url())
        .env("ASSAY_CONFIG_DIR", memory)
        .env("ASSAY_KEY", user.path("config/key.pem"));
    command
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.is_file() {
            std::fs::copy(&path, copied).unwrap();
        }
    }
}

/// The codes of the reasons for the verdict about one file.
fn codes(result: &Value) -> Vec<&str> {
    let reasons = result["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

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

/// While one program has compared a file and waits for the answer about the next, another finds the
/// log out.
#[test]
fn an_alarm_that_another_program_raises_meanwhile_counts_for_all_files() {
    let world = World::new([1, 1]);
    world.verify(&["common.txt"]).expect(0);
    world.front.asked("");
    let held = world.hold_answer("first.txt");
    let child = world.command(&["common.txt", "first.txt"]).spawn().unwrap();
    held.wait();
    let common = Sha256Digest::of(b"common.txt").to_hex();
    while world.front.asked(&common).is_empty() {
        std::thread::yield_now();
    }
    world.show(1);
    world.verify(&["second.txt"]).expect(14);
    held.release();
    let report = done(child.wait_with_output().unwrap()).expect(14).json();
    for result in report["results"].as_array().unwrap() {
        assert_eq!(codes(result), ["log_contradicted"]);
    }
}

#[test]
fn a_memory_that_is_damaged_meanwhile_withholds_for_all_files() {
    let world = World::new([1, 0]);
    world.verify(&["common.txt"]).expect(0);
    let held = world.hold_answer("first.txt");
    let child = world.command(&["common.txt", "first.txt"]).spawn().unwrap();
    held.wait();
    std::fs::write(world.memory(), "").unwrap();
    held.release();
    let report = done(child.wait_with_output().unwrap()).expect(14).json();
    for result in report["results"].as_array().unwrap() {
        assert_eq!(codes(result), ["log_memory"]);
    }
}

#[test]
fn a_program_killed_while_it_compares_leaves_the_memory_as_it_was_and_nobody_waiting() {
    let world = World::new([0, 0]);
    world.verify(&["common.txt"]).expect(0);
    let before = std::fs::read(world.memory()).unwrap();
    world.sign(0, "more.txt");
    let held = world.front.hold(PROOF);
    let mut child = world.command(&["more.txt"]).spawn().unwrap();
    held.wait();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(std::fs::read(world.memory()).unwrap(), before);
    // The turn ended with the process, though its request is still held.
    world.verify(&["more.txt"]).expect(0);
    assert_eq!(world.log()["size"], 2);
    held.release();
}

#[test]
fn two_programs_at_once_compare_one_after_the_other() {
    let world = World::new([0, 0]);
    world.verify(&["common.txt"]).expect(0);
    world.sign(0, "more.txt");
    let held = world.front.hold(PROOF);
    let first = world.command(&["more.txt"]).spawn().unwrap();
    held.wait();
    let mut second = world.command(&["common.txt"]).spawn().unwrap();
    let mut said = BufReader::new(second.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.starts_with("waiting for another assay"), "{line}");
    held.release();
    done(first.wait_with_output().unwrap()).expect(0);
    done(second.wait_with_output().unwrap()).expect(0);
    assert_eq!(
        world.front.asked(PROOF).len(),
        1,
        "the second knows it already"
    );
    assert_eq!(world.log()["size"], 2);
}

/// As many as compare at once with different states of one log: none takes back what another
/// remembers, and none is led to a contradiction that there is not.
#[test]
fn many_programs_at_once_lose_nothing_while_the_log_grows() {
    let world = World::new([0, 0]);
    world.verify(&["common.txt"]).expect(0);
    let mut children = Vec::new();
    for round in 0..4 {
        world.sign(0, &format!("round {round}"));
        for _ in 0..2 {
            children.push(world.command(&["common.txt"]).spawn().unwrap());
        }
    }
    for child in children {
        done(child.wait_with_output().unwrap()).expect(0);
    }
    let log = world.log();
    assert_eq!(
        (&log["alarm"], &log["decided"]),
        (&Value::Null, &Value::Array(Vec::new()))
    );
    world.verify(&["common.txt"]).expect(0);
    assert_eq!(world.log()["size"], 5);
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
