//! What is asked of a proof beyond what the bundle itself says, and how much is read.

use super::common::{prove, prover};
use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::proof::{Check, Prover};
use assay_core::signer::RootId;
use assay_core::trust_root::{TrustRoot, TrustRootError};
use assay_test_authority::hand::{Facts, Moments};
use assay_test_authority::subject::Subject;
use assay_test_authority::{Change, Curve, Hand, Instance, Key, Made, Manner, Recipe};
use serde_json::{Value, json};

fn recipe(name: &str) -> Recipe {
    let mut all = Recipe::all().into_iter();
    all.find(|recipe| recipe.name == name).unwrap()
}

fn made_by(name: &str, hand: &dyn Hand) -> Made {
    let recipe = recipe(name);
    let mut instance = Instance::new(recipe.manner, Curve::P256, "asked");
    recipe.make_by(&mut instance, 0, hand)
}

fn made(name: &str) -> Made {
    made_by(name, &assay_test_authority::Honest)
}

#[test]
fn a_statement_that_names_no_computed_digest_is_refused_as_that() {
    let made = made("v0.3, statement, dsse, SHA-512");
    let prover = prover(&made).unwrap();
    let mut digests = ArtifactDigests::of(&made.artifact);
    assert!(prover.prove(&made.bundle, digests).is_ok());
    digests.sha512 = None;
    // One of the other subjects is named by SHA-256, so the file could have been one of them.
    let refusal = prover.prove(&made.bundle, digests).unwrap_err();
    assert_eq!(refusal.check, Check::ThisFile);

    struct Sha512Alone;
    impl Hand for Sha512Alone {
        fn recipe(&self, recipe: &mut Recipe) {
            use assay_test_authority::recipe::{About, Content};
            recipe.content = Content::Statement {
                subjects: vec![About::Sha512],
            };
        }
    }
    let made = made_by("v0.3, statement, dsse, SHA-512", &Sha512Alone);
    assert!(prove(&made).is_ok());
    let sha256 = Sha256Digest::of(&made.artifact);
    let refusal = prover.prove(&made.bundle, sha256).unwrap_err();
    assert_eq!(refusal.check, Check::KnownDigest);
    let other = ArtifactDigests::of(b"another file");
    let refusal = prover.prove(&made.bundle, other).unwrap_err();
    assert_eq!(refusal.check, Check::ThisFile);
}

#[test]
fn a_file_that_is_known_by_sha512_alone_is_what_a_statement_names_so() {
    let by_sha512 = |content: &[u8]| ArtifactDigests {
        sha256: None,
        ..ArtifactDigests::of(content)
    };
    for (name, outcome) in [
        ("v0.3, statement, dsse, SHA-512", Ok(())),
        ("v0.3, statement, dsse, P-384", Ok(())),
        (
            "v0.3, statement, dsse, several subjects",
            Err(Check::KnownDigest),
        ),
        ("v0.3, message", Err(Check::KnownDigest)),
    ] {
        let made = made(name);
        let prover = prover(&made).unwrap();
        let proven = prover.prove(&made.bundle, by_sha512(&made.artifact));
        let proven = proven.map(|_| ()).map_err(|refusal| refusal.check);
        assert_eq!(proven, outcome, "{name}");
        if outcome.is_ok() {
            let other = by_sha512(b"another file");
            let refusal = prover.prove(&made.bundle, other).unwrap_err();
            assert_eq!(refusal.check, Check::ThisFile, "{name}");
            assert_eq!(refusal.expected, format!("a statement about {other}"));
        }
    }
}

#[test]
fn a_refusal_about_the_file_names_both_files() {
    let found = |made: &Made| {
        let prover = prover(made).unwrap();
        let refusal = prover.prove(&made.bundle, ArtifactDigests::of(b"another file"));
        let refusal = refusal.unwrap_err();
        assert_eq!(refusal.check, Check::ThisFile);
        let other = Sha256Digest::of(b"another file");
        assert_eq!(
            refusal.expected,
            format!("a statement about sha256:{other}")
        );
        refusal.found
    };
    let message = made("v0.3, message");
    let digest = Sha256Digest::of(&message.artifact);
    assert_eq!(found(&message), format!("sha256:{digest}"));
    let statement = made("v0.3, statement, Rekor v2");
    assert_eq!(
        found(&statement),
        format!(
            "tool-0.tar.gz sha256:{}",
            Sha256Digest::of(&statement.artifact)
        )
    );

    struct FourFiles;
    impl Hand for FourFiles {
        fn statement(&self, statement: &mut Value) {
            let subject = |number: usize, algorithm: &str, length: usize| json!({ "name": format!("{number}"), "digest": { algorithm: "5e".repeat(length) } });
            statement["subject"] = json!([
                subject(1, "sha256", 32),
                subject(2, "sha512", 64),
                subject(3, "sha256", 32),
                subject(4, "sha256", 32),
            ]);
        }
    }
    let many = made_by("v0.3, statement, Rekor v2", &FourFiles);
    let sha256 = "5e".repeat(32);
    assert_eq!(
        found(&many),
        format!("1 sha256:{sha256}, 2 by another digest, 3 sha256:{sha256} and 1 more")
    );
}

#[test]
fn a_key_that_is_asked_for_is_the_key_that_signed() {
    let made = made("v0.3, key, message");
    let prover = prover(&made).unwrap();
    let digests = ArtifactDigests::of(&made.artifact);
    let asked = |bundle: &str, key: &str| prover.prove_with_key(bundle, digests, key);

    let proven = asked(&made.bundle, &made.key).unwrap();
    assert_eq!(
        proven,
        prover.prove(&made.bundle, digests).unwrap(),
        "the same is told"
    );
    for key in [&Key::new(Curve::P256, "stranger").public_pem(), "no key"] {
        let refusal = asked(&made.bundle, key).unwrap_err();
        assert_eq!(refusal.check, Check::ExpectedKey, "{key}");
    }
    let other = ArtifactDigests::of(b"another file");
    let refusal = prover.prove_with_key(&made.bundle, other, &made.key);
    let refusal = refusal.unwrap_err();
    assert_eq!(refusal.check, Check::ThisFile);
    assert!(refusal.expected.contains(&other.to_string()));
}

#[test]
fn a_key_is_not_asked_for_where_there_is_a_certificate() {
    let made = made("v0.3, message");
    let digests = ArtifactDigests::of(&made.artifact);
    let refusal = prover(&made)
        .unwrap()
        .prove_with_key(&made.bundle, digests, &made.key)
        .unwrap_err();
    assert_eq!(refusal.check, Check::ExpectedKey);
}

#[test]
fn every_defect_is_refused_with_the_key_that_is_asked_for_too() {
    for recipe in Recipe::all().iter().filter(|recipe| !recipe.certified()) {
        let instance = Instance::new(recipe.manner, Curve::P256, "asked");
        for defect in Change::defects() {
            if !defect.is_possible(recipe) {
                continue;
            }
            let made = recipe.make_by(&mut instance.clone(), 0, &defect);
            let digests = ArtifactDigests::of(&made.artifact);
            let proven = prover(&made)
                .and_then(|prover| prover.prove_with_key(&made.bundle, digests, &made.key));
            assert!(proven.is_err(), "{} ({})", defect.id, recipe.name);
        }
    }
}

#[test]
fn a_signer_that_is_asked_for_is_compared_whole() {
    let certified = prove(&made("v0.3, message")).unwrap();
    let subject = Subject::person();
    let (name, issuer) = (subject.name(), subject.issuer().to_owned());
    assert_eq!(certified.require_certified(&name, &issuer), Ok(()));
    for (name, issuer) in [
        (name.as_str(), "https://accounts.google.com/"),
        (name.as_str(), ""),
        ("release@example.or", issuer.as_str()),
        ("release@example.org.evil", issuer.as_str()),
    ] {
        let refusal = certified.require_certified(name, issuer).unwrap_err();
        assert_eq!(refusal.check, Check::ExpectedSigner);
    }
    let keyed = prove(&made("v0.3, key, message")).unwrap();
    let refusal = keyed.require_certified(&name, &issuer).unwrap_err();
    assert_eq!(refusal.check, Check::ExpectedSigner);
}

#[test]
fn only_the_name_of_the_trust_root_says_that_no_log_is_needed() {
    let made = made("v0.3, statement, GitHub");
    let digests = ArtifactDigests::of(&made.artifact);
    for id in [RootId::sigstore(), RootId::notary("github")] {
        let root = TrustRoot::parse(id.clone(), &made.trusted_root);
        assert_eq!(root.err(), Some(TrustRootError::NoLog));
        // Nor does it help to name any log.
        let with_log = Instance::new(Manner::Private, Curve::P256, "asked").trusted_root();
        let mut root: Value = serde_json::from_str(&made.trusted_root).unwrap();
        root["tlogs"] = with_log["tlogs"].clone();
        let root = TrustRoot::parse(id, &root.to_string()).unwrap();
        let prover = Prover::new(root).unwrap();
        let refusal = prover.prove(&made.bundle, digests).unwrap_err();
        assert_eq!(refusal.check, Check::Logged);
    }
}

#[test]
fn a_bare_key_needs_a_log() {
    let made = made("v0.3, key, message, Rekor v2 and a timestamp");
    let root = TrustRoot::parse(RootId::github(), &made.trusted_root).unwrap();
    let digests = ArtifactDigests::of(&made.artifact);
    let refusal = Prover::new(root).unwrap().prove(&made.bundle, digests);
    assert_eq!(refusal.unwrap_err().check, Check::Logged);
}

/// So many subjects that the bundle has almost as many bytes as are read.
struct ManySubjects;

impl Hand for ManySubjects {
    fn statement(&self, statement: &mut Value) {
        let subjects = statement["subject"].as_array_mut().unwrap();
        let other = json!({ "name": "other", "digest": { "sha256": "5e".repeat(32) } });
        subjects.resize(5_400, other);
    }
}

#[test]
fn what_is_too_long_to_be_sensible_is_not_read() {
    const MOST: usize = 768 * 1024;
    let made = made_by("v0.3, statement, Rekor v2", &ManySubjects);
    assert!(made.bundle.len() > MOST - 100_000, "{}", made.bundle.len());
    let prover = prover(&made).unwrap();
    let digests = ArtifactDigests::of(&made.artifact);
    let padded = |length: usize| made.bundle.clone() + &" ".repeat(length - made.bundle.len());
    assert!(prover.prove(&padded(MOST), digests).is_ok());
    let refusal = prover.prove(&padded(MOST + 1), digests).unwrap_err();
    assert_eq!(refusal.check, Check::Format);
}

struct Timestamps(usize);

impl Hand for Timestamps {
    fn recipe(&self, recipe: &mut Recipe) {
        recipe.timestamps = self.0;
    }
}

struct Signatures(usize);

impl Hand for Signatures {
    fn checkpoint(&self, draft: &mut assay_test_authority::checkpoint::CheckpointDraft, _: &Facts) {
        let log = draft.signers[0].clone();
        draft.signers = vec![log; self.0 - draft.cosigners.len()];
    }
}

struct Certificates(usize);

impl Hand for Certificates {
    fn bundle(&self, bundle: &mut Value, _: &Facts) {
        let chain = &mut bundle["verificationMaterial"]["x509CertificateChain"]["certificates"];
        let chain = chain.as_array_mut().unwrap();
        let authority = chain[1].clone();
        chain.resize(self.0, authority);
    }
}

#[test]
fn as_much_is_read_as_is_said_and_no_more() {
    let message = "v0.3, message, Rekor v2";
    let chain = "v0.2, statement, dsse, private";
    for (name, most, too_many) in [
        (
            message,
            &Timestamps(4) as &dyn Hand,
            &Timestamps(5) as &dyn Hand,
        ),
        (message, &Signatures(32), &Signatures(33)),
        (chain, &Certificates(16), &Certificates(17)),
    ] {
        prove(&made_by(name, most)).unwrap();
        let refusal = prove(&made_by(name, too_many)).unwrap_err();
        assert_eq!(refusal.check, Check::Format);
    }
}

#[test]
fn no_two_entries_of_many_are_the_same() {
    let entries = |count: usize| {
        let mut made = made("v0.3, message, Rekor v2");
        let mut bundle: Value = serde_json::from_str(&made.bundle).unwrap();
        let entries = &mut bundle["verificationMaterial"]["tlogEntries"];
        let one = entries[0].clone();
        let list = entries.as_array_mut().unwrap();
        list.resize(count, one);
        for (number, entry) in list.iter_mut().enumerate().skip(1) {
            // The same but for the index, or but for the body.
            if number % 2 == 0 {
                entry["logIndex"] = json!((number + 100).to_string());
            } else {
                entry["canonicalizedBody"] = json!("e30=");
            }
        }
        made.bundle = bundle.to_string();
        prove(&made).unwrap_err().check
    };
    assert_eq!(entries(2), Check::Logged);
    assert_eq!(entries(3), Check::Logged);
    assert_eq!(entries(4), Check::Logged);
    assert_eq!(entries(5), Check::Format);

    // One entry, said to be at two places.
    let mut made = made("v0.3, message, Rekor v2");
    let mut bundle: Value = serde_json::from_str(&made.bundle).unwrap();
    let entries = bundle["verificationMaterial"]["tlogEntries"].as_array_mut();
    let entries = entries.unwrap();
    let mut again = entries[0].clone();
    again["logIndex"] = json!("100");
    entries.push(again);
    made.bundle = bundle.to_string();
    let problem = prove(&made).unwrap_err();
    assert_eq!(problem.check, Check::Logged);
    assert!(problem.found.contains("twice"), "{problem}");
}

struct Late;

impl Hand for Late {
    fn moments(&self, moments: &mut Moments) {
        moments.certificate.until = moments.stamped - 1;
    }
}

struct Retired;

impl Hand for Retired {
    fn trusted_root(&self, root: &mut Value, _: &Facts) {
        root["timestampAuthorities"][0]["validFor"]["end"] = json!("2024-12-31T00:00:00Z");
    }
}

#[test]
fn a_refusal_for_the_sake_of_time_tells_the_time_and_the_window() {
    let late = prove(&made_by("v0.3, message, Rekor v2", &Late)).unwrap_err();
    assert_eq!(late.check, Check::CertificateWindow);
    assert!(
        late.found.starts_with("signed at 2025-01-01T00:00:")
            && late.found.contains("valid from 2024-12-31T23:59:")
            && late.found.contains("Z until 2025-01-01T00:00:0"),
        "{late}"
    );
    let retired = prove(&made_by("v0.3, message, Rekor v2", &Retired)).unwrap_err();
    assert_eq!(retired.check, Check::TimestampWindow);
    assert!(
        retired.expected.contains(" to 2024-12-31T00:00:00Z"),
        "{retired}"
    );
    assert!(retired.found.starts_with("2025-01-01T00:00:"), "{retired}");
}
