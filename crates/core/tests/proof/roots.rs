//! Which trust root a bundle belongs to is said by its certificate and its log entry.

use super::common::root_id;
use assay_core::artifact::ArtifactDigests;
use assay_core::proof::Check;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_test_authority::{Curve, Hand, Instance, Made, Manner, Recipe, bundles};
use serde_json::{Value, json};

const MANNERS: [Manner; 3] = [Manner::Public, Manner::Private, Manner::GitHub];

fn trust(roots: &mut Roots, id: RootId, root: &Value) {
    let root = TrustRoot::parse(id, &root.to_string()).unwrap();
    roots.add(root).unwrap();
}

fn all_roots(label: &str) -> Roots {
    let mut roots = Roots::new();
    for manner in MANNERS {
        let instance = Instance::new(manner, Curve::P256, label);
        trust(&mut roots, root_id(manner), &instance.trusted_root());
    }
    roots
}

fn refusal(roots: &Roots, made: &Made) -> Check {
    let proven = roots.prove(&made.bundle, ArtifactDigests::of(&made.artifact));
    proven.unwrap_err().check
}

#[test]
fn every_bundle_is_proven_under_its_own_root() {
    let roots = all_roots("bundles");
    assert_eq!(roots.provers().count(), 3);
    for made in bundles(Recipe::all().len(), Curve::P256) {
        let proven = roots
            .prove(&made.bundle, ArtifactDigests::of(&made.artifact))
            .unwrap_or_else(|problem| panic!("{}: {problem}", made.recipe.name));
        assert_eq!(proven.signer.root, root_id(made.recipe.manner));
    }
}

#[test]
fn a_bundle_of_strangers_with_the_same_names_belongs_to_no_root() {
    let strangers = all_roots("strangers");
    for made in bundles(Recipe::all().len(), Curve::P256) {
        let name = made.recipe.name;
        assert_eq!(refusal(&strangers, &made), Check::KnownRoot, "{name}");
        assert_eq!(refusal(&Roots::new(), &made), Check::KnownRoot, "{name}");
    }
}

#[test]
fn a_refusal_says_what_the_bundle_names() {
    let made = bundles(1, Curve::P256).remove(0);
    let refusal = Roots::new()
        .prove(&made.bundle, ArtifactDigests::of(&made.artifact))
        .unwrap_err();
    let log = Instance::new(Manner::Public, Curve::P256, "bundles")
        .rekor
        .unwrap();
    let log = hex::encode(log.id());
    assert_eq!(
        refusal.found,
        format!("a certificate by CN=authority,O=assay test authority, the log {log}")
    );

    struct Nothing;
    impl Hand for Nothing {
        fn bundle(&self, bundle: &mut Value, _: &assay_test_authority::hand::Facts) {
            let material = &mut bundle["verificationMaterial"];
            *material = json!({ "publicKey": {}, "tlogEntries": [] });
        }
    }
    let mut instance = Instance::new(Manner::Public, Curve::P256, "bundles");
    let made = made.recipe.make_by(&mut instance, 0, &Nothing);
    let refusal = Roots::new().prove(&made.bundle, ArtifactDigests::of(&made.artifact));
    assert_eq!(refusal.unwrap_err().found, "neither certificate nor log");
}

#[test]
fn a_certificate_needs_both_its_authority_and_its_log_known() {
    let made = bundles(1, Curve::P256).remove(0);
    let own = Instance::new(Manner::Public, Curve::P256, "bundles").trusted_root();
    let other = Instance::new(Manner::Public, Curve::P256, "strangers").trusted_root();
    for part in ["tlogs", "certificateAuthorities"] {
        let mut mixed = own.clone();
        mixed[part] = other[part].clone();
        let mut roots = Roots::new();
        trust(&mut roots, RootId::sigstore(), &mixed);
        assert_eq!(refusal(&roots, &made), Check::KnownRoot, "{part}");
        // Nor do two roots know together what neither knows alone.
        let mut rest = other.clone();
        rest[part] = own[part].clone();
        trust(&mut roots, RootId::notary("rest"), &rest);
        assert_eq!(refusal(&roots, &made), Check::KnownRoot, "{part}");
    }
}

#[test]
fn what_two_roots_claim_is_proven_under_the_one_that_can() {
    let made = bundles(1, Curve::P256).remove(0);
    let own = Instance::new(Manner::Public, Curve::P256, "bundles").trusted_root();
    let mut broken = own.clone();
    broken["ctlogs"] =
        Instance::new(Manner::Public, Curve::P256, "strangers").trusted_root()["ctlogs"].clone();
    for broken_first in [true, false] {
        let mut roots = Roots::new();
        if broken_first {
            trust(&mut roots, RootId::notary("broken"), &broken);
        }
        trust(&mut roots, RootId::sigstore(), &own);
        if !broken_first {
            trust(&mut roots, RootId::notary("broken"), &broken);
        }
        let proven = roots.prove(&made.bundle, ArtifactDigests::of(&made.artifact));
        assert_eq!(proven.unwrap().signer.root, RootId::sigstore());
    }
    let mut roots = Roots::new();
    trust(&mut roots, RootId::notary("broken"), &broken);
    assert_eq!(refusal(&roots, &made), Check::CertificateTimestamp);
}

#[test]
fn a_root_that_is_added_again_is_replaced() {
    let made = bundles(1, Curve::P256).remove(0);
    let root = |label| Instance::new(Manner::Public, Curve::P256, label).trusted_root();
    let mut roots = Roots::new();
    trust(&mut roots, RootId::sigstore(), &root("bundles"));
    trust(&mut roots, RootId::sigstore(), &root("strangers"));
    assert_eq!(roots.provers().count(), 1);
    assert_eq!(refusal(&roots, &made), Check::KnownRoot);
}
