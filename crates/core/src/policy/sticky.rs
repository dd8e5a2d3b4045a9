//! "Untrusted" stays until the user clears it, whatever becomes of the source that said it.

use super::{Finding, Judgement, Place};
use crate::judged::Judged;
use crate::reason::Reason;
use crate::settings::Settings;
use crate::signer::Signer;
use crate::verdict::Verdict;

/// Judges a file whose bytes could not be read. That they cannot be read now does not take back
/// that a trusted signer declared them untrusted.
pub fn unread(
    reason: Reason,
    settings: &Settings,
    place: &Place<'_>,
    earlier: Option<&Judged>,
) -> Judgement {
    let mut judgement = Judgement::unread(reason);
    let by = &mut judgement.warned_by;
    if let Some((_, still)) = still_warning(by, earlier, settings, place) {
        judgement.verdict = Verdict::Untrusted;
        judgement.signer = judgement.warned_by.first().cloned();
        judgement.reasons.insert(0, still);
    }
    judgement
}

/// Adds to those who warn now who warned at an earlier check of the same bytes and is trusted still:
/// they are not forgotten because somebody else warns, too. Where nobody warns now, that they did is
/// given back.
pub(super) fn still_warning(
    warned_by: &mut Vec<Signer>,
    earlier: Option<&Judged>,
    settings: &Settings,
    place: &Place<'_>,
) -> Option<Finding> {
    let is_said_again = !warned_by.is_empty();
    let earlier = earlier.filter(|earlier| earlier.verdict == Verdict::Untrusted)?;
    // Who decided is told by name where the name is trusted.
    for one in earlier.signer.iter().chain(&earlier.warned_by) {
        if place.trusts(one, settings) && !warned_by.contains(one) {
            warned_by.push(one.clone());
        }
    }
    let signer = warned_by.first().filter(|_| !is_said_again)?.clone();
    Some((Some(Verdict::Untrusted), Reason::StillUntrusted { signer }))
}
