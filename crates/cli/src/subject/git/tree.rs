//! What is in a commit.

use super::objects::{MAX_BYTES, Objects};
use crate::error::CliError;
use crate::progress::Reading;
use crate::side_by_side::side_by_side;
use crate::subject::manifest::{Entry, Node, escaped};
use assay_core::digest::Sha256Digest;
use gix_hash::ObjectId;
use gix_object::Kind;
use gix_object::tree::{EntryKind, name_order};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;

/// The largest tree that is read, in bytes: one directory's names.
const MAX_TREE_BYTES: usize = 256 << 20;
/// The longest target of a link that is read, in bytes.
const MAX_TARGET_BYTES: usize = 64 << 10;
/// So much is in a commit at most: a few trees that hold each other many times make far more.
const MAX_ENTRIES: usize = 1 << 22;
/// So many bytes all the paths have together at most.
const MAX_PATH_BYTES: usize = 1 << 30;
/// So deep directories are in one another at most.
const MAX_DEPTH: usize = 1 << 10;

/// Something in a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Where it lies: names with a slash between them, as bytes.
    pub path: Vec<u8>,
    /// What it is; never a directory.
    pub kind: EntryKind,
    /// The object with its content, or a submodule's commit.
    pub id: ObjectId,
}

/// All that is in a commit's tree.
///
/// # Errors
/// When a tree cannot be read, or is none that git would make.
pub fn list(objects: &Objects, tree: ObjectId) -> Result<Vec<Tracked>, CliError> {
    let mut tracked = Vec::new();
    let mut pending = vec![(Vec::new(), tree, 0)];
    let (mut seen, mut bytes) = (0usize, 0usize);
    while let Some((folder, id, depth)) = pending.pop() {
        let listed = objects.read(&id, Kind::Tree, MAX_TREE_BYTES, |data| {
            in_tree(data, id.kind()).map_err(|problem| objects.wrong(&id, &problem))
        })??;
        for (name, kind, child) in listed {
            let mut path: Vec<u8> = Vec::with_capacity(folder.len() + name.len() + 1);
            if depth > 0 {
                path.extend_from_slice(&folder);
                path.push(b'/');
            }
            path.extend_from_slice(&name);
            seen += 1;
            bytes = bytes.saturating_add(path.len());
            if seen > MAX_ENTRIES || bytes > MAX_PATH_BYTES || depth > MAX_DEPTH {
                return Err(objects.wrong(&id, "more is in this commit than is read"));
            }
            match kind {
                EntryKind::Tree => pending.push((path, child, depth + 1)),
                _ => tracked.push(Tracked {
                    path,
                    kind,
                    id: child,
                }),
            }
        }
    }
    tracked.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(tracked)
}

/// What is in a tree. Git writes each in one way only: what another program wrote otherwise, or what is to
/// look different to different programs, is refused.
fn in_tree(
    data: &[u8],
    hash: gix_hash::Kind,
) -> Result<Vec<(Vec<u8>, EntryKind, ObjectId)>, String> {
    let mut listed: Vec<(Vec<u8>, EntryKind, ObjectId)> = Vec::new();
    let mut names = HashSet::new();
    let mut rest = data;
    for entry in gix_object::TreeRefIter::from_bytes(data, hash) {
        let entry = entry.map_err(|error| error.to_string())?;
        let (name, kind): (&[u8], _) = (entry.filename, entry.mode.kind());
        if !is_name(name) || !names.insert(name) {
            return Err("a name in this tree is none that git would make".to_owned());
        }
        let written: [&[u8]; 5] = [kind.as_octal_str(), b" ", name, b"\0", entry.oid.as_bytes()];
        for part in written {
            rest = rest.strip_prefix(part).ok_or_else(|| {
                format!(
                    "{} has a mode in this tree that git does not write any more: 100644 and 100755 are \
                     files, 120000 is a link, 40000 a directory, 160000 a submodule (git fsck --strict \
                     tells the same). Commit it anew",
                    escaped(name)
                )
            })?;
        }
        let is_after = listed.last().is_none_or(|(before, before_kind, _)| {
            let (was_tree, is_tree) = (*before_kind == EntryKind::Tree, kind == EntryKind::Tree);
            name_order(before, was_tree, name, is_tree).is_lt()
        });
        if !is_after {
            return Err(format!(
                "{} is not where git would have it in this tree: it is not sorted (git fsck tells the \
                 same)",
                escaped(name)
            ));
        }
        listed.push((name.to_owned(), kind, entry.oid.to_owned()));
    }
    Ok(listed)
}

/// What is tracked as entries of a manifest, in the same order: reads all of it, several at once. `root`
/// is what the progress is of.
///
/// # Errors
/// When an object cannot be read, or is not what its id says.
pub fn entries(
    root: &Path,
    objects: &Objects,
    tracked: &[Tracked],
) -> Result<Vec<Entry>, CliError> {
    let read = tracked.iter().filter(|one| one.kind != EntryKind::Commit);
    let distinct: HashSet<(ObjectId, bool)> = read
        .map(|one| (one.id, one.kind == EntryKind::Link))
        .collect();
    let distinct: Vec<(ObjectId, bool)> = distinct.into_iter().collect();
    let progress = Mutex::new(Reading::of_objects(root, distinct.len() as u64));
    let mut contents = HashMap::new();
    let work = |(id, is_link): &(ObjectId, bool)| {
        let limit = match is_link {
            true => MAX_TARGET_BYTES,
            false => MAX_BYTES,
        };
        let content = objects.read(id, Kind::Blob, limit, |data| match is_link {
            true => Content::Target(data.to_owned()),
            false => Content::Sha256(Sha256Digest::of(data)),
        });
        Reading::add(&progress, 1);
        content
    };
    side_by_side(&distinct, work, |key, content| {
        contents.insert(*key, content?);
        Ok(())
    })?;
    tracked
        .iter()
        .map(|one| {
            let is_link = one.kind == EntryKind::Link;
            let node = match contents.get(&(one.id, is_link)) {
                Some(Content::Target(target)) => Node::Link {
                    target: target.clone(),
                },
                Some(Content::Sha256(sha256)) => Node::File {
                    sha256: *sha256,
                    executable: one.kind == EntryKind::BlobExecutable,
                },
                None => Node::Submodule {
                    commit: one.id.to_string(),
                },
            };
            Ok(Entry {
                path: one.path.clone(),
                node,
            })
        })
        .collect()
}

/// What is to be known of a blob.
enum Content {
    Sha256(Sha256Digest),
    Target(Vec<u8>),
}

/// Whether a name may be that of something in a tree.
fn is_name(name: &[u8]) -> bool {
    !(name.is_empty()
        || name == b"."
        || name == b".."
        || name.eq_ignore_ascii_case(b".git")
        || name.contains(&b'/'))
}
