//! ECDSA P-256 signing keys, kept in files that only their owner can read.

use crate::files::{self, Mode};
use assay_core::digest::Sha256Digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use p256::SecretKey;
use p256::ecdsa::signature::hazmat::{PrehashSigner, RandomizedPrehashSigner};
use p256::ecdsa::{DerSignature, Signature};
use p256::elliptic_curve::Generate;
use p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use std::io;
use std::path::{Path, PathBuf};

/// A private key for ECDSA over P-256 with SHA-256 (FIPS 186-5).
pub struct SigningKey {
    key: p256::ecdsa::SigningKey,
    /// The same key for what must be quick.
    quick: EcdsaKeyPair,
    public_der: Vec<u8>,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("the key file {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "{} holds no ECDSA P-256 private key (unencrypted PEM, PKCS#8 or SEC1)", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// The system's random number generator or an encoder failed.
    #[error("a key could not be made: {0}")]
    Generate(String),
}

impl SigningKey {
    /// Makes a new key from the system's randomness.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let secret =
            SecretKey::try_generate().map_err(|error| KeyError::Generate(error.to_string()))?;
        Self::of_secret(&secret)
    }

    /// Reads a key from a PEM file, PKCS#8 or SEC1, not encrypted.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|source| KeyError::File {
            path: path.to_owned(),
            source,
        })?;
        let secret = SecretKey::from_pkcs8_pem(&text)
            .ok()
            .or_else(|| SecretKey::from_sec1_pem(&text).ok());
        match secret {
            Some(secret) => Self::of_secret(&secret),
            None => Err(KeyError::Malformed {
                path: path.to_owned(),
            }),
        }
    }

    /// Reads the key in `path`, which is made first if there is none. Several processes that do
    /// this at once end up with the same key.
    ///
    /// # Errors
    /// When the file can neither be read nor made.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File {
            path: path.to_owned(),
            source,
        };
        if !path.try_exists().map_err(failed)? {
            let secret =
                SecretKey::try_generate().map_err(|error| KeyError::Generate(error.to_string()))?;
            let pem = secret
                .to_pkcs8_pem(LineEnding::LF)
                .map_err(|error| KeyError::Generate(error.to_string()))?;
            if let Some(directory) = path.parent() {
                files::private_directory(directory).map_err(failed)?;
            }
            match files::create(path, pem.as_bytes(), Mode::Private) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                other => other.map_err(failed)?,
            }
        }
        Self::load(path)
    }

    /// The public key, DER (RFC 5280 SubjectPublicKeyInfo).
    pub fn public_der(&self) -> &[u8] {
        &self.public_der
    }

    /// The public key, PEM (RFC 7468).
    pub fn public_pem(&self) -> String {
        public_pem(&self.public_der)
    }

    /// SHA-256 of [`Self::public_der`].
    pub fn id(&self) -> Sha256Digest {
        Sha256Digest::of(&self.public_der)
    }

    /// Signs `message`: a DER `Ecdsa-Sig-Value` (RFC 3279), always the same for the same message
    /// (RFC 6979).
    ///
    /// # Errors
    /// Only if the arithmetic breaks down, which it does with negligible probability.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.sign_digest(&Sha256Digest::of(message))
    }

    /// Signs the message that has this SHA-256 digest; as [`Self::sign`].
    ///
    /// # Errors
    /// As [`Self::sign`].
    pub fn sign_digest(&self, digest: &Sha256Digest) -> Result<Vec<u8>, KeyError> {
        let signature: Signature = self
            .key
            .sign_prehash(digest.as_bytes())
            .map_err(|error| KeyError::Generate(error.to_string()))?;
        Ok(DerSignature::from(signature).as_bytes().to_vec())
    }

    /// Signs `message` with fresh randomness, so that the same statement made twice is two
    /// signatures and thus two log entries.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn sign_afresh(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = Sha256Digest::of(message);
        let signature: Signature = self
            .key
            .sign_prehash_with_rng(&mut getrandom::SysRng, digest.as_bytes())
            .map_err(|error| KeyError::Generate(error.to_string()))?;
        Ok(DerSignature::from(signature).as_bytes().to_vec())
    }

    /// Signs `message` as [`Self::sign_afresh`] does, in a fraction of the time: for the log,
    /// which signs each entry.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn sign_quickly(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.quick.sign(&SystemRandom::new(), message);
        let signature = signature.map_err(|error| KeyError::Generate(error.to_string()))?;
        Ok(signature.as_ref().to_vec())
    }

    /// The key with this private part, for those who keep it themselves.
    ///
    /// # Errors
    /// When an encoder fails.
    pub fn of_secret(secret: &SecretKey) -> Result<Self, KeyError> {
        let public_der = secret
            .public_key()
            .to_public_key_der()
            .map_err(|error| KeyError::Generate(error.to_string()))?
            .into_vec();
        let private_der = secret
            .to_pkcs8_der()
            .map_err(|error| KeyError::Generate(error.to_string()))?;
        let quick =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, private_der.as_bytes())
                .map_err(|error| KeyError::Generate(error.to_string()))?;
        Ok(Self {
            key: p256::ecdsa::SigningKey::from(secret),
            quick,
            public_der,
        })
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Never the private part.
        f.debug_tuple("SigningKey").field(&self.id()).finish()
    }
}

/// A public key in PEM, with Unix line ends (RFC 7468).
pub fn public_pem(der: &[u8]) -> String {
    pem("PUBLIC KEY", der)
}

/// Any DER value in PEM: 64 columns, Unix line ends, a line end at the end (RFC 7468).
pub fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_made_by_several_at_once_is_one_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("deep/key.pem");
        let ids: Vec<_> = std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| SigningKey::load_or_create(&path).unwrap().id()))
                .collect();
            makers.into_iter().map(|m| m.join().unwrap()).collect()
        });
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_file_that_is_no_key_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        std::fs::write(&path, "nothing").unwrap();
        let error = SigningKey::load_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("key.pem"), "{error}");
    }

    #[test]
    fn signing_is_repeatable_and_signing_afresh_is_not() {
        let key = SigningKey::generate().unwrap();
        assert_eq!(key.sign(b"m").unwrap(), key.sign(b"m").unwrap());
        assert_ne!(
            key.sign_afresh(b"m").unwrap(),
            key.sign_afresh(b"m").unwrap()
        );
    }

    #[test]
    fn what_was_signed_quickly_is_signed_by_the_same_key() {
        assay_core::crypto::install();
        let key = SigningKey::generate().unwrap();
        let public = sigstore_types::DerPublicKey::new(key.public_der().to_vec());
        let signature = sigstore_types::SignatureBytes::new(key.sign_quickly(b"m").unwrap());
        let scheme = sigstore_crypto::SigningScheme::EcdsaP256Sha256;
        let verify =
            |message| sigstore_crypto::verify_signature(&public, message, &signature, scheme);
        assert!(verify(b"m").is_ok());
        assert!(verify(b"n").is_err());
    }

    #[test]
    fn the_private_part_is_never_printed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("key.pem");
        let key = SigningKey::load_or_create(&path).unwrap();
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey(sha256:{})", key.id())
        );
    }
}
