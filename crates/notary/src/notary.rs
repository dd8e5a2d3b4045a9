//! The notary, without its HTTP clothes.

use crate::authority::{self, Authority};
use crate::clock::now;
use crate::error::NotaryError;
use crate::files;
use crate::identity::{self, Identity};
use crate::keys::SigningKey;
use crate::log_entry::ProvenEntry;
use crate::merkle::{self, Hash};
use crate::proposal::Proposal;
use crate::redb_store::RedbStore;
use crate::sequencer::{Head, LogIdentity, Placed, Sequencer, SequencerError, Submission};
use crate::signers::Signers;
use crate::store::{MentionKind, Store, StoreError};
use crate::trusted_root;
use assay_core::digest::Sha256Digest;
use std::path::Path;
use std::sync::Arc;

mod attestations;
mod search;

pub use attestations::{Cursor, MAX_ANSWER_BYTES, MAX_ATTESTATIONS, Question, Reach, Selection};
pub use search::{FoundEntries, MAX_FOUND, Operator, SearchTerm};

const LOG_KEY_FILE: &str = "keys/log.pem";
const LOG_FILE: &str = "log.redb";

/// There once all the others are: from then on none of them is made anew.
const COMPLETE_FILE: &str = "set-up-complete";

/// A notary: its identity, its keys, its log.
pub struct Notary {
    identity: Identity,
    log: Arc<LogIdentity>,
    authority: Authority,
    signers: Signers,
    trusted_root: String,
    fingerprint: String,
    // Dropped before the store is: the sequencer finishes what it accepted.
    sequencer: Sequencer,
    store: Arc<dyn Store>,
}

/// A proof that one tree begins with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consistency {
    /// Root of the larger tree.
    pub root: Hash,
    /// The proof (RFC 6962, section 2.1.2).
    pub path: Vec<Hash>,
}

impl Notary {
    /// Opens the notary in `data`, which is set up first if there is none: for `address`, or else
    /// for `default`.
    ///
    /// # Errors
    /// When the directory cannot be used, or another process uses it.
    pub fn open(data: &Path, address: Option<&str>, default: &str) -> Result<Self, NotaryError> {
        assay_core::crypto::install();
        files::private_directory(data).map_err(|source| NotaryError::file(data, source))?;
        let complete = data.join(COMPLETE_FILE);
        let was_complete = complete.exists();
        if was_complete {
            refuse_what_is_lost(data)?;
        }
        let identity = Identity::load_or_create(data, address, default)?;
        // The store comes first: it is what tells a second process to go away.
        let store: Arc<dyn Store> = Arc::new(RedbStore::open(&data.join(LOG_FILE))?);
        let log = Arc::new(LogIdentity {
            key: SigningKey::load_or_create(&data.join(LOG_KEY_FILE))?,
            origin: identity.origin(),
        });
        let authority = Authority::open(data, &identity)?;
        let trusted_root = trusted_root::json(&identity, &log.key, &authority)?;
        let fingerprint = assay_core::trust_root::fingerprint(&trusted_root)
            .map_err(|error| NotaryError::Certificate(error.to_string()))?;
        if !was_complete {
            files::replace(&complete, b"", files::Mode::Shared)
                .map_err(|source| NotaryError::file(&complete, source))?;
        }
        Ok(Self {
            sequencer: Sequencer::start(store.clone(), log.clone())?,
            signers: Signers::of(data),
            identity,
            log,
            authority,
            trusted_root,
            fingerprint,
            store,
        })
    }

    /// Who this notary is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// SHA-256 of the log's key, hexadecimal.
    pub fn log_id(&self) -> String {
        self.log.key.id().to_hex()
    }

    /// The log's public key, PEM.
    pub fn log_key_pem(&self) -> String {
        self.log.key.public_pem()
    }

    /// The `trusted_root.json`.
    pub fn trusted_root(&self) -> &str {
        &self.trusted_root
    }

    /// The trust root's fingerprint, lower-case hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The enrolled signers.
    pub fn signers(&self) -> &Signers {
        &self.signers
    }

    /// What the log commits to now.
    pub fn head(&self) -> Arc<Head> {
        self.sequencer.head()
    }

    /// How a verified proposal is logged. May take some time: certificates are verified.
    pub fn prepare(&self, proposal: Proposal) -> Submission {
        let mut signer = None;
        let kind = match proposal.verifiers.as_slice() {
            [only] => match only.certificate() {
                None => MentionKind::Other,
                Some(certificate) if self.authority.vouches_for(certificate, now()) => {
                    signer = Some(only.key_id());
                    MentionKind::Named
                }
                // Nobody could prove it against this notary's trust root, so it is in the log for
                // whoever searches there, and no attestation here.
                Some(_) => MentionKind::Search,
            },
            // There is no bundle for several signatures.
            _ => MentionKind::Search,
        };
        let of_signer: Vec<_> = signer
            .iter()
            .flat_map(|key| {
                proposal
                    .artifacts
                    .iter()
                    .map(|digest| of_signer(digest, key))
            })
            .map(|digest| (digest, MentionKind::OfSigner))
            .collect();
        let artifacts = proposal.artifacts.into_iter().map(|digest| (digest, kind));
        let search = proposal.search.into_iter();
        let terms = proposal.terms.into_iter();
        Submission {
            body: proposal.body,
            envelope: proposal.envelope,
            digests: artifacts
                .chain(of_signer)
                .chain(search.map(|digest| (digest, MentionKind::Search)))
                .chain(terms.map(|term| (term, MentionKind::Term)))
                .collect(),
        }
    }

    /// Logs an entry. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// When it could not be logged.
    pub async fn add(&self, submission: Submission) -> Result<Placed, SequencerError> {
        self.sequencer.add(submission).await
    }

    /// The entry at `index`, with its proof.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn entry(&self, index: u64) -> Result<Option<ProvenEntry>, StoreError> {
        // The head is taken before the snapshot, so the snapshot holds all that the head covers.
        let head = self.head();
        ProvenEntry::read(index, &head, self.store.snapshot()?.as_ref())
    }

    /// The entry with this leaf hash, with its proof.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn entry_by_leaf(&self, leaf: &Hash) -> Result<Option<ProvenEntry>, StoreError> {
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        match snapshot.index_of(leaf)? {
            Some(index) => ProvenEntry::read(index, &head, snapshot.as_ref()),
            None => Ok(None),
        }
    }

    /// The proof that the tree of `second` entries begins with that of `first`;
    /// `0 < first <= second <=` the log's size.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn consistency(&self, first: u64, second: u64) -> Result<Consistency, StoreError> {
        let snapshot = self.store.snapshot()?;
        Ok(Consistency {
            root: merkle::root(second, snapshot.as_ref())?,
            path: merkle::consistency_proof(first, second, snapshot.as_ref())?,
        })
    }
}

/// What stands for an artifact together with one signer.
fn of_signer(artifact: &Hash, key: &Sha256Digest) -> Hash {
    let both = [artifact.as_slice(), key.as_bytes()].concat();
    *Sha256Digest::of(&both).as_bytes()
}

fn refuse_what_is_lost(data: &Path) -> Result<(), NotaryError> {
    let files = [LOG_FILE, LOG_KEY_FILE, identity::FILE]
        .into_iter()
        .chain(authority::FILES);
    for file in files {
        let path = data.join(file);
        if !path.exists() {
            return Err(NotaryError::Lost { path });
        }
    }
    Ok(())
}
