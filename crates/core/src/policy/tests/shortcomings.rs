//! Outages, refused proofs, answers that were cut short, and stale roots.

use super::*;

#[test]
fn an_outage_is_no_verdict_and_never_unknown() {
    let settings = trusting(&["a"]);
    assert_eq!(verdict(&[failed()], &settings), Verdict::Unchecked);
    let half = [failed(), answered(vec![], vec![])];
    assert_eq!(verdict(&half, &settings), Verdict::Unchecked);
    let proven = [
        failed(),
        answered(vec![said("a", "l", 1, Claim::Signature)], vec![]),
    ];
    let judgement = judge(&proven, &settings, None, None);
    assert_eq!(judgement.verdict, Verdict::Verified);
    assert_eq!(judgement.reasons.len(), 2);
    assert!(judgement.may_pass());
}

#[test]
fn a_refused_proof_leaves_the_file_unchecked_and_never_red() {
    let settings = trusting(&["a"]);
    let refused_only = [answered(vec![], vec![refused()])];
    assert_eq!(verdict(&refused_only, &settings), Verdict::Unchecked);
    let beside = [answered(
        vec![said("a", "l", 1, Claim::Signature)],
        vec![refused()],
    )];
    assert_eq!(verdict(&beside, &settings), Verdict::Verified);
}

#[test]
fn an_answer_that_was_cut_short_is_not_unknown() {
    let cut_short = |proven| {
        Evidence::of(
            "n",
            "n",
            Outcome::Answered {
                proven,
                rejected: vec![],
                truncated: true,
                withheld: vec![],
            },
        )
    };
    let settings = trusting(&["a"]);
    assert_eq!(verdict(&[cut_short(vec![])], &settings), Verdict::Unchecked);
    // A key without a name may have warned of the file in what was left out; a name cannot
    // be crowded out.
    let proven = vec![said("a", "l", 1, Claim::Signature)];
    assert_eq!(
        verdict(&[cut_short(proven.clone())], &settings),
        Verdict::Unchecked
    );
    // So it may have where its signature came from another source.
    let elsewhere = [cut_short(vec![]), answered(proven, vec![])];
    assert_eq!(verdict(&elsewhere, &settings), Verdict::Unchecked);
    let named = named("release@example.org", "k", 1, Claim::Signature);
    let mut settings = Settings::default();
    settings.trust(named.signer.clone(), Scope::Everywhere);
    assert_eq!(
        verdict(&[cut_short(vec![named])], &settings),
        Verdict::Verified
    );
}

/// A warning by a bare key that one address of a notary left out may be at another of its addresses only.
#[test]
fn a_key_can_be_crowded_out_at_each_address_of_its_notary() {
    let notary = |address: &str, fingerprint: &str| Notary {
        address: address.into(),
        name: address.into(),
        trusted_root: String::new(),
        fingerprint: fingerprint.into(),
        enabled: true,
        followed: None,
    };
    let mut settings = trusting(&["a"]);
    settings.notaries = vec![
        notary("one", "aa"),
        notary("two", "aa"),
        notary("three", "bb"),
    ];
    for (source, expected) in [
        ("one", Verdict::Unchecked),
        ("two", Verdict::Unchecked),
        // Another notary has nothing by a key of this one.
        ("three", Verdict::Verified),
        ("log", Verdict::Verified),
    ] {
        let signed = answered(vec![said("a", "l", 1, Claim::Signature)], vec![]);
        let mut cut = answered(vec![], vec![]);
        cut.source = source.into();
        if let Outcome::Answered { truncated, .. } = &mut cut.outcome {
            *truncated = true;
        }
        assert_eq!(verdict(&[signed, cut], &settings), expected, "{source}");
    }
}

fn stale(root: RootId) -> StaleRoot {
    StaleRoot {
        root,
        refreshed_at: 0,
        expired_at: None,
    }
}

fn told(judgement: &Judgement, root: &RootId) -> bool {
    let stale = stale(root.clone());
    judgement.reasons.contains(&Reason::StaleRoot { stale })
}

#[test]
fn what_a_stale_root_proves_stands_and_its_age_is_told() {
    let root = RootId::notary("aa");
    let mut evidence = answered(vec![said("a", "l", 1, Claim::Signature)], vec![]);
    evidence.stale_roots = vec![stale(root.clone())];
    let judgement = judge(&[evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Verified);
    assert!(told(&judgement, &root));
}

#[test]
fn what_a_stale_root_cannot_prove_is_unchecked_and_never_red() {
    let mut evidence = answered(vec![], vec![refused()]);
    evidence.stale_roots = vec![stale(RootId::github())];
    let judgement = judge(&[evidence.clone(), evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unchecked);
    let stale = judgement.reasons.iter();
    let stale = stale.filter(|reason| matches!(reason, Reason::StaleRoot { .. }));
    assert_eq!(stale.count(), 1, "it is told once");
}

#[test]
fn what_merely_informs_under_a_stale_root_stays_unknown() {
    let other = Claim::Other {
        predicate_type: "scan".into(),
    };
    let mut evidence = answered(vec![said("a", "l", 1, other)], vec![]);
    evidence.stale_roots = vec![stale(RootId::notary("aa"))];
    let judgement = judge(&[evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert!(told(&judgement, &RootId::notary("aa")));
}
