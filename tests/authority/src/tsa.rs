//! A timestamp authority (RFC 3161): tokens are CMS signed data (RFC 5652) over a hash and a time.

use crate::certificate::{Draft, Issuer, TIME_STAMPING, extended_key_usage, key_usage, name};
use crate::key::{Curve, Hash, Key};
use crate::time::{self, Window};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence};
use x509_cert::Certificate;
use x509_cert::attr::{Attribute, Attributes};
use x509_cert::ext::pkix::KeyUsages;
use x509_cert::spki::AlgorithmIdentifierOwned;

/// The content of a token.
pub const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// CMS signed data.
pub const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// CMS data without meaning.
pub const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.2");

/// A timestamp authority.
#[derive(Clone)]
pub struct Tsa {
    /// The end of its chain.
    pub root: Issuer,
    /// Between the two.
    pub intermediate: Issuer,
    /// The key that signs.
    pub key: Key,
    /// The certificate of that key, DER.
    pub certificate: Vec<u8>,
}

/// A token before it is signed.
#[derive(Clone)]
pub struct TokenDraft {
    /// Who signs.
    pub signer: Key,
    /// The certificate that the token says it is by, DER.
    pub certificate: Vec<u8>,
    /// Certificates that travel with the token, DER.
    pub embedded: Vec<Vec<u8>>,
    /// What it is over.
    pub message: Vec<u8>,
    /// What was hashed with what, and the hash.
    pub imprint: (ObjectIdentifier, Vec<u8>),
    /// The time, in seconds since 1970.
    pub time: u64,
    /// What the whole says it is.
    pub outer_type: ObjectIdentifier,
    /// What the content says it is.
    pub content_type: ObjectIdentifier,
    /// Whether the content is there.
    pub content: bool,
    /// The digest of the content that the signer signs; what it is, if not given.
    pub message_digest: Option<Vec<u8>>,
    /// Whether the signer signs attributes, as it must.
    pub attributes: bool,
    /// Whether there is a signer.
    pub signed: bool,
    /// The status of the response (section 2.4.2): 0 is granted.
    pub status: u8,
    /// Whether it comes in a response, or bare.
    pub response: bool,
}

#[derive(Sequence)]
struct TstInfo {
    version: u8,
    policy: ObjectIdentifier,
    message_imprint: MessageImprint,
    serial_number: u64,
    gen_time: GeneralizedTime,
}

#[derive(Sequence)]
struct MessageImprint {
    hash_algorithm: AlgorithmIdentifierOwned,
    hashed_message: OctetString,
}

#[derive(Sequence)]
struct TimeStampResp {
    status: PkiStatusInfo,
    time_stamp_token: ContentInfo,
}

#[derive(Sequence)]
struct PkiStatusInfo {
    status: u8,
}

impl Tsa {
    /// An authority with a chain of three certificates.
    pub fn new(curve: Curve, label: &str) -> Self {
        let root = Issuer::root(curve, &format!("{label} root"), "tsa root");
        let below = format!("{label} intermediate");
        let intermediate = root.below(curve, &below, "tsa intermediate", TIME_STAMPING);
        let key = Key::new(curve, label);
        let certificate = Self::draft(&intermediate, &key).sign(&intermediate.key);
        Self {
            root,
            intermediate,
            key,
            certificate,
        }
    }

    /// The draft of the certificate of a key that signs tokens.
    pub fn draft(issuer: &Issuer, key: &Key) -> Draft {
        let mut draft = Draft::new(issuer, name("tsa"), key, Window::WIDE);
        draft.set(key_usage(KeyUsages::DigitalSignature));
        // Section 2.3: critical.
        draft.set(x509_cert::ext::Extension {
            critical: true,
            ..extended_key_usage(&[TIME_STAMPING])
        });
        draft
    }

    /// Its chain, the signer's certificate first.
    pub fn chain(&self) -> Vec<Vec<u8>> {
        vec![
            self.certificate.clone(),
            self.intermediate.certificate.clone(),
            self.root.certificate.clone(),
        ]
    }

    /// The draft of a token over `message` at `time`.
    pub fn token(&self, message: &[u8], time: u64) -> TokenDraft {
        let hash = Hash::Sha256;
        TokenDraft {
            signer: self.key.clone(),
            certificate: self.certificate.clone(),
            embedded: vec![self.certificate.clone()],
            message: message.to_vec(),
            imprint: (hash.oid(), hash.digest(message)),
            time,
            outer_type: SIGNED_DATA,
            content_type: TST_INFO,
            content: true,
            message_digest: None,
            attributes: true,
            signed: true,
            status: 0,
            response: true,
        }
    }
}

impl TokenDraft {
    /// Hashes the message with another function.
    pub fn rehash(&mut self, hash: Hash) {
        self.imprint = (hash.oid(), hash.digest(&self.message));
    }

    /// The response, DER, or the bare token.
    pub fn sign(&self) -> Vec<u8> {
        let token = ContentInfo {
            content_type: self.outer_type,
            content: Any::encode_from(&self.signed_data()).expect("signed data"),
        };
        match self.response {
            false => token.to_der(),
            true => TimeStampResp {
                status: PkiStatusInfo {
                    status: self.status,
                },
                time_stamp_token: token,
            }
            .to_der(),
        }
        .expect("a response")
    }

    fn signed_data(&self) -> SignedData {
        let info = TstInfo {
            version: 1,
            policy: POLICY,
            message_imprint: MessageImprint {
                hash_algorithm: algorithm(self.imprint.0),
                hashed_message: octets(&self.imprint.1),
            },
            serial_number: self.time,
            gen_time: time::generalized(self.time),
        }
        .to_der()
        .expect("a token's content");
        let content = Any::encode_from(&octets(&info)).expect("octets");
        let signers = match self.signed {
            true => vec![self.signer_info(&info)],
            false => vec![],
        };
        let embedded: Vec<_> = self
            .embedded
            .iter()
            .map(|der| CertificateChoices::Certificate(parsed(der)))
            .collect();
        let hash = self.signer.curve().hash();
        SignedData {
            version: CmsVersion::V3,
            digest_algorithms: vec![algorithm(hash.oid())]
                .try_into()
                .expect("a set of one"),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: self.content_type,
                econtent: self.content.then_some(content),
            },
            certificates: match embedded.is_empty() {
                true => None,
                false => Some(CertificateSet::try_from(embedded).expect("a set")),
            },
            crls: None,
            signer_infos: SignerInfos::try_from(signers).expect("a set"),
        }
    }

    fn signer_info(&self, content: &[u8]) -> SignerInfo {
        let certificate = parsed(&self.certificate);
        let hash = self.signer.curve().hash();
        let digest = match &self.message_digest {
            Some(digest) => digest.clone(),
            None => hash.digest(content),
        };
        let attributes: Attributes = vec![
            attribute(CONTENT_TYPE, &self.content_type),
            attribute(MESSAGE_DIGEST, &octets(&digest)),
        ]
        .try_into()
        .expect("a set");
        // Section 5.4 of RFC 5652: the attributes are signed as a plain set, and if there are none,
        // the content is.
        let signature = match self.attributes {
            true => self
                .signer
                .sign(&attributes.to_der().expect("signed attributes")),
            false => self.signer.sign(content),
        };
        SignerInfo {
            version: CmsVersion::V1,
            sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
                issuer: certificate.tbs_certificate.issuer,
                serial_number: certificate.tbs_certificate.serial_number,
            }),
            digest_alg: algorithm(hash.oid()),
            signed_attrs: self.attributes.then_some(attributes),
            signature_algorithm: self.signer.curve().signature_algorithm(),
            signature: octets(&signature),
            unsigned_attrs: None,
        }
    }
}

fn parsed(certificate: &[u8]) -> Certificate {
    Certificate::from_der(certificate).expect("a certificate made here")
}

fn algorithm(oid: ObjectIdentifier) -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid,
        parameters: None,
    }
}

fn octets(bytes: &[u8]) -> OctetString {
    OctetString::new(bytes).expect("a short string")
}

fn attribute<V: der::EncodeValue + der::Tagged>(oid: ObjectIdentifier, value: &V) -> Attribute {
    let value = Any::encode_from(value).expect("an attribute's value");
    Attribute {
        oid,
        values: SetOfVec::try_from(vec![value]).expect("a set of one"),
    }
}
