//! What a log said of itself, once, under its signature.

use crate::digest::Sha256Digest;
use crate::signer::RootId;
use crate::trust_root::TrustRoot;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sigstore_crypto::VerificationKey;
use sigstore_types::{CheckpointSignature, DerPublicKey};

/// The largest checkpoint that is kept, in bytes. Rekor's have about 250.
pub const MAX_CHECKPOINT_BYTES: usize = 8 * 1024;

/// Which log is meant. One key may sign several trees (Rekor calls them shards), so the key alone
/// does not tell; the same key under two trust roots is two logs, as nothing else is shared
/// between trust roots either.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogId {
    /// The trust root that names the log's key.
    pub root: RootId,
    /// The key's id in that trust root: hexadecimal, for most logs the SHA-256 of the key.
    pub key_id: String,
    /// The log's name for itself: the checkpoint's first line (C2SP tlog-checkpoint).
    pub origin: String,
}

impl LogId {
    /// A short name without hostile text in it, for storage and requests: 32 hexadecimal digits.
    pub fn short(&self) -> String {
        let parts = [self.root.as_str(), &self.key_id, &self.origin];
        // Each part is preceded by its length, so that no two logs are written alike.
        let text: String = parts
            .iter()
            .map(|part| format!("{}:{part}", part.len()))
            .collect();
        let mut digest = Sha256Digest::of(text.as_bytes()).to_hex();
        digest.truncate(32);
        digest
    }

    /// The number of the tree in the log, where the origin ends in one as Rekor writes it
    /// (`"<host> - <tree id>"`).
    pub fn tree_id(&self) -> Option<&str> {
        let (_, tree) = self.origin.rsplit_once(" - ")?;
        let is_number = !tree.is_empty() && tree.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then_some(tree)
    }

    /// The log's name for people: the origin without the number of the tree.
    pub fn name(&self) -> &str {
        match self.tree_id() {
            Some(_) => self
                .origin
                .rsplit_once(" - ")
                .map_or(&self.origin, |(host, _)| host),
            None => &self.origin,
        }
    }
}

/// A checkpoint (C2SP tlog-checkpoint) whose signature by the log's key was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// How many entries the tree has; at least one.
    pub size: u64,
    /// The tree's root (RFC 6962, section 2.1).
    pub root_hash: Sha256Digest,
    /// The signed note (C2SP signed-note): the text that was signed, and the log's signature.
    pub note: String,
}

/// A checkpoint that was just shown, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The log.
    pub log: LogId,
    /// The log's key: base64 of the DER (RFC 5280 SubjectPublicKeyInfo).
    pub public_key: String,
    /// What it said.
    pub checkpoint: Checkpoint,
}

/// Why a text is no checkpoint of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It cannot be read.
    #[error("not a checkpoint: {detail}")]
    Malformed {
        /// What was wrong with it.
        detail: String,
    },
    /// Larger than [`MAX_CHECKPOINT_BYTES`].
    #[error("the checkpoint has {bytes} bytes; at most {MAX_CHECKPOINT_BYTES} are kept")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It is of an empty tree, in which nothing can be.
    #[error("the checkpoint is of an empty log")]
    Empty,
    /// The trust root has no key with this id, or none that can be used.
    #[error("the trust root names no usable log key {key_id}")]
    UnknownKey {
        /// The key's id, hexadecimal.
        key_id: String,
    },
    /// The log's key did not sign it.
    #[error("the checkpoint is not signed by the log's key {key_id}")]
    NotSigned {
        /// The key's id, hexadecimal.
        key_id: String,
    },
}

/// Reads a checkpoint, and checks that the log with the key `key_id` (hexadecimal) of this trust
/// root signed it.
///
/// # Errors
/// When it is no checkpoint, or not that log's.
pub fn read(note: &str, key_id: &str, root: &TrustRoot) -> Result<Shown, CheckpointError> {
    crate::crypto::install();
    let unknown = || CheckpointError::UnknownKey {
        key_id: key_id.to_owned(),
    };
    let tlog = root
        .content()
        .tlogs
        .iter()
        .find(|tlog| hex::encode(tlog.log_id.key_id.as_bytes()) == key_id)
        .ok_or_else(unknown)?;
    let spki = &tlog.public_key.raw_bytes;
    let key = VerificationKey::from_spki(spki).map_err(|_| unknown())?;
    let (origin, checkpoint) =
        signed_by(&key, note)?.ok_or_else(|| CheckpointError::NotSigned {
            key_id: key_id.to_owned(),
        })?;
    Ok(Shown {
        log: LogId {
            root: root.id().clone(),
            key_id: key_id.to_owned(),
            origin,
        },
        public_key: STANDARD.encode(spki.as_bytes()),
        checkpoint,
    })
}

/// The same with the key itself: base64 of its DER. The origin comes with the checkpoint.
///
/// # Errors
/// When it is no checkpoint, or not signed with this key.
pub(super) fn read_with(
    note: &str,
    public_key: &str,
) -> Result<(String, Checkpoint), CheckpointError> {
    crate::crypto::install();
    let unusable = || CheckpointError::UnknownKey {
        key_id: public_key.to_owned(),
    };
    let der = STANDARD.decode(public_key).map_err(|_| unusable())?;
    let key = VerificationKey::from_spki(&DerPublicKey::new(der)).map_err(|_| unusable())?;
    signed_by(&key, note)?.ok_or_else(|| CheckpointError::NotSigned {
        key_id: public_key.to_owned(),
    })
}

/// What the note says, if this key signed it.
///
/// The note may carry signatures of witnesses and anything else that somebody added to it. What is
/// returned is the signed text with this key's signature alone: it is what was checked, and nobody
/// but the log can make it longer.
fn signed_by(
    key: &VerificationKey,
    note: &str,
) -> Result<Option<(String, Checkpoint)>, CheckpointError> {
    let read = sigstore_types::Checkpoint::from_text(note).map_err(|error| {
        CheckpointError::Malformed {
            detail: error.to_string(),
        }
    })?;
    // The hint is not looked at: it tells which key to try, and there is only one.
    let valid = |line: &&CheckpointSignature| key.verify(read.signed_data(), &line.signature);
    let Some(line) = read.signatures().iter().find(|line| valid(line).is_ok()) else {
        return Ok(None);
    };
    if read.tree_size() == 0 {
        return Err(CheckpointError::Empty);
    }
    let mut signature = line.key_id.as_bytes().to_vec();
    signature.extend_from_slice(line.signature.as_bytes());
    let note = format!(
        "{}\n\u{2014} {} {}\n",
        String::from_utf8_lossy(read.signed_data()),
        line.name,
        STANDARD.encode(signature)
    );
    if note.len() > MAX_CHECKPOINT_BYTES {
        return Err(CheckpointError::TooLarge { bytes: note.len() });
    }
    let checkpoint = Checkpoint {
        size: read.tree_size(),
        root_hash: Sha256Digest::new(*read.root_hash().as_bytes()),
        note,
    };
    Ok(Some((read.origin().to_owned(), checkpoint)))
}
