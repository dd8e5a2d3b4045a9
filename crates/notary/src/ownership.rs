//! Whose the files are that root makes among those of another user.
//!
//! An administrator's command that is run as root must not leave files behind that the notary,
//! which runs as a user of its own, cannot read: they get the owner of the directory. Where nobody
//! is root, or the directory is root's, nothing changes.

use crate::identity;
use std::fs::File;
#[cfg(unix)]
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// Gives a new file to the owner of the directory that it is in, where that is another user's own:
/// a notary's data directory or one below it, or one that nobody else may enter.
///
/// # Errors
/// When the system does not allow it.
pub fn settle(file: &File, directory: &Path) -> io::Result<()> {
    match is_of_one_user(directory)? {
        true => give(file, directory),
        false => Ok(()),
    }
}

/// Gives a new file to the owner of a directory.
///
/// # Errors
/// When the system does not allow it.
pub fn give(file: &File, directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some((user, group)) = other_owner(&file.metadata()?, directory)? {
        std::os::unix::fs::fchown(file, Some(user), Some(group))?;
    }
    #[cfg(not(unix))]
    let _ = (file, directory);
    Ok(())
}

/// As [`settle`], for a new directory and the one that it is in.
///
/// # Errors
/// As [`settle`].
pub fn settle_directory(path: &Path) -> io::Result<()> {
    let above = match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    match is_of_one_user(above)? {
        true => give_directory(path, above),
        false => Ok(()),
    }
}

/// Gives a new directory to the owner of another one.
///
/// # Errors
/// When the system does not allow it.
pub fn give_directory(path: &Path, owned: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some((user, group)) = other_owner(&std::fs::symlink_metadata(path)?, owned)? {
        std::os::unix::fs::lchown(path, Some(user), Some(group))?;
    }
    #[cfg(not(unix))]
    let _ = (path, owned);
    Ok(())
}

/// User and group of a directory, where it is another's and what was made is root's.
#[cfg(unix)]
fn other_owner(made: &Metadata, directory: &Path) -> io::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt;
    if made.uid() != 0 {
        return Ok(None);
    }
    let owned = std::fs::metadata(directory)?;
    Ok((owned.uid() != 0).then(|| (owned.uid(), owned.gid())))
}

/// Whether what is in a directory is its owner's, whoever made it.
fn is_of_one_user(directory: &Path) -> io::Result<bool> {
    let above = directory.join("..");
    let mut data = [directory, above.as_path()].into_iter();
    Ok(crate::files::is_private(directory)?
        || data.any(|directory| directory.join(identity::FILE).exists()))
}
