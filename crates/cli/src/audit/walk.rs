//! The way through a whole log, from the left to the right: the tree is computed from the entries,
//! and each tile is compared with it. Knows no network.
//!
//! Where an entry and a tile disagree, the tile above says which of them the log committed to, and
//! at the right edge the signed root does. With that one it goes on, and else with the entries, so
//! that each fault is told where it is, and not again at all levels above.

use super::difference::{Differences, Kind};
use assay_notary::merkle::{self, Frontier, Hash, leaf_hash};
use assay_notary::tiles::{
    Edge, NotInEdge, TILE_HEIGHT, TILE_WIDTH, Tile, TileKind, root_over, split_entries,
    split_hashes,
};

/// So many tiles above each other are the whole tree, however large.
const LEVELS: u8 = 8;

/// A state that the log has committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// Where it is from.
    pub place: String,
    /// How the log differs that does not have it.
    pub kind: Kind,
}

/// Where the walk is.
pub struct Walk {
    target: Commitment,
    /// Other commitments, the smallest last.
    others: Vec<Commitment>,
    /// Over the entries so far.
    frontier: Frontier,
    /// The tile at each level in which the walk is.
    open: Vec<Open>,
    /// What was found.
    pub found: Differences,
    /// Whether it could not be told what the log committed to, so that no root can be expected.
    lost: bool,
}

/// A tile in which the walk is.
#[derive(Default)]
struct Open {
    /// What the log shows; nothing where the tile is missing.
    shown: Option<Vec<Hash>>,
    /// What the entries lead to, as far as they were read.
    made: Vec<Hash>,
}

impl Walk {
    /// From the first entry on.
    pub fn new(target: Commitment, others: Vec<Commitment>) -> Self {
        Self::with(target, others, Frontier::default(), Edge::default())
    }

    /// From the tile on in which the log of `size` entries ended, whose right edge is known.
    ///
    /// # Errors
    /// When the edge is not that of such a log.
    pub fn after(
        size: u64,
        edge: &Edge,
        target: Commitment,
        others: Vec<Commitment>,
    ) -> Result<Self, NotInEdge> {
        let mut full = edge.clone();
        if let Some(lowest) = full.0.first_mut() {
            lowest.clear();
        }
        let frontier = Frontier::load(size - size % u64::from(TILE_WIDTH), &full)?;
        Ok(Self::with(target, others, frontier, full))
    }

    fn with(
        target: Commitment,
        mut others: Vec<Commitment>,
        frontier: Frontier,
        edge: Edge,
    ) -> Self {
        others.retain(|other| other.size >= frontier.size() && other.size <= target.size);
        others.sort_by_key(|other| std::cmp::Reverse(other.size));
        let mut open: Vec<Open> = (0..LEVELS).map(|_| Open::default()).collect();
        for (open, made) in open.iter_mut().zip(edge.0) {
            open.made = made;
        }
        let mut walk = Self {
            target,
            others,
            frontier,
            open,
            found: Differences::default(),
            lost: false,
        };
        walk.compare_commitments();
        walk
    }

    /// The tiles that are to be read, in their order: first those above, then that of level 0, then
    /// the entries.
    pub fn tiles(&self) -> impl Iterator<Item = Tile> + use<> {
        let size = self.target.size;
        let first = self.frontier.size() / u64::from(TILE_WIDTH);
        let chunks = size.div_ceil(u64::from(TILE_WIDTH));
        (first..chunks).flat_map(move |chunk| {
            let above = (1..LEVELS).rev().filter_map(move |level| {
                let height = level * TILE_HEIGHT;
                let begins = chunk == first || chunk.trailing_zeros() >= u32::from(height);
                let kind = TileKind::Hashes { level };
                Tile::in_log(kind, chunk >> height, size).filter(|_| begins)
            });
            let lowest = [TileKind::Hashes { level: 0 }, TileKind::Entries];
            let lowest = lowest
                .into_iter()
                .filter_map(move |kind| Tile::in_log(kind, chunk, size));
            above.chain(lowest)
        })
    }

    /// Takes a hash tile; `None` if it is missing.
    pub fn take_hashes(&mut self, tile: &Tile, level: u8, bytes: Option<&[u8]>) {
        let expected = usize::from(tile.width) * 32;
        let shown = match bytes {
            None => {
                self.missing(tile);
                None
            }
            Some(bytes) if bytes.len() != expected => {
                let (expected, found) = (bytes_of(expected), bytes_of(bytes.len()));
                self.found.add(Kind::Tile, tile, None, expected, found);
                None
            }
            Some(bytes) => Some(split_hashes(bytes)),
        };
        if let Some(open) = self.open.get_mut(usize::from(level)) {
            open.shown = shown;
        }
    }

    /// Takes the entries of a bundle, whose tile of level 0 was taken before; `None` if it is
    /// missing. Returns the hashes of the entries that are what the log committed to.
    pub fn take_entries(&mut self, tile: &Tile, bytes: Option<&[u8]>) -> Vec<Option<Hash>> {
        let entries = match bytes {
            None => {
                self.missing(tile);
                None
            }
            Some(bytes) => split_entries(bytes, tile.width)
                .inspect_err(|error| {
                    let expected = format!("{} entries", tile.width);
                    self.found.add(Kind::Bundle, tile, None, expected, error);
                })
                .ok(),
        };
        let made: Option<Vec<Hash>> =
            entries.map(|entries| entries.into_iter().map(leaf_hash).collect());
        let shown = self.open.first().and_then(|open| open.shown.clone());
        let Some(leaves) = made.as_ref().or(shown.as_ref()) else {
            // Neither the entries nor their hashes are to be had.
            self.lost = true;
            self.pass_over(tile);
            return Vec::new();
        };
        let mut leaves = leaves.clone();
        if let Some(lowest) = self.open.first_mut() {
            lowest.made.clone_from(&leaves);
        }
        match tile.is_full() {
            true => {
                if let Some(settled) = self.close(0, tile.index) {
                    leaves = settled;
                }
            }
            false => {
                if let Some(settled) = self.settle_edge() {
                    leaves = settled;
                }
            }
        }
        for leaf in &leaves {
            self.frontier.append(*leaf, &mut Vec::new());
            self.compare_commitments();
        }
        let made = made.unwrap_or_default();
        made.iter()
            .zip(&leaves)
            .map(|(made, settled)| (made == settled).then_some(*made))
            .collect()
    }

    /// All that was found, after what is left to compare when all tiles were taken.
    pub fn finish(mut self) -> Differences {
        if self.target.size.is_multiple_of(u64::from(TILE_WIDTH)) {
            self.settle_edge();
        }
        self.found
    }

    /// Closes a full tile and gives its hash to the tile above. Returns the hashes that count.
    fn close(&mut self, level: u8, index: u64) -> Option<Vec<Hash>> {
        let open = std::mem::take(self.open.get_mut(usize::from(level))?);
        let width = u64::from(TILE_WIDTH);
        let above = self.open.get(usize::from(level) + 1)?;
        let parent = above.shown.as_ref().and_then(|shown| {
            let position = usize::try_from(index % width).ok()?;
            shown.get(position).copied()
        });
        let made_root = root_over(&open.made);
        let (settled, hash) = match open.shown {
            Some(shown) if shown != open.made => {
                let by_tile = parent == Some(root_over(&shown));
                self.tell(level, index, &open.made, &shown, by_tile);
                match parent {
                    Some(parent) if by_tile => (shown, parent),
                    _ => (open.made, made_root),
                }
            }
            _ => (open.made, made_root),
        };
        let above = self.open.get_mut(usize::from(level) + 1)?;
        above.made.push(hash);
        if above.made.len() as u64 == width {
            self.close(level + 1, index / width);
        }
        Some(settled)
    }

    /// Goes on after a full tile of which nothing is known but what stands above it.
    fn pass_over(&mut self, tile: &Tile) {
        let width = u64::from(TILE_WIDTH);
        let Some(above) = self.open.get_mut(1).filter(|_| tile.is_full()) else {
            return;
        };
        let position = (tile.index % width) as usize;
        let shown = above.shown.as_ref();
        let parent = shown.and_then(|shown| shown.get(position)).copied();
        above.made.push(parent.unwrap_or_default());
        if above.made.len() as u64 == width {
            self.close(1, tile.index / width);
        }
    }

    /// Compares the tiles of the right edge, which no tile stands above. Returns the hashes of the
    /// entries in it that count.
    fn settle_edge(&mut self) -> Option<Vec<Hash>> {
        let size = self.target.size;
        let made: Vec<_> = self.open.iter().map(|open| open.made.clone()).collect();
        let shown: Vec<_> = self
            .open
            .iter()
            .map(|open| open.shown.as_ref().unwrap_or(&open.made).clone())
            .collect();
        // The root of the whole tree, with what is made at some levels and what is shown at others.
        let leads =
            |edge: &[Vec<Hash>]| merkle::root(size, &Edge(edge.to_vec())) == Ok(self.target.root);
        let by_made = leads(&made);
        let by_tile = !by_made && leads(&shown);
        let mut settled = made;
        for level in (0..LEVELS).rev() {
            let at = usize::from(level);
            let (Some(made), Some(shown)) = (settled.get(at).cloned(), shown.get(at)) else {
                continue;
            };
            if made != *shown {
                let kind = TileKind::Hashes { level };
                let index = kind.count(size) / u64::from(TILE_WIDTH);
                self.tell(level, index, &made, shown, by_tile);
                if by_tile && let Some(settled) = settled.get_mut(at) {
                    settled.clone_from(shown);
                }
            }
        }
        settled.into_iter().next()
    }

    /// Tells each hash of a tile that is another than the entries lead to: as a fault of the tile,
    /// or of what is under it, where the tile is what the log committed to.
    fn tell(&mut self, level: u8, index: u64, made: &[Hash], shown: &[Hash], by_tile: bool) {
        let kind = TileKind::Hashes { level };
        let Some(tile) = Tile::in_log(kind, index, self.target.size) else {
            return;
        };
        let bundle = Tile {
            kind: TileKind::Entries,
            ..tile
        };
        for ((made, shown), at) in made.iter().zip(shown).zip(tile.start()..) {
            if made == shown {
                continue;
            }
            let (made, shown) = (hex::encode(made), hex::encode(shown));
            match (by_tile, level) {
                (false, _) => self.found.add(Kind::Tile, tile, at, made, shown),
                (true, 0) => self.found.add(Kind::Entry, bundle, at, shown, made),
                (true, _) => {
                    self.lost = true;
                    let below = TileKind::Hashes { level: level - 1 };
                    let below = Tile::in_log(below, at, self.target.size);
                    let below = below.map_or_else(String::new, |tile| tile.to_string());
                    let place = format!("{below} and all under it");
                    self.found.add(Kind::Entry, place, at, shown, made);
                }
            }
        }
    }

    /// Holds what the log committed to at this size against what was read.
    fn compare_commitments(&mut self) {
        let size = self.frontier.size();
        while self.others.last().is_some_and(|other| other.size == size) {
            let Some(other) = self.others.pop() else {
                return;
            };
            self.compare(&other);
        }
        if self.target.size == size {
            let target = self.target.clone();
            self.compare(&target);
        }
    }

    fn compare(&mut self, commitment: &Commitment) {
        let root = self.frontier.root();
        if root != commitment.root && !self.lost {
            let (expected, found) = (hex::encode(commitment.root), hex::encode(root));
            let place = format!("{}, {} entries", commitment.place, commitment.size);
            self.found
                .add(commitment.kind, place, None, expected, found);
        }
    }

    fn missing(&mut self, tile: &Tile) {
        let expected = format!("a tile of a log with {} entries", self.target.size);
        self.found
            .add(Kind::Missing, tile, None, expected, "HTTP status 404");
    }
}

fn bytes_of(length: usize) -> String {
    format!("{length} bytes")
}
