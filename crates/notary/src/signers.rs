//! Signers whom the administrator enrolled: a certificate a file, named by the key's fingerprint.
//!
//! The files are read when they are asked for, so enrolment works while the notary runs.

use crate::authority::Authority;
use crate::clock::now;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::identity::Identity;
use crate::keys;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use std::io;
use std::path::{Path, PathBuf};

/// The longest name of a signer, in bytes.
const MAX_NAME: usize = 255;

/// The enrolled signers of a data directory.
#[derive(Debug, Clone)]
pub struct Signers {
    directory: PathBuf,
}

/// A signer that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// SHA-256 of the key (DER, SubjectPublicKeyInfo).
    pub key: Sha256Digest,
    /// The key's fingerprint as it is shown: `SHA256:` and base64.
    pub fingerprint: String,
    /// The file with the certificate.
    pub file: PathBuf,
}

impl Signers {
    /// The signers of a data directory.
    pub fn of(data: &Path) -> Self {
        Self {
            directory: data.join("signers"),
        }
    }

    /// The certificate (PEM) of the key with this SHA-256, if it is enrolled.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn certificate(&self, key: &Sha256Digest) -> Result<Option<String>, NotaryError> {
        let path = self.file(key);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(NotaryError::file(&path, error)),
        }
    }

    /// The keys of all that are enrolled: SHA-256 of each.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn keys(&self) -> Result<Vec<Sha256Digest>, NotaryError> {
        let files = match std::fs::read_dir(&self.directory) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(NotaryError::file(&self.directory, error)),
        };
        let mut keys = Vec::new();
        for file in files {
            let file = file.map_err(|error| NotaryError::file(&self.directory, error))?;
            let name = file.file_name();
            let key = name.to_str().and_then(|name| name.strip_suffix(".pem"));
            keys.extend(key.and_then(|key| key.parse::<Sha256Digest>().ok()));
        }
        Ok(keys)
    }

    fn file(&self, key: &Sha256Digest) -> PathBuf {
        self.directory.join(format!("{key}.pem"))
    }
}

/// Enrols the public key in `pem` under `name` with the notary in `data`, which may be running.
///
/// # Errors
/// When there is no notary, the key or the name is unusable, or the key is enrolled already.
pub fn enrol(data: &Path, name: &str, pem: &[u8]) -> Result<Enrolled, NotaryError> {
    let identity = Identity::load(data).map_err(|error| match error {
        NotaryError::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            NotaryError::NotSetUp {
                data: data.to_owned(),
            }
        }
        other => other,
    })?;
    let visible = name.chars().all(|c| c.is_ascii_graphic());
    if name.is_empty() || name.len() > MAX_NAME || !visible {
        return Err(NotaryError::Enrol(format!(
            "{name:?} cannot name a signer: use an email address or a URI, 1 to {MAX_NAME} visible \
             ASCII characters"
        )));
    }
    let key = Verifier::from_pem(pem).map_err(|error| NotaryError::Enrol(error.to_string()))?;
    let authority = Authority::open(data, &identity)?;
    let certificate = authority.certify(name, key.key_der(), now())?;
    let signers = Signers::of(data);
    files::private_directory(&signers.directory)
        .map_err(|source| NotaryError::file(&signers.directory, source))?;
    let file = signers.file(&key.key_id());
    let text = keys::pem("CERTIFICATE", &certificate);
    files::create(&file, text.as_bytes(), Mode::Shared).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => NotaryError::Enrol(format!(
            "this key is enrolled already; its certificate is {}",
            file.display()
        )),
        _ => NotaryError::file(&file, source),
    })?;
    Ok(Enrolled {
        key: key.key_id(),
        fingerprint: assay_core::signer::key_fingerprint(key.key_der()),
        file,
    })
}
