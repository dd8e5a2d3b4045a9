//! Where a new bundle is written.

use crate::error::CliError;
use crate::subject::Subject;
use std::path::{Path, PathBuf};

/// Refuses one file for the bundles of several subjects.
///
/// # Errors
/// When a file was chosen, and there is not just one subject.
pub fn require_one(chosen: Option<&Path>, subjects: &[Subject]) -> Result<(), CliError> {
    match chosen.is_some() && subjects.len() != 1 {
        true => Err(CliError::Usage(
            "--bundle names the file for one bundle: give one subject with it".to_owned(),
        )),
        false => Ok(()),
    }
}

/// Where a subject's bundle is written: the chosen file, or its own place; `None` where it has none and
/// needs none.
///
/// # Errors
/// When there is no such place, or nothing can be written there.
pub fn of(subject: &Subject, chosen: Option<&Path>) -> Result<Option<PathBuf>, CliError> {
    let Some(bundle) = chosen.map(Path::to_owned).or_else(|| subject.bundle()) else {
        return match subject {
            Subject::Directory { .. } | Subject::Git { .. } => Err(CliError::Usage(format!(
                "there is no place beside {} for its bundle: name one with --bundle FILE",
                subject.name()
            ))),
            _ => Ok(None),
        };
    };
    // Whatever else has that name would be put aside for a file: a pipe, or /dev/stdout.
    if std::fs::metadata(&bundle).is_ok_and(|there| !there.is_file()) {
        return Err(CliError::WrongFile {
            path: bundle,
            detail: "this is no file, so the bundle cannot be written there".to_owned(),
        });
    }
    let folder = match bundle.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match require_writable(folder) {
        Ok(()) => Ok(Some(bundle)),
        Err(error) => Err(CliError::WrongFile {
            path: bundle,
            detail: format!(
                "the bundle cannot be written there ({error}): name another place with --bundle FILE"
            ),
        }),
    }
}

/// Asks the system whether files can be made in a directory, without making one.
#[cfg(unix)]
fn require_writable(directory: &Path) -> std::io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(directory, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Only whether there is such a directory: no more can be known without making a file.
#[cfg(not(unix))]
fn require_writable(directory: &Path) -> std::io::Result<()> {
    std::fs::read_dir(directory).map(drop)
}
