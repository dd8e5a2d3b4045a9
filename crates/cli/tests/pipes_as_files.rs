//! Pipes and devices where files are expected: those that shells put in place of `<(command)` are read,
//! and those that would be waited for without an end are refused.
#![cfg(unix)]

mod common;

use common::setting::{Setting, setting};
use common::{Done, PROGRAM, done};
use std::process::{Command, Stdio};

/// A notary, and a user with signed `a.txt`, its key in `own.pub`, and a pipe that nobody writes to.
fn with_pipe() -> Setting {
    let s = setting();
    s.user.write("a.txt", "content");
    s.sign("a.txt");
    s.user.write("own.pub", s.user.run(&["key"]).expect(0).out);
    let made = Command::new("mkfifo").arg(s.user.path("pipe")).status();
    assert!(made.unwrap().success());
    s
}

#[test]
fn a_pipe_that_nobody_writes_to_is_refused_and_not_waited_for() {
    let s = with_pipe();
    for (args, code) in [
        (&["verify", "a.txt", "--signer-key", "pipe"][..], 1),
        (&["verify", "a.txt", "--policy", "pipe"], 2),
        (&["verify", "a.txt", "--trusted-root", "pipe"], 1),
        (
            &[
                "verify",
                "a.txt",
                "--url",
                "https://github.com/a/b/releases/download/v1/a.txt",
                "--source",
                "github",
                "--github-token-file",
                "pipe",
            ],
            1,
        ),
        (&["verify", "a.txt", "--bundle", "pipe"], 1),
        (
            &[
                "verify-bundle",
                "--bundle",
                "pipe",
                "--key",
                "own.pub",
                "a.txt",
            ],
            1,
        ),
        (
            &[
                "verify-bundle",
                "--bundle",
                "a.txt.sigstore.json",
                "--key",
                "pipe",
                "a.txt",
            ],
            1,
        ),
        (
            &[
                "verify-bundle",
                "--bundle",
                "a.txt.sigstore.json",
                "--key",
                "own.pub",
                "--trusted-root",
                "pipe",
                "a.txt",
            ],
            1,
        ),
        (&["sign", "a.txt", "--key", "pipe"], 1),
        (
            &[
                "sign",
                "a.txt",
                "--passphrase-file",
                "pipe",
                "--key",
                "config/key.pem",
            ],
            0,
        ),
        (&["sign", "a.txt", "--token-file", "pipe"], 1),
        (
            &[
                "sign",
                "a.txt",
                "--keyless",
                "--yes",
                "--identity-token",
                "pipe",
            ],
            1,
        ),
        (
            &[
                "sign",
                "a.txt",
                "--keyless",
                "--yes",
                "--signing-config",
                "pipe",
            ],
            1,
        ),
        (
            &[
                "sign",
                "a.txt",
                "--predicate",
                "pipe",
                "--predicate-type",
                "https://x.example/y",
            ],
            1,
        ),
        (&["sign", "a.txt", "--bundle", "pipe"], 1),
        (&["sign", "a.txt", "--bundle", "pipe", "--force"], 1),
        (&["key", "--key", "pipe"], 1),
        (&["list", "--key", "pipe"], 1),
        (&["declare", "--path", "/a", "--key", "pipe"], 1),
        (&["declare", "--path", "/a", "--minisign", "pipe"], 1),
        (&["declare", "--check", "pipe"], 1),
        (
            &[
                "declare", "--path", "/a", "--key", "own.pub", "--output", "pipe",
            ],
            1,
        ),
        (
            &["verify", "image:127.0.0.1:1/app", "--registry-ca", "pipe"],
            1,
        ),
        // A subject has to be read twice now and then, and its bundle lies beside it.
        (&["verify", "pipe"], 14),
        (&["sign", "pipe"], 1),
        (&["inspect", "pipe"], 1),
        (&["verify", "/dev/null"], 14),
        (&["verify", "/dev/stdin"], 14),
    ] {
        let told = s.run(args);
        assert_eq!(told.code, code, "{args:?}: {}{}", told.out, told.err);
        let said = told.out + &told.err;
        assert!(
            code == 0 || said.contains("pipe") || said.contains("device"),
            "{args:?}: {said}"
        );
    }
    // It is still there, and no file has taken its place.
    use std::os::unix::fs::FileTypeExt;
    let left = s.user.path("pipe").metadata().unwrap();
    assert!(left.file_type().is_fifo());
}

#[test]
fn no_device_is_put_aside_for_a_bundle() {
    let s = with_pipe();
    for place in ["/dev/null", "/dev/stdout"] {
        let refused = s
            .run(&["sign", "a.txt", "--bundle", place, "--force"])
            .expect(1);
        assert!(refused.err.contains("no file"), "{}", refused.err);
    }
    use std::os::unix::fs::FileTypeExt;
    let left = std::fs::metadata("/dev/null").unwrap();
    assert!(left.file_type().is_char_device());
}

/// Runs a line of bash, if it is there, in which `assay` is the program.
fn bash(s: &Setting, line: &str) -> Option<Done> {
    let line = format!("assay() {{ \"{PROGRAM}\" \"$@\"; }}; {line}");
    let mut shell = Command::new("bash");
    shell.args(["-c", &line]).current_dir(s.user.home.path());
    shell.env("ASSAY_CONFIG_DIR", s.user.path("config"));
    shell.env("ASSAY_NOTARY", s.notary.url());
    shell.env("ASSAY_NO_PASSPHRASE", "1").stdin(Stdio::null());
    match shell.output() {
        Ok(output) => Some(done(output)),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{error}");
            eprintln!("not run: bash is not there");
            None
        }
    }
}

#[test]
fn what_a_shell_puts_in_place_of_a_command_is_read_as_a_file() {
    let s = with_pipe();
    s.user.write("token", "assay_0123456789");
    s.user.write("scan.json", "{}");
    s.user.write(
        "policy.json",
        r#"{"schema":"assay.settings.v1","settings":{"version":1}}"#,
    );
    for (line, code) in [
        (
            "assay verify a.txt --signer-key <(sleep 0.2; cat own.pub)",
            0,
        ),
        (
            "assay verify a.txt --bundle <(cat a.txt.sigstore.json) --signer-key own.pub --offline",
            0,
        ),
        (
            "assay verify a.txt --policy <(cat policy.json) --signer-key own.pub",
            0,
        ),
        (
            "cat own.pub | assay verify a.txt --signer-key /dev/stdin",
            0,
        ),
        ("assay sign a.txt --key <(cat config/key.pem)", 0),
        (
            "assay sign a.txt --key <(cat config/key.pem) --token-file <(cat token)",
            0,
        ),
        (
            "assay sign a.txt --predicate <(cat scan.json) --predicate-type https://x.example/y",
            0,
        ),
        ("assay list --key <(cat config/key.pem)", 0),
        ("assay list --key <(cat own.pub)", 0),
        ("assay declare --path /a --key <(cat own.pub)", 0),
        // As a subject it is refused, and told how to do it.
        ("assay verify <(cat a.txt)", 14),
        ("cat a.txt | assay verify - --signer-key own.pub", 0),
    ] {
        let Some(told) = bash(&s, line) else {
            return;
        };
        assert_eq!(told.code, code, "{line}: {}{}", told.out, told.err);
        if code == 14 {
            assert!(told.out.contains("standard input"), "{}", told.out);
        }
    }
    // A bundle is named as it was given: its last name would be a number.
    let line = "assay verify a.txt --bundle <(echo '{}') --offline";
    if let Some(told) = bash(&s, line) {
        assert_eq!(told.code, 14, "{}{}", told.out, told.err);
        assert!(told.out.contains("/dev/fd/"), "{}", told.out);
    }
}
