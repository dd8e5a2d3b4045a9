//! The Merkle vectors of transparency-dev/merkle: inclusion and consistency proofs (RFC 6962,
//! sections 2.1.1 and 2.1.2), right ones and wrong ones.
//!
//! They are run against the functions that proofs rest on, and against [`LogMemory`], which does
//! more than say yes or no: it must take a log's word for nothing that these proofs do not show,
//! and accuse no log of anything else.

use assay_core::digest::Sha256Digest;
use assay_core::log_memory::{Checkpoint, LogId, LogMemory, Need, Shown, Taken};
use assay_core::signer::RootId;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sigstore_merkle::{verify_consistency_proof, verify_inclusion_proof};
use sigstore_types::Sha256Hash;

// INCLUSION and CONSISTENCY: each vector's name and JSON.
include!(concat!(env!("OUT_DIR"), "/merkle_vectors.rs"));

/// How the vectors came out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// How many proofs were accepted.
    pub accepted: usize,
    /// How many were refused.
    pub refused: usize,
    /// What came out as it must not.
    pub wrong: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inclusion {
    leaf_idx: u64,
    tree_size: u64,
    root: String,
    leaf_hash: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Consistency {
    size1: u64,
    size2: u64,
    root1: String,
    root2: String,
    proof: Option<Vec<String>>,
    want_err: bool,
}

/// All of them, each with a name.
///
/// # Panics
/// When the package's vectors cannot be read.
pub fn all() -> [(&'static str, Outcome); 4] {
    [
        ("inclusion", inclusion()),
        ("consistency", consistency()),
        ("remembered consistency", remembered_consistency()),
        ("remembered inclusion", remembered_inclusion()),
    ]
    .map(|(name, mut outcome)| {
        // A suite in which nothing is tried shows nothing.
        if outcome.accepted == 0 || outcome.refused == 0 {
            outcome.wrong.push(format!("{name}: too few vectors"));
        }
        (name, outcome)
    })
}

/// Inclusion proofs, by the function that bundles are verified with.
fn inclusion() -> Outcome {
    assay_core::crypto::install();
    let mut outcome = Outcome::default();
    for (name, vector) in read::<Inclusion>(INCLUSION) {
        let proven = vector.values().is_some_and(|(leaf, path, root)| {
            verify_inclusion_proof(
                &theirs(&leaf),
                vector.leaf_idx,
                vector.tree_size,
                &path.iter().map(theirs).collect::<Vec<_>>(),
                &theirs(&root),
            )
            .is_ok()
        });
        outcome.count(name, proven, !vector.want_err);
    }
    outcome
}

/// Consistency proofs, by the function that checkpoints are compared with.
///
/// One vector is left out: that nothing has to be proven about an empty tree, which that function
/// says and the vectors' authors do not. A checkpoint of an empty tree is none here.
fn consistency() -> Outcome {
    assay_core::crypto::install();
    let mut outcome = Outcome::default();
    for (name, vector) in read::<Consistency>(CONSISTENCY) {
        let unproven = vector.proof.as_ref().is_none_or(Vec::is_empty);
        if vector.size1 == 0 && vector.size2 > 0 && unproven {
            continue;
        }
        let proven = vector.values().is_some_and(|(older, newer, hashes)| {
            verify_consistency_proof(
                vector.size1,
                vector.size2,
                &hashes.iter().map(theirs).collect::<Vec<_>>(),
                &theirs(&older),
                &theirs(&newer),
            )
            .is_ok()
        });
        outcome.count(name, proven, !vector.want_err);
    }
    outcome
}

/// Consistency proofs, by a log's memory: only what is right is taken, and only another root of the
/// older tree, with all else as it is in a right proof, is a contradiction.
fn remembered_consistency() -> Outcome {
    let mut outcome = Outcome::default();
    let right: Vec<Consistency> = read::<Consistency>(CONSISTENCY)
        .map(|(_, vector)| vector)
        .filter(|vector| !vector.want_err)
        .collect();
    for (name, vector) in read::<Consistency>(CONSISTENCY) {
        if vector.size1 == 0 || vector.size2 == 0 {
            continue;
        }
        let forged = right.iter().any(|right| {
            (right.size1, right.size2) == (vector.size1, vector.size2)
                && right.root2 == vector.root2
                && right.proof == vector.proof
                && right.root1 != vector.root1
        });
        // Of two trees of one size no proof is asked.
        let same_size = vector.size1 == vector.size2;
        let same_root = vector.root1 == vector.root2;
        let expected = if same_size {
            same_root
        } else {
            !vector.want_err
        };
        // The computation begins with the older root itself where its size is a power of two, so
        // that only an inclusion proof can show that it is another.
        let forged =
            same_size && vector.root1 != vector.root2 || forged && !vector.size1.is_power_of_two();
        let (taken, contradicted) = vector.values().map_or((false, false), |values| {
            let (older, newer, hashes) = values;
            let mut memory = LogMemory::begin(&shown(vector.size1, older));
            let newer = shown(vector.size2, newer);
            match memory.need(&newer) {
                Need::Nothing => (true, false),
                Need::Contradiction(_) => (false, true),
                Need::Proof { .. } => match memory.take(&newer, &hashes) {
                    Taken::Consistent => (true, false),
                    Taken::Contradiction(_) => (false, true),
                    Taken::Unproven | Taken::MayContradict { .. } => (false, false),
                },
            }
        });
        outcome.count(name, taken, expected);
        if contradicted != forged {
            let accused = format!("{name}: a contradiction: {contradicted}, expected: {forged}");
            outcome.wrong.push(accused);
        }
    }
    outcome
}

/// Inclusion proofs, by a log's memory that remembers an older tree: a right proof shows that the
/// tree began with another one, and no other proof shows anything.
fn remembered_inclusion() -> Outcome {
    let mut outcome = Outcome::default();
    let made_up = Sha256Digest::of(b"no root of any of these trees");
    for (name, vector) in read::<Inclusion>(INCLUSION) {
        let contradicts = |root: Sha256Digest| {
            vector.values().is_some_and(|(leaf, path, newer)| {
                let memory = LogMemory::begin(&shown(vector.leaf_idx, root));
                let newer = shown(vector.tree_size, newer);
                let found = memory.contradiction_by_entry(&newer, &newer, &leaf, &path);
                found.is_some()
            })
        };
        // Nothing lies to the left of the first entry.
        let expected = !vector.want_err && vector.leaf_idx > 0;
        outcome.count(name, contradicts(made_up), expected);
        let same_tree = |(_, other): &(&str, Consistency)| {
            !other.want_err
                && (other.size1, other.size2) == (vector.leaf_idx, vector.tree_size)
                && other.root2 == vector.root
        };
        for (_, honest) in read::<Consistency>(CONSISTENCY).filter(same_tree) {
            if hash(&honest.root1).is_none_or(contradicts) {
                outcome
                    .wrong
                    .push(format!("{name}: an honest log is accused"));
            }
        }
    }
    outcome
}

impl Inclusion {
    /// Leaf, path and root, where all of them are hashes.
    fn values(&self) -> Option<(Sha256Digest, Vec<Sha256Digest>, Sha256Digest)> {
        Some((
            hash(&self.leaf_hash)?,
            path(&self.proof)?,
            hash(&self.root)?,
        ))
    }
}

impl Consistency {
    /// The older and the newer root and the proof, where all of them are hashes.
    fn values(&self) -> Option<(Sha256Digest, Sha256Digest, Vec<Sha256Digest>)> {
        Some((hash(&self.root1)?, hash(&self.root2)?, path(&self.proof)?))
    }
}

impl Outcome {
    fn count(&mut self, name: &str, accepted: bool, expected: bool) {
        match accepted {
            true => self.accepted += 1,
            false => self.refused += 1,
        }
        if accepted != expected {
            self.wrong
                .push(format!("{name}: {accepted}, not {expected}"));
        }
    }
}

fn read<T: DeserializeOwned>(
    vectors: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, T)> {
    vectors.iter().map(|(name, json)| {
        let vector = serde_json::from_str(json).expect("the package's own vectors");
        (*name, vector)
    })
}

fn path(texts: &Option<Vec<String>>) -> Option<Vec<Sha256Digest>> {
    texts.iter().flatten().map(|text| hash(text)).collect()
}

/// Where any hash would do, the vectors have a few words, for which their digest stands here.
/// Nothing at all is no hash.
fn hash(text: &str) -> Option<Sha256Digest> {
    let bytes = STANDARD
        .decode(text)
        .ok()
        .filter(|bytes| !bytes.is_empty())?;
    Some(match <[u8; 32]>::try_from(bytes.as_slice()) {
        Ok(hash) => Sha256Digest::new(hash),
        Err(_) => Sha256Digest::of(&bytes),
    })
}

fn theirs(digest: &Sha256Digest) -> Sha256Hash {
    Sha256Hash::new(*digest.as_bytes())
}

fn shown(size: u64, root_hash: Sha256Digest) -> Shown {
    Shown {
        log: LogId {
            root: RootId::notary("vectors"),
            key_id: "00".into(),
            origin: "vectors".into(),
        },
        public_key: String::new(),
        checkpoint: Checkpoint {
            size,
            root_hash,
            note: format!("{size} {root_hash}"),
        },
    }
}
