//! Whoever reads what is printed may go before its end, as `head` does: nothing is said of it, and the
//! command ends as it would.
#![cfg(unix)]

mod common;

use common::setting::{Setting, setting};
use common::{PROGRAM, User};
use std::process::{Command, Output, Stdio};

/// Runs a command whose output nobody reads any more when it begins.
fn unread(user: &User, args: &[&str], notary: &str) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = user.command(args);
    command.env("ASSAY_NOTARY", notary).stdout(writer);
    command.spawn().unwrap().wait_with_output().unwrap()
}

#[track_caller]
fn expect_silent(output: &Output, code: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.as_ref()), (Some(code), ""));
}

fn with_a_signed_file() -> Setting {
    let s = setting();
    s.user.write("a.txt", "content");
    s.sign("a.txt");
    s
}

#[test]
fn whoever_went_is_told_nothing_and_the_exit_code_stays_what_it_is() {
    let s = with_a_signed_file();
    let url = s.notary.url();
    std::fs::create_dir(s.user.path("folder")).unwrap();
    let fingerprint = s.fingerprint();
    for (args, code) in [
        (&["list"][..], 0),
        (&["list", "--json"], 0),
        (&["verify", "a.txt", "--signer", &fingerprint], 0),
        (&["verify", "a.txt"], 11),
        (&["verify", "a.txt", "--json"], 11),
        (&["verify", "a.txt", "a.txt", "a.txt"], 11),
        (&["sign", "a.txt"], 0),
        (&["inspect", "a.txt"], 0),
        (&["manifest", "folder"], 0),
        (&["logs"], 0),
        (&["roots"], 0),
        (&["logs", "--json"], 0),
        (&["completions", "bash"], 0),
        (&["man", "pages"], 0),
        (&["notary", "config"], 0),
        (&["help"], 0),
        (&["help", "verify"], 0),
        (&["verify", "--help"], 0),
        (&["--version"], 0),
    ] {
        expect_silent(&unread(&s.user, args, &url), code);
    }
}

#[test]
fn nobody_who_reads_errors_is_no_obstacle_either() {
    let s = with_a_signed_file();
    for (args, code) in [
        (&["verify", "absent"][..], 14),
        (&["verify", "--nonsense"], 2),
        (&["verify", "--nonsense", "--json"], 2),
        (&["key"], 0),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = s.user.command(args);
        command.env("ASSAY_NOTARY", s.notary.url());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let status = command.status().unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn a_shell_sees_the_same() {
    let s = with_a_signed_file();
    let line = format!(
        "set -o pipefail; \"{PROGRAM}\" help verify | head -1; echo $?; \
                        \"{PROGRAM}\" verify a.txt | true; echo $?"
    );
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]).current_dir(s.user.home.path());
    shell.env("ASSAY_CONFIG_DIR", s.user.path("config"));
    shell
        .env("ASSAY_NOTARY", s.notary.url())
        .stdin(Stdio::null());
    let output = match shell.output() {
        Ok(output) => output,
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            eprintln!("not run: bash is not there");
            return;
        }
    };
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.ends_with("\n0\n11\n"), "{told}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_no_reader_who_went() {
    let user = User::new();
    for args in [
        &["notary", "config"][..],
        &["help"],
        &["--version"],
        &["completions", "zsh"],
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = user.command(args).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(said.contains("standard output"), "{args:?}: {said}");
    }
}
