//! However much a source offers, and however costly it makes that: what is proven of it takes a
//! bounded number of signatures, and what is real is not kept from being proven.

use assay_core::digest::Sha256Digest;
use assay_core::evidence::Outcome;
use assay_core::proof::{Check, ReadBundle};
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::{MAX_OF_A_KIND, TrustRoot, TrustRootError};
use assay_sources::proving::{Candidates, MAX_BUNDLES, MAX_SIGNATURES, prove};
use assay_test_authority::hand::{Facts, Hand};
use assay_test_authority::{Curve, Instance, Made, Manner, Recipe};
use serde_json::{Value, json};

/// A trust root with as many authorities of time as there can be, and bundles with as many
/// timestamps: each has to be tried with each, and the one that gave it comes last.
struct Costly {
    timestamps: usize,
    authorities: usize,
}

impl Hand for Costly {
    fn recipe(&self, recipe: &mut Recipe) {
        recipe.timestamps = self.timestamps;
    }

    fn trusted_root(&self, root: &mut Value, _: &Facts) {
        let list = root["timestampAuthorities"].as_array_mut().unwrap();
        let real = list[0].clone();
        let other = Instance::new(Manner::Public, Curve::P384, "other").trusted_root();
        list.clear();
        list.resize(
            self.authorities - 1,
            other["timestampAuthorities"][0].clone(),
        );
        list.push(real);
    }
}

fn made(timestamps: usize, number: u64, authorities: usize) -> Made {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == "v0.3, message, Rekor v2");
    let mut instance = Instance::new(Manner::Public, Curve::P256, "effort");
    let hand = Costly {
        timestamps,
        authorities,
    };
    recipe.unwrap().make_by(&mut instance, number, &hand)
}

fn root(made: &Made) -> Result<TrustRoot, TrustRootError> {
    TrustRoot::parse(RootId::notary("effort"), &made.trusted_root)
}

fn outcome(made: &Made, bundles: Vec<String>) -> (usize, Vec<Check>, bool) {
    let mut roots = Roots::new();
    roots.add(root(made).unwrap()).unwrap();
    let digest = Sha256Digest::of(&made.artifact);
    let candidates = Candidates {
        bundles,
        ..Candidates::default()
    };
    match prove(("source", "source"), &candidates, &roots, &digest.into(), 0).outcome {
        Outcome::Answered {
            proven,
            rejected,
            truncated,
            ..
        } => {
            let checks = rejected.iter().map(|problem| problem.check);
            (proven.len(), checks.collect(), truncated)
        }
        other => panic!("{other:?}"),
    }
}

/// The same bundle in other words, so that it is not the same text.
fn again(bundle: &str, number: usize) -> String {
    let mut bundle: Value = serde_json::from_str(bundle).unwrap();
    bundle["number"] = json!(number);
    bundle.to_string()
}

#[test]
fn what_is_costly_does_not_keep_what_is_real_from_being_proven() {
    let costly = made(4, 0, MAX_OF_A_KIND);
    let real = made(1, 0, MAX_OF_A_KIND);
    let mut roots = Roots::new();
    roots.add(root(&costly).unwrap()).unwrap();
    let effort = roots.effort(&ReadBundle::parse(&costly.bundle).unwrap());
    let fitting = MAX_SIGNATURES / effort;
    assert!(fitting < MAX_BUNDLES);

    let flood = (0..MAX_BUNDLES - 1).map(|number| again(&costly.bundle, number));
    let all: Vec<_> = flood.chain([real.bundle.clone()]).collect();
    let (proven, rejected, truncated) = outcome(&costly, all.clone());
    // The real one is proven first, and then as many of the others as there is effort left for.
    assert!(truncated);
    assert!(rejected.is_empty());
    assert!((1..=fitting + 1).contains(&proven), "{proven}");
    let (last, first) = (all[MAX_BUNDLES - 1].clone(), all[0].clone());
    assert_eq!(outcome(&costly, vec![first, last]), (2, vec![], false));
}

#[test]
fn as_many_real_ones_as_are_read_are_all_proven() {
    let made = made(1, 0, 2);
    let all = (0..MAX_BUNDLES).map(|number| again(&made.bundle, number));
    let (proven, rejected, truncated) = outcome(&made, all.collect());
    assert_eq!((proven, rejected, truncated), (MAX_BUNDLES, vec![], false));
}

#[test]
fn the_same_bundle_is_proven_once() {
    let made = made(1, 0, 1);
    let garbage = "garbage".to_owned();
    let all = vec![
        made.bundle.clone(),
        garbage.clone(),
        made.bundle.clone(),
        garbage,
    ];
    assert_eq!(outcome(&made, all), (1, vec![Check::Format], false));
}

#[test]
fn a_root_names_no_more_than_it_needs() {
    let most = made(1, 0, MAX_OF_A_KIND);
    assert!(root(&most).is_ok());
    assert!(
        outcome(&most, vec![most.bundle.clone()]).0 == 1,
        "the last authority is tried, too"
    );
    for kind in [
        "tlogs",
        "ctlogs",
        "certificateAuthorities",
        "timestampAuthorities",
    ] {
        let mut made = made(1, 0, 1);
        let mut content: Value = serde_json::from_str(&made.trusted_root).unwrap();
        let list = content[kind].as_array_mut().unwrap();
        let one = list[0].clone();
        list.resize(MAX_OF_A_KIND + 1, one);
        made.trusted_root = content.to_string();
        assert!(
            matches!(root(&made), Err(TrustRootError::TooMany { found, .. }) if found == MAX_OF_A_KIND + 1),
            "{kind}"
        );
    }
}
