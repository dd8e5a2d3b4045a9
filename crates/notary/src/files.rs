//! Files that are whole or absent, whatever happens while they are written.

use crate::error::NotaryError;
use crate::ownership;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How the name of a file ends that is not whole yet.
const PART: &str = "part";
/// Random bytes in such a name.
const RANDOM: usize = 8;

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
    let (temporary, held) = write_beside(path, content, mode)?;
    let moved = std::fs::rename(&temporary, path);
    if moved.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    drop(held);
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
    let (temporary, held) = write_beside(path, content, mode)?;
    let linked = publish(&temporary, path);
    drop(held);
    linked
}

/// Gives the whole file `temporary` the name `path` beside it, and takes its own away.
///
/// # Errors
/// `AlreadyExists` when the name is taken; or when the system cannot.
pub fn publish(temporary: &Path, path: &Path) -> io::Result<()> {
    // A link fails if the name is taken, which a rename does not.
    let linked = std::fs::hard_link(temporary, path);
    let _ = std::fs::remove_file(temporary);
    linked?;
    sync_directory_of(path)
}

/// A new name beside `path`, for a file that is not whole yet: [`sweep`] removes what has one.
///
/// # Errors
/// When the system gives no randomness.
pub fn temporary_beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0u8; RANDOM];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    Ok(directory.join(format!(".{}.{PART}", hex::encode(random))))
}

/// Removes what processes that were killed left half-written in a directory and those below it. What
/// is being written now stays, and so does what cannot be removed.
pub fn sweep(directory: &Path) {
    let Ok(items) = std::fs::read_dir(directory) else {
        return;
    };
    for item in items.flatten() {
        let path = item.path();
        match item.file_type() {
            Ok(kind) if kind.is_dir() => sweep(&path),
            Ok(kind) if kind.is_file() && is_temporary(&path) => {
                let file = OpenOptions::new().write(true).open(&path);
                // Whoever writes it holds it locked.
                if file.is_ok_and(|file| file.try_lock().is_ok()) {
                    let _ = std::fs::remove_file(&path);
                }
            }
            _ => {}
        }
    }
}

fn is_temporary(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let random = name.and_then(|name| {
        name.strip_prefix('.')?
            .strip_suffix(PART)?
            .strip_suffix('.')
    });
    random.is_some_and(|random| {
        random.len() == 2 * RANDOM && random.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
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

/// The file, and what keeps [`sweep`] from it as long as it is open. It is whose the directory is.
fn write_beside(path: &Path, content: &[u8], mode: Mode) -> io::Result<(PathBuf, File)> {
    loop {
        let temporary = temporary_beside(path)?;
        let mut options = OpenOptions::new();
        let mut file = open(&temporary, options.create_new(true), mode)?;
        // Where there are no such locks, nothing is swept either.
        let locked = file.lock().is_ok();
        if locked && !temporary.exists() {
            // It was swept before it was locked.
            continue;
        }
        let written = file.write_all(content).and_then(|()| file.sync_all());
        match written.and_then(|()| ownership::settle(&file, directory_of(path))) {
            Ok(()) => return Ok((temporary, file)),
            Err(error) => {
                let _ = std::fs::remove_file(&temporary);
                return Err(error);
            }
        }
    }
}

fn write(path: &Path, options: &mut OpenOptions, content: &[u8], mode: Mode) -> io::Result<File> {
    let mut file = open(path, options, mode)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(file)
}

fn open(path: &Path, options: &mut OpenOptions, mode: Mode) -> io::Result<File> {
    options.write(true);
    #[cfg(unix)]
    if mode == Mode::Private {
        std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
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

    #[test]
    fn what_was_left_half_written_is_swept_and_what_is_being_written_is_not() {
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        private_directory(&keys).unwrap();
        let left = temporary_beside(&keys.join("log.pem")).unwrap();
        std::fs::write(&left, "half").unwrap();
        let (written, held) = write_beside(&keys.join("log.pem"), b"key", Mode::Private).unwrap();
        let others = [
            "log.pem",
            "7.part",
            ".part",
            ".0123.part",
            ".0123456789abcdeg.part",
        ];
        for other in others {
            std::fs::write(keys.join(other), "").unwrap();
        }
        sweep(directory.path());
        assert!(!left.exists());
        assert!(written.exists());
        drop(held);
        sweep(directory.path());
        assert!(!written.exists());
        assert!(others.iter().all(|other| keys.join(other).exists()));
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
