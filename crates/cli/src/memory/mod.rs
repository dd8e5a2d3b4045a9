//! What is remembered of projects and sites, and `assay memory`.

pub mod args;
mod files;
mod shown;
#[cfg(test)]
mod tests;

pub use files::{Memory, Remembered, Site};

use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use args::{MemoryArgs, MemoryCommand};
use assay_core::project::Project;
use serde_json::json;
use shown::{ShownProject, ShownSite};

/// `assay memory`.
///
/// # Errors
/// When what is remembered cannot be changed, or there is nothing under a name.
pub fn run(args: &MemoryArgs) -> Result<Exit, CliError> {
    let memory = Memory::of_this_user()?;
    match &args.command {
        None => list(&memory, args.json),
        Some(MemoryCommand::Forget(forgotten)) => forget(&memory, &forgotten.name, args.json),
    }
}

fn list(memory: &Memory, as_json: bool) -> Result<Exit, CliError> {
    let (projects, mut problems) = memory.all::<Project>();
    let (sites, more) = memory.all::<Site>();
    problems.extend(more);
    let projects: Vec<ShownProject> = projects.iter().map(Into::into).collect();
    let sites: Vec<ShownSite> = sites.iter().map(Into::into).collect();
    let unreadable: Vec<String> = problems.iter().map(ToString::to_string).collect();
    if as_json {
        output::json(&json!({
            "schema": "assay.memory.v1",
            "projects": projects,
            "sites": sites,
            "unreadable": unreadable,
        }))?;
    } else {
        let texts = projects.iter().map(ShownProject::text);
        for text in texts.chain(sites.iter().map(ShownSite::text)) {
            output::say(&text)?;
        }
        if projects.is_empty() && sites.is_empty() && unreadable.is_empty() {
            output::note("no project and no site is remembered yet");
        }
    }
    for problem in &unreadable {
        output::complain(problem);
    }
    Ok(match unreadable.is_empty() {
        true => Exit::DONE,
        false => Exit::FAILED,
    })
}

/// Forgets a project; or a site with all projects that are its own: as long as one of these were
/// remembered, the site would not be seen for the first time.
fn forget(memory: &Memory, name: &str, as_json: bool) -> Result<Exit, CliError> {
    let mut projects = vec![name.to_owned(), name.to_ascii_lowercase()];
    let mut sites = Vec::new();
    if !name.contains('/') {
        let host = name.to_ascii_lowercase();
        let below = format!("{host}/");
        let (known, problems) = memory.all::<Project>();
        for problem in problems {
            output::note(&format!("warning: {problem}"));
        }
        let known = known.into_iter().map(|kept| kept.name);
        projects = known.filter(|known| known.starts_with(&below)).collect();
        sites.push(host);
    }
    projects.dedup();
    let mut forgotten = forget_all::<Project>(memory, &projects)?;
    forgotten.extend(forget_all::<Site>(memory, &sites)?);
    if forgotten.is_empty() {
        return Err(CliError::Memory(format!(
            "nothing is remembered of {name:?}; `assay memory` shows of what something is"
        )));
    }
    if as_json {
        output::json(&json!({ "schema": "assay.memory.forgotten.v1", "forgotten": forgotten }))?;
    } else {
        for name in &forgotten {
            output::say(&format!("{}: forgotten", output::plain(name)))?;
        }
    }
    Ok(Exit::DONE)
}

fn forget_all<T: Remembered>(memory: &Memory, names: &[String]) -> Result<Vec<String>, CliError> {
    let mut forgotten = Vec::new();
    // Where nothing was ever written, nothing is made.
    for name in names.iter().filter(|name| memory.has::<T>(name)) {
        if memory.forget(name, &memory.lock::<T>()?)? {
            forgotten.push(name.clone());
        }
    }
    Ok(forgotten)
}
