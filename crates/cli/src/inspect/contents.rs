//! What a Sigstore bundle says, decoded. Nothing of it is proven.

use assay_core::signer::key_fingerprint;
use assay_notary::authority::named_in;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::der::{Decode, Encode};

/// Who vouched for the name in a certificate of Fulcio's.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
/// The most subjects of a statement that are told.
const MOST_SUBJECTS: usize = 100;

/// What a bundle says.
#[derive(Debug, Serialize)]
pub struct Contents {
    /// The form that it is in.
    pub media_type: Option<String>,
    /// What was signed.
    pub signed: Signed,
    /// The certificate, where it has one.
    pub certificate: Option<Certified>,
    /// What it hints at the key with, where it has no certificate.
    pub key_hint: Option<String>,
    /// Entries of logs.
    pub log_entries: Vec<Entry>,
    /// How many timestamps of authorities it has (RFC 3161).
    pub timestamps: usize,
}

/// What was signed.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Signed {
    /// A file.
    MessageSignature {
        /// By which algorithm it is named.
        algorithm: Option<String>,
        /// Its digest, hexadecimal.
        digest: Option<String>,
    },
    /// A statement about files.
    DsseEnvelope {
        /// What form the statement is in.
        payload_type: Option<String>,
        /// What it is about.
        subjects: Vec<Subject>,
        /// What it says (in-toto's predicate type).
        predicate_type: Option<String>,
        /// How many signatures it has.
        signatures: usize,
    },
    /// Neither.
    Nothing,
}

/// Something that a statement is about.
#[derive(Debug, Serialize)]
pub struct Subject {
    /// Its name.
    pub name: Option<String>,
    /// Its digests, hexadecimal, by their algorithms.
    pub digest: BTreeMap<String, String>,
}

/// What a certificate says.
#[derive(Debug, Serialize)]
pub struct Certified {
    /// Whom it names.
    pub name: Option<String>,
    /// Who vouched for the name.
    pub issuer: Option<String>,
    /// The certificate's own issuer, an authority.
    pub authority: String,
    /// The fingerprint of the key that it is for.
    pub key: Option<String>,
    /// From when on it holds, in seconds since 1970.
    pub not_before: u64,
    /// Until when.
    pub not_after: u64,
}

/// An entry of a log.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// The id of the log's key, hexadecimal.
    pub log_id: Option<String>,
    /// Where it is in the log.
    pub index: Option<u64>,
    /// When it was logged, in seconds since 1970.
    pub integrated_time: Option<u64>,
    /// The kind of entry and its version.
    pub kind: Option<String>,
    /// Whether the log promised to log it.
    pub promise: bool,
    /// How many entries the log has by the checkpoint that comes with it.
    pub tree_size: Option<u64>,
    /// The log's name in that checkpoint.
    pub origin: Option<String>,
}

impl Contents {
    /// What is in a bundle; what is not there, or cannot be read, is left out.
    pub fn of(bundle: &Value) -> Self {
        let material = &bundle["verificationMaterial"];
        let chain = &material["x509CertificateChain"]["certificates"][0]["rawBytes"];
        let certificate = text(&material["certificate"]["rawBytes"]).or_else(|| text(chain));
        let entries = material["tlogEntries"].as_array();
        let stamps = &material["timestampVerificationData"]["rfc3161Timestamps"];
        Self {
            media_type: text(&bundle["mediaType"]),
            signed: Signed::of(bundle),
            certificate: certificate
                .as_deref()
                .and_then(decode)
                .and_then(|der| Certified::of(&der)),
            key_hint: text(&material["publicKey"]["hint"]),
            log_entries: entries.into_iter().flatten().map(Entry::of).collect(),
            timestamps: stamps.as_array().map_or(0, Vec::len),
        }
    }

    /// The SHA-256 digest of what it is about, by its own word.
    pub fn sha256(&self) -> Option<&str> {
        match &self.signed {
            Signed::MessageSignature { algorithm, digest } => digest
                .as_deref()
                .filter(|_| algorithm.as_deref() == Some("SHA2_256")),
            Signed::DsseEnvelope { subjects, .. } => {
                let mut digests = subjects.iter();
                digests.find_map(|subject| subject.digest.get("sha256").map(String::as_str))
            }
            Signed::Nothing => None,
        }
    }
}

impl Signed {
    fn of(bundle: &Value) -> Self {
        let message = &bundle["messageSignature"];
        let envelope = &bundle["dsseEnvelope"];
        if message.is_object() {
            let digest = &message["messageDigest"];
            return Self::MessageSignature {
                algorithm: text(&digest["algorithm"]),
                digest: text(&digest["digest"])
                    .as_deref()
                    .and_then(decode)
                    .map(hex::encode),
            };
        }
        if !envelope.is_object() {
            return Self::Nothing;
        }
        let payload = text(&envelope["payload"])
            .as_deref()
            .and_then(decode)
            .unwrap_or_default();
        let statement: Value = serde_json::from_slice(&payload).unwrap_or_default();
        let subjects = statement["subject"].as_array().into_iter().flatten();
        Self::DsseEnvelope {
            payload_type: text(&envelope["payloadType"]),
            subjects: subjects.take(MOST_SUBJECTS).map(Subject::of).collect(),
            predicate_type: text(&statement["predicateType"]),
            signatures: envelope["signatures"].as_array().map_or(0, Vec::len),
        }
    }
}

impl Subject {
    fn of(subject: &Value) -> Self {
        let digests = subject["digest"].as_object().into_iter().flatten();
        Self {
            name: text(&subject["name"]),
            digest: digests
                .filter_map(|(name, value)| Some((name.clone(), text(value)?)))
                .collect(),
        }
    }
}

impl Certified {
    fn of(der: &[u8]) -> Option<Self> {
        let certificate = Certificate::from_der(der).ok()?.tbs_certificate;
        let extensions = certificate.extensions.iter().flatten();
        let mut issuers = extensions.filter(|extension| extension.extn_id == ISSUER);
        let issuer = issuers.next().and_then(|extension| {
            let value = Utf8StringRef::from_der(extension.extn_value.as_bytes()).ok()?;
            Some(value.as_str().to_owned())
        });
        let key = certificate.subject_public_key_info.to_der().ok();
        Some(Self {
            name: named_in(der).map(|(name, _)| name),
            issuer,
            authority: certificate.issuer.to_string(),
            key: key.map(|key| key_fingerprint(&key)),
            not_before: certificate.validity.not_before.to_unix_duration().as_secs(),
            not_after: certificate.validity.not_after.to_unix_duration().as_secs(),
        })
    }
}

impl Entry {
    fn of(entry: &Value) -> Self {
        let kind = &entry["kindVersion"];
        let proof = &entry["inclusionProof"];
        let checkpoint = text(&proof["checkpoint"]["envelope"]);
        let origin = checkpoint.as_deref().and_then(|text| text.lines().next());
        Self {
            log_id: text(&entry["logId"]["keyId"])
                .as_deref()
                .and_then(decode)
                .map(hex::encode),
            index: number(&entry["logIndex"]),
            integrated_time: number(&entry["integratedTime"]),
            kind: text(&kind["kind"])
                .zip(text(&kind["version"]))
                .map(|(kind, version)| format!("{kind} {version}")),
            promise: entry["inclusionPromise"]["signedEntryTimestamp"].is_string(),
            tree_size: number(&proof["treeSize"]),
            origin: origin.map(str::to_owned),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// A number, which protobuf's JSON may write as text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
