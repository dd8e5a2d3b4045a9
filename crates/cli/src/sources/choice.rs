//! Who is asked: whom the command line names, and whom a policy has.

use super::Asked;
use crate::client::Client;
use crate::contact::{self, KnownNotary, contact, contact_given, met};
use crate::error::CliError;
use crate::line_check::is_blank;
use crate::secret::{Secret, Shared};
use crate::subject::{Kind, Subject};
use crate::verify_args::{Source, VerifyArgs};
use assay_core::settings::{Notary, PUBLIC_REKOR, Settings, github_token, notary_address};
use assay_core::site::host_of;
use assay_sources::{beside, github, index};
use std::path::Path;

/// Who is asked.
#[derive(Default)]
pub struct Choice {
    /// Everybody.
    pub asked: Vec<Asked>,
    /// The notaries among them, or where nobody is asked those that would be.
    pub notaries: Vec<KnownNotary>,
    /// The one whose names the user means: the one that they named, or the only one.
    pub named: Option<Notary>,
    /// Whether it is asked what is attached to images; `true` for also where those are from that Docker
    /// or Podman has.
    pub attached: Option<bool>,
}

/// Those that were chosen; without a choice the notaries, and what the address has of its own: GitHub,
/// or the file's directory.
///
/// # Errors
/// When a source lacks what it needs, or when a notary's trust root cannot be had.
pub fn choose(
    args: &VerifyArgs,
    subjects: &[Subject],
    policy: &Settings,
    client: &Client,
) -> Result<Choice, CliError> {
    let enabled = policy.notaries.iter().filter(|notary| notary.enabled);
    let asks_notary = args.source.is_empty() || args.source.contains(&Source::Notary);
    let is_login_meant = asks_notary && enabled.clone().next().is_none();
    // The one that was named; else, where neither a policy nor other sources are, that of the login.
    let typed = match args.which.notary.is_some() || is_login_meant {
        true => contact::chosen(args.which.notary.as_deref())?,
        false => None,
    };
    let mut choice = Choice::default();
    let mut kinds = subjects.iter().map(Subject::kind);
    let has_attached = kinds.any(|kind| matches!(kind, Kind::Image | Kind::Oci));
    if args.offline {
        if subjects.iter().any(|one| one.kind() == Kind::Image) {
            return Err(usage(
                "image: asks a registry, which --offline does not: save the image, and give oci:PATH",
            ));
        }
        choice.attached = has_attached.then_some(false);
        if let Some(address) = &typed {
            let given = given(policy, address);
            let named = met(address, given, args.which.fingerprint.as_deref())?;
            choice.add(named);
        }
        for notary in enabled {
            choice.add(met(&notary.address, Some(notary), None)?);
        }
        choice.name(typed.as_deref(), args);
        return Ok(choice);
    }
    let url = args.url.as_deref();
    let mut github = url.and_then(|url| github::Question::about(url, url, None));
    let beside = url.and_then(|url| beside::Question::about(url, url, None));
    let index = args.index.as_deref().map(index_address).transpose()?;
    let indexes = index.iter().chain(&policy.indexes);
    let mut indexes: Vec<index::Question> = indexes
        .filter_map(|address| index::Question::about(address, url?))
        .collect();
    let mut wanted = args.source.clone();
    if wanted.is_empty() {
        let any_notary = typed.is_some() || enabled.clone().next().is_some();
        wanted.extend(any_notary.then_some(Source::Notary));
        wanted.extend((github.is_some() && policy.github).then_some(Source::Github));
        wanted.extend(beside.is_some().then_some(Source::Beside));
        wanted.extend((!indexes.is_empty()).then_some(Source::Index));
        wanted.extend(has_attached.then_some(Source::Registry));
    }
    wanted.sort();
    wanted.dedup();
    for source in wanted {
        match source {
            Source::Notary => {
                if let Some(address) = &typed {
                    let fingerprint = args.which.fingerprint.as_deref();
                    choice.ask(match given(policy, address) {
                        Some(given) => contact_given(client, given, fingerprint)?,
                        None => contact(client, address, fingerprint)?,
                    });
                }
                for notary in enabled.clone() {
                    if !choice.has(&notary.address) {
                        choice.ask(contact_given(client, notary, None)?);
                    }
                }
                if choice.notaries.is_empty() {
                    return Err(usage("the source notary needs --notary, or `assay login`"));
                }
            }
            Source::Github => {
                let mut question = github.take().ok_or_else(|| {
                    usage("the source github needs --url with an address of a repository there")
                })?;
                question.token = token_of_github(args.github_token_file.as_deref())?;
                choice.asked.push(Asked::Github(question));
            }
            Source::Beside => {
                let question = beside.clone();
                choice.asked.push(Asked::Beside(question.ok_or_else(|| {
                    usage("the source beside needs --url with the plain https address of a file")
                })?));
            }
            Source::Registry => choice.attached = Some(args.source.contains(&Source::Registry)),
            Source::Rekor => choice.asked.push(Asked::Rekor(PUBLIC_REKOR.to_owned())),
            Source::Index if indexes.is_empty() => {
                return Err(usage(
                    "the source index needs --index, and --url with an address of a file that it serves",
                ));
            }
            Source::Index => choice.asked.extend(indexes.drain(..).map(Asked::Index)),
        }
    }
    if let (Some(_), Some(address)) = (choice.attached, &typed)
        && choice.notaries.is_empty()
    {
        // It is not asked, and what is attached is proven under its root.
        let fingerprint = args.which.fingerprint.as_deref();
        choice.add(contact(client, address, fingerprint)?);
    }
    let mut rekors = Vec::new();
    for typed in &args.rekor {
        let address = notary_address(typed);
        rekors.push(address.ok_or_else(|| usage("--rekor is no https address of a log"))?);
    }
    if args.source.is_empty() {
        rekors.extend(policy.rekors.iter().cloned());
    }
    rekors.dedup();
    choice.asked.extend(rekors.into_iter().map(Asked::Rekor));
    choice.name(typed.as_deref(), args);
    Ok(choice)
}

impl Choice {
    /// Asks a notary.
    fn ask(&mut self, known: KnownNotary) {
        self.asked.push(Asked::Notary(known.notary.clone()));
        self.add(known);
    }

    fn add(&mut self, known: KnownNotary) {
        if !self.has(&known.notary.address) {
            self.notaries.push(known);
        }
    }

    fn has(&self, address: &str) -> bool {
        let mut notaries = self.notaries.iter();
        notaries.any(|known| known.notary.address == address)
    }

    /// Finds whose names are meant.
    fn name(&mut self, typed: Option<&str>, args: &VerifyArgs) {
        let typed = typed.and_then(notary_address);
        let mut known = self.notaries.iter().map(|known| &known.notary);
        let named = match (&typed, self.notaries.len()) {
            (Some(address), _) => known.find(|notary| notary.address == *address).cloned(),
            (None, 1) => known.next().cloned(),
            (None, _) => None,
        };
        // One that is named and not asked is known only if it was met.
        let met = || met(typed.as_deref()?, None, args.which.fingerprint.as_deref()).ok();
        self.named = named.or_else(|| met().map(|known| known.notary));
    }
}

/// The notary at an address as a policy has it.
fn given<'a>(policy: &'a Settings, address: &str) -> Option<&'a Notary> {
    let address = notary_address(address)?;
    let mut notaries = policy.notaries.iter();
    notaries.find(|notary| notary.address == address)
}

/// The token that GitHub is to be asked with, if there is one.
fn token_of_github(file: Option<&Path>) -> Result<Option<String>, CliError> {
    let (given, place) = match file {
        Some(file) => {
            let option = "--github-token-file";
            let given = Secret::of_file(file, option, Shared::Refused)?;
            (Some(given), option)
        }
        None => {
            let variable = "ASSAY_GITHUB_TOKEN";
            let given = Secret::of_environment(variable)?;
            (given.filter(|given| !is_blank(given.expose())), variable)
        }
    };
    let token = given.map(|given| {
        let token = github_token(given.expose());
        token
            .ok_or_else(|| CliError::Usage(format!("{place}: there is no token of GitHub's in it")))
    });
    token.transpose()
}

/// The address of an index, and after a space the host that its files are on.
fn index_address(typed: &str) -> Result<String, CliError> {
    let (index, files) = typed.trim().split_once(' ').unwrap_or((typed, ""));
    let index = notary_address(index);
    let index = index.ok_or_else(|| usage("--index is no https address of an index"))?;
    let host = notary_address(files).and_then(|files| host_of(&files));
    match host {
        Some(host) => Ok(format!("{index} {host}")),
        None if files.is_empty() => Ok(index),
        None => Err(usage("what follows --index's address is no host")),
    }
}

fn usage(words: &str) -> CliError {
    CliError::Usage(words.to_owned())
}
