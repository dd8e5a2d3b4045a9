//! `assay roots`: the trust roots of Sigstore and GitHub, how old they are, and newer ones.

pub mod args;
mod files;
#[cfg(test)]
mod tests;

use crate::client::{self, Client};
use crate::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::report::{FailureReport, TrustRootReport};
use args::{RootsArgs, RootsCommand};
use assay_core::proof::ReadBundle;
use assay_core::refresh_error::{RefreshCheck, RefreshError};
use assay_core::root_store::{Freshness, RootReport, StaleRoot, day};
use assay_core::roots::{Realm, Roots};
use assay_core::signer::RootId;
use assay_core::trust_root::{TrustRoot, TrustRootError, fingerprint};
use assay_sources::tuf::{Origin, refresh, report, trust_root};
use files::RootFiles;
use serde::Serialize;
use serde_json::json;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Shows the trust roots, and refreshes them where that is asked for.
///
/// # Errors
/// When what is stored cannot be read. That a refresh failed is told with the root.
pub fn run(args: &RootsArgs) -> Result<Exit, CliError> {
    let files = RootFiles::of_this_user()?;
    let origins = Origin::all();
    let (results, exit) = match &args.command {
        None => (list(&origins, &files, now())?, Exit::DONE),
        Some(RootsCommand::Refresh(wanted)) => {
            let wanted = |origin: &Origin| {
                let id = origin.root.as_str();
                wanted.roots.is_empty() || wanted.roots.iter().any(|root| root == id)
            };
            let origins: Vec<Origin> = origins.into_iter().filter(wanted).collect();
            refresh_all(&origins, &files, &Client::new(), now())?
        }
    };
    if args.json {
        output::json(&json!({ "schema": "assay.roots.v1", "roots": results }))?;
    } else {
        for result in &results {
            output::say(&result.text())?;
        }
    }
    Ok(exit)
}

/// The trust root that proofs under this name are checked against, as this user last refreshed it,
/// and what is to be said about its age.
///
/// # Errors
/// When what is stored cannot be read, or there is no repository for the root.
pub fn in_use(root: &RootId) -> Result<(TrustRoot, Option<StaleRoot>), CliError> {
    let origin = Origin::all()
        .into_iter()
        .find(|origin| origin.root == *root)
        .ok_or_else(|| CliError::TrustRoot(format!("{} has no repository", root.name())))?;
    // Where the platform has no place for records, none was ever stored.
    used(&origin, RootFiles::of_this_user().ok().as_ref(), now())
}

/// The public root that a bundle belongs to, as [`in_use`] has it: GitHub's where the bundle says
/// so, else Sigstore's.
///
/// # Errors
/// As [`in_use`].
pub fn of_bundle(bundle: &str) -> Result<(TrustRoot, Option<StaleRoot>), CliError> {
    let sigstore = in_use(&RootId::sigstore())?;
    let Ok(read) = ReadBundle::parse(bundle) else {
        return Ok(sigstore);
    };
    if Realm::of(&sigstore.0).claims(&read) {
        return Ok(sigstore);
    }
    let github = in_use(&RootId::github())?;
    Ok(match Realm::of(&github.0).claims(&read) {
        true => github,
        false => sigstore,
    })
}

/// The trust roots of Sigstore and GitHub as [`in_use`] has them, ready to prove with. One that
/// cannot be read is told and left out: it keeps nobody from proving under another.
pub fn public() -> Roots {
    let files = RootFiles::of_this_user().ok();
    let mut roots = Roots::new();
    for origin in Origin::all() {
        let added = held(&origin, files.as_ref()).and_then(|(root, freshness)| {
            let added = roots.add_refreshed(root, freshness);
            added.map_err(|problem| CliError::TrustRoot(problem.to_string()))
        });
        if let Err(error) = added {
            output::note(&format!("warning: {error}"));
        }
    }
    roots
}

/// The trust root in a file. Where it is, to the letter, one that this user's refreshes led to, that
/// this program carries, or that a pinned notary has, it is known by that one's name; else it is a root of its own. What is
/// stored and cannot be read gives no name to anything.
///
/// # Errors
/// When the file holds no trust root; `path` names it then.
pub fn recognise(path: &Path, json: &str) -> Result<TrustRoot, CliError> {
    let wrong = |error: TrustRootError| CliError::WrongFile {
        path: path.into(),
        detail: error.to_string(),
    };
    let given = fingerprint(json).map_err(wrong)?;
    if let Ok(files) = RootFiles::of_this_user() {
        let is_given = |origin: &Origin| {
            look_at(origin, &files, now()).is_ok_and(|known| known.fingerprint == given)
        };
        if let Some(origin) = Origin::all().into_iter().find(is_given) {
            return TrustRoot::parse(origin.root, json).map_err(wrong);
        }
    }
    let mut notaries = contact::pinned().into_iter();
    let is_given = |root: &str| fingerprint(root).is_ok_and(|one| one == given);
    match notaries.find(|notary| is_given(&notary.trusted_root)) {
        // The same signers as before its keys were changed.
        Some(notary) => TrustRoot::parse(notary.root_id(), json).map_err(wrong),
        None => TrustRoot::recognise(json).map_err(wrong),
    }
}

fn used(
    origin: &Origin,
    files: Option<&RootFiles>,
    now: i64,
) -> Result<(TrustRoot, Option<StaleRoot>), CliError> {
    let (root, freshness) = held(origin, files)?;
    Ok((root, freshness.stale(&origin.root, now)))
}

fn held(origin: &Origin, files: Option<&RootFiles>) -> Result<(TrustRoot, Freshness), CliError> {
    let record = match files {
        Some(files) => files.read(&origin.root)?,
        None => None,
    };
    trust_root(origin, record.as_ref()).map_err(|error| CliError::TrustRoot(error.to_string()))
}

/// A trust root, as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    root: TrustRootReport,
    /// What came of the refresh that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(skip)]
    name: String,
}

/// What came of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// There was a newer trust root, which is in use now.
    Renewed,
    /// The trust root in use is the newest.
    Current,
    /// It failed; the trust root in use stays in use.
    Failed,
}

fn list(origins: &[Origin], files: &RootFiles, now: i64) -> Result<Vec<Shown>, CliError> {
    origins
        .iter()
        .map(|origin| Ok(Shown::of(&look_at(origin, files, now)?, None, now)))
        .collect()
}

fn refresh_all(
    origins: &[Origin],
    files: &RootFiles,
    client: &Client,
    now: i64,
) -> Result<(Vec<Shown>, Exit), CliError> {
    let runtime = client::runtime()?;
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    for origin in origins {
        let _alone = files.lock(&origin.root)?;
        let before = look_at(origin, files, now)?.fingerprint;
        let refreshed = runtime.block_on(refresh(client, files, origin, now));
        let after = look_at(origin, files, now)?;
        let outcome = match refreshed {
            Ok(_) if after.fingerprint == before => Outcome::Current,
            Ok(_) => Outcome::Renewed,
            Err(error) => {
                exit = exit.max(exit_of(&error));
                Outcome::Failed
            }
        };
        results.push(Shown::of(&after, Some(outcome), now));
    }
    Ok((results, exit))
}

fn look_at(origin: &Origin, files: &RootFiles, now: i64) -> Result<RootReport, CliError> {
    let record = files.read(&origin.root)?;
    report(origin, record.as_ref(), now).map_err(|error| CliError::TrustRoot(error.to_string()))
}

fn exit_of(error: &RefreshError) -> Exit {
    match error.check {
        RefreshCheck::Stored => Exit::FAILED,
        _ => Exit::NO_ANSWER,
    }
}

impl Shown {
    fn of(report: &RootReport, outcome: Option<Outcome>, now: i64) -> Self {
        Self {
            root: TrustRootReport::of(report, now),
            outcome,
            name: report.root.name().to_owned(),
        }
    }

    fn text(&self) -> String {
        let root = &self.root;
        let mut lines = vec![
            format!("{} ({})", self.name, root.root),
            format!("  fingerprint {}", root.fingerprint),
            format!("  source      {}", root.address),
        ];
        let refreshed = day(root.refreshed_at);
        lines.push(match root.embedded {
            true => format!("  refreshed   never; came with the program, as of {refreshed}"),
            false => format!("  refreshed   {refreshed}"),
        });
        let mut add = |word: &str, words: &str| {
            lines.push(format!("  {word:<11} {}", output::plain(words)));
        };
        if let Some(stale) = &root.stale {
            add("stale", &stale.text);
        }
        match (self.outcome, &root.last_failure) {
            (Some(Outcome::Renewed), _) => add("now", "renewed"),
            (Some(Outcome::Current), _) => add("now", "this is the newest"),
            (Some(Outcome::Failed), Some(FailureReport { text, .. })) => {
                add("failed", text);
                add("", "The trust root in use stays in use.");
            }
            (Some(Outcome::Failed), None) => add("failed", ""),
            (None, Some(failure)) => {
                add("failed", &format!("{}: {}", day(failure.at), failure.text));
            }
            (None, None) => {}
        }
        lines.join("\n")
    }
}

/// The time in seconds since 1970; 0 where the machine's clock is before that.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}
