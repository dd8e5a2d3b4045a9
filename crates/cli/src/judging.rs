//! From evidence to a verdict: as the extension judges, and with a memory of who signed for projects.

use crate::error::CliError;
use crate::memory::{Memory, Site};
use crate::roots::now;
use assay_core::evidence::{Change, Evidence, Failure};
use assay_core::obtained::Obtained;
use assay_core::policy::{Judgement, declaration};
use assay_core::project::Project;
use assay_core::reason::Reason;
use assay_core::settings::Settings;
use assay_core::signer::Signer;
use assay_core::site::host_of;
use assay_core::site_rule::Demand;
use assay_core::verdict::Verdict;
use assay_sources::site_word::SiteMemory;
use serde::Serialize;

/// Everything remembered counts for a file, whenever it got here.
///
/// The extension counts only what was remembered when the download completed, which the browser tells.
/// Here nobody does. A file's time of modification is often its server's word (`wget` and `curl -R` set
/// it so), and the times that a file system keeps come with the medium: whoever swaps a file could date
/// it before the first sight, and nothing would be missed. So an old file of a project that signs by
/// now is `changed` if it is checked for the first time, which is the price.
const WHENEVER: f64 = f64::INFINITY;

/// What files are judged by.
pub struct Judging<'a> {
    url: &'a str,
    site: Option<String>,
    /// `None` where nothing is to be remembered.
    memory: Option<&'a Memory>,
}

/// A judgement, and what memory had to do with it.
pub struct Conclusion {
    /// The judgement.
    pub judgement: Judgement,
    /// The project that the file belongs to, where it belongs to one.
    pub project: Option<String>,
    /// What was remembered of it, or came to be.
    pub memory: Recalled,
}

/// What is remembered of a file's project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Recalled {
    /// Nothing, and nothing came to be.
    Nothing,
    /// Its signers, since this file.
    FirstSight,
    /// Its signers, from before.
    Known,
    /// It is not to be used.
    Off,
    /// It could not be read or written.
    Unusable,
}

/// What the user accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// What the site declares now, or that it declares nothing.
    Declaration(Change),
    /// That these sign for the project, too.
    Signers(Vec<Signer>),
    /// That files with this ending are not signed.
    Unsigned(String),
}

impl Accepted {
    /// The word for it in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Declaration(_) => "declaration",
            Self::Signers(_) => "signers",
            Self::Unsigned(_) => "unsigned",
        }
    }
}

impl<'a> Judging<'a> {
    /// Judges files from this address.
    pub fn new(url: Option<&'a str>, memory: Option<&'a Memory>) -> Self {
        Self {
            url: url.unwrap_or_default(),
            site: url.and_then(host_of),
            memory,
        }
    }

    /// Judges a file. Who signed it is remembered, where they may sign for its project, before this
    /// returns.
    pub fn judge(&self, evidence: &[Evidence], settings: &Settings) -> Conclusion {
        let project = self.obtained(WHENEVER).project(evidence);
        let alone = || self.judge_with(None, evidence, settings);
        let (judgement, memory) = match (&project, self.memory) {
            (None, _) => (alone(), Recalled::Nothing),
            (Some(_), None) => (alone(), Recalled::Off),
            (Some(name), Some(memory)) => {
                let judged = self.judge_and_remember(memory, name, evidence, settings);
                judged.unwrap_or_else(|error| {
                    let judgement = not_remembered(alone(), name, &error);
                    (judgement, Recalled::Unusable)
                })
            }
        };
        Conclusion {
            judgement,
            project,
            memory,
        }
    }

    /// What a policy demands of files from there, and of which host; `None` where it is of all files.
    pub fn demand(&self, settings: &Settings) -> (Demand, Option<String>) {
        let ruling = settings.ruling(&self.obtained(WHENEVER).hosts());
        (ruling.demand, ruling.from)
    }

    /// Accepts a change, if that is what the file is judged to be; `None` where it is not. `seen` is
    /// what was remembered of the file's site when it was asked. A new declaration is to be asked for
    /// once more, for what it says.
    ///
    /// # Errors
    /// When what is remembered cannot be read or written, or changed meanwhile.
    pub fn accept(
        &self,
        evidence: &[Evidence],
        settings: &Settings,
        seen: Option<&SiteMemory>,
    ) -> Result<Option<Accepted>, CliError> {
        let obtained = self.obtained(WHENEVER);
        let (Some(memory), Some(name)) = (self.memory, obtained.project(evidence)) else {
            return Ok(None);
        };
        let change = declaration(evidence).and_then(|declared| declared.change);
        let sites = memory.lock::<Site>()?;
        let projects = memory.lock::<Project>()?;
        let known = memory.read::<Project>(&name)?;
        let judgement = self.judge_with(known.as_ref(), evidence, settings);
        if judgement.verdict != Verdict::Changed {
            return Ok(None);
        }
        if let (Some(change), Some(host), Some(seen)) = (change, &self.site, seen) {
            let mut site = memory.read::<Site>(host)?.unwrap_or_default();
            if site.word.declaration != seen.declaration || site.word.offered != seen.offered {
                return Err(CliError::Memory(format!(
                    "what is remembered of {host} changed meanwhile; nothing was accepted, try again"
                )));
            }
            site.word.accept();
            memory.write(host, &site, &sites)?;
            // Whoever signs by the new one is seen for the first time.
            memory.forget(&name, &projects)?;
            return Ok(Some(Accepted::Declaration(change)));
        }
        let mut known = known.unwrap_or_default();
        obtained.accept(evidence, &mut known);
        memory.write(&name, &known, &projects)?;
        let own = obtained.own_signers(evidence);
        Ok(Some(match own.is_empty() {
            true => Accepted::Unsigned(obtained.telling_ending(evidence).unwrap_or_default()),
            false => Accepted::Signers(own),
        }))
    }

    fn judge_and_remember(
        &self,
        memory: &Memory,
        name: &str,
        evidence: &[Evidence],
        settings: &Settings,
    ) -> Result<(Judgement, Recalled), CliError> {
        let before = memory.read::<Project>(name)?;
        let (judgement, new) = self.judge_and_note(before.as_ref(), evidence, settings);
        let Some(_) = new else {
            return Ok((judgement, recalled(before.as_ref())));
        };
        // As it is now that nobody else changes it.
        let turn = memory.lock::<Project>()?;
        let before = memory.read::<Project>(name)?;
        let (judgement, new) = self.judge_and_note(before.as_ref(), evidence, settings);
        let mut memory_of = recalled(before.as_ref());
        if let Some(new) = new {
            memory.write(name, &new, &turn)?;
            if memory_of == Recalled::Nothing {
                memory_of = Recalled::FirstSight;
            }
        }
        Ok((judgement, memory_of))
    }

    /// The judgement, and what is to be remembered, if that is anything new.
    fn judge_and_note(
        &self,
        known: Option<&Project>,
        evidence: &[Evidence],
        settings: &Settings,
    ) -> (Judgement, Option<Project>) {
        let judgement = self.judge_with(known, evidence, settings);
        let mut new = known.cloned().unwrap_or_default();
        let milliseconds = now() as f64 * 1000.0;
        let verdict = Some(judgement.verdict);
        let is_new = self
            .obtained(milliseconds)
            .note(verdict, evidence, &mut new);
        (judgement, is_new.then_some(new))
    }

    fn judge_with(
        &self,
        known: Option<&Project>,
        evidence: &[Evidence],
        settings: &Settings,
    ) -> Judgement {
        let obtained = self.obtained(WHENEVER);
        obtained.judge(evidence, settings, known, None)
    }

    fn obtained(&self, at: f64) -> Obtained<'_> {
        Obtained {
            url: self.url,
            final_url: self.url,
            site: self.site.as_deref(),
            page: None,
            at,
        }
    }
}

fn recalled(known: Option<&Project>) -> Recalled {
    match known.is_some_and(|known| !known.signers.is_empty()) {
        true => Recalled::Known,
        false => Recalled::Nothing,
    }
}

/// The judgement about a file of a project of which it cannot be told whether something changed: what
/// a change would outweigh does not count.
fn not_remembered(mut judgement: Judgement, name: &str, error: &CliError) -> Judgement {
    let reason = Reason::SourceFailed {
        source: name.to_owned(),
        failure: Failure::Memory {
            detail: error.to_string(),
        },
    };
    match judgement.verdict {
        Verdict::Authentic
        | Verdict::Signed
        | Verdict::Intact
        | Verdict::Unchecked
        | Verdict::Unknown => {
            judgement.reasons.insert(0, reason);
            Judgement {
                verdict: Verdict::Unchecked,
                signer: None,
                ..judgement
            }
        }
        // By whom the user trusts, which no change outweighs; or a warning.
        Verdict::Verified
        | Verdict::Unsupported
        | Verdict::Changed
        | Verdict::Mismatch
        | Verdict::Forged
        | Verdict::Untrusted => {
            judgement.reasons.push(reason);
            judgement
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::attestation::{Attestation, Claim};
    use assay_core::publisher::Publisher;
    use assay_core::settings::Scope;
    use assay_core::signer::{Identity, RootId};

    const URL: &str = "https://github.com/Tool/tool/releases/download/v1/tool.zip";
    const NAME: &str = "github.com/tool/tool";

    fn workflow(id: &str) -> Signer {
        Signer {
            root: RootId::sigstore(),
            identity: Identity::Workflow {
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: "https://github.com/tool/tool".into(),
                repository_id: Some(id.into()),
                workflow: "release.yml".into(),
            },
        }
    }

    fn signed(signers: &[Signer]) -> Vec<Evidence> {
        let made = |signer: &Signer| Attestation {
            signer: signer.clone(),
            claim: Claim::Signature,
            logged: None,
            signed_at: None,
            certified: None,
            declared: None,
            bundle: String::new(),
        };
        let proven = signers.iter().map(made).collect();
        vec![Evidence::proving(Publisher::GITHUB, "GitHub", proven)]
    }

    struct World {
        folder: tempfile::TempDir,
        memory: Memory,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let memory = Memory::in_folder(&folder.path().join("memory"));
            Self { folder, memory }
        }

        fn judge(&self, evidence: &[Evidence]) -> (Verdict, Recalled) {
            self.judge_by(evidence, &Settings::default())
        }

        fn judge_by(&self, evidence: &[Evidence], settings: &Settings) -> (Verdict, Recalled) {
            let judged = Judging::new(Some(URL), Some(&self.memory)).judge(evidence, settings);
            assert_eq!(judged.project.as_deref(), Some(NAME));
            (judged.judgement.verdict, judged.memory)
        }

        fn accept(&self, evidence: &[Evidence]) -> Option<Accepted> {
            let judging = Judging::new(Some(URL), Some(&self.memory));
            let accepted = judging.accept(evidence, &Settings::default(), None);
            accepted.expect("a memory that can be used")
        }

        fn known(&self) -> Option<Project> {
            self.memory.read(NAME).expect("readable")
        }
    }

    #[test]
    fn a_repository_that_is_taken_over_is_a_change_until_it_is_accepted() {
        let world = World::new();
        let (own, other) = (signed(&[workflow("1")]), signed(&[workflow("2")]));
        assert_eq!(
            world.judge(&own),
            (Verdict::Authentic, Recalled::FirstSight)
        );
        for _ in 0..2 {
            assert_eq!(world.judge(&own), (Verdict::Authentic, Recalled::Known));
            assert_eq!(world.judge(&other), (Verdict::Changed, Recalled::Known));
        }
        assert_eq!(world.accept(&own), None, "this is no change");
        let accepted = world.accept(&other);
        assert_eq!(accepted, Some(Accepted::Signers(vec![workflow("2")])));
        for one in [&own, &other] {
            assert_eq!(world.judge(one), (Verdict::Authentic, Recalled::Known));
        }
    }

    #[test]
    fn a_signature_that_is_gone_is_a_change_until_it_is_accepted() {
        let world = World::new();
        let nothing = signed(&[]);
        assert_eq!(world.judge(&nothing), (Verdict::Unknown, Recalled::Nothing));
        assert_eq!(world.known(), None);
        world.judge(&signed(&[workflow("1")]));
        assert_eq!(world.judge(&nothing), (Verdict::Changed, Recalled::Known));
        let accepted = world.accept(&nothing);
        assert_eq!(accepted, Some(Accepted::Unsigned("zip".into())));
        assert_eq!(world.judge(&nothing), (Verdict::Unknown, Recalled::Known));
        // The signer is remembered all the same.
        let other = signed(&[workflow("2")]);
        assert_eq!(world.judge(&other).0, Verdict::Changed);
    }

    #[test]
    fn what_is_not_the_projects_own_or_not_proven_is_not_remembered() {
        let world = World::new();
        let stranger = Signer {
            root: RootId::notary("00"),
            ..workflow("1")
        };
        let mut settings = Settings::default();
        settings.trust(stranger.clone(), Scope::Everywhere);
        let strangers = signed(&[stranger]);
        assert_eq!(world.judge(&strangers).0, Verdict::Signed);
        assert_eq!(world.judge_by(&strangers, &settings).0, Verdict::Verified);
        let failure = Failure::Unreachable;
        let mut failed = signed(&[workflow("1")]);
        failed[0].outcome = assay_core::evidence::Outcome::Failed { failure };
        assert_eq!(world.judge(&failed).0, Verdict::Unchecked);
        assert_eq!(world.accept(&failed), None);
        assert_eq!(world.known(), None);
    }

    #[test]
    fn clocks_do_not_make_what_is_remembered_count_less() {
        let world = World::new();
        let mut future = Project::default();
        future.note(&[workflow("1")], Some("zip"), f64::MAX);
        let turn = world.memory.lock().expect("a turn");
        world.memory.write(NAME, &future, &turn).expect("written");
        drop(turn);
        assert_eq!(world.judge(&signed(&[])).0, Verdict::Changed);
        assert_eq!(world.judge(&signed(&[workflow("2")])).0, Verdict::Changed);
    }

    #[test]
    fn a_memory_that_cannot_be_read_or_written_leaves_unchecked_what_a_change_would_outweigh() {
        let world = World::new();
        let own = signed(&[workflow("1")]);
        let mut settings = Settings::default();
        settings.trust(workflow("1"), Scope::Everywhere);
        // Where the folder should be there is a file.
        std::fs::write(world.folder.path().join("memory"), "").expect("a file");
        let unusable = |verdict| (verdict, Recalled::Unusable);
        assert_eq!(world.judge(&own), unusable(Verdict::Unchecked));
        let judged = Judging::new(Some(URL), Some(&world.memory)).judge(&own, &settings);
        assert_eq!(judged.judgement.verdict, Verdict::Verified);
        let told = |reason: &Reason| matches!(reason, Reason::SourceFailed { .. });
        assert!(judged.judgement.reasons.iter().any(told));
        std::fs::remove_file(world.folder.path().join("memory")).expect("removed");
        assert_eq!(
            world.judge(&own),
            (Verdict::Authentic, Recalled::FirstSight)
        );
    }

    #[test]
    fn without_memory_or_an_address_nothing_is_remembered() {
        let world = World::new();
        let settings = Settings::default();
        let own = signed(&[workflow("1")]);
        let judged = Judging::new(Some(URL), None).judge(&own, &settings);
        assert_eq!(judged.judgement.verdict, Verdict::Authentic);
        assert_eq!(judged.memory, Recalled::Off);
        let judged = Judging::new(None, Some(&world.memory)).judge(&own, &settings);
        assert_eq!((judged.project, judged.memory), (None, Recalled::Nothing));
        assert!(!world.folder.path().join("memory").exists());
    }
}
