//! What keeps an answer from being complete, and what does not count of it.

use super::{Finding, Place};
use crate::evidence::{Evidence, LogDoubt, Outcome, Withheld};
use crate::reason::Reason;
use crate::settings::Settings;
use crate::signer::Signer;
use crate::verdict::Verdict;

/// What keeps the answer from being complete. It makes a file that nobody vouches for
/// "unchecked"; beside a proof it is only told.
pub(super) fn shortcomings(evidence: &[Evidence]) -> Vec<Finding> {
    let mut found = Vec::new();
    for evidence in evidence {
        if let Some(failure) = &evidence.missing {
            let (source, failure) = (evidence.name.clone(), failure.clone());
            let reason = Reason::SourceFailed { source, failure };
            found.push((Some(Verdict::Unchecked), reason));
        }
    }
    for Evidence { name, outcome, .. } in evidence {
        match outcome {
            Outcome::Failed { failure } => found.push((
                Some(Verdict::Unchecked),
                Reason::SourceFailed {
                    source: name.clone(),
                    failure: failure.clone(),
                },
            )),
            Outcome::Answered {
                rejected,
                truncated,
                withheld,
                ..
            } => {
                found.extend(doubts(name, withheld));
                if *truncated {
                    let source = name.clone();
                    let reason = Reason::AnswerTruncated { source };
                    found.push((Some(Verdict::Unchecked), reason));
                }
                found.extend(rejected.iter().map(|problem| {
                    (
                        Some(Verdict::Unchecked),
                        Reason::ProofRefused {
                            source: name.clone(),
                            problem: problem.clone(),
                        },
                    )
                }));
            }
        }
    }
    for (evidence, stale) in evidence.iter().flat_map(|evidence| {
        evidence
            .stale_roots
            .iter()
            .map(move |stale| (evidence, stale))
    }) {
        let stale = stale.clone();
        let reason = Reason::StaleRoot { stale };
        // What a stale root proves is proven all the same; what it cannot prove is not checked.
        let verdict = evidence.has_refused().then_some(Verdict::Unchecked);
        if found.iter().all(|(_, known)| *known != reason) {
            found.push((verdict, reason));
        }
    }
    found
}

/// A file that a trusted signer's key signed after it was revoked, and for which nobody else vouches
/// who is trusted: whoever has the key by then may not be the signer. With it, by what the signer is
/// trusted.
pub(super) fn revoked(
    evidence: &[Evidence],
    settings: &Settings,
    place: &Place<'_>,
) -> Option<(Vec<Signer>, Finding)> {
    let withheld = evidence.iter().flat_map(|one| {
        let of_this = one.withheld().iter();
        of_this.map(|withheld| (one.name.as_str(), withheld))
    });
    let mut revoked = withheld.filter(|(_, withheld)| {
        matches!(withheld.doubt, LogDoubt::Revoked { .. }) && withheld.attestation.claim.vouches()
    });
    revoked.find_map(|(source, withheld)| {
        let by = place.trusted_as(&withheld.attestation, settings);
        let reason = Reason::withheld(source, withheld);
        (!by.is_empty()).then_some((by, (Some(Verdict::Untrusted), reason)))
    })
}

/// What is the matter with logs, each thing once, however many proofs are withheld for it.
fn doubts(source: &str, withheld: &[Withheld]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for one in withheld {
        let finding = (Some(Verdict::Unchecked), Reason::withheld(source, one));
        if !found.contains(&finding) {
            found.push(finding);
        }
    }
    found
}
