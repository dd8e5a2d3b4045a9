//! Evidence and trust settings in, a verdict with its reasons out. Pure.

mod shortcomings;
mod sticky;

pub use sticky::unread;

use crate::attestation::{Attestation, Claim};
use crate::digest::Sha256Digest;
use crate::evidence::{Declared, Evidence, Outcome, Published};
use crate::judged::Judged;
use crate::lookalike::oddities;
use crate::project::Project;
use crate::publisher::Publisher;
use crate::reason::Reason;
use crate::settings::Settings;
use crate::signer::{Identity, RootId, Signer};
use crate::site_rule::Ruling;
use crate::standing::Standing;
use crate::verdict::Verdict;
use shortcomings::{revoked, shortcomings};
use sticky::still_warning;

/// A verdict with what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The outcome.
    pub verdict: Verdict,
    /// Who decided it, where somebody signed.
    pub signer: Option<Signer>,
    /// Why: first what decided, then all else that is known.
    pub reasons: Vec<Reason>,
    /// Where the file is untrusted, the names and keys by which those are trusted who say so.
    pub warned_by: Vec<Signer>,
}

impl Judgement {
    /// The judgement about a file whose bytes could not be read, and of which nothing is known from
    /// an earlier check.
    pub fn unread(reason: Reason) -> Self {
        Self {
            verdict: Verdict::Unchecked,
            signer: None,
            reasons: vec![reason],
            warned_by: Vec::new(),
        }
    }

    /// Whether asking again later may change it: something that passes kept it from being
    /// complete.
    pub fn may_pass(&self) -> bool {
        self.reasons.iter().any(Reason::is_passing)
    }

    /// Whether all that may pass may just as well stay as it is.
    pub fn may_last(&self) -> bool {
        let mut passing = self.reasons.iter().filter(|reason| reason.is_passing());
        self.may_pass() && passing.all(Reason::may_last)
    }
}

/// Where a file came from, as far as that has a say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// The host, where one is known.
    pub site: Option<&'a str>,
    /// Who publishes there, where the address tells.
    pub publisher: Option<&'a Publisher>,
    /// The name of the project that the file belongs to, where it is one that a site or an index
    /// declares.
    pub declared: Option<&'a str>,
    /// What is remembered of the project that the file belongs to.
    pub project: Option<&'a Project>,
    /// The ending of the file's name, where it says something that such a file is not signed.
    pub ending: Option<&'a str>,
    /// What the user's rules say of downloads from there.
    pub ruling: Option<&'a Ruling>,
}

impl Place<'_> {
    /// Whether the user trusts a signer for files from there: by name or key, or because their rules
    /// name them.
    fn trusts(&self, signer: &Signer, settings: &Settings) -> bool {
        self.ruling.is_some_and(|ruling| ruling.names(signer)) || settings.trusts(signer, self.site)
    }

    /// By which of their names and keys the signer of a statement is trusted there: by none who is not.
    fn trusted_as(&self, attestation: &Attestation, settings: &Settings) -> Vec<Signer> {
        let mut known = attestation.identities();
        known.retain(|one| self.trusts(one, settings));
        known
    }

    /// The publisher whose own signer this is.
    pub(crate) fn publisher_of(&self, attestation: &Attestation) -> Option<String> {
        let publisher = self.publisher;
        let own = publisher.filter(|publisher| publisher.is_signer(&attestation.signer));
        own.map(ToString::to_string).or_else(|| {
            let declared = attestation.declared.as_deref();
            declared.filter(|one| Some(*one) == self.declared).map(host)
        })
    }

    /// Whether files of the project with such a name were signed before.
    fn signs_such(&self) -> bool {
        let ending = self.ending;
        let project = self.project.filter(|known| !known.signers.is_empty());
        project.is_some_and(|known| ending.is_some_and(|ending| known.signs(ending)))
    }

    /// Whether somebody signs for the project who is not remembered: neither as one who did before, nor
    /// as one whom the remembered declaration names.
    fn is_new(&self, attestation: &Attestation, declared: Option<&Declared>) -> bool {
        let declared = declared.filter(|declared| declared.is_remembered);
        let is_declared = declared
            .is_some_and(|declared| attestation.declared.as_ref() == Some(&declared.project));
        !is_declared
            && self
                .project
                .is_some_and(|known| !known.knows(&attestation.signer))
    }
}

/// The host of a site's project.
fn host(project: &str) -> String {
    let host = project.split('/').next().unwrap_or(project);
    host.to_owned()
}

/// Judges one file.
///
/// `earlier` is the judgement of an earlier check
/// of the same bytes: "untrusted" is sticky, so that it does not vanish with the source that said
/// it.
pub fn judge(
    evidence: &[Evidence],
    settings: &Settings,
    place: Place<'_>,
    earlier: Option<&Judged>,
) -> Judgement {
    let mut findings = Vec::new();
    let mut warned_by = Vec::new();
    // Signers of the publisher's own who are not remembered.
    let mut new: Option<(&Signer, String)> = None;
    let mut is_known = false;
    let names = |trusted_as: &[Signer]| {
        let ruling = place.ruling;
        ruling.is_some_and(|ruling| trusted_as.iter().any(|one| ruling.names(one)))
    };
    let regard = |one: &Attestation| {
        let trusted_as = place.trusted_as(one, settings);
        let is_own = place.publisher_of(one).is_some();
        (names(&trusted_as), !trusted_as.is_empty(), is_own)
    };
    for (attestation, word) in words_of_signers(evidence, &regard) {
        if word == Word::Vouches && may_be_crowded_out(attestation, evidence, settings) {
            continue;
        }
        let signer = &attestation.signer;
        let trusted_as = place.trusted_as(attestation, settings);
        let trusted = !trusted_as.is_empty();
        let named = names(&trusted_as);
        // Where a rule names who may have signed, others do not vouch. Their warnings count.
        let excluded = !named
            && word == Word::Vouches
            && place.ruling.is_some_and(|ruling| !ruling.pins.is_empty());
        let whose = match place.publisher_of(attestation) {
            _ if trusted && !excluded => Whose::Trusted,
            Some(publisher) if place.is_new(attestation, declaration(evidence)) => {
                if word == Word::Vouches && new.is_none() {
                    new = Some((signer, publisher));
                }
                Whose::Stranger
            }
            Some(publisher) => Whose::Publisher(publisher),
            None => Whose::Stranger,
        };
        if word == Word::Untrusted {
            warned_by.extend(trusted_as);
        }
        is_known |= word == Word::Vouches && (trusted || !matches!(whose, Whose::Stranger));
        findings.push(match excluded {
            true => (
                Some(Verdict::Signed),
                Reason::NotNamed {
                    signer: signer.clone(),
                },
            ),
            false => finding(attestation, word, whose),
        });
    }
    if !findings
        .iter()
        .any(|(found, _)| *found == Some(Verdict::Verified))
    {
        let declared = declaration_changed(evidence);
        // Where the declaration says why, it is not said twice.
        if !is_known && (declared.is_none() || new.is_some()) {
            findings.extend(changed(evidence, &place, new));
        }
        findings.extend(declared);
        if let Some((by, finding)) = revoked(evidence, settings, &place) {
            warned_by.extend(by);
            findings.push(finding);
        }
    }
    findings.extend(still_warning(&mut warned_by, earlier, settings, &place));
    let mut proven = evidence.iter().flat_map(Evidence::proven);
    let is_signed = proven.any(|made| made.claim.vouches());
    let listed = evidence.iter().filter_map(|one| published(one, is_signed));
    // Whoever has the publisher's server can list what they like, and keep the signature from being
    // seen that is missing.
    let may_be_stripped = !is_known && place.signs_such() && evidence.iter().any(may_have_more);
    findings.extend(listed.map(|finding| match finding {
        (Some(Verdict::Intact), reason) if may_be_stripped => (None, reason),
        other => other,
    }));
    findings.extend(evidence.iter().filter_map(forged));
    findings.extend(shortcomings(evidence));
    let mut judgement = conclude(by_precedence(findings), evidence.len());
    judgement.reasons.extend(look_alikes(evidence));
    judgement.warned_by = warned_by;
    judgement
}

/// What memory says against a file for which nobody vouches who is trusted or remembered: the
/// project's signer is another one, or there is none.
fn changed(
    evidence: &[Evidence],
    place: &Place<'_>,
    new: Option<(&Signer, String)>,
) -> Option<Finding> {
    let known = place.project?;
    let before = known.signers.first()?.clone();
    let reason = match new {
        Some((signer, publisher)) => Reason::SignerChanged {
            signer: signer.clone(),
            before,
            publisher,
        },
        None => {
            let was_asked = known.was_asked(evidence.iter().map(|one| one.source.as_str()));
            if !place.signs_such() || !was_asked || evidence.iter().any(may_have_more) {
                return None;
            }
            let publisher = match place.publisher {
                Some(publisher) => publisher.to_string(),
                None => host(&declaration(evidence)?.project),
            };
            Reason::SignatureGone { before, publisher }
        }
    };
    Some((Some(Verdict::Changed), reason))
}

/// Whether a signature may be there that was not seen.
fn may_have_more(evidence: &Evidence) -> bool {
    evidence.lacks_something() || evidence.hurried
}

/// What the file's site declares, where it does.
pub fn declaration(evidence: &[Evidence]) -> Option<&Declared> {
    evidence.iter().find_map(|one| one.declaration.as_ref())
}

/// That the site declares others as its signers than it did.
fn declaration_changed(evidence: &[Evidence]) -> Option<Finding> {
    let declared = declaration(evidence)?;
    let reason = Reason::DeclarationChanged {
        site: host(&declared.project),
        change: declared.change?,
    };
    Some((Some(Verdict::Changed), reason))
}

/// Whether a later warning by the same signer may be among what a source left out. A notary tells
/// of the signers it names before all others, so only a key without a name can be crowded out, from
/// whichever source its signature came.
///
/// Only the logs of the root under which the key signed can have such a warning: those of its notary,
/// or those that are nobody's own.
fn may_be_crowded_out(
    attestation: &Attestation,
    evidence: &[Evidence],
    settings: &Settings,
) -> bool {
    let signer = &attestation.signer;
    let nameless = matches!(signer.identity, Identity::Key { .. })
        // With these no warnings are made.
        && signer.root != RootId::minisign();
    let is_cut = |evidence: &Evidence| {
        let outcome = &evidence.outcome;
        let is_cut = matches!(outcome, Outcome::Answered { truncated, .. } if *truncated);
        let mut notaries = settings.notaries.iter();
        // A notary may be asked at several addresses.
        let may_have = match settings.notary_of(&signer.root) {
            Some(_) => {
                notaries.any(|one| one.address == evidence.source && one.root_id() == signer.root)
            }
            None => notaries.all(|notary| notary.address != evidence.source),
        };
        is_cut && may_have
    };
    nameless && evidence.iter().any(is_cut)
}

/// What the looks of the signers' names do not show, each thing once. It decides nothing.
fn look_alikes(evidence: &[Evidence]) -> impl Iterator<Item = Reason> {
    let mut texts: Vec<(&Signer, &str)> = Vec::new();
    for attestation in evidence.iter().flat_map(Evidence::proven) {
        let signer = &attestation.signer;
        let certified = attestation.certified.as_ref();
        let tag = certified.and_then(|certified| certified.source_ref.as_deref());
        for text in signer.texts().into_iter().chain(tag) {
            if !texts.contains(&(signer, text)) {
                texts.push((signer, text));
            }
        }
    }
    texts.into_iter().flat_map(|(signer, text)| {
        let is_name = text.ends_with(&signer.name());
        oddities(text)
            .into_iter()
            .map(move |oddity| Reason::LooksLikeAnother {
                signer: signer.clone(),
                text: (!is_name).then(|| text.to_owned()),
                oddity,
            })
    })
}

type Finding = (Option<Verdict>, Reason);

/// What decided comes first, what decides nothing last; equals stay in order. They are few, and
/// putting them in one by one is less code in the wasm than sorting.
fn by_precedence(findings: Vec<Finding>) -> Vec<Finding> {
    let rank = |finding: &Finding| finding.0.map_or((1, Verdict::Unknown), |v| (0, v));
    let mut ordered: Vec<Finding> = Vec::new();
    for finding in findings {
        let place = ordered.partition_point(|known| rank(known) <= rank(&finding));
        ordered.insert(place, finding);
    }
    ordered
}

fn conclude(findings: Vec<Finding>, sources: usize) -> Judgement {
    let decided = findings.first().and_then(|(verdict, _)| *verdict);
    let mut reasons: Vec<Reason> = Vec::new();
    for (_, reason) in findings {
        // What decided may be a shortcoming, too.
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let Some(verdict) = decided else {
        let reason = match sources {
            0 => Reason::NoSources,
            sources => Reason::NobodyKnows { sources },
        };
        reasons.insert(0, reason);
        return Judgement {
            verdict: Verdict::Unknown,
            signer: None,
            reasons,
            warned_by: Vec::new(),
        };
    };
    let signer = match reasons.first() {
        Some(
            Reason::SignedByTrusted { signer }
            | Reason::SignedByStranger { signer }
            | Reason::NotNamed { signer }
            | Reason::SignedByPublisher { signer, .. }
            | Reason::SignerChanged { signer, .. }
            | Reason::SignatureForged { signer, .. }
            | Reason::DeclaredUntrusted { signer, .. }
            | Reason::KeyRevoked { signer, .. }
            | Reason::StillUntrusted { signer }
            | Reason::DeclaredUnsupported { signer, .. },
        ) => Some(signer.clone()),
        _ => None,
    };
    Judgement {
        verdict,
        signer,
        reasons,
        warned_by: Vec::new(),
    }
}

/// Whose word it is.
enum Whose {
    Trusted,
    Publisher(String),
    Stranger,
}

/// What the publisher publishes beside the file.
fn published(evidence: &Evidence, is_signed: bool) -> Option<Finding> {
    let publisher = evidence.name.clone();
    Some(match evidence.published.as_ref()? {
        Published::Same => (
            Some(Verdict::Intact),
            Reason::Published {
                publisher,
                is_signed,
            },
        ),
        Published::Other { expected, found } => (
            Some(Verdict::Mismatch),
            Reason::PublishedOther {
                publisher,
                expected: *expected,
                found: *found,
            },
        ),
    })
}

/// What the publisher offers as a signature and is none.
fn forged(evidence: &Evidence) -> Option<Finding> {
    let reason = Reason::SignatureForged {
        signer: evidence.forged.clone()?,
        publisher: evidence.name.clone(),
        list: evidence.forged_list.clone(),
    };
    Some((Some(Verdict::Forged), reason))
}

fn finding(attestation: &Attestation, word: Word, whose: Whose) -> Finding {
    let signer = attestation.signer.clone();
    let reason_given = match &attestation.claim {
        Claim::Standing { reason, .. } => reason.clone(),
        _ => None,
    };
    match (word, whose) {
        (Word::Untrusted, Whose::Trusted) => (
            Some(Verdict::Untrusted),
            Reason::DeclaredUntrusted {
                signer,
                reason: reason_given,
            },
        ),
        (Word::Unsupported, Whose::Trusted) => (
            Some(Verdict::Unsupported),
            Reason::DeclaredUnsupported {
                signer,
                reason: reason_given,
            },
        ),
        (Word::Vouches, Whose::Trusted) => {
            (Some(Verdict::Verified), Reason::SignedByTrusted { signer })
        }
        (Word::Vouches, Whose::Publisher(publisher)) => (
            Some(Verdict::Authentic),
            Reason::SignedByPublisher { signer, publisher },
        ),
        (Word::Vouches, Whose::Stranger) => {
            (Some(Verdict::Signed), Reason::SignedByStranger { signer })
        }
        (Word::Untrusted | Word::Unsupported, Whose::Publisher(_) | Whose::Stranger) => {
            (None, Reason::StrangerWarns { signer })
        }
        (Word::Informs, _) => (
            None,
            Reason::Informs {
                signer,
                predicate_type: match &attestation.claim {
                    Claim::Other { predicate_type } => predicate_type.clone(),
                    _ => String::new(),
                },
            },
        ),
    }
}

/// What a statement says, in order of strictness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Informs,
    Vouches,
    Unsupported,
    Untrusted,
}

fn word_of(claim: &Claim) -> Word {
    match claim {
        Claim::Standing {
            standing: Standing::Untrusted,
            ..
        } => Word::Untrusted,
        Claim::Standing {
            standing: Standing::Unsupported,
            ..
        } => Word::Unsupported,
        claim if claim.vouches() => Word::Vouches,
        _ => Word::Informs,
    }
}

/// The one word of each signer that counts: within one log the newest about one digest, across logs
/// and digests the strictest; of two that say the same, the one with more `regard`: that a rule
/// names, that is trusted, or the publisher's own. Statements that merely inform do not take part, and
/// are all kept.
fn words_of_signers<'a>(
    evidence: &'a [Evidence],
    regard: &dyn Fn(&Attestation) -> (bool, bool, bool),
) -> Vec<(&'a Attestation, Word)> {
    let outweighs = |new: &Attestation, known: &Attestation| {
        let weight = |one: &Attestation| (word_of(&one.claim), regard(one));
        weight(new) > weight(known)
    };
    let mut newest: Vec<(&Attestation, Option<Sha256Digest>)> = Vec::new();
    let mut informing: Vec<(&Attestation, Word)> = Vec::new();
    let proven = evidence
        .iter()
        .flat_map(|one| one.proven().iter().map(|each| (each, one.about)));
    for (attestation, about) in proven {
        if word_of(&attestation.claim) == Word::Informs {
            informing.push((attestation, Word::Informs));
            continue;
        }
        let rival = newest.iter_mut().find(|(known, of)| {
            *of == about
                && known.is_by_the_signer_of(attestation)
                && log_of(known) == log_of(attestation)
        });
        match rival {
            Some((known, _)) => {
                // Within one log the later entry wins.
                let is_later = match (&attestation.logged, &known.logged) {
                    (Some(new), Some(old)) if new.index != old.index => new.index > old.index,
                    _ => outweighs(attestation, known),
                };
                if is_later {
                    *known = attestation;
                }
            }
            None => newest.push((attestation, about)),
        }
    }
    let mut words: Vec<(&Attestation, Word)> = Vec::new();
    for (attestation, _) in newest {
        let word = word_of(&attestation.claim);
        match words
            .iter_mut()
            .find(|(known, _)| known.is_by_the_signer_of(attestation))
        {
            Some((known, _)) if !outweighs(attestation, known) => {}
            Some(known) => *known = (attestation, word),
            None => words.push((attestation, word)),
        }
    }
    words.extend(informing);
    words
}

/// The log in which the entries have one order. A notary has one tree, whatever its keys.
fn log_of(attestation: &Attestation) -> Option<&str> {
    let logged = attestation.logged.as_ref()?;
    let is_tree = attestation.signer.root.is_notary() && !logged.origin.is_empty();
    Some(match is_tree {
        true => &logged.origin,
        false => &logged.log_id,
    })
}

#[cfg(test)]
mod continuity_tests;
#[cfg(test)]
mod tests;
