//! "Untrusted" stays until the user clears it.

use super::standing::offering;
use super::*;

fn warns(name: &str) -> Vec<Evidence> {
    let statement = said(name, "l", 1, standing(Standing::Untrusted));
    vec![answered(vec![statement], vec![])]
}

#[test]
fn untrusted_stays_until_the_user_clears_it() {
    let settings = trusting(&["a"]);
    let untrusted = judge(
        &[answered(
            vec![said("a", "l", 1, standing(Standing::Untrusted))],
            vec![],
        )],
        &settings,
        None,
        None,
    );
    assert_eq!(untrusted.verdict, Verdict::Untrusted);
    for later in [
        vec![],
        vec![failed()],
        vec![answered(vec![said("a", "l", 7, Claim::Signature)], vec![])],
    ] {
        let again = judge(&later, &settings, None, Some(&untrusted));
        assert_eq!(again.verdict, Verdict::Untrusted);
        assert_eq!(again.signer, Some(signer("a")));
        let third = judge(&later, &settings, None, Some(&again));
        assert_eq!(third.verdict, Verdict::Untrusted);
    }
    let cleared = judge(&[failed()], &trusting(&[]), None, Some(&untrusted));
    assert_eq!(cleared.verdict, Verdict::Unchecked);
}

#[test]
fn a_file_that_cannot_be_read_now_is_still_untrusted() {
    let settings = trusting(&["a"]);
    let statement = said("a", "l", 1, standing(Standing::Untrusted));
    let earlier = judge(&[answered(vec![statement], vec![])], &settings, None, None);
    let now = unread(
        Reason::FileMissing,
        &settings,
        &Place::default(),
        Some(&earlier.into()),
    );
    assert_eq!(now.verdict, Verdict::Untrusted);
    assert!(now.reasons.contains(&Reason::FileMissing));
    let again = unread(
        Reason::FileMissing,
        &settings,
        &Place::default(),
        Some(&now.clone().into()),
    );
    assert_eq!(again.verdict, Verdict::Untrusted);
    let trusts_nobody = unread(
        Reason::FileMissing,
        &Settings::default(),
        &Place::default(),
        Some(&now.into()),
    );
    assert_eq!(trusts_nobody.verdict, Verdict::Unchecked);
    let unknown_before = unread(Reason::FileMissing, &settings, &Place::default(), None);
    assert_eq!(unknown_before.verdict, Verdict::Unchecked);
}

/// The user trusts the key, and the certificate that came later gave it a name.
#[test]
fn untrusted_stays_where_the_signer_is_trusted_by_key() {
    let settings = trusting(&["k", "b"]);
    let statement = named("release@example.org", "k", 2, standing(Standing::Untrusted));
    let earlier = judge(&[answered(vec![statement], vec![])], &settings, None, None);
    assert_eq!(earlier.verdict, Verdict::Untrusted);
    let other = said("b", "l", 3, Claim::Signature);
    for later in [vec![], vec![failed()], vec![answered(vec![other], vec![])]] {
        let again = judge(&later, &settings, None, Some(&earlier));
        assert_eq!(again.verdict, Verdict::Untrusted);
        assert_eq!(again.signer, Some(signer("k")));
        let third = judge(&later, &settings, None, Some(&again));
        assert_eq!(third.verdict, Verdict::Untrusted);
        let cleared = judge(&later, &trusting(&["b"]), None, Some(&third));
        assert_ne!(cleared.verdict, Verdict::Untrusted);
    }
    let earlier = Judged::from(earlier);
    let place = Place::default();
    let now = unread(Reason::FileMissing, &settings, &place, Some(&earlier));
    assert_eq!(now.verdict, Verdict::Untrusted);
    // As it is stored.
    let stored = serde_json::to_string(&Judged::from(now)).unwrap();
    let stored: Judged = serde_json::from_str(&stored).unwrap();
    let now = unread(Reason::FileMissing, &settings, &place, Some(&stored));
    assert_eq!(now.verdict, Verdict::Untrusted);
}

/// A rule of the user's names the signer, and nothing else says that they are trusted.
#[test]
fn untrusted_stays_where_only_a_rule_names_the_signer() {
    let ruling = Ruling {
        pins: vec![vec![signer("a"), signer("b")]],
        ..Ruling::default()
    };
    let place = |ruling| Place {
        ruling,
        ..Place::default()
    };
    let settings = Settings::default();
    let of = |evidence: &[Evidence], ruling, earlier: Option<&Judged>| {
        super::super::judge(evidence, &settings, place(ruling), earlier)
    };
    let revoked = Withheld {
        attestation: said("a", "log", 1, Claim::Signature),
        doubt: LogDoubt::Revoked { since: 1 },
    };
    let signed = [answered(vec![said("b", "l", 2, Claim::Signature)], vec![])];
    for red in [warns("a"), offering(vec![], revoked).into()] {
        let earlier = of(&red, Some(&ruling), None);
        assert_eq!(earlier.verdict, Verdict::Untrusted);
        assert_eq!(earlier.signer, Some(signer("a")));
        let earlier = Some(Judged::from(earlier));
        for later in [&[][..], &[failed()], &signed] {
            let again = of(later, Some(&ruling), earlier.as_ref());
            assert_eq!(again.verdict, Verdict::Untrusted);
            let cleared = of(later, None, earlier.as_ref());
            assert_ne!(cleared.verdict, Verdict::Untrusted);
        }
        let missing = |ruling| {
            let place = place(ruling);
            unread(Reason::FileMissing, &settings, &place, earlier.as_ref()).verdict
        };
        assert_eq!(missing(Some(&ruling)), Verdict::Untrusted);
        assert_eq!(missing(None), Verdict::Unchecked);
    }
}

#[test]
fn nobody_who_warned_is_forgotten_because_another_warns() {
    let both = trusting(&["a", "b"]);
    let at_once: Vec<Evidence> = [warns("a"), warns("b")].concat();
    let at_once = judge(&at_once, &both, None, None);
    let first = judge(&warns("a"), &both, None, None);
    let one_by_one = judge(&warns("b"), &both, None, Some(&first));
    assert_eq!(one_by_one.signer, Some(signer("b")));
    for earlier in [at_once, one_by_one] {
        for left in ["a", "b"] {
            let later = judge(&[failed()], &trusting(&[left]), None, Some(&earlier));
            assert_eq!(later.verdict, Verdict::Untrusted, "{left}");
            assert_eq!(later.signer, Some(signer(left)));
            assert_eq!(later.warned_by, [signer(left)]);
        }
        let cleared = judge(&[failed()], &trusting(&[]), None, Some(&earlier));
        assert_eq!(cleared.verdict, Verdict::Unchecked);
        assert_eq!(cleared.warned_by, []);
    }
}

/// Judgements of before say by whom, and not by what they were trusted.
#[test]
fn what_was_stored_before_is_read_and_stays() {
    let mut stored = serde_json::to_value(Judged::from(judge(
        &warns("a"),
        &trusting(&["a"]),
        None,
        None,
    )))
    .unwrap();
    stored.as_object_mut().unwrap().remove("warned_by").unwrap();
    let earlier: Judged = serde_json::from_value(stored).unwrap();
    let later = |settings: &Settings| {
        super::super::judge(&[], settings, Place::default(), Some(&earlier)).verdict
    };
    assert_eq!(later(&trusting(&["a"])), Verdict::Untrusted);
    assert_eq!(later(&trusting(&["b"])), Verdict::Unknown);
}
