//! What signers said of a file beyond that it is trusted: the attributes in statements about standing.

use assay_core::attestation::{Attestation, Claim};
use assay_core::evidence::{Evidence, Outcome};
use assay_core::standing::STANDING_PREDICATE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::BTreeMap;

/// So many attributes of one statement are told at most.
const MOST: usize = 64;

/// The attributes that a proven statement has; of any other form than names with texts they are left
/// out. Text from outside as it came.
pub fn of(attestation: &Attestation) -> BTreeMap<String, String> {
    match attestation.claim {
        // The bundle was proven as a whole, its statement with it.
        Claim::Standing { .. } => in_bundle(&attestation.bundle).unwrap_or_default(),
        _ => BTreeMap::new(),
    }
}

/// Forgets the bundles that have no attributes for sure: of many files, they would fill the memory.
pub fn keep_bundles_with_some(evidence: &mut Evidence) {
    let Outcome::Answered {
        proven, withheld, ..
    } = &mut evidence.outcome
    else {
        return;
    };
    let withheld = withheld.iter_mut().map(|one| &mut one.attestation);
    for attestation in proven.iter_mut().chain(withheld) {
        if !matches!(attestation.claim, Claim::Standing { .. }) {
            attestation.bundle = String::new();
        }
    }
}

fn in_bundle(bundle: &str) -> Option<BTreeMap<String, String>> {
    let bundle: Value = serde_json::from_str(bundle).ok()?;
    let payload = bundle.pointer("/dsseEnvelope/payload")?.as_str()?;
    let statement: Value = serde_json::from_slice(&STANDARD.decode(payload).ok()?).ok()?;
    if statement.get("predicateType")?.as_str()? != STANDING_PREDICATE {
        return None;
    }
    let attributes = statement.pointer("/predicate/attributes")?.as_object()?;
    let texts = attributes
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    Some(texts.take(MOST).collect())
}
