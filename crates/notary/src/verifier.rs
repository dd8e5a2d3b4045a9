//! The public key or certificate of a proposed entry.

use crate::keys;
use crate::proposal::ProposalError;
use assay_core::digest::Sha256Digest;
use sigstore_crypto::{KeyAlgorithm, verify_signature, verify_signature_prehashed};
use sigstore_types::{DerPublicKey, HashAlgorithm, SignatureBytes};
use std::ops::RangeInclusive;
use x509_cert::Certificate;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Reader, SliceReader, pem};
use x509_cert::spki::SubjectPublicKeyInfoRef;

/// rsaEncryption (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// How long an RSA key's modulus may be, in bits: shorter ones are not safe, and longer ones no client
/// verifies.
const RSA_BITS: RangeInclusive<usize> = 2048..=4096;

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
        let bits =
            rsa_bits(&key).map_err(|error| bad(format!("the key cannot be read: {error}")))?;
        if let Some(bits) = bits.filter(|bits| !RSA_BITS.contains(bits)) {
            return Err(bad(format!(
                "it is an RSA key of {bits} bits, and possible are {} to {}",
                RSA_BITS.start(),
                RSA_BITS.end()
            )));
        }
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

/// How many bits the modulus of an RSA key (DER, SubjectPublicKeyInfo; RFC 8017, appendix A.1.1) has;
/// `None` of another key.
///
/// # Errors
/// When the key cannot be read: one whose length is not known is not used.
fn rsa_bits(key: &[u8]) -> Result<Option<usize>, x509_cert::der::Error> {
    let info = SubjectPublicKeyInfoRef::from_der(key)?;
    if info.algorithm.oid != RSA {
        return Ok(None);
    }
    let mut reader = SliceReader::new(info.subject_public_key.raw_bytes())?;
    let modulus = reader.sequence(|inner| {
        let modulus = UintRef::decode(inner)?;
        UintRef::decode(inner)?;
        Ok::<_, x509_cert::der::Error>(modulus)
    })?;
    let bytes = reader.finish(modulus)?.as_bytes();
    let unused = bytes.first().map_or(0, |first| first.leading_zeros());
    Ok(Some(bytes.len() * 8 - unused as usize))
}

/// PEM as people paste it has blank lines around it.
fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}
