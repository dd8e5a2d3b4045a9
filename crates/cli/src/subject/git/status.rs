//! How what is on the disk differs from what is in a commit. Every file is read: neither the times that
//! the index remembers nor its flags are believed, and nothing is converted.

use super::objects::Objects;
use super::pipes;
use super::read_nested;
use super::tree::Tracked;
use crate::error::CliError;
use crate::subject::ignored::{self, Ignored};
use crate::subject::manifest::{Entry, Node, escaped};
use crate::subject::walk::{self, Found, What};
use assay_core::digest::Sha256Digest;
use gix_object::Kind;
use gix_object::tree::EntryKind;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many names are told of each kind of difference.
const SHOWN: usize = 5;
/// The largest allocation that is made for an index, in bytes.
const MAX_INDEX_BYTES: usize = 1 << 30;

/// How the disk differs.
#[derive(Debug, Default)]
pub struct Status {
    /// Of each kind, what differs, as paths or sentences.
    differences: Vec<(&'static str, BTreeSet<String>)>,
    /// How much lies there that the commit's own `.gitignore` files leave out.
    pub ignored: usize,
}

impl Status {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    /// What differs, in words.
    pub fn sentences(&self) -> Vec<String> {
        let told = |(kind, names): &(&str, BTreeSet<String>)| {
            let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
            let more = match names.len().saturating_sub(SHOWN) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("{kind}: {}{more}", shown.join(", "))
        };
        self.differences.iter().map(told).collect()
    }

    fn add(&mut self, kind: &'static str, names: BTreeSet<String>) {
        if !names.is_empty() {
            self.differences.push((kind, names));
        }
    }
}

/// Compares a working tree, and its index, with what is in a commit: what is tracked, and the same as
/// entries of a manifest. So many submodules more may be in one another.
///
/// # Errors
/// When something cannot be read, or changes meanwhile.
pub fn compare(
    root: &Path,
    index: &Path,
    objects: &Objects,
    tracked: &[Tracked],
    entries: &[Entry],
    deeper: usize,
) -> Result<Status, CliError> {
    let mut status = Status::default();
    let tree = Tree::new(entries);
    let patterns = Patterns::read(objects, tracked)?;
    let listing = list(root, &tree, &patterns)?;
    status.ignored = listing.ignored;
    let (changed, missing) = tree.compare(root, &listing.found)?;
    status.add("changed", changed);
    status.add("missing", missing);
    let untracked = listing.found.iter().filter(|one| {
        one.what != What::Directory && !tree.expected.contains_key(one.path.as_slice())
    });
    let untracked = untracked.map(|one| escaped(&one.path));
    status.add(
        "untracked",
        untracked.chain(listing.strange.clone()).collect(),
    );
    status.add("staged", staged(index, objects.hash(), tracked)?);
    let mut submodules = BTreeSet::new();
    for entry in entries {
        if let Node::Submodule { commit } = &entry.node {
            let (difference, ignored) = submodule(root, &entry.path, commit, deeper)?;
            submodules.extend(difference);
            status.ignored += ignored;
        }
    }
    status.add("submodules", submodules);
    walk::require_same(root, &listing.found, &list(root, &tree, &patterns)?.found)?;
    Ok(status)
}

/// What is expected on the disk.
struct Tree<'a> {
    expected: HashMap<&'a [u8], &'a Node>,
    /// The directories of all that is.
    folders: HashSet<&'a [u8]>,
}

/// What lies on the disk.
struct Listing {
    found: Vec<Found>,
    /// What is there, not ignored, and nothing that git could track.
    strange: BTreeSet<String>,
    ignored: usize,
}

impl<'a> Tree<'a> {
    fn new(entries: &'a [Entry]) -> Self {
        let mut folders = HashSet::new();
        for entry in entries {
            let mut path = entry.path.as_slice();
            while let Some(slash) = path.iter().rposition(|byte| *byte == b'/') {
                path = path.get(..slash).unwrap_or_default();
                if !folders.insert(path) {
                    break;
                }
            }
        }
        let expected = entries
            .iter()
            .map(|entry| (entry.path.as_slice(), &entry.node))
            .collect();
        Self { expected, folders }
    }

    /// What is not as expected, and what is not there. Reads the files.
    fn compare(
        &self,
        root: &Path,
        found: &[Found],
    ) -> Result<(BTreeSet<String>, BTreeSet<String>), CliError> {
        let there = found.iter().filter(|one| {
            let expected = self.expected.get(one.path.as_slice());
            expected.is_some_and(|node| !matches!(node, Node::Submodule { .. }))
        });
        let there = walk::entries(root, there)?;
        let there: HashMap<&[u8], &Node> = there
            .iter()
            .map(|entry| (entry.path.as_slice(), &entry.node))
            .collect();
        let (mut changed, mut missing) = (BTreeSet::new(), BTreeSet::new());
        for (path, expected) in &self.expected {
            match there.get(path) {
                _ if matches!(expected, Node::Submodule { .. }) => {}
                Some(node) if is_same(expected, node) => {}
                Some(_) => drop(changed.insert(escaped(path))),
                None => drop(missing.insert(escaped(path))),
            }
        }
        Ok((changed, missing))
    }
}

/// Whether what is on the disk is what is in the commit, as far as the platform can have it there.
fn is_same(expected: &Node, found: &Node) -> bool {
    if cfg!(unix) || expected == found {
        return expected == found;
    }
    // Without links and executable files, git writes the target into a file.
    match (expected, found) {
        (Node::File { sha256, .. }, Node::File { sha256: found, .. }) => sha256 == found,
        (Node::Link { target }, Node::File { sha256, .. }) => Sha256Digest::of(target) == *sha256,
        _ => false,
    }
}

fn list(root: &Path, tree: &Tree<'_>, patterns: &Patterns) -> Result<Listing, CliError> {
    let mut ignored = 0;
    let mut strange = BTreeSet::new();
    // What is in an ignored directory is ignored, whatever is said of it.
    let mut out: HashSet<PathBuf> = HashSet::new();
    let found = walk::walk(root, |path, metadata| {
        if path == Path::new(".git") {
            return Ok(true);
        }
        let bytes = walk::path_bytes(path).unwrap_or_default();
        let expected = tree.expected.get(bytes.as_slice());
        if metadata.is_dir() && matches!(expected, Some(Node::Submodule { .. })) {
            return Ok(true);
        }
        let is_tracked =
            expected.is_some() || (metadata.is_dir() && tree.folders.contains(bytes.as_slice()));
        let is_ignored = path.parent().is_some_and(|folder| out.contains(folder))
            || patterns.leave_out(&bytes, metadata.is_dir());
        if is_ignored && metadata.is_dir() {
            out.insert(path.to_owned());
        }
        let is_strange = !(metadata.is_dir() || metadata.is_file() || metadata.is_symlink());
        if is_ignored && !is_tracked {
            ignored += 1;
        } else if is_strange {
            strange.insert(escaped(&bytes));
        }
        Ok((is_ignored && !is_tracked) || is_strange)
    })?;
    Ok(Listing {
        found,
        strange,
        ignored,
    })
}

/// What the `.gitignore` files of a commit leave out, by the directories that they are in.
struct Patterns(HashMap<Vec<u8>, Ignored>);

impl Patterns {
    /// Those in a commit.
    fn read(objects: &Objects, tracked: &[Tracked]) -> Result<Self, CliError> {
        let mut patterns = HashMap::new();
        for one in tracked {
            let folder = match one.path.strip_suffix(b".gitignore") {
                Some([]) => Some(Vec::new()),
                Some(folder) => folder.strip_suffix(b"/").map(<[u8]>::to_owned),
                None => None,
            };
            let is_file = matches!(one.kind, EntryKind::Blob | EntryKind::BlobExecutable);
            if let (Some(folder), true) = (folder, is_file) {
                let limit = ignored::MAX_BYTES;
                let found = objects.read(&one.id, Kind::Blob, limit, Ignored::parse)?;
                patterns.insert(folder, found);
            }
        }
        Ok(Self(patterns))
    }

    /// That of the nearest directory decides.
    fn leave_out(&self, path: &[u8], is_directory: bool) -> bool {
        let mut folder = path;
        while let Some(slash) = folder.iter().rposition(|byte| *byte == b'/') {
            folder = folder.get(..slash).unwrap_or_default();
            let below = path.get(slash + 1..).unwrap_or_default();
            let found = self.0.get(folder);
            if let Some(decision) = found.and_then(|found| found.decides(below, is_directory)) {
                return decision;
            }
        }
        let top = self.0.get([].as_slice());
        let decision = top.and_then(|found| found.decides(path, is_directory));
        decision.unwrap_or(false)
    }
}

/// What the index has otherwise than the commit.
fn staged(
    index: &Path,
    hash: gix_hash::Kind,
    tracked: &[Tracked],
) -> Result<BTreeSet<String>, CliError> {
    let mut expected: HashMap<&[u8], &Tracked> = tracked
        .iter()
        .map(|one| (one.path.as_slice(), one))
        .collect();
    let mut staged = BTreeSet::new();
    pipes::refuse_beside(index)?;
    // Without an index nothing is staged that is in the commit.
    if !index.exists() {
        return Ok(expected.keys().map(|path| escaped(path)).collect());
    }
    let options = gix_index::decode::Options {
        thread_limit: Some(1),
        alloc_limit_bytes: Some(MAX_INDEX_BYTES),
        ..Default::default()
    };
    let index =
        gix_index::File::at(index, hash, false, options).map_err(|error| CliError::WrongFile {
            path: index.to_owned(),
            detail: format!("it cannot be read as git's index: {error}"),
        })?;
    for entry in index.entries() {
        let path: &[u8] = entry.path(&index);
        let one = expected.remove(path);
        let is_same = one.is_some_and(|one| {
            entry.stage() == gix_index::entry::Stage::Unconflicted
                && entry.id == one.id
                && entry.mode.bits() == u32::from(one.kind as u16)
        });
        if !is_same {
            staged.insert(escaped(path));
        }
    }
    staged.extend(expected.keys().map(|path| escaped(path)));
    Ok(staged)
}

/// How what is in a submodule's directory differs from its commit, if anything is there, and how much
/// is ignored in it.
fn submodule(
    root: &Path,
    path: &[u8],
    commit: &str,
    deeper: usize,
) -> Result<(Option<String>, usize), CliError> {
    let name = escaped(path);
    let Ok(text) = std::str::from_utf8(path) else {
        return Ok((Some(format!("{name} (its name is no Unicode text)")), 0));
    };
    let place = root.join(text);
    match fs::symlink_metadata(&place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((None, 0)),
        Err(error) => return Err(CliError::file(&place, error)),
        Ok(metadata) if !metadata.is_dir() => {
            return Ok((Some(format!("{name} (is no directory)")), 0));
        }
        Ok(_) => {}
    }
    let mut inside = fs::read_dir(&place).map_err(|error| CliError::file(&place, error))?;
    if inside.next().is_none() {
        return Ok((None, 0));
    }
    let Some(deeper) = deeper.checked_sub(1) else {
        return Ok((Some(format!("{name} (too deep in others)")), 0));
    };
    let (_, found) = match read_nested(&place, deeper) {
        Ok(found) => found,
        Err(error) => return Ok((Some(format!("{name} ({error})")), 0)),
    };
    let difference = if found.commit != commit {
        Some(format!("{name} (at another commit, {})", found.commit))
    } else if found.clean.is_none() {
        Some(format!("{name} (a repository without a working tree)"))
    } else if found.clean != Some(true) {
        Some(format!("{name} ({})", found.differences.join("; ")))
    } else {
        None
    };
    Ok((difference, found.ignored))
}
