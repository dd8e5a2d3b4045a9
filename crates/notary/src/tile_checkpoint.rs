//! The checkpoint of the tiles (C2SP tlog-checkpoint), for auditors, mirrors and witnesses.
//!
//! It says what Rekor's checkpoint says of the same tree, and has a note of its own, as Rekor's
//! clients accept no further signature under theirs. Two keys of the log sign it: an Ed25519 key
//! that is there for nothing else, which the ecosystem of tiles asks for, and the key of the trust
//! root, so that the one follows from the other. Lines of witnesses are served with it.

use crate::checkpoint;
use crate::error::NotaryError;
use crate::identity::Identity;
use crate::keys::KeyError;
use crate::note_key::NoteKey;
use crate::sequencer::{Head, LogIdentity};
use crate::signed_note::{MAX_NOTE_BYTES, Note, NoteError, SignatureLine, VerifierKey};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where witnesses' lines are read from in the data directory: a checkpoint with them under it, as
/// a witness gives it back. They are served as long as the log is as it was for the witness.
pub const COSIGNED_FILE: &str = "cosigned-checkpoint";
/// The most lines of others that are served. Every verifier must accept 16 lines.
const MAX_COSIGNATURES: usize = 14;

/// What signs the checkpoints of the tiles.
#[derive(Debug)]
pub struct TileCheckpoints {
    verifier: VerifierKey,
    key: NoteKey,
    log: Arc<LogIdentity>,
    cosigned: PathBuf,
    /// The last one that was signed; a log that does not grow need not sign again.
    last: Mutex<Option<Note>>,
}

impl TileCheckpoints {
    /// Those of a log with this data directory.
    ///
    /// # Errors
    /// As [`NoteKey::open`].
    pub fn open(
        data: &Path,
        identity: &Identity,
        log: Arc<LogIdentity>,
    ) -> Result<Self, NotaryError> {
        let key = NoteKey::open(data)?;
        let verifier = VerifierKey::new(&origin(identity), key.public()).map_err(|error| {
            NotaryError::Data {
                path: data.join(crate::identity::FILE),
                detail: error.to_string(),
            }
        })?;
        Ok(Self {
            verifier,
            key,
            log,
            cosigned: data.join(COSIGNED_FILE),
            last: Mutex::new(None),
        })
    }

    /// What verifies the checkpoints; its name is the log's origin.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signed checkpoint of the published head, with the witnesses' lines that there are. Reads
    /// a file.
    ///
    /// # Errors
    /// When signing fails.
    pub fn note(&self, head: &Head) -> Result<String, KeyError> {
        let text = checkpoint::text(self.verifier.name(), head.size, &head.root);
        let mut note = self.signed(text)?;
        note.signatures.extend(self.cosignatures(&note));
        Ok(note.to_string())
    }

    fn signed(&self, text: String) -> Result<Note, KeyError> {
        // A signature that was made is whole, whatever happened to whoever held the lock.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(note) = last.as_ref().filter(|note| note.text == text) {
            return Ok(note.clone());
        }
        let line = |key_id, signature| SignatureLine {
            name: self.verifier.name().to_owned(),
            key_id,
            signature,
        };
        let note = Note {
            signatures: vec![
                line(self.verifier.key_id(), self.key.sign(text.as_bytes())),
                line(
                    checkpoint::key_id(&self.log.key),
                    self.log.key.sign(text.as_bytes())?,
                ),
            ],
            text,
        };
        *last = Some(note.clone());
        Ok(note)
    }

    /// Why the file with the lines of others cannot be used, if there is one. Reads it.
    pub fn unusable(&self) -> Option<String> {
        std::fs::metadata(&self.cosigned).ok()?;
        let name = self.verifier.name();
        let wrong = match self.cosigned() {
            Ok(note) if note.text.lines().next() == Some(name) => None,
            Ok(_) => Some(format!("it is no checkpoint of {name}")),
            Err(error) => Some(error.to_string()),
        };
        wrong.map(|wrong| format!("{}: {wrong}", self.cosigned.display()))
    }

    fn cosigned(&self) -> Result<Note, NoteError> {
        let mut text = String::new();
        let unreadable = NoteError::Malformed("it cannot be read");
        let file = std::fs::File::open(&self.cosigned).map_err(|_| unreadable.clone())?;
        file.take(MAX_NOTE_BYTES as u64 + 1)
            .read_to_string(&mut text)
            .map_err(|_| unreadable)?;
        Note::parse(&text)
    }

    /// The lines of others under this very text. A file that cannot be read has none: a witness
    /// must not keep the log from being served.
    fn cosignatures(&self, own: &Note) -> Vec<SignatureLine> {
        let Ok(mut cosigned) = self.cosigned() else {
            return Vec::new();
        };
        if cosigned.text != own.text {
            return Vec::new();
        }
        cosigned
            .signatures
            .retain(|line| line.name != self.verifier.name());
        cosigned.signatures.truncate(MAX_COSIGNATURES);
        cosigned.signatures
    }
}

/// The name of the log among all logs. A notary that begins a new tree is another log, so the
/// address alone does not do.
fn origin(identity: &Identity) -> String {
    format!("{}/{}", identity.host(), identity.tree_id)
}
