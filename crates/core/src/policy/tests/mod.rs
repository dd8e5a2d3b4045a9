//! Judging.

mod publishers;
mod shortcomings;
mod standing;
mod sticky;

use super::*;
use crate::attestation::{Certified, Logged};
use crate::digest::Sha256Digest;
use crate::evidence::{Failure, LogDoubt, Withheld};
use crate::file_digest::FileDigest;
use crate::proof::{Check, ProofError};
use crate::root_store::StaleRoot;
use crate::settings::{Notary, Scope};
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
    assert_eq!(told.len(), 1 + others.len());
    assert_eq!(told[1..], others.map(Some));
    assert_eq!(judged.verdict, Verdict::Signed);
}
