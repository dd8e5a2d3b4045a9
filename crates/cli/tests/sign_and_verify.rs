//! Signing and verifying with the real program and a real notary.

mod common;

use common::setting::setting;
use common::{DataFolder, Notary, User, done};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn a_signed_file_is_verified_for_who_trusts_the_key() {
    let s = setting();
    s.user.write("a.txt", "content");
    let signed = s.run(&["sign", "a.txt", "--json"]).expect(0).json();
    assert_eq!(signed["schema"], "assay.sign.v1");
    assert_eq!(signed["results"][0]["outcome"], "signed");
    let bundle = s.user.read_json("a.txt.sigstore.json");
    assert_eq!(
        bundle["mediaType"],
        "application/vnd.dev.sigstore.bundle.v0.3+json"
    );
    s.run(&["verify", "a.txt"]).expect(11);
    let fingerprint = s.fingerprint();
    s.run(&["verify", "a.txt", "--signer", &fingerprint])
        .expect(0);
    let other = User::new().run(&["key", "--json"]).expect(0).json();
    let other = other["fingerprint"].as_str().unwrap();
    s.run(&["verify", "a.txt", "--signer", other]).expect(11);
    // No part of one is one.
    let prefix = &fingerprint[..fingerprint.len() - 1];
    s.run(&["verify", "a.txt", "--signer", prefix]).expect(2);
    s.user.write("a.txt", "Content");
    let verify = || s.run(&["verify", "a.txt", "--signer", &fingerprint]);
    // The bundle beside it is one of another file.
    verify().expect(14);
    std::fs::remove_file(s.user.path("a.txt.sigstore.json")).unwrap();
    verify().expect(13);
}

#[test]
fn an_enrolled_signer_is_known_by_name() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.run(&["key"]).expect(0);
    s.enrol("release@example.org");
    let signed = s.run(&["sign", "a.txt"]).expect(0);
    assert!(signed.out.contains("release@example.org"), "{}", signed.out);
    s.run(&["verify", "a.txt", "--signer", "release@example.org"])
        .expect(0);
    s.run(&["verify", "a.txt", "--signer", "elease@example.org"])
        .expect(11);
}

#[test]
fn the_newest_standing_counts_and_each_has_its_exit_code() {
    let s = setting();
    s.user.write("a.txt", "content");
    let fingerprint = s.fingerprint();
    let verify = || s.run(&["verify", "a.txt", "--json", "--signer", &fingerprint]);
    s.run(&["sign", "a.txt"]).expect(0);
    verify().expect(0);
    let said = s
        .run(&["untrust", "a.txt", "--reason", "broken", "--json"])
        .expect(0)
        .json();
    assert_eq!(
        (&said["schema"], &said["standing"]),
        (&"assay.standing.v1".into(), &"untrusted".into())
    );
    let told = verify().expect(19).json();
    assert_eq!(told["results"][0]["verdict"], "untrusted");
    assert_eq!(
        told["results"][0]["sources"][0]["proven"][0]["reason"],
        "broken"
    );
    s.run(&["unsupport", "a.txt"]).expect(0);
    verify().expect(15);
    s.run(&["trust", "a.txt"]).expect(0);
    verify().expect(0);
    s.run(&["untrust", "a.txt", "--reason", "broken"]).expect(0);
    verify().expect(19);
    // A stranger's warning does not count for who does not trust them.
    s.run(&["verify", "a.txt"]).expect(13);
}

#[test]
fn one_failing_file_never_hides_another() {
    let s = setting();
    s.user.write("a.txt", "a");
    s.user.write("b.txt", "b");
    let signed = s
        .run(&["sign", "a.txt", "absent", "absent/too", "b.txt", "--json"])
        .expect(1)
        .json();
    let outcomes: Vec<_> = signed["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["signed", "failed", "failed", "signed"]);
    let fingerprint = s.fingerprint();
    let told = s
        .run(&[
            "verify",
            "absent",
            "a.txt",
            "--json",
            "--signer",
            &fingerprint,
        ])
        .expect(14)
        .json();
    assert_eq!(told["results"][0]["verdict"], "unchecked");
    assert_eq!(told["results"][1]["verdict"], "verified");
    assert_eq!(told["exit_code"], 14);
}

#[test]
fn signing_twice_is_one_entry() {
    let s = setting();
    s.user.write("a.txt", "content");
    let first = s.run(&["sign", "a.txt", "--json"]).expect(0).json();
    let again = s.run(&["sign", "a.txt", "--json"]).expect(0).json();
    assert_eq!(again["results"][0]["outcome"], "already_signed");
    assert_eq!(again["results"][0]["log"], first["results"][0]["log"]);
}

#[test]
fn somebody_elses_bundle_is_not_replaced() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.user.write("a.txt.sigstore.json", "precious");
    let refused = s.run(&["sign", "a.txt"]).expect(1);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(
        std::fs::read(s.user.path("a.txt.sigstore.json")).unwrap(),
        b"precious"
    );
    // What is no bundle proves nothing.
    s.run(&["verify", "a.txt"]).expect(14);
    s.run(&["sign", "a.txt", "--force"]).expect(0);
    s.run(&["sign", "a.txt"]).expect(0);
}

#[test]
fn a_key_of_ones_own_choice_signs() {
    let s = setting();
    s.user.write("a.txt", "content");
    let absent = s.run(&["sign", "a.txt", "--key", "mine.pem"]).expect(1);
    assert!(absent.err.contains("mine.pem"), "{}", absent.err);
    std::fs::create_dir(s.user.path("config")).unwrap();
    s.user.run(&["key"]).expect(0);
    std::fs::rename(s.user.path("config/key.pem"), s.user.path("mine.pem")).unwrap();
    s.run(&["sign", "a.txt", "--key", "mine.pem"]).expect(0);
    assert!(
        !s.user.path("config/key.pem").exists(),
        "no other key was made"
    );
}

#[cfg(unix)]
#[test]
fn keys_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let s = setting();
    s.user.run(&["key"]).expect(0);
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&s.user.path("config")), 0o700);
    assert_eq!(mode(&s.user.path("config/key.pem")), 0o600);
    assert_eq!(mode(&s.data.path().join("keys")), 0o700);
    for key in ["keys/log.pem", "keys/authority.pem"] {
        assert_eq!(mode(&s.data.path().join(key)), 0o600);
    }
}

#[test]
fn first_use_by_many_at_once_makes_one_key_and_one_pin() {
    let s = setting();
    let names: Vec<_> = (0..8).map(|i| format!("{i}.txt")).collect();
    for name in &names {
        s.user.write(name, name);
    }
    let url = s.notary.url();
    let running: Vec<_> = names
        .iter()
        .map(|name| {
            let mut command = s.user.command(&["sign", name, "--json"]);
            command.env("ASSAY_NOTARY", &url).spawn().unwrap()
        })
        .collect();
    let signers: Vec<Value> = running
        .into_iter()
        .map(|child| done(child.wait_with_output().unwrap()).expect(0).json())
        .map(|json| json["results"][0]["signer"].clone())
        .collect();
    assert!(signers.windows(2).all(|pair| pair[0] == pair[1]));
    let pins = std::fs::read_dir(s.user.path("config/notaries")).unwrap();
    assert_eq!(pins.count(), 1);
}

#[test]
fn the_trust_root_is_pinned_on_first_contact_and_another_is_refused() {
    let s = setting();
    s.user.write("a.txt", "content");
    let root = s.notary.ready["trust_root_fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    let wrong = "0".repeat(64);
    let refused = s.run(&["sign", "a.txt", "--fingerprint", &wrong]).expect(3);
    assert!(refused.err.contains(&root), "{}", refused.err);
    let first = s.run(&["sign", "a.txt", "--fingerprint", &root]).expect(0);
    assert!(
        first.err.contains(&root),
        "the fingerprint is shown: {}",
        first.err
    );
    assert_eq!(s.run(&["sign", "a.txt"]).expect(0).err, "");
    let socket = s.notary.socket();
    s.notary.kill();
    let impostor_data = DataFolder::new();
    let impostor = Notary::start_on(impostor_data.path(), &socket);
    for command in ["sign", "verify", "untrust"] {
        let refused = s.user.with(&impostor.url(), &[command, "a.txt"]).expect(3);
        assert!(
            refused.err.contains("another trust root"),
            "{}",
            refused.err
        );
    }
}

#[test]
fn an_outage_is_no_verdict_about_the_file() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.run(&["sign", "a.txt"]).expect(0);
    let url = s.notary.url();
    assert_eq!(s.user.with(&url, &["verify", "a.txt"]).code, 11);
    s.notary.kill();
    let verify = || s.user.with(&url, &["verify", "a.txt", "--json"]);
    // What lies beside it proves what it proves, and that the notary is out is told.
    let told = verify().expect(11).json();
    assert_eq!(
        told["results"][0]["reasons"][1]["code"],
        "source_unreachable"
    );
    std::fs::remove_file(s.user.path("a.txt.sigstore.json")).unwrap();
    let told = verify().expect(14).json();
    assert_eq!(told["results"][0]["verdict"], "unchecked");
    assert_eq!(
        told["results"][0]["reasons"][0]["code"],
        "source_unreachable"
    );
    s.user.with(&url, &["sign", "a.txt"]).expect(4);
    // Whoever has never met the notary has nothing to prove with.
    let stranger = User::new();
    stranger.write("a.txt", "content");
    stranger.with(&url, &["verify", "a.txt"]).expect(4);
}

/// A server between the program and a notary that answers some paths on its own.
fn in_between(
    notary: String,
    lie: impl Fn(&str) -> Option<(u16, Vec<u8>)> + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") {
                if stream.read(&mut byte).unwrap_or(0) == 0 {
                    break;
                }
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let mut words = head.split(' ');
            let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).unwrap();
            let (status, body) = lie(path).unwrap_or_else(|| {
                let agent: ureq::Agent = ureq::Agent::config_builder()
                    .http_status_as_error(false)
                    .build()
                    .into();
                let url = format!("{notary}{path}");
                let mut answer = match method {
                    "POST" => agent
                        .post(url)
                        .content_type("application/json")
                        .send(&body)
                        .unwrap(),
                    _ => agent.get(url).call().unwrap(),
                };
                (
                    answer.status().as_u16(),
                    answer.body_mut().read_to_vec().unwrap(),
                )
            });
            let head = format!(
                "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        }
    });
    url
}

#[test]
fn what_a_notary_does_not_prove_is_not_believed() {
    let s = setting();
    s.user.write("a.txt", "a");
    s.user.write("b.txt", "b");
    s.run(&["sign", "a.txt", "b.txt"]).expect(0);
    // What it proves by itself is not the notary's answer.
    std::fs::remove_file(s.user.path("a.txt.sigstore.json")).unwrap();
    let fingerprint = s.fingerprint();
    let b = s
        .user
        .run(&["verify", "b.txt", "--notary", &s.notary.url(), "--json"])
        .json();
    let digest = b["results"][0]["sha256"].as_str().unwrap();
    let other: Vec<u8> = s.notary.get(&format!("/attestations/sha256:{digest}"));
    for lie in [
        (200, other),
        (200, b"garbage".to_vec()),
        (200, b"{\"attestations\":[{\"bundle\":{}}]}".to_vec()),
        (404, b"<html>".to_vec()),
        (500, b"{}".to_vec()),
        (302, b"".to_vec()),
        (200, vec![b' '; 17 * 1024 * 1024]),
    ] {
        let answer = lie.clone();
        let url = in_between(s.notary.url(), move |path| {
            path.starts_with("/attestations").then(|| answer.clone())
        });
        let told = s
            .user
            .with(&url, &["verify", "a.txt", "--signer", &fingerprint]);
        assert_eq!(told.code, 14, "{} {}", lie.0, told.out);
        if lie.1.starts_with(br#"{"attestations":[{"#) {
            // It showed something as a proof: both people and programs are told why it is none.
            let told = s.user.with(&url, &["verify", "a.txt", "--json"]).json();
            let result = &told["results"][0];
            let reason = &result["reasons"][0];
            assert!(reason["code"].as_str().unwrap().starts_with("proof_"));
            let problem = &reason["problem"];
            assert_eq!(*problem, result["sources"][0]["rejected"][0], "{result}");
            for part in ["check", "section", "expected", "found"] {
                assert!(!problem[part].as_str().unwrap().is_empty(), "{problem}");
            }
        }
    }
}

#[test]
fn a_signature_that_is_not_proven_to_be_logged_is_not_reported_as_signed() {
    let s = setting();
    s.user.write("a.txt", "a");
    s.user.write("b.txt", "b");
    s.run(&["sign", "b.txt"]).expect(0);
    let other: Vec<u8> = s.notary.get("/api/v1/log/entries?logIndex=0");
    for lie in [
        (201, other),
        (201, b"{}".to_vec()),
        (201, b"garbage".to_vec()),
        (500, vec![]),
    ] {
        let answer = lie.clone();
        let url = in_between(s.notary.url(), move |path| {
            path.starts_with("/api/v1/log/entries")
                .then(|| answer.clone())
        });
        s.user.with(&url, &["sign", "a.txt"]).expect(4);
        assert!(!s.user.path("a.txt.sigstore.json").exists());
    }
}

#[test]
fn wrong_command_lines_are_usage_errors() {
    let user = User::new();
    for args in [&["verify"][..], &["sign", "a"], &["nosuch"], &["notary"]] {
        user.run(args).expect(2);
    }
    user.write("a", "a");
    let refused = user
        .run(&["sign", "a", "--notary", "http://example.org"])
        .expect(2);
    assert!(refused.err.contains("https"), "{}", refused.err);
}

#[test]
fn hostile_names_and_words_are_shown_harmless() {
    let s = setting();
    let name = "a\u{1b}[31m\u{202e}txt";
    s.user.write(name, "content");
    let fingerprint = s.fingerprint();
    s.run(&["untrust", name, "--reason", "\u{1b}]0;title\u{7}"])
        .expect(0);
    let told = s
        .run(&["verify", name, "--signer", &fingerprint])
        .expect(19);
    for text in [&told.out, &told.err] {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{text:?}");
    }
}

#[test]
fn a_damaged_record_of_a_public_root_is_told_and_keeps_nobody_from_verifying() {
    let s = setting();
    s.user.write("a.txt", "content");
    s.run(&["sign", "a.txt"]).expect(0);
    let fingerprint = s.fingerprint();
    std::fs::create_dir_all(s.user.path("config/roots")).unwrap();
    s.user.write("config/roots/sigstore.json", "damaged");
    let told = s.run(&["verify", "a.txt", "--signer", &fingerprint]);
    let told = told.expect(0);
    assert!(told.err.contains("sigstore.json"), "{}", told.err);
}

#[test]
fn a_proven_warning_does_not_end_well() {
    let s = setting();
    s.user.write("a.txt", "content");
    let key = s.user.run(&["key"]).expect(0).out;
    s.user.write("key.pub", key);
    let get = |path: &str| {
        let answer = ureq::get(format!("{}{path}", s.notary.url())).call();
        answer.unwrap().body_mut().read_to_string().unwrap()
    };
    s.user.write("root.json", get("/trusted_root.json"));
    let digest = assay_core::digest::Sha256Digest::of(b"content");
    for (command, code) in [("trust", 0), ("unsupport", 1), ("untrust", 1)] {
        s.run(&[command, "a.txt"]).expect(0);
        // A mirror can put it where a signature would be.
        let answers: Value =
            serde_json::from_str(&get(&format!("/attestations/sha256:{digest}"))).expect("JSON");
        let newest = &answers["attestations"][0]["bundle"];
        s.user.write("a.txt.sigstore.json", newest.to_string());
        let told = s.user.run(&[
            "verify-bundle",
            "--bundle",
            "a.txt.sigstore.json",
            "--key",
            "key.pub",
            "--trusted-root",
            "root.json",
            "a.txt",
        ]);
        let told = told.expect(code);
        let warned = told.err.contains(&format!("declares it {command}"));
        assert_eq!(warned, code == 1, "{}", told.err);
    }
}
