//! What an audit came to, as it is printed.

use super::Read;
use super::difference::{Difference, Kind};
use super::restored::Restored;
use super::search::Looked;
use super::walk::Commitment;
use crate::exit::Exit;
use crate::output;
use assay_notary::signed_note::VerifierKey;
use serde::Serialize;
use std::path::Path;

/// The result.
#[derive(Debug, Serialize)]
pub struct Report {
    schema: &'static str,
    exit_code: u8,
    /// The notary's address.
    notary: String,
    /// The log's name.
    origin: String,
    verifier_key: String,
    /// `holds`, or `differs`.
    outcome: &'static str,
    /// Of the newest checkpoint that holds.
    size: Option<u64>,
    root_hash: Option<String>,
    /// How long the log was at the last audit, if this one went on from there.
    continued_from: Option<u64>,
    /// That the tree that was audited before was restored into another one since.
    restored: Option<Restored>,
    entries_read: u64,
    tiles_read: u64,
    search: Looked,
    differences: Vec<Difference>,
    /// How many there are beyond those that are told.
    more_differences: u64,
    /// Why it was not read to its end.
    incomplete: Option<String>,
    /// The file with what is remembered of the log's audits.
    memory: String,
}

impl Report {
    /// Of what was read, up to the newest checkpoint that holds, if there is one; `memory` is where
    /// the audits are remembered.
    pub fn new(
        notary: &str,
        key: &VerifierKey,
        target: Option<&Commitment>,
        read: Read,
        memory: &Path,
    ) -> Self {
        let holds = read.found.is_empty();
        let exit = match holds {
            true => Exit::DONE,
            false => Exit::LOG_DIFFERS,
        };
        Self {
            schema: "assay.log-audit.v1",
            exit_code: exit.code(),
            notary: notary.to_owned(),
            origin: key.name().to_owned(),
            verifier_key: key.to_string(),
            outcome: if holds { "holds" } else { "differs" },
            size: target.map(|target| target.size),
            root_hash: target.map(|target| hex::encode(target.root)),
            continued_from: read.continued_from,
            restored: None,
            entries_read: read.entries,
            tiles_read: read.tiles,
            search: read.looked,
            differences: read.found.told,
            more_differences: read.found.more,
            incomplete: read.failure.map(|failure| failure.to_string()),
            memory: memory.to_string_lossy().into_owned(),
        }
    }

    /// The same of a log that was restored since the last audit.
    pub fn with(self, restored: Option<Restored>) -> Self {
        Self { restored, ..self }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self.differences.is_empty() {
            true => Exit::DONE,
            false => Exit::LOG_DIFFERS,
        }
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{}: the log {}", self.notary, self.outcome)];
        lines.push(format!("  origin  {}", output::plain(&self.origin)));
        if let (Some(size), Some(root)) = (self.size, &self.root_hash) {
            lines.push(format!("  size    {size}"));
            lines.push(format!("  root    {root}"));
        }
        let from = match self.continued_from {
            Some(size) => format!(", on from the {size} of the last audit"),
            None => String::new(),
        };
        lines.push(format!(
            "  read    {} entries and {} tiles{from}",
            self.entries_read, self.tiles_read
        ));
        if let Some(restored) = &self.restored {
            let lost = match restored.lost_entries {
                Some(lost) => format!("{lost} that it had signed are lost"),
                None => "how many more it had signed, which are lost, is unknown".to_owned(),
            };
            let what = format!(
                "  restored from a backup since the last audit: tree {} has ended, tree {} begins with its \
                 first {} entries; {lost}",
                restored.ended_tree_id, restored.tree_id, restored.restored_entries
            );
            lines.push(output::plain(&what));
        }
        let how = match (self.search.checked, self.search.by_digest) {
            (0, _) => "",
            (_, true) => ", by digest and by index",
            (_, false) => ", by index only: the notary is an earlier version",
        };
        lines.push(format!("  search  {} entries{how}", self.search.checked));
        lines.extend(
            self.differences
                .iter()
                .map(|one| format!("  - {}", one.text())),
        );
        if self.more_differences > 0 {
            lines.push(format!("  and {} more", self.more_differences));
        }
        if let Some(why) = &self.incomplete {
            lines.push(format!("  not read to its end: {}", output::plain(why)));
        }
        let is_another = |one: &Difference| {
            matches!(
                one.kind,
                Kind::Checkpoint | Kind::Forked | Kind::RolledBack | Kind::Lost
            )
        };
        if self.differences.iter().any(is_another) {
            lines.push(format!(
                "  Ask the notary's administrator. Only if you know that it was begun anew on purpose, or that \
                 a restore lost what is missing, remove {}: the \
                 next audit is then the first",
                output::plain(&self.memory)
            ));
        }
        lines.join("\n")
    }
}
