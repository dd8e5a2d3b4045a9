//! What lies below a directory on the disk. Links are never followed.

use super::manifest::{Entry, Node};
use crate::error::CliError;
use crate::hash::{self, State};
use crate::progress::Reading;
use crate::side_by_side::side_by_side;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Something that lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, seen from the directory: names with a slash between them, as bytes.
    pub path: Vec<u8>,
    /// Where, for the system.
    pub place: PathBuf,
    /// What it is.
    pub what: What,
}

/// What lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A file.
    File {
        /// Whether its owner may run it; never where the platform does not know that.
        executable: bool,
        /// By what a change shows.
        state: State,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as bytes.
        target: Vec<u8>,
    },
    /// A directory.
    Directory,
}

/// Lists all that lies below a directory, but for what `leaves_out` says yes to, which is asked about a
/// directory before anything in it, by the path seen from `root`. In the order of their paths.
///
/// # Errors
/// When something cannot be read, is neither file nor link nor directory, or has a name that the
/// platform cannot give as bytes.
pub fn walk(
    root: &Path,
    mut leaves_out: impl FnMut(&Path, &fs::Metadata) -> Result<bool, CliError>,
) -> Result<Vec<Found>, CliError> {
    let mut found = Vec::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(directory) = pending.pop() {
        let here = match directory.as_os_str().is_empty() {
            true => root.to_owned(),
            false => root.join(&directory),
        };
        let failed = |error| CliError::file(&here, error);
        for entry in fs::read_dir(&here).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let (path, place) = (directory.join(&name), here.join(&name));
            let failed = |error| CliError::file(&place, error);
            let metadata = fs::symlink_metadata(&place).map_err(failed)?;
            if leaves_out(&path, &metadata)? {
                continue;
            }
            let what = if metadata.is_dir() {
                What::Directory
            } else if metadata.is_file() {
                What::File {
                    executable: is_executable(&metadata),
                    state: State::of(&metadata),
                }
            } else if metadata.is_symlink() {
                let target = fs::read_link(&place).map_err(failed)?;
                let target = link_bytes(&target).ok_or_else(|| unnameable(&place))?;
                What::Link { target }
            } else {
                return Err(CliError::WrongFile {
                    path: place,
                    detail:
                        "neither a file nor a link nor a directory (a socket, a pipe, a device): \
                             nothing stands for it; remove it, or leave it out"
                            .into(),
                });
            };
            found.push(Found {
                path: path_bytes(&path).ok_or_else(|| unnameable(&place))?,
                place,
                what,
            });
            if metadata.is_dir() {
                pending.push(path);
            }
        }
    }
    found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What was found, without its directories, as entries of a manifest: reads all the files, several at
/// once. `root` is what the progress is of.
///
/// # Errors
/// When a file cannot be read, or is not as it was found any more.
pub fn entries<'a>(
    root: &Path,
    found: impl Iterator<Item = &'a Found>,
) -> Result<Vec<Entry>, CliError> {
    let mut entries = Vec::new();
    let mut files = Vec::new();
    for one in found {
        match &one.what {
            What::File { executable, state } => files.push((one, *executable, state)),
            What::Link { target } => entries.push(Entry {
                path: one.path.clone(),
                node: Node::Link {
                    target: target.clone(),
                },
            }),
            What::Directory => {}
        }
    }
    let size = files.iter().map(|(_, _, state)| state.length()).sum();
    let progress = Mutex::new(Reading::new(root, size));
    let work = |(one, _, state): &(&Found, bool, &State)| {
        hash::found(&one.place, state, |read| Reading::add(&progress, read))
    };
    side_by_side(&files, work, |(one, executable, _), sha256| {
        entries.push(Entry {
            path: one.path.clone(),
            node: Node::File {
                sha256: sha256?,
                executable: *executable,
            },
        });
        Ok(())
    })?;
    Ok(entries)
}

/// Refuses what is not as it was before.
///
/// # Errors
/// When anything came, went or changed.
pub fn require_same(root: &Path, before: &[Found], now: &[Found]) -> Result<(), CliError> {
    if before == now {
        return Ok(());
    }
    let differing = before.iter().zip(now).find(|(before, now)| before != now);
    let path = match differing {
        Some((before, now)) if before.path <= now.path => &before.place,
        Some((_, now)) => &now.place,
        None => root,
    };
    Err(CliError::WrongFile {
        path: path.to_owned(),
        detail: format!(
            "it came, went or changed while {} was read; try again",
            root.display()
        ),
    })
}

/// The name that somebody gave to a directory by a path: of `.`, for example, the name that it has.
///
/// # Errors
/// When there is no such directory.
pub fn real_path(path: &Path) -> Result<PathBuf, CliError> {
    let is_named = matches!(
        path.components().next_back(),
        Some(std::path::Component::Normal(_))
    );
    match is_named {
        // Without a slash at its end.
        true => Ok(path.components().collect()),
        false => fs::canonicalize(path).map_err(|error| CliError::file(path, error)),
    }
}

fn unnameable(place: &Path) -> CliError {
    CliError::WrongFile {
        path: place.to_owned(),
        detail: "its name or target is no Unicode text, so that it would be another one on other \
                 platforms; rename it"
            .into(),
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}

/// A relative path as bytes, names with a slash between them; `None` where that would be ambiguous.
#[cfg(unix)]
pub fn path_bytes(path: &Path) -> Option<Vec<u8>> {
    use std::os::unix::ffi::OsStrExt;
    Some(path.as_os_str().as_bytes().to_owned())
}

/// A relative path as bytes, names with a slash between them; `None` where that would be ambiguous.
#[cfg(not(unix))]
pub fn path_bytes(path: &Path) -> Option<Vec<u8>> {
    let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
    Some(names?.join("/").into_bytes())
}

#[cfg(unix)]
fn link_bytes(target: &Path) -> Option<Vec<u8>> {
    path_bytes(target)
}

/// A link's target keeps its root, which is a name of its own among those of a path.
#[cfg(not(unix))]
fn link_bytes(target: &Path) -> Option<Vec<u8>> {
    Some(target.to_str()?.replace('\\', "/").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_between_listing_and_reading_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let list = || walk(root, |_, _| Ok(false)).unwrap();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/f"), "content").unwrap();
        let found = list();
        assert_eq!(entries(root, found.iter()).unwrap().len(), 1);
        require_same(root, &found, &list()).unwrap();
        // Another file with the same content in its place.
        fs::write(root.join("other"), "content").unwrap();
        fs::rename(root.join("other"), root.join("d/f")).unwrap();
        let told = |error: CliError| error.to_string();
        let error = told(entries(root, found.iter()).unwrap_err());
        assert!(error.contains("changed"), "{error}");
        let error = told(require_same(root, &found, &list()).unwrap_err());
        assert!(error.contains("f: it came, went or changed"), "{error}");
        let found = list();
        fs::write(root.join("new"), "").unwrap();
        for (before, now) in [(&found, &list()), (&list(), &found)] {
            let error = told(require_same(root, before, now).unwrap_err());
            assert!(error.contains("it came, went or changed"), "{error}");
        }
    }

    #[test]
    fn a_directory_has_its_own_name_however_it_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir_all(root.join("a/b")).unwrap();
        let named = |path: &str| real_path(&root.join(path)).unwrap();
        assert_eq!(named("a/b/."), root.join("a/b"));
        assert_eq!(named("a/b/"), root.join("a/b"));
        assert_eq!(named("a/b/.."), root.join("a"));
        assert!(real_path(&root.join("absent/..")).is_err());
    }
}
