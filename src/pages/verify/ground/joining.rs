//! Proofs, and the files that they are of: whichever came first.

use super::super::proofs::Proof;
use super::super::row::{Kind, Row, name_of};
use super::Ground;
use assay_core::record::{DownloadRecord, Stage};
use std::collections::HashMap;

impl Ground {
    /// Brings proofs together with the files that they belong to: by name, else by digest. Those whose
    /// file is not here say so, until it comes.
    pub(super) fn bring_together(self, new: Vec<(Proof, Option<Row>)>) {
        let work = self.work.get_clone_untracked();
        let loose = work.loose.take();
        let all = loose.into_iter().map(|(proof, row)| (proof, Some(row)));
        let all: Vec<_> = all.chain(new).collect();
        if all.is_empty() {
            return;
        }
        let rows = self.rows.get_clone_untracked();
        let things = rows.iter().filter(|row| row.kind != Kind::Proof).copied();
        // What came last is first in the list, and is the one that is meant.
        let by_path: HashMap<String, Row> = things
            .clone()
            .rev()
            .map(|row| (row.path.get_clone_untracked(), row))
            .collect();
        let by_digest: Vec<_> = things.map(|row| (row, row.named_by())).collect();
        let mut left = Vec::new();
        let mut alone = Vec::new();
        for (proof, shown) in all {
            let named = || by_digest.iter().find(|(_, digests)| proof.names(digests));
            let by_name = by_path.get(proof.of_path()).copied();
            match by_name.or_else(|| named().map(|(row, _)| *row)) {
                Some(row) => self.attach(proof, shown, row),
                None => {
                    let shown = shown.unwrap_or_else(|| {
                        let row = self.proof_row(&proof);
                        alone.push(row);
                        row
                    });
                    left.push((proof, shown));
                }
            }
        }
        self.add(&alone);
        work.loose.replace(left);
    }

    /// Looks whether one of the proofs without a file is about this one, whose digests are known now.
    pub(super) fn match_loose(self, row: Row) {
        let work = self.work.get_clone_untracked();
        let digests = row.named_by();
        let loose = work.loose.take();
        let (own, left): (Vec<_>, Vec<_>) = loose
            .into_iter()
            .partition(|(proof, _)| proof.names(&digests));
        work.loose.replace(left);
        for (proof, shown) in own {
            self.attach(proof, Some(shown), row);
        }
    }

    fn attach(self, proof: Proof, shown: Option<Row>, row: Row) {
        if let Some(shown) = shown {
            self.remove(shown);
        }
        row.proofs.update(|proofs| proofs.push(proof));
        // A check that is going on comes to it by itself.
        if row.stage() == Stage::Done {
            self.go_on(row);
        }
    }

    fn proof_row(self, proof: &Proof) -> Row {
        let name = name_of(&proof.path).to_owned();
        let record = DownloadRecord::brought(name, proof.text.len() as u64);
        self.row(Kind::Proof, record, proof.path.clone())
    }
}
