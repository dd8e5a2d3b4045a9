//! The Merkle tree of RFC 6962, section 2.1, written out as the RFC defines it: slow, and easy to
//! compare with the RFC.

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Node = [u8; 32];

/// The hash of a leaf.
pub fn leaf(data: &[u8]) -> Node {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    hasher.finalize().into()
}

/// The root of the tree of these leaf hashes.
pub fn root(leaves: &[Node]) -> Node {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            let mut hasher = Sha256::new();
            hasher.update([1]);
            hasher.update(root(left));
            hasher.update(root(right));
            hasher.finalize().into()
        }
    }
}

/// The inclusion proof of the leaf at `index`, the lowest hash first (section 2.1.1).
pub fn inclusion(index: usize, leaves: &[Node]) -> Vec<Node> {
    if leaves.len() <= 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (inclusion(index, left), root(right))
    } else {
        (inclusion(index - left.len(), right), root(left))
    };
    path.push(sibling);
    path
}

/// The consistency proof from the first `size` leaves to all of them (section 2.1.2).
pub fn consistency(size: usize, leaves: &[Node]) -> Vec<Node> {
    if size == 0 || size >= leaves.len() {
        return vec![];
    }
    subproof(size, leaves, true)
}

fn subproof(size: usize, leaves: &[Node], whole: bool) -> Vec<Node> {
    if size == leaves.len() {
        return match whole {
            true => vec![],
            false => vec![root(leaves)],
        };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, sibling) = if size <= left.len() {
        (subproof(size, left, whole), root(right))
    } else {
        (subproof(size - left.len(), right, false), root(left))
    };
    proof.push(sibling);
    proof
}

/// The largest power of two below `size`.
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}
