//! The Merkle tree of RFC 6962, over stored nodes.
//!
//! Only the hashes of complete subtrees are stored. They never change once written, so a proof for
//! any tree size up to the current one can be computed from the same nodes, at any time, without
//! locking out the writer. A node is named by its level (0 = leaves) and its index within the
//! level, and covers the leaves `index << level .. (index + 1) << level`.

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// The hash of a complete subtree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Height of the subtree; 0 is a leaf.
    pub level: u8,
    /// Position within the level, from the left.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// Where the hashes of complete subtrees are read from.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// The hash of the complete subtree at `level` and `index`.
    ///
    /// # Errors
    /// When the node is not stored or cannot be read.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// The hash of a leaf (RFC 6962, section 2.1).
pub fn leaf_hash(data: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(data);
    hasher.finalize().into()
}

/// The hash of an inner node (RFC 6962, section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// The root of the empty tree (RFC 6962, section 2.1).
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right edge of a tree: what is needed to append to it, and its root. Appending reads
/// nothing from the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the maximal complete subtrees, the largest (leftmost) first.
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a stored tree with `size` leaves.
    ///
    /// # Errors
    /// When a node cannot be read.
    pub fn load<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Self, N::Error> {
        let mut peaks = Vec::new();
        let mut start = 0;
        for level in (0..64u8).rev().filter(|level| size >> level & 1 == 1) {
            peaks.push(nodes.node(level, start >> level)?);
            start += 1 << level;
        }
        Ok(Self { size, peaks })
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf and adds the subtrees that it completes to `completed`: two on average.
    pub fn append(&mut self, leaf: Hash, completed: &mut Vec<Node>) {
        let index = self.size;
        let mut hash = leaf;
        let mut level = 0;
        completed.push(Node { level, index, hash });
        while index >> level & 1 == 1 {
            // A set bit means that a complete subtree of this height ends right before.
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            completed.push(Node {
                level,
                index: index >> level,
                hash,
            });
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(empty_root)
    }
}

/// The root of the tree's first `size` leaves.
///
/// # Errors
/// When a node cannot be read.
pub fn root<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Hash, N::Error> {
    Ok(Frontier::load(size, nodes)?.root())
}

/// The inclusion proof of the leaf `index` in the tree of `size` leaves (RFC 6962, section 2.1.1),
/// the lowest hash first. Empty if there is no such leaf in that tree, as it is for a tree of one.
///
/// # Errors
/// When a node cannot be read.
pub fn inclusion_proof<N: Nodes + ?Sized>(
    index: u64,
    size: u64,
    nodes: &N,
) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    let (mut start, mut end) = (0, size);
    if index < size {
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                proof.push(range_hash(middle, end, nodes)?);
                end = middle;
            } else {
                proof.push(range_hash(start, middle, nodes)?);
                start = middle;
            }
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `second` leaves begins with the tree of `first` leaves (RFC 6962,
/// section 2.1.2). Empty unless `0 < first < second`.
///
/// # Errors
/// When a node cannot be read.
pub fn consistency_proof<N: Nodes + ?Sized>(
    first: u64,
    second: u64,
    nodes: &N,
) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if first == 0 || first >= second {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, second);
    // Whether the verifier knows the hash of the remaining range already: true as long as it is
    // the whole of the old tree, seen from the left.
    let mut known = true;
    while first != end {
        let middle = start + split(end - start);
        if first <= middle {
            proof.push(range_hash(middle, end, nodes)?);
            end = middle;
        } else {
            proof.push(range_hash(start, middle, nodes)?);
            start = middle;
            known = false;
        }
    }
    if !known {
        proof.push(range_hash(start, end, nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two smaller than `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1 << (width - 1).ilog2()
}

/// The hash of the leaves `start..end`, which lie as RFC 6962 splits a tree: every left part is
/// a complete subtree.
fn range_hash<N: Nodes + ?Sized>(start: u64, end: u64, nodes: &N) -> Result<Hash, N::Error> {
    let mut parts = Vec::new();
    let mut start = start;
    while end - start > 1 && !(end - start).is_power_of_two() {
        let width = split(end - start);
        parts.push(nodes.node(width.ilog2() as u8, start / width)?);
        start += width;
    }
    let width = end - start;
    let last = nodes.node(width.ilog2() as u8, start / width)?;
    Ok(parts
        .iter()
        .rev()
        .fold(last, |right, left| node_hash(left, &right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::convert::Infallible;

    /// Everything below follows the definitions of RFC 6962 and RFC 9162 to the letter, over the
    /// bare list of leaves, and shares no code with the implementation.
    mod definition {
        use sha2::{Digest, Sha256};

        type Hash = [u8; 32];

        fn h(parts: &[&[u8]]) -> Hash {
            Sha256::digest(parts.concat()).into()
        }

        fn k(n: usize) -> usize {
            let mut k = 1;
            while k * 2 < n {
                k *= 2;
            }
            k
        }

        /// MTH(D[n]), RFC 6962, section 2.1.
        pub fn mth(d: &[Vec<u8>]) -> Hash {
            match d.len() {
                0 => h(&[]),
                1 => h(&[&[0], &d[0]]),
                n => h(&[&[1], &mth(&d[..k(n)]), &mth(&d[k(n)..])]),
            }
        }

        /// RFC 9162, section 2.1.3.2.
        pub fn includes(leaf: &[u8], index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
            if index >= size {
                return false;
            }
            let (mut f, mut s) = (index, size - 1);
            let mut r = h(&[&[0], leaf]);
            for p in path {
                if s == 0 {
                    return false;
                }
                if f & 1 == 1 || f == s {
                    r = h(&[&[1], p, &r]);
                    while f & 1 == 0 && f != 0 {
                        f >>= 1;
                        s >>= 1;
                    }
                } else {
                    r = h(&[&[1], &r, p]);
                }
                f >>= 1;
                s >>= 1;
            }
            s == 0 && r == root
        }

        /// RFC 9162, section 2.1.4.2.
        pub fn consistent(first: u64, second: u64, path: &[Hash], old: Hash, new: Hash) -> bool {
            if first == second {
                return path.is_empty() && old == new;
            }
            let mut path = path.to_vec();
            if first.is_power_of_two() {
                path.insert(0, old);
            }
            let Some((&seed, rest)) = path.split_first() else {
                return false;
            };
            let (mut f, mut s) = (first - 1, second - 1);
            while f & 1 == 1 {
                f >>= 1;
                s >>= 1;
            }
            let (mut fr, mut sr) = (seed, seed);
            for c in rest {
                if s == 0 {
                    return false;
                }
                if f & 1 == 1 || f == s {
                    fr = h(&[&[1], c, &fr]);
                    sr = h(&[&[1], c, &sr]);
                    while f & 1 == 0 && f != 0 {
                        f >>= 1;
                        s >>= 1;
                    }
                } else {
                    sr = h(&[&[1], &sr, c]);
                }
                f >>= 1;
                s >>= 1;
            }
            s == 0 && fr == old && sr == new
        }
    }

    struct Memory(HashMap<(u8, u64), Hash>);

    impl Nodes for Memory {
        type Error = Infallible;
        fn node(&self, level: u8, index: u64) -> Result<Hash, Infallible> {
            Ok(self.0[&(level, index)])
        }
    }

    const SIZES: u64 = 70;

    fn grown() -> (Memory, Vec<Vec<u8>>, Vec<Hash>) {
        let mut memory = Memory(HashMap::new());
        let mut frontier = Frontier::default();
        let mut leaves = Vec::new();
        let mut roots = vec![frontier.root()];
        for i in 0..SIZES {
            let leaf = format!("leaf {i}").into_bytes();
            let mut nodes = Vec::new();
            frontier.append(leaf_hash(&leaf), &mut nodes);
            for node in nodes {
                let before = memory.0.insert((node.level, node.index), node.hash);
                assert_eq!(before, None, "a stored node is never written twice");
            }
            leaves.push(leaf);
            roots.push(frontier.root());
        }
        (memory, leaves, roots)
    }

    #[test]
    fn roots_are_those_of_the_definition_at_every_size() {
        let (memory, leaves, roots) = grown();
        for size in 0..=SIZES {
            let expected = definition::mth(&leaves[..size as usize]);
            assert_eq!(roots[size as usize], expected);
            assert_eq!(root(size, &memory), Ok(expected));
            let frontier = Frontier::load(size, &memory).unwrap();
            assert_eq!((frontier.size(), frontier.root()), (size, expected));
        }
    }

    #[test]
    fn every_leaf_is_proven_in_every_tree_and_nothing_else_is() {
        let (memory, leaves, roots) = grown();
        for size in 1..=SIZES {
            for index in 0..size {
                let path = inclusion_proof(index, size, &memory).unwrap();
                let holds = |leaf: &[u8], index, path: &[Hash]| {
                    definition::includes(leaf, index, size, path, roots[size as usize])
                };
                assert!(
                    holds(&leaves[index as usize], index, &path),
                    "{index} of {size}"
                );
                assert!(!holds(b"another leaf", index, &path));
                if size > 1 {
                    assert!(!holds(&leaves[index as usize], (index + 1) % size, &path));
                    assert!(!holds(&leaves[index as usize], index, &path[1..]));
                }
            }
            assert_eq!(inclusion_proof(size, size, &memory), Ok(vec![]));
        }
    }

    #[test]
    fn every_tree_is_proven_to_begin_with_every_smaller_one() {
        let (memory, _, roots) = grown();
        for second in 1..=SIZES {
            for first in 1..=second {
                let path = consistency_proof(first, second, &memory).unwrap();
                let (old, new) = (roots[first as usize], roots[second as usize]);
                assert!(definition::consistent(first, second, &path, old, new));
                if first < second {
                    assert!(!definition::consistent(first, second, &path, new, new));
                }
            }
        }
    }
}
