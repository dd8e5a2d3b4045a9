//! What a proof from a log says about two of its checkpoints.
//!
//! A proof is just hashes; anybody can make some up. So a proof that does not add up says nothing.
//! But one that leads exactly to the root which the log signed for its newer tree cannot be made
//! up: by the collision resistance of the hash, its parts are the very subtrees of that tree, and
//! so the root of the older tree that it leads to is the one that the newer tree begins with. If
//! the log signed another root for that size, it signed two things of which one is false.

use super::checkpoint::Checkpoint;
use crate::digest::Sha256Digest;
use sigstore_merkle::{Error, hash_children, verify_consistency_proof, verify_inclusion_proof};
use sigstore_types::Sha256Hash;

/// The most hashes that a proof can have for a tree of 2^64 entries: the path to one entry, and
/// the old tree's smallest subtree.
pub const MAX_HASHES: usize = 65;

/// What a proof says about an older and a newer checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The newer tree begins with the older one.
    Consistent,
    /// The newer tree begins with another tree of the older one's size.
    Contradictory {
        /// That other tree's root.
        begins_with: Sha256Digest,
    },
    /// Nothing: the proof does not lead to the newer checkpoint.
    Unproven,
}

/// What a consistency proof (RFC 6962, section 2.1.2; RFC 9162, section 2.1.4.2) says.
/// `older.size < newer.size`, else it says nothing.
///
/// Where the older size is a power of two, the older root is itself a part of the computation and
/// not of the proof. Then a contradiction cannot show here: the computation leads nowhere.
pub fn by_consistency_proof(
    older: &Checkpoint,
    newer: &Checkpoint,
    hashes: &[Sha256Digest],
) -> Finding {
    if older.size >= newer.size || hashes.len() > MAX_HASHES {
        return Finding::Unproven;
    }
    crate::crypto::install();
    let hashes: Vec<Sha256Hash> = hashes.iter().map(theirs).collect();
    let (old_root, new_root) = (theirs(&older.root_hash), theirs(&newer.root_hash));
    let verify = |old_root: &Sha256Hash| {
        verify_consistency_proof(older.size, newer.size, &hashes, old_root, &new_root)
    };
    match verify(&old_root) {
        Ok(()) => Finding::Consistent,
        // The root that the older tree must have had, if the proof is any good: whether it leads
        // to the signed newer root shows when it is tried with that one.
        Err(Error::RootMismatch { expected, actual })
            if expected == old_root && actual != old_root && verify(&actual).is_ok() =>
        {
            Finding::Contradictory {
                begins_with: ours(&actual),
            }
        }
        Err(_) => Finding::Unproven,
    }
}

/// Whether a consistency proof that says nothing may hide a contradiction, which an inclusion proof
/// would show: the older size is a power of two, and the proof is as long as one has to be.
pub fn may_hide_contradiction(older: u64, newer: u64, hashes: usize) -> bool {
    if !older.is_power_of_two() || older >= newer {
        return false;
    }
    // From the older tree, which is the leftmost node of its height, up to the newer one's root,
    // one hash for each step.
    let steps = u64::BITS - ((newer - 1) >> older.trailing_zeros()).leading_zeros();
    hashes == steps as usize
}

/// What an inclusion proof (RFC 6962, section 2.1.1) of the entry that follows the older tree says:
/// the left siblings on its way to the root are just the subtrees that make up the older tree. It
/// works for every size.
pub fn by_inclusion_proof(
    older: &Checkpoint,
    newer: &Checkpoint,
    leaf_hash: &Sha256Digest,
    hashes: &[Sha256Digest],
) -> Finding {
    if older.size == 0 || older.size >= newer.size || hashes.len() > MAX_HASHES {
        return Finding::Unproven;
    }
    crate::crypto::install();
    let path: Vec<Sha256Hash> = hashes.iter().map(theirs).collect();
    let leads_to_root = verify_inclusion_proof(
        &theirs(leaf_hash),
        older.size,
        newer.size,
        &path,
        &theirs(&newer.root_hash),
    );
    if leads_to_root.is_err() {
        return Finding::Unproven;
    }
    let (mut index, mut last) = (older.size, newer.size - 1);
    let mut begins_with: Option<Sha256Hash> = None;
    for sibling in &path {
        if index % 2 == 1 || index == last {
            begins_with = Some(match begins_with {
                Some(right) => hash_children(sibling, &right),
                None => *sibling,
            });
        }
        index /= 2;
        last /= 2;
    }
    match begins_with.map(|root| ours(&root)) {
        Some(root) if root == older.root_hash => Finding::Consistent,
        Some(begins_with) => Finding::Contradictory { begins_with },
        // Not reached: an entry other than the first has something to its left.
        None => Finding::Unproven,
    }
}

/// The hash of an entry (RFC 6962, section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Sha256Digest {
    crate::crypto::install();
    ours(&sigstore_merkle::hash_leaf(entry))
}

fn theirs(digest: &Sha256Digest) -> Sha256Hash {
    Sha256Hash::new(*digest.as_bytes())
}

fn ours(hash: &Sha256Hash) -> Sha256Digest {
    Sha256Digest::new(*hash.as_bytes())
}
