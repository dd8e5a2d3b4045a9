//! Where a git repository has what, and what is checked out of it.

use super::MAX_COMMIT_BYTES;
use super::bare;
use super::objects::Objects;
use crate::error::CliError;
use crate::input;
use crate::subject::walk;
use gix_hash::ObjectId;
use gix_object::Kind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The largest file with one ref or path that is read, in bytes.
const MAX_REF_BYTES: usize = 4096;
/// The largest list of refs that is read, in bytes.
const MAX_REFS_BYTES: usize = 256 << 20;
/// So many refs, or tags, name one another at most.
const MAX_HOPS: usize = 5;

/// A repository.
pub struct Repository {
    path: PathBuf,
    /// What is this working tree's own: `HEAD`.
    own: PathBuf,
    /// What all its working trees share.
    common: PathBuf,
    /// The index of its working tree, if it has one.
    pub index: Option<PathBuf>,
}

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub id: ObjectId,
    /// The branch, if one is checked out.
    pub branch: Option<String>,
}

impl Repository {
    /// The repository whose working tree has its top here, or that is here without one.
    ///
    /// # Errors
    /// When there is none, or one without a working tree where files lie that are not git's own.
    pub fn open(path: &Path) -> Result<Self, CliError> {
        let link = path.join(".git");
        let is_bare = || path.join("objects").is_dir() && path.join("HEAD").is_file();
        let (own, is_bare) = if link.is_dir() {
            (link, false)
        } else if link.is_file() {
            // Of a submodule, or of one more working tree.
            let text = line(&link)?.unwrap_or_default();
            let Some(place) = text.strip_prefix("gitdir: ") else {
                return Err(wrong(&link, "is no link to a git repository"));
            };
            (path.join(place), false)
        } else if is_bare() {
            bare::refuse_others(path)?;
            (path.to_owned(), true)
        } else {
            let detail = "is no git repository: name the top directory of its working tree";
            return Err(wrong(path, detail));
        };
        let common = match line(&own.join("commondir"))? {
            Some(place) => own.join(place),
            None => own.clone(),
        };
        if common.join("reftable").is_dir() {
            return Err(wrong(
                path,
                "keeps its refs in a form that is not read here (reftable): \
                 `git refs migrate --ref-format=files` changes it",
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            index: (!is_bare).then(|| own.join("index")),
            own,
            common,
        })
    }

    /// Its objects.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn objects(&self, hash: gix_hash::Kind) -> Result<Objects, CliError> {
        Objects::open(&self.common.join("objects"), hash)
    }

    /// What is checked out.
    ///
    /// # Errors
    /// When that cannot be read, or there is no commit yet.
    pub fn head(&self) -> Result<Head, CliError> {
        let mut place = self.own.join("HEAD");
        let mut name: Option<String> = None;
        let mut packed = None;
        for _ in 0..=MAX_HOPS {
            let text = match (line(&place)?, &name) {
                (Some(text), _) => text,
                (None, None) => return Err(wrong(&place, "is not there")),
                (None, Some(name)) => {
                    let packed = match &packed {
                        Some(packed) => packed,
                        None => packed.insert(self.packed()?),
                    };
                    match packed.get(name.as_bytes()) {
                        Some((id, _)) => id.to_string(),
                        None => {
                            return Err(wrong(
                                &self.path,
                                &format!("has no commit yet ({name} does not exist)"),
                            ));
                        }
                    }
                }
            };
            match text.strip_prefix("ref:") {
                Some(next) => {
                    let next = next.trim();
                    if !is_ref(next) {
                        return Err(wrong(&place, "names no ref"));
                    }
                    place = self.common.join(next);
                    name = Some(next.to_owned());
                }
                None => {
                    let id = ObjectId::from_hex(text.as_bytes())
                        .map_err(|_| wrong(&place, "names neither a ref nor a commit"))?;
                    let branch = name.as_deref();
                    let branch = branch.and_then(|name| name.strip_prefix("refs/heads/"));
                    return Ok(Head {
                        id,
                        branch: branch.map(str::to_owned),
                    });
                }
            }
        }
        Err(wrong(
            &self.path,
            "its HEAD leads from ref to ref without an end",
        ))
    }

    /// The names of the tags of a commit, in order. A tag that cannot be read is none.
    pub fn tags(&self, commit: &ObjectId, objects: &Objects) -> Vec<String> {
        let mut tags: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
        for (name, (id, peeled)) in self.packed().unwrap_or_default() {
            if let Some(name) = name.strip_prefix(b"refs/tags/") {
                let may_be = id == *commit || peeled == Some(*commit);
                tags.insert(name.to_owned(), may_be && leads_to(commit, id, objects));
            }
        }
        // A ref in a file of its own counts more than one in the list.
        let own = walk::walk(&self.common.join("refs").join("tags"), |_, _| Ok(false));
        for found in own.unwrap_or_default() {
            let id = match &found.what {
                walk::What::File { .. } => line(&found.place).ok().flatten(),
                walk::What::Link { .. } | walk::What::Directory => continue,
            };
            let id = id.and_then(|text| ObjectId::from_hex(text.as_bytes()).ok());
            let is_its = id.is_some_and(|id| leads_to(commit, id, objects));
            tags.insert(found.path, is_its);
        }
        let its = tags.into_iter().filter(|(_, is_its)| *is_its);
        its.map(|(name, _)| String::from_utf8_lossy(&name).into_owned())
            .collect()
    }

    /// The refs in the list of many, each with what it says that a tag leads to.
    fn packed(&self) -> Result<PackedRefs, CliError> {
        let place = self.common.join("packed-refs");
        let mut refs = PackedRefs::new();
        let mut last: Option<Vec<u8>> = None;
        let Some(list) = content(&place, MAX_REFS_BYTES)? else {
            return Ok(refs);
        };
        for line in list.split(|byte| *byte == b'\n') {
            let id = |hex: &[u8]| {
                ObjectId::from_hex(hex).map_err(|_| wrong(&place, "is no list of refs"))
            };
            if let Some(peeled) = line.strip_prefix(b"^") {
                let its = last.as_ref().and_then(|name| refs.get_mut(name));
                if let Some((_, leads_to)) = its {
                    *leads_to = Some(id(peeled.trim_ascii_end())?);
                }
            } else if !line.is_empty() && !line.starts_with(b"#") {
                let mut parts = line.splitn(2, |byte| *byte == b' ');
                let (hex, name) = (parts.next(), parts.next());
                let name = name.unwrap_or_default().trim_ascii_end().to_owned();
                refs.insert(name.clone(), (id(hex.unwrap_or_default())?, None));
                last = Some(name);
            }
        }
        Ok(refs)
    }
}

type PackedRefs = BTreeMap<Vec<u8>, (ObjectId, Option<ObjectId>)>;

/// Whether a tag is one of a commit.
fn leads_to(commit: &ObjectId, mut id: ObjectId, objects: &Objects) -> bool {
    for _ in 0..=MAX_HOPS {
        if id == *commit {
            return true;
        }
        let target = objects.read(&id, Kind::Tag, MAX_COMMIT_BYTES, |data| {
            gix_object::TagRefIter::from_bytes(data, id.kind()).target_id()
        });
        match target {
            Ok(Ok(target)) => id = target,
            _ => return false,
        }
    }
    false
}

/// Whether a text names a ref, and so no file anywhere else.
fn is_ref(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
    name.starts_with("refs/") && name.split('/').all(is_part)
}

/// The one line in a small file, if there is such a file.
fn line(place: &Path) -> Result<Option<String>, CliError> {
    let Some(content) = content(place, MAX_REF_BYTES)? else {
        return Ok(None);
    };
    let text = String::from_utf8(content).map_err(|_| wrong(place, "is no text"))?;
    Ok(Some(text.trim_end().to_owned()))
}

fn content(place: &Path, limit: usize) -> Result<Option<Vec<u8>>, CliError> {
    match std::fs::metadata(place) {
        // Opening a pipe waits for whoever writes to it.
        Ok(metadata) if metadata.is_file() => input::bytes(place, limit).map(Some),
        // A directory of refs has the name of none.
        Ok(metadata) if metadata.is_dir() => Ok(None),
        Ok(_) => Err(wrong(place, "is no file")),
        Err(error) => match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => Ok(None),
            _ => Err(CliError::file(place, error)),
        },
    }
}

/// That a file or directory is not what it has to be.
pub fn wrong(path: &Path, detail: &str) -> CliError {
    CliError::WrongFile {
        path: path.to_owned(),
        detail: detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refs_are_read_as_refs() {
        for right in ["refs/heads/main", "refs/heads/a/b", "refs/bisect/bad"] {
            assert!(is_ref(right), "{right}");
        }
        for wrong in [
            "",
            "HEAD",
            "refs",
            "refs/",
            "refs/heads//a",
            "refs/../../etc/passwd",
            "refs/heads/..",
            "refs/heads/.a",
            "refs/heads\\..\\a",
            "/refs/heads/main",
        ] {
            assert!(!is_ref(wrong), "{wrong}");
        }
    }
}
