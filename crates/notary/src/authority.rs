//! The notary's own certificate authority: it names the signers that the administrator enrolled.
//!
//! X.509 v3 (RFC 5280) with the extensions of Fulcio's profile, so that what verifies Sigstore's
//! certificates verifies these.

use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::identity::Identity;
use crate::keys::{self, SigningKey};
use assay_core::digest::Sha256Digest;
use serde::{Deserialize, Serialize};
use sigstore_crypto::{SigningScheme, verify_signature};
use sigstore_types::{DerPublicKey, SignatureBytes};
use std::path::Path;
use std::time::Duration;
use x509_cert::der::asn1::{
    BitString, GeneralizedTime, Ia5String, OctetString, UtcTime, Utf8StringRef,
};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::{AssociatedOid, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, pem};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::ext::{AsExtension, Extension};
use x509_cert::name::{Name, RdnSequence};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, TbsCertificate, Version};

/// Where an authority is kept, below the data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityFiles {
    /// The private key's file.
    pub key: String,
    /// The certificate's file.
    pub certificate: String,
    /// Since when the authority is in office, in seconds since the Unix epoch.
    pub since: u64,
}

impl AuthorityFiles {
    /// Those of a notary's first authority, which is in office since the notary was set up.
    pub fn first(since: u64) -> Self {
        Self {
            key: "keys/authority.pem".into(),
            certificate: "authority.pem".into(),
            since,
        }
    }
}

/// How long the authority may vouch, in seconds: 30 years.
const AUTHORITY_SECONDS: u64 = 30 * 366 * 86_400;
/// How long a signer's certificate holds, in seconds: 10 years. A signature counts by the time at
/// which it was logged, so nothing that was signed before turns invalid after.
const SIGNER_SECONDS: u64 = 10 * 366 * 86_400;

const ECDSA_WITH_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// Fulcio's extension for who vouched for the name (a DER UTF8String).
const FULCIO_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");

/// The notary's certificate authority.
#[derive(Debug)]
pub struct Authority {
    key: SigningKey,
    der: Vec<u8>,
    name: Name,
    issuer: String,
    until: u64,
}

impl Authority {
    /// Opens an authority of a data directory, which is made if there is none.
    ///
    /// # Errors
    /// When its files cannot be read or written.
    pub fn open(
        data: &Path,
        identity: &Identity,
        names: &AuthorityFiles,
    ) -> Result<Self, NotaryError> {
        let key = SigningKey::load_or_create(&data.join(&names.key))?;
        let path = data.join(&names.certificate);
        let exists = path
            .try_exists()
            .map_err(|source| NotaryError::file(&path, source))?;
        if !exists {
            let der = root_certificate(&key, identity, names.since)?;
            match files::create(
                &path,
                keys::pem("CERTIFICATE", &der).as_bytes(),
                Mode::Shared,
            ) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|source| NotaryError::file(&path, source))?,
            }
        }
        let text = std::fs::read(&path).map_err(|source| NotaryError::file(&path, source))?;
        let unusable = |detail: String| NotaryError::Data {
            path: path.clone(),
            detail,
        };
        let (_, der) = pem::decode_vec(&text).map_err(|error| unusable(error.to_string()))?;
        let certificate =
            Certificate::from_der(&der).map_err(|error| unusable(error.to_string()))?;
        let certified = certificate
            .tbs_certificate
            .subject_public_key_info
            .to_der()
            .map_err(|error| unusable(error.to_string()))?;
        if certified != key.public_der() {
            return Err(unusable(format!("it is not for the key in {}", names.key)));
        }
        Ok(Self {
            until: certificate
                .tbs_certificate
                .validity
                .not_after
                .to_unix_duration()
                .as_secs(),
            name: certificate.tbs_certificate.subject,
            issuer: identity.address.clone(),
            key,
            der,
        })
    }

    /// The authority's key, with which it also signs what it revokes.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The authority's own certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.der
    }

    /// Certifies that the holder of `key` (DER, SubjectPublicKeyInfo) is `name`, from `now` (in
    /// seconds since the Unix epoch). Returns DER.
    ///
    /// # Errors
    /// When the name or the key cannot be put into a certificate.
    pub fn certify(&self, name: &str, key: &[u8], now: u64) -> Result<Vec<u8>, NotaryError> {
        let issuer = Utf8StringRef::new(&self.issuer)
            .and_then(|text| text.to_der())
            .and_then(OctetString::new)
            .map_err(failed)?;
        let extensions = vec![
            extension(&KeyUsage(FlagSet::from(KeyUsages::DigitalSignature)))?,
            extension(&ExtendedKeyUsage(vec![CODE_SIGNING]))?,
            extension(&SubjectKeyIdentifier(key_identifier(key)?))?,
            extension(&AuthorityKeyIdentifier {
                key_identifier: Some(key_identifier(self.key.public_der())?),
                ..Default::default()
            })?,
            Extension {
                // RFC 5280, section 4.1.2.6: critical, as the subject is empty.
                critical: true,
                ..extension(&SubjectAltName(vec![general_name(name)?]))?
            },
            Extension {
                extn_id: FULCIO_ISSUER,
                critical: false,
                extn_value: issuer,
            },
        ];
        let certificate = TbsCertificate {
            version: Version::V3,
            serial_number: serial_number()?,
            signature: algorithm(),
            issuer: self.name.clone(),
            validity: validity(now, (now + SIGNER_SECONDS).min(self.until))?,
            subject: RdnSequence::default(),
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key).map_err(failed)?,
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(extensions),
        };
        sign(certificate, &self.key)
    }

    /// Whether this authority signed the certificate (DER), and it holds at `now` (in seconds since
    /// the Unix epoch).
    pub fn vouches_for(&self, certificate: &[u8], now: u64) -> bool {
        let Ok(certificate) = Certificate::from_der(certificate) else {
            return false;
        };
        let (Ok(signed), Some(signature)) = (
            certificate.tbs_certificate.to_der(),
            certificate.signature.as_bytes(),
        ) else {
            return false;
        };
        let validity = &certificate.tbs_certificate.validity;
        certificate.tbs_certificate.issuer == self.name
            && validity.not_before.to_unix_duration().as_secs() <= now
            && validity.not_after.to_unix_duration().as_secs() >= now
            && verify_signature(
                &DerPublicKey::new(self.key.public_der().to_vec()),
                &signed,
                &SignatureBytes::new(signature.to_vec()),
                SigningScheme::EcdsaP256Sha256,
            )
            .is_ok()
    }
}

fn root_certificate(
    key: &SigningKey,
    identity: &Identity,
    since: u64,
) -> Result<Vec<u8>, NotaryError> {
    let name: Name = format!("CN=Assay notary,O={}", identity.host())
        .parse()
        .map_err(failed)?;
    let extensions = vec![
        Extension {
            critical: true,
            ..extension(&BasicConstraints {
                ca: true,
                path_len_constraint: Some(0),
            })?
        },
        Extension {
            critical: true,
            ..extension(&KeyUsage(FlagSet::from(KeyUsages::KeyCertSign)))?
        },
        extension(&SubjectKeyIdentifier(key_identifier(key.public_der())?))?,
    ];
    let certificate = TbsCertificate {
        version: Version::V3,
        serial_number: serial_number()?,
        signature: algorithm(),
        issuer: name.clone(),
        validity: validity(since, since + AUTHORITY_SECONDS)?,
        subject: name,
        subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(key.public_der())
            .map_err(failed)?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions),
    };
    sign(certificate, key)
}

fn sign(tbs_certificate: TbsCertificate, key: &SigningKey) -> Result<Vec<u8>, NotaryError> {
    let signature = key.sign(&tbs_certificate.to_der().map_err(failed)?)?;
    Certificate {
        tbs_certificate,
        signature_algorithm: algorithm(),
        signature: BitString::from_bytes(&signature).map_err(failed)?,
    }
    .to_der()
    .map_err(failed)
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: ECDSA_WITH_SHA256,
        parameters: None,
    }
}

/// The name that a certificate (DER) of an authority here is for, and since when it holds (in seconds
/// since the Unix epoch). `None` where it names nobody.
pub fn named_in(certificate: &[u8]) -> Option<(String, u64)> {
    let certificate = Certificate::from_der(certificate).ok()?.tbs_certificate;
    let since = certificate.validity.not_before.to_unix_duration().as_secs();
    let (_, names) = certificate.get::<SubjectAltName>().ok()??;
    let name = names.0.iter().find_map(|name| match name {
        GeneralName::Rfc822Name(text) | GeneralName::UniformResourceIdentifier(text) => {
            Some(text.to_string())
        }
        _ => None,
    })?;
    Some((name, since))
}

/// An email address if it is plainly one, otherwise a URI.
fn general_name(name: &str) -> Result<GeneralName, NotaryError> {
    let text = Ia5String::new(name).map_err(failed)?;
    Ok(match is_plain_email(name) {
        true => GeneralName::Rfc822Name(text),
        false => GeneralName::UniformResourceIdentifier(text),
    })
}

fn is_plain_email(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c))
    };
    name.split_once('@')
        .is_some_and(|(local, domain)| plain(local) && plain(domain) && !domain.contains('/'))
}

/// 16 random bytes, positive (RFC 5280, section 4.1.2.2).
fn serial_number() -> Result<SerialNumber, NotaryError> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| NotaryError::Random(error.to_string()))?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::new(&bytes).map_err(failed)
}

fn validity(from: u64, until: u64) -> Result<Validity, NotaryError> {
    Ok(Validity {
        not_before: time(from)?,
        not_after: time(until)?,
    })
}

/// UTCTime through 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5).
fn time(seconds: u64) -> Result<Time, NotaryError> {
    let since = Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(since) {
        Ok(time) => Ok(Time::UtcTime(time)),
        Err(_) => GeneralizedTime::from_unix_duration(since)
            .map(Time::GeneralTime)
            .map_err(failed),
    }
}

/// RFC 7093, section 2, method 1: 160 bits of the key's SHA-256.
fn key_identifier(key: &[u8]) -> Result<OctetString, NotaryError> {
    let key = SubjectPublicKeyInfoOwned::from_der(key).map_err(failed)?;
    let digest = Sha256Digest::of(key.subject_public_key.raw_bytes());
    OctetString::new(&digest.as_bytes()[..20]).map_err(failed)
}

fn extension<E: AsExtension + AssociatedOid + Encode>(value: &E) -> Result<Extension, NotaryError> {
    Ok(Extension {
        extn_id: E::OID,
        critical: false,
        extn_value: OctetString::new(value.to_der().map_err(failed)?).map_err(failed)?,
    })
}

fn failed(error: impl std::fmt::Display) -> NotaryError {
    NotaryError::Certificate(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_and_uris_are_told_apart() {
        assert!(is_plain_email("release@example.org"));
        for uri in [
            "https://example.org/@me",
            "ssh://git@host/x",
            "a@b@c",
            "@b",
            "a@",
            "release",
        ] {
            assert!(!is_plain_email(uri), "{uri}");
        }
    }

    #[test]
    fn dates_after_2049_are_written_as_the_rfc_asks() {
        assert!(matches!(time(2_524_607_999).unwrap(), Time::UtcTime(_)));
        assert!(matches!(time(2_524_608_000).unwrap(), Time::GeneralTime(_)));
    }

    #[test]
    fn only_its_own_certificates_are_recognised() {
        assay_core::crypto::install();
        let open = || {
            let directory = tempfile::tempdir().unwrap();
            let identity =
                Identity::load_or_create(directory.path(), None, "http://127.0.0.1:1").unwrap();
            let names = AuthorityFiles::first(identity.created);
            Authority::open(directory.path(), &identity, &names).unwrap()
        };
        let (ours, theirs) = (open(), open());
        let key = SigningKey::generate().unwrap();
        let certify = |authority: &Authority| {
            authority
                .certify("release@example.org", key.public_der(), 1_800_000_000)
                .unwrap()
        };
        let from = 1_800_000_000;
        assert!(ours.vouches_for(&certify(&ours), from));
        assert!(!ours.vouches_for(&certify(&ours), from - 1));
        assert!(!ours.vouches_for(&certify(&ours), from + SIGNER_SECONDS + 1));
        assert!(!ours.vouches_for(&certify(&theirs), from));
        assert!(!ours.vouches_for(b"garbage", from));
        let mut altered = certify(&ours);
        let place = altered.windows(7).position(|w| w == b"release").unwrap();
        altered[place] = b'R';
        assert!(!ours.vouches_for(&altered, from));
    }
}
