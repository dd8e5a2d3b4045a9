//! Where a log differs from what it has to be.

use crate::output;
use serde::Serialize;

/// The most differences that are told; more are counted.
const MAX_TOLD: usize = 100;

/// In what way a log differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A checkpoint that is none, or that the log's keys did not sign.
    Checkpoint,
    /// The log is shorter than it was.
    RolledBack,
    /// The log does not begin with what was signed or shown before.
    Forked,
    /// A restore has lost what was there at the last audit.
    Lost,
    /// Something is not there that the log says it has.
    Missing,
    /// A tile has another hash than the entries under it lead to.
    Tile,
    /// An entry is another than the log committed to, or in another's place.
    Entry,
    /// An entry bundle has more or less in it than its entries.
    Bundle,
    /// The entries do not lead to the root that was signed.
    Root,
    /// The search does not find an entry where it is.
    Search,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In what way.
    pub kind: Kind,
    /// What was asked for: a tile, a checkpoint, a call of the API.
    pub place: String,
    /// Which entry, or which hash of the tile's level, from 0.
    pub index: Option<u64>,
    /// What had to be there.
    pub expected: String,
    /// What was.
    pub found: String,
}

impl Difference {
    /// For people, on one line.
    pub fn text(&self) -> String {
        let what = match self.kind {
            Kind::Checkpoint => "a checkpoint does not hold",
            Kind::RolledBack => "the log is shorter than it was",
            Kind::Forked => "the log does not continue what it was",
            Kind::Lost => "a restore has lost what was there",
            Kind::Missing => "something is missing",
            Kind::Tile => "a tile has another hash",
            Kind::Entry => "an entry is another",
            Kind::Bundle => "an entry bundle is damaged",
            Kind::Root => "the entries lead to another root",
            Kind::Search => "the search does not find an entry",
        };
        let index = self.index.map(|index| format!(", index {index}"));
        let index = index.unwrap_or_default();
        output::plain(&format!(
            "{what}: {}{index}: expected {}, found {}",
            self.place, self.expected, self.found
        ))
    }
}

/// All differences that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first of them.
    pub told: Vec<Difference>,
    /// How many more there are.
    pub more: u64,
}

impl Differences {
    /// Notes one.
    pub fn add(
        &mut self,
        kind: Kind,
        place: impl ToString,
        index: impl Into<Option<u64>>,
        expected: impl ToString,
        found: impl ToString,
    ) {
        if self.told.len() >= MAX_TOLD {
            self.more += 1;
            return;
        }
        self.told.push(Difference {
            kind,
            place: place.to_string(),
            index: index.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        });
    }

    /// Notes all of these after its own.
    pub fn append(&mut self, others: Self) {
        let room = MAX_TOLD.saturating_sub(self.told.len());
        let beyond = others.told.len().saturating_sub(room) as u64;
        self.told.extend(others.told.into_iter().take(room));
        self.more += others.more + beyond;
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}
