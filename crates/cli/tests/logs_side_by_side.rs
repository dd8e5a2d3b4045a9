//! Several programs that compare one log at once, and one that is killed while it does.

mod common;
#[path = "common/forking_notary.rs"]
mod forking_notary;
#[path = "common/front.rs"]
mod front;

use assay_core::digest::Sha256Digest;
use common::done;
use forking_notary::{PROOF, World, codes};
use serde_json::Value;
use std::io::{BufRead, BufReader};

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
