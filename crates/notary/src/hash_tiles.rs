//! The hashes of the tree, written down in tiles, so that a proof takes a few reads instead of one
//! a hash.
//!
//! As in C2SP's tiles (<https://c2sp.org/tlog-tiles>), a tile has 256 hashes of one level (those
//! of level 0, 8, 16, …) below one node of eight levels above. Here it also has the hashes of the
//! levels between, which saves computing them at each proof: 510 hashes, 16 KiB. They stand in the
//! order in which they were completed, so a tile only ever grows at its end.

use crate::merkle::{Hash, Node};
use crate::objects::{Objects, Space};
use crate::store::StoreError;
use std::collections::BTreeMap;

/// The levels of a tile.
const LEVELS: u8 = 8;

/// In which tile a node is, and where in it (in bytes).
pub fn place(level: u8, index: u64) -> (Vec<u8>, usize) {
    let (tile_level, within) = (level / LEVELS, level % LEVELS);
    let width = LEVELS - within;
    let tile_index = index >> width;
    // The last of the leaves that it covers completes it, after all the nodes on the way up.
    let last = (((index & ((1 << width) - 1)) + 1) << within) - 1;
    let before = 2 * last - u64::from(last.count_ones());
    let position = before + u64::from(within);
    let key = [&[tile_level][..], &tile_index.to_be_bytes()].concat();
    (key, position as usize * size_of::<Hash>())
}

/// The hash at a place of a tile, if the tile is that long.
pub fn hash_at(tile: &[u8], offset: usize) -> Option<Hash> {
    tile.get(offset..)?.first_chunk().copied()
}

/// The tiles that `nodes`, in the order in which they were completed, become part of: each as it
/// is now, with its key.
///
/// # Errors
/// When a tile cannot be read, or a node has no place after those that are there.
pub fn with(
    nodes: &[Node],
    objects: &dyn Objects,
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, StoreError> {
    let mut tiles: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for node in nodes {
        let (level, index) = (node.level, node.index);
        let (key, offset) = place(level, index);
        if !tiles.contains_key(&key) {
            let tile = objects.get(Space::Hashes, &key)?.unwrap_or_default();
            tiles.insert(key.clone(), tile);
        }
        let tile = tiles.entry(key).or_default();
        // What was written once is never overwritten: it may have been signed.
        if tile.len() != offset {
            return Err(StoreError::Damaged(format!(
                "the node at level {level}, index {index} has no place after those before it, and"
            )));
        }
        tile.extend(node.hash);
    }
    Ok(tiles)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Frontier, leaf_hash};
    use std::collections::HashMap;

    #[test]
    fn every_node_has_a_place_of_its_own_in_the_order_of_completion() {
        let mut lengths: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut frontier = Frontier::default();
        for _ in 0..70_000 {
            let mut nodes = Vec::new();
            frontier.append(leaf_hash(b""), &mut nodes);
            for node in nodes {
                let (key, offset) = place(node.level, node.index);
                let length = lengths.entry(key).or_default();
                assert_eq!(*length, offset, "{} {}", node.level, node.index);
                *length += 32;
            }
        }
        let full = lengths.values().filter(|length| **length == 510 * 32);
        // 273 of level 0, and of level 8 the first.
        assert_eq!(full.count(), 274);
        assert_eq!(lengths.values().max(), Some(&(510 * 32)));
    }
}
