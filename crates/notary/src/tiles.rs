//! The log as tiles: their names and what is in them (C2SP tlog-tiles,
//! <https://c2sp.org/tlog-tiles>).
//!
//! A hash tile at level `l` holds up to 256 hashes of complete subtrees of height `8 * l`, side by
//! side; an entry bundle holds the entries whose hashes are in one tile of level 0. A tile that is
//! not full yet has its width in its name, so what lies under one name never changes.

use crate::merkle::{Frontier, Hash, Nodes};
use crate::store::{Snapshot, StoreError};
use std::fmt;

/// How many hashes or entries a full tile has.
pub const TILE_WIDTH: u16 = 256;
/// How many levels of the tree one tile spans.
pub const TILE_HEIGHT: u8 = 8;
/// The most bytes that an entry can have: its length stands before it in 16 bits.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;
/// The most bytes that an entry bundle can have.
pub const MAX_BUNDLE_BYTES: usize = TILE_WIDTH as usize * (2 + MAX_ENTRY_BYTES);
/// The bytes of a full hash tile.
pub const FULL_TILE_BYTES: usize = TILE_WIDTH as usize * 32;

/// The largest level that a name can have.
const MAX_LEVEL: u8 = 63;
/// About so many bytes of a bundle are read in one go, so that large entries fill no memory.
const PART_BYTES: usize = 512 * 1024;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TileKind {
    /// Hashes of complete subtrees.
    Hashes {
        /// 0 to 63; the subtrees have the height `8 * level`.
        level: u8,
    },
    /// The entries themselves.
    Entries,
}

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its position among those of its kind, from 0.
    pub index: u64,
    /// How many hashes or entries it has, 1 to 256; a tile with fewer than 256 is a partial one.
    pub width: u16,
}

/// Why a path is not the name of a tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a tile: tile/<level>/<index> or tile/entries/<index>, the index like \
     x001/x234/067, and .p/<width> after it if it is not full (https://c2sp.org/tlog-tiles)"
)]
pub struct NotATile(String);

/// Why bytes are not the entries of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It ends within an entry or its length.
    #[error("it ends within entry {0} of the bundle")]
    Short(u16),
    /// It goes on after its last entry.
    #[error("it has {0} bytes after its last entry")]
    Long(usize),
}

impl Tile {
    /// The tile at a position, as wide as it is in a log with `size` entries; `None` if it has
    /// nothing in such a log.
    pub fn in_log(kind: TileKind, index: u64, size: u64) -> Option<Self> {
        let start = index.checked_mul(u64::from(TILE_WIDTH))?;
        let left = kind.count(size).checked_sub(start)?;
        // At most 256.
        let width = left.min(u64::from(TILE_WIDTH)) as u16;
        (width > 0).then_some(Self { kind, index, width })
    }

    /// Reads the part of a path after `tile/`. An index beyond all logs is read as the largest.
    ///
    /// # Errors
    /// When it is not exactly as the specification writes a tile's name.
    pub fn parse(path: &str) -> Result<Self, NotATile> {
        read(path).ok_or_else(|| NotATile(path.to_owned()))
    }

    /// Whether a log with `size` entries has all of it.
    pub fn is_in(&self, size: u64) -> bool {
        Self::in_log(self.kind, self.index, size).is_some_and(|tile| tile.width >= self.width)
    }

    /// Whether it is as wide as a tile can be.
    pub fn is_full(&self) -> bool {
        self.width == TILE_WIDTH
    }

    /// The position of its first hash or entry among those of its kind.
    pub fn start(&self) -> u64 {
        self.index.saturating_mul(u64::from(TILE_WIDTH))
    }

    /// The position after its last.
    pub fn end(&self) -> u64 {
        self.start().saturating_add(u64::from(self.width))
    }
}

impl TileKind {
    /// How many hashes, or entries, of this kind a log with `size` entries has.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes { level } => size
                .checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
                .unwrap_or(0),
        }
    }
}

impl fmt::Display for Tile {
    /// The path, from `tile/` on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes { level } => write!(f, "tile/{level}/")?,
            TileKind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (i, group) in groups.iter().enumerate().rev() {
            match i {
                0 => write!(f, "{group:03}")?,
                _ => write!(f, "x{group:03}/")?,
            }
        }
        match self.is_full() {
            true => Ok(()),
            false => write!(f, ".p/{}", self.width),
        }
    }
}

fn read(path: &str) -> Option<Tile> {
    let (kind, rest) = path.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes {
            level: decimal(level).filter(|level| *level <= u16::from(MAX_LEVEL))? as u8,
        },
    };
    let (index, width) = match rest.split_once(".p/") {
        None => (rest, TILE_WIDTH),
        Some((index, width)) => {
            let width = decimal(width).filter(|width| (1..TILE_WIDTH).contains(width))?;
            (index, width)
        }
    };
    let (groups, last) = match index.rsplit_once('/') {
        None => (None, index),
        Some((groups, last)) => (Some(groups), last),
    };
    let mut value: u64 = 0;
    for (i, group) in groups.into_iter().flat_map(|g| g.split('/')).enumerate() {
        let group = three_digits(group.strip_prefix('x')?)?;
        if i == 0 && group == 0 {
            return None;
        }
        value = value.saturating_mul(1000).saturating_add(group);
    }
    let index = value
        .saturating_mul(1000)
        .saturating_add(three_digits(last)?);
    Some(Tile { kind, index, width })
}

fn three_digits(text: &str) -> Option<u64> {
    let is_group = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_group)
}

/// A small number without sign or leading zeroes.
fn decimal(text: &str) -> Option<u16> {
    let value: u16 = text.parse().ok()?;
    (value.to_string() == text).then_some(value)
}

/// What is in a hash tile, whose hashes the snapshot must have.
///
/// # Errors
/// When a node cannot be read.
pub fn hashes<N: Nodes + ?Sized>(
    level: u8,
    positions: std::ops::Range<u64>,
    nodes: &N,
) -> Result<Vec<u8>, N::Error> {
    let height = level.saturating_mul(TILE_HEIGHT);
    let mut bytes = Vec::with_capacity(FULL_TILE_BYTES);
    for position in positions {
        bytes.extend_from_slice(&nodes.node(height, position)?);
    }
    Ok(bytes)
}

/// The next part of an entry bundle, from the entry `from` on and not beyond `end`: some hundred
/// kilobytes, so that the memory it takes does not depend on how large the entries are. Also
/// returns the entry after it.
///
/// # Errors
/// When an entry cannot be read, or is longer than a bundle can hold.
pub fn entries<S: Snapshot + ?Sized>(
    from: u64,
    end: u64,
    snapshot: &S,
) -> Result<(Vec<u8>, u64), StoreError> {
    let mut bytes = Vec::new();
    let mut next = from;
    while next < end && bytes.len() < PART_BYTES {
        let entry = snapshot
            .entry(next)?
            .ok_or_else(|| StoreError::Failed(format!("entry {next} is missing")))?;
        let length = u16::try_from(entry.body.len()).map_err(|_| {
            StoreError::Failed(format!(
                "entry {next} has {} bytes, and entry bundles hold entries of at most \
                 {MAX_ENTRY_BYTES}",
                entry.body.len()
            ))
        })?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&entry.body);
        next += 1;
    }
    Ok((bytes, next))
}

/// The hashes in a tile's bytes; a rest that is no whole hash is left out.
pub fn split_hashes(bytes: &[u8]) -> Vec<Hash> {
    bytes.as_chunks::<32>().0.to_vec()
}

/// The `count` entries in a bundle's bytes.
///
/// # Errors
/// When it has more or less in it.
pub fn split_entries(bytes: &[u8], count: u16) -> Result<Vec<&[u8]>, BundleError> {
    let mut rest = bytes;
    let mut found = Vec::with_capacity(usize::from(count));
    for number in 0..count {
        let short = BundleError::Short(number);
        let (length, after) = rest.split_first_chunk::<2>().ok_or(short)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(short)?;
        found.push(entry);
        rest = after;
    }
    match rest.len() {
        0 => Ok(found),
        long => Err(BundleError::Long(long)),
    }
}

/// The root of the subtree over the hashes of one tile: for a full tile, the hash that stands for
/// it one level up.
pub fn root_over(hashes: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    let mut completed = Vec::new();
    for hash in hashes {
        completed.clear();
        frontier.append(*hash, &mut completed);
    }
    frontier.root()
}

/// The right edge of a log in tiles: at each level the hashes that no full tile covers, from the
/// lowest level on. They make up the whole tree, so its root follows from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge(pub Vec<Vec<Hash>>);

/// That an edge lacks a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the right edge lacks a hash of level {0}")]
pub struct NotInEdge(u8);

impl Nodes for Edge {
    type Error = NotInEdge;

    fn node(&self, level: u8, index: u64) -> Result<Hash, NotInEdge> {
        let (tile, height) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let hashes = self.0.get(usize::from(tile)).ok_or(NotInEdge(tile))?;
        // Its position among the hashes of the rightmost tile, in which all nodes of the edge are.
        let within = u64::from(TILE_WIDTH) >> height;
        let width = 1usize << height;
        let start = (index % within) as usize * width;
        let over = hashes.get(start..start + width).ok_or(NotInEdge(tile))?;
        Ok(root_over(over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, root};

    fn hashes_at(level: u8) -> TileKind {
        TileKind::Hashes { level }
    }

    #[test]
    fn names_are_written_and_read_as_the_specification_has_them() {
        for (path, kind, index, width) in [
            ("0/000", hashes_at(0), 0, 256),
            ("0/x001/x234/067", hashes_at(0), 1_234_067, 256),
            ("63/999.p/1", hashes_at(63), 999, 1),
            ("1/x001/000.p/255", hashes_at(1), 1000, 255),
            ("entries/x001/x234/067.p/8", TileKind::Entries, 1_234_067, 8),
        ] {
            let tile = Tile { kind, index, width };
            assert_eq!(Tile::parse(path), Ok(tile));
            assert_eq!(tile.to_string(), format!("tile/{path}"));
        }
    }

    #[test]
    fn what_is_no_name_of_a_tile_is_refused() {
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/00",
            "0/0000",
            "0/+01",
            "0/x000/001",
            "0/x001",
            "0/001/002",
            "0/x001/x002",
            "0/x1/002",
            "00/000",
            "64/000",
            "-1/000",
            "+1/000",
            "a/000",
            "entries",
            "entries/",
            "data/000",
            "0/000.p",
            "0/000.p/",
            "0/000.p/0",
            "0/000.p/01",
            "0/000.p/256",
            "0/000.p/1/",
            "0/000.p/+1",
            "0/000.p/1.p/1",
            "0/000/",
            "0//000",
            "0/000 ",
            "0/٠٠٠",
            "0/x001/.p/1",
        ] {
            assert!(Tile::parse(path).is_err(), "{path:?}");
        }
        let beyond = "0/x999/x999/x999/x999/x999/x999/x999/999";
        assert_eq!(Tile::parse(beyond).unwrap().index, u64::MAX);
        assert!(!Tile::parse(beyond).unwrap().is_in(u64::MAX));
    }

    #[test]
    fn a_log_of_seventy_thousand_has_the_tiles_of_the_specifications_example() {
        let size = 70_000;
        let width =
            |level, index| Tile::in_log(hashes_at(level), index, size).map(|tile| tile.width);
        assert_eq!((width(0, 272), width(0, 273)), (Some(256), Some(112)));
        assert_eq!(width(0, 274), None);
        assert_eq!((width(1, 0), width(1, 1)), (Some(256), Some(17)));
        assert_eq!(
            (width(2, 0), width(3, 0), width(63, 0)),
            (Some(1), None, None)
        );
        assert_eq!(Tile::in_log(hashes_at(0), 0, 256).unwrap().width, 256);
        assert_eq!(Tile::in_log(hashes_at(1), 0, 256).unwrap().width, 1);
        assert_eq!(Tile::in_log(hashes_at(0), 1, 256), None);
        assert_eq!(Tile::in_log(TileKind::Entries, u64::MAX, size), None);
    }

    #[test]
    fn a_bundle_is_split_into_just_its_entries() {
        let bytes = [0, 1, b'a', 0, 0, 0, 2, b'b', b'c'];
        let entries: [&[u8]; 3] = [b"a", b"", b"bc"];
        assert_eq!(split_entries(&bytes, 3).unwrap(), entries);
        assert_eq!(split_entries(&bytes, 2), Err(BundleError::Long(4)));
        assert_eq!(split_entries(&bytes, 4), Err(BundleError::Short(3)));
        assert_eq!(split_entries(&bytes[..8], 3), Err(BundleError::Short(2)));
    }

    #[test]
    fn the_right_edge_leads_to_the_root_at_every_size() {
        let mut frontier = Frontier::default();
        let mut completed = Vec::new();
        let mut levels: Vec<Vec<Hash>> = vec![Vec::new(); 3];
        for size in 0..=70_000u64 {
            if size < 600 || size % 251 == 0 || size % 256 < 2 {
                let edge = levels.iter().enumerate().map(|(level, hashes)| {
                    let count = hashes_at(level as u8).count(size);
                    hashes[(count - count % 256) as usize..].to_vec()
                });
                assert_eq!(
                    root(size, &Edge(edge.collect())),
                    Ok(frontier.root()),
                    "{size}"
                );
            }
            completed.clear();
            frontier.append(leaf_hash(&size.to_be_bytes()), &mut completed);
            for node in completed.iter().filter(|node| node.level % 8 == 0) {
                levels[usize::from(node.level / 8)].push(node.hash);
            }
        }
    }
}
