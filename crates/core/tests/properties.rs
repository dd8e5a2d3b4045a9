//! What holds of rules and of continuity whatever comes: rules of any hosts in any order, evidence of
//! any sources in any order, outages in between.

use assay_core::attestation::{Attestation, Certified, Claim};
use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::judged::Judged;
use assay_core::policy::{Place, judge};
use assay_core::project::Project;
use assay_core::publisher::Publisher;
use assay_core::settings::{Scope, Settings};
use assay_core::signer::{Identity, RootId, Signer};
use assay_core::site_rule::{Demand, Mode, Ruling, SiteRule};
use assay_core::standing::Standing;
use assay_core::verdict::Verdict;
use proptest::prelude::*;

const URL: &str = "https://github.com/tool/tool/releases/download/v1/tool.zip";

fn key(number: u8) -> Signer {
    Signer {
        root: RootId::sigstore(),
        identity: Identity::Key {
            fingerprint: format!("SHA256:{number}"),
        },
    }
}

/// A workflow of the project's own repository, or of another one with its name.
fn own(id: u8) -> Signer {
    Signer {
        root: RootId::sigstore(),
        identity: Identity::Workflow {
            issuer: "https://token.actions.githubusercontent.com".into(),
            repository: "https://github.com/tool/tool".into(),
            repository_id: Some(id.to_string()),
            workflow: "release.yml".into(),
        },
    }
}

fn any_signer() -> impl Strategy<Value = Signer> {
    prop_oneof![(0..3u8).prop_map(key), (0..2u8).prop_map(own)]
}

fn any_claim() -> impl Strategy<Value = Claim> {
    let standing = |standing| Claim::Standing {
        standing,
        reason: None,
    };
    prop_oneof![
        Just(Claim::Signature),
        Just(standing(Standing::Trusted)),
        Just(standing(Standing::Untrusted)),
        Just(standing(Standing::Unsupported)),
        Just(Claim::Other {
            predicate_type: "https://example.org/scan".into()
        }),
    ]
}

fn any_attestation() -> impl Strategy<Value = Attestation> {
    (any_signer(), any_claim()).prop_map(|(signer, claim)| Attestation {
        certified: match &signer.identity {
            // Each of the workflows has one of the keys.
            Identity::Workflow { repository_id, .. } => Some(Certified {
                issuer: String::new(),
                subject: String::new(),
                key: format!("SHA256:{}", repository_id.as_deref().unwrap_or_default()),
                source_ref: None,
                source_digest: None,
                runner: None,
                run: None,
            }),
            _ => None,
        },
        signer,
        claim,
        logged: None,
        signed_at: None,
        declared: None,
        bundle: String::new(),
    })
}

/// What one source has: proofs, an outage, or a signature that is none.
fn any_evidence(source: &'static str) -> impl Strategy<Value = Evidence> {
    let answered = (
        prop::collection::vec(any_attestation(), 0..3),
        any::<bool>(),
    );
    prop_oneof![
        4 => answered.prop_map(move |(proven, truncated)| Evidence::of(
            source,
            source,
            Outcome::Answered {
                proven,
                rejected: Vec::new(),
                truncated,
                withheld: Vec::new(),
            },
        )),
        1 => Just(Evidence::of(
            source,
            source,
            Outcome::Failed {
                failure: Failure::Unreachable,
            },
        )),
        1 => any_signer().prop_map(move |signer| Evidence {
            forged: Some(signer),
            ..Evidence::of(
                source,
                source,
                Outcome::Answered {
                    proven: Vec::new(),
                    rejected: Vec::new(),
                    truncated: false,
                    withheld: Vec::new(),
                },
            )
        }),
    ]
}

fn any_answers() -> impl Strategy<Value = Vec<Evidence>> {
    (
        any_evidence("github"),
        any_evidence("https://notary.example"),
        any_evidence("https://log.example"),
    )
        .prop_map(|(one, two, three)| vec![one, two, three])
}

fn any_settings() -> impl Strategy<Value = Settings> {
    prop::collection::vec(any_signer(), 0..3).prop_map(|signers| {
        let mut settings = Settings::default();
        for signer in signers {
            settings.trust(signer, Scope::Everywhere);
        }
        settings
    })
}

fn any_pins() -> impl Strategy<Value = Vec<Vec<Signer>>> {
    prop::collection::vec(prop::collection::vec(any_signer(), 1..3), 0..2)
}

/// Whether a file can be verified by this signer's word.
fn may_vouch(signer: &Signer, settings: &Settings, ruling: &Ruling) -> bool {
    match ruling.pins.is_empty() {
        true => settings.trusts(signer, Some("github.com")),
        false => ruling.names(signer),
    }
}

fn any_demand() -> impl Strategy<Value = Demand> {
    let mode = prop::sample::select(Mode::ALL.to_vec());
    (mode, any::<bool>(), any::<bool>()).prop_map(|(mode, accept_authentic, remove)| Demand {
        mode,
        accept_authentic,
        remove,
    })
}

const HOSTS: [&str; 5] = [
    "example.org",
    "dl.example.org",
    "a.dl.example.org",
    "other.example",
    "example",
];

fn any_rules() -> impl Strategy<Value = Vec<SiteRule>> {
    let signers = prop::collection::vec((0..3u8).prop_map(key), 0..2);
    let rule = (
        prop::sample::select(HOSTS.to_vec()),
        any::<bool>(),
        any_demand(),
        signers,
    )
        .prop_map(|(host, below, demand, signers)| SiteRule {
            host: host.into(),
            below,
            demand,
            signers,
        });
    prop::collection::vec(rule, 0..5).prop_map(|rules| {
        let mut settings = Settings::default();
        rules.into_iter().for_each(|rule| settings.set_rule(rule));
        settings.rules
    })
}

fn any_hosts() -> impl Strategy<Value = Vec<String>> {
    let host = prop::sample::select(HOSTS.to_vec()).prop_map(str::to_owned);
    prop::collection::vec(host, 0..4)
}

/// As good a verdict as can be without a question under this demand.
fn accepted(demand: &Demand) -> Vec<Verdict> {
    let all = [
        Verdict::Verified,
        Verdict::Authentic,
        Verdict::Signed,
        Verdict::Intact,
        Verdict::Unknown,
        Verdict::Unchecked,
        Verdict::Changed,
        Verdict::Untrusted,
    ];
    all.into_iter()
        .filter(|verdict| demand.is_met_by(*verdict))
        .collect()
}

fn place<'a>(
    publisher: &'a Publisher,
    project: Option<&'a Project>,
    ruling: &'a Ruling,
) -> Place<'a> {
    Place {
        site: Some("github.com"),
        publisher: Some(publisher),
        project,
        ending: Some("zip"),
        ruling: Some(ruling),
        ..Place::default()
    }
}

fn vouches(evidence: &[Evidence], is: impl Fn(&Signer) -> bool) -> bool {
    let mut proven = evidence.iter().flat_map(Evidence::proven);
    proven.any(|one| one.claim.vouches() && one.identities().iter().any(&is))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Each host's own rule is satisfied by what all of them make together.
    #[test]
    fn no_rule_makes_laxer_what_a_stricter_one_demands(
        rules in any_rules(),
        managed in any_rules(),
        everywhere in any_demand(),
        least in prop::option::of(any_demand()),
        hosts in any_hosts(),
    ) {
        let mut settings = Settings { rules, everywhere, ..Settings::default() };
        settings.managed.rules = managed;
        settings.managed.everywhere = least;
        let ruling = settings.ruling(&hosts);
        let accepted_now = accepted(&ruling.demand);
        for rules in [&settings.rules, &settings.managed.rules] {
            for host in &hosts {
                let Some(rule) = SiteRule::most_specific(rules, host) else { continue };
                prop_assert!(ruling.demand.mode >= rule.demand.mode);
                let own = accepted(&rule.demand);
                prop_assert!(accepted_now.iter().all(|verdict| own.contains(verdict)));
                for number in 0..3 {
                    let is_excluded = !rule.signers.is_empty() && !rule.signers.contains(&key(number));
                    prop_assert!(!is_excluded || ruling.excludes(&key(number)));
                }
            }
        }
        // Where the administrator has a rule for a site, it is theirs to be laxer there.
        let has_own = |host| SiteRule::most_specific(&settings.managed.rules, host).is_some();
        if let Some(least) = least.filter(|_| !hosts.iter().any(|host| has_own(host))) {
            prop_assert!(ruling.demand.mode >= least.mode);
        }
        // In which order the hosts come makes no difference to what is demanded.
        let reversed: Vec<String> = hosts.iter().rev().cloned().collect();
        prop_assert_eq!(settings.ruling(&reversed).demand, ruling.demand);
    }

    /// A further host never loosens what the others' rules demand.
    #[test]
    fn a_further_host_with_a_rule_never_loosens(
        rules in any_rules(),
        hosts in any_hosts(),
        more in prop::sample::select(HOSTS.to_vec()),
    ) {
        let settings = Settings { rules, ..Settings::default() };
        let before = settings.ruling(&hosts);
        let mut all = hosts;
        all.push(more.to_owned());
        let after = settings.ruling(&all);
        if before.from.is_some() {
            let earlier = accepted(&before.demand);
            prop_assert!(accepted(&after.demand).iter().all(|one| earlier.contains(one)));
        }
        for number in 0..3 {
            prop_assert!(!before.excludes(&key(number)) || after.excludes(&key(number)));
        }
    }

    /// Green needs a signer whom the user chose, who vouches now; and whoever chose nobody for a site
    /// where others are named gets none from those.
    #[test]
    fn verified_needs_somebody_trusted_who_vouches(
        answers in any_answers(),
        settings in any_settings(),
        pins in any_pins(),
        remembered in prop::option::of(0..2u8),
    ) {
        let publisher = Publisher::of(&[URL]).unwrap();
        let ruling = Ruling { pins, ..Ruling::default() };
        let project = remembered.map(|id| {
            let mut project = Project::default();
            project.note(&[own(id)], Some("zip"), 1.0);
            project
        });
        let judgement = judge(&answers, &settings, place(&publisher, project.as_ref(), &ruling), None);
        if judgement.verdict == Verdict::Verified {
            prop_assert!(vouches(&answers, |signer| may_vouch(signer, &settings, &ruling)));
        }
    }

    /// A stranger's word, whatever it is and wherever it comes, turns nothing green; and an outage
    /// does not either.
    #[test]
    fn no_order_of_events_turns_a_warning_green_without_the_user(
        rounds in prop::collection::vec(any_answers(), 1..5),
        settings in any_settings(),
        pins in any_pins(),
        remembered in prop::option::of(0..2u8),
    ) {
        let publisher = Publisher::of(&[URL]).unwrap();
        let ruling = Ruling { pins, ..Ruling::default() };
        let project = remembered.map(|id| {
            let mut project = Project::default();
            project.note(&[own(id)], Some("zip"), 1.0);
            project
        });
        let place = || place(&publisher, project.as_ref(), &ruling);
        let mut earlier: Option<Judged> = None;
        let mut was_untrusted = false;
        for answers in rounds {
            let judged = Judged::from(judge(&answers, &settings, place(), earlier.as_ref()));
            // Who was trusted and warned is listened to until the user decides otherwise.
            prop_assert!(!was_untrusted || judged.verdict == Verdict::Untrusted);
            was_untrusted |= judged.verdict == Verdict::Untrusted;
            if judged.verdict == Verdict::Verified {
                prop_assert!(vouches(&answers, |signer| may_vouch(signer, &settings, &ruling)));
            }
            // In which order the sources answered makes no difference.
            let mut reversed = answers.clone();
            reversed.reverse();
            let other = judge(&reversed, &settings, place(), earlier.as_ref());
            prop_assert_eq!(other.verdict, judged.verdict);
            earlier = Some(judged);
        }
    }
}
