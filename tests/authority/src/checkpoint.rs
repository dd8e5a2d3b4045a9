//! Checkpoints: what a log commits to at one size, as a signed note (C2SP signed-note,
//! tlog-checkpoint and tlog-cosignature).

use crate::key::Key;
use crate::merkle::Node;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// A checkpoint before it is signed.
#[derive(Clone)]
pub struct CheckpointDraft {
    /// The name of the log.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root of their tree.
    pub root: Node,
    /// Further lines.
    pub more: Vec<String>,
    /// Who signs the note.
    pub signers: Vec<NoteSigner>,
    /// Who signs it as a witness, after them.
    pub cosigners: Vec<Cosigner>,
}

/// Who signs a note.
#[derive(Clone)]
pub struct NoteSigner {
    /// The name before the signature.
    pub name: String,
    /// The first bytes of the key's id.
    pub hint: [u8; 4],
    /// The key.
    pub key: Key,
}

/// A witness: it signs what it has seen and when.
#[derive(Clone)]
pub struct Cosigner {
    /// The name before the signature.
    pub name: String,
    /// The key; Ed25519.
    pub key: Key,
}

impl CheckpointDraft {
    /// What is signed.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        );
        for line in &self.more {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The signed note.
    pub fn sign(&self) -> String {
        let text = self.text();
        let mut note = format!("{text}\n");
        for signer in &self.signers {
            let signature = signer.key.sign(text.as_bytes());
            note.push_str(&line(&signer.name, &signer.hint, &signature));
        }
        for cosigner in &self.cosigners {
            note.push_str(&cosigner.sign(&text));
        }
        note
    }
}

impl Cosigner {
    fn sign(&self, text: &str) -> String {
        // When the witness saw it; verifiers here have no use for it.
        let seen = crate::time::BEGINNING;
        let signature = self
            .key
            .sign(format!("cosignature/v1\ntime {seen}\n{text}").as_bytes());
        let public = self.key.public();
        let mut hasher = Sha256::new();
        hasher.update(&self.name);
        hasher.update(b"\n\x04");
        hasher.update(&public[public.len() - 32..]);
        let id = hasher.finalize();
        let stamped = [&seen.to_be_bytes()[..], &signature].concat();
        line(&self.name, &id[..4], &stamped)
    }
}

fn line(name: &str, hint: &[u8], signature: &[u8]) -> String {
    let signature = STANDARD.encode([hint, signature].concat());
    format!("\u{2014} {name} {signature}\n")
}
