//! Signing without a log, and saying more than that a file is signed.

mod common;

use common::{DataFolder, Notary, User, done};
use serde_json::json;

#[test]
fn without_a_log_only_who_asks_for_it_and_has_the_key_accepts_it() {
    let user = User::new();
    user.write("a.txt", "content");
    let public = user.run(&["key"]).expect(0).out;
    user.write("release.pub", public);
    let signed = user
        .run(&["sign", "a.txt", "--offline", "--json"])
        .expect(0);
    assert!(
        signed.err.contains("nobody can tell when"),
        "{}",
        signed.err
    );
    let result = &signed.json()["results"][0];
    assert_eq!(signed.json()["mode"], "offline");
    assert_eq!(result["signer"]["kind"], "key");
    assert!(result.get("log").is_none(), "{result}");
    let bundle = user.read_json("a.txt.sigstore.json");
    assert!(bundle["verificationMaterial"].get("tlogEntries").is_none());

    let verify = |file: &str, more: &[&str]| {
        let fixed = [
            "verify-bundle",
            "--json",
            "--bundle",
            "a.txt.sigstore.json",
            file,
        ];
        user.run(&[&fixed, more].concat())
    };
    let key = ["--key", "release.pub"];
    let refused = verify("a.txt", &key).expect(1).json();
    assert_eq!(refused["problem"]["check"], "logged");
    let without = ["--key", "release.pub", "--without-log"];
    let accepted = verify("a.txt", &without).expect(0).json();
    assert_eq!(
        accepted["without_log"],
        json!({ "claim": "signature", "vouches": true })
    );
    assert_eq!(accepted["proven"], json!(null));
    verify("a.txt", &["--without-log"]).expect(2);
    // Another file, another key.
    user.write("b.txt", "other content");
    let other = verify("b.txt", &without).expect(1).json();
    assert_eq!(other["problem"]["check"], "this_file");
    let stranger = User::new();
    user.write("other.pub", stranger.run(&["key"]).expect(0).out);
    verify("a.txt", &["--key", "other.pub", "--without-log"]).expect(1);
    // A signature that is another's.
    let signature = bundle["messageSignature"]["signature"].as_str().unwrap();
    user.run(&["sign", "b.txt", "--offline", "--bundle", "b.json"])
        .expect(0);
    let theirs = user.read_json("b.json")["messageSignature"]["signature"].clone();
    let forged = bundle
        .to_string()
        .replace(signature, theirs.as_str().unwrap());
    user.write("a.txt.sigstore.json", forged);
    let refused = verify("a.txt", &without).expect(1).json();
    assert_eq!(refused["problem"]["check"], "signature");
    user.write("a.txt.sigstore.json", bundle.to_string());
    // Again, by the same key.
    user.run(&["sign", "a.txt", "--offline"]).expect(0);
}

#[test]
fn what_was_signed_without_a_log_is_not_passed_off_as_logged_nor_the_reverse() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    user.write("a.txt", "content");
    user.write("release.pub", user.run(&["key"]).expect(0).out);
    user.with(&notary.url(), &["sign", "a.txt"]).expect(0);
    // A log that is named in the environment has no part in it.
    let offline = ["sign", "a.txt", "--offline", "--bundle", "offline.json"];
    user.with(&notary.url(), &offline).expect(0);
    let verify = |bundle: &str| {
        let args = [
            "verify-bundle",
            "--key",
            "release.pub",
            "--without-log",
            "--bundle",
            bundle,
        ];
        user.run(&[&args[..], &["a.txt"]].concat())
    };
    verify("offline.json").expect(0);
    let attributes = [
        "sign",
        "a.txt",
        "--offline",
        "--bundle",
        "said.json",
        "--attribute",
        "a=b",
    ];
    user.run(&attributes).expect(0);
    verify("said.json").expect(0);
    let mut said = user.read_json("said.json");
    said["dsseEnvelope"]["payload"] = "e30=".into();
    user.write("changed.json", said.to_string());
    verify("changed.json").expect(1);
    let logged = verify("a.txt.sigstore.json").expect(1);
    assert!(logged.err.contains("logged"), "{}", logged.err);
    user.run(&["sign", "a.txt", "--offline", "--keyless"])
        .expect(2);
    user.run(&["sign", "a.txt"]).expect(2);
}

#[test]
fn attributes_vouch_and_are_told_and_a_statement_does_as_its_type_says() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    for file in ["a.txt", "b.txt", "c.txt"] {
        user.write(file, file);
    }
    let run = |args: &[&str]| user.with(&notary.url(), args);
    let key = user.run(&["key", "--json"]).expect(0).json();
    let fingerprint = key["fingerprint"].as_str().unwrap();
    let attributes = [
        "--attribute",
        "version=1.2.0",
        "--attribute",
        "channel=stable \u{202e}",
    ];
    let sign = [&["sign", "a.txt"], &attributes[..]].concat();
    run(&sign).expect(0);
    let again = run(&sign).expect(0);
    assert!(again.out.contains("was signed before"), "{}", again.out);
    let verified = run(&["verify", "a.txt", "--signer", fingerprint, "--json"])
        .expect(0)
        .json();
    let proven = &verified["results"][0]["sources"][0]["proven"][0];
    let said = json!({ "version": "1.2.0", "channel": "stable \u{202e}" });
    assert_eq!(proven["attributes"], said);
    let told = run(&["verify", "a.txt", "--signer", fingerprint])
        .expect(0)
        .out;
    // Once, although the notary and the bundle beside the file have it.
    assert!(verified["results"][0]["sources"].as_array().unwrap().len() == 2);
    let once = told.matches("version=1.2.0, says SHA256:").count();
    assert_eq!(once, 1, "{told}");
    assert!(told.contains("stable \\u{202e}"), "{told}");
    // What is declared later takes it back.
    run(&["untrust", "a.txt", "--reason", "broken into"]).expect(0);
    run(&["verify", "a.txt", "--signer", fingerprint]).expect(19);

    user.write("scan.json", r#"{"result":"clean"}"#);
    let scan = [
        "--predicate",
        "scan.json",
        "--predicate-type",
        "https://example.org/scan/v1",
    ];
    run(&[&["sign", "b.txt"], &scan[..]].concat()).expect(0);
    let informed = run(&["verify", "b.txt", "--signer", fingerprint, "--json"]);
    assert_ne!(informed.code, 0, "{}", informed.out);
    let proven = &informed.json()["results"][0]["sources"][0]["proven"][0];
    assert_eq!(proven["claim"], "other");
    let slsa = [
        "--predicate",
        "scan.json",
        "--predicate-type",
        "https://slsa.dev/provenance/v1",
    ];
    run(&[&["sign", "c.txt"], &slsa[..]].concat()).expect(0);
    run(&["verify", "c.txt", "--signer", fingerprint]).expect(0);

    for wrong in [
        &["--attribute", "none"][..],
        &["--predicate", "scan.json"],
        &["--predicate-type", "https://example.org"],
        &["--predicate", "scan.json", "--predicate-type", "none"],
        &[
            "--attribute",
            "a=b",
            "--predicate",
            "scan.json",
            "--predicate-type",
            "a:b",
        ],
    ] {
        run(&[&["sign", "b.txt"], wrong].concat()).expect(2);
    }
    // From standard input, too.
    let mut command = user.command(&["sign", "b.txt", "--offline", "--force", "--predicate", "-"]);
    command.args(["--predicate-type", "https://example.org/scan/v1"]);
    command.stdin(std::fs::File::open(user.path("scan.json")).unwrap());
    done(command.output().unwrap()).expect(0);
    user.write("list.json", "[]");
    let list = [
        "--predicate",
        "list.json",
        "--predicate-type",
        "https://example.org",
    ];
    run(&[&["sign", "b.txt"], &list[..]].concat()).expect(1);
}
