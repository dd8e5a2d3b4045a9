//! Reasons of each kind, for tests of the words that tell them.

use super::Reason;
use crate::evidence::{Change, Failure};
use crate::file_digest::FileDigest;
use crate::lookalike::Oddity;
use crate::proof::Check;
use crate::root_store::StaleRoot;
use crate::signer::{Identity, RootId, Signer};

impl Reason {
    /// One of each kind, for tests of the words in every language.
    pub fn samples() -> Vec<Self> {
        let signer = || Signer {
            root: RootId::notary("00"),
            identity: Identity::Key {
                fingerprint: "SHA256:x".into(),
            },
        };
        let words = || Some("words".to_owned());
        let detail = || "detail".to_owned();
        let looks = |oddity| Self::LooksLikeAnother {
            signer: signer(),
            text: None,
            oddity,
        };
        let refused = |problem| Self::ProofRefused {
            source: "source".into(),
            problem,
        };
        let stale = |expired_at| Self::StaleRoot {
            stale: StaleRoot {
                root: RootId::sigstore(),
                refreshed_at: 0,
                expired_at,
            },
        };
        let mut samples = vec![
            Self::SignedByTrusted { signer: signer() },
            Self::SignedByStranger { signer: signer() },
            Self::NotNamed { signer: signer() },
            Self::TurnedOff {
                site: Some("site".into()),
            },
            Self::TurnedOff { site: None },
            Self::SignedByPublisher {
                signer: signer(),
                publisher: "publisher".into(),
            },
            Self::SignerChanged {
                signer: signer(),
                before: signer(),
                publisher: "publisher".into(),
            },
            Self::SignatureGone {
                before: signer(),
                publisher: "publisher".into(),
            },
            Self::SignatureForged {
                signer: signer(),
                publisher: "publisher".into(),
                list: None,
            },
            Self::SignatureForged {
                signer: signer(),
                publisher: "publisher".into(),
                list: Some("list".into()),
            },
            Self::DeclarationChanged {
                site: "site".into(),
                change: Change::Swapped,
            },
            Self::DeclarationChanged {
                site: "site".into(),
                change: Change::Vanished,
            },
            Self::Published {
                publisher: "publisher".into(),
                is_signed: false,
            },
            Self::Published {
                publisher: "publisher".into(),
                is_signed: true,
            },
            Self::PublishedOther {
                publisher: "publisher".into(),
                expected: FileDigest::Sha512(crate::artifact::Sha512Digest::of(b"expected")),
                found: FileDigest::Sha512(crate::artifact::Sha512Digest::of(b"found")),
            },
            Self::DeclaredUntrusted {
                signer: signer(),
                reason: words(),
            },
            Self::DeclaredUntrusted {
                signer: signer(),
                reason: None,
            },
            Self::StillUntrusted { signer: signer() },
            Self::DeclaredUnsupported {
                signer: signer(),
                reason: words(),
            },
            Self::DeclaredUnsupported {
                signer: signer(),
                reason: None,
            },
            Self::StrangerWarns { signer: signer() },
            Self::Informs {
                signer: signer(),
                predicate_type: "type".into(),
            },
            Self::NobodyKnows { sources: 1 },
            Self::NoSources,
            Self::LogMemoryFailed {
                source: "source".into(),
                detail: detail(),
            },
            Self::LogContradicted {
                source: "source".into(),
                log: "log".into(),
            },
            Self::KeyRevoked {
                source: "source".into(),
                signer: signer(),
                since: 0,
            },
            Self::AnswerTruncated {
                source: "source".into(),
            },
            looks(Oddity::MixedScripts { scripts: vec![] }),
            looks(Oddity::Hidden { characters: vec![] }),
            looks(Oddity::Encoded {
                label: detail(),
                meaning: detail(),
            }),
            stale(None),
            stale(Some(0)),
            Self::NoFileAccess,
            Self::BrowserReadsNoFiles,
            Self::FileMissing,
            Self::FileChanged,
            Self::CutOff,
            Self::FileUnreadable { detail: detail() },
        ];
        for failure in [
            Failure::Unreachable,
            Failure::TimedOut { seconds: 10 },
            Failure::TooLarge { limit: 1 << 20 },
            Failure::Status { status: 500 },
            Failure::Page,
            Failure::RateLimited { seconds: 61 },
            Failure::Malformed { detail: detail() },
            Failure::TrustRoot { detail: detail() },
            Failure::Memory { detail: detail() },
        ] {
            samples.push(Self::LogUnchecked {
                source: "source".into(),
                log: "log".into(),
                failure: failure.clone(),
            });
            samples.push(Self::SourceFailed {
                source: "source".into(),
                failure,
            });
        }
        samples.extend(Check::ALL.map(|check| refused(check.failed("detail"))));
        samples
    }
}
