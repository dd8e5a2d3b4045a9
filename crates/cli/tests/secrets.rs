//! Nothing secret is printed, shown in a list of processes, or handed to other programs.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/front.rs"]
mod front;
#[path = "common/sigstore.rs"]
mod sigstore;

use common::{DataFolder, Notary, User, done};
use front::Front;
use serde_json::json;
use sigstore::{Sigstore, Twist};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

const PASSPHRASE: &str = "correct-horse-battery-staple";
const NEW_PASSPHRASE: &str = "another-horse-and-its-battery";
const NOTARY_TOKEN: &str = "assay_token-of-the-one-who-writes";
const JOB_TOKEN: &str = "the-token-of-the-job";

/// A user with secrets of every kind, and what of them must not be seen.
struct Setting {
    user: User,
    sigstore: Sigstore,
    secrets: Vec<String>,
    token: String,
    key: String,
}

fn setting() -> Setting {
    let (user, sigstore) = (User::new(), Sigstore::start());
    user.run(&["key"]).expect(0);
    let key = std::fs::read_to_string(user.path("config/key.pem")).unwrap();
    std::fs::remove_file(user.path("config/key.pem")).unwrap();
    let token = sigstore.token(&json!({ "sub": "spiffe://example.org/job" }));
    user.write("key.pem", &key);
    user.write("token", &token);
    user.write("passphrase", PASSPHRASE);
    user.write("a.txt", "content");
    user.write(
        "config.json",
        sigstore.signing_config(&sigstore.address, 1, true),
    );
    user.write("root.json", sigstore.trusted_root());
    for name in ["key.pem", "token", "passphrase"] {
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(user.path(name), mode).unwrap();
    }
    let mut secrets: Vec<String> = [PASSPHRASE, NEW_PASSPHRASE, NOTARY_TOKEN, JOB_TOKEN]
        .map(str::to_owned)
        .to_vec();
    // A line of the key, and each part of the token.
    secrets.extend(
        key.lines()
            .filter(|line| !line.starts_with('-'))
            .map(str::to_owned),
    );
    secrets.extend(token.split('.').skip(1).map(str::to_owned));
    Setting {
        user,
        sigstore,
        secrets,
        token,
        key,
    }
}

impl Setting {
    /// A command with every secret in its environment.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.user.command(args);
        command
            .env_remove("ASSAY_NO_PASSPHRASE")
            .env("RUST_BACKTRACE", "full")
            .env("RUST_LOG", "trace")
            .env("ASSAY_PASSPHRASE", PASSPHRASE)
            .env("ASSAY_NEW_PASSPHRASE", NEW_PASSPHRASE)
            .env("ASSAY_NOTARY_TOKEN", NOTARY_TOKEN)
            .env("ASSAY_IDENTITY_TOKEN", &self.token)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", JOB_TOKEN)
            .env(
                "ACTIONS_ID_TOKEN_REQUEST_URL",
                format!("{}/github/token?job=7", self.sigstore.address),
            );
        command
    }

    #[track_caller]
    fn check(&self, where_: &str, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        for secret in &self.secrets {
            assert!(
                !text.contains(secret.as_str()),
                "{where_}: {secret} in {text}"
            );
        }
    }

    #[track_caller]
    fn check_output(&self, what: &str, output: Output) -> i32 {
        self.check(what, &output.stdout);
        self.check(what, &output.stderr);
        let done = done(output);
        println!("{what}: {}\n{}{}", done.code, done.out, done.err);
        done.code
    }
}

#[test]
fn no_output_and_no_error_holds_a_secret() {
    let s = setting();
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let url = notary.url();
    let keyless = [
        "sign",
        "a.txt",
        "--keyless",
        "--yes",
        "--force",
        "--signing-config",
        "config.json",
        "--trusted-root",
        "root.json",
    ];
    std::fs::copy(s.user.path("key.pem"), s.user.path("encrypted.pem")).unwrap();
    let run = |args: &[&str]| {
        let mut last = -1;
        for json in [&[][..], &["--json"]] {
            let args = [args, json].concat();
            let output = s.command(&args).output().unwrap();
            last = s.check_output(&format!("{args:?}"), output);
        }
        last
    };
    assert_eq!(
        run(&["key", "passphrase", "--key", "encrypted.pem", "--remove"]),
        0
    );
    // What ends well.
    assert_eq!(run(&["key", "--key", "key.pem"]), 0);
    assert_eq!(run(&["sign", "a.txt", "--notary", &url]), 0);
    assert_eq!(run(&["sign", "a.txt", "--offline", "--force"]), 0);
    assert_eq!(run(&keyless), 0);
    let token_file = ["--identity-token", "token"];
    assert_eq!(run(&[&keyless[..], &token_file].concat()), 0);
    assert_eq!(run(&["untrust", "a.txt", "--notary", &url]), 0);
    // What does not, with each secret in the wrong place.
    let token = s.token.clone();
    let key = s.key.clone();
    for (what, args) in [
        ("a token as a file", vec!["--identity-token", &token]),
        ("a key as a file", vec!["--key", &key, "--offline"]),
        (
            "a passphrase as a file",
            vec!["--passphrase-file", PASSPHRASE, "--offline"],
        ),
        (
            "a token as a passphrase",
            vec!["--passphrase-file", &token, "--offline"],
        ),
        ("no key", vec!["--key", "passphrase", "--offline"]),
        ("no passphrase", vec!["--key", "token", "--offline"]),
        (
            "no predicate",
            vec![
                "--predicate",
                "token",
                "--predicate-type",
                "a:b",
                "--offline",
            ],
        ),
        ("no configuration", vec!["--signing-config", "token"]),
        ("no root", vec!["--trusted-root", "key.pem"]),
        ("no subject", vec!["--digest", "sha256:00"]),
    ] {
        let mut all = keyless.to_vec();
        let offline = args.contains(&"--offline");
        if offline {
            all = vec!["sign", "a.txt", "--force"];
        }
        all.retain(|word| !(args.contains(word) && word.starts_with("--")));
        if args.contains(&"--signing-config") || args.contains(&"--trusted-root") {
            all.retain(|word| *word != "config.json" && *word != "root.json");
            all.retain(|word| *word != "--signing-config" && *word != "--trusted-root");
        }
        assert_ne!(run(&[&all[..], &args].concat()), 0, "{what}");
    }
    let token_file = [
        "sign",
        "a.txt",
        "--force",
        "--notary",
        &url,
        "--token-file",
        NOTARY_TOKEN,
    ];
    assert_eq!(run(&token_file), 2);
    // Servers that repeat what they were sent.
    s.sigstore.twist(Some(Twist::Repeats));
    assert_eq!(run(&keyless), 1);
    let front = Front::of(&url);
    front.change("/api/v1/log/entries", |asked, _, _| {
        let sent = String::from_utf8_lossy(&asked.body).into_owned();
        let words = format!("{NOTARY_TOKEN} sent {sent}");
        (
            400,
            json!({ "code": 400, "message": words })
                .to_string()
                .into_bytes(),
        )
    });
    assert_eq!(
        run(&["sign", "a.txt", "--force", "--notary", &front.url()]),
        1
    );
}

#[test]
fn options_that_there_are_not_do_not_repeat_what_was_given_to_them() {
    let s = setting();
    for args in [
        ["sign", "--passphrase", PASSPHRASE, "a.txt"],
        ["sign", "--token", &s.token, "a.txt"],
        ["sign", "--private-key", &s.key, "a.txt"],
        ["verify", "--github-token", &s.token, "a.txt"],
    ] {
        let joined = format!("{}={}", args[1], args[2]);
        for args in [&args[..], &["sign", &joined, "a.txt"]] {
            let output = s.command(args).output().unwrap();
            assert_eq!(s.check_output(&format!("{args:?}"), output), 2);
        }
    }
}

#[test]
fn a_token_for_github_comes_from_a_file_or_the_environment() {
    let s = setting();
    let url = "https://github.com/a/b/releases/download/v1/a.txt";
    let verify = ["verify", "a.txt", "--source", "github", "--url", url];
    s.user.write("github", "no token: a secret of another kind");
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(s.user.path("github"), mode).unwrap();
    };
    let told = |command: &mut Command| {
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("another kind"), "{said}");
        (output.status.code(), said)
    };
    let from_file = [&verify[..], &["--github-token-file", "github"]].concat();
    mode(0o644);
    let (code, said) = told(&mut s.command(&from_file));
    assert!(code == Some(1) && said.contains("chmod 600"), "{said}");
    mode(0o600);
    let (code, said) = told(&mut s.command(&from_file));
    assert!(
        code == Some(2) && said.contains("--github-token-file"),
        "{said}"
    );
    let mut command = s.command(&verify);
    let (code, said) = told(command.env("ASSAY_GITHUB_TOKEN", "of another kind"));
    assert!(
        code == Some(2) && said.contains("ASSAY_GITHUB_TOKEN"),
        "{said}"
    );
}

/// What the system shows of a process to everybody.
fn shown_of(process: u32) -> Vec<u8> {
    let file = |name: &str| std::fs::read(format!("/proc/{process}/{name}")).unwrap();
    [file("cmdline"), file("comm")].concat()
}

#[test]
fn the_list_of_processes_shows_no_secret_while_something_is_signed() {
    let s = setting();
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let front = Front::of(&notary.url());
    let held = front.hold("/api/v1/log/entries");
    let sign = [
        "sign",
        "a.txt",
        "--passphrase-file",
        "passphrase",
        "--notary",
    ];
    let child = s
        .command(&[&sign[..], &[&front.url()]].concat())
        .spawn()
        .unwrap();
    held.wait();
    s.check("the notary is waited for", &shown_of(child.id()));
    held.release();
    assert_eq!(s.check_output("sign", child.wait_with_output().unwrap()), 0);

    let front = Front::of(&s.sigstore.address);
    s.user.write(
        "config.json",
        s.sigstore.signing_config(&front.url(), 1, true),
    );
    let held = front.hold("/fulcio");
    let sign = "sign a.txt --force --keyless --yes --identity-token token \
                --signing-config config.json --trusted-root root.json";
    let child = s
        .command(&sign.split_whitespace().collect::<Vec<_>>())
        .spawn()
        .unwrap();
    held.wait();
    s.check("the authority is waited for", &shown_of(child.id()));
    held.release();
    assert_eq!(s.check_output("sign", child.wait_with_output().unwrap()), 0);
}

#[test]
fn other_programs_get_none_of_the_secrets() {
    let s = setting();
    std::fs::create_dir(s.user.path("bin")).unwrap();
    let agent =
        "#!/bin/sh\nenv > environment\ntr '\\0' ' ' < /proc/$PPID/cmdline > parent\ncat token\n";
    s.user.write("bin/buildkite-agent", agent);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(s.user.path("bin/buildkite-agent"), mode).unwrap();
    let path = format!(
        "{}:{}",
        s.user.path("bin").display(),
        std::env::var("PATH").unwrap()
    );
    let sign = "sign a.txt --keyless --yes --signing-config config.json --trusted-root root.json";
    let mut command = s.command(&sign.split(' ').collect::<Vec<_>>());
    command
        .env("PATH", path)
        .env("BUILDKITE", "true")
        .env("BUILDKITE_AGENT_ACCESS_TOKEN", "the agent's own")
        .env("ASSAY_PRIVATE_KEY", &s.key)
        .env_remove("ASSAY_IDENTITY_TOKEN")
        .env_remove("ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    assert_eq!(s.check_output("sign", command.output().unwrap()), 0);
    let environment = std::fs::read(s.user.path("environment")).unwrap();
    s.check("the agent's environment", &environment);
    let text = String::from_utf8_lossy(&environment);
    assert!(
        text.contains("BUILDKITE_AGENT_ACCESS_TOKEN=the agent's own"),
        "{text}"
    );
    s.check(
        "its parent's command line",
        &std::fs::read(s.user.path("parent")).unwrap(),
    );
}
