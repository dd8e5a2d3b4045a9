//! The walk through a log of three levels of tiles, each fault of which must be told once.

use super::difference::{Differences, Kind};
use super::walk::{Commitment, Walk};
use assay_notary::merkle::{Frontier, Hash, leaf_hash};
use assay_notary::tiles::{Edge, Tile, TileKind};
use std::collections::HashMap;

/// What a log shows: all its tiles, by their names.
#[derive(Clone)]
struct Shown {
    size: u64,
    root: Hash,
    tiles: HashMap<String, Vec<u8>>,
    /// The hashes of each level of tiles.
    levels: [Vec<Hash>; 3],
}

fn entry(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

impl Shown {
    fn new(size: u64) -> Self {
        Self::of(size, entry)
    }

    fn of(size: u64, entry: impl Fn(u64) -> Vec<u8>) -> Self {
        let mut frontier = Frontier::default();
        let mut levels: [Vec<Hash>; 3] = Default::default();
        for number in 0..size {
            let mut completed = Vec::new();
            frontier.append(leaf_hash(&entry(number)), &mut completed);
            for node in completed.iter().filter(|node| node.level % 8 == 0) {
                levels[usize::from(node.level / 8)].push(node.hash);
            }
        }
        let mut tiles = HashMap::new();
        for (level, hashes) in levels.iter().enumerate() {
            for (index, chunk) in hashes.chunks(256).enumerate() {
                let kind = TileKind::Hashes { level: level as u8 };
                let tile = Tile::in_log(kind, index as u64, size).unwrap();
                tiles.insert(tile.to_string(), chunk.concat());
            }
        }
        for index in 0..size.div_ceil(256) {
            let tile = Tile::in_log(TileKind::Entries, index, size).unwrap();
            let mut bytes = Vec::new();
            for number in tile.start()..tile.end() {
                let entry = entry(number);
                bytes.extend((entry.len() as u16).to_be_bytes());
                bytes.extend(entry);
            }
            tiles.insert(tile.to_string(), bytes);
        }
        let root = frontier.root();
        Self {
            size,
            root,
            tiles,
            levels,
        }
    }

    fn commitment(&self, kind: Kind) -> Commitment {
        Commitment {
            size: self.size,
            root: self.root,
            place: "a checkpoint".to_owned(),
            kind,
        }
    }

    fn edge(&self) -> Edge {
        let rest = |hashes: &Vec<Hash>| hashes[hashes.len() / 256 * 256..].to_vec();
        Edge(self.levels.iter().map(rest).collect())
    }

    fn flip(&mut self, tile: &str, at: usize) {
        self.tiles.get_mut(tile).unwrap()[at] ^= 1;
    }
}

/// What the walk finds in these tiles.
fn walked(shown: &Shown, mut walk: Walk) -> Differences {
    for tile in walk.tiles() {
        let bytes = shown.tiles.get(&tile.to_string()).map(Vec::as_slice);
        match tile.kind {
            TileKind::Hashes { level } => walk.take_hashes(&tile, level, bytes),
            TileKind::Entries => drop(walk.take_entries(&tile, bytes)),
        }
    }
    walk.finish()
}

/// Kind, place and index of all that is found.
fn found(shown: &Shown) -> Vec<(Kind, String, Option<u64>)> {
    let walk = Walk::new(shown.commitment(Kind::Root), Vec::new());
    walked(shown, walk)
        .told
        .into_iter()
        .map(|one| (one.kind, one.place, one.index))
        .collect()
}

#[test]
fn each_fault_in_a_log_of_three_levels_is_told_once_and_where_it_is() {
    let honest = Shown::new(70_000);
    assert_eq!(found(&honest), []);
    // In the order in which the walk comes to them, none under another.
    let mut shown = honest.clone();
    let faults = [
        ("tile/0/007", 5 * 32, Kind::Tile, 7 * 256 + 5),
        ("tile/entries/255", 2, Kind::Entry, 255 * 256),
        ("tile/1/000", 9 * 32, Kind::Tile, 9),
        ("tile/entries/256", 2, Kind::Entry, 256 * 256),
        ("tile/0/271", 0, Kind::Tile, 271 * 256),
        ("tile/2/000.p/1", 0, Kind::Tile, 0),
        ("tile/1/001.p/17", 16 * 32, Kind::Tile, 256 + 16),
        ("tile/0/273.p/112", 111 * 32, Kind::Tile, 273 * 256 + 111),
    ];
    let expected = faults.map(|(tile, at, kind, index)| {
        shown.flip(tile, at);
        (kind, tile.to_owned(), Some(index))
    });
    assert_eq!(found(&shown), expected);
    let mut shown = honest;
    let last = "tile/entries/273.p/112";
    shown.flip(last, 12);
    let expected = (Kind::Entry, last.to_owned(), Some(273 * 256 + 1));
    assert_eq!(found(&shown), [expected]);
}

#[test]
fn entries_that_were_replaced_with_all_their_hashes_are_found_by_the_tile_above_them() {
    let honest = Shown::new(70_000);
    let other = Shown::of(70_000, |number| entry(number + 1_000_000));
    for (index, name) in [(7, "007"), (260, "260")] {
        let mut shown = honest.clone();
        for tile in [format!("tile/0/{name}"), format!("tile/entries/{name}")] {
            shown.tiles.insert(tile.clone(), other.tiles[&tile].clone());
        }
        let place = format!("tile/0/{name} and all under it");
        assert_eq!(found(&shown), [(Kind::Entry, place, Some(index))]);
    }
    // All of it was replaced, and the checkpoint alone is the old one.
    let shown = Shown {
        root: honest.root,
        ..other
    };
    let place = "a checkpoint, 70000 entries".to_owned();
    assert_eq!(found(&shown), [(Kind::Root, place, None)]);
}

#[test]
fn a_walk_goes_on_from_every_size_and_holds_the_log_to_what_it_was() {
    let (small, large) = (Shown::new(600), Shown::new(66_000));
    let of_small = [0, 1, 255, 256, 257, 512, 600].map(|size| (size, &small));
    let of_large = [65_535, 65_536, 66_000].map(|size| (size, &large));
    for (size, shown) in of_small.into_iter().chain(of_large) {
        let before = Shown::new(size);
        for (kind, root) in [(None, before.root), (Some(Kind::Forked), [0; 32])] {
            let was = Commitment {
                root,
                ..before.commitment(Kind::Forked)
            };
            let target = shown.commitment(Kind::Root);
            let walk = Walk::after(size, &before.edge(), target, vec![was]).unwrap();
            let found = walked(shown, walk);
            let kinds: Vec<_> = found.told.iter().map(|one| one.kind).collect();
            assert_eq!(kinds, Vec::from_iter(kind), "{size}: {found:?}");
        }
    }
    // A tile that the walk begins in, and one above it.
    for tile in ["tile/0/255", "tile/1/000", "tile/2/000.p/1"] {
        let mut shown = large.clone();
        shown.flip(tile, 255 * 32 % shown.tiles[tile].len());
        let before = Shown::new(65_300);
        let target = shown.commitment(Kind::Root);
        let walk = Walk::after(65_300, &before.edge(), target, Vec::new()).unwrap();
        let found = walked(&shown, walk);
        assert_eq!(found.told.len(), 1, "{found:?}");
        assert_eq!(found.told[0].place, tile);
    }
}

#[test]
fn more_differences_than_anybody_reads_are_counted() {
    let mut found = Differences::default();
    for index in 0..150 {
        let mut one = Differences::default();
        one.add(Kind::Tile, "tile/0/000", index, "a", "b");
        found.append(one);
    }
    found.add(Kind::Tile, "tile/0/001", 0, "a", "b");
    assert_eq!((found.told.len(), found.more), (100, 51));
}
