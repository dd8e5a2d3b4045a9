//! X.509 certificates (RFC 5280), from a draft in which anything can be changed before it is signed.

use crate::key::{Curve, Key};
use crate::time::{self, Window};
use der::asn1::{Ia5String, ObjectIdentifier, OctetString, Utf8StringRef};
use der::flagset::FlagSet;
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use sha2::{Digest, Sha256};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::Validity;
use x509_cert::{Certificate, TbsCertificate, Version};

/// The extended key usage of certificates that sign code (RFC 5280, section 4.2.1.12).
pub const CODE_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3");
/// The extended key usage of timestamp authorities (RFC 3161, section 2.3).
pub const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// The extended key usage of web servers.
pub const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");

/// A certificate before it is signed.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its number; the first bit must be clear.
    pub serial: [u8; 8],
    /// Who issues it.
    pub issuer: Name,
    /// Whom it is for; empty for signers.
    pub subject: Name,
    /// From when until when it holds.
    pub window: Window,
    /// Its key: DER of a SubjectPublicKeyInfo.
    pub key: Vec<u8>,
    /// Its extensions.
    pub extensions: Vec<Extension>,
}

/// Whoever issues certificates: a key with a certificate of its own.
#[derive(Clone)]
pub struct Issuer {
    /// The key that signs.
    pub key: Key,
    /// The name.
    pub name: Name,
    /// Its own certificate, DER.
    pub certificate: Vec<u8>,
}

impl Draft {
    /// A draft for `key`, issued by `issuer`.
    pub fn new(issuer: &Issuer, subject: Name, key: &Key, window: Window) -> Self {
        let mut draft = Self::unissued(issuer.name.clone(), subject, key, window);
        draft.set(authority_key(&issuer.key));
        draft
    }

    fn unissued(issuer: Name, subject: Name, key: &Key, window: Window) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(key.public());
        hasher.update(window.from.to_be_bytes());
        let mut serial = [0; 8];
        serial.copy_from_slice(&hasher.finalize()[..8]);
        // Positive, and never shortened (section 4.1.2.2).
        serial[0] = serial[0] & 0x7f | 0x40;
        Self {
            serial,
            issuer,
            subject,
            window,
            key: key.public().to_vec(),
            extensions: vec![subject_key(key)],
        }
    }

    /// Sets an extension, in the place of one of the same kind.
    pub fn set(&mut self, extension: Extension) {
        self.remove(extension.extn_id);
        self.extensions.push(extension);
    }

    /// Removes an extension.
    pub fn remove(&mut self, kind: ObjectIdentifier) {
        self.extensions
            .retain(|extension| extension.extn_id != kind);
    }

    /// What is signed, DER.
    pub fn to_be_signed(&self, curve: Curve) -> Vec<u8> {
        self.content(curve).to_der().expect("a valid certificate")
    }

    fn content(&self, curve: Curve) -> TbsCertificate {
        TbsCertificate {
            version: Version::V3,
            serial_number: SerialNumber::new(&self.serial).expect("eight bytes"),
            signature: curve.signature_algorithm(),
            issuer: self.issuer.clone(),
            validity: Validity {
                not_before: time::x509(self.window.from),
                not_after: time::x509(self.window.until),
            },
            subject: self.subject.clone(),
            subject_public_key_info: SubjectPublicKeyInfoOwned::from_der(&self.key)
                .expect("a public key"),
            issuer_unique_id: None,
            subject_unique_id: None,
            extensions: Some(self.extensions.clone()),
        }
    }

    /// The certificate, DER.
    pub fn sign(&self, key: &Key) -> Vec<u8> {
        let content = self.content(key.curve());
        let signature = key.sign(&content.to_der().expect("a valid certificate"));
        Certificate {
            tbs_certificate: content,
            signature_algorithm: key.curve().signature_algorithm(),
            signature: der::asn1::BitString::from_bytes(&signature).expect("a short string"),
        }
        .to_der()
        .expect("a valid certificate")
    }
}

impl Issuer {
    /// A root, which certifies itself.
    pub fn root(curve: Curve, label: &str, common_name: &str) -> Self {
        let key = Key::new(curve, label);
        let name = name(common_name);
        let mut draft = Draft::unissued(name.clone(), name.clone(), &key, Window::WIDE);
        draft.set(basic_constraints(true, None));
        draft.set(key_usage(KeyUsages::KeyCertSign));
        Self {
            certificate: draft.sign(&key),
            name,
            key,
        }
    }

    /// The draft of an authority below this one, for one kind of use, with the key of a label.
    pub fn draft_below(&self, key: &Key, common_name: &str, usage: ObjectIdentifier) -> Draft {
        let mut draft = Draft::new(self, name(common_name), key, Window::WIDE);
        draft.set(basic_constraints(true, Some(0)));
        draft.set(key_usage(KeyUsages::KeyCertSign));
        draft.set(extended_key_usage(&[usage]));
        draft
    }

    /// An authority below this one, for one kind of use.
    pub fn below(
        &self,
        curve: Curve,
        label: &str,
        common_name: &str,
        usage: ObjectIdentifier,
    ) -> Self {
        let key = Key::new(curve, label);
        Self {
            certificate: self.draft_below(&key, common_name, usage).sign(&self.key),
            name: name(common_name),
            key,
        }
    }
}

/// PEM of a certificate.
pub(crate) fn pem_of(der: &[u8]) -> String {
    crate::key::pem("CERTIFICATE", der)
}

/// The name `CN=…,O=…`.
pub fn name(common_name: &str) -> Name {
    format!("CN={common_name},O=assay test authority")
        .parse()
        .expect("a plain name")
}

/// What a key may do (section 4.2.1.3). Critical.
pub fn key_usage(usage: KeyUsages) -> Extension {
    known(true, &KeyUsage(FlagSet::from(usage)))
}

/// Whether it is an authority, and how many may be below it (section 4.2.1.9). Critical.
pub fn basic_constraints(ca: bool, path_len_constraint: Option<u8>) -> Extension {
    known(
        true,
        &BasicConstraints {
            ca,
            path_len_constraint,
        },
    )
}

/// What certificates are for (section 4.2.1.12).
pub fn extended_key_usage(usages: &[ObjectIdentifier]) -> Extension {
    known(false, &ExtendedKeyUsage(usages.to_vec()))
}

/// Names (section 4.2.1.6). Critical, as the subject is empty.
pub fn alternative_names(names: &[GeneralName]) -> Extension {
    known(true, &SubjectAltName(names.to_vec()))
}

/// An e-mail address.
pub fn email(address: &str) -> GeneralName {
    GeneralName::Rfc822Name(Ia5String::new(address).expect("ASCII"))
}

/// A URI.
pub fn uri(address: &str) -> GeneralName {
    GeneralName::UniformResourceIdentifier(Ia5String::new(address).expect("ASCII"))
}

/// One of Fulcio's extensions, by its number: a DER UTF8String.
pub fn fulcio(number: u32, text: &str) -> Extension {
    let text = Utf8StringRef::new(text).and_then(|text| text.to_der());
    raw(fulcio_oid(number), false, &text.expect("a short text"))
}

/// The object identifier of Fulcio's extension `number`.
pub fn fulcio_oid(number: u32) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1")
        .push_arc(number)
        .expect("a small number")
}

/// Any extension.
pub fn raw(kind: ObjectIdentifier, critical: bool, value: &[u8]) -> Extension {
    Extension {
        extn_id: kind,
        critical,
        extn_value: OctetString::new(value).expect("a short value"),
    }
}

fn subject_key(key: &Key) -> Extension {
    let id = OctetString::new(key.identifier()).expect("20 bytes");
    known(false, &SubjectKeyIdentifier(id))
}

fn authority_key(key: &Key) -> Extension {
    let id = OctetString::new(key.identifier()).expect("20 bytes");
    known(
        false,
        &AuthorityKeyIdentifier {
            key_identifier: Some(id),
            ..Default::default()
        },
    )
}

fn known<E: AssociatedOid + Encode>(critical: bool, value: &E) -> Extension {
    raw(E::OID, critical, &value.to_der().expect("an extension"))
}
