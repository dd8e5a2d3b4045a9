//! How a notary's trust root follows from the one that was pinned.
//!
//! A notary that gets new keys signs its new trust root with the old one. Each such step is a link,
//! and so is each revocation of a signer's key; a link names the one before it by its digest, so
//! that none can be left out or exchanged. Links are DSSE envelopes, signed by the log key in
//! service before it and, where that is another one, also by the log key in service after it.
//!
//! Whoever pinned one of the trust roots, or followed up to some link, finds it among the links and
//! goes on from there. What does not follow is for the user to decide on.

use crate::digest::Sha256Digest;
use crate::revocation::{MAX_REVOCATIONS, Revocation};
use crate::signer::RootId;
use crate::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot, fingerprint};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sigstore_crypto::VerificationKey;
use sigstore_types::{DerPublicKey, SignatureBytes};

/// Where a notary shows its links, below its address.
pub const SUCCESSION_PATH: &str = "/trust/succession.json";

/// The DSSE payload type of a link.
pub const LINK_TYPE: &str = "application/vnd.assay.trust-root-link.v1+json";

/// The version of the document and of the links.
pub const SUCCESSION_VERSION: u32 = 1;

/// The most links that are read. Each may take two signatures to verify.
pub const MAX_LINKS: usize = 1024;

/// The largest document that is read, in bytes.
pub const MAX_SUCCESSION_BYTES: usize = 4 * MAX_TRUST_ROOT_BYTES;

/// How far a notary was followed, and what was learned by that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// The number of the last link, from 0.
    pub number: u64,
    /// The digest of its payload (SHA-256, lower-case hexadecimal). Empty where another trust root
    /// was pinned since.
    pub link: String,
    /// The keys that the notary revoked.
    #[serde(default)]
    pub revoked: Vec<Revocation>,
}

/// Where a pinned trust root led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latest {
    /// The `trusted_root.json` that is in use now.
    pub trusted_root: String,
    /// How far that is.
    pub followed: Followed,
}

/// What a notary shows: `{"version":1,"links":[…]}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Succession {
    /// [`SUCCESSION_VERSION`].
    pub version: u32,
    /// The links, the first one first.
    pub links: Vec<SignedLink>,
}

/// A link as it is signed: a DSSE envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignedLink {
    /// Base64 of the canonical JSON (RFC 8785) of a [`Link`].
    pub payload: String,
    /// [`LINK_TYPE`].
    pub payload_type: String,
    /// One by the log key before it, and one by the log key after it, where that is another.
    pub signatures: Vec<LinkSignature>,
}

/// A signature of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkSignature {
    /// Base64.
    pub sig: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// [`SUCCESSION_VERSION`].
    pub version: u32,
    /// Its number, from 0.
    pub number: u64,
    /// The digest of the payload of the link before it; none of the first.
    pub previous: Option<String>,
    /// When it was made, in seconds since 1970.
    pub issued: i64,
    /// The `trusted_root.json` from here on, where it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<serde_json::Value>,
    /// The keys that are revoked by this link.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoked: Vec<Revocation>,
}

/// Why nothing follows from what a notary shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// It cannot be read.
    #[error("the notary's succession of trust roots cannot be read: {0}")]
    Malformed(String),
    /// A link is not what its place asks for.
    #[error("link {number} of the notary's succession does not follow: {detail}")]
    Broken {
        /// The link's number.
        number: usize,
        /// What is wrong.
        detail: String,
    },
    /// Neither the trust root nor the link is there that is known.
    #[error("what the notary shows does not continue the trust root that is pinned")]
    Unrelated,
    /// It ends before the link that is known.
    #[error("the notary shows its trust root as it was before (up to link {shown} of {known})")]
    Older {
        /// The last link that is shown.
        shown: u64,
        /// The last link that is known.
        known: u64,
    },
}

/// A link that was read, with the trust root that is in use after it.
struct Step {
    message: Vec<u8>,
    digest: String,
    root: usize,
    revoked: Vec<Revocation>,
}

/// A trust root in the succession.
struct Root {
    json: String,
    fingerprint: String,
    log: DerPublicKey,
}

/// Follows a notary from a pinned trust root, and from the link that is known where one is, to the
/// last link that it shows.
///
/// # Errors
/// When the document does not lead on from what is known. Nothing of it counts then.
pub fn follow(
    pinned: &str,
    known: Option<&Followed>,
    document: &str,
) -> Result<Latest, SuccessionError> {
    crate::crypto::install();
    if document.len() > MAX_SUCCESSION_BYTES {
        return Err(malformed(&format!("{} bytes", document.len())));
    }
    let shown: Succession = serde_json::from_str(document).map_err(|error| malformed(&error))?;
    if shown.version != SUCCESSION_VERSION {
        return Err(malformed(&format!("version {}", shown.version)));
    }
    let (steps, roots) = read(&shown)?;
    let pinned = fingerprint(pinned).map_err(|error| malformed(&error))?;
    let begin = place(&steps, &roots, &pinned, known)?;
    // The link before the first that counts has no say: that one was pinned, or followed before.
    let mut before = None;
    for (number, (step, link)) in steps.iter().zip(&shown.links).enumerate().skip(begin) {
        let signed = |root: usize| {
            let root = roots.get(root);
            root.is_some_and(|root| is_signed(root, &step.message, &link.signatures))
        };
        if before.is_some_and(|before| before != step.root && !signed(before)) {
            return Err(broken(number, "the log key before it did not sign it"));
        }
        if !signed(step.root) {
            return Err(broken(number, "its own log key did not sign it"));
        }
        before = Some(step.root);
    }
    let last = steps.last().ok_or(SuccessionError::Unrelated)?;
    let root = roots.get(last.root).ok_or(SuccessionError::Unrelated)?;
    let mut revoked = known.map_or_else(Vec::new, |known| known.revoked.clone());
    for one in steps.iter().flat_map(|step| &step.revoked) {
        if !revoked.contains(one) {
            revoked.push(one.clone());
        }
    }
    Ok(Latest {
        trusted_root: root.json.clone(),
        followed: Followed {
            number: steps.len() as u64 - 1,
            link: last.digest.clone(),
            revoked,
        },
    })
}

/// The trust root with this fingerprint among those that a notary shows, and `None` if there is none.
/// Only its content is what the fingerprint says: whether anything follows from it, [`follow`] tells.
///
/// # Errors
/// When the document cannot be read.
pub fn find(wanted: &str, document: &str) -> Result<Option<String>, SuccessionError> {
    if document.len() > MAX_SUCCESSION_BYTES {
        return Err(malformed(&format!("{} bytes", document.len())));
    }
    let shown: Succession = serde_json::from_str(document).map_err(|error| malformed(&error))?;
    let (_, roots) = read(&shown)?;
    let mut roots = roots.into_iter();
    let found = roots.find(|root| root.fingerprint.eq_ignore_ascii_case(wanted));
    Ok(found.map(|root| root.json))
}

/// The digest by which the next link names one with this payload.
pub fn link_digest(payload: &[u8]) -> String {
    Sha256Digest::of(payload).to_hex()
}

/// Reads all links, and checks that each names the one before it.
fn read(shown: &Succession) -> Result<(Vec<Step>, Vec<Root>), SuccessionError> {
    if shown.links.len() > MAX_LINKS {
        return Err(malformed(&format!("{} links", shown.links.len())));
    }
    let mut steps: Vec<Step> = Vec::new();
    let mut roots: Vec<Root> = Vec::new();
    let mut revocations = 0;
    for (number, signed) in shown.links.iter().enumerate() {
        let wrong = |error: &dyn std::fmt::Display| broken(number, &error.to_string());
        if signed.payload_type != LINK_TYPE {
            return Err(wrong(&"another type of payload"));
        }
        let payload = STANDARD
            .decode(&signed.payload)
            .map_err(|error| wrong(&error))?;
        let link: Link = serde_json::from_slice(&payload).map_err(|error| wrong(&error))?;
        let previous = steps.last().map(|step| step.digest.clone());
        if link.version != SUCCESSION_VERSION
            || link.number != number as u64
            || link.previous != previous
        {
            return Err(wrong(&"it does not name the link before it"));
        }
        if let Some(root) = &link.trusted_root {
            roots.push(Root::of(root).map_err(|detail| wrong(&detail))?);
        }
        revocations += link.revoked.len();
        if revocations > MAX_REVOCATIONS {
            return Err(wrong(&format!("more than {MAX_REVOCATIONS} revoked keys")));
        }
        steps.push(Step {
            message: sigstore_types::pae(LINK_TYPE, &payload),
            digest: link_digest(&payload),
            root: roots
                .len()
                .checked_sub(1)
                .ok_or_else(|| wrong(&"no trust root"))?,
            revoked: link.revoked,
        });
    }
    Ok((steps, roots))
}

/// The number of the link that is known, or else of the first with the pinned trust root.
fn place(
    steps: &[Step],
    roots: &[Root],
    pinned: &str,
    known: Option<&Followed>,
) -> Result<usize, SuccessionError> {
    let has_root = |step: &Step| {
        roots
            .get(step.root)
            .is_some_and(|root| root.fingerprint == pinned)
    };
    let Some(known) = known.filter(|known| !known.link.is_empty()) else {
        let first = steps.iter().position(has_root);
        return first.ok_or(SuccessionError::Unrelated);
    };
    let number = usize::try_from(known.number).unwrap_or(usize::MAX);
    match steps.get(number) {
        Some(step) if step.digest == known.link && has_root(step) => Ok(number),
        None if steps.iter().any(has_root) => Err(SuccessionError::Older {
            shown: (steps.len() as u64).saturating_sub(1),
            known: known.number,
        }),
        _ => Err(SuccessionError::Unrelated),
    }
}

impl Root {
    fn of(value: &serde_json::Value) -> Result<Self, String> {
        let json = format!("{value:#}\n");
        let fingerprint = fingerprint(&json).map_err(|error| error.to_string())?;
        let root = TrustRoot::parse(RootId::notary(&fingerprint), &json)
            .map_err(|error| error.to_string())?;
        let mut logs = root.content().tlogs.iter();
        let mut in_service = logs.by_ref().filter(|log| {
            let window = log.public_key.valid_for;
            window.is_none_or(|window| window.end.is_none())
        });
        match (in_service.next(), in_service.next()) {
            (Some(log), None) => Ok(Self {
                log: log.public_key.raw_bytes.clone(),
                json,
                fingerprint,
            }),
            _ => Err("a trust root with other than one log in service".into()),
        }
    }
}

fn is_signed(root: &Root, message: &[u8], signatures: &[LinkSignature]) -> bool {
    let Ok(key) = VerificationKey::from_spki(&root.log) else {
        return false;
    };
    // A link has two at most.
    signatures.iter().take(2).any(|signature| {
        STANDARD
            .decode(&signature.sig)
            .is_ok_and(|sig| key.verify(message, &SignatureBytes::new(sig)).is_ok())
    })
}

fn malformed(detail: &dyn std::fmt::Display) -> SuccessionError {
    SuccessionError::Malformed(detail.to_string())
}

fn broken(number: usize, detail: &str) -> SuccessionError {
    SuccessionError::Broken {
        number,
        detail: detail.to_owned(),
    }
}
