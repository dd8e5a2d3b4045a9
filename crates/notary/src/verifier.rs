//! The public key or certificate of a proposed entry.

use crate::keys;
use crate::proposal::ProposalError;
use assay_core::digest::Sha256Digest;
use sigstore_crypto::{KeyAlgorithm, verify_signature, verify_signature_prehashed};
use sigstore_types::{DerPublicKey, HashAlgorithm, SignatureBytes};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode, pem};

/// What a signature is verified with.
#[derive(Debug, Clone)]
pub struct Verifier {
    key: DerPublicKey,
    algorithm: KeyAlgorithm,
    certificate: Option<Vec<u8>>,
}

impl Verifier {
    /// Reads a PEM public key (SubjectPublicKeyInfo) or X.509 certificate, exactly one.
    ///
    /// # Errors
    /// When it is neither, or of an algorithm that is not known here.
    pub fn from_pem(text: &[u8]) -> Result<Self, ProposalError> {
        let bad = |detail: String| ProposalError::Key(detail);
        let (label, der) = pem::decode_vec(trim(text)).map_err(|error| {
            bad(format!(
                "it must be one PEM public key or certificate: {error}"
            ))
        })?;
        let (key, certificate) = match label {
            "PUBLIC KEY" => (der, None),
            "CERTIFICATE" => {
                let certificate = Certificate::from_der(&der)
                    .map_err(|error| bad(format!("the certificate cannot be read: {error}")))?;
                let key = certificate
                    .tbs_certificate
                    .subject_public_key_info
                    .to_der()
                    .map_err(|error| bad(format!("the certificate's key: {error}")))?;
                (key, Some(der))
            }
            other => {
                return Err(bad(format!(
                    "PEM block {other:?} is neither a PUBLIC KEY nor a CERTIFICATE"
                )));
            }
        };
        let key = DerPublicKey::new(key);
        let algorithm = KeyAlgorithm::from_spki(&key).map_err(|error| bad(error.to_string()))?;
        Ok(Self {
            key,
            algorithm,
            certificate,
        })
    }

    /// The key, DER (RFC 5280 SubjectPublicKeyInfo).
    pub fn key_der(&self) -> &[u8] {
        self.key.as_bytes()
    }

    /// SHA-256 of [`Self::key_der`].
    pub fn key_id(&self) -> Sha256Digest {
        Sha256Digest::of(self.key_der())
    }

    /// The certificate, DER, if that is what was given.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificate.as_deref()
    }

    /// What was given, in the one PEM form that goes into the log.
    pub fn canonical_pem(&self) -> String {
        match &self.certificate {
            Some(der) => keys::pem("CERTIFICATE", der),
            None => keys::public_pem(self.key_der()),
        }
    }

    /// Whether `signature` is this key's over the message with this SHA-256 digest.
    ///
    /// # Errors
    /// When it is not, or when the algorithm cannot be verified from a digest.
    pub fn verify_digest(
        &self,
        digest: &Sha256Digest,
        signature: &[u8],
    ) -> Result<(), ProposalError> {
        let scheme = self
            .algorithm
            .resolve_signing_scheme(HashAlgorithm::Sha2256)
            .map_err(|error| ProposalError::Key(error.to_string()))?;
        if !scheme.supports_prehashed() {
            return Err(ProposalError::Key(format!(
                "{} cannot be verified from a digest; use an ECDSA or RSA key",
                scheme.name()
            )));
        }
        let signature = SignatureBytes::new(signature.to_vec());
        verify_signature_prehashed(&self.key, digest.as_bytes(), &signature, scheme)
            .map_err(|error| ProposalError::Signature(error.to_string()))
    }

    /// Whether `signature` is this key's over `message`.
    ///
    /// # Errors
    /// When it is not.
    pub fn verify_message(&self, message: &[u8], signature: &[u8]) -> Result<(), ProposalError> {
        let scheme = self.algorithm.default_signing_scheme();
        let signature = SignatureBytes::new(signature.to_vec());
        verify_signature(&self.key, message, &signature, scheme)
            .map_err(|error| ProposalError::Signature(error.to_string()))
    }
}

/// PEM as people paste it has blank lines around it.
fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}
