//! What comes from a file's own publisher.

use super::*;

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
    crate::policy::judge(
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
