use super::alarmed;
use crate::attestation::{Attestation, Claim, Logged};
use crate::evidence::{Evidence, Failure, LogDoubt, Outcome, Withheld};
use crate::log_memory::{blocked, withhold, withhold_all};
use crate::policy::{Place, judge};
use crate::settings::{Scope, Settings};
use crate::signer::{Identity, RootId, Signer};
use crate::verdict::Verdict;

fn attestation(root: &str, log_id: Option<&str>) -> Attestation {
    Attestation {
        signer: Signer {
            root: RootId::notary(root),
            identity: Identity::Key {
                fingerprint: "SHA256:x".into(),
            },
        },
        claim: Claim::Signature,
        logged: log_id.map(|log_id| Logged {
            log_id: log_id.into(),
            origin: "whatever the entry calls it".into(),
            index: 0,
            integrated_time: None,
            checkpoint: None,
        }),
        signed_at: None,
        certified: None,
        declared: None,
        bundle: String::new(),
    }
}

fn answered(proven: Vec<Attestation>, withheld: Vec<Withheld>) -> Evidence {
    Evidence::of(
        "n",
        "n",
        Outcome::Answered {
            proven,
            rejected: vec![],
            truncated: false,
            withheld,
        },
    )
}

#[test]
fn what_a_blocked_log_proved_does_not_count_until_it_is_trusted_again() {
    let (log, mut memory, _) = alarmed();
    let key_id = log.key_id().to_hex();
    let theirs = attestation("aa", Some(&key_id));
    let others = [
        attestation("bb", Some(&key_id)),
        attestation("aa", Some("00")),
        attestation("aa", None),
    ];
    let mut proven = others.to_vec();
    proven.push(theirs.clone());
    let outage = Withheld {
        attestation: theirs.clone(),
        doubt: LogDoubt::Memory {
            detail: "disk".into(),
        },
    };
    let whole = answered(proven.clone(), vec![outage.clone()]);
    let mut evidence = vec![whole.clone()];
    withhold(&mut evidence, &blocked([&memory]));
    let contradicted = Withheld {
        attestation: theirs,
        doubt: LogDoubt::Contradicted,
    };
    assert_eq!(
        evidence,
        [answered(others.to_vec(), vec![outage, contradicted])]
    );
    assert!(!evidence[0].is_complete());
    let again = evidence.clone();
    withhold(&mut evidence, &blocked([&memory]));
    assert_eq!(evidence, again);
    memory.trust_again(0);
    withhold(&mut evidence, &blocked([&memory]));
    assert_eq!(evidence, [whole], "an outage stays one");
}

#[test]
fn what_is_withheld_is_neither_good_nor_bad() {
    let theirs = attestation("aa", Some("11"));
    let withheld = |doubt: &LogDoubt, number: usize| {
        let item = Withheld {
            attestation: theirs.clone(),
            doubt: doubt.clone(),
        };
        answered(vec![], vec![item; number])
    };
    let mut settings = Settings::default();
    settings.trust(theirs.signer.clone(), Scope::Everywhere);
    let outage = LogDoubt::Unchecked {
        failure: Failure::Unreachable,
    };
    let memory = LogDoubt::Memory {
        detail: String::new(),
    };
    for (doubt, passes) in [
        (outage, true),
        (memory, true),
        (LogDoubt::Contradicted, false),
    ] {
        let judgement = judge(&[withheld(&doubt, 3)], &settings, Place::default(), None);
        assert_eq!(judgement.verdict, Verdict::Unchecked, "{doubt:?}");
        assert_eq!(judgement.signer, None);
        assert_eq!(judgement.reasons.len(), 1, "it is said once");
        assert_eq!(judgement.may_pass(), passes, "{doubt:?}");

        // Beside what another log proves it is only told.
        let proven = answered(vec![attestation("aa", Some("22"))], vec![]);
        let both = judge(
            &[withheld(&doubt, 1), proven],
            &settings,
            Place::default(),
            None,
        );
        assert_eq!(both.verdict, Verdict::Verified);
        assert_eq!(both.reasons.len(), 2);
    }
}

#[test]
fn where_it_cannot_be_told_which_logs_are_blocked_none_proves_anything() {
    let mut unlogged = attestation("aa", None);
    unlogged.logged = None;
    let logged = attestation("bb", Some("22"));
    let contradicted = Withheld {
        attestation: attestation("cc", Some("33")),
        doubt: LogDoubt::Contradicted,
    };
    let doubtful = answered(vec![], vec![contradicted]);
    let mut evidence = [
        answered(vec![logged, unlogged.clone()], vec![]),
        doubtful.clone(),
    ];
    withhold_all(&mut evidence, "the disk is gone");
    assert_eq!(evidence[0].proven(), [unlogged]);
    let memory = |one: &Withheld| matches!(&one.doubt, LogDoubt::Memory { detail } if detail == "the disk is gone");
    assert!(evidence[0].withheld().iter().all(memory));
    assert_eq!(evidence[0].withheld().len(), 1);
    assert_eq!(evidence[1], doubtful, "what was withheld stays so");
}
