//! Proofs that do not count, because their log contradicted itself.

use super::LogMemory;
use crate::attestation::Attestation;
use crate::evidence::{Evidence, LogDoubt, Outcome, Withheld};
use crate::signer::RootId;
use serde::Serialize;

/// A log key that proves nothing until the user decides. All trees that it signs are meant: a key
/// that signs what is false in one is not to be believed in another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Blocked {
    root: RootId,
    key_id: String,
}

/// The logs with an alarm on which the user has not decided.
pub fn blocked<'a>(memories: impl IntoIterator<Item = &'a LogMemory>) -> Vec<Blocked> {
    memories
        .into_iter()
        .filter(|memory| memory.alarm.is_some())
        .map(|memory| Blocked {
            root: memory.log.root.clone(),
            key_id: memory.log.key_id.clone(),
        })
        .collect()
}

/// Takes from the evidence what logs proved that are blocked now, and gives back what was taken for
/// the sake of logs that are not blocked any more.
pub fn withhold(evidence: &mut [Evidence], blocked: &[Blocked]) {
    for one in evidence {
        let Outcome::Answered {
            proven, withheld, ..
        } = &mut one.outcome
        else {
            continue;
        };
        let is_back = |item: &Withheld| {
            item.doubt == LogDoubt::Contradicted && !is_blocked(&item.attestation, blocked)
        };
        let back: Vec<Attestation> = withheld
            .extract_if(.., |item| is_back(item))
            .map(|item| item.attestation)
            .collect();
        let gone = proven.extract_if(.., |attestation| is_blocked(attestation, blocked));
        withheld.extend(gone.map(|attestation| Withheld {
            attestation,
            doubt: LogDoubt::Contradicted,
        }));
        proven.extend(back);
    }
}

/// Withholds all that any log proved: which of them may be believed is not known.
pub fn withhold_all(evidence: &mut [Evidence], detail: &str) {
    for one in evidence {
        if let Outcome::Answered {
            proven, withheld, ..
        } = &mut one.outcome
        {
            let logged = proven.extract_if(.., |attestation| attestation.logged.is_some());
            withheld.extend(logged.map(|attestation| Withheld {
                attestation,
                doubt: LogDoubt::Memory {
                    detail: detail.to_owned(),
                },
            }));
        }
    }
}

impl Blocked {
    fn logged(&self, attestation: &Attestation) -> bool {
        attestation.signer.root == self.root
            && attestation
                .logged
                .as_ref()
                .is_some_and(|logged| logged.log_id == self.key_id)
    }
}

fn is_blocked(attestation: &Attestation, blocked: &[Blocked]) -> bool {
    blocked.iter().any(|log| log.logged(attestation))
}
