//! Why a verdict is what it is: typed values, each with a sentence for people.

mod samples;

use crate::evidence::{Change, Failure, LogDoubt, Withheld};
use crate::file_digest::FileDigest;
use crate::lookalike::Oddity;
use crate::proof::ProofError;
use crate::root_store::{StaleRoot, day};
use crate::signer::Signer;
use crate::words::Message;

/// One reason for a verdict. The first reason of a judgement is the one that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A trusted signer vouches for the file.
    SignedByTrusted {
        /// Who.
        signer: Signer,
    },
    /// Somebody whom the user does not know vouches for the file.
    SignedByStranger {
        /// Who.
        signer: Signer,
    },
    /// The publisher from whom the file came vouches for it, and the user does not know them yet.
    SignedByPublisher {
        /// Who.
        signer: Signer,
        /// The publisher's name.
        publisher: String,
    },
    /// The publisher from whom the file came signed it with another signer than is remembered.
    SignerChanged {
        /// Who signed.
        signer: Signer,
        /// Who is remembered.
        before: Signer,
        /// The publisher's name.
        publisher: String,
    },
    /// The publisher signed such files before, and did not sign this one.
    SignatureGone {
        /// Who is remembered.
        before: Signer,
        /// The publisher's name.
        publisher: String,
    },
    /// The publisher offers a signature that says to be by a known key and does not fit the file.
    SignatureForged {
        /// By whom it says to be.
        signer: Signer,
        /// The publisher's name.
        publisher: String,
        /// The list that it is of, where it is not the file's own.
        list: Option<String>,
    },
    /// The site declares others as its signers than it did, and none of these says so.
    DeclarationChanged {
        /// The site's host.
        site: String,
        /// What became of the declaration.
        change: Change,
    },
    /// Somebody signed it whom the rule for its site does not name.
    NotNamed {
        /// Who.
        signer: Signer,
    },
    /// The publisher publishes the digest of this very file.
    Published {
        /// The publisher's name.
        publisher: String,
        /// Whether anybody signed the file, too.
        is_signed: bool,
    },
    /// The publisher publishes the digest of another file.
    PublishedOther {
        /// The publisher's name.
        publisher: String,
        /// What is published.
        expected: FileDigest,
        /// What the file has.
        found: FileDigest,
    },
    /// A trusted signer declared the file untrusted.
    DeclaredUntrusted {
        /// Who.
        signer: Signer,
        /// The signer's words.
        reason: Option<String>,
    },
    /// The file was declared untrusted at an earlier check; only the user clears that.
    StillUntrusted {
        /// Who declared it.
        signer: Signer,
    },
    /// A trusted signer withdrew support for this version.
    DeclaredUnsupported {
        /// Who.
        signer: Signer,
        /// The signer's words.
        reason: Option<String>,
    },
    /// Somebody whom the user does not know warns of the file. It does not count.
    StrangerWarns {
        /// Who.
        signer: Signer,
    },
    /// A proven statement that says nothing about whether to trust the file.
    Informs {
        /// Who made it.
        signer: Signer,
        /// Its in-toto predicate type.
        predicate_type: String,
    },
    /// All sources answered and none knows the file.
    NobodyKnows {
        /// How many sources were asked.
        sources: usize,
    },
    /// There is no source to ask.
    NoSources,
    /// A source gave no usable answer.
    SourceFailed {
        /// The source's name.
        source: String,
        /// Why.
        failure: Failure,
    },
    /// A source knows more about the file than it told, or than was looked at.
    AnswerTruncated {
        /// The source's name.
        source: String,
    },
    /// A source offered something as a proof that is none.
    ProofRefused {
        /// The source's name.
        source: String,
        /// Why.
        problem: ProofError,
    },
    /// A signer's name, or something else that is told of who signed, may not be what it looks like.
    LooksLikeAnother {
        /// Who.
        signer: Signer,
        /// What else, where it is not the name.
        text: Option<String>,
        /// What its looks do not show.
        oddity: Oddity,
    },
    /// A trust root that had a part in this is stale: it may lack what is new, or have what was
    /// withdrawn.
    StaleRoot {
        /// Which, and since when.
        stale: StaleRoot,
    },
    /// A log gave no proof that it still continues what is remembered of it.
    LogUnchecked {
        /// The name of the source that offered the proof.
        source: String,
        /// The log's name for itself.
        log: String,
        /// Why there is no proof.
        failure: Failure,
    },
    /// What is remembered of a log could not be read or written.
    LogMemoryFailed {
        /// The name of the source that offered the proof.
        source: String,
        /// What was wrong.
        detail: String,
    },
    /// A log contradicted itself, so that what it proves does not count.
    LogContradicted {
        /// The name of the source that offered the proof.
        source: String,
        /// The log's name for itself.
        log: String,
    },
    /// A key had been revoked by whoever vouched for it when it signed.
    KeyRevoked {
        /// The name of the source that offered the proof.
        source: String,
        /// Who would have signed.
        signer: Signer,
        /// From when on, in seconds since 1970.
        since: i64,
    },
    /// The extension may not read files ("Allow access to file URLs" is off).
    NoFileAccess,
    /// This browser lets no extension read files that were downloaded.
    BrowserReadsNoFiles,
    /// The file is not there any more.
    FileMissing,
    /// The file changed while it was read.
    FileChanged,
    /// The check was cut off again and again.
    CutOff,
    /// The user turned checks off for this site.
    TurnedOff {
        /// The site's host, or nothing where that holds for all sites.
        site: Option<String>,
    },
    /// The file could not be read.
    FileUnreadable {
        /// What the browser said.
        detail: String,
    },
}

impl Reason {
    /// The sentence for people.
    pub fn message(&self) -> Message {
        let by = |key: &str, signer: &Signer| Message::new(key, [signer.told()]);
        let with_words = |key: &str, signer: &Signer, reason: &Option<String>| match reason {
            Some(words) => Message::new(&format!("{key}_words"), [signer.told(), words.clone()]),
            None => Message::new(key, [signer.told()]),
        };
        match self {
            Self::SignedByTrusted { signer } => by("reason_signed_by_trusted", signer),
            Self::SignedByStranger { signer } => by("reason_signed_by_stranger", signer),
            Self::NotNamed { signer } => by("reason_not_named", signer),
            Self::SignedByPublisher { signer, publisher } => Message::new(
                "reason_signed_by_publisher",
                [signer.told(), publisher.clone()],
            ),
            Self::SignerChanged {
                signer,
                before,
                publisher,
            } => Message::new(
                "reason_signer_changed",
                [signer.told(), before.told(), publisher.clone()],
            ),
            Self::SignatureGone { before, publisher } => {
                Message::new("reason_signature_gone", [before.told(), publisher.clone()])
            }
            Self::SignatureForged {
                signer,
                publisher,
                list,
            } => {
                let key = match list {
                    Some(_) => "reason_signature_forged_list",
                    None => "reason_signature_forged",
                };
                let told = [signer.told(), publisher.clone()].into_iter();
                Message::new(key, told.chain(list.clone()).collect::<Vec<String>>())
            }
            Self::DeclarationChanged { site, change } => {
                let key = match change {
                    Change::Swapped => "reason_declaration_swapped",
                    Change::Vanished => "reason_declaration_vanished",
                };
                Message::new(key, [site.clone()])
            }
            Self::Published {
                publisher,
                is_signed,
            } => {
                let key = match is_signed {
                    true => "reason_published_too",
                    false => "reason_published",
                };
                Message::new(key, [publisher.clone()])
            }
            Self::PublishedOther {
                publisher,
                expected,
                found,
            } => Message::new(
                "reason_published_other",
                [publisher.clone(), expected.to_string(), found.to_string()],
            ),
            Self::DeclaredUntrusted { signer, reason } => {
                with_words("reason_declared_untrusted", signer, reason)
            }
            Self::StillUntrusted { signer } => by("reason_still_untrusted", signer),
            Self::DeclaredUnsupported { signer, reason } => {
                with_words("reason_declared_unsupported", signer, reason)
            }
            Self::StrangerWarns { signer } => by("reason_stranger_warns", signer),
            Self::Informs {
                signer,
                predicate_type,
            } => Message::new("reason_informs", [signer.told(), predicate_type.clone()]),
            Self::NobodyKnows { sources } => {
                Message::new("reason_nobody_knows", [sources.to_string()])
            }
            Self::NoSources => Message::bare("reason_no_sources"),
            Self::SourceFailed { source, failure } => Message::new(
                &format!("reason_source_{}", failure.code()),
                [source.clone(), failure.figure()],
            ),
            Self::LogUnchecked {
                source,
                log,
                failure,
            } => {
                let code = match failure {
                    // A proof is asked of those only whose trust root can be used; and a page is no proof.
                    Failure::TrustRoot { .. } | Failure::Memory { .. } | Failure::Page => {
                        "malformed"
                    }
                    other => other.code(),
                };
                Message::new(
                    &format!("reason_log_{code}"),
                    [source.clone(), log.clone(), failure.figure()],
                )
            }
            Self::LogMemoryFailed { source, detail } => {
                Message::new("reason_log_memory", [source.clone(), detail.clone()])
            }
            Self::LogContradicted { source, log } => {
                Message::new("reason_log_contradicted", [source.clone(), log.clone()])
            }
            Self::KeyRevoked {
                source,
                signer,
                since,
            } => Message::new(
                "reason_key_revoked",
                [source.clone(), signer.told(), day(*since)],
            ),
            Self::AnswerTruncated { source } => {
                Message::new("reason_source_truncated", [source.clone()])
            }
            Self::ProofRefused { source, problem } => Message::new(
                &format!("reason_proof_{}", problem.check.code()),
                [
                    source.clone(),
                    problem.expected.clone(),
                    problem.found.clone(),
                ],
            ),
            Self::LooksLikeAnother {
                signer,
                text,
                oddity,
            } => {
                let text = text.clone().unwrap_or_else(|| signer.name());
                match oddity {
                    Oddity::MixedScripts { scripts } => {
                        Message::new("reason_looks_mixed", [text, scripts.join(", ")])
                    }
                    Oddity::Imitation { word, script } => Message::new(
                        "reason_looks_imitating",
                        [text, word.clone(), script.clone()],
                    ),
                    Oddity::Hidden { characters } => {
                        Message::new("reason_looks_hidden", [text, characters.join(", ")])
                    }
                    Oddity::Encoded { label, meaning } => Message::new(
                        "reason_looks_encoded",
                        [text, label.clone(), meaning.clone()],
                    ),
                }
            }
            Self::StaleRoot { stale } => stale.message(),
            Self::NoFileAccess => Message::bare("reason_no_file_access"),
            Self::BrowserReadsNoFiles => Message::bare("reason_browser_reads_no_files"),
            Self::TurnedOff { site: Some(site) } => {
                Message::new("reason_turned_off", [site.clone()])
            }
            Self::TurnedOff { site: None } => Message::bare("reason_turned_off_everywhere"),
            Self::FileMissing => Message::bare("reason_file_missing"),
            Self::FileChanged => Message::bare("reason_file_changed"),
            Self::CutOff => Message::bare("reason_cut_off"),
            Self::FileUnreadable { detail } => {
                Message::new("reason_file_unreadable", [detail.clone()])
            }
        }
    }

    /// Why a proof that this source offered is withheld. Named is the notary whose log it is in, as the
    /// source may be a file beside the subject, or somebody else who keeps it.
    pub fn withheld(source: &str, withheld: &Withheld) -> Self {
        let log = withheld.attestation.logged.as_ref();
        let log = log.map_or_else(String::new, |logged| logged.origin.clone());
        let source = keeper(source, &log).to_owned();
        match &withheld.doubt {
            LogDoubt::Contradicted => Self::LogContradicted { source, log },
            LogDoubt::Revoked { since } => Self::KeyRevoked {
                source,
                signer: withheld.attestation.signer.clone(),
                since: *since,
            },
            LogDoubt::Memory { detail } => Self::LogMemoryFailed {
                source,
                detail: detail.clone(),
            },
            LogDoubt::Unchecked { failure } => Self::LogUnchecked {
                source,
                log,
                failure: failure.clone(),
            },
        }
    }

    /// Whether trying again later may lead to another verdict without anybody's help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::SourceFailed { failure, .. } | Self::LogUnchecked { failure, .. } => {
                failure.is_passing()
            }
            Self::ProofRefused { .. } | Self::LogMemoryFailed { .. } => true,
            _ => false,
        }
    }

    /// Whether it may just as well be how a source always answers.
    pub fn may_last(&self) -> bool {
        matches!(
            self,
            Self::SourceFailed {
                failure: Failure::Page,
                ..
            }
        )
    }

    /// For how long whoever is to be asked again wants to be left in peace, in seconds.
    pub fn wait(&self) -> Option<u32> {
        match self {
            Self::SourceFailed { failure, .. } | Self::LogUnchecked { failure, .. } => {
                match failure {
                    Failure::RateLimited { seconds } => Some(*seconds),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Who keeps the log with this origin (`notary.example - 4711`): its host, unless the source is it.
fn keeper<'a>(source: &'a str, origin: &'a str) -> &'a str {
    let host = origin.split_once(" - ").map_or(origin, |(host, _)| host);
    match host.is_empty() || host.split(':').next() == Some(source) || source.contains(host) {
        true => source,
        false => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::english_messages;

    #[test]
    fn every_reason_has_words_that_take_what_it_says() {
        for reason in Reason::samples() {
            let message = reason.message();
            let entry = english_messages()
                .get(&message.key)
                .unwrap_or_else(|| panic!("no words for {}", message.key));
            assert!(
                entry.arity() <= message.args.len(),
                "{} takes {} arguments",
                message.key,
                entry.arity()
            );
        }
    }
}
