//! A directory as a subject.

use super::ignored::{self, Ignored};
use super::manifest::{Entry, Manifest, Node};
use super::walk::{self, Found, What};
use crate::error::CliError;
use crate::input;
use assay_core::digest::Sha256Digest;
use serde::Serialize;
use std::collections::HashSet;
use std::io;
use std::path::Path;

/// The file at a directory's top that says what is left out.
pub const IGNORE_FILE: &str = ".assayignore";

const FIRST_LINE: &str = "assay directory manifest 1\n";
const WITHOUT_GIT: &str = "left-out\t.git\n";

/// What is told of a directory beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DirectoryReport {
    /// How many lines its manifest has, without those before the first entry.
    pub entries: usize,
    /// How much was left out, as `.assayignore` or an option says: a directory counts once.
    pub left_out: usize,
}

/// Reads a directory whole; with `without_git`, without everything in it that is named `.git`.
///
/// # Errors
/// When anything in it cannot be read, is no file, link or directory, or changes meanwhile.
pub fn read(root: &Path, without_git: bool) -> Result<(Manifest, DirectoryReport), CliError> {
    let patterns = patterns(root)?;
    let list = || list(root, without_git, patterns.as_ref().map(|(found, _)| found));
    let (found, left_out) = list()?;
    let mut entries = walk::entries(root, found.iter())?;
    walk::require_same(root, &found, &list()?.0)?;
    require_patterns(root, patterns.as_ref().map(|(_, digest)| digest), &entries)?;
    entries.extend(empty(&found));
    let head = match without_git {
        true => format!("{FIRST_LINE}{WITHOUT_GIT}"),
        false => FIRST_LINE.to_owned(),
    };
    let report = DirectoryReport {
        entries: entries.len(),
        left_out,
    };
    let manifest = Manifest::new(head, entries);
    let manifest = manifest.ok_or_else(|| CliError::WrongFile {
        path: root.to_owned(),
        detail: "two things in it have the same name".into(),
    })?;
    Ok((manifest, report))
}

/// All that counts, and how much does not.
fn list(
    root: &Path,
    without_git: bool,
    patterns: Option<&Ignored>,
) -> Result<(Vec<Found>, usize), CliError> {
    let mut left_out = 0;
    let found = walk::walk(root, |path, metadata| {
        let is_git = without_git && path.file_name().is_some_and(|name| name == ".git");
        // What has no such path is an error, not left out.
        let bytes = walk::path_bytes(path).unwrap_or_default();
        let is_ignored = patterns
            .and_then(|patterns| patterns.decides(&bytes, metadata.is_dir()))
            .unwrap_or(false);
        // What says what is left out is never left out itself.
        let is_out = is_git || (is_ignored && path != Path::new(IGNORE_FILE));
        left_out += usize::from(is_out);
        Ok(is_out)
    })?;
    Ok((found, left_out))
}

/// The directories below which nothing was found.
fn empty(found: &[Found]) -> Vec<Entry> {
    let parent = |path: &[u8]| {
        let slash = path.iter().rposition(|byte| *byte == b'/')?;
        path.get(..slash).map(<[u8]>::to_owned)
    };
    let full: HashSet<Vec<u8>> = found.iter().filter_map(|one| parent(&one.path)).collect();
    let directories = found.iter().filter(|one| one.what == What::Directory);
    directories
        .filter(|one| !full.contains(&one.path))
        .map(|one| Entry {
            path: one.path.clone(),
            node: Node::Directory,
        })
        .collect()
}

/// The patterns of what is left out, if there are any, and the digest of their file.
fn patterns(root: &Path) -> Result<Option<(Ignored, Sha256Digest)>, CliError> {
    let place = root.join(IGNORE_FILE);
    match std::fs::symlink_metadata(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::file(&place, error)),
        Ok(metadata) if !metadata.is_file() => {
            return Err(CliError::WrongFile {
                path: place,
                detail: "says what is left out, and must be a file, no link or directory".into(),
            });
        }
        Ok(_) => {}
    }
    let content = input::bytes(&place, ignored::MAX_BYTES)?;
    Ok(Some((Ignored::parse(&content), Sha256Digest::of(&content))))
}

/// Refuses patterns that are not those in the manifest.
fn require_patterns(
    root: &Path,
    used: Option<&Sha256Digest>,
    entries: &[Entry],
) -> Result<(), CliError> {
    let mut listed = entries.iter();
    let listed = listed.find(|entry| entry.path == IGNORE_FILE.as_bytes());
    let listed = listed.and_then(|entry| match &entry.node {
        Node::File { sha256, .. } => Some(sha256),
        _ => None,
    });
    match used == listed {
        true => Ok(()),
        false => Err(CliError::WrongFile {
            path: root.join(IGNORE_FILE),
            detail: "it came, went or changed while the directory was read; try again".into(),
        }),
    }
}
