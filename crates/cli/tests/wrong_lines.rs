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
    let identity = [
        "verify-bundle",
        "--bundle",
        "b",
        "--certificate-identity",
        "",
    ];
    let identity = [&identity[..], &["--certificate-oidc-issuer", "i", "a.txt"]].concat();
    expect_wrong(&s.user, &identity, "--certificate-identity");
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
    // A variable makes no line wrong that is right without it: the key is not meant here.
    let told = done(command.output().unwrap()).expect(13);
    assert!(told.err.is_empty(), "{}", told.err);
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

#[test]
fn what_cannot_be_what_it_is_given_for_is_told() {
    let s = with_files();
    for (option, value, words) in [
        ("--fingerprint", "zz", "64 hexadecimal digits"),
        ("--url", "nonsense", "https://"),
        ("--url", "example.org/a.txt", "https://"),
        ("--url", "file:///a.txt", "https://"),
        ("--repo", "example", "OWNER/NAME"),
    ] {
        let told = s.run(&["verify", "a.txt", option, value]).expect(2);
        assert!(told.err.contains(words), "{option}: {}", told.err);
    }
    for command in ["login", "sign", "list", "inspect"] {
        let subject = if command == "list" {
            "--limit=3"
        } else {
            "a.txt"
        };
        let told = s.run(&[command, subject, "--fingerprint", "zz"]).expect(2);
        assert!(told.err.contains("64 hexadecimal"), "{}", told.err);
    }
    for command in ["verify", "sign", "untrust"] {
        let told = s.run(&[command, "a.txt", "git:"]).expect(2);
        assert!(told.err.contains("git:."), "{}", told.err);
    }
    s.run(&["verify", "a.txt", "--bundle", "."]).expect(1);
}

#[test]
fn a_digest_in_place_of_a_file_is_told_how_it_is_given() {
    let s = with_files();
    let digest = format!("sha256:{}", "0".repeat(64));
    let told = s.run(&["verify", &digest, "a.txt"]).expect(14);
    assert!(told.out.contains("--digest"), "{}", told.out);
    assert!(told.out.contains("a.txt: signed"), "{}", told.out);
    // A file that is really named so goes first.
    s.user.write(&digest, "a");
    s.run(&["verify", &digest]).expect(11);
    // Where either is taken, letters of any case are.
    let upper = format!("SHA256:{}", "A".repeat(64));
    let of_file = [
        "verify-bundle",
        "--bundle",
        "a.txt.sigstore.json",
        "--key",
        "k",
        &upper,
    ];
    s.user.write("k", s.user.run(&["key"]).expect(0).out);
    s.run(&of_file).expect(1);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_names_of_files() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let s = with_files();
    let name = OsStr::from_bytes(b"n\xffme");
    std::fs::copy(s.user.path("a.txt"), s.user.home.path().join(name)).unwrap();
    s.user.write("k", s.user.run(&["key"]).expect(0).out);
    let root = format!("{}/trusted_root.json", s.notary.url());
    let root = ureq::get(root).call().unwrap().body_mut().read_to_vec();
    s.user.write("root.json", root.unwrap());
    for args in [
        &["verify", "--signer", &s.fingerprint()][..],
        &["sign"],
        &["inspect"],
        &[
            "verify-bundle",
            "--bundle",
            "a.txt.sigstore.json",
            "--key",
            "k",
            "--trusted-root",
            "root.json",
        ],
    ] {
        let mut command = s.user.command(args);
        command.arg(name).env("ASSAY_NOTARY", s.notary.url());
        done(command.output().unwrap()).expect(0);
    }
}

/// A shell makes them of `*`.
#[cfg(not(windows))]
#[test]
fn a_name_of_a_file_that_begins_as_something_else_does_is_refused() {
    let s = with_files();
    for (name, other) in [
        ("git:g", "git:./g for a repository"),
        ("oci:L", "oci:./L for an image"),
        (
            "docker:x",
            "docker:REGISTRY/NAME:TAG, in full, for an image",
        ),
        (
            "image:y:1",
            "image:REGISTRY/NAME:TAG, in full, for an image",
        ),
        ("git:/g", "do this in another folder"),
    ] {
        let path = s.user.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "x").unwrap();
        for command in ["verify", "sign", "untrust", "inspect", "manifest"] {
            let words = format!("write ./{name} for what lies here, or {other}");
            expect_wrong(&s.user, &[command, name], &words);
        }
        let file = s.verify(&format!("./{name}")).expect(13).result();
        assert_eq!(file["kind"], "file");
    }
    // Without such a file it is no question.
    let absent = s.verify("git:./g").expect(14).result();
    assert_eq!(absent["kind"], "git");
}
