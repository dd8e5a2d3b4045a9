//! Sigstore bundles.

use crate::world::{NOW, Web, ask, known_to_be_silent, question, see};
use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_sources::beside::{Habits, Inquiry};
use assay_test_authority::recipe::{About, Content};
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};

fn made(instance: &mut Instance, number: u64) -> Made {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == "v0.3, message").unwrap();
    recipe.make_by(instance, number, &Honest)
}

#[test]
fn a_bundle_beside_the_file_is_proven() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "beside");
    let (ours, other) = (made(&mut instance, 0), made(&mut instance, 1));
    let root = TrustRoot::parse(RootId::sigstore(), &instance.trusted_root().to_string());
    let mut roots = Roots::new();
    roots.add(root.unwrap()).unwrap();
    let beside = |bundle: &str| Web::default().with("tool%20one.zip.sigstore.json", 200, bundle);
    let mut habits = Habits::default();
    let evidence = see(&beside(&ours.bundle), &mut habits, &roots, &ours.artifact);
    assert_eq!(evidence.proven().len(), 1);
    assert_eq!(
        (&*evidence.source, &*evidence.name),
        ("beside", "dl.example.org")
    );
    assert_eq!(habits.found, ["*.sigstore.json"]);
    let swapped = see(&beside(&other.bundle), &mut habits, &roots, &ours.artifact);
    assert!(swapped.proven().is_empty() && swapped.has_refused());
    let page = see(&beside("<html>"), &mut habits, &roots, &ours.artifact);
    assert!(page.is_complete() && page.proven().is_empty());
}

/// A bundle that names its file by SHA-512 alone, as npm's do, counts once that digest is known.
#[test]
fn a_bundle_that_names_the_file_by_sha512_counts_once_that_is_known() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "beside");
    let all = Recipe::all();
    let statement = all
        .iter()
        .find(|one| one.name.starts_with("v0.3, statement, dsse"));
    let recipe = Recipe {
        content: Content::Statement {
            subjects: vec![About::Sha512],
        },
        ..statement.unwrap().clone()
    };
    let made = recipe.make_by(&mut instance, 0, &Honest);
    let root = TrustRoot::parse(RootId::sigstore(), &instance.trusted_root().to_string());
    let mut roots = Roots::new();
    roots.add(root.unwrap()).unwrap();
    let web = Web::default().with("tool%20one.zip.sigstore.json", 200, &*made.bundle);
    let question = question();
    let mut habits = Habits::default();
    let look = |habits: &mut Habits, digests: ArtifactDigests| {
        let mut inquiry = Inquiry::new(&question, habits, known_to_be_silent(), Vec::new(), NOW);
        let found = ask(&web, &mut inquiry, &roots, &digests, NOW);
        inquiry.note(habits);
        (found.proven().len(), inquiry.wanted().digests)
    };
    let by_sha256 = ArtifactDigests::from(Sha256Digest::of(&made.artifact));
    assert_eq!(look(&mut habits, by_sha256), (0, true));
    // From then on it is found out in one go.
    assert!(habits.needs_sha512());
    let by_both = ArtifactDigests::of(&made.artifact);
    for _ in 0..2 {
        assert_eq!(look(&mut habits, by_both), (1, false));
        assert!(habits.needs_sha512());
    }
}
