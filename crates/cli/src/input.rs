//! Files that are read whole, up to a limit, and how they are opened.

use crate::error::CliError;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The largest file with a key that is read, in bytes. One of RSA with 16384 bits has 3 kB.
pub const MAX_KEY_BYTES: usize = 64 * 1024;

/// A file's text, if it has no more than `limit` bytes.
///
/// # Errors
/// When it cannot be read, is no UTF-8, or is longer.
pub fn text(path: &Path, limit: usize) -> Result<String, CliError> {
    utf8(path, bytes(path, limit)?)
}

/// The same, or that of standard input for `-`.
///
/// # Errors
/// As [`text`].
pub fn text_or_input(path: &Path, limit: usize) -> Result<String, CliError> {
    utf8(path, bytes_or_input(path, limit)?)
}

/// A file's content, if it has no more than `limit` bytes.
///
/// # Errors
/// When it cannot be read, or is longer.
pub fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    let file = open(path).map_err(|error| CliError::file(path, error))?;
    whole(path, file, limit)
}

/// The same, or that of standard input for `-`.
///
/// # Errors
/// As [`bytes`].
pub fn bytes_or_input(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    match path == Path::new("-") {
        true => whole(Path::new("standard input"), io::stdin().lock(), limit),
        false => bytes(path, limit),
    }
}

/// Opens a file to read it. What a shell puts in place of `<(command)` is read as a file; a pipe with a
/// name is refused, as whoever opens it waits without an end where nobody writes to it.
///
/// # Errors
/// When it cannot be opened, or is a pipe with a name.
#[cfg(unix)]
pub fn open(path: &Path) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
    // Without this, opening waits.
    let at_once = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let file = match File::options().read(true).custom_flags(at_once).open(path) {
        // A file server has lent it to somebody, and gets it back when somebody waits. No pipe says so.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => File::open(path)?,
        opened => opened?,
    };
    let found = file.metadata()?;
    if found.is_file() || found.is_dir() {
        return Ok(file);
    }
    if found.file_type().is_fifo() {
        // Pipes without a name are on a device of their own.
        let (nameless, _) = io::pipe()?;
        let nameless = File::from(std::os::fd::OwnedFd::from(nameless));
        if nameless.metadata()?.dev() != found.dev() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is a named pipe, which would be waited for without an end where nobody writes to \
                 it: name a file, or what a shell has for <(command), or /dev/stdin",
            ));
        }
    }
    // What is opened may be read as slowly as it comes.
    fcntl_setfl(&file, fcntl_getfl(&file)? - OFlags::NONBLOCK)?;
    Ok(file)
}

/// Opens a file to read it.
///
/// # Errors
/// When it cannot be opened.
#[cfg(not(unix))]
pub fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

fn whole(name: &Path, from: impl Read, limit: usize) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| CliError::file(name, error))?;
    match bytes.len() > limit {
        true => Err(CliError::WrongFile {
            path: name.to_owned(),
            detail: format!("more than {limit} bytes; nothing of that kind is so long"),
        }),
        false => Ok(bytes),
    }
}

fn utf8(path: &Path, bytes: Vec<u8>) -> Result<String, CliError> {
    let wrong = |error| CliError::file(path, io::Error::new(io::ErrorKind::InvalidData, error));
    String::from_utf8(bytes).map_err(wrong)
}
