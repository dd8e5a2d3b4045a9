//! `assay verify` with bundles that are here already, beside the file or named: the real program, with
//! bundles by the test authority and real ones.

mod common;

use assay_core::digest::Sha256Digest;
use assay_test_authority::{Curve, Instance, Made, Recipe};
use common::{Done, User};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

const ISSUER: &str = "https://accounts.google.com";
const PERSON: &str = "release@example.org";

/// A user with a file and its bundle beside it, of an instance whose root is in `root.json`.
struct World {
    user: User,
    made: Made,
}

impl World {
    fn of(name: &str) -> Self {
        Self::numbered(name, 0)
    }

    fn numbered(name: &str, number: u64) -> Self {
        let recipe = Recipe::all().into_iter().find(|one| one.name == name);
        let recipe = recipe.unwrap();
        let mut instance = Instance::new(recipe.manner, Curve::P256, "verify-bundles");
        let made = recipe.make(&mut instance, number);
        let user = User::new();
        user.write("file", &made.artifact);
        user.write("file.sigstore.json", &made.bundle);
        user.write("root.json", &made.trusted_root);
        Self { user, made }
    }

    /// Verifies with the instance's root, for who trusts the person.
    fn verify(&self, args: &[&str]) -> Done {
        let by = ["--signer", PERSON, "--issuer", ISSUER];
        self.verify_by(&by, args)
    }

    fn verify_by(&self, by: &[&str], args: &[&str]) -> Done {
        let first = ["verify", "--json", "--trusted-root", "root.json"];
        self.user.run(&[&first, by, args].concat())
    }
}

fn reasons(report: &Value) -> Vec<&str> {
    let reasons = report["results"][0]["reasons"].as_array().unwrap().iter();
    reasons.map(|one| one["code"].as_str().unwrap()).collect()
}

#[test]
fn a_bundle_beside_the_file_is_used_by_itself_and_asks_nobody() {
    let world = World::of("v0.3, message");
    // Neither a notary nor an address is named.
    for offline in [&[][..], &["--offline"]] {
        let report = world
            .verify(&[&["file"], offline].concat())
            .expect(0)
            .json();
        assert_eq!(report["notary"], Value::Null);
        assert_eq!(report["offline"], !offline.is_empty());
        let result = &report["results"][0];
        assert_eq!(result["signer"]["name"], PERSON);
        let source = &result["sources"][0];
        assert_eq!(source["source"], "brought");
        assert_eq!(source["proven"][0]["claim"], "signature");
        assert_eq!(result["sources"].as_array().map(Vec::len), Some(1));
    }
    // Where it lies makes it nobody's own.
    world.verify_by(&[], &["file"]).expect(11);
    let url = "https://github.com/example/tool/releases/download/v1.2.3/file";
    world
        .verify_by(&[], &["file", "--offline", "--url", url])
        .expect(11);
    // Without the root it is by nobody who is known, and the file is not worse for that.
    let report = world
        .user
        .run(&["verify", "--json", "file"])
        .expect(14)
        .json();
    assert_eq!(reasons(&report), ["proof_known_root"]);
}

#[test]
fn a_name_in_a_certificate_is_trusted_with_its_issuer_alone() {
    let world = World::of("v0.3, message");
    for (by, code) in [
        (&["--signer", PERSON][..], 11),
        (
            &[
                "--signer",
                PERSON,
                "--issuer",
                "https://github.com/login/oauth",
            ],
            11,
        ),
        (
            &["--signer", "release@example.orgx", "--issuer", ISSUER],
            11,
        ),
        (
            &[
                "--signer",
                "x@example.org",
                "--signer",
                PERSON,
                "--issuer",
                ISSUER,
            ],
            0,
        ),
        (
            &["--signer", PERSON, "--issuer", ISSUER, "--issuer", ISSUER],
            2,
        ),
        (&["--issuer", ISSUER], 2),
        (&["--repo", "example/tool"], 11),
        (&["--repo", "tool"], 2),
    ] {
        world.verify_by(by, &["file"]).expect(code);
    }
    // Under Sigstore's root it would be somebody else's.
    let other = World::of("v0.3, statement, dsse, several subjects");
    let name = assay_test_authority::subject::Subject::workflow();
    let by = ["--signer", &name.name(), "--issuer", name.issuer()];
    other.verify_by(&by, &["file"]).expect(0);
    // A repository is one under Sigstore's or GitHub's root.
    other
        .verify_by(&["--repo", "example/tool"], &["file"])
        .expect(11);
}

#[test]
fn a_bundle_can_be_named_for_one_file_or_digest() {
    let world = World::of("v0.3, message");
    let bundle = world.user.path("file.sigstore.json");
    std::fs::rename(bundle, world.user.path("elsewhere.json")).unwrap();
    let named = ["--bundle", "elsewhere.json", "--offline"];
    world.verify(&[&named[..], &["file"]].concat()).expect(0);
    let digest = format!("sha256:{}", Sha256Digest::of(&world.made.artifact));
    world
        .verify(&[&named[..], &["--digest", &digest]].concat())
        .expect(0);
    let other = format!("sha256:{}", Sha256Digest::of(b"another"));
    let refused = world.verify(&[&named[..], &["--digest", &other]].concat());
    assert_eq!(reasons(&refused.expect(14).json()), ["proof_this_file"]);
    // What lies beside it is not used then.
    world.user.write("file.sigstore.json", "no bundle");
    let report = world
        .verify(&[&named[..], &["file"]].concat())
        .expect(0)
        .json();
    assert_eq!(reasons(&report), ["signed_by_trusted"]);
    world.user.write("more", "more");
    world
        .verify(&[&named[..], &["file", "more"]].concat())
        .expect(2);
    let absent = world.verify(&["--bundle", "absent", "file"]).expect(1);
    assert!(absent.err.contains("absent"), "{}", absent.err);
}

#[test]
fn offline_what_has_no_bundle_is_unknown_and_online_there_is_nobody_to_ask() {
    let world = World::of("v0.3, message");
    world.user.write("plain", "plain");
    let report = world
        .verify(&["--offline", "plain", "file"])
        .expect(13)
        .json();
    assert_eq!(reasons(&report), ["no_sources"]);
    assert_eq!(report["results"][1]["verdict"], "verified");
    let nobody = world.verify(&["plain"]).expect(2);
    assert!(nobody.err.contains("nobody to ask"), "{}", nobody.err);
    // One bundle will do, and does nothing for the others.
    let report = world.verify(&["plain", "file"]).expect(13).json();
    assert_eq!(report["results"][0]["verdict"], "unknown");
    for asked in [
        &["--source", "rekor"][..],
        &["--rekor", "https://rekor.example"],
        &["--index", "https://index.example"],
    ] {
        world
            .verify(&[&["--offline", "file"], asked].concat())
            .expect(2);
    }
    // A token that is set for all commands is not used.
    let mut command = world.user.command(&["verify", "--offline", "plain"]);
    let token = "ghp_0123456789012345678901234567890123456";
    let done = common::done(command.env("ASSAY_GITHUB_TOKEN", token).output().unwrap());
    assert!(done.expect(13).out.contains("Nobody was asked"));
    let args = ["--offline", "--notary", "https://notary.example", "file"];
    let never = world.verify(&args).expect(4);
    assert!(never.err.contains("never met"), "{}", never.err);
}

#[test]
fn a_bundle_that_proves_nothing_makes_nothing_red_and_hides_nothing() {
    let world = World::of("v0.3, message");
    let large = vec![b' '; 768 * 1024 + 1];
    let other = World::numbered("v0.3, message", 1).made.bundle;
    for (content, code) in [
        (&b""[..], "proof_format"),
        (b"{}", "proof_format"),
        (b"\xff\xfe", "proof_format"),
        (&large, "proof_format"),
        (other.as_bytes(), "proof_this_file"),
    ] {
        world.user.write("file.sigstore.json", content);
        let report = world.verify(&["file", "--offline"]).json();
        assert_eq!(report["exit_code"], 14, "{report}");
        assert_eq!(reasons(&report), [code]);
    }
    std::fs::remove_file(world.user.path("file.sigstore.json")).unwrap();
    std::fs::create_dir(world.user.path("file.sigstore.json")).unwrap();
    let report = world.verify(&["file", "--offline"]).expect(14).json();
    assert_eq!(reasons(&report), ["proof_format"]);
    // A file that cannot be read is told as that, whatever lies beside it.
    let report = world.verify(&["absent", "--offline"]).expect(14).json();
    assert_eq!(reasons(&report), ["file_unreadable"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_bundle_is_not_waited_for() {
    let world = World::of("v0.3, message");
    let place = world.user.path("file.sigstore.json");
    std::fs::remove_file(&place).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&place).status();
    assert!(made.unwrap().success());
    let report = world.verify(&["file", "--offline"]).expect(14).json();
    assert_eq!(reasons(&report), ["proof_format"]);
}

#[test]
fn a_statement_that_names_the_file_by_sha512_is_proven_too() {
    let world = World::of("v0.3, statement, dsse, SHA-512");
    let subject = assay_test_authority::subject::Subject::calling_workflow();
    let name = subject.name();
    let by = ["--signer", &name, "--issuer", subject.issuer()];
    world.verify_by(&by, &["file"]).expect(0);
}

/// A real package with the bundle that its repository's workflow made.
#[test]
fn a_real_bundle_is_proven_offline_and_its_repository_trusted_by_name() {
    let checkout = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = checkout.join("../shared/fixtures/github");
    let package = folder.join("sigstore-js-2.1.0.tgz");
    if !package.exists() {
        let message = format!("the package is not there: {}", package.display());
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
        let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
        return;
    }
    let user = User::new();
    let bundle = std::fs::read(folder.join("sigstore-js-2.1.0-bundle.json")).unwrap();
    user.write("tool.tgz", std::fs::read(package).unwrap());
    user.write("tool.tgz.sigstore.json", bundle);
    let verify = |args: &[&str]| user.run(&[&["verify", "--offline", "tool.tgz"], args].concat());
    verify(&[]).expect(11);
    verify(&["--accept", "signed"]).expect(0);
    verify(&["--repo", "sigstore/sigstore-js"]).expect(0);
    verify(&["--repo", "github.com/sigstore/sigstore-js"]).expect(0);
    verify(&["--repo", "sigstore/cosign"]).expect(11);
    // From its own repository it is its publisher's.
    let url = "https://github.com/sigstore/sigstore-js/releases/download/v2.1.0/tool.tgz";
    verify(&["--url", url]).expect(10);
    let other = "https://github.com/evil/sigstore-js/releases/download/v2.1.0/tool.tgz";
    verify(&["--url", other, "--no-memory"]).expect(11);
    user.write("tool.tgz", "another");
    verify(&["--repo", "sigstore/sigstore-js"]).expect(14);
}
