//! What lies at the top of a repository without a working tree. No file there is compared with the
//! commit, so none may be there that somebody could take for one of it.

use super::repository::wrong;
use crate::error::CliError;
use crate::subject::manifest::escaped;
use crate::subject::walk;
use std::path::Path;

/// The files that git has at the top of a repository (gitrepository-layout(5)), and those that the
/// programs have there which show it on the web.
const FILES: &[&str] = &[
    "AUTO_MERGE",
    "BISECT_ANCESTORS_OK",
    "BISECT_EXPECTED_REV",
    "BISECT_FIRST_PARENT",
    "BISECT_HEAD",
    "BISECT_LOG",
    "BISECT_NAMES",
    "BISECT_RUN",
    "BISECT_START",
    "BISECT_TERMS",
    "CHERRY_PICK_HEAD",
    "COMMIT_EDITMSG",
    "EDIT_DESCRIPTION",
    "FETCH_HEAD",
    "HEAD",
    "MERGE_AUTOSTASH",
    "MERGE_HEAD",
    "MERGE_MODE",
    "MERGE_MSG",
    "MERGE_RR",
    "NOTES_EDITMSG",
    "ORIG_HEAD",
    "REBASE_HEAD",
    "REVERT_HEAD",
    "SQUASH_MSG",
    "TAG_EDITMSG",
    "category",
    "cgitrc",
    "cloneurl",
    "commondir",
    "config",
    "config.worktree",
    "description",
    "gc.log",
    "gc.pid",
    "git-daemon-export-ok",
    "gitdir",
    "gitk.cache",
    "index",
    "packed-refs",
    "shallow",
];

/// How the names begin of the files with parts of an index (git-update-index(1)).
const SHARED_INDEX: &str = "sharedindex.";

/// The folders that git has there, and those of what works with it.
const FOLDERS: &[&str] = &[
    "NOTES_MERGE_WORKTREE",
    "annex",
    "branches",
    "hooks",
    "info",
    "lfs",
    "logs",
    "modules",
    "objects",
    "rebase-apply",
    "rebase-merge",
    "refs",
    "reftable",
    "remotes",
    "rr-cache",
    "sequencer",
    "svn",
    "worktrees",
];

/// Refuses a repository without a working tree where anything lies at its top that is not git's own.
///
/// # Errors
/// When there is such a thing, the first one by name, or the folder cannot be read.
pub fn refuse_others(path: &Path) -> Result<(), CliError> {
    let failed = |error| CliError::file(path, error);
    let mut others = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let place = entry.map_err(failed)?.path();
        if !is_gits(&place) {
            others.push(place);
        }
    }
    let Some(other) = others.iter().min() else {
        return Ok(());
    };
    let name = other.file_name().unwrap_or_default();
    let name = walk::path_bytes(Path::new(name)).unwrap_or_default();
    Err(wrong(
        path,
        &format!(
            "is a repository without a working tree, and {} lies in it, which is not git's own: nothing \
             there is compared with the commit. Remove it, or name the top directory of a working tree",
            escaped(&name)
        ),
    ))
}

/// Whether git has something of that name and kind at the top of a repository.
fn is_gits(place: &Path) -> bool {
    let name = place.file_name().and_then(|name| name.to_str());
    let (Some(name), Ok(found)) = (name, std::fs::metadata(place)) else {
        return false;
    };
    if found.is_dir() {
        return FOLDERS.contains(&name);
    }
    // While git writes a file it has another beside it.
    let name = name.strip_suffix(".lock").unwrap_or(name);
    found.is_file() && (FILES.contains(&name) || name.starts_with(SHARED_INDEX))
}
