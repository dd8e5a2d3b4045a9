//! Signers whom the administrator enrolled: a certificate a file, named by the key's fingerprint.
//!
//! The files are read when they are asked for, so enrolment works while the notary runs.

use crate::authority::{Authority, named_in};
use crate::clock::now;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::identity::Identity;
use crate::keys;
use crate::revocation::{Revocations, Statement};
use crate::signer_name;
use crate::trust::TrustState;
use crate::verifier::Verifier;
use assay_core::digest::Sha256Digest;
use assay_core::revocation::Revocation;
use assay_core::signer::key_fingerprint;
use std::io;
use std::path::{Path, PathBuf};

/// The enrolled signers of a data directory.
#[derive(Debug, Clone)]
pub struct Signers {
    directory: PathBuf,
    revocations: Revocations,
}

/// A signer that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// The name, in its one form.
    pub name: String,
    /// SHA-256 of the key (DER, SubjectPublicKeyInfo).
    pub key: Sha256Digest,
    /// The key's fingerprint as it is shown: `SHA256:` and base64.
    pub fingerprint: String,
    /// The file with the certificate.
    pub file: PathBuf,
}

/// A signer as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The name under which the key was enrolled.
    pub name: String,
    /// SHA-256 of the key (DER, SubjectPublicKeyInfo).
    pub key: Sha256Digest,
    /// The key's fingerprint as it is shown.
    pub fingerprint: String,
    /// Since when its certificate holds, in seconds since the Unix epoch. Not known of a key that was
    /// enrolled again under another name.
    pub since: Option<u64>,
    /// Its revocation, if it was revoked under this name.
    pub revoked: Option<Revocation>,
}

impl Signers {
    /// The signers of a data directory.
    pub fn of(data: &Path) -> Self {
        Self {
            directory: data.join("signers"),
            revocations: Revocations::of(data),
        }
    }

    /// The certificate (PEM) of the key with this SHA-256, if it is enrolled and was not revoked.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn certificate(&self, key: &Sha256Digest) -> Result<Option<String>, NotaryError> {
        let path = self.file(key);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(NotaryError::file(&path, error)),
        };
        let (name, _, _) = read_certificate(&path, text.as_bytes())?;
        Ok((!self.revocations.has(key, &name)).then_some(text))
    }

    /// The name in a certificate (DER) of this key, if it was revoked under it.
    pub fn revoked_name(&self, key: &Sha256Digest, certificate: &[u8]) -> Option<String> {
        let (name, _) = named_in(certificate)?;
        self.revocations.has(key, &name).then_some(name)
    }

    /// All that are enrolled and all that were revoked, by name.
    ///
    /// # Errors
    /// When they cannot be listed or read.
    pub fn all(&self) -> Result<Vec<Signer>, NotaryError> {
        let statements = self.revocations.all()?;
        let mut found: Vec<Signer> = Vec::new();
        for file in files::listed(&self.directory, "pem")? {
            let text = std::fs::read(&file).map_err(|source| NotaryError::file(&file, source))?;
            let (name, since, verifier) = read_certificate(&file, &text)?;
            found.push(Signer {
                name,
                key: verifier.key_id(),
                fingerprint: key_fingerprint(verifier.key_der()),
                since: Some(since),
                revoked: None,
            });
        }
        for Statement {
            revocation, key, ..
        } in statements
        {
            let mut known = found.iter_mut();
            let same = |one: &&mut Signer| {
                one.fingerprint == revocation.key && one.name == revocation.name
            };
            match known.find(same) {
                Some(signer) => signer.revoked = Some(revocation),
                None => found.push(Signer {
                    name: revocation.name.clone(),
                    key,
                    fingerprint: revocation.key.clone(),
                    since: None,
                    revoked: Some(revocation),
                }),
            }
        }
        found.sort_by(|a, b| (&a.name, &a.fingerprint).cmp(&(&b.name, &b.fingerprint)));
        Ok(found)
    }

    /// The keys of all that are enrolled: SHA-256 of each.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn keys(&self) -> Result<Vec<Sha256Digest>, NotaryError> {
        let files = files::listed(&self.directory, "pem")?;
        let key = |file: &PathBuf| file.file_stem()?.to_str()?.parse().ok();
        Ok(files.iter().filter_map(key).collect())
    }

    /// Issues the certificates anew that are another authority's than this one's, as after a rotation.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub fn reissue(&self, authority: &Authority) -> Result<(), NotaryError> {
        for file in files::listed(&self.directory, "pem")? {
            let text = std::fs::read(&file).map_err(|source| NotaryError::file(&file, source))?;
            let (name, _, verifier) = read_certificate(&file, &text)?;
            let certificate = verifier.certificate().unwrap_or_default();
            let is_revoked = self.revocations.has(&verifier.key_id(), &name);
            if is_revoked || authority.vouches_for(certificate, now()) {
                continue;
            }
            let certificate = authority.certify(&name, verifier.key_der(), now())?;
            let text = keys::pem("CERTIFICATE", &certificate);
            files::replace(&file, text.as_bytes(), Mode::Shared)
                .map_err(|source| NotaryError::file(&file, source))?;
        }
        Ok(())
    }

    fn file(&self, key: &Sha256Digest) -> PathBuf {
        self.directory.join(format!("{key}.pem"))
    }
}

/// The name in a signer's certificate, since when it holds, and its key.
fn read_certificate(file: &Path, pem: &[u8]) -> Result<(String, u64, Verifier), NotaryError> {
    let unusable = |detail: String| NotaryError::Data {
        path: file.to_owned(),
        detail,
    };
    let verifier = Verifier::from_pem(pem).map_err(|error| unusable(error.to_string()))?;
    let named = verifier.certificate().and_then(named_in);
    let (name, since) = named.ok_or_else(|| unusable("it is no signer's certificate".into()))?;
    Ok((name, since, verifier))
}

/// Enrols the public key in `pem` under `name` with the notary in `data`, which may be running. A key
/// that was revoked can be enrolled under another name.
///
/// # Errors
/// When there is no notary, the key or the name is unusable, the key is enrolled already, or was
/// revoked under this name, or a revocation cannot be read.
pub fn enrol(data: &Path, name: &str, pem: &[u8]) -> Result<Enrolled, NotaryError> {
    let identity = Identity::of_notary(data)?;
    if !signer_name::is_one(name) {
        return Err(NotaryError::Enrol(format!(
            "{name:?} cannot name a signer: use an email address, or a URI that begins with \
             https://, http:// or spiffe:// and is not of github.com, whose repositories have names \
             like that; at most {} visible ASCII characters",
            signer_name::MAX
        )));
    }
    let name = &signer_name::normal(name);
    let key = Verifier::from_pem(pem).map_err(|error| NotaryError::Enrol(error.to_string()))?;
    let signers = Signers::of(data);
    // Also as it was written before names had one form. What is there and cannot be read is refused, too.
    let statements = signers.revocations.all()?;
    let is_revoked = |statement: &Statement| {
        statement.key == key.key_id() && signer_name::normal(&statement.revocation.name) == *name
    };
    if statements.iter().any(is_revoked) {
        return Err(NotaryError::Enrol(format!(
            "this key was revoked under the name {name}, which cannot be taken back; enrol a new key"
        )));
    }
    let state = TrustState::load(data, &identity)?;
    let authority = Authority::open(data, &identity, &state.authority)?;
    let certificate = authority.certify(name, key.key_der(), now())?;
    files::private_directory(&signers.directory)
        .map_err(|source| NotaryError::file(&signers.directory, source))?;
    let file = signers.file(&key.key_id());
    let text = keys::pem("CERTIFICATE", &certificate);
    match files::create(&file, text.as_bytes(), Mode::Shared) {
        // What is there was revoked, or it is still in office.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if signers.certificate(&key.key_id())?.is_some() {
                return Err(NotaryError::Enrol(format!(
                    "this key is enrolled already; its certificate is {}",
                    file.display()
                )));
            }
            files::replace(&file, text.as_bytes(), Mode::Shared)
        }
        other => other,
    }
    .map_err(|source| NotaryError::file(&file, source))?;
    Ok(Enrolled {
        name: name.clone(),
        key: key.key_id(),
        fingerprint: key_fingerprint(key.key_der()),
        file,
    })
}
