//! A judgement as it is kept and shown.

use crate::policy::Judgement;
use crate::reason::Reason;
use crate::signer::Signer;
use crate::verdict::Verdict;
use crate::words::Message;
use serde::{Deserialize, Serialize};

/// A judgement as it is kept and shown: its reasons are the sentences that they are told in. Reading
/// typed reasons back in would be a fiftieth of the extension's code, and nothing asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// The outcome.
    pub verdict: Verdict,
    /// Who decided it, where somebody signed.
    pub signer: Option<Signer>,
    /// Why: first what decided, then all else that is known.
    pub reasons: Vec<Message>,
    /// Whether asking again later may change it.
    #[serde(default)]
    pub may_pass: bool,
    /// Whether what may pass may just as well be how it always is, so that asking for ever is in vain.
    #[serde(default)]
    pub may_last: bool,
    /// For how long whoever is to be asked again wants to be left in peace, in seconds.
    #[serde(default)]
    pub wait: Option<u32>,
    /// Where the file is untrusted, the names and keys by which those are trusted who say so, or said
    /// so at an earlier check.
    #[serde(default)]
    pub warned_by: Vec<Signer>,
}

impl Judged {
    /// Whether this is among the reasons.
    pub fn is_because_of(&self, reason: &Reason) -> bool {
        self.reasons.contains(&reason.message())
    }
}

impl From<Judgement> for Judged {
    fn from(judgement: Judgement) -> Self {
        Self {
            may_pass: judgement.may_pass(),
            may_last: judgement.may_last(),
            wait: judgement.reasons.iter().filter_map(Reason::wait).max(),
            verdict: judgement.verdict,
            reasons: judgement.reasons.iter().map(Reason::message).collect(),
            signer: judgement.signer,
            warned_by: judgement.warned_by,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Failure;

    #[test]
    fn what_is_kept_says_when_to_ask_again() {
        let failed = |failure| Reason::SourceFailed {
            source: "source".into(),
            failure,
        };
        let judged = |reasons| {
            Judged::from(Judgement {
                verdict: Verdict::Unchecked,
                signer: None,
                reasons,
                warned_by: Vec::new(),
            })
        };
        let limited = |seconds| failed(Failure::RateLimited { seconds });
        let both = judged(vec![failed(Failure::Unreachable), limited(5), limited(60)]);
        assert_eq!((both.may_pass, both.wait), (true, Some(60)));
        assert!(both.is_because_of(&limited(60)));
        assert!(!both.may_last);
        let page = judged(vec![Reason::NoFileAccess, failed(Failure::Page)]);
        assert!(page.may_pass && page.may_last);
        assert!(!judged(vec![failed(Failure::Page), limited(5)]).may_last);
        let lasting = judged(vec![Reason::NoFileAccess]);
        assert_eq!((lasting.may_pass, lasting.wait), (false, None));
        assert!(!lasting.may_last);
        assert!(!lasting.is_because_of(&Reason::FileMissing));
    }
}
