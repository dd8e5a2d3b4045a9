//! The Ed25519 key that signs the checkpoint of the tiles, kept in a file that only its owner can
//! read. It signs nothing else.

use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::keys::KeyError;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use std::io;
use std::path::Path;

/// Where the private key is kept in the data directory.
pub const KEY_FILE: &str = "keys/checkpoint.pem";
/// Where the public key is kept there. Once it is there, the private key is never made anew.
pub const PUBLIC_FILE: &str = "checkpoint.pub";

/// A private key for Ed25519 (RFC 8032).
pub struct NoteKey(SigningKey);

impl NoteKey {
    /// Opens the key of a data directory. One that has none yet, as it is new or was made by an
    /// earlier version, gets one.
    ///
    /// # Errors
    /// When its files cannot be read or written, when the private key is gone, or when the two files
    /// are not of one key.
    pub fn open(data: &Path) -> Result<Self, NotaryError> {
        let (path, public_path) = (data.join(KEY_FILE), data.join(PUBLIC_FILE));
        let exists = |path: &Path| {
            path.try_exists()
                .map_err(|source| NotaryError::file(path, source))
        };
        if !exists(&path)? {
            if exists(&public_path)? {
                return Err(NotaryError::Lost { path });
            }
            make(&path)?;
        }
        let key = load(&path)?;
        let public = key
            .0
            .verifying_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|error| KeyError::Generate(error.to_string()))?;
        if !exists(&public_path)? {
            match files::create(&public_path, public.as_bytes(), Mode::Shared) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|source| NotaryError::file(&public_path, source))?,
            }
        }
        let kept = std::fs::read_to_string(&public_path)
            .map_err(|source| NotaryError::file(&public_path, source))?;
        match kept == public {
            true => Ok(key),
            false => Err(NotaryError::Data {
                path,
                detail: format!(
                    "it is not the key in {}, which auditors know; put it back from a backup",
                    public_path.display()
                ),
            }),
        }
    }

    /// The public key.
    pub fn public(&self) -> VerifyingKey {
        self.0.verifying_key()
    }

    /// The signature over `message`; always the same for the same message.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

impl std::fmt::Debug for NoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the private part.
        f.debug_tuple("NoteKey").field(&self.public()).finish()
    }
}

fn make(path: &Path) -> Result<(), NotaryError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| NotaryError::Random(error.to_string()))?;
    let pem = SigningKey::from_bytes(&seed)
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| KeyError::Generate(error.to_string()))?;
    if let Some(directory) = path.parent() {
        files::private_directory(directory)
            .map_err(|source| NotaryError::file(directory, source))?;
    }
    match files::create(path, pem.as_bytes(), Mode::Private) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|source| NotaryError::file(path, source)),
    }
}

fn load(path: &Path) -> Result<NoteKey, NotaryError> {
    let text = std::fs::read_to_string(path).map_err(|source| NotaryError::file(path, source))?;
    SigningKey::from_pkcs8_pem(&text)
        .map(NoteKey)
        .map_err(|_| NotaryError::Data {
            path: path.to_owned(),
            detail: "it holds no Ed25519 private key (unencrypted PEM, PKCS#8)".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(data: &Path) -> Result<VerifyingKey, NotaryError> {
        NoteKey::open(data).map(|key| key.public())
    }

    #[test]
    fn the_key_is_made_once_and_its_loss_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path();
        let key = opened(data).unwrap();
        assert_eq!(opened(data).unwrap(), key);
        let kept = std::fs::read(data.join(KEY_FILE)).unwrap();
        std::fs::remove_file(data.join(KEY_FILE)).unwrap();
        assert!(matches!(opened(data), Err(NotaryError::Lost { .. })));
        make(&data.join(KEY_FILE)).unwrap();
        assert!(matches!(opened(data), Err(NotaryError::Data { .. })));
        std::fs::write(data.join(KEY_FILE), "nothing").unwrap();
        assert!(matches!(opened(data), Err(NotaryError::Data { .. })));
        std::fs::write(data.join(KEY_FILE), kept).unwrap();
        assert_eq!(opened(data).unwrap(), key);
    }

    #[cfg(unix)]
    #[test]
    fn the_private_key_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        NoteKey::open(directory.path()).unwrap();
        let metadata = std::fs::metadata(directory.path().join(KEY_FILE)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn the_private_part_is_never_printed() {
        let directory = tempfile::tempdir().unwrap();
        let key = NoteKey::open(directory.path()).unwrap();
        assert!(format!("{key:?}").starts_with("NoteKey(VerifyingKey"));
    }
}
