//! Proving what a source offers.

use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::proof::{Check, ReadBundle};
use assay_core::root_store::StaleRoot;
use assay_core::roots::Roots;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

/// How many bundles of an answer are verified at most; each takes milliseconds.
pub const MAX_BUNDLES: usize = 256;

/// How many signatures are verified at most because of one answer, as [`Roots::effort`] counts
/// them. In wasm each takes a millisecond or so; 256 bundles as real ones are take about half of it.
pub const MAX_SIGNATURES: usize = 4096;

/// What a source offers as proofs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// Bundles, not yet proven.
    pub bundles: Vec<String>,
    /// Whether the source knows more than it told.
    pub truncated: bool,
    /// Why some of what it has could not be had. Where nothing else vouches for the file, this is
    /// what came of asking.
    pub failure: Option<Failure>,
}

/// The shape in which GitHub lists attestations, and notaries after it.
#[derive(Deserialize)]
pub(crate) struct List<'a> {
    #[serde(borrow, deserialize_with = "few")]
    pub attestations: Vec<Listed<'a>>,
    /// A notary's word that it knows more.
    #[serde(default)]
    pub truncated: bool,
}

/// One attestation of a list.
#[derive(Deserialize)]
pub(crate) struct Listed<'a> {
    /// The bundle; GitHub may have `null` here.
    #[serde(borrow, default)]
    pub bundle: Option<&'a RawValue>,
    /// Where GitHub keeps the bundle then.
    #[serde(default)]
    pub bundle_url: Option<String>,
}

/// No more than are verified: an answer cannot take memory by being long.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Listed<'de>>, D::Error> {
    struct Few;
    impl<'de> Visitor<'de> for Few {
        type Value = Vec<Listed<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MAX_BUNDLES} attestations")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(one) = list.next_element()? {
                if found.len() == MAX_BUNDLES {
                    return Err(A::Error::invalid_length(MAX_BUNDLES + 1, &self));
                }
                found.push(one);
            }
            Ok(found)
        }
    }
    deserializer.deserialize_seq(Few)
}

/// Proves what a source offers about a digest, each bundle against the root that it belongs to, and
/// tells the result as this source's. `now` is in seconds since 1970.
pub fn prove(
    (source, name): (&str, &str),
    candidates: &Candidates,
    roots: &Roots,
    digests: &ArtifactDigests,
    now: i64,
) -> Evidence {
    let (mut proven, mut rejected) = (Vec::new(), Vec::new());
    let mut truncated = candidates.truncated;
    let mut left = MAX_SIGNATURES;
    for (effort, bundle) in by_effort(&candidates.bundles, roots) {
        if effort > left {
            truncated = true;
            break;
        }
        left -= effort;
        match roots.prove(bundle, *digests) {
            Ok(attestation) => proven.push(attestation),
            Err(problem) => rejected.push(problem),
        }
    }
    // A root that is old may lack the very authority that a bundle names.
    let homeless = rejected
        .iter()
        .any(|problem| problem.check == Check::KnownRoot);
    let mut stale_roots: Vec<StaleRoot> = roots.stale(now).collect();
    stale_roots.retain(|stale| homeless || proven.iter().any(|one| one.signer.root == stale.root));
    let outcome = Outcome::Answered {
        proven,
        rejected,
        truncated,
        withheld: Vec::new(),
    };
    Evidence {
        stale_roots,
        ..Evidence::of(source, name, outcome)
    }
}

/// The bundles that differ, with how many signatures each may take to prove. What costs little comes
/// first, so that nothing costly keeps it from being proven.
fn by_effort<'a>(bundles: &'a [String], roots: &Roots) -> Vec<(usize, &'a str)> {
    let anew = |(place, bundle): &(usize, &String)| !bundles[..*place].contains(bundle);
    let effort = |bundle| ReadBundle::parse(bundle).map_or(0, |read| roots.effort(&read));
    let mut found: Vec<(usize, &str)> = Vec::new();
    for (_, bundle) in bundles.iter().enumerate().filter(anew) {
        let effort = effort(bundle);
        // They are few, and putting them in one by one is less code in the wasm than sorting.
        let place = found.partition_point(|(known, _)| *known <= effort);
        found.insert(place, (effort, bundle));
    }
    found
}

/// What there is where a source gave no usable answer.
pub fn failed((source, name): (&str, &str), failure: Failure) -> Evidence {
    Evidence::of(source, name, Outcome::Failed { failure })
}
