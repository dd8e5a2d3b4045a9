//! What must not be undone: keys that were revoked, tokens that were removed, keys of the notary that
//! were replaced.
//!
//! A backup does not know what happened after it, and whoever restores one would bring all of that
//! back. So each such act is written down in the lock store, which is never put back to an earlier
//! state, before it takes effect: a process that ends in between has written down too much, never
//! too little, and the next start finishes what was begun.

use crate::data_directory;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::identity::Identity;
use crate::revocation::{Revocations, Statement};
use crate::tokens::{self, Token};
use crate::trust::{self, TrustState};
use assay_core::digest::Sha256Digest;
use assay_core::succession::SignedLink;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};

/// The version of the file.
const VERSION: u32 = 1;

/// Where the final acts of a notary are written down: one file in the lock store, which stays the
/// same for all trees of the notary.
#[derive(Debug, Clone)]
pub struct FinalActs {
    path: PathBuf,
}

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    version: u32,
    /// The statements by which keys were revoked, as they are logged (proposals, JSON).
    #[serde(default)]
    pub revocations: Vec<String>,
    /// The tokens that open nothing any more.
    #[serde(default)]
    pub removed_tokens: Vec<Token>,
    /// The succession of the notary's trust roots.
    #[serde(default)]
    pub links: Vec<SignedLink>,
}

/// What a restore has done again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redone {
    /// The names of the signers whose keys are revoked again.
    pub revoked: Vec<String>,
    /// The names of the tokens that are removed again.
    pub removed: Vec<String>,
}

impl Default for Recorded {
    fn default() -> Self {
        Self {
            version: VERSION,
            revocations: Vec::new(),
            removed_tokens: Vec::new(),
            links: Vec::new(),
        }
    }
}

impl FinalActs {
    /// Those of a notary, in its lock store.
    pub fn of(lock_store: &Path, identity: &Identity) -> Self {
        let name = format!("{}.final", identity.first_tree());
        Self {
            path: lock_store.join(name),
        }
    }

    /// Those of the notary in `data`, which may be running. Its lock store is `lock`, or else the one
    /// with which it ran last, or else beside the data.
    ///
    /// # Errors
    /// When the lock of its log is not there or cannot be read, or its tree has ended.
    pub fn of_notary(
        data: &Path,
        identity: &Identity,
        lock: Option<&Path>,
    ) -> Result<Self, NotaryError> {
        let place = data_directory::lock_store_in_use(data, identity, lock)?;
        Ok(Self::of(&place, identity))
    }

    /// What is written down; `None` where nothing ever was, as before there was such a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(&self) -> Result<Option<Recorded>, NotaryError> {
        let text = match std::fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(NotaryError::file(&self.path, source)),
        };
        let unusable = |detail: String| NotaryError::Data {
            path: self.path.clone(),
            detail,
        };
        match serde_json::from_slice::<Recorded>(&text) {
            Ok(recorded) if recorded.version == VERSION => Ok(Some(recorded)),
            Ok(recorded) => Err(unusable(format!(
                "version {} is of a later notary",
                recorded.version
            ))),
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    /// Changes what is written down. When this returns, it is on disk.
    ///
    /// # Errors
    /// When it can be neither read nor written; it is then as it was.
    pub fn change<T>(
        &self,
        act: impl FnOnce(&mut Recorded) -> Result<T, NotaryError>,
    ) -> Result<T, NotaryError> {
        let lock = self.path.with_extension("final-lock");
        let failed = |source| NotaryError::file(&lock, source);
        // Of two who change it at once, one would else undo what the other wrote.
        let held = files::lock_file(&lock).map_err(failed)?;
        held.lock().map_err(failed)?;
        let before = self.load()?;
        let mut recorded = before.clone().unwrap_or_default();
        let done = act(&mut recorded)?;
        if before.as_ref() != Some(&recorded) {
            let failed = |source| NotaryError::file(&self.path, source);
            let text = serde_json::to_vec(&recorded).map_err(|error| NotaryError::Data {
                path: self.path.clone(),
                detail: error.to_string(),
            })?;
            let temporary = self.path.with_extension("final-part");
            files::replace_by(&self.path, &temporary, &text, Mode::Private).map_err(failed)?;
        }
        Ok(done)
    }

    /// Writes down that these are the notary's trust roots.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn record_links(&self, state: &TrustState) -> Result<(), NotaryError> {
        self.change(|recorded| {
            recorded.links.clone_from(&state.links);
            Ok(())
        })
    }

    /// Writes down that a token opens nothing any more.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn record_removed(&self, token: &Token) -> Result<(), NotaryError> {
        self.change(|recorded| {
            if !recorded.removed_tokens.contains(token) {
                recorded.removed_tokens.push(token.clone());
            }
            Ok(())
        })
    }

    /// Writes a revocation down. If one of the same key and name is there, it stays, and is the one
    /// that counts. Returns the one that counts.
    ///
    /// # Errors
    /// As [`Self::change`].
    pub fn record_revocation(&self, proposal: &str) -> Result<Statement, NotaryError> {
        let statement = self.read(proposal)?;
        self.change(|recorded| {
            let mut known = self.revocations(recorded)?;
            if let Some(other) = known.remove(&statement.about()) {
                return Ok(other);
            }
            recorded.revocations.push(proposal.to_owned());
            Ok(statement)
        })
    }

    /// Brings what is written down and the data of a notary together, which is the latest: its lock
    /// says so. What was begun is finished.
    ///
    /// # Errors
    /// When something can be neither read nor written.
    pub fn agree_with(&self, data: &Path, state: &TrustState) -> Result<(), NotaryError> {
        let revocations = Revocations::of(data).all()?;
        let recorded = self.change(|recorded| {
            recorded.links.clone_from(&state.links);
            let mut known = self.revocations(recorded)?;
            for statement in revocations {
                if let Entry::Vacant(place) = known.entry(statement.about()) {
                    let text = String::from_utf8_lossy(&statement.proposal).into_owned();
                    recorded.revocations.push(text);
                    place.insert(statement);
                }
            }
            Ok(recorded.clone())
        })?;
        self.redo(&recorded, data)?;
        Ok(())
    }

    /// Does again what a restored backup in `data` does not know.
    ///
    /// # Errors
    /// When the keys of the backup were replaced since, unless `earlier_keys` says that they are to be
    /// in office again; or when something can be neither read nor written.
    pub fn redo_in_backup(
        &self,
        recorded: &Recorded,
        data: &Path,
        identity: &Identity,
        earlier_keys: bool,
    ) -> Result<Redone, NotaryError> {
        let mut state = TrustState::load(data, identity)?;
        let mut both = state.links.iter().zip(&recorded.links);
        let common = both.position(|(own, known)| own != known);
        let common = common.unwrap_or(state.links.len().min(recorded.links.len()));
        let (own, later) = (&state.links[common..], &recorded.links[common..]);
        // Whoever has no link yet gets the first one with these very keys.
        let first = usize::from(state.links.is_empty()).min(later.len());
        let replaced = has_new_keys(&later[first..])?;
        if replaced && !earlier_keys {
            return Err(NotaryError::EarlierKeys {
                address: identity.address.clone(),
            });
        }
        if !replaced && !later.is_empty() && !has_new_keys(own)? {
            // So that whoever has followed to there meets no other succession.
            state.links.clone_from(&recorded.links);
            state.save(data)?;
        }
        self.redo(recorded, data)
    }

    fn redo(&self, recorded: &Recorded, data: &Path) -> Result<Redone, NotaryError> {
        let revocations = Revocations::of(data);
        let mut redone = Redone::default();
        for proposal in &recorded.revocations {
            let statement = self.read(proposal)?;
            if !revocations.has(&statement.key, &statement.revocation.name) {
                revocations.write(&statement)?;
                redone.revoked.push(statement.revocation.name);
            }
        }
        redone.removed = tokens::drop_removed(data, &recorded.removed_tokens)?;
        Ok(redone)
    }

    /// The revocations that are written down, by key and name; of several about the same, the first one
    /// counts.
    fn revocations(
        &self,
        recorded: &Recorded,
    ) -> Result<BTreeMap<(Sha256Digest, String), Statement>, NotaryError> {
        let mut known = BTreeMap::new();
        for proposal in &recorded.revocations {
            let statement = self.read(proposal)?;
            known.entry(statement.about()).or_insert(statement);
        }
        Ok(known)
    }

    fn read(&self, proposal: &str) -> Result<Statement, NotaryError> {
        Statement::parse(&self.path, proposal.as_bytes().to_vec())
    }
}

/// Whether one of these links put other keys into office.
fn has_new_keys(links: &[SignedLink]) -> Result<bool, NotaryError> {
    for signed in links {
        if trust::link(signed)?.trusted_root.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
