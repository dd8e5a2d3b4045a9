use super::*;
use crate::attestation::{Certified, Logged};
use crate::digest::Sha256Digest;
use crate::evidence::{Failure, LogDoubt, Withheld};
use crate::file_digest::FileDigest;
use crate::proof::{Check, ProofError};
use crate::root_store::StaleRoot;
use crate::settings::Scope;
use crate::signer::{Identity, RootId, SubjectKind};

fn judge(
    evidence: &[Evidence],
    settings: &Settings,
    site: Option<&str>,
    earlier: Option<&Judgement>,
) -> Judgement {
    let place = Place {
        site,
        ..Place::default()
    };
    let earlier = earlier.cloned().map(Judged::from);
    super::judge(evidence, settings, place, earlier.as_ref())
}

fn signer(name: &str) -> Signer {
    Signer {
        root: RootId::notary("aa"),
        identity: Identity::Key {
            fingerprint: name.into(),
        },
    }
}

fn said(name: &str, log: &str, index: u64, claim: Claim) -> Attestation {
    Attestation {
        signer: signer(name),
        claim,
        logged: Some(Logged {
            log_id: log.into(),
            origin: log.into(),
            index,
            integrated_time: None,
            checkpoint: None,
        }),
        signed_at: None,
        certified: None,
        declared: None,
        bundle: String::new(),
    }
}

fn standing(standing: Standing) -> Claim {
    Claim::Standing {
        standing,
        reason: None,
    }
}

fn answered(proven: Vec<Attestation>, rejected: Vec<ProofError>) -> Evidence {
    Evidence::of(
        "n",
        "n",
        Outcome::Answered {
            proven,
            rejected,
            truncated: false,
            withheld: vec![],
        },
    )
}

fn failed() -> Evidence {
    Evidence::of(
        "m",
        "m",
        Outcome::Failed {
            failure: Failure::Unreachable,
        },
    )
}

fn refused() -> ProofError {
    Check::ThisFile.failed("")
}

fn trusting(names: &[&str]) -> Settings {
    let mut settings = Settings::default();
    for name in names {
        settings.trust(signer(name), Scope::Everywhere);
    }
    settings
}

fn verdict(evidence: &[Evidence], settings: &Settings) -> Verdict {
    judge(evidence, settings, None, None).verdict
}

#[test]
fn a_file_that_nobody_knows_is_unknown_and_no_more() {
    let judgement = judge(&[answered(vec![], vec![])], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert_eq!(judgement.reasons, [Reason::NobodyKnows { sources: 1 }]);
    let alone = judge(&[], &trusting(&["a"]), None, None);
    assert_eq!(alone.reasons, [Reason::NoSources]);
}

#[test]
fn only_a_trusted_signer_makes_a_file_verified() {
    let evidence = [answered(vec![said("a", "l", 1, Claim::Signature)], vec![])];
    assert_eq!(verdict(&evidence, &trusting(&["a"])), Verdict::Verified);
    assert_eq!(verdict(&evidence, &trusting(&["b"])), Verdict::Signed);
    assert_eq!(verdict(&evidence, &trusting(&[])), Verdict::Signed);
}

#[test]
fn what_strangers_say_makes_nothing_red_and_nothing_green() {
    let warned = [answered(
        vec![
            said("a", "l", 1, Claim::Signature),
            said("x", "l", 2, standing(Standing::Untrusted)),
            said("y", "l", 3, standing(Standing::Unsupported)),
        ],
        vec![],
    )];
    assert_eq!(verdict(&warned, &trusting(&["a"])), Verdict::Verified);
    let only_warned = [answered(
        vec![said("x", "l", 2, standing(Standing::Untrusted))],
        vec![],
    )];
    let judgement = judge(&only_warned, &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert!(judgement.reasons.contains(&Reason::StrangerWarns {
        signer: signer("x")
    }));
}

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

/// A statement under a certified name, made with the key `key`.
fn named(name: &str, key: &str, index: u64, claim: Claim) -> Attestation {
    let mut attestation = said(key, "l", index, claim);
    attestation.signer.identity = Identity::Named {
        issuer: "https://n.example".into(),
        subject_kind: SubjectKind::Email,
        subject: name.into(),
    };
    attestation.certified = Some(Certified {
        issuer: "https://n.example".into(),
        subject: name.into(),
        key: key.into(),
        source_ref: None,
        source_digest: None,
        runner: None,
        run: None,
    });
    attestation
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

#[test]
fn a_file_that_cannot_be_read_now_is_still_untrusted() {
    let settings = trusting(&["a"]);
    let statement = said("a", "l", 1, standing(Standing::Untrusted));
    let earlier = judge(&[answered(vec![statement], vec![])], &settings, None, None);
    let now = unread(Reason::FileMissing, &settings, None, Some(&earlier.into()));
    assert_eq!(now.verdict, Verdict::Untrusted);
    assert!(now.reasons.contains(&Reason::FileMissing));
    let again = unread(
        Reason::FileMissing,
        &settings,
        None,
        Some(&now.clone().into()),
    );
    assert_eq!(again.verdict, Verdict::Untrusted);
    let trusts_nobody = unread(
        Reason::FileMissing,
        &Settings::default(),
        None,
        Some(&now.into()),
    );
    assert_eq!(trusts_nobody.verdict, Verdict::Unchecked);
    let unknown_before = unread(Reason::FileMissing, &settings, None, None);
    assert_eq!(unknown_before.verdict, Verdict::Unchecked);
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
    evidence.note_stale(&[stale(root.clone()), stale(RootId::github())]);
    let judgement = judge(&[evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Verified);
    assert!(told(&judgement, &root));
    assert!(!told(&judgement, &RootId::github()), "it had no part");
}

#[test]
fn what_a_stale_root_cannot_prove_is_unchecked_and_never_red() {
    let mut evidence = answered(vec![], vec![refused()]);
    evidence.note_stale(&[stale(RootId::github())]);
    let judgement = judge(&[evidence.clone(), evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unchecked);
    let stale = judgement.reasons.iter();
    let stale = stale.filter(|reason| matches!(reason, Reason::StaleRoot { .. }));
    assert_eq!(stale.count(), 1, "it is told once");
}

#[test]
fn a_stale_root_that_had_no_part_is_not_told() {
    for mut evidence in [answered(vec![], vec![]), failed()] {
        evidence.note_stale(&[stale(RootId::github())]);
        let judgement = judge(&[evidence], &trusting(&["a"]), None, None);
        assert!(!told(&judgement, &RootId::github()));
    }
}

#[test]
fn what_merely_informs_under_a_stale_root_stays_unknown() {
    let other = Claim::Other {
        predicate_type: "scan".into(),
    };
    let mut evidence = answered(vec![said("a", "l", 1, other)], vec![]);
    evidence.note_stale(&[stale(RootId::notary("aa"))]);
    let judgement = judge(&[evidence], &trusting(&["a"]), None, None);
    assert_eq!(judgement.verdict, Verdict::Unknown);
    assert!(told(&judgement, &RootId::notary("aa")));
}

fn release_of(repository: &str) -> Signer {
    Signer {
        root: RootId::github(),
        identity: Identity::Release {
            repository: format!("https://github.com/{repository}"),
            repository_id: None,
        },
    }
}

/// The judgement about a file of a release of `tool/tool`, for which somebody vouches.
fn at_github(signer: Signer, claim: Claim, settings: &Settings) -> Judgement {
    let publisher = Publisher::of(&["https://github.com/tool/tool/releases/download/v1/tool"]);
    let place = Place {
        site: Some("github.com"),
        publisher: publisher.as_ref(),
        ..Place::default()
    };
    let attestation = Attestation {
        signer,
        logged: None,
        ..said("x", "l", 1, claim)
    };
    super::judge(
        &[answered(vec![attestation], vec![])],
        settings,
        place,
        None,
    )
}

#[test]
fn the_publishers_own_signature_is_authentic_until_the_user_decides() {
    let own = release_of("tool/tool");
    let provenance = || Claim::Provenance {
        predicate_type: "p".into(),
    };
    let judgement = at_github(own.clone(), provenance(), &Settings::default());
    assert_eq!(judgement.verdict, Verdict::Authentic);
    assert_eq!(judgement.signer, Some(own.clone()));
    let reason = Reason::SignedByPublisher {
        signer: own.clone(),
        publisher: "github.com/tool/tool".into(),
    };
    assert_eq!(judgement.reasons, [reason]);

    let mut trusting = Settings::default();
    trusting.trust(own.clone(), Scope::Everywhere);
    let judgement = at_github(own.clone(), provenance(), &trusting);
    assert_eq!(judgement.verdict, Verdict::Verified);

    let fork = at_github(release_of("evil/tool"), provenance(), &Settings::default());
    assert_eq!(fork.verdict, Verdict::Signed);
    // What the publisher merely reports vouches for nothing, and its warning is not the user's.
    let report = Claim::Other {
        predicate_type: "p".into(),
    };
    let report = at_github(own.clone(), report, &Settings::default());
    assert_eq!(report.verdict, Verdict::Unknown);
    let warning = at_github(own, standing(Standing::Untrusted), &Settings::default());
    assert_eq!(warning.verdict, Verdict::Unknown);
}

#[test]
fn a_published_digest_is_less_than_a_proof_and_more_than_nothing() {
    let listed = |published: Published| Evidence {
        published: Some(published),
        ..answered(vec![], vec![])
    };
    let other = || Published::Other {
        expected: FileDigest::Sha256(Sha256Digest::of(b"expected")),
        found: FileDigest::Sha256(Sha256Digest::of(b"found")),
    };
    let nobody = trusting(&[]);
    let of = |evidence: &[Evidence], settings: &Settings| judge(evidence, settings, None, None);
    assert_eq!(
        of(&[listed(Published::Same)], &nobody).verdict,
        Verdict::Intact
    );
    assert_eq!(of(&[listed(other())], &nobody).verdict, Verdict::Mismatch);
    // An outage elsewhere does not take it back, and does not stay unsaid.
    let beside = of(&[failed(), listed(Published::Same)], &nobody);
    assert_eq!(beside.verdict, Verdict::Intact);
    assert_eq!(beside.reasons.len(), 2);

    let signed = || answered(vec![said("a", "l", 1, Claim::Signature)], vec![]);
    let both =
        |published, settings: &Settings| of(&[signed(), listed(published)], settings).verdict;
    assert_eq!(both(Published::Same, &nobody), Verdict::Signed);
    assert_eq!(both(other(), &nobody), Verdict::Mismatch);
    assert_eq!(both(other(), &trusting(&["a"])), Verdict::Verified);
}

#[test]
fn whatever_is_told_of_who_signed_is_looked_at_closely() {
    let mut said = said("", "log", 0, Claim::Signature);
    said.signer.identity = Identity::Workflow {
        issuer: "https://tok\u{435}n.example".into(),
        repository: "https://github.com/cl\u{456}/cli".into(),
        repository_id: None,
        workflow: ".github/workflows/\u{200b}release.yml".into(),
    };
    said.certified = Some(Certified {
        issuer: String::new(),
        subject: String::new(),
        key: String::new(),
        source_ref: Some("refs/tags/\u{202e}v1".into()),
        source_digest: None,
        runner: None,
        run: None,
    });
    // Whoever says it twice is told of once.
    let evidence = [answered(vec![said.clone(), said], vec![])];
    let judged = judge(&evidence, &Settings::default(), None, None);
    let told: Vec<Option<&str>> = judged
        .reasons
        .iter()
        .filter_map(|reason| match reason {
            Reason::LooksLikeAnother { text, .. } => Some(text.as_deref()),
            _ => None,
        })
        .collect();
    let others = [
        ".github/workflows/\u{200b}release.yml",
        "https://tok\u{435}n.example",
        "refs/tags/\u{202e}v1",
    ];
    assert_eq!(told[0], None);
    assert_eq!(told[1..], others.map(Some));
    assert_eq!(judged.verdict, Verdict::Signed);
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
    let offering = |proven: Vec<Attestation>, one: Withheld| {
        let mut evidence = answered(proven, vec![]);
        if let Outcome::Answered { withheld, .. } = &mut evidence.outcome {
            withheld.push(one);
        }
        [evidence]
    };
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
