//! What would be waited for without an end: a pipe where a repository has its files. Archives can hold
//! pipes.

use crate::error::CliError;
use crate::input;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// So many directories of objects name one another at most; git knows no more.
const MAX_ALTERNATES: usize = 6;
/// The largest list of other directories that is read, in bytes.
const MAX_LIST_BYTES: usize = 1 << 20;

/// Refuses directories of objects, this one and those that its `info/alternates` names, where anything
/// that would be opened is neither a file nor a directory.
///
/// # Errors
/// When anything is, or cannot be looked at.
pub fn refuse(objects: &Path) -> Result<(), CliError> {
    let mut pending = vec![(objects.to_owned(), 0)];
    while let Some((directory, depth)) = pending.pop() {
        for folder in entries(&directory)? {
            if folder.file_name().is_some_and(is_read) {
                for file in entries(&folder)? {
                    refuse_pipe(&file)?;
                }
            }
        }
        let list = directory.join("info").join("alternates");
        if depth < MAX_ALTERNATES && list.is_file() {
            let text = input::bytes(&list, MAX_LIST_BYTES)?;
            let lines = String::from_utf8_lossy(&text);
            let others = lines.lines().filter(|line| !line.starts_with('#'));
            pending.extend(others.map(|line| (directory.join(line), depth + 1)));
        }
    }
    Ok(())
}

/// Refuses the directory of an index where anything else is that an index may be spread over.
///
/// # Errors
/// When anything is, or cannot be looked at.
pub fn refuse_beside(index: &Path) -> Result<(), CliError> {
    let directory = index.parent().unwrap_or(index);
    for file in entries(directory)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("sharedindex.") {
            refuse_pipe(&file)?;
        }
    }
    refuse_pipe(index)
}

/// Whether objects are read from a folder with this name.
fn is_read(name: &std::ffi::OsStr) -> bool {
    let is_part = |name: &str| name.len() == 2 && name.bytes().all(|b| b.is_ascii_hexdigit());
    name == "pack" || name == "info" || name.to_str().is_some_and(is_part)
}

/// What is in a directory; nothing where there is none.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, CliError> {
    let failed = |error| CliError::file(directory, error);
    match fs::read_dir(directory) {
        Ok(found) => found
            .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
            .collect(),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(Vec::new()),
            _ => Err(failed(error)),
        },
    }
}

fn refuse_pipe(file: &Path) -> Result<(), CliError> {
    match fs::metadata(file) {
        Ok(metadata) if metadata.is_file() || metadata.is_dir() => Ok(()),
        Ok(_) => Err(CliError::WrongFile {
            path: file.to_owned(),
            detail: "neither a file nor a directory, where a repository has its files".into(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CliError::file(file, error)),
    }
}
