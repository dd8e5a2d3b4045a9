//! Which keys are in office, which were, and how one trust root followed from another: the file
//! `trust.json` of the data directory.
//!
//! It is replaced as a whole and names the key files, so whatever a rotation does takes effect with
//! that one write: a crash before it leaves the old keys in office, one after it the new ones.

use crate::authority::{Authority, AuthorityFiles};
use crate::clock::now;
use crate::dsse::{EnvelopeSignature, pre_authentication_encoding};
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::identity::Identity;
use crate::keys::SigningKey;
use crate::merkle::Hash;
use crate::sequencer::Head;
use crate::trusted_root::{self, AuthorityTerm, LogTerm};
use assay_core::digest::Sha256Digest;
use assay_core::revocation::Revocation;
use assay_core::succession::{
    LINK_TYPE, Link, LinkSignature, MAX_LINKS, SUCCESSION_VERSION, SignedLink, Succession,
    link_digest,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Where it is kept in the data directory.
pub const FILE: &str = "trust.json";

/// The version of the file.
const VERSION: u32 = 1;

/// The file's content.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrustState {
    version: u32,
    /// The log key in office.
    pub log: LogFiles,
    /// The authority in office.
    pub authority: AuthorityFiles,
    /// The log keys that were in office, the first one first.
    #[serde(default)]
    pub past_logs: Vec<PastLog>,
    /// The authorities that were.
    #[serde(default)]
    pub past_authorities: Vec<PastAuthority>,
    /// Key files that are out of office, to be removed.
    #[serde(default)]
    pub retired: Vec<String>,
    /// Log entries (proposals, JSON) that a rotation still has to make.
    #[serde(default)]
    pub unlogged: Vec<String>,
    /// The links of the succession.
    #[serde(default)]
    pub links: Vec<SignedLink>,
}

/// The log key in office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFiles {
    /// The private key's file, below the data directory.
    pub key: String,
    /// Since when, in seconds since the Unix epoch.
    pub since: u64,
}

/// A log key that was in office, and the last state of the tree that it signed. The entries up to
/// there stay provable under it, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastLog {
    /// Base64 of the public key (DER, SubjectPublicKeyInfo).
    pub key: String,
    /// Since when it was in office, in seconds since the Unix epoch.
    pub since: u64,
    /// Until when.
    pub until: u64,
    /// How many entries the tree had then.
    pub size: u64,
    /// The tree's root, hexadecimal.
    pub root: String,
    /// The checkpoint that this key signed over it.
    pub checkpoint: String,
}

/// An authority that was in office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastAuthority {
    /// Base64 of its certificate (DER).
    pub certificate: String,
    /// Since when it was in office, in seconds since the Unix epoch.
    pub since: u64,
    /// Until when.
    pub until: u64,
}

/// What follows from the file, ready to be used.
#[derive(Debug)]
pub struct Trust {
    /// The file's content.
    pub state: TrustState,
    /// The keys that were revoked.
    pub revoked: Vec<Revocation>,
    /// What the notary shows of the succession, JSON.
    pub succession: String,
    eras: Vec<Era>,
}

/// The entries that were logged under a key that is out of office.
#[derive(Debug)]
struct Era {
    log_id: Sha256Digest,
    head: Arc<Head>,
}

impl TrustState {
    /// Reads the state of a data directory; where it has none yet, the one that a notary begins with.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn load(data: &Path, identity: &Identity) -> Result<Self, NotaryError> {
        let path = data.join(FILE);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::first(identity));
            }
            Err(source) => return Err(NotaryError::file(&path, source)),
        };
        let unusable = |detail: String| NotaryError::Data { path, detail };
        match serde_json::from_slice::<Self>(&text) {
            Ok(state) if state.version == VERSION => Ok(state),
            Ok(state) => Err(unusable(format!(
                "version {} is of a later notary",
                state.version
            ))),
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    /// Whether a link of the succession says that this was revoked.
    pub fn has_revoked(&self, revocation: &Revocation) -> bool {
        revoked_in(&self.links).is_ok_and(|revoked| revoked.contains(revocation))
    }

    /// The files without which these keys are not there.
    pub fn files(&self) -> [&str; 3] {
        [
            &self.log.key,
            &self.authority.key,
            &self.authority.certificate,
        ]
    }

    /// Removes the key files of a rotation that was cut off before it took effect. To be done only where
    /// this state is known to be the latest.
    ///
    /// # Errors
    /// When they cannot be listed or removed.
    pub fn remove_unused_keys(&self, data: &Path) -> Result<(), NotaryError> {
        let used =
            |name: &str| self.files().contains(&name) || self.retired.iter().any(|one| one == name);
        for (below, kinds) in [
            ("keys/", &["log-", "authority-"][..]),
            ("", &["authority-"]),
        ] {
            for path in files::listed(&data.join(below), "pem")? {
                let stem = path
                    .file_stem()
                    .and_then(|stem| stem.to_str())
                    .unwrap_or_default();
                let number = kinds.iter().find_map(|kind| stem.strip_prefix(kind));
                let is_numbered = number.is_some_and(|number| number.parse::<u64>().is_ok());
                if is_numbered && !used(&format!("{below}{stem}.pem")) {
                    std::fs::remove_file(&path)
                        .map_err(|source| NotaryError::file(&path, source))?;
                }
            }
        }
        Ok(())
    }

    /// The `trusted_root.json` with these keys.
    ///
    /// # Errors
    /// When a time or a key of the past cannot be read.
    pub fn trusted_root(
        &self,
        identity: &Identity,
        log: &SigningKey,
        authority: &Authority,
    ) -> Result<String, NotaryError> {
        let mut logs = Vec::new();
        for past in &self.past_logs {
            logs.push(LogTerm {
                key: decode(&past.key)?,
                since: past.since,
                until: Some(past.until),
            });
        }
        logs.push(LogTerm {
            key: log.public_der().to_vec(),
            since: self.log.since,
            until: None,
        });
        let mut authorities = Vec::new();
        for past in &self.past_authorities {
            authorities.push(AuthorityTerm {
                certificate: decode(&past.certificate)?,
                since: past.since,
                until: Some(past.until),
            });
        }
        authorities.push(AuthorityTerm {
            certificate: authority.certificate().to_vec(),
            since: self.authority.since,
            until: None,
        });
        trusted_root::json(identity, &logs, &authorities)
    }

    /// Adds a link, signed by each of the keys.
    ///
    /// # Errors
    /// When signing fails, or there are too many links.
    pub fn add_link(
        &mut self,
        trusted_root: Option<&str>,
        revoked: Vec<Revocation>,
        keys: &[&SigningKey],
    ) -> Result<(), NotaryError> {
        if self.links.len() >= MAX_LINKS {
            return Err(NotaryError::Trust(format!(
                "the succession of this notary's trust roots has {MAX_LINKS} links, and clients read \
                 no more; set up a new notary"
            )));
        }
        let previous = match self.links.last() {
            Some(last) => Some(link_digest(&decode(&last.payload)?)),
            None => None,
        };
        let link = Link {
            version: SUCCESSION_VERSION,
            number: self.links.len() as u64,
            previous,
            issued: i64::try_from(now()).unwrap_or(i64::MAX),
            trusted_root: trusted_root
                .map(serde_json::from_str)
                .transpose()
                .map_err(unreadable)?,
            revoked,
        };
        let payload = serde_json_canonicalizer::to_vec(&link).map_err(unreadable)?;
        let message = pre_authentication_encoding(LINK_TYPE, &payload);
        let mut signatures = Vec::new();
        for key in keys {
            let sig = STANDARD.encode(key.sign(&message)?);
            signatures.push(LinkSignature { sig });
        }
        self.links.push(SignedLink {
            payload: STANDARD.encode(&payload),
            payload_type: LINK_TYPE.to_owned(),
            signatures,
        });
        Ok(())
    }

    /// The log entry (a proposal of kind `dsse`) that holds the last link.
    pub fn entry_of_last_link(&self, keys: &[&SigningKey]) -> Option<String> {
        let link = self.links.last()?;
        let signature = |one: &LinkSignature| EnvelopeSignature {
            sig: one.sig.clone(),
            keyid: None,
        };
        let envelope = crate::dsse::Envelope {
            payload: link.payload.clone(),
            payload_type: link.payload_type.clone(),
            signatures: link.signatures.iter().map(signature).collect(),
        };
        let pems: Vec<String> = keys.iter().map(|key| key.public_pem()).collect();
        crate::dsse::proposal(&envelope, &pems).ok()
    }

    /// Writes the file. When this returns, the state is on disk, as a whole.
    ///
    /// # Errors
    /// When it cannot be written; what was there before stays.
    pub fn save(&self, data: &Path) -> Result<(), NotaryError> {
        let path = data.join(FILE);
        let text = serde_json::to_vec_pretty(self).map_err(unreadable)?;
        files::replace(&path, &text, Mode::Shared)
            .map_err(|source| NotaryError::file(&path, source))
    }

    fn first(identity: &Identity) -> Self {
        Self {
            version: VERSION,
            log: LogFiles {
                key: "keys/log.pem".into(),
                since: identity.created,
            },
            authority: AuthorityFiles::first(identity.created),
            past_logs: Vec::new(),
            past_authorities: Vec::new(),
            retired: Vec::new(),
            unlogged: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl Trust {
    /// What follows from a state. One that has no link yet gets its first, and is written.
    ///
    /// # Errors
    /// When it cannot be used or written.
    pub fn open(
        data: &Path,
        mut state: TrustState,
        trusted_root: &str,
        log: &SigningKey,
    ) -> Result<Self, NotaryError> {
        if state.links.is_empty() {
            state.add_link(Some(trusted_root), Vec::new(), &[log])?;
            state.save(data)?;
        }
        Self::of(state)
    }

    /// What follows from a state.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn of(state: TrustState) -> Result<Self, NotaryError> {
        let mut eras = Vec::new();
        for past in &state.past_logs {
            let mut root: Hash = [0; 32];
            hex::decode_to_slice(&past.root, &mut root).map_err(unreadable)?;
            eras.push(Era {
                log_id: Sha256Digest::of(&decode(&past.key)?),
                head: Arc::new(Head {
                    size: past.size,
                    root,
                    checkpoint: past.checkpoint.clone(),
                }),
            });
        }
        let shown = Succession {
            version: SUCCESSION_VERSION,
            links: state.links.clone(),
        };
        Ok(Self {
            revoked: revoked_in(&state.links)?,
            succession: json!(shown).to_string(),
            eras,
            state,
        })
    }

    /// What proves the entry at `index`, if it was logged under a key that is out of office: that
    /// key's id, and the last state of the tree that it signed.
    pub fn era_of(&self, index: u64) -> Option<(Sha256Digest, &Arc<Head>)> {
        let era = self.eras.iter().find(|era| index < era.head.size)?;
        Some((era.log_id, &era.head))
    }
}

fn revoked_in(links: &[SignedLink]) -> Result<Vec<Revocation>, NotaryError> {
    let mut revoked = Vec::new();
    for signed in links {
        revoked.extend(link(signed)?.revoked);
    }
    Ok(revoked)
}

/// What a signed link says. Whether the signatures hold is not asked: it is the notary's own.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn link(signed: &SignedLink) -> Result<Link, NotaryError> {
    let unreadable = |error: &dyn std::fmt::Display| {
        NotaryError::Trust(format!(
            "a link of the succession of the trust roots: {error}"
        ))
    };
    let payload = STANDARD.decode(&signed.payload);
    let payload = payload.map_err(|error| unreadable(&error))?;
    serde_json::from_slice(&payload).map_err(|error| unreadable(&error))
}

fn decode(base64: &str) -> Result<Vec<u8>, NotaryError> {
    STANDARD.decode(base64).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> NotaryError {
    NotaryError::Trust(format!("{FILE}: {error}"))
}
