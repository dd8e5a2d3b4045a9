//! What signers say of a file, and which of it counts.

use super::*;

#[test]
fn within_a_log_the_newest_statement_of_a_signer_wins() {
    let withdrawn = vec![
        said("a", "l", 5, standing(Standing::Untrusted)),
        said("a", "l", 1, Claim::Signature),
    ];
    let restored = vec![
        said("a", "l", 5, standing(Standing::Untrusted)),
        said("a", "l", 9, standing(Standing::Trusted)),
    ];
    let settings = trusting(&["a"]);
    assert_eq!(
        verdict(&[answered(withdrawn, vec![])], &settings),
        Verdict::Untrusted
    );
    assert_eq!(
        verdict(&[answered(restored, vec![])], &settings),
        Verdict::Verified
    );
}

#[test]
fn across_logs_the_strictest_statement_wins() {
    let evidence = [
        answered(
            vec![said("a", "l", 1, standing(Standing::Unsupported))],
            vec![],
        ),
        answered(vec![said("a", "m", 99, Claim::Signature)], vec![]),
    ];
    assert_eq!(verdict(&evidence, &trusting(&["a"])), Verdict::Unsupported);
}

#[test]
fn one_trusted_signer_who_warns_outweighs_another_who_vouches() {
    let evidence = [answered(
        vec![
            said("a", "l", 9, Claim::Signature),
            said("b", "l", 1, standing(Standing::Untrusted)),
        ],
        vec![],
    )];
    assert_eq!(
        verdict(&evidence, &trusting(&["a", "b"])),
        Verdict::Untrusted
    );
}

#[test]
fn what_merely_informs_changes_nothing() {
    let report = Claim::Other {
        predicate_type: "t".into(),
    };
    let evidence = [answered(vec![said("a", "l", 1, report)], vec![])];
    let judgement = judge(&evidence, &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!(judgement.reasons.len(), 2);
    assert!(!judgement.may_pass());
}

#[test]
fn what_was_said_of_one_digest_of_an_image_is_not_taken_back_by_what_is_said_of_another() {
    let untrusted = Claim::Standing {
        standing: Standing::Untrusted,
        reason: None,
    };
    let about = |bytes: &[u8], index, claim: &Claim| Evidence {
        about: Some(Sha256Digest::of(bytes)),
        ..answered(vec![said("a", "l", index, claim.clone())], vec![])
    };
    let judged = |evidence: [Evidence; 2]| judge(&evidence, &trusting(&["a"]), None, None).verdict;
    let later = about(b"other", 2, &Claim::Signature);
    let (warned, signed) = (
        about(b"one", 1, &untrusted),
        about(b"one", 3, &Claim::Signature),
    );
    assert_eq!(judged([warned.clone(), later]), Verdict::Untrusted);
    assert_eq!(judged([warned, signed]), Verdict::Verified);
}

#[test]
fn a_key_that_was_trusted_before_it_had_a_name_is_still_listened_to() {
    let settings = trusting(&["k"]);
    let vouched = said("k", "l", 1, Claim::Signature);
    let warned = |key| named("release@example.org", key, 2, standing(Standing::Untrusted));
    let statements = vec![vouched.clone(), warned("k")];
    assert_eq!(
        verdict(&[answered(statements, vec![])], &settings),
        Verdict::Untrusted
    );
    let by_another = vec![vouched, warned("other")];
    assert_eq!(
        verdict(&[answered(by_another, vec![])], &settings),
        Verdict::Verified
    );
}

/// One signs by the key alone and by the name, the user trusts the name, and the sources answer in any
/// order.
#[test]
fn of_two_statements_that_say_the_same_a_trusted_one_counts() {
    let name = "release@example.org";
    for (claim, expected) in [
        (Claim::Signature, Verdict::Verified),
        (standing(Standing::Untrusted), Verdict::Untrusted),
    ] {
        let by_name = named(name, "k", 1, claim.clone());
        let mut settings = Settings::default();
        settings.trust(by_name.signer.clone(), Scope::Everywhere);
        let mut evidence = [
            answered(vec![said("k", "m", 2, claim)], vec![]),
            answered(vec![by_name], vec![]),
        ];
        assert_eq!(verdict(&evidence, &settings), expected);
        evidence.reverse();
        assert_eq!(verdict(&evidence, &settings), expected);
    }
}

/// The same, where a rule names the name, and the key is trusted.
#[test]
fn of_two_statements_that_say_the_same_the_one_that_a_rule_names_counts() {
    let by_name = named("release@example.org", "k", 1, Claim::Signature);
    let by_key = said("k", "m", 2, Claim::Signature);
    let mut settings = Settings::default();
    settings.trust(by_key.signer.clone(), Scope::Everywhere);
    let ruling = Ruling {
        pins: vec![vec![by_name.signer.clone()]],
        ..Ruling::default()
    };
    let mut evidence = [
        answered(vec![by_key], vec![]),
        answered(vec![by_name], vec![]),
    ];
    for _ in 0..2 {
        let place = Place {
            ruling: Some(&ruling),
            ..Place::default()
        };
        let judged = super::super::judge(&evidence, &settings, place, None);
        assert_eq!(judged.verdict, Verdict::Verified);
        evidence.reverse();
    }
}

/// Evidence of which something is withheld.
pub(super) fn offering(proven: Vec<Attestation>, one: Withheld) -> [Evidence; 1] {
    let mut evidence = answered(proven, vec![]);
    if let Outcome::Answered { withheld, .. } = &mut evidence.outcome {
        withheld.push(one);
    }
    [evidence]
}

/// Whoever has the key after it was revoked may not be its signer; but they can sign what others
/// vouch for, too.
#[test]
fn what_a_trusted_signers_revoked_key_signed_is_untrusted_unless_another_vouches() {
    let withheld = |doubt: LogDoubt, claim: Claim| Withheld {
        attestation: said("a", "log", 1, claim),
        doubt,
    };
    let revoked = || withheld(LogDoubt::Revoked { since: 1 }, Claim::Signature);
    let found = judge(&offering(vec![], revoked()), &trusting(&["a"]), None, None);
    assert_eq!(found.verdict, Verdict::Untrusted);
    assert_eq!(found.signer, Some(signer("a")));
    assert!(
        matches!(&found.reasons[..], [Reason::KeyRevoked { .. }]),
        "{:?}",
        found.reasons
    );
    // A stranger's key, a log's fault, and a warning by such a key say nothing of the file.
    let nothing = [
        (revoked(), "b"),
        (withheld(LogDoubt::Contradicted, Claim::Signature), "a"),
        (
            withheld(
                LogDoubt::Revoked { since: 1 },
                standing(Standing::Untrusted),
            ),
            "a",
        ),
    ];
    for (one, trusted) in nothing {
        let found = judge(&offering(vec![], one), &trusting(&[trusted]), None, None);
        assert_eq!(found.verdict, Verdict::Unchecked);
    }
    let other = said("b", "log", 2, Claim::Signature);
    let found = judge(
        &offering(vec![other], revoked()),
        &trusting(&["a", "b"]),
        None,
        None,
    );
    assert_eq!(found.verdict, Verdict::Verified);
}
