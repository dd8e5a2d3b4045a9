//! `assay verify-bundle`, as people run it, with bundles by the test authority.

mod common;

use assay_core::artifact::Sha512Digest;
use assay_core::digest::Sha256Digest;
use assay_core::signer::RootId;
use assay_core::trust_root::fingerprint;
use assay_test_authority::{Curve, Instance, Key, Made, Recipe};
use common::{Done, User};
use serde_json::Value;
use sigstore_trust_root::SIGSTORE_GITHUB_TRUSTED_ROOT;

const ISSUER: &str = "https://accounts.google.com";

/// A user with a bundle (`b.json`), its trust root (`root.json`), its artifact (`file`), another
/// file (`other`) and the signer's public key (`key.pem`).
fn user_with(name: &str) -> (User, Made) {
    let recipe = Recipe::all()
        .into_iter()
        .find(|recipe| recipe.name == name)
        .unwrap();
    let mut instance = Instance::new(recipe.manner, Curve::P256, "verify-bundle");
    let made = recipe.make(&mut instance, 0);
    let user = User::new();
    user.write("b.json", &made.bundle);
    user.write("root.json", &made.trusted_root);
    user.write("file", &made.artifact);
    user.write("other", b"another file");
    user.write("key.pem", &made.key);
    (user, made)
}

fn verify(user: &User, arguments: &[&str]) -> Done {
    let mut all = vec!["verify-bundle", "--bundle", "b.json"];
    all.extend(arguments);
    user.run(&all)
}

/// With the trust root of the bundle, for a signer by name.
fn verify_named(user: &User, identity: &str, issuer: &str, artifact: &str) -> Done {
    verify(
        user,
        &[
            "--trusted-root",
            "root.json",
            "--certificate-identity",
            identity,
            "--certificate-oidc-issuer",
            issuer,
            "--json",
            artifact,
        ],
    )
}

/// The same for the bearer of a key.
fn verify_key(user: &User, key: &str, artifact: &str) -> Done {
    let root = ["--trusted-root", "root.json"];
    verify(user, &[root[0], root[1], "--key", key, "--json", artifact])
}

#[track_caller]
fn refused(done: Done) -> String {
    let report = done.expect(1).json();
    assert_eq!(report["exit_code"], 1);
    assert_eq!(report["proven"], Value::Null);
    report["problem"]["check"].as_str().unwrap().to_owned()
}

fn person() -> String {
    assay_test_authority::subject::Subject::person().name()
}

#[test]
fn a_bundle_is_proven_for_just_its_signer_by_path_and_by_digest() {
    let (user, made) = user_with("v0.3, message");
    let digest = Sha256Digest::of(&made.artifact);
    let by_digest = format!("sha256:{digest}");
    for artifact in ["file", &by_digest] {
        let report = verify_named(&user, &person(), ISSUER, artifact)
            .expect(0)
            .json();
        assert_eq!(report["schema"], "assay.verify-bundle.v1");
        assert_eq!(report["exit_code"], 0);
        assert_eq!(report["sha256"], digest.to_hex());
        assert_eq!(report["problem"], Value::Null);
        assert_eq!(report["proven"]["claim"], "signature");
        assert_eq!(report["proven"]["signer"]["name"], person());
        assert_eq!(report["proven"]["signer"]["issuer"], ISSUER);
        let own = fingerprint(&made.trusted_root).unwrap();
        assert_eq!(report["trust_root"]["root"], RootId::notary(&own).as_str());
        assert_eq!(report["trust_root"]["stale"], Value::Null);
    }
    let part = &person()[..person().len() - 1];
    for (identity, issuer) in [
        (format!("{}x", person()).as_str(), ISSUER),
        (part, ISSUER),
        (&person().to_uppercase(), ISSUER),
        (&person(), "https://accounts.google.com/"),
        (&person(), ""),
    ] {
        let check = refused(verify_named(&user, identity, issuer, "file"));
        assert_eq!(check, "expected_signer", "{identity} {issuer}");
    }
    let other = format!("sha256:{}", Sha256Digest::of(b"another file"));
    for artifact in ["other", &other] {
        let check = refused(verify_named(&user, &person(), ISSUER, artifact));
        assert_eq!(check, "this_file");
    }
}

#[test]
fn a_bundle_by_a_key_is_proven_for_just_this_key() {
    let (user, _) = user_with("v0.3, key, message");
    user.write(
        "stranger.pem",
        Key::new(Curve::P256, "stranger").public_pem(),
    );
    user.write("no-key.pem", "no key");
    let report = verify_key(&user, "key.pem", "file").expect(0).json();
    assert_eq!(report["proven"]["signer"]["kind"], "key");
    for key in ["stranger.pem", "no-key.pem"] {
        assert_eq!(refused(verify_key(&user, key, "file")), "expected_key");
    }
    assert_eq!(refused(verify_key(&user, "key.pem", "other")), "this_file");
    let check = refused(verify_named(&user, &person(), ISSUER, "file"));
    assert_eq!(check, "expected_signer", "a bare key is nobody's");

    let (user, _) = user_with("v0.3, message");
    let check = refused(verify_key(&user, "key.pem", "file"));
    assert_eq!(check, "expected_key", "a certificate is not passed over");
}

#[test]
fn a_statement_by_sha512_is_proven_by_that_digest_too() {
    let (user, made) = user_with("v0.3, key, statement, dsse");
    let sha512 = format!("sha512:{}", Sha512Digest::of(&made.artifact));
    let check = refused(verify_key(&user, "key.pem", &sha512));
    assert_eq!(check, "known_digest");

    let (user, made) = user_with("v0.3, statement, dsse, SHA-512");
    let subject = assay_test_authority::subject::Subject::calling_workflow();
    let verify = |artifact: &str| verify_named(&user, &subject.name(), subject.issuer(), artifact);
    let sha512 = format!("sha512:{}", Sha512Digest::of(&made.artifact));
    let report = verify(&sha512).expect(0).json();
    assert_eq!(report["sha512"], sha512["sha512:".len()..]);
    assert_eq!(report["sha256"], Value::Null);
    verify("file").expect(0);
    let other = format!("sha512:{}", Sha512Digest::of(b"another file"));
    assert_eq!(refused(verify(&other)), "this_file");
}

#[test]
fn a_refusal_says_what_failed_to_people_and_programs_alike() {
    let (user, _) = user_with("v0.3, message");
    let asked = [
        "--trusted-root",
        "root.json",
        "--certificate-identity",
        "a@example",
        "--certificate-oidc-issuer",
        "https://b.example",
    ];
    let told = verify(&user, &[&asked[..], &["file"]].concat()).expect(1);
    assert_eq!(told.out, "");
    let expected = "expected a@example, vouched for by https://b.example";
    let found = format!("found: {}, vouched for by {ISSUER}", person());
    for part in ["file: not proven (expected_signer", "4.3", expected, &found] {
        assert!(told.err.contains(part), "{}", told.err);
    }
    let report = verify(&user, &[&asked[..], &["--json", "file"]].concat()).expect(1);
    let problem = &report.json()["problem"];
    assert_eq!(problem["section"], "4.3");
    assert_eq!(
        problem["expected"],
        "a@example, vouched for by https://b.example"
    );

    // The bundle's log is no log of Sigstore's.
    let key = ["--key", "key.pem", "--json", "file"];
    let (keyed, _) = user_with("v0.3, key, message");
    for root in [None, Some("--staging")] {
        let arguments: Vec<&str> = root.into_iter().chain(key).collect();
        assert_eq!(refused(verify(&keyed, &arguments)), "known_log", "{root:?}");
    }
}

#[test]
fn only_githubs_own_root_needs_no_log() {
    let (user, _) = user_with("v0.3, message, GitHub");
    let done = verify_named(&user, "x", "y", "file").expect(1);
    assert!(
        done.err.contains("root.json") && done.err.contains("no transparency log"),
        "{}",
        done.err
    );
    // GitHub's is known by its content, however it is laid out. It does not know this authority.
    let laid_out: Value = serde_json::from_str(SIGSTORE_GITHUB_TRUSTED_ROOT).unwrap();
    user.write("root.json", laid_out.to_string());
    let report = verify_named(&user, "x", "y", "file").expect(1).json();
    assert_eq!(report["trust_root"]["root"], "github");
    assert_ne!(report["problem"], Value::Null);
}

#[test]
fn what_cannot_be_read_is_named() {
    let (user, _) = user_with("v0.3, message");
    user.write("huge.json", vec![b' '; 3 << 20]);
    user.write("binary", [0xff, 0xfe]);
    user.write("garbage.json", "{}");
    let cases: [(&[&str], &str); 9] = [
        (
            &["--bundle", "absent", "--trusted-root", "root.json", "file"],
            "absent",
        ),
        (
            &[
                "--bundle",
                "huge.json",
                "--trusted-root",
                "root.json",
                "file",
            ],
            "huge.json",
        ),
        (
            &["--bundle", "binary", "--trusted-root", "root.json", "file"],
            "binary",
        ),
        (
            &["--bundle", "b.json", "--trusted-root", "huge.json", "file"],
            "huge.json",
        ),
        (
            &[
                "--bundle",
                "b.json",
                "--trusted-root",
                "garbage.json",
                "file",
            ],
            "garbage.json",
        ),
        (
            &[
                "--bundle",
                "b.json",
                "--trusted-root",
                "root.json",
                "absent",
            ],
            "absent",
        ),
        (
            &["--bundle", "b.json", "--trusted-root", "root.json", "."],
            "directory",
        ),
        (
            &[
                "--bundle",
                "b.json",
                "--trusted-root",
                "root.json",
                "sha256:12",
            ],
            "sha256:12",
        ),
        (
            &[
                "--bundle",
                "b.json",
                "--trusted-root",
                "root.json",
                "sha384:1234",
            ],
            "not a digest: \"sha384:1234\"",
        ),
    ];
    for (arguments, named) in cases {
        let who = [
            "--certificate-identity",
            "x",
            "--certificate-oidc-issuer",
            "y",
        ];
        let done = user.run(&[&["verify-bundle"], arguments, &who].concat());
        // What is no digest is a wrong command line.
        let code = if named.contains("sha") { 2 } else { 1 };
        let done = done.expect(code);
        assert!(done.err.contains(named), "{}", done.err);
        let told = user.run(&[&["verify-bundle", "--json"], arguments, &who].concat());
        let told = told.expect(code).json();
        assert_eq!(told["schema"], "assay.error.v1");
        assert_eq!(told["exit_code"], code);
        assert!(done.err.contains(told["error"].as_str().unwrap()));
    }
}

#[test]
fn a_signer_must_be_named_and_one_way_only() {
    let (user, _) = user_with("v0.3, message");
    let cases: [&[&str]; 6] = [
        &["file"],
        &["--certificate-identity", "x", "file"],
        &["--certificate-oidc-issuer", "y", "file"],
        &[
            "--key",
            "key.pem",
            "--certificate-identity",
            "x",
            "--certificate-oidc-issuer",
            "y",
            "file",
        ],
        &[
            "--key",
            "key.pem",
            "--staging",
            "--trusted-root",
            "root.json",
            "file",
        ],
        &["--key", "key.pem"],
    ];
    for arguments in cases {
        verify(&user, arguments).expect(2);
    }
}

/// A bundle that names an authority of GitHub's: as its signer's certificate stands one of the
/// authorities themselves, so that it is of that root, and proves nothing.
fn of_github(made: &Made) -> String {
    let root: Value = serde_json::from_str(SIGSTORE_GITHUB_TRUSTED_ROOT).unwrap();
    let authority = &root["certificateAuthorities"][0]["certChain"]["certificates"][0];
    let mut bundle: Value = serde_json::from_str(&made.bundle).unwrap();
    bundle["verificationMaterial"]["certificate"] = authority.clone();
    bundle.to_string()
}

#[test]
fn a_bundle_says_itself_which_public_root_it_is_of() {
    let (user, made) = user_with("v0.3, statement, GitHub release");
    let run = || {
        let signer = [
            "--certificate-identity",
            "x",
            "--certificate-oidc-issuer",
            "",
        ];
        verify(&user, &[&signer[..], &["--json", "file"]].concat())
    };
    // Nobody known has made it: it is held against Sigstore's, which asks for a log.
    let done = run().expect(1);
    assert_eq!(done.json()["trust_root"]["root"], "sigstore");
    assert_eq!(refused(done), "logged");
    user.write("b.json", of_github(&made));
    let done = run().expect(1);
    assert_eq!(done.json()["trust_root"]["root"], "github");
    assert_eq!(refused(done), "timestamp");
}

#[test]
fn what_is_stored_of_a_root_is_read_where_that_root_counts() {
    let (user, _) = user_with("v0.3, key, message");
    std::fs::create_dir_all(user.path("config/roots")).unwrap();
    user.write("config/roots/sigstore.json", "{");
    let done = verify(&user, &["--key", "key.pem", "file"]).expect(1);
    assert!(done.err.contains("sigstore.json"), "{}", done.err);
    // Where another root is asked for, it is not read.
    assert_eq!(
        refused(verify(
            &user,
            &["--key", "key.pem", "--staging", "--json", "file"]
        )),
        "known_log"
    );
    verify_key(&user, "key.pem", "file").expect(0);
}
