use assay_core::attestation::{Attestation, Certified, Claim, Logged};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::judged::Judged;
use assay_core::lookalike::Oddity;
use assay_core::policy::Judgement;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Hold, Retry, Stage};
use assay_core::signer::{Identity, RootId, Signer, SubjectKind};
use assay_core::standing::Standing;
use assay_core::verdict::Verdict;

const MINUTE: f64 = 60_000.0;
const SITE: &str = "downloads.aurora.example";

/// A record of each verdict, in order of precedence and newest first, as the background would have
/// stored it: with reasons and evidence, and with names that are short, long or hostile. `now` is in
/// milliseconds since 1970.
pub fn each_verdict(now: f64) -> Vec<DownloadRecord> {
    let records = Verdict::ALL.into_iter().map(of);
    let mut records: Vec<DownloadRecord> = records.collect();
    for (place, record) in records.iter_mut().enumerate() {
        // Minutes, hours and days ago.
        record.completed_at = now - MINUTE * 3_f64.powi(place as i32);
        record.judged_at = Some(record.completed_at + 300.0);
    }
    records
}

/// What else a record can be: held up, kept, removed, in a private window, and tried again later.
pub fn each_standing(now: f64) -> Vec<DownloadRecord> {
    let mut records = Vec::new();
    for (name, hold) in [
        ("held-up.AppImage", Hold::Asking),
        ("kept.AppImage", Hold::Kept),
        ("removed.AppImage", Hold::Removed),
        ("replaced.AppImage", Hold::Replaced),
    ] {
        let mut record = of(Verdict::Unknown);
        record.id = format!("made/{name}");
        record.file_name = name.to_owned();
        record.hold = Some(hold);
        record.deleted = hold == Hold::Removed;
        records.push(record);
    }
    let mut private = of(Verdict::Verified);
    private.id = "made/private".into();
    private.file_name = "of-a-private-window.zip".into();
    private.incognito = true;
    records.push(private);
    let mut later = of(Verdict::Unchecked);
    later.id = "made/later".into();
    later.file_name = "tried-again-later.deb".into();
    later.retry = Some(Retry {
        attempts: 2,
        due_at: now + 12.0 * MINUTE,
    });
    records.push(later);
    for (place, record) in records.iter_mut().enumerate() {
        record.completed_at = now - MINUTE * (place as f64 + 1.0);
    }
    records
}

/// A record whose bytes are still being read.
pub fn unfinished(now: f64) -> DownloadRecord {
    let mut record = of(Verdict::Unknown);
    record.id = "made/unfinished".into();
    record.file_name = "aurora-sky-survey.img".into();
    record.size = 4_200_000_000;
    record.stage = Stage::Hashing;
    record.digest = None;
    record.judgement = None;
    record.evidence = Vec::new();
    record.completed_at = now;
    record
}

fn of(verdict: Verdict) -> DownloadRecord {
    let file_name = name_of(verdict);
    let mut record = DownloadRecord::brought(file_name.to_owned(), 48_213_994);
    let url = format!("https://{SITE}/releases/{}", verdict.word());
    record.id = format!("made/{}", verdict.word());
    record.browser_id = -1;
    record.path = format!("/nowhere/{file_name}");
    record.url = url.clone();
    record.final_url = url;
    record.site = Some(SITE.into());
    record.stage = Stage::Done;
    record.digest = Some(Sha256Digest::of(file_name.as_bytes()));
    let (reasons, evidence) = story(verdict);
    let signer = evidence
        .iter()
        .flat_map(Evidence::proven)
        .map(|proven| proven.signer.clone())
        .next();
    record.judgement = Some(Judged::from(Judgement {
        verdict,
        signer,
        reasons,
        warned_by: Vec::new(),
    }));
    record.evidence = evidence;
    if verdict == Verdict::Intact {
        let site = "objects.a-content-delivery-network-with-a-very-long-name.example.org";
        record.site = Some(site.into());
    }
    if verdict == Verdict::Unchecked {
        record.digest = None;
    }
    record
}

fn name_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Untrusted => "aurora-2.3.1.tar.gz",
        Verdict::Changed => "aurora-desktop-2.4.0-nightly.20261104-x86_64-unknown-linux-gnu.tar.xz",
        Verdict::Unsupported => "aurora-1.9.0.tar.gz",
        Verdict::Verified => "aurora-2.4.0.tar.gz",
        Verdict::Authentic => "Jahresbericht für die Geschäftsführung (endgültige Fassung 3).docx",
        Verdict::Mismatch => "writer-7.1.dmg",
        Verdict::Forged => "tools_4.2_amd64.deb",
        Verdict::Signed => "数据集-完整版本-二〇二六年十一月-第三部分.zip",
        Verdict::Intact => "linux-image.iso",
        Verdict::Unchecked => "invoice\u{202e}fdp.exe",
        Verdict::Unknown => {
            "<img src=x onerror=alert(1)>&amp;a-name-that-goes-on-and-on-without-any-space-in-it.pdf"
        }
    }
}

fn story(verdict: Verdict) -> (Vec<Reason>, Vec<Evidence>) {
    let notary =
        |proven| Evidence::proving("notary:https://notary.example", "notary.example", proven);
    let github = |proven| Evidence::proving("github", "GitHub", proven);
    let silent = || github(Vec::new());
    let publisher = || SITE.to_owned();
    match verdict {
        Verdict::Untrusted => (
            vec![
                Reason::DeclaredUntrusted {
                    signer: named(),
                    reason: Some("The build machine was broken into. Use 2.4.0.".into()),
                },
                Reason::SignedByTrusted { signer: named() },
            ],
            vec![
                notary(vec![
                    proven(named(), Claim::Signature),
                    proven(
                        named(),
                        Claim::Standing {
                            standing: Standing::Untrusted,
                            reason: Some("The build machine was broken into. Use 2.4.0.".into()),
                        },
                    ),
                ]),
                silent(),
            ],
        ),
        Verdict::Changed => (
            vec![Reason::SignerChanged {
                signer: workflow("aurora-mirror/aurora"),
                before: workflow("aurora/aurora"),
                publisher: "github.com/aurora/aurora".into(),
            }],
            vec![github(vec![proven(
                workflow("aurora-mirror/aurora"),
                Claim::Provenance {
                    predicate_type: "https://slsa.dev/provenance/v1".into(),
                },
            )])],
        ),
        Verdict::Unsupported => (
            vec![
                Reason::DeclaredUnsupported {
                    signer: named(),
                    reason: None,
                },
                Reason::SignedByTrusted { signer: named() },
            ],
            vec![notary(vec![proven(named(), Claim::Signature)])],
        ),
        Verdict::Verified => (
            vec![Reason::SignedByTrusted { signer: named() }],
            vec![notary(vec![proven(named(), Claim::Signature)]), silent()],
        ),
        Verdict::Authentic => (
            vec![Reason::SignedByPublisher {
                signer: workflow("aurora/aurora"),
                publisher: "github.com/aurora/aurora".into(),
            }],
            vec![github(vec![proven(
                workflow("aurora/aurora"),
                Claim::Provenance {
                    predicate_type: "https://slsa.dev/provenance/v1".into(),
                },
            )])],
        ),
        Verdict::Mismatch => {
            let digest = |of: &[u8]| FileDigest::Sha256(Sha256Digest::of(of));
            let (expected, found) = (digest(b"listed"), digest(b"found"));
            let mut evidence = Evidence::proving("beside", SITE, Vec::new());
            evidence.published = Some(Published::Other { expected, found });
            let reason = Reason::PublishedOther {
                publisher: publisher(),
                expected,
                found,
            };
            (vec![reason], vec![evidence])
        }
        Verdict::Forged => {
            let mut evidence = Evidence::proving("beside", SITE, Vec::new());
            evidence.forged = Some(minisign());
            let reason = Reason::SignatureForged {
                signer: minisign(),
                publisher: publisher(),
                list: None,
            };
            (vec![reason], vec![evidence])
        }
        Verdict::Signed => {
            let stranger = look_alike();
            (
                vec![
                    Reason::SignedByStranger {
                        signer: stranger.clone(),
                    },
                    Reason::LooksLikeAnother {
                        signer: stranger.clone(),
                        text: None,
                        oddity: Oddity::Imitation {
                            word: "аurоrа".into(),
                            script: "Cyrillic".into(),
                        },
                    },
                ],
                vec![notary(vec![proven(stranger, Claim::Signature)])],
            )
        }
        Verdict::Intact => {
            let mut evidence = Evidence::proving("beside", SITE, Vec::new());
            evidence.published = Some(Published::Same);
            let reason = Reason::Published {
                publisher: publisher(),
                is_signed: false,
            };
            (vec![reason], vec![evidence])
        }
        Verdict::Unchecked => {
            let failure = Failure::TimedOut { seconds: 10 };
            let failed = Outcome::Failed {
                failure: failure.clone(),
            };
            (
                vec![
                    Reason::FileMissing,
                    Reason::SourceFailed {
                        source: "notary.example".into(),
                        failure,
                    },
                ],
                vec![Evidence::of(
                    "notary:https://notary.example",
                    "notary.example",
                    failed,
                )],
            )
        }
        Verdict::Unknown => (
            vec![Reason::NobodyKnows { sources: 2 }],
            vec![notary(Vec::new()), silent()],
        ),
    }
}

fn proven(signer: Signer, claim: Claim) -> Attestation {
    Attestation {
        signer,
        claim,
        logged: Some(Logged {
            log_id: "6a".repeat(32),
            origin: "notary.example/log".into(),
            index: 48_213,
            integrated_time: Some(1_790_000_000),
            checkpoint: None,
        }),
        signed_at: Some(1_790_000_000),
        certified: Some(Certified {
            issuer: "https://notary.example".into(),
            subject: "release@aurora.example".into(),
            key: format!("SHA256:{}", "k3J".repeat(14)),
            source_ref: Some("refs/tags/v2.4.0".into()),
            source_digest: None,
            runner: None,
            run: None,
        }),
        declared: None,
        bundle: "{}".into(),
    }
}

/// Somebody whom a notary names.
fn named() -> Signer {
    called("release@aurora.example")
}

/// Somebody who looks like them.
fn look_alike() -> Signer {
    called("release@аurоrа.example")
}

fn called(subject: &str) -> Signer {
    Signer {
        root: RootId::notary(&"6a".repeat(32)),
        identity: Identity::Named {
            issuer: "https://notary.example".into(),
            subject_kind: SubjectKind::Email,
            subject: subject.into(),
        },
    }
}

fn workflow(repository: &str) -> Signer {
    Signer {
        root: RootId::sigstore(),
        identity: Identity::Workflow {
            issuer: "https://token.actions.githubusercontent.com".into(),
            repository: format!("https://github.com/{repository}"),
            repository_id: Some("4711".into()),
            workflow: ".github/workflows/release.yml".into(),
        },
    }
}

fn minisign() -> Signer {
    Signer {
        root: RootId::minisign(),
        identity: Identity::Key {
            fingerprint: "8B16B8F1B1A7D3C2".into(),
        },
    }
}

/// Signers of all kinds, for lists of those who are trusted.
pub fn each_signer() -> Vec<Signer> {
    let key = Identity::Key {
        fingerprint: format!("SHA256:{}", "k3J".repeat(14)),
    };
    vec![
        named(),
        workflow("aurora/aurora"),
        Signer {
            root: RootId::github(),
            identity: Identity::Release {
                repository: "https://github.com/an-organisation-with-a-long-name/and-a-repository-with-another".into(),
                repository_id: None,
            },
        },
        minisign(),
        Signer {
            root: RootId::sigstore(),
            identity: key,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_verdict_has_a_record_that_says_why() {
        let records = each_verdict(1_790_000_000_000.0);
        let verdicts: Vec<_> = records.iter().filter_map(DownloadRecord::verdict).collect();
        assert_eq!(verdicts, Verdict::ALL);
        for record in &records {
            let judged = record.judgement.as_ref().expect("a judgement");
            assert!(!judged.reasons.is_empty(), "{}", record.file_name);
        }
    }
}
