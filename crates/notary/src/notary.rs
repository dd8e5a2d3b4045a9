//! The notary, without its HTTP clothes.

mod settling;

use crate::authority::Authority;
use crate::bundle::Bundle;
use crate::clock::now;
use crate::error::NotaryError;
use crate::files;
use crate::identity::{self, Identity};
use crate::keys::SigningKey;
use crate::log_entry::ProvenEntry;
use crate::merkle::{self, Hash};
use crate::proposal::{Proposal, ProposalError};
use crate::redb_store::RedbStore;
use crate::sequencer::{Head, LogIdentity, Placed, Sequencer, SequencerError, Submission};
use crate::signers::Signers;
use crate::store::{Entry, MentionKind, Snapshot, Store, StoreError};
use crate::trust::{self, Trust, TrustState};
use assay_core::digest::Sha256Digest;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

const LOG_FILE: &str = "log.redb";

/// There once all the others are: from then on none of them is made anew.
const COMPLETE_FILE: &str = "set-up-complete";

/// What is in it where the succession of the trust roots is one of the others.
const WITH_TRUST: &[u8] = b"trust.json\n";

/// The most bundles in one answer. The newest of each enrolled signer come first, then the others of
/// enrolled signers, so that neither strangers nor one of these can crowd out another.
pub const MAX_ATTESTATIONS: usize = 100;

/// The most bytes that the entries in one answer have together. As bundles they are nearly twice as
/// long, and clients read 16 MiB.
pub const MAX_ANSWER_BYTES: usize = 6 * 1024 * 1024;

/// So many of the newest entries of each enrolled signer come before all others.
const NEWEST_OF_EACH: usize = 2;

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
    /// The statements of revocation that are logged. Whoever changes what is kept of the trust holds it.
    settled: tokio::sync::Mutex<BTreeSet<PathBuf>>,
    // Dropped before the store is: the sequencer finishes what it accepted.
    sequencer: Sequencer,
    store: Arc<dyn Store>,
}

/// The attestations of an artifact.
#[derive(Debug, Default)]
pub struct Attestations {
    /// One bundle an entry.
    pub bundles: Vec<Bundle>,
    /// Whether there are more than these.
    pub truncated: bool,
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
        let had_trust = std::fs::read(&complete).is_ok_and(|text| text == WITH_TRUST);
        if was_complete {
            refuse_what_is_lost(data, had_trust)?;
        }
        let identity = Identity::load_or_create(data, address, default)?;
        // The store comes first: it is what tells a second process to go away.
        let store: Arc<dyn Store> = Arc::new(RedbStore::open(&data.join(LOG_FILE))?);
        let state = TrustState::load(data, &identity)?;
        if was_complete {
            refuse_lost_files(data, &state.files())?;
        }
        let log = Arc::new(LogIdentity {
            key: SigningKey::load_or_create(&data.join(&state.log.key))?,
            origin: identity.origin(),
        });
        let authority = Authority::open(data, &identity, &state.authority)?;
        let trusted_root = state.trusted_root(&identity, &log.key, &authority)?;
        let fingerprint = assay_core::trust_root::fingerprint(&trusted_root)
            .map_err(|error| NotaryError::Certificate(error.to_string()))?;
        let trust = Trust::open(data, state, &trusted_root, &log.key)?;
        if !had_trust {
            files::replace(&complete, WITH_TRUST, files::Mode::Shared)
                .map_err(|source| NotaryError::file(&complete, source))?;
        }
        Ok(Self {
            sequencer: Sequencer::start(store.clone(), log.clone())?,
            signers: Signers::of(data),
            identity,
            log,
            authority,
            data: data.to_owned(),
            trusted_root,
            fingerprint,
            trust: RwLock::new(Arc::new(trust)),
            settled: tokio::sync::Mutex::default(),
            store,
        })
    }

    /// Opens a notary that was set up, to administer it while it is not running.
    ///
    /// # Errors
    /// As [`Self::open`]; and when there is none.
    pub fn open_existing(data: &Path) -> Result<Self, NotaryError> {
        let identity = Identity::of_notary(data)?;
        Self::open(data, None, &identity.address)
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
        Ok(Submission {
            body: proposal.body,
            envelope: proposal.envelope,
            digests: artifacts
                .chain(of_signer)
                .chain(search.map(|digest| (digest, MentionKind::Search)))
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

    /// All that is known about the artifact with this SHA-256 digest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn attestations(&self, digest: &Hash) -> Result<Attestations, StoreError> {
        let head = self.head();
        let snapshot = self.store.snapshot()?;
        let mut indexes = Vec::new();
        for kind in [MentionKind::Named, MentionKind::Other] {
            let wanted = MAX_ATTESTATIONS + 1 - indexes.len();
            indexes.extend(snapshot.mentions(digest, kind, wanted)?);
        }
        let found = self.bundles(&indexes, &head, snapshot.as_ref())?;
        if !found.truncated {
            return Ok(found);
        }
        let first = self.newest_of_each(digest, snapshot.as_ref())?;
        indexes.retain(|index| !first.contains(index));
        indexes.splice(0..0, first);
        self.bundles(&indexes, &head, snapshot.as_ref())
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

    /// The newest entries of each enrolled signer about an artifact, those that take little first.
    fn newest_of_each(
        &self,
        digest: &Hash,
        snapshot: &dyn Snapshot,
    ) -> Result<Vec<u64>, StoreError> {
        let keys = self.signers.keys();
        let keys = keys.map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut found = Vec::new();
        for key in keys {
            let of_signer = of_signer(digest, &key);
            for index in snapshot.mentions(&of_signer, MentionKind::OfSigner, NEWEST_OF_EACH)? {
                let length = snapshot.entry(index)?.map_or(0, |entry| length(&entry));
                found.push((length, index));
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found.into_iter().map(|(_, index)| index).collect())
    }

    fn bundles(
        &self,
        indexes: &[u64],
        head: &Arc<Head>,
        snapshot: &dyn Snapshot,
    ) -> Result<Attestations, StoreError> {
        let trust = self.trust();
        let mut found = Attestations {
            bundles: Vec::new(),
            truncated: indexes.len() > MAX_ATTESTATIONS,
        };
        let mut left = MAX_ANSWER_BYTES;
        for index in indexes.iter().take(MAX_ATTESTATIONS) {
            let Some(proven) = self.read(*index, head, snapshot)? else {
                // Logged a moment ago, after the head that this answer is about.
                continue;
            };
            match left.checked_sub(length(&proven.entry)) {
                Some(rest) => left = rest,
                None => {
                    // A shorter one may have room still.
                    found.truncated = true;
                    continue;
                }
            }
            let past = trust.era_of(*index).map(|(id, _)| id);
            let log_id = past.unwrap_or_else(|| self.log.key.id());
            let bundle = Bundle::of(&proven, log_id.as_bytes())
                .map_err(|error| StoreError::Failed(format!("entry {index}: {error}")))?;
            let counts = |bundle: &Bundle| {
                !bundle.is_by_revoked(&trust.revoked, proven.entry.integrated_time)
            };
            found.bundles.extend(bundle.filter(counts));
        }
        Ok(found)
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

fn length(entry: &Entry) -> usize {
    entry.body.len() + entry.envelope.as_ref().map_or(0, Vec::len)
}

fn refuse_what_is_lost(data: &Path, had_trust: bool) -> Result<(), NotaryError> {
    let trust = had_trust.then_some(trust::FILE);
    let files: Vec<&str> = [LOG_FILE, identity::FILE]
        .into_iter()
        .chain(trust)
        .collect();
    refuse_lost_files(data, &files)
}

fn refuse_lost_files(data: &Path, files: &[&str]) -> Result<(), NotaryError> {
    for file in files {
        let path = data.join(file);
        if !path.exists() {
            return Err(NotaryError::Lost { path });
        }
    }
    Ok(())
}
