//! The sources that `assay verify` asks: the same as the extension's, with the same answers.

use crate::attached;
use crate::bundles::Bundles;
use crate::client::Client;
use crate::contact;
use crate::error::CliError;
use crate::logs::Comparing;
use crate::memory::{Memory, Site};
use crate::subject::{Artifact, Subject};
use crate::verify_args::VerifyArgs;
use crate::whom::Whom;
use crate::{output, roots};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::minisign::MinisignKey;
use assay_core::project::Project;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, PUBLIC_REKOR};
use assay_core::signer::RootId;
use assay_core::site::host_of;
use assay_sources::site_word::{SiteMemory, SiteWord};
use assay_sources::{beside, driver, github, index, minisigned, notary, rekor};
use futures_util::future::{join, join_all};
use std::sync::{Mutex, MutexGuard, PoisonError};

mod choice;

use choice::{Choice, choose};

/// Who is asked, about files from where.
pub struct Sources<'a> {
    client: &'a Client,
    asked: Vec<Asked>,
    /// Whether it is asked what is attached to images; `true` for also where those are from that Docker
    /// or Podman has.
    attached: Option<bool>,
    /// Whether nobody is asked.
    offline: bool,
    /// The e-mail addresses and keys of signers, which a log is searched for.
    names: Vec<rekor::Name>,
    /// Minisign's keys among the signers.
    minisign: Vec<MinisignKey>,
    /// The notary whose names the user means.
    pub named: Option<Notary>,
    /// The notaries that are asked.
    pub notaries: Vec<Notary>,
    /// All notaries that are known: those, and what was met before.
    pub known: Vec<Notary>,
    /// What answers are proven with.
    roots: Roots,
    /// The bundles that are here.
    pub bundles: Bundles,
    /// What is remembered of sites; `None` where nothing is to be.
    memory: Option<&'a Memory>,
    /// What the file's site says of who signs there.
    word: Mutex<Option<SiteWord>>,
}

/// So often a site is asked at most, where other processes come to believe something of it meanwhile.
const MOST_LOOKS: usize = 3;

/// A source with all that it needs.
pub enum Asked {
    Notary(Notary),
    Github(github::Question),
    Beside(beside::Question),
    Index(index::Question),
    /// A log, by its address.
    Rekor(String),
}

impl<'a> Sources<'a> {
    /// Those that were chosen, and the bundles that are here. `given` are trust roots that were given as
    /// files.
    ///
    /// # Errors
    /// When nobody is left to be asked and there is no bundle, when a source lacks what it needs, or when
    /// a notary's trust root cannot be had.
    pub fn chosen(
        args: &VerifyArgs,
        subjects: &[Subject],
        whom: &Whom,
        given: &Roots,
        client: &'a Client,
        memory: Option<&'a Memory>,
    ) -> Result<Self, CliError> {
        if args.url.as_deref().is_some_and(|url| !is_address(url)) {
            return Err(usage(
                "--url is no address of a file: it begins with https:// and the host (or with http://, of \
                 which nobody is asked)",
            ));
        }
        if args.url.is_some() && !matches!(subjects, [Subject::File(_)]) {
            return Err(usage(
                "--url is the address of one file: give one file with it",
            ));
        }
        if args.bundle.is_some() && subjects.len() != 1 {
            return Err(usage(
                "--bundle is that of one file: give one file with it, or none to use those that lie \
                 beside the files",
            ));
        }
        let Choice {
            asked,
            notaries,
            named,
            attached,
        } = choose(args, subjects, whom.policy(), client)?;
        let public = roots::public().and(given);
        let roots = notaries
            .iter()
            .fold(public, |roots, known| roots.and(&known.root));
        let notaries: Vec<Notary> = notaries.into_iter().map(|known| known.notary).collect();
        // A bundle may be of any notary that was ever met.
        let mut known = notaries.clone();
        // What was met may have been followed further than the policy has it.
        let others = contact::pinned().into_iter();
        for other in others.chain(whom.policy().notaries.iter().cloned()) {
            if known.iter().all(|one| one.root_id() != other.root_id()) {
                known.push(other);
            }
        }
        let met = known.iter().skip(notaries.len());
        let met = met.filter_map(|notary| notary::own_root(notary).ok());
        // Those that are asked go first, whatever others say of theirs.
        let all = met.fold(roots.clone(), |roots, own| roots.and(&own));
        let bundles = Bundles::new(args.bundle.as_deref(), all)?;
        let nobody = asked.is_empty() && attached.is_none();
        if nobody && !args.offline && !bundles.has_any(subjects) {
            return Err(usage(
                "nobody to ask: give --notary (or `assay login`), --policy, --url with the https address of the \
                 download, --source rekor, or --rekor; or a bundle, beside the file or with --bundle; for images on this machine, \
                 --source registry asks where they are from",
            ));
        }
        Ok(Self {
            client,
            asked,
            attached,
            offline: args.offline,
            names: whom.searched(),
            minisign: whom.minisign(),
            named,
            notaries,
            known,
            roots,
            bundles,
            memory,
            word: Mutex::default(),
        })
    }

    /// Whether there is a project or a site of which something can be remembered.
    pub fn can_remember(&self) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|asked| !matches!(asked, Asked::Notary(_) | Asked::Rekor(_)))
    }

    /// What is remembered of the file's site since it was asked.
    pub fn site(&self) -> Option<SiteMemory> {
        self.word().as_ref().map(|word| word.memory().clone())
    }

    /// Whoever had it before left it whole.
    fn word(&self) -> MutexGuard<'_, Option<SiteWord>> {
        self.word.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks all of them about a digest, and proves the bundle that is here. What logs show is compared
    /// with what is remembered of them, and written down, before this returns.
    ///
    /// # Errors
    /// When the file must be read once more, and cannot be or has changed.
    pub async fn ask(
        &self,
        comparing: &Comparing<'_>,
        artifact: &Artifact,
    ) -> Result<Vec<Evidence>, CliError> {
        let mut evidence = Vec::new();
        let digests = artifact.digests();
        let is_one_of_several = |digest: &Sha256Digest| (digests.len() > 1).then_some(*digest);
        let places = match self.attached {
            Some(everywhere) => attached::places(artifact, everywhere),
            None => Vec::new(),
        };
        // Side by side, so that one that hangs costs the others nothing.
        let asked = digests.iter().flat_map(|digest| {
            let sources = self.asked.iter();
            sources.map(async |source| (*digest, self.ask_one(source, artifact, *digest).await))
        });
        let attached = places.iter().map(async |(digest, place)| {
            let notary = self.named.as_ref().filter(|_| !self.offline);
            let roots = &self.bundles.roots;
            let all = attached::ask_with(self.client, notary, place, digest, roots).await;
            let all = all.into_iter().map(|one| (*digest, Ok(one)));
            all.collect::<Vec<_>>()
        });
        let (mut answers, more) = join(join_all(asked), join_all(attached)).await;
        answers.extend(more.into_iter().flatten());
        let mut unread = None;
        for (digest, answer) in answers {
            match answer {
                Ok((mut found, log)) => {
                    found.about = is_one_of_several(&digest);
                    let log = log.as_ref().map(|(root, address)| (root, *address));
                    comparing.compare(&mut found, log).await;
                    evidence.push(found);
                }
                Err(error) => unread = Some(error),
            }
        }
        if let Some(error) = unread {
            return Err(error);
        }
        if let Some(mut found) = self.bundles.prove(self.client, artifact).await? {
            // After the others, whose logs were asked for what they are now: it shows an earlier state,
            // of which no log is asked.
            found.about = is_one_of_several(&artifact.digest);
            comparing.compare(&mut found, None).await;
            evidence.push(found);
        }
        // Whom a site declares may have signed what another source has.
        if let Some(word) = &*self.word() {
            word.mark(&mut evidence);
        }
        Ok(evidence)
    }

    /// What one source has about one of an artifact's digests, and where the log of which root can be
    /// asked for proofs.
    async fn ask_one<'s>(
        &self,
        source: &'s Asked,
        artifact: &Artifact,
        digest: Sha256Digest,
    ) -> Result<(Evidence, Option<(RootId, &'s str)>), CliError> {
        let now = roots::now();
        let ask = async |source: &mut dyn assay_sources::Source| {
            driver::ask(self.client, source, &self.roots, &digest.into(), now).await
        };
        Ok(match source {
            Asked::Notary(notary) => {
                let evidence = ask(&mut notary::Inquiry::new(notary, digest)).await;
                (evidence, Some((notary.root_id(), &notary.address)))
            }
            Asked::Github(question) => {
                let evidence = ask(&mut github::Inquiry::new(question, digest)).await;
                (evidence, None)
            }
            Asked::Beside(question) => {
                let evidence = self.look_beside(question, artifact, now).await?;
                (evidence, None)
            }
            Asked::Index(question) => {
                let mut inquiry = index::Inquiry::new(question);
                let digests = match question.needs_sha512() {
                    true => artifact.more_digests()?,
                    false => artifact.digest.into(),
                };
                let evidence =
                    driver::ask(self.client, &mut inquiry, &self.roots, &digests, now).await;
                (evidence, None)
            }
            Asked::Rekor(address) => {
                let mut inquiry = rekor::Inquiry::new(address, digest, &self.names);
                let evidence = ask(&mut inquiry).await;
                // Sigstore's own can be asked for proofs of its history there.
                let log = (address == PUBLIC_REKOR).then_some((RootId::sigstore(), PUBLIC_REKOR));
                (evidence, log)
            }
        })
    }

    /// Looks beside the file, by what is remembered of its site. What the site says is remembered
    /// before this returns.
    async fn look_beside(
        &self,
        question: &beside::Question,
        artifact: &Artifact,
        now: i64,
    ) -> Result<Evidence, CliError> {
        let unusable = |error: CliError| Ok(beside::unusable(question, &error.to_string()));
        let Some(memory) = self.memory else {
            let nothing = Site::default();
            let found = self.look(question, &nothing, artifact, now).await?;
            return Ok(found.0);
        };
        for _ in 0..MOST_LOOKS {
            // What is remembered and cannot be read must not be taken for a first sight.
            let known = match memory.read::<Site>(question.host()) {
                Ok(known) => known.unwrap_or_default(),
                Err(error) => return unusable(error),
            };
            let (evidence, new) = self.look(question, &known, artifact, now).await?;
            match remember(memory, question.host(), &known, &new) {
                Ok(true) => return Ok(evidence),
                // Another process came to believe something meanwhile: that counts here, too.
                Ok(false) => {}
                Err(error) => return unusable(error),
            }
        }
        unusable(CliError::Memory(
            "it changed again and again meanwhile; try again".to_owned(),
        ))
    }

    /// What lies beside the file, and what is to be remembered of the site then.
    async fn look(
        &self,
        question: &beside::Question,
        known: &Site,
        artifact: &Artifact,
        now: i64,
    ) -> Result<(Evidence, Site), CliError> {
        let Site { word, mut habits } = known.clone();
        let keys = self.minisign.clone();
        let project = beside::project(question, &word);
        let is_signed = match (self.memory, project) {
            (Some(memory), Some(project)) => {
                let known = memory.read::<Project>(&project).ok().flatten();
                known.is_some_and(|known| known.signs(&question.ending()))
            }
            _ => false,
        };
        let mut digests = match habits.needs_sha512() {
            true => artifact.more_digests()?,
            false => artifact.digest.into(),
        };
        let (mut inquiry, mut evidence);
        loop {
            let (word, keys) = (word.clone(), keys.clone());
            inquiry = beside::Inquiry::new(question, &habits, word, keys, now).expecting(is_signed);
            evidence = driver::ask(self.client, &mut inquiry, &self.roots, &digests, now).await;
            if !inquiry.wanted().digests || digests.sha512.is_some() {
                break;
            }
            digests = artifact.more_digests()?;
            inquiry.note(&mut habits);
        }
        inquiry.note(&mut habits);
        let wanted = inquiry.wanted().clone();
        // Read once more for signatures over the file itself, and lists of SHA-512. That these could not
        // be looked at must not be taken for their absence.
        if let Some(found) = artifact.closer(&wanted)? {
            minisigned::settle(&wanted, &found, &digests, true, &mut evidence);
        }
        let word = inquiry.into_word();
        let site = Site {
            word: word.memory().clone(),
            habits,
        };
        *self.word() = Some(word);
        Ok((evidence, site))
    }
}

/// Whether a file can be downloaded from there.
fn is_address(url: &str) -> bool {
    let is_of_web = ["https://", "http://"].into_iter().any(|start| {
        url.get(..start.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(start))
    });
    is_of_web && host_of(url).is_some() && !url.contains(char::is_whitespace)
}

/// Remembers a site as it is now; not where another process came to believe something else of it than
/// was known here.
fn remember(memory: &Memory, host: &str, known: &Site, new: &Site) -> Result<bool, CliError> {
    let is_as_known = |stored: Option<Site>| {
        let stored = stored.unwrap_or_default().word;
        let believed = (&stored.declaration, &stored.offered, stored.since);
        believed
            == (
                &known.word.declaration,
                &known.word.offered,
                known.word.since,
            )
    };
    if new == known {
        return Ok(is_as_known(memory.read(host)?));
    }
    let write = || {
        let turn = memory.lock::<Site>()?;
        if !is_as_known(memory.read(host)?) {
            return Ok(false);
        }
        memory.write(host, new, &turn).map(|()| true)
    };
    match write() {
        // Next time the usual names are tried once more, which is all.
        Err(error) if is_as_known(Some(new.clone())) => {
            output::note(&format!("warning: {error}"));
            Ok(is_as_known(memory.read(host)?))
        }
        written => written,
    }
}

fn usage(words: &str) -> CliError {
    CliError::Usage(words.to_owned())
}
