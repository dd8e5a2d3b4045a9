//! Several trust roots, and which of them a bundle belongs to.
//!
//! The bundle's own certificate and log entry say it: the authority that is named as the
//! certificate's issuer, and the log's id. Where the file came from has no say, and being chosen
//! proves nothing yet: all is verified against the root that was chosen.

use crate::artifact::ArtifactDigests;
use crate::attestation::Attestation;
use crate::proof::{Check, MAX_CERTIFICATES, ProofError, Prover, ReadBundle};
use crate::root_store::{Freshness, StaleRoot};
use crate::trust_root::TrustRoot;
use crate::x509_name;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Bundle, DerCertificate};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Encode, Header, Reader, SliceReader, Tag, TagNumber, Tagged};

/// Trust roots to prove bundles against.
#[derive(Default, Clone)]
pub struct Roots {
    known: Vec<Arc<Known>>,
}

struct Known {
    prover: Prover,
    /// How old the root is; `None` where it is pinned, and nobody says how old.
    freshness: Option<Freshness>,
    realm: Realm,
}

/// By what bundles say that they belong to a trust root: its authorities and its logs.
pub struct Realm {
    authorities: Vec<Authority>,
    logs: Vec<Vec<u8>>,
    without_log: bool,
}

/// The name and the key of an authority, as certificates refer to it.
#[derive(PartialEq, Eq)]
struct Authority {
    name: Vec<u8>,
    key_id: Option<Vec<u8>>,
}

impl Roots {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a trust root that is pinned; one with the same id is replaced.
    ///
    /// # Errors
    /// When a key or certificate in it cannot be used.
    pub fn add(&mut self, root: TrustRoot) -> Result<(), ProofError> {
        self.put(root, None)
    }

    /// Adds a trust root that is refreshed from time to time; one with the same id is replaced.
    ///
    /// # Errors
    /// As [`Self::add`].
    pub fn add_refreshed(
        &mut self,
        root: TrustRoot,
        freshness: Freshness,
    ) -> Result<(), ProofError> {
        self.put(root, Some(freshness))
    }

    /// These and others. Where both have a root with the same id, the other one counts.
    pub fn and(&self, others: &Self) -> Self {
        let mut known = self.known.clone();
        known.retain(|one| {
            let id = one.prover.root().id();
            others.provers().all(|other| other.root().id() != id)
        });
        known.extend(others.known.iter().cloned());
        Self { known }
    }

    /// The provers of all roots.
    pub fn provers(&self) -> impl Iterator<Item = &Prover> {
        self.known.iter().map(|known| &known.prover)
    }

    /// What is to be said about the age of those roots that are stale. `now` is in seconds since
    /// 1970.
    pub fn stale(&self, now: i64) -> impl Iterator<Item = StaleRoot> {
        self.known.iter().filter_map(move |known| {
            let id = known.prover.root().id();
            known.freshness?.stale(id, now)
        })
    }

    /// Proves a bundle against the root that it belongs to.
    ///
    /// # Errors
    /// [`Check::KnownRoot`] where it belongs to none that is known; else as [`Prover::prove`].
    pub fn prove(
        &self,
        bundle_json: &str,
        digests: impl Into<ArtifactDigests>,
    ) -> Result<Attestation, ProofError> {
        self.prove_read(&ReadBundle::parse(bundle_json)?, &digests.into())
    }

    /// The same for a bundle that was read already.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub fn prove_read(
        &self,
        read: &ReadBundle<'_>,
        digests: &ArtifactDigests,
    ) -> Result<Attestation, ProofError> {
        let mut refusal = None;
        // More than one only where two roots share an authority or a log.
        for known in self.known.iter().filter(|known| known.realm.claims(read)) {
            match known.prover.prove_read(read, digests) {
                Ok(attestation) => return Ok(attestation),
                Err(problem) => refusal = refusal.or(Some(problem)),
            }
        }
        Err(refusal.unwrap_or_else(|| Check::KnownRoot.failed(belongs_to(read.bundle()))))
    }

    /// Whether a log that a bundle names is one of these roots'. It proves nothing.
    pub fn knows_log_of(&self, read: &ReadBundle<'_>) -> bool {
        self.known
            .iter()
            .any(|known| known.realm.has_log_of(read.bundle()))
    }

    /// How many signatures it takes at most to prove a bundle, roughly.
    pub fn effort(&self, read: &ReadBundle<'_>) -> usize {
        let claiming = self.known.iter().filter(|known| known.realm.claims(read));
        claiming
            .map(|known| read.effort(known.prover.root().content()))
            .sum()
    }

    fn put(&mut self, root: TrustRoot, freshness: Option<Freshness>) -> Result<(), ProofError> {
        let id = root.id().clone();
        let realm = Realm::of(&root);
        let prover = Prover::new(root)?;
        let known = Known {
            prover,
            freshness,
            realm,
        };
        self.known.retain(|other| *other.prover.root().id() != id);
        self.known.push(Arc::new(known));
        Ok(())
    }
}

impl Realm {
    /// What belongs to this root.
    pub fn of(root: &TrustRoot) -> Self {
        let content = root.content();
        let chains = content
            .certificate_authorities
            .iter()
            .flat_map(|authority| &authority.cert_chain.certificates);
        let authorities = chains
            .filter_map(|certificate| Authority::of(&certificate.raw_bytes))
            .collect();
        let logs = content
            .tlogs
            .iter()
            .map(|log| log.log_id.key_id.as_bytes().to_vec())
            .collect();
        Self {
            authorities,
            logs,
            without_log: root.is_without_log(),
        }
    }

    /// Whether a bundle says that it belongs to this root. It proves nothing.
    pub fn claims(&self, read: &ReadBundle<'_>) -> bool {
        let bundle = read.bundle();
        let logs = self.has_log_of(bundle);
        let certificates = certificates(bundle);
        if certificates.is_empty() {
            return logs;
        }
        // The root may name the signer's issuer, or one above it that is in the bundle's chain.
        let issued = certificates.into_iter().any(|certificate| {
            let issuer = Authority::issuer_of(certificate);
            issuer.is_some_and(|issuer| {
                let mut known = self.authorities.iter();
                known.any(|authority| authority.is(&issuer))
            })
        });
        issued && (logs || self.without_log)
    }

    fn has_log_of(&self, bundle: &Bundle) -> bool {
        let mut entries = bundle.verification_material.tlog_entries.iter();
        entries.any(|entry| {
            let mut logs = self.logs.iter();
            logs.any(|log| log == entry.log_id.key_id.as_bytes())
        })
    }
}

impl Authority {
    fn of(certificate: &DerCertificate) -> Option<Self> {
        let certificate = Certificate::from_der(certificate.as_bytes()).ok()?;
        let key_id = extension(&certificate, SUBJECT_KEY_IDENTIFIER)
            .and_then(|value| AnyRef::from_der(value).ok())
            .filter(|any| any.tag() == Tag::OctetString);
        Some(Self {
            name: certificate.tbs_certificate.subject.to_der().ok()?,
            key_id: key_id.map(|any| any.value().to_vec()),
        })
    }

    fn issuer_of(certificate: &DerCertificate) -> Option<Self> {
        let certificate = Certificate::from_der(certificate.as_bytes()).ok()?;
        let key_id = extension(&certificate, AUTHORITY_KEY_IDENTIFIER).and_then(key_identifier);
        Some(Self {
            name: certificate.tbs_certificate.issuer.to_der().ok()?,
            key_id,
        })
    }

    /// Whether a certificate that names `issuer` may be this authority's (RFC 5280, sections
    /// 4.2.1.1 and 4.2.1.2). Where either does not say which key it means, the name decides.
    fn is(&self, issuer: &Self) -> bool {
        let keys_differ = matches!((&self.key_id, &issuer.key_id), (Some(a), Some(b)) if a != b);
        self.name == issuer.name && !keys_differ
    }
}

/// RFC 5280, section 4.2.1.1.
const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";

/// RFC 5280, section 4.2.1.2.
const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";

fn extension<'a>(certificate: &'a Certificate, id: &str) -> Option<&'a [u8]> {
    let id = ObjectIdentifier::new(id).ok()?;
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let found = extensions.find(|extension| extension.extn_id == id)?;
    Some(found.extn_value.as_bytes())
}

/// The first field of an authority key identifier, if it is the key's. What follows it names the
/// authority's certificate, and is left alone: all its kinds of names would be much code.
fn key_identifier(value: &[u8]) -> Option<Vec<u8>> {
    const KEY_IDENTIFIER: Tag = Tag::ContextSpecific {
        constructed: false,
        number: TagNumber::N0,
    };
    let fields = AnyRef::from_der(value).ok()?;
    let mut fields = SliceReader::new(fields.value()).ok()?;
    let first = Header::decode(&mut fields).ok()?;
    if first.tag != KEY_IDENTIFIER {
        return None;
    }
    Some(fields.read_slice(first.length).ok()?.to_vec())
}

/// The certificates that a bundle has, the signer's first.
fn certificates(bundle: &Bundle) -> Vec<&DerCertificate> {
    match &bundle.verification_material.content {
        VerificationMaterialContent::Certificate(one) => vec![&one.raw_bytes],
        VerificationMaterialContent::X509CertificateChain { certificates } => certificates
            .iter()
            .map(|certificate| &certificate.raw_bytes)
            .take(MAX_CERTIFICATES)
            .collect(),
        _ => vec![],
    }
}

fn belongs_to(bundle: &Bundle) -> String {
    let issuer = certificates(bundle)
        .first()
        .and_then(|leaf| Certificate::from_der(leaf.as_bytes()).ok())
        .map(|certificate| x509_name::text(&certificate.tbs_certificate.issuer))
        .map(|issuer| format!("a certificate by {issuer}"));
    let log = bundle
        .verification_material
        .tlog_entries
        .first()
        .map(|entry| format!("the log {}", hex::encode(entry.log_id.key_id.as_bytes())));
    let said: Vec<String> = issuer.into_iter().chain(log).collect();
    match said.is_empty() {
        true => "neither certificate nor log".to_owned(),
        false => said.join(", "),
    }
}
