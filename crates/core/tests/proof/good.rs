//! Every kind of bundle that is as it should be is proven, and what is read out of it is what was
//! put in.

use super::common::{prove, prover, root_id};
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::{Attestation, Claim};
use assay_core::signer::{Identity, SubjectKind, key_fingerprint};
use assay_test_authority::entry::Kind;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::{COMMIT, REPOSITORY_ID, Subject, WORKFLOW};
use assay_test_authority::{Curve, Made, Manner, Recipe, bundles};
use base64::Engine;

fn proven(made: &Made) -> Attestation {
    prove(made).unwrap_or_else(|problem| panic!("{}: {problem}", made.recipe.name))
}

fn fingerprint(pem: &str) -> String {
    let text: String = pem.lines().filter(|line| !line.contains("--")).collect();
    key_fingerprint(
        &base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap(),
    )
}

fn identity(made: &Made) -> Identity {
    match &made.recipe.signer {
        Signer::Key => Identity::Key {
            fingerprint: fingerprint(&made.key),
        },
        Signer::Certified(Subject::Workflow { repository, .. }) => Identity::Workflow {
            issuer: "https://token.actions.githubusercontent.com".into(),
            repository: format!("https://github.com/{repository}"),
            repository_id: Some(REPOSITORY_ID.into()),
            workflow: WORKFLOW.into(),
        },
        Signer::Certified(Subject::Release { repository, .. }) => Identity::Release {
            repository: format!("https://github.com/{repository}"),
            repository_id: Some(REPOSITORY_ID.into()),
        },
        Signer::Certified(subject) => Identity::Named {
            issuer: subject.issuer().into(),
            subject_kind: match subject {
                Subject::Person { .. } => SubjectKind::Email,
                _ => SubjectKind::Uri,
            },
            subject: subject.name(),
        },
    }
}

#[test]
fn every_kind_of_bundle_is_proven_and_read() {
    let made = bundles(Recipe::all().len(), Curve::P384);
    for made in &made {
        let (recipe, proven) = (&made.recipe, proven(made));
        let name = recipe.name;
        assert_eq!(proven.signer.root, root_id(recipe.manner), "{name}");
        assert_eq!(proven.signer.identity, identity(made), "{name}");
        assert_eq!(proven.bundle, made.bundle, "{name}");
        assert_eq!(
            proven.claim == Claim::Signature,
            !recipe.statement(),
            "{name}"
        );

        let times = &made.moments;
        let integrated = times.integrated.map(|time| time as i64);
        let stamped = (recipe.timestamps > 0).then_some(times.stamped as i64);
        let signed_at = [integrated, stamped].into_iter().flatten().min();
        assert_eq!(proven.signed_at, signed_at, "{name}");

        match (&proven.certified, &recipe.signer) {
            (None, Signer::Key) => {}
            (Some(certified), Signer::Certified(subject)) => {
                assert_eq!(certified.issuer, subject.issuer(), "{name}");
                assert_eq!(certified.subject, subject.name(), "{name}");
                let commit = matches!(subject, Subject::Workflow { .. }).then_some(COMMIT);
                assert_eq!(certified.source_digest.as_deref(), commit, "{name}");
                let source_ref = match subject {
                    Subject::Workflow { source_ref, .. } => Some(source_ref.clone()),
                    Subject::Release { tag, .. } => Some(format!("refs/tags/{tag}")),
                    _ => None,
                };
                assert_eq!(certified.source_ref, source_ref, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }

        let Some(logged) = &proven.logged else {
            assert_eq!(recipe.manner, Manner::GitHub, "{name}");
            continue;
        };
        assert_eq!(logged.integrated_time, integrated, "{name}");
        assert_eq!(logged.checkpoint.is_some(), recipe.proof, "{name}");
        let origin = match (recipe.proof, recipe.entries[0]) {
            (false, _) => "",
            (true, Kind::HashedRekord2) => "tiles.example",
            (true, _) => "rekor.example - 1193050959916656506",
        };
        assert_eq!(logged.origin, origin, "{name}");
    }
}

#[test]
fn a_bundle_of_another_instance_is_refused() {
    let made = bundles(Recipe::all().len(), Curve::P256);
    for manner in [Manner::Public, Manner::Private, Manner::GitHub] {
        let of_it = |made: &&Made| made.recipe.manner == manner;
        let prover = prover(made.iter().find(of_it).unwrap()).unwrap();
        for made in made.iter().filter(|made| !of_it(made)) {
            let proven = prover.prove(&made.bundle, ArtifactDigests::of(&made.artifact));
            assert!(proven.is_err(), "{} under {manner:?}", made.recipe.name);
        }
    }
}

#[test]
fn the_place_in_the_log_that_is_told_is_one_that_is_proven() {
    let mut unpromised = 0;
    for made in &bundles(Recipe::all().len(), Curve::P256) {
        let Some(logged) = proven(made).logged else {
            continue;
        };
        let mut bundle: serde_json::Value = serde_json::from_str(&made.bundle).unwrap();
        let entries = &mut bundle["verificationMaterial"]["tlogEntries"];
        let entry = &mut entries[0];
        let v1 = made.recipe.entries[0] != Kind::HashedRekord2;
        let told = match v1 && !made.recipe.promise {
            true => &entry["inclusionProof"]["logIndex"],
            false => &entry["logIndex"],
        };
        assert_eq!(told, &logged.index.to_string(), "{}", made.recipe.name);
        if v1 && !made.recipe.promise {
            unpromised += 1;
            // Nobody signed this one.
            entry["logIndex"] = "777".into();
            let bundle = bundle.to_string();
            let prover = prover(made).unwrap();
            let proven = prover.prove(&bundle, ArtifactDigests::of(&made.artifact));
            assert_eq!(proven.unwrap().logged.unwrap().index, logged.index);
        }
    }
    assert!(unpromised > 0);
}
