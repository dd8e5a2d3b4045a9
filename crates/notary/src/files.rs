//! Files that are whole or absent, whatever happens while they are written.

use crate::error::NotaryError;
use crate::ownership;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Its owner only (0600): private keys.
    Private,
    /// Everybody that the umask admits.
    Shared,
}

/// Writes a file so that a reader, or a machine that starts again after a power cut, sees the old
/// content or the new one, never a part.
///
/// # Errors
/// When the file cannot be written; what was there before is left as it was.
pub fn replace(path: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    let temporary = write_beside(path, content, mode)?;
    let moved = std::fs::rename(&temporary, path);
    if moved.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    moved?;
    sync_directory_of(path)
}

/// As [`replace`], by way of the file `temporary` beside it, which nobody else writes. If the
/// process ends in between, the next time begins it again. The file is that of the directory's
/// owner.
///
/// # Errors
/// As [`replace`].
pub fn replace_by(path: &Path, temporary: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    match std::fs::remove_file(temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = write(
        temporary,
        OpenOptions::new().create_new(true),
        content,
        mode,
    )?;
    ownership::give(&file, directory_of(path))?;
    std::fs::rename(temporary, path)?;
    sync_directory_of(path)
}

/// Writes a file that must not exist yet; of several writers exactly one succeeds.
///
/// # Errors
/// `AlreadyExists` when there is such a file, or when it cannot be written.
pub fn create(path: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    let temporary = write_beside(path, content, mode)?;
    // A link fails if the name is taken, which a rename does not.
    let linked = std::fs::hard_link(&temporary, path);
    let _ = std::fs::remove_file(&temporary);
    linked?;
    sync_directory_of(path)
}

/// Whether a file is its owner's alone.
///
/// # Errors
/// When the system does not say.
pub fn is_private(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(path)?);
        Ok(mode & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(false)
    }
}

/// Makes what was created in a directory, or moved there, last.
///
/// # Errors
/// When the system cannot.
pub fn sync_directory(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}

/// Makes a directory that only its owner may enter (0700), and those above it. What root makes in
/// another user's is that user's (see [`ownership`]).
///
/// # Errors
/// When it cannot be made.
pub fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let above = path.ancestors();
    let missing = above.take_while(|path| !path.as_os_str().is_empty() && !path.exists());
    let missing: Vec<&Path> = missing.collect();
    builder.create(path)?;
    for made in missing.iter().rev() {
        ownership::settle_directory(made)?;
    }
    Ok(())
}

/// A file that is only ever locked: made where there is none.
///
/// # Errors
/// When it cannot be opened or made.
pub fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    match options.clone().create_new(true).open(path) {
        Ok(file) => {
            ownership::give(&file, directory_of(path))?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

/// The files in a directory whose names end in a dot and `ending`; none if there is no such directory.
///
/// # Errors
/// When they cannot be listed.
pub fn listed(directory: &Path, ending: &str) -> Result<Vec<PathBuf>, NotaryError> {
    let failed = |source| NotaryError::file(directory, source);
    let files = match std::fs::read_dir(directory) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for file in files {
        let path = file.map_err(failed)?.path();
        if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    Ok(found)
}

fn write_beside(path: &Path, content: &[u8], mode: Mode) -> io::Result<PathBuf> {
    let mut random = [0u8; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let directory = directory_of(path);
    let temporary = directory.join(format!(".{}.part", hex::encode(random)));
    let written = write(
        &temporary,
        OpenOptions::new().create_new(true),
        content,
        mode,
    );
    match written.and_then(|file| ownership::settle(&file, directory)) {
        Ok(()) => Ok(temporary),
        Err(error) => {
            let _ = std::fs::remove_file(&temporary);
            Err(error)
        }
    }
}

fn write(path: &Path, options: &mut OpenOptions, content: &[u8], mode: Mode) -> io::Result<File> {
    options.write(true);
    #[cfg(unix)]
    if mode == Mode::Private {
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(file)
}

fn sync_directory_of(path: &Path) -> io::Result<()> {
    sync_directory(directory_of(path))
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_exists_is_not_created_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key");
        create(&path, b"first", Mode::Private).unwrap();
        let again = create(&path, b"second", Mode::Private).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        replace(&path, b"third", Mode::Private).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"third");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn private_means_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let inner = directory.path().join("a/b");
        private_directory(&inner).unwrap();
        let path = inner.join("key");
        create(&path, b"", Mode::Private).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&path)), (0o700, 0o600));
    }
}
