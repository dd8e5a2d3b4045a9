//! Files with secrets in them that others than their owner can read.

use crate::error::NotaryError;
use std::path::{Path, PathBuf};

/// A file that the owner's group can read or write, which may be meant so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupReadable(pub PathBuf);

/// Looks who can read a file with a secret. A file that is not there is nobody's.
///
/// # Errors
/// When everybody on this machine can read or write it, or the system does not say.
pub fn check(path: &Path) -> Result<Option<GroupReadable>, NotaryError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = match std::fs::metadata(path) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(NotaryError::file(path, error)),
        };
        if mode & 0o006 != 0 {
            return Err(NotaryError::Exposed {
                path: path.to_owned(),
            });
        }
        if mode & 0o060 != 0 {
            return Ok(Some(GroupReadable(path.to_owned())));
        }
    }
    let _ = path;
    Ok(None)
}

/// Looks at the keys and tokens in a data directory.
///
/// # Errors
/// As [`check`].
pub fn check_data(data: &Path) -> Result<Vec<GroupReadable>, NotaryError> {
    let mut files = vec![data.join(crate::tokens::FILE)];
    let keys = std::fs::read_dir(data.join("keys"));
    files.extend(keys.into_iter().flatten().flatten().map(|key| key.path()));
    let mut found = Vec::new();
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
            [GroupReadable(key.clone())]
        );
        set(0o644);
        let error = check_data(data.path()).unwrap_err().to_string();
        assert!(
            error.contains("log.pem") && error.contains("chmod 600"),
            "{error}"
        );
    }
}
