//! One thing that the user brought, and what is known of it.

use super::proofs::Proof;
use crate::digests::link::WeakDigests;
use assay_core::closer_look::{KeyedSignature, Wanted};
use assay_core::message::{BroughtProof, Progress};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::Settings;
use assay_core::signer::RootId;
use sycamore::prelude::*;
use web_sys::File;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A digest without a file.
    Digest,
    /// A proof whose file is not here.
    Proof,
}

/// One thing that the user brought.
#[derive(Clone, Copy)]
pub struct Row {
    /// Its number on this page.
    pub id: u32,
    /// What it is.
    pub kind: Kind,
    /// What is known of it: of a file that is nobody's download, too. It is changed by
    /// [`super::ground::Ground::put`] alone.
    pub record: Signal<DownloadRecord>,
    /// Where it was: the path in the folder that was brought, else its name.
    pub path: Signal<String>,
    /// The file, where there is one.
    pub file: Signal<Option<File>>,
    /// The proofs that were brought with it.
    pub proofs: Signal<Vec<Proof>>,
    /// What it was last read for.
    pub read_for: Signal<Option<Wanted>>,
    /// How far reading it is.
    pub progress: Signal<Option<Progress>>,
    /// The digests that prove nothing.
    pub weak: Signal<Option<WeakDigests>>,
    /// Whether there is a first verdict, and the sources are still asked.
    pub is_asking: Signal<bool>,
    /// Whether its details are shown.
    pub open: Signal<bool>,
    /// What came of the last thing that the user asked for in it.
    pub note: Signal<String>,
    /// Whether it was taken off the page.
    pub is_gone: Signal<bool>,
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Row {
    /// A row of the scope that this is called in.
    pub fn new(id: u32, kind: Kind, record: DownloadRecord, path: String) -> Self {
        Self {
            id,
            kind,
            record: create_signal(record),
            path: create_signal(path),
            file: create_signal(None),
            proofs: create_signal(Vec::new()),
            read_for: create_signal(None),
            progress: create_signal(None),
            weak: create_signal(None),
            is_asking: create_signal(false),
            open: create_signal(false),
            note: create_signal(String::new()),
            is_gone: create_signal(false),
        }
    }

    /// What its bytes are to be read for: the digests that are shown, the signatures that were brought,
    /// each with the keys that it may be by, and what the download's sources offered.
    pub fn wants(&self, settings: &Settings) -> Wanted {
        let trusted = settings.trusted.iter().map(|trusted| &trusted.signer);
        let keys: Vec<String> = trusted
            .filter(|signer| signer.root == RootId::minisign())
            .map(|signer| signer.name())
            .collect();
        let mut signatures = self
            .record
            .with_untracked(|record| record.wanted.signatures.clone());
        self.proofs.with_untracked(|proofs| {
            for proof in proofs.iter().filter(|proof| proof.is_signature()) {
                signatures.extend(keys.iter().map(|key| KeyedSignature {
                    key: key.clone(),
                    signature: proof.text.clone(),
                    declared: None,
                }));
            }
        });
        Wanted {
            digests: true,
            signatures,
            listed: Vec::new(),
        }
    }

    /// Whether its bytes were read for all of this.
    pub fn was_read_for(&self, wanted: &Wanted) -> bool {
        self.kind != Kind::File
            || self.read_for.with_untracked(|read| {
                let read = read.as_ref();
                read.is_some_and(|read| {
                    let mut wanted = wanted.signatures.iter();
                    wanted.all(|one| read.signatures.contains(one))
                })
            })
    }

    /// What was brought with it, as the background is told of it.
    pub fn brought(&self) -> Vec<BroughtProof> {
        let brought = |proof: &Proof| BroughtProof {
            name: name_of(&proof.path).to_owned(),
            text: proof.text.clone(),
        };
        self.proofs
            .with_untracked(|proofs| proofs.iter().map(brought).collect())
    }

    /// The digests by which a proof can name it, with the names of their algorithms.
    pub fn named_by(&self) -> Vec<(&'static str, String)> {
        let digests = self.record.with_untracked(DownloadRecord::digests);
        let sha256 = digests.sha256.map(|digest| ("sha256", digest.to_hex()));
        let sha512 = digests.sha512.map(|digest| ("sha512", digest.to_string()));
        sha256.into_iter().chain(sha512).collect()
    }

    /// Whether it is the file of a download, and not just any.
    pub fn is_download(&self) -> bool {
        self.record.with_untracked(|record| !record.id.is_empty())
    }

    /// How far its check is.
    pub fn stage(&self) -> Stage {
        self.record.with_untracked(|record| record.stage)
    }
}

/// The last part of a path.
pub fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
