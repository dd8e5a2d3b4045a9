//! A file's digests, read in pieces.

use crate::error::CliError;
use crate::input;
use crate::progress::Reading;
use assay_core::artifact::{ArtifactDigests, Sha512Digest};
use assay_core::closer_look::{CloserLook, Found, Wanted};
use assay_core::digest::Sha256Digest;
use sha2::{Digest, Sha256, Sha512};
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// The SHA-256 of a file.
///
/// # Errors
/// When it cannot be read, is not a file, or changes meanwhile.
pub fn file(path: &Path) -> Result<Sha256Digest, CliError> {
    let mut sha256 = Sha256::new();
    read(path, |piece| sha256.update(piece))?;
    Ok(Sha256Digest::new(sha256.finalize().into()))
}

/// The SHA-256 of what comes, to its end.
///
/// # Errors
/// When it cannot be read.
pub fn stream(from: &mut impl Read) -> std::io::Result<Sha256Digest> {
    let mut sha256 = Sha256::new();
    let mut piece = vec![0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(Sha256Digest::new(sha256.finalize().into())),
            Ok(read) => sha256.update(piece.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// All digests of a file that a bundle may name it by, in one pass.
///
/// # Errors
/// As [`file`].
pub fn digests(path: &Path) -> Result<ArtifactDigests, CliError> {
    let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
    read(path, |piece| {
        sha256.update(piece);
        sha512.update(piece);
    })?;
    Ok(ArtifactDigests {
        sha256: Some(Sha256Digest::new(sha256.finalize().into())),
        sha512: Some(Sha512Digest::new(sha512.finalize().into())),
        blake2b: None,
    })
}

/// All digests of a file with this one.
///
/// # Errors
/// As [`file`], and when it has another digest by now.
pub fn more_digests(path: &Path, digest: &Sha256Digest) -> Result<ArtifactDigests, CliError> {
    let found = digests(path)?;
    match found.sha256.as_ref() == Some(digest) {
        true => Ok(found),
        false => Err(changed(path)),
    }
}

/// What a closer look at a file with this digest finds out; nothing where nothing is wanted.
///
/// # Errors
/// As [`file`], and when it has another digest by now.
pub fn closer(
    path: &Path,
    wanted: &Wanted,
    digest: &Sha256Digest,
) -> Result<Option<Found>, CliError> {
    let Some(mut look) = CloserLook::begin(wanted) else {
        return Ok(None);
    };
    let mut sha256 = Sha256::new();
    read(path, |piece| {
        sha256.update(piece);
        look.update(piece);
    })?;
    match Sha256Digest::new(sha256.finalize().into()) == *digest {
        true => Ok(Some(look.end())),
        false => Err(changed(path)),
    }
}

/// The SHA-256 of a file that was found in this state; `advance` is told how many bytes more were read.
///
/// # Errors
/// When it cannot be read, or is not in this state any more.
pub fn found(
    path: &Path,
    state: &State,
    advance: impl FnMut(usize),
) -> Result<Sha256Digest, CliError> {
    let mut sha256 = Sha256::new();
    read_found(path, state, |piece| sha256.update(piece), advance)?;
    Ok(Sha256Digest::new(sha256.finalize().into()))
}

fn read(path: &Path, take: impl FnMut(&[u8])) -> Result<(), CliError> {
    let failed = |source| CliError::file(path, source);
    // Before it is opened: opening a pipe waits for whoever writes to it.
    let before = std::fs::metadata(path).map_err(failed)?;
    if !before.is_file() {
        let detail = match before.is_dir() {
            true => "this is a directory; name the files in it",
            false => {
                "this is a pipe or device: save it as a file, or give it on standard input (-)"
            }
        };
        return Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: detail.into(),
        });
    }
    let mut progress = Reading::new(path, before.len());
    let before = State::of(&before);
    read_found(path, &before, take, |read| progress.advance(read))
}

fn read_found(
    path: &Path,
    state: &State,
    mut take: impl FnMut(&[u8]),
    mut advance: impl FnMut(usize),
) -> Result<(), CliError> {
    let failed = |source| CliError::file(path, source);
    let mut file = input::open(path).map_err(failed)?;
    let is_same = |file: &File| -> Result<bool, CliError> {
        Ok(State::of(&file.metadata().map_err(failed)?) == *state)
    };
    // Another file may have its name by now.
    if !is_same(&file)? {
        return Err(changed(path));
    }
    let size = usize::try_from(state.length).unwrap_or(PIECE);
    // One byte more, to see the end at once.
    let mut piece = vec![0; size.saturating_add(1).min(PIECE)];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => {
                take(piece.get(..read).unwrap_or_default());
                advance(read);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    match is_same(&file)? {
        true => Ok(()),
        false => Err(changed(path)),
    }
}

fn changed(path: &Path) -> CliError {
    CliError::WrongFile {
        path: path.to_owned(),
        detail: "the file changed while it was read; try again".into(),
    }
}

/// By what it shows that a file changed, or that another one has its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    length: u64,
    modified: Option<std::time::SystemTime>,
    /// The device, the number on it, and when anything about the file changed, which nobody can set.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl State {
    /// Of the file that this is about.
    pub fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            #[cfg(unix)]
            identity: (
                metadata.dev(),
                metadata.ino(),
                metadata.ctime(),
                metadata.ctime_nsec(),
            ),
        }
    }

    /// The file's length, in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::closer_look::KeyedSignature;

    #[test]
    fn pieces_make_the_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        for size in [0, 1, PIECE - 1, PIECE, PIECE + 1] {
            let content = vec![7u8; size];
            std::fs::write(&path, &content).unwrap();
            assert_eq!(file(&path).unwrap(), Sha256Digest::of(&content));
            let expected = ArtifactDigests {
                blake2b: None,
                ..ArtifactDigests::of(&content)
            };
            assert_eq!(digests(&path).unwrap(), expected);
        }
    }

    #[test]
    fn a_file_that_is_another_by_now_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        std::fs::write(&path, "content").unwrap();
        let digest = file(&path).unwrap();
        assert!(more_digests(&path, &digest).unwrap().sha512.is_some());
        let mut wanted = Wanted::default();
        assert!(closer(&path, &wanted, &digest).unwrap().is_none());
        wanted.signatures.push(KeyedSignature {
            key: String::new(),
            signature: String::new(),
            declared: None,
        });
        assert!(closer(&path, &wanted, &digest).unwrap().is_some());
        std::fs::write(&path, "another").unwrap();
        for error in [
            more_digests(&path, &digest).unwrap_err(),
            closer(&path, &wanted, &digest).unwrap_err(),
        ] {
            assert!(error.to_string().contains("changed"), "{error}");
        }
    }

    #[test]
    fn what_is_no_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let error = file(directory.path()).unwrap_err().to_string();
        assert!(error.contains("directory"), "{error}");
        let error = file(&directory.path().join("absent"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("absent"), "{error}");
    }
}
