//! A signer's public key, out of a file.

use crate::error::CliError;
use crate::input::{MAX_KEY_BYTES, bytes_or_input};
use assay_core::signer::key_fingerprint;
use assay_notary::verifier::Verifier;
use std::path::Path;

/// A public key that somebody signs with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerKey {
    /// The key as logs know it (PEM, RFC 7468).
    pub pem: String,
    /// By which it is compared: `SHA256:` and base64.
    pub fingerprint: String,
}

impl SignerKey {
    /// Reads a public key (PEM); `-` is standard input.
    ///
    /// # Errors
    /// When the file cannot be read, or has something else.
    pub fn read(file: &Path) -> Result<Self, CliError> {
        let wrong = |detail: String| CliError::WrongFile {
            path: file.to_owned(),
            detail,
        };
        let read = Verifier::from_pem(&bytes_or_input(file, MAX_KEY_BYTES)?);
        let read = read.map_err(|error| wrong(error.to_string()))?;
        match read.certificate() {
            None => Ok(Self {
                pem: read.canonical_pem(),
                fingerprint: key_fingerprint(read.key_der()),
            }),
            Some(_) => Err(wrong("a certificate; give the public key itself".into())),
        }
    }
}
