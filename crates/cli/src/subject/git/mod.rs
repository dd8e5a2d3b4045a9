//! The commit that is checked out of a git repository, as a subject. The repository may be anybody's:
//! only its objects, refs and index are read, never its configuration, and nothing is run.

mod bare;
mod objects;
mod pipes;
mod repository;
mod status;
mod tree;

use super::manifest::Manifest;
use crate::error::CliError;
use repository::Repository;
use serde::Serialize;
use sha2::{Digest, Sha256};
use status::Status;
use std::path::Path;

/// So deep submodules are in one another at most.
const MAX_SUBMODULES: usize = 16;

/// The largest commit and the largest tag that is read, in bytes. They hold a message.
const MAX_COMMIT_BYTES: usize = 16 << 20;

/// What is told of a commit beside its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checkout {
    /// The commit's own id, hexadecimal digits.
    pub commit: String,
    /// The branch that is checked out, if one is, as the repository says.
    pub branch: Option<String>,
    /// The tags of this commit, as the repository says.
    pub tags: Vec<String>,
    /// Whether what is on the disk is just what is in the commit; `None` where nothing is checked out.
    pub clean: Option<bool>,
    /// Where the disk differs, as sentences; the first ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
    /// How much lies there that is in no commit, and that the commit's own `.gitignore` files leave
    /// out: a directory counts once.
    pub ignored: usize,
}

/// Reads the commit that is checked out in a repository, every object of it, and compares the disk with it.
///
/// # Errors
/// When there is no repository or no commit, an object is missing or not what its id says, or something
/// changes meanwhile.
pub fn read(path: &Path) -> Result<(Manifest, Checkout), CliError> {
    read_nested(path, MAX_SUBMODULES)
}

fn read_nested(path: &Path, deeper: usize) -> Result<(Manifest, Checkout), CliError> {
    let repository = Repository::open(path)?;
    let head = repository.head()?;
    let objects = repository.objects(head.id.kind())?;
    let is_commit = gix_object::Kind::Commit;
    let commit = objects.read(&head.id, is_commit, MAX_COMMIT_BYTES, |data| {
        let tree = gix_object::CommitRefIter::from_bytes(data, head.id.kind()).tree_id();
        let mut sha256 = Sha256::new();
        sha256.update(format!("commit {}\0", data.len()));
        sha256.update(data);
        tree.map(|tree| (tree, sha256.finalize()))
    })?;
    let (tree, sha256) = commit.map_err(|error| objects.wrong(&head.id, &error.to_string()))?;
    let tracked = tree::list(&objects, tree)?;
    let entries = tree::entries(path, &objects, &tracked)?;
    let first_lines = format!(
        "assay git manifest 1\ncommit\t{}\t{}\n",
        head.id,
        hex::encode(sha256)
    );
    let status = match &repository.index {
        Some(index) => Some(status::compare(
            path, index, &objects, &tracked, &entries, deeper,
        )?),
        None => None,
    };
    let manifest = Manifest::new(first_lines, entries);
    let manifest = manifest.ok_or_else(|| CliError::WrongFile {
        path: path.to_owned(),
        detail: "two things in the commit have the same name".into(),
    })?;
    let tags = repository.tags(&head.id, &objects);
    // What was read is what is checked out only if nothing else was checked out meanwhile.
    if repository.head()? != head {
        return Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: "another commit was checked out while it was read; try again".into(),
        });
    }
    let checkout = Checkout {
        commit: head.id.to_string(),
        branch: head.branch,
        tags,
        clean: status.as_ref().map(Status::is_clean),
        differences: status.iter().flat_map(Status::sentences).collect(),
        ignored: status.as_ref().map_or(0, |status| status.ignored),
    };
    Ok((manifest, checkout))
}
