//! Files with secrets in them that others than their owner can read, and directories in which others
//! can replace files.

use crate::backup::ADMIN_DIRECTORY;
use crate::error::NotaryError;
use std::path::{Path, PathBuf};

/// What the owner's group can do, which may be meant so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByGroup {
    /// Read or write this secret.
    Readable(PathBuf),
    /// Replace the files in this directory.
    Writable(PathBuf),
}

/// Looks who can read a file with a secret. A file that is not there is nobody's.
///
/// # Errors
/// When everybody on this machine can read or write it, or the system does not say.
pub fn check(path: &Path) -> Result<Option<ByGroup>, NotaryError> {
    match mode(path)? {
        Some(mode) if mode & 0o006 != 0 => Err(NotaryError::Exposed {
            path: path.to_owned(),
        }),
        Some(mode) if mode & 0o060 != 0 => Ok(Some(ByGroup::Readable(path.to_owned()))),
        _ => Ok(None),
    }
}

/// Looks who can write in a directory. One that is not there is nobody's.
///
/// # Errors
/// When everybody on this machine can, and so replace what is in it, or the system does not say.
pub fn check_directory(path: &Path) -> Result<Option<ByGroup>, NotaryError> {
    match mode(path)? {
        Some(mode) if mode & 0o002 != 0 => Err(NotaryError::Writable {
            path: path.to_owned(),
        }),
        Some(mode) if mode & 0o020 != 0 => Ok(Some(ByGroup::Writable(path.to_owned()))),
        _ => Ok(None),
    }
}

/// The bits that say who may do what; `None` where nothing is, or where there are none.
fn mode(path: &Path) -> Result<Option<u32>, NotaryError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(metadata.permissions().mode())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(NotaryError::file(path, error)),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(None)
    }
}

/// The directories in a data directory whose files must be nobody else's.
const DIRECTORIES: [&str; 5] = ["", "keys", "signers", "revocations", ADMIN_DIRECTORY];

/// Looks at a data directory, and the keys and tokens in it.
///
/// # Errors
/// As [`check`] and [`check_directory`].
pub fn check_data(data: &Path) -> Result<Vec<ByGroup>, NotaryError> {
    let mut files = vec![data.join(crate::tokens::FILE)];
    let keys = std::fs::read_dir(data.join("keys"));
    files.extend(keys.into_iter().flatten().flatten().map(|key| key.path()));
    let mut found = Vec::new();
    for directory in DIRECTORIES {
        found.extend(check_directory(&data.join(directory))?);
    }
    for file in files {
        found.extend(check(&file)?);
    }
    Ok(found)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_that_everybody_can_read_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let key = data.path().join("keys/log.pem");
        assert!(check_data(data.path()).unwrap().is_empty());
        std::fs::create_dir(data.path().join("keys")).unwrap();
        std::fs::write(&key, "").unwrap();
        let set = |mode| std::fs::set_permissions(&key, PermissionsExt::from_mode(mode)).unwrap();
        set(0o600);
        assert!(check_data(data.path()).unwrap().is_empty());
        set(0o640);
        assert_eq!(
            check_data(data.path()).unwrap(),
            [ByGroup::Readable(key.clone())]
        );
        set(0o644);
        let error = check_data(data.path()).unwrap_err().to_string();
        assert!(
            error.contains("log.pem") && error.contains("chmod 600"),
            "{error}"
        );
    }

    #[test]
    fn a_directory_in_which_everybody_can_write_is_refused() {
        let data = tempfile::tempdir().unwrap();
        let set = |mode| {
            std::fs::set_permissions(data.path(), PermissionsExt::from_mode(mode)).unwrap();
            check_data(data.path())
        };
        assert!(set(0o755).unwrap().is_empty());
        let by_group = set(0o770).unwrap();
        assert!(
            matches!(&by_group[..], [ByGroup::Writable(_)]),
            "{by_group:?}"
        );
        let error = set(0o1777).unwrap_err().to_string();
        assert!(error.contains("chmod o-w"), "{error}");
    }

    #[test]
    fn a_directory_below_in_which_everybody_can_write_is_refused() {
        for name in DIRECTORIES.into_iter().filter(|name| !name.is_empty()) {
            let data = tempfile::tempdir().unwrap();
            let below = data.path().join(name);
            std::fs::create_dir(&below).unwrap();
            std::fs::set_permissions(&below, PermissionsExt::from_mode(0o777)).unwrap();
            let error = check_data(data.path()).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
