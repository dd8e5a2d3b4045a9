//! The notary, without its HTTP clothes.

use crate::authority::Authority;
use crate::batches::Batches;
use crate::clock::now;
use crate::data_directory::{
    COMPLETE_FILE, LOG_FILE, WITH_TRUST, lock_store, lock_store_in_use, refuse_lost_files,
    refuse_what_is_lost, refuse_without_lock, remember_lock_store,
};
use crate::error::NotaryError;
use crate::file_lock::FileLock;
use crate::files;
use crate::final_acts::FinalActs;
use crate::identity::Identity;
use crate::keys::{KeyError, SigningKey};
use crate::lock::Lock;
use crate::log_entry::ProvenEntry;
use crate::merkle::{self, Hash};
use crate::objects::Objects;
use crate::proposal::{Proposal, ProposalError};
use crate::redb_store::RedbStore;
use crate::sequencer::{
    FailedBatch, Head, LogIdentity, Placed, Sequencer, SequencerError, Submission,
};
use crate::signed_note::VerifierKey;
use crate::signers::Signers;
use crate::store::{MentionKind, Snapshot, Store, StoreError};
use crate::tile_checkpoint::TileCheckpoints;
use crate::trust::{Trust, TrustState};
use crate::writer;
use assay_core::digest::Sha256Digest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::watch;

mod attestations;
mod cursor;
mod search;
mod settling;

pub use attestations::{MAX_ANSWER_BYTES, MAX_ATTESTATIONS, Question, Reach, Selection};
pub use cursor::{Cursor, NoCursor};
pub use search::{FoundEntries, MAX_FOUND, Operator, SearchTerm};

/// A notary: its identity, its keys, its log.
pub struct Notary {
    identity: Identity,
    log: Arc<LogIdentity>,
    authority: Authority,
    signers: Signers,
    data: PathBuf,
    trusted_root: String,
    fingerprint: String,
    trust: RwLock<Arc<Trust>>,
    acts: Option<FinalActs>,
    /// The statements of revocation that are logged. Whoever changes what is kept of the trust holds it.
    settled: tokio::sync::Mutex<BTreeSet<PathBuf>>,
    tile_checkpoints: TileCheckpoints,
    // Dropped before the store is: the sequencer finishes what it accepted.
    sequencer: Sequencer,
    store: Store,
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
    /// for `default`. Its lock is in the directory `lock`, or else beside the data.
    ///
    /// # Errors
    /// When the directory cannot be used, another process uses it, or it does not agree with the
    /// lock.
    pub fn open(
        data: &Path,
        lock: Option<&Path>,
        address: Option<&str>,
        default: &str,
    ) -> Result<Self, NotaryError> {
        refuse_without_lock(data, lock)?;
        let place = lock_store(data, lock)?;
        let notary = Self::open_on(
            data,
            address,
            default,
            || {
                let path = data.join(LOG_FILE);
                // An empty one would be made in its place.
                if data.join(COMPLETE_FILE).exists() && !path.exists() {
                    return Err(NotaryError::Lost { path });
                }
                Ok(Arc::new(RedbStore::open(&path)?))
            },
            |tree_id| Ok(Box::new(FileLock::take(&place, tree_id)?)),
        )?;
        remember_lock_store(data, &place)?;
        Ok(notary)
    }

    /// The same with the log and its lock elsewhere: in the objects that `objects` gives, and
    /// under the lock that `lock` gives for the number of a tree.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_on(
        data: &Path,
        address: Option<&str>,
        default: &str,
        objects: impl FnOnce() -> Result<Arc<dyn Objects>, NotaryError>,
        lock: impl FnOnce(u64) -> Result<Box<dyn Lock>, NotaryError>,
    ) -> Result<Self, NotaryError> {
        assay_core::crypto::native::install();
        files::private_directory(data).map_err(|source| NotaryError::file(data, source))?;
        let complete = data.join(COMPLETE_FILE);
        let was_complete = complete.exists();
        let had_trust = std::fs::read(&complete).is_ok_and(|text| text == WITH_TRUST);
        if was_complete {
            refuse_what_is_lost(data, had_trust)?;
        }
        let identity = Identity::load_or_create(data, address, default)?;
        // Store and lock come first: they are what tells a second process to go away.
        let store = Store::new(objects()?);
        let mut lock = lock(identity.tree_id)?;
        // What those before left half-written; nobody else works on this data now.
        files::sweep(data);
        let state = TrustState::load(data, &identity)?;
        if was_complete {
            refuse_lost_files(data, &state.files())?;
        }
        let log = Arc::new(LogIdentity {
            key: SigningKey::load_or_create(&data.join(&state.log.key))?,
            origin: identity.origin(),
        });
        let tile_checkpoints = TileCheckpoints::open(data, &identity, log.clone())?;
        let authority = Authority::open(data, &identity, &state.authority)?;
        let trusted_root = state.trusted_root(&identity, &log.key, &authority)?;
        let fingerprint = assay_core::trust_root::fingerprint(&trusted_root)
            .map_err(|error| NotaryError::Certificate(error.to_string()))?;
        let trust = Trust::open(data, state, &trusted_root, &log.key)?;
        if !was_complete {
            writer::begin(&store, lock.as_mut(), &log)?;
        }
        if !had_trust {
            files::replace(&complete, WITH_TRUST, files::Mode::Shared)
                .map_err(|source| NotaryError::file(&complete, source))?;
        }
        let acts = lock.store().map(|store| FinalActs::of(store, &identity));
        let sequencer = Sequencer::start(store.clone(), lock, log.clone())?;
        // Now that data and lock agree, this data is the latest.
        if let Some(acts) = &acts {
            acts.agree_with(data, &trust.state)?;
        }
        trust.state.remove_unused_keys(data)?;
        Ok(Self {
            sequencer,
            acts,
            signers: Signers::of(data),
            identity,
            log,
            authority,
            data: data.to_owned(),
            trusted_root,
            fingerprint,
            trust: RwLock::new(Arc::new(trust)),
            settled: tokio::sync::Mutex::default(),
            tile_checkpoints,
            store,
        })
    }

    /// Opens a notary that was set up, to administer it while it is not running. Its lock is in the
    /// directory `lock`, or else where it was when it ran last, or else beside the data.
    ///
    /// # Errors
    /// As [`Self::open`]; and when there is none.
    pub fn open_existing(data: &Path, lock: Option<&Path>) -> Result<Self, NotaryError> {
        let identity = Identity::of_notary(data)?;
        let place = lock_store_in_use(data, &identity, lock)?;
        Self::open(data, Some(&place), None, &identity.address)
    }

    /// Writes a state of the trust down, first where it is not undone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn save_trust(&self, state: &TrustState) -> Result<(), NotaryError> {
        if let Some(acts) = &self.acts {
            acts.record_links(state)?;
        }
        state.save(&self.data)
    }

    /// Which keys are in office, and which were.
    pub fn trust(&self) -> Arc<Trust> {
        let trust = self.trust.read();
        trust.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the last entry was logged, in seconds since the Unix epoch; 0 where there is none.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn last_time(&self) -> Result<u64, StoreError> {
        Ok(self.store.snapshot()?.tree()?.time)
    }

    /// Where the log is kept.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who this notary is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// SHA-256 of the key under which the entry at `index` was logged, hexadecimal.
    pub fn log_id_of(&self, index: u64) -> String {
        let past = self.trust().era_of(index).map(|(id, _)| id);
        past.unwrap_or_else(|| self.log.key.id()).to_hex()
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

    /// The last entries that could not be logged; changes with each batch of them.
    pub fn failed(&self) -> watch::Receiver<Option<FailedBatch>> {
        self.sequencer.failed()
    }

    /// Why nothing can be logged now; `None` while it can.
    pub fn trouble(&self) -> watch::Receiver<Option<SequencerError>> {
        self.sequencer.trouble()
    }

    /// Has the writer look whether it still signs for the log and, after a failure, whether it can
    /// write again: what comes of it is told by [`Self::trouble`].
    pub fn look_after_the_log(&self) {
        self.sequencer.look();
    }

    /// What was measured of the batches.
    pub fn batches(&self) -> &Batches {
        self.sequencer.batches()
    }

    /// What the log commits to now, and a state of it that has all of that.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn published(&self) -> Result<(Arc<Head>, Box<dyn Snapshot>), StoreError> {
        // The head is taken first: what comes after it can only be more.
        let head = self.head();
        Ok((head, self.store.snapshot()?))
    }

    /// The signed checkpoint of the tiles ([`crate::tile_checkpoint`]). Reads a file.
    ///
    /// # Errors
    /// When signing fails.
    pub fn tile_checkpoint(&self) -> Result<String, KeyError> {
        self.tile_checkpoints.note(&self.head())
    }

    /// Why the witnesses' lines that were put there cannot be used; `None` if they can or there are
    /// none. Reads a file.
    pub fn unusable_cosignatures(&self) -> Option<String> {
        self.tile_checkpoints.unusable()
    }

    /// What verifies the checkpoint of the tiles.
    pub fn verifier_key(&self) -> &VerifierKey {
        self.tile_checkpoints.verifier()
    }

    /// How a verified proposal is logged. May take some time: certificates are verified.
    ///
    /// # Errors
    /// When it is signed with a key that was revoked: what is not logged, no client of Sigstore's
    /// takes for signed.
    pub fn prepare(&self, proposal: Proposal) -> Result<Submission, ProposalError> {
        let mut signer = None;
        if let [only] = proposal.verifiers.as_slice()
            && let Some(certificate) = only.certificate()
            && let Some(name) = self.signers.revoked_name(&only.key_id(), certificate)
        {
            return Err(ProposalError::Revoked { name });
        }
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
        Ok(Submission {
            body: proposal.body,
            envelope: proposal.envelope,
            digests: artifacts
                .chain(of_signer)
                .chain(search.map(|digest| (digest, MentionKind::Search)))
                .chain(terms.map(|term| (term, MentionKind::Term)))
                .collect(),
        })
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
        self.read(index, &head, self.store.snapshot()?.as_ref())
    }

    /// The entry with this leaf hash, with its proof.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn entry_by_leaf(&self, leaf: &Hash) -> Result<Option<ProvenEntry>, StoreError> {
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        match snapshot.index_of(leaf)? {
            Some(index) => self.read(index, &head, snapshot.as_ref()),
            None => Ok(None),
        }
    }

    /// An entry with its proof: under `head`, or under the last checkpoint of the key that signed when
    /// it was logged.
    fn read(
        &self,
        index: u64,
        head: &Arc<Head>,
        snapshot: &dyn Snapshot,
    ) -> Result<Option<ProvenEntry>, StoreError> {
        let trust = self.trust();
        let head = trust.era_of(index).map_or(head, |(_, past)| past);
        ProvenEntry::read(index, head, snapshot)
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
