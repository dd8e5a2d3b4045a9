//! Signing with a name, at a stand-in for Sigstore's services.

mod common;
#[path = "common/front.rs"]
mod front;
#[path = "common/sigstore.rs"]
mod sigstore;

use common::{Done, User, done};
use front::Front;
use serde_json::{Value, json};
use sigstore::{Sigstore, Twist};

/// A user who signs at the stand-in.
struct Setting {
    sigstore: Sigstore,
    user: User,
}

fn setting() -> Setting {
    let setting = Setting {
        sigstore: Sigstore::start(),
        user: User::new(),
    };
    setting.use_logs(1, true);
    setting
        .user
        .write("root.json", setting.sigstore.trusted_root());
    setting.user.write("token", setting.sigstore.person());
    setting.user.write("a.txt", "content");
    setting
}

const WITH_TOKEN: [&str; 4] = ["--keyless", "--yes", "--identity-token", "token"];

impl Setting {
    fn use_logs(&self, version: u32, stamps: bool) {
        let address = &self.sigstore.address;
        let config = self.sigstore.signing_config(address, version, stamps);
        self.user.write("config.json", config);
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.user.command(&["sign"]);
        command.args(args).args([
            "--signing-config",
            "config.json",
            "--trusted-root",
            "root.json",
        ]);
        command
    }

    fn sign(&self, args: &[&str]) -> Done {
        done(self.command(args).output().unwrap())
    }

    fn sign_a(&self, more: &[&str]) -> Done {
        self.sign(&[&["a.txt"], &WITH_TOKEN[..], more].concat())
    }

    fn verify(&self, file: &str, name: &str) -> Done {
        let bundle = format!("{file}.sigstore.json");
        self.user.run(&[
            "verify-bundle",
            "--json",
            "--bundle",
            &bundle,
            "--trusted-root",
            "root.json",
            "--certificate-identity",
            name,
            "--certificate-oidc-issuer",
            &self.sigstore.address,
            file,
        ])
    }

    fn wrote(&self, name: &str) -> bool {
        self.user.path(name).exists()
    }
}

#[test]
fn a_name_signs_and_everybody_can_prove_it_offline() {
    for (log, stamps, kind) in [(1, true, "0.0.1"), (1, false, "0.0.1"), (2, true, "0.0.2")] {
        let s = setting();
        s.use_logs(log, stamps);
        s.user.write("b.txt", "other content");
        let files = ["a.txt", "b.txt"];
        let signed = s.sign(&[&files[..], &WITH_TOKEN, &["--json"]].concat());
        let signed = signed.expect(0).json();
        assert_eq!(signed["schema"], "assay.sign.v1");
        assert_eq!(signed["mode"], "keyless");
        for (number, file) in files.into_iter().enumerate() {
            let result = &signed["results"][number];
            assert_eq!(result["outcome"], "signed", "{result}");
            assert_eq!(result["signer"]["name"], "alice@example.org");
            assert_eq!(result["signer"]["issuer"], s.sigstore.address.as_str());
            let bundle = s.user.read_json(&format!("{file}.sigstore.json"));
            let material = &bundle["verificationMaterial"];
            assert_eq!(material["tlogEntries"][0]["kindVersion"]["version"], kind);
            let stamped = material.pointer("/timestampVerificationData/rfc3161Timestamps/0");
            assert_eq!(stamped.is_some(), stamps);
            s.verify(file, "alice@example.org").expect(0);
            s.verify(file, "mallory@example.org").expect(1);
        }
        // One certificate for all that is signed at once.
        let asked = s.sigstore.asked();
        let certified = asked.iter().filter(|one| one.contains("signingCert"));
        assert_eq!(certified.count(), 1, "{asked:?}");
    }
}

#[test]
fn attributes_and_statements_are_signed_with_a_name_too() {
    for log in [1, 2] {
        let s = setting();
        s.use_logs(log, true);
        s.sign_a(&["--attribute", "version=1.2.0"]).expect(0);
        let proven = s.verify("a.txt", "alice@example.org").expect(0).json();
        assert_eq!(proven["proven"]["claim"], "standing");
        assert_eq!(
            proven["proven"]["attributes"],
            json!({ "version": "1.2.0" })
        );
        s.user.write("scan.json", r#"{"result":"clean"}"#);
        let statement = [
            "--predicate",
            "scan.json",
            "--predicate-type",
            "https://example.org/scan",
        ];
        s.sign_a(&statement).expect(0);
        let proven = s.verify("a.txt", "alice@example.org").expect(0).json();
        assert_eq!(proven["proven"]["claim"], "other");
        assert_eq!(
            proven["proven"]["predicate_type"],
            "https://example.org/scan"
        );
    }
}

#[test]
fn nothing_is_written_of_what_the_services_do_not_prove() {
    let s = setting();
    let twists = [
        (Twist::OtherKey, 4),
        (Twist::OtherName, 4),
        (Twist::OtherIssuer, 4),
        (Twist::OtherAuthority, 4),
        (Twist::NoTimestampOfCertificate, 4),
        (Twist::OtherEntry, 4),
        (Twist::NoPromise, 4),
        (Twist::ForgedPromise, 4),
        (Twist::WrongProof, 4),
        (Twist::OtherStamp, 4),
        (Twist::Nonsense, 4),
        (Twist::Repeats, 1),
    ];
    for (twist, code) in twists {
        s.sigstore.twist(Some(twist.clone()));
        let refused = s.sign_a(&["--json"]);
        assert_eq!(
            refused.code, code,
            "{twist:?}: {}{}",
            refused.out, refused.err
        );
        assert_eq!(refused.json()["results"][0]["outcome"], "failed");
        assert!(!s.wrote("a.txt.sigstore.json"), "{twist:?}");
        // Of statements, too.
        if !matches!(twist, Twist::Nonsense | Twist::Repeats) {
            let refused = s.sign_a(&["--attribute", "a=b"]);
            assert_eq!(refused.code, 4, "{twist:?}: {}{}", refused.out, refused.err);
            assert!(!s.wrote("a.txt.sigstore.json"), "{twist:?}");
        }
    }
    // What was there before stays.
    s.sigstore.twist(None);
    s.sign_a(&[]).expect(0);
    let before = s.user.read_json("a.txt.sigstore.json");
    s.sigstore.twist(Some(Twist::OtherEntry));
    s.sign_a(&[]).expect(4);
    assert_eq!(s.user.read_json("a.txt.sigstore.json"), before);
}

#[test]
fn nobody_is_followed_elsewhere() {
    let s = setting();
    let elsewhere = Sigstore::start();
    s.sigstore
        .twist(Some(Twist::Redirects(elsewhere.address.clone())));
    let refused = s.sign_a(&[]).expect(4);
    assert!(refused.err.contains("HTTP status 307"), "{}", refused.err);
    assert_eq!(elsewhere.asked(), Vec::<String>::new());
    assert!(!s.wrote("a.txt.sigstore.json"));
}

#[test]
fn a_service_that_is_down_is_an_outage() {
    let s = setting();
    let front = Front::of(&s.sigstore.address);
    let config = s.sigstore.signing_config(&front.url(), 1, true);
    s.user.write("config.json", config);
    for part in ["/fulcio", "/rekor", "/tsa"] {
        front.refuse(part, 503);
        let failed = s.sign_a(&[]).expect(4);
        assert!(failed.err.contains("503"), "{}", failed.err);
        front.fall_silent(part);
        s.sign_a(&[]).expect(4);
        assert!(!s.wrote("a.txt.sigstore.json"));
    }
    front.let_pass();
    s.sign_a(&[]).expect(0);
}

#[test]
fn a_name_goes_into_the_log_only_if_that_is_agreed_to() {
    let s = setting();
    let without_yes = ["a.txt", "--keyless", "--identity-token", "token"];
    let refused = s.sign(&without_yes).expect(2);
    assert!(refused.err.contains("alice@example.org"), "{}", refused.err);
    assert!(refused.err.contains("--yes"), "{}", refused.err);
    let private = json!({ "sub": "spiffe://example.org/job", "repository_visibility": "private" });
    s.user.write("token", s.sigstore.token(&private));
    s.sign(&without_yes).expect(2);
    assert_eq!(s.sigstore.asked(), Vec::<String>::new());
    // A machine of a project that everybody can see.
    let public = json!({ "sub": "spiffe://example.org/job", "repository_visibility": "public" });
    s.user.write("token", s.sigstore.token(&public));
    s.sign(&without_yes).expect(0);
    s.verify("a.txt", "spiffe://example.org/job").expect(0);
    let mut agreed = s.command(&without_yes);
    s.user.write("token", s.sigstore.token(&private));
    done(agreed.env("ASSAY_YES", "1").output().unwrap()).expect(0);
}

#[test]
fn the_token_of_a_ci_provider_is_found() {
    let s = setting();
    let with = |name: &str, variables: &[(&str, String)]| {
        let mut command = s.command(&["a.txt", "--keyless", "--yes", "--force"]);
        for (name, value) in variables {
            command.env(name, value);
        }
        done(command.output().unwrap()).expect(0);
        s.verify("a.txt", name).expect(0);
    };
    let url = format!("{}/github/token?job=7", s.sigstore.address);
    with(
        "spiffe://example.org/job",
        &[
            ("GITHUB_ACTIONS", "true".into()),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", url),
            (
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
                "the-token-of-the-job".into(),
            ),
        ],
    );
    let machine = |name: &str| s.sigstore.token(&json!({ "sub": name }));
    let gitlab = "spiffe://example.org/gitlab";
    with(gitlab, &[("SIGSTORE_ID_TOKEN", machine(gitlab))]);
    let metadata = s.sigstore.address.replace("http://", "");
    with(
        "builder@project.iam.gserviceaccount.com",
        &[("GCE_METADATA_HOST", metadata), ("NO_GCE_CHECK", "".into())],
    );
    let given = "spiffe://example.org/given";
    with(given, &[("ASSAY_IDENTITY_TOKEN", machine(given))]);
    // Where the provider gives none, it is said what is missing.
    let cases = [
        ("GITHUB_ACTIONS", "id-token: write"),
        ("GITLAB_CI", "id_tokens"),
    ];
    for (variable, words) in cases {
        let mut command = s.command(&["a.txt", "--keyless", "--yes"]);
        let failed = done(command.env(variable, "true").output().unwrap()).expect(1);
        assert!(failed.err.contains(words), "{}", failed.err);
    }
    let mut command = s.command(&["a.txt", "--keyless", "--yes"]);
    let command = command
        .env("NO_GCE_CHECK", "")
        .env("GCE_METADATA_HOST", "127.0.0.1:1/x");
    let failed = done(command.output().unwrap()).expect(1);
    assert!(failed.err.contains("GCE_METADATA_HOST"), "{}", failed.err);
    let nobody = s.sign(&["a.txt", "--keyless", "--yes"]).expect(2);
    assert!(nobody.err.contains("--identity-token"), "{}", nobody.err);
}

#[cfg(unix)]
#[test]
fn the_agent_of_buildkite_is_asked_for_a_token() {
    use std::os::unix::fs::PermissionsExt;
    let s = setting();
    let name = "spiffe://example.org/pipeline";
    s.user
        .write("agent-token", s.sigstore.token(&json!({ "sub": name })));
    let agent =
        "#!/bin/sh\n[ \"$*\" = 'oidc request-token --audience sigstore' ] && cat agent-token\n";
    std::fs::create_dir(s.user.path("bin")).unwrap();
    s.user.write("bin/buildkite-agent", agent);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(s.user.path("bin/buildkite-agent"), mode).unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut command = s.command(&["a.txt", "--keyless", "--yes"]);
    let path = format!("{}:{path}", s.user.path("bin").display());
    done(
        command
            .env("BUILDKITE", "true")
            .env("PATH", path)
            .output()
            .unwrap(),
    )
    .expect(0);
    s.verify("a.txt", name).expect(0);
}

#[test]
fn a_token_on_the_command_line_or_none_at_all_is_refused_without_being_repeated() {
    let s = setting();
    let token = s.sigstore.person();
    let refused = s.sign(&["a.txt", "--keyless", "--yes", "--identity-token", &token]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.err.contains("ASSAY_IDENTITY_TOKEN"),
        "{}",
        refused.err
    );
    assert!(!refused.err.contains(&token[..20]) && !refused.out.contains(&token[..20]));
    let missing = s.sign(&[
        "a.txt",
        "--keyless",
        "--yes",
        "--identity-token",
        "absent-or-secret",
    ]);
    assert_eq!(missing.code, 1);
    assert!(!missing.err.contains("absent-or-secret"), "{}", missing.err);
    s.user.write("token", "no token, but perhaps a secret");
    let wrong = s.sign_a(&[]).expect(1);
    assert!(!wrong.err.contains("perhaps a secret"), "{}", wrong.err);
    s.user
        .write("token", s.sigstore.token(&json!({ "sub": "s", "exp": 1 })));
    let over = s.sign_a(&[]).expect(1);
    assert!(over.err.contains("expired"), "{}", over.err);
    // A token for another audience is the authority's to refuse.
    s.user.write(
        "token",
        s.sigstore.token(&json!({ "sub": "s", "aud": "others" })),
    );
    s.sign_a(&[]).expect(1);
    assert!(!s.wrote("a.txt.sigstore.json"));
}

#[test]
fn a_bundle_of_somebody_else_is_not_replaced() {
    let s = setting();
    s.sign_a(&[]).expect(0);
    s.sign_a(&[]).expect(0);
    let claims = json!({ "sub": "s", "email": "bob@example.org", "email_verified": true });
    s.user.write("token", s.sigstore.token(&claims));
    s.sigstore.asked();
    let refused = s.sign_a(&[]).expect(1);
    assert!(refused.err.contains("--force"), "{}", refused.err);
    assert_eq!(s.sigstore.asked(), Vec::<String>::new());
    s.sign_a(&["--bundle", "bob.json"]).expect(0);
    assert!(s.wrote("bob.json"));
    s.verify("a.txt", "alice@example.org").expect(0);
    s.sign_a(&["--force"]).expect(0);
    s.verify("a.txt", "bob@example.org").expect(0);
}

#[test]
fn another_deployment_needs_a_root_and_services_that_can_be_used() {
    let s = setting();
    let run = |args: &[&str]| {
        let fixed = [
            "sign",
            "a.txt",
            "--keyless",
            "--yes",
            "--identity-token",
            "token",
        ];
        s.user.run(&[&fixed, args].concat())
    };
    run(&["--signing-config", "config.json"]).expect(2);
    let with_root = [
        "--signing-config",
        "config.json",
        "--trusted-root",
        "root.json",
    ];
    // No longer in service.
    let mut config: Value = s.user.read_json("config.json");
    config["caUrls"][0]["validFor"]["end"] = json!("2025-06-01T00:00:00Z");
    s.user.write("config.json", config.to_string());
    let failed = run(&with_root).expect(1);
    assert!(
        failed.err.contains("certificate authority"),
        "{}",
        failed.err
    );
    s.user.write("config.json", "{}");
    run(&with_root).expect(1);
    assert_eq!(s.sigstore.asked(), Vec::<String>::new());
}

#[test]
fn what_the_log_shows_is_compared_with_what_is_remembered_of_it() {
    let s = setting();
    s.sign_a(&[]).expect(0);
    // It shows that it grew.
    s.sign_a(&[]).expect(0);
    let asked = s.sigstore.asked();
    let proofs = asked.iter().filter(|one| one.contains("/log/proof"));
    assert_eq!(proofs.count(), 1, "{asked:?}");
    // Begun anew, it cannot show that: an outage, which keeps nobody from signing.
    let t = setting();
    t.sign_a(&[]).expect(0);
    t.sigstore.forget_log();
    for _ in 0..2 {
        let warned = t.sign_a(&[]).expect(0);
        assert!(warned.err.contains("warning: "), "{}", warned.err);
    }
    // As long as it was, and another: nothing that it holds counts any more.
    let before = t.user.read_json("a.txt.sigstore.json");
    let refused = t.sign_a(&[]).expect(1);
    assert!(refused.err.contains("assay logs"), "{}", refused.err);
    assert_eq!(t.user.read_json("a.txt.sigstore.json"), before);
}
