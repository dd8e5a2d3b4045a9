//! A signal in the middle of signing leaves the old bundle or the new one, and nothing else.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/front.rs"]
mod front;
#[path = "common/sigstore.rs"]
mod sigstore;

use common::{DataFolder, Notary, PROGRAM, User};
use front::Front;
use sigstore::Sigstore;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

const SIGINT: i32 = 2;

/// Runs a command of the user until a request whose path has `part` in it waits for its answer, and
/// interrupts it there.
fn interrupted(user: &User, front: &Front, part: &str, args: &[&str]) -> ExitStatus {
    let held = front.hold(part);
    let plain = user.command(args);
    // Whoever started the tests may have had the signal ignored, which is inherited.
    let mut command = Command::new("env");
    command.args(["--default-signal=INT", PROGRAM]).args(args);
    command.current_dir(user.home.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().unwrap();
    held.wait();
    let signal = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(signal.unwrap().success());
    let status = child.wait().unwrap();
    held.release();
    status
}

fn names(user: &User) -> Vec<String> {
    let entries = std::fs::read_dir(user.home.path()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn an_interrupted_signature_is_not_there_or_whole() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let front = Front::of(&notary.url());
    let user = User::new();
    user.write("a.txt", "content");
    let url = front.url();
    let sign = ["sign", "a.txt", "--notary", &url];
    let status = interrupted(&user, &front, "/log/entries", &sign);
    assert_eq!(status.signal(), Some(SIGINT), "{status}");
    assert_eq!(names(&user), ["a.txt", "config"]);
    // What the notary may have logged is found again. It is asked itself, who says where that is.
    let directly = notary.url();
    let directly = ["sign", "a.txt", "--notary", &directly];
    user.run(&directly).expect(0);
    let before = user.read_json("a.txt.sigstore.json");
    user.write("a.txt", "other content");
    let status = interrupted(&user, &front, "/log/entries", &sign);
    assert_eq!(status.signal(), Some(SIGINT), "{status}");
    assert_eq!(names(&user), ["a.txt", "a.txt.sigstore.json", "config"]);
    assert_eq!(user.read_json("a.txt.sigstore.json"), before);
    user.run(&directly).expect(0);
    assert_ne!(user.read_json("a.txt.sigstore.json"), before);
}

#[test]
fn so_is_one_with_a_name() {
    let sigstore = Sigstore::start();
    let front = Front::of(&sigstore.address);
    let user = User::new();
    user.write("a.txt", "content");
    user.write("token", sigstore.person());
    user.write(
        "config.json",
        sigstore.signing_config(&front.url(), 1, true),
    );
    user.write("root.json", sigstore.trusted_root());
    let sign = "sign a.txt --keyless --yes --identity-token token --signing-config config.json \
                --trusted-root root.json";
    let sign: Vec<&str> = sign.split_whitespace().collect();
    user.run(&sign).expect(0);
    let (before, files) = (user.read_json("a.txt.sigstore.json"), names(&user));
    for part in ["/fulcio", "/tsa", "/rekor"] {
        let status = interrupted(&user, &front, part, &sign);
        assert_eq!(status.signal(), Some(SIGINT), "{part}: {status}");
        assert_eq!(user.read_json("a.txt.sigstore.json"), before);
        assert_eq!(names(&user), files);
    }
}
