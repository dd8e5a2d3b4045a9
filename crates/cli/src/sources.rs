//! The sources that `assay verify` asks: the same as the extension's, with the same answers.

use crate::attached;
use crate::client::Client;
use crate::contact::{self, KnownNotary};
use crate::error::CliError;
use crate::logs::Comparing;
use crate::memory::{Memory, Site};
use crate::subject::{Artifact, Kind, Subject};
use crate::verify_args::{Source, VerifyArgs};
use crate::{output, roots};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::minisign::MinisignKey;
use assay_core::project::Project;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, PUBLIC_REKOR, github_token, notary_address};
use assay_core::signer::RootId;
use assay_core::site::host_of;
use assay_sources::site_word::{SiteMemory, SiteWord};
use assay_sources::{beside, driver, github, index, minisigned, notary, rekor};
use futures_util::future::{join, join_all};
use std::cell::RefCell;

/// Who is asked, about files from where.
pub struct Sources<'a> {
    client: &'a Client,
    asked: Vec<Asked>,
    /// Whether it is asked what is attached to images; `true` for also where those are from that Docker
    /// or Podman has.
    attached: Option<bool>,
    /// The e-mail addresses of signers, which a log is searched for.
    names: Vec<rekor::Name>,
    /// Minisign's keys among the signers.
    minisign: Vec<MinisignKey>,
    /// The notary, where one was named and is asked.
    pub notary: Option<KnownNotary>,
    /// What all answers are proven with.
    pub roots: Roots,
    /// What is remembered of sites; `None` where nothing is to be.
    memory: Option<&'a Memory>,
    /// What the file's site says of who signs there.
    word: RefCell<Option<SiteWord>>,
}

/// So often a site is asked at most, where other processes come to believe something of it meanwhile.
const MOST_LOOKS: usize = 3;

/// A source with all that it needs.
enum Asked {
    Notary(Notary),
    Github(github::Question),
    Beside(beside::Question),
    Index(index::Question),
    /// A log, by its address.
    Rekor(String),
}

impl<'a> Sources<'a> {
    /// Those that were chosen; without a choice the notary, if one is named, and what the address
    /// has of its own: GitHub, or the file's directory.
    ///
    /// # Errors
    /// When nobody is left to be asked, when a source lacks what it needs, or when the notary's trust
    /// root cannot be had.
    pub fn chosen(
        args: &VerifyArgs,
        client: &'a Client,
        memory: Option<&'a Memory>,
    ) -> Result<Self, CliError> {
        let url = args.url.as_deref();
        if url.is_some() && !matches!(args.subjects.all()?[..], [Subject::File(_)]) {
            return Err(usage(
                "--url is the address of one file: give one file with it",
            ));
        }
        let mut github = url.and_then(|url| github::Question::about(url, url, None));
        if let (Some(question), Some(token)) = (&mut github, &args.github_token) {
            let token = github_token(token);
            question.token =
                Some(token.ok_or_else(|| usage("--github-token is no token of GitHub's"))?);
        }
        let beside = url.and_then(|url| beside::Question::about(url, url, None));
        let address = args.index.as_deref();
        let address = address.map(|typed| -> Result<String, CliError> {
            let (index, files) = typed.trim().split_once(' ').unwrap_or((typed, ""));
            let index = notary_address(index);
            let index = index.ok_or_else(|| usage("--index is no https address of an index"))?;
            let host = notary_address(files).and_then(|files| host_of(&files));
            match host {
                Some(host) => Ok(format!("{index} {host}")),
                None if files.is_empty() => Ok(index),
                None => Err(usage("what follows --index's address is no host")),
            }
        });
        let address = address.transpose()?;
        let index = address
            .zip(url)
            .and_then(|(address, url)| index::Question::about(&address, url));
        let mut wanted = args.source.clone();
        if wanted.is_empty() {
            wanted.extend(args.notary.is_some().then_some(Source::Notary));
            wanted.extend(github.is_some().then_some(Source::Github));
            wanted.extend(beside.is_some().then_some(Source::Beside));
            wanted.extend(index.is_some().then_some(Source::Index));
            let subjects = match args.all_images {
                true => Vec::new(),
                false => args.subjects.all()?,
            };
            let mut kinds = subjects.iter().map(Subject::kind);
            let has_some = kinds.any(|kind| matches!(kind, Kind::Image | Kind::Oci));
            wanted.extend(has_some.then_some(Source::Registry));
        }
        wanted.sort();
        wanted.dedup();
        let mut notary = None;
        let mut asked = Vec::new();
        let mut attached = None;
        for source in wanted {
            asked.push(match source {
                Source::Notary => {
                    let address = args.notary.as_deref();
                    let address =
                        address.ok_or_else(|| usage("the source notary needs --notary"))?;
                    let known = contact::contact(client, address, args.fingerprint.as_deref())?;
                    let named = known.notary.clone();
                    notary = Some(known);
                    Asked::Notary(named)
                }
                Source::Github => Asked::Github(github.clone().ok_or_else(|| {
                    usage("the source github needs --url with an address of a repository there")
                })?),
                Source::Beside => Asked::Beside(beside.clone().ok_or_else(|| {
                    usage("the source beside needs --url with the plain https address of a file")
                })?),
                Source::Rekor => Asked::Rekor(PUBLIC_REKOR.to_owned()),
                Source::Registry => {
                    attached = Some(args.source.contains(&Source::Registry));
                    continue;
                }
                Source::Index => Asked::Index(index.clone().ok_or_else(|| {
                    usage("the source index needs --index, and --url with an address of a file that it serves")
                })?),
            });
        }
        if let (Some(_), Some(address), None) = (attached, &args.notary, &notary) {
            // It is not asked, and what is attached is proven under its root.
            notary = Some(contact::contact(
                client,
                address,
                args.fingerprint.as_deref(),
            )?);
        }
        for typed in &args.rekor {
            let address = notary_address(typed);
            let address = address.ok_or_else(|| usage("--rekor is no https address of a log"))?;
            asked.push(Asked::Rekor(address));
        }
        if asked.is_empty() && attached.is_none() {
            return Err(usage(
                "nobody to ask: give --notary, --url with the https address of the download, \
                 --source rekor, or --rekor; for images on this machine, --source registry asks where \
                 they are from",
            ));
        }
        let public = roots::public();
        let roots = match &notary {
            Some(known) => public.and(&known.root),
            None => public,
        };
        let names = args.signer.iter().filter(|name| name.contains('@'));
        let names = names.map(|name| rekor::Name::Email(name.clone()));
        Ok(Self {
            client,
            asked,
            attached,
            minisign: args
                .signer
                .iter()
                .filter_map(|name| MinisignKey::parse(name))
                .collect(),
            names: names.collect(),
            notary,
            roots,
            memory,
            word: RefCell::default(),
        })
    }

    /// Whether there is a project or a site of which something can be remembered.
    pub fn can_remember(&self) -> bool {
        let mut asked = self.asked.iter();
        asked.any(|asked| !matches!(asked, Asked::Notary(_) | Asked::Rekor(_)))
    }

    /// What is remembered of the file's site since it was asked.
    pub fn site(&self) -> Option<SiteMemory> {
        self.word
            .borrow()
            .as_ref()
            .map(|word| word.memory().clone())
    }

    /// Asks all of them about a digest. What logs show is compared with what is remembered of them,
    /// and written down, before this returns.
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
            let notary = self.notary.as_ref().map(|known| &known.notary);
            let all = attached::ask_with(self.client, notary, place, digest, &self.roots).await;
            let all = all.into_iter().map(|one| (*digest, Ok(one)));
            all.collect::<Vec<_>>()
        });
        let (mut answers, more) = join(join_all(asked), join_all(attached)).await;
        answers.extend(more.into_iter().flatten());
        let mut unread = None;
        for (digest, answer) in answers {
            match answer {
                Ok((mut found, log)) => {
                    found.about = (digests.len() > 1).then_some(digest);
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
        // Whom a site declares may have signed what another source has.
        if let Some(word) = &*self.word.borrow() {
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
            minisigned::settle(&wanted, &found, true, &mut evidence);
        }
        let word = inquiry.into_word();
        let site = Site {
            word: word.memory().clone(),
            habits,
        };
        self.word.replace(Some(word));
        Ok((evidence, site))
    }
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
