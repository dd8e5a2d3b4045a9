use super::*;
use crate::attestation::Certified;
use crate::evidence::{Change, Failure};
use crate::settings::Scope;
use crate::signer::RootId;

const URL: &str = "https://github.com/tool/tool/releases/download/v1/tool.zip";

fn own(id: &str, file: &str) -> Signer {
    Signer {
        root: RootId::sigstore(),
        identity: Identity::Workflow {
            issuer: "https://token.actions.githubusercontent.com".into(),
            repository: "https://github.com/tool/tool".into(),
            repository_id: Some(id.into()),
            workflow: file.into(),
        },
    }
}

fn key(fingerprint: &str) -> Signer {
    Signer {
        root: RootId::sigstore(),
        identity: Identity::Key {
            fingerprint: fingerprint.into(),
        },
    }
}

fn vouched(signer: Signer, declared: Option<&str>) -> Attestation {
    Attestation {
        signer,
        claim: Claim::Signature,
        logged: None,
        signed_at: None,
        certified: None::<Certified>,
        declared: declared.map(str::to_owned),
        bundle: String::new(),
    }
}

fn evidence(proven: Vec<Attestation>) -> Evidence {
    Evidence::of(
        "s",
        "s",
        Outcome::Answered {
            proven,
            rejected: Vec::new(),
            truncated: false,
            withheld: Vec::new(),
        },
    )
}

fn failed() -> Evidence {
    Evidence {
        outcome: Outcome::Failed {
            failure: Failure::Unreachable,
        },
        ..evidence(vec![])
    }
}

fn remembered() -> Project {
    let mut known = Project::default();
    known.note(&[own("1", "release.yml")], Some("zip"), 1.0);
    known
}

fn at_github(evidence: &[Evidence], settings: &Settings, project: Option<&Project>) -> Judgement {
    let publisher = Publisher::of(&[URL]);
    let place = Place {
        publisher: publisher.as_ref(),
        project,
        ending: Some("zip"),
        ..Place::default()
    };
    judge(evidence, settings, place, None)
}

#[test]
fn another_signer_than_is_remembered_is_a_change_until_the_user_decides() {
    let known = remembered();
    let mut settings = Settings::default();
    let judged = |id, file: &str, settings: &Settings| {
        let proven = evidence(vec![vouched(own(id, file), None)]);
        at_github(&[proven], settings, Some(&known))
    };
    for same in ["release.yml", "other.yml"] {
        assert_eq!(judged("1", same, &settings).verdict, Verdict::Authentic);
    }
    let changed = judged("2", "release.yml", &settings);
    assert_eq!(changed.verdict, Verdict::Changed);
    assert_eq!(changed.signer, Some(own("2", "release.yml")));
    let told = Reason::SignerChanged {
        signer: own("2", "release.yml"),
        before: own("1", "release.yml"),
        publisher: "github.com/tool/tool".into(),
    };
    assert_eq!(changed.reasons[0], told);
    assert!(
        !changed
            .reasons
            .iter()
            .any(|reason| matches!(reason, Reason::SignedByPublisher { .. }))
    );
    settings.trust(own("2", "release.yml"), Scope::Everywhere);
    assert_eq!(
        judged("2", "release.yml", &settings).verdict,
        Verdict::Verified
    );
    let mut accepting = known.clone();
    accepting.accept(&[own("2", "release.yml")]);
    let proven = evidence(vec![vouched(own("2", "release.yml"), None)]);
    let accepted = at_github(&[proven], &Settings::default(), Some(&accepting));
    assert_eq!(accepted.verdict, Verdict::Authentic);
}

#[test]
fn one_remembered_signer_among_several_is_enough() {
    let known = remembered();
    let both = vec![
        vouched(own("2", "release.yml"), None),
        vouched(own("1", "release.yml"), None),
    ];
    let judgement = at_github(&[evidence(both)], &Settings::default(), Some(&known));
    assert_eq!(judgement.verdict, Verdict::Authentic);
}

#[test]
fn a_signature_that_is_gone_is_a_change_and_an_outage_is_none() {
    let known = remembered();
    let settings = Settings::default();
    let stranger = || evidence(vec![vouched(key("x"), None)]);
    let refused = || {
        let mut evidence = evidence(vec![]);
        if let Outcome::Answered { rejected, .. } = &mut evidence.outcome {
            rejected.push(crate::proof::Check::Format.failed(""));
        }
        evidence
    };
    // Neither what strangers sign nor what is no proof makes up for it.
    for without in [evidence(vec![]), stranger(), refused()] {
        let judgement = at_github(std::slice::from_ref(&without), &settings, Some(&known));
        assert_eq!(judgement.verdict, Verdict::Changed);
        let told = Reason::SignatureGone {
            before: own("1", "release.yml"),
            publisher: "github.com/tool/tool".into(),
        };
        assert_eq!(judgement.reasons[0], told);
        let before = at_github(&[without], &settings, None);
        assert_ne!(before.verdict, Verdict::Changed);
    }
    let outage = at_github(&[failed()], &settings, Some(&known));
    assert_eq!(outage.verdict, Verdict::Unchecked);
    // Nor is anybody accused before it was looked for wherever one can be.
    let hurried = Evidence {
        hurried: true,
        ..evidence(vec![])
    };
    let judgement = at_github(&[hurried], &settings, Some(&known));
    assert_eq!(judgement.verdict, Verdict::Unknown);
    // Other kinds of files were never signed.
    let mut other = Project::default();
    other.note(&[own("1", "release.yml")], Some("gz"), 1.0);
    let judgement = at_github(&[evidence(vec![])], &settings, Some(&other));
    assert_eq!(judgement.verdict, Verdict::Unknown);
}

/// Whoever has the server can list a file that they swapped, and break what would show that its
/// signature is missing.
#[test]
fn a_list_is_no_stand_in_for_a_signature_that_could_not_be_looked_for() {
    let listed = || Evidence {
        published: Some(Published::Same),
        ..evidence(vec![])
    };
    let broken = || Evidence {
        missing: Some(Failure::Unreachable),
        ..listed()
    };
    let (known, settings) = (remembered(), Settings::default());
    for evidence in [vec![broken()], vec![listed(), failed()]] {
        let judgement = at_github(&evidence, &settings, Some(&known));
        assert_eq!(judgement.verdict, Verdict::Unchecked);
        // Of a project that never signed, a list is what there is.
        let judgement = at_github(&evidence, &settings, None);
        assert_eq!(judgement.verdict, Verdict::Intact);
    }
    let judgement = at_github(&[listed()], &settings, Some(&known));
    assert_eq!(judgement.verdict, Verdict::Changed);
    let signed = Evidence {
        missing: Some(Failure::Unreachable),
        ..evidence(vec![vouched(own("1", "release.yml"), None)])
    };
    let judgement = at_github(&[signed], &settings, Some(&known));
    assert_eq!(judgement.verdict, Verdict::Authentic);
}

#[test]
fn what_a_trusted_signer_vouches_for_is_no_change() {
    let known = remembered();
    let mut settings = Settings::default();
    settings.trust(key("x"), Scope::Everywhere);
    let proven = evidence(vec![vouched(key("x"), None)]);
    let judgement = at_github(&[proven], &settings, Some(&known));
    assert_eq!(judgement.verdict, Verdict::Verified);
}

fn at_site(evidence: &[Evidence], project: Option<&Project>) -> Judgement {
    let place = Place {
        site: Some("dl.example.org"),
        declared: Some("example.org/tool/*"),
        project,
        ending: Some("zip"),
        ..Place::default()
    };
    judge(evidence, &Settings::default(), place, None)
}

fn declaring(change: Option<Change>) -> Evidence {
    Evidence {
        declaration: Some(Declared {
            project: "example.org/tool/*".into(),
            change,
            is_remembered: false,
        }),
        ..evidence(vec![])
    }
}

#[test]
fn whom_a_site_declares_is_its_own_signer() {
    let project = "example.org/tool/*";
    let own = evidence(vec![vouched(key("1"), Some(project))]);
    let judgement = at_site(&[declaring(None), own.clone()], None);
    assert_eq!(judgement.verdict, Verdict::Authentic);
    let told = Reason::SignedByPublisher {
        signer: key("1"),
        publisher: "example.org".into(),
    };
    assert_eq!(judgement.reasons[0], told);
    // Another declaration, or none: whoever has the web server alone cannot do that.
    for change in [Change::Swapped, Change::Vanished] {
        let judgement = at_site(&[declaring(Some(change)), own.clone()], None);
        assert_eq!(judgement.verdict, Verdict::Changed);
        let site = "example.org".into();
        assert_eq!(
            judgement.reasons[0],
            Reason::DeclarationChanged { site, change }
        );
    }
    let mut known = Project::default();
    known.note(&[key("1")], Some("zip"), 1.0);
    let swapped = evidence(vec![vouched(key("2"), Some(project))]);
    let judgement = at_site(&[declaring(None), swapped.clone()], Some(&known));
    assert_eq!(judgement.verdict, Verdict::Changed);
    // Whom the remembered declaration names is nobody new, though another signed before.
    let mut remembered = declaring(None);
    let declared = remembered.declaration.as_mut().unwrap();
    declared.is_remembered = true;
    let judgement = at_site(&[remembered.clone(), swapped], Some(&known));
    assert_eq!(judgement.verdict, Verdict::Authentic);
    let strangers = evidence(vec![vouched(key("3"), None)]);
    let judgement = at_site(&[remembered, strangers], Some(&known));
    assert_eq!(judgement.verdict, Verdict::Changed);
    let judgement = at_site(&[declaring(None)], Some(&known));
    let told = Reason::SignatureGone {
        before: key("1"),
        publisher: "example.org".into(),
    };
    assert_eq!(judgement.reasons[0], told);
    assert_eq!(judgement.verdict, Verdict::Changed);
}

#[test]
fn what_one_site_declares_is_nothing_to_another() {
    // Declared by a site, while the file's project is another's.
    let proven = evidence(vec![vouched(key("1"), Some("evil.example/**"))]);
    let judgement = at_site(&[declaring(None), proven], None);
    assert_eq!(judgement.verdict, Verdict::Signed);
}
