//! Command lines that are wrong although each word of them is known: they end with 2, and nothing was
//! done.

mod common;

use common::documented::hold;
use common::setting::{Setting, setting};
use common::{Done, User, done};
use std::io::Write;
use std::process::Stdio;

/// A user with two files, one of them signed.
fn with_files() -> Setting {
    let s = setting();
    s.user.write("a.txt", "a");
    s.user.write("b.txt", "b");
    s.sign("a.txt");
    s
}

/// It is told as a wrong command line, and says so in JSON, too.
#[track_caller]
fn expect_wrong(user: &User, args: &[&str], words: &str) {
    let told = user.run(args).expect(2);
    assert!(told.err.contains(words), "{args:?}: {}", told.err);
    assert_eq!(told.out, "", "{args:?}");
    let mut more = vec![args[0], "--json"];
    more.extend(&args[1..]);
    let error = user.run(&more).expect(2).json();
    assert_eq!(error["schema"], "assay.error.v1", "{args:?}");
    assert!(error["error"].as_str().unwrap().contains(words), "{error}");
    hold(&error);
}

#[test]
fn an_option_with_nothing_in_it_is_never_taken_for_anybody() {
    let s = with_files();
    for option in [
        "--signer",
        "--signer-key",
        "--repo",
        "--policy",
        "--notary",
        "--fingerprint",
        "--url",
        "--rekor",
        "--index",
        "--bundle",
        "--trusted-root",
        "--digest",
        "--github-token-file",
    ] {
        for nothing in ["", " "] {
            let args = ["verify", "a.txt", option, nothing];
            expect_wrong(&s.user, &args, option);
        }
        let joined = format!("{option}=");
        expect_wrong(&s.user, &["verify", "a.txt", &joined], option);
    }
    let issuer = [
        "verify",
        "a.txt",
        "--signer",
        "a@example.org",
        "--issuer",
        "",
    ];
    expect_wrong(&s.user, &issuer, "--issuer");
    for option in ["--accept", "--source"] {
        expect_wrong(&s.user, &["verify", "a.txt", option, ""], option);
    }
    expect_wrong(
        &s.user,
        &["verify", "a.txt", "--accept", "signed,"],
        "--accept",
    );
    for option in [
        "--key",
        "--token-file",
        "--passphrase-file",
        "--attribute",
        "--identity",
    ] {
        expect_wrong(&s.user, &["sign", "b.txt", option, ""], option);
    }
    let keyless = ["sign", "b.txt", "--keyless", "--identity-token", ""];
    expect_wrong(&s.user, &keyless, "--identity-token");
    expect_wrong(&s.user, &["untrust", "a.txt", "--reason", ""], "--reason");
    // Nor is an argument.
    expect_wrong(&s.user, &["verify", "a.txt", ""], "FILE");
    expect_wrong(&s.user, &["login", ""], "URL");
    assert!(!s.user.path("b.txt.sigstore.json").exists());
}

#[test]
fn a_variable_with_nothing_in_it_is_as_if_it_were_not_set() {
    let s = with_files();
    for nothing in ["", " ", "\n"] {
        let with = |more: &[&str]| -> Done {
            let mut command = s.user.command(&[&["verify", "a.txt"], more].concat());
            for name in [
                "SIGNER",
                "ISSUER",
                "REPO",
                "SIGNER_KEY",
                "ACCEPT",
                "POLICY",
                "OFFLINE",
            ] {
                command.env(format!("ASSAY_{name}"), nothing);
            }
            done(
                command
                    .env("ASSAY_NOTARY", s.notary.url())
                    .output()
                    .unwrap(),
            )
        };
        // Nobody is trusted.
        with(&[]).expect(11);
        with(&["--signer", &s.fingerprint()]).expect(0);
    }
}

#[test]
fn what_is_no_digest_is_told_before_anything_is_asked() {
    let s = with_files();
    let short = "sha256:00";
    let bare = "0".repeat(64);
    let other = format!("sha512:{}", "0".repeat(128));
    for digest in [short, &bare, &other, "md5:00", "a.txt"] {
        for args in [
            &["verify", "a.txt", "--digest", digest][..],
            &["sign", "--digest", digest, "b.txt"],
            &["untrust", "--digest", digest],
        ] {
            // Before even a notary is looked for.
            expect_wrong(&s.user, args, "sha256: and 64 hexadecimal digits");
        }
    }
    assert!(!s.user.path("b.txt.sigstore.json").exists());
    let wrong = s.run(&["inspect", short]).expect(2);
    assert!(wrong.err.contains("hexadecimal"), "{}", wrong.err);
    let upper = format!("SHA256:{}", "A".repeat(64));
    s.run(&["verify", "--digest", &upper]).expect(13);
}

#[test]
fn standard_input_is_for_one_reader() {
    let s = with_files();
    let key = std::fs::read(s.user.path("config/key.pem")).unwrap();
    for args in [
        &["verify", "-", "-"][..],
        &["verify", "-", "--signer-key", "-"],
        &[
            "verify",
            "a.txt",
            "--signer-key",
            "-",
            "--github-token-file",
            "-",
        ],
        &["sign", "-", "--key", "-"],
        &["sign", "a.txt", "--key", "-", "--token-file", "-"],
        &["untrust", "-", "--key", "-"],
        &[
            "key",
            "passphrase",
            "--key",
            "k",
            "--passphrase-file",
            "-",
            "--new-passphrase-file",
            "-",
        ],
    ] {
        let mut command = s.user.command(args);
        command
            .env("ASSAY_NOTARY", s.notary.url())
            .stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(&key);
        let told = done(child.wait_with_output().unwrap()).expect(2);
        assert!(told.err.contains("only once"), "{args:?}: {}", told.err);
    }
    let mut command = s.user.command(&["verify", "-"]);
    command
        .env("ASSAY_SIGNER_KEY", "-")
        .env("ASSAY_NOTARY", s.notary.url());
    let told = done(command.output().unwrap()).expect(2);
    assert!(told.err.contains("only once"), "{}", told.err);
}

#[test]
fn who_asks_nobody_asks_nobody_whatever_the_environment_names() {
    let s = with_files();
    let offline = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = s
            .user
            .command(&[&["verify", "b.txt", "--json"], more].concat());
        command.env("ASSAY_NOTARY", s.notary.url());
        for (name, value) in variables {
            command.env(name, value);
        }
        done(command.output().unwrap())
    };
    let url = s.notary.url();
    let asking = [
        ("ASSAY_SOURCE", "notary"),
        ("ASSAY_REKOR", &url),
        ("ASSAY_INDEX", &url),
    ];
    for number in 0..=asking.len() {
        for given in [&["--offline"][..], &[]] {
            let mut set = asking.to_vec();
            set.truncate(number);
            if given.is_empty() {
                set.push(("ASSAY_OFFLINE", "1"));
            }
            let told = offline(given, &set).expect(13).json();
            assert_eq!(told["offline"], true, "{set:?}");
            assert_eq!(told["results"][0]["sources"], serde_json::json!([]));
        }
    }
    for asked in [["--source", "notary"], ["--rekor", &url], ["--index", &url]] {
        offline(&[&["--offline"], &asked[..]].concat(), &[]).expect(2);
        // The command line goes before the environment.
        let told = offline(&asked, &[("ASSAY_OFFLINE", "1")]);
        assert_ne!(told.json()["offline"], true, "{asked:?}");
    }
    // Nor is anything logged.
    let mut command = s.user.command(&["sign", "b.txt", "--json"]);
    command.env("ASSAY_NOTARY", &url).env("ASSAY_OFFLINE", "1");
    let signed = done(command.output().unwrap()).expect(0).json();
    assert_eq!(signed["mode"], "offline");
    s.run(&["inspect", "b.txt"]).expect(13);
}

#[test]
fn what_is_written_like_a_fingerprint_and_is_none_is_told() {
    let s = with_files();
    let told = s
        .run(&["verify", "a.txt", "--signer", "SHA256:47DEQpj8"])
        .expect(2);
    assert!(told.err.contains("43 characters"), "{}", told.err);
}
