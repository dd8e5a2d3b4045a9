//! `assay notary backup`: a backup in a file, of a notary that runs or does not.

use crate::backup;
use crate::data_directory::{COMPLETE_FILE, LOG_FILE};
use crate::error::NotaryError;
use crate::redb_store::RedbStore;
use crate::store::{Store, StoreError};
use std::fs::{File, OpenOptions};
#[cfg(unix)]
use std::io::Write;
use std::io::{self, BufReader, BufWriter, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Makes a backup of the notary in `data` in the new file `to`, which only its owner can read.
/// When this returns, the file is on disk and was read back as a whole backup. Returns its length
/// in bytes.
///
/// # Errors
/// When there is a file already, there is no notary, or something cannot be read or written; then
/// there is no file.
pub fn make(data: &Path, to: &Path) -> Result<u64, NotaryError> {
    if !data.join(COMPLETE_FILE).exists() {
        return Err(NotaryError::NotSetUp {
            data: data.to_owned(),
        });
    }
    let failed = |source| NotaryError::file(to, source);
    if to.exists() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let directory = to.parent().filter(|path| !path.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let whole = |path: &Path| std::fs::canonicalize(path).map_err(failed);
    if whole(directory)?.starts_with(whole(data)?) {
        return Err(NotaryError::Backup(
            "it must not lie in the data directory, of which it is one; choose another place, \
             best on another disk"
                .into(),
        ));
    }
    let part = part_of(to);
    let made = make_part(data, &part).and_then(|length| {
        std::fs::rename(&part, to).map_err(failed)?;
        crate::files::sync_directory(directory).map_err(failed)?;
        Ok(length)
    });
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    made
}

/// Where a backup is while it is not whole.
fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn make_part(data: &Path, part: &Path) -> Result<u64, NotaryError> {
    let failed = |source| NotaryError::file(part, source);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(part).map_err(failed)?;
    #[cfg(unix)]
    {
        // One that was left behind may have another mode.
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        file.set_permissions(owner_only).map_err(failed)?;
    }
    let asked = ask_the_running_one(data, &mut file);
    if !asked.map_err(failed)? {
        let objects = RedbStore::open(&data.join(LOG_FILE)).map_err(|error| match error {
            StoreError::InUse => NotaryError::Backup(
                "a notary runs on this data directory, and does not answer on its socket there: \
                 it may be starting, or of an earlier version"
                    .into(),
            ),
            other => other.into(),
        })?;
        let store = Store::new(Arc::new(objects));
        backup::write(data, &store, &mut BufWriter::new(&file))?;
    }
    file.sync_all().map_err(failed)?;
    file.rewind().map_err(failed)?;
    backup::read(&mut BufReader::new(&file), &mut |_| Ok(()))?;
    Ok(file.metadata().map_err(failed)?.len())
}

/// Has the running notary write the backup; false if none runs.
fn ask_the_running_one(data: &Path, file: &mut File) -> io::Result<bool> {
    #[cfg(unix)]
    if let Some(mut stream) = crate::admin::ask_for_backup(data)? {
        let mut out = BufWriter::new(file);
        io::copy(&mut stream, &mut out)?;
        out.flush()?;
        return Ok(true);
    }
    #[cfg(not(unix))]
    let _ = (data, file);
    Ok(false)
}
