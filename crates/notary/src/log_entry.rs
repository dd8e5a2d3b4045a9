//! An entry with its proof, and Rekor v1's JSON for it.

use crate::identity::Identity;
use crate::intoto;
use crate::merkle::{self, Hash};
use crate::proposal::Body;
use crate::sequencer::Head;
use crate::store::{Entry, Snapshot, StoreError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The longest statement that is given back with an entry, in bytes; Rekor's limit.
const MAX_ATTESTATION: usize = 100 * 1024;

/// An entry and the proof that the log holds it.
#[derive(Debug, Clone)]
pub struct ProvenEntry {
    /// The entry.
    pub entry: Entry,
    /// Its leaf hash.
    pub leaf: Hash,
    /// What the proof leads to.
    pub head: Arc<Head>,
    /// The inclusion proof, the lowest hash first.
    pub path: Vec<Hash>,
}

impl ProvenEntry {
    /// Reads the entry at `index` and proves it against `head`; `None` if that log is shorter.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(
        index: u64,
        head: &Arc<Head>,
        snapshot: &dyn Snapshot,
    ) -> Result<Option<Self>, StoreError> {
        if index >= head.size {
            return Ok(None);
        }
        let Some(entry) = snapshot.entry(index)? else {
            return Ok(None);
        };
        Self::prove(entry, head, snapshot).map(Some)
    }

    /// Proves an entry of the log against `head`, which covers it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn prove(
        entry: Entry,
        head: &Arc<Head>,
        snapshot: &dyn Snapshot,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            leaf: merkle::leaf_hash(&entry.body),
            path: merkle::inclusion_proof(entry.index, head.size, snapshot)?,
            head: head.clone(),
            entry,
        })
    }

    /// Rekor's name of the entry: tree id and leaf hash, 80 hexadecimal digits.
    pub fn id(&self, identity: &Identity) -> String {
        entry_id(identity.tree_id, &self.leaf)
    }

    /// Rekor's `LogEntry`.
    pub fn to_json(&self, identity: &Identity, log_id: &str) -> impl Serialize + use<> {
        BTreeMap::from([(
            self.id(identity),
            LogEntry {
                body: STANDARD.encode(&self.entry.body),
                integrated_time: self.entry.integrated_time,
                log_id: log_id.to_owned(),
                log_index: self.entry.index,
                attestation: self.attestation(),
                verification: Verification {
                    inclusion_proof: InclusionProof {
                        checkpoint: self.head.checkpoint.clone(),
                        hashes: self.path.iter().map(hex::encode).collect(),
                        log_index: self.entry.index,
                        root_hash: hex::encode(self.head.root),
                        tree_size: self.head.size,
                    },
                    signed_entry_timestamp: STANDARD.encode(&self.entry.signed_entry_timestamp),
                },
            },
        )])
    }
}

impl ProvenEntry {
    /// What Rekor gives back of an entry's statement: that of the kind `intoto`, if it is not too
    /// long for Rekor.
    fn attestation(&self) -> Option<Attestation> {
        let envelope = self.entry.envelope.as_deref()?;
        let body: Body<&RawValue> = serde_json::from_slice(&self.entry.body).ok()?;
        if body.kind != intoto::KIND {
            return None;
        }
        let data = intoto::attestation(envelope)?;
        (data.len() <= MAX_ATTESTATION).then(|| Attestation {
            data: STANDARD.encode(data),
        })
    }
}

/// Why a log's answer is not an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log's answer is not an entry: {0}")]
pub struct NotAnEntry(String);

impl ProvenEntry {
    /// Reads Rekor's `LogEntry`, as a client does; nothing in it is proven by that. `envelope` is
    /// what was proposed, for an entry whose body holds only its hashes. Also returns the log's
    /// id.
    ///
    /// # Errors
    /// When it is not exactly one entry, with its proof.
    pub fn from_json(json: &[u8], envelope: Option<Vec<u8>>) -> Result<(Self, Hash), NotAnEntry> {
        let bad = |error: &dyn std::fmt::Display| NotAnEntry(error.to_string());
        let hash = |text: &str| -> Result<Hash, NotAnEntry> {
            let mut hash = [0; 32];
            hex::decode_to_slice(text, &mut hash).map_err(|error| bad(&error))?;
            Ok(hash)
        };
        let entries: BTreeMap<String, LogEntry> =
            serde_json::from_slice(json).map_err(|error| bad(&error))?;
        let mut entries = entries.into_values();
        let (Some(entry), None) = (entries.next(), entries.next()) else {
            return Err(bad(&"exactly one was expected"));
        };
        let LogEntry { verification, .. } = entry;
        let proof = verification.inclusion_proof;
        let body = STANDARD.decode(&entry.body).map_err(|error| bad(&error))?;
        let path: Result<Vec<_>, _> = proof.hashes.iter().map(|text| hash(text)).collect();
        let proven = Self {
            leaf: merkle::leaf_hash(&body),
            head: Arc::new(Head {
                size: proof.tree_size,
                root: hash(&proof.root_hash)?,
                checkpoint: proof.checkpoint,
            }),
            path: path?,
            entry: Entry {
                index: entry.log_index,
                integrated_time: entry.integrated_time,
                body,
                signed_entry_timestamp: STANDARD
                    .decode(&verification.signed_entry_timestamp)
                    .map_err(|error| bad(&error))?,
                envelope,
            },
        };
        Ok((proven, hash(&entry.log_id)?))
    }
}

/// Rekor's name of an entry: 16 hexadecimal digits of tree id, 64 of leaf hash.
pub fn entry_id(tree_id: u64, leaf: &Hash) -> String {
    format!("{tree_id:016x}{}", hex::encode(leaf))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogEntry {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attestation: Option<Attestation>,
    verification: Verification,
}

#[derive(Serialize, Deserialize)]
struct Attestation {
    data: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    inclusion_proof: InclusionProof,
    signed_entry_timestamp: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct InclusionProof {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}
