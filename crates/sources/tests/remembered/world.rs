//! A notary and a fork of it, whose answers may be replaced on the way.

use crate::book::Book;
use crate::common::{DataFolder, Running, hashed_rekord};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, LogDoubt};
use assay_core::log_memory::{Contradiction, LogMemory, Proof};
use assay_core::roots::Roots;
use assay_core::settings::Notary;
use assay_core::trust_root::fingerprint;
use assay_notary::backup_file;
use assay_notary::keys::SigningKey;
use assay_notary::restore::restore;
use assay_notary::rotation::{Rotate, rotate};
use assay_sources::remembered::compare;
use assay_sources::{HttpRequest, HttpResponse, Transport, driver, notary};
use std::cell::{Cell, RefCell};
use std::path::Path;

const ADDRESS: &str = "https://notary.example";
pub const NOW: i64 = 1_800_000_000;

/// A notary and a fork of it: both have what was logged before the fork, and the same keys.
pub struct World {
    pub branches: [Running; 2],
    pub _data: [DataFolder; 2],
    pub key: SigningKey,
    pub wire: Wire,
    pub book: Book,
    pub notary: Notary,
    pub roots: Roots,
}

/// What replaces an answer.
#[derive(Clone)]
pub enum Instead {
    Answer(u16, String),
    Outage(Failure),
}

#[derive(Default)]
pub struct Wire {
    pub shown: Cell<usize>,
    pub urls: RefCell<[String; 2]>,
    pub asked: RefCell<Vec<String>>,
    pub instead: RefCell<Option<(&'static str, Instead)>>,
}

impl Transport for Wire {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let path = request.url.strip_prefix(ADDRESS).unwrap();
        self.asked.borrow_mut().push(path.to_owned());
        match &*self.instead.borrow() {
            Some((part, Instead::Answer(status, body))) if path.contains(part) => {
                return Ok(HttpResponse {
                    status: *status,
                    body: body.clone().into_bytes(),
                });
            }
            Some((part, Instead::Outage(failure))) if path.contains(part) => {
                return Err(failure.clone());
            }
            _ => {}
        }
        let url = format!("{}{path}", self.urls.borrow()[self.shown.get()]);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .into();
        let mut response = agent.get(url).call().unwrap();
        Ok(HttpResponse {
            status: response.status().as_u16(),
            body: response.body_mut().read_to_vec().unwrap(),
        })
    }
}

impl World {
    /// After so many entries in common the two branches part, and get so many each of their own.
    pub fn new(common: usize, own: [usize; 2]) -> Self {
        let data = [DataFolder::new(), DataFolder::new()];
        let key = SigningKey::generate().unwrap();
        let first = Running::start(data[0].path());
        for i in 0..common {
            log(&first, &key, &format!("common {i}"));
        }
        first.stop();
        // With the lock: without it, the copy would be refused.
        copy(&data[0].beside(""), &data[1].beside(""));
        let branches = [0, 1].map(|i: usize| Running::start(data[i].path()));
        for (i, branch) in branches.iter().enumerate() {
            for entry in 0..own[i] {
                log(branch, &key, &format!("branch {i} entry {entry}"));
            }
        }
        let trusted_root = branches[0].get("/trusted_root.json").text;
        let notary = Notary {
            address: ADDRESS.into(),
            name: "notary.example".into(),
            fingerprint: fingerprint(&trusted_root).unwrap(),
            trusted_root,
            enabled: true,
            followed: None,
        };
        let wire = Wire::default();
        *wire.urls.borrow_mut() = [0, 1].map(|i: usize| branches[i].handle().url());
        Self {
            roots: notary::own_root(&notary).unwrap(),
            branches,
            _data: data,
            key,
            wire,
            book: Book::default(),
            notary,
        }
    }

    pub fn log(&self, branch: usize, content: &str) {
        log(&self.branches[branch], &self.key, content);
    }

    /// One branch loses what it has, gets what a backup had that was made before, and begins a new tree
    /// by that. `meanwhile` is what was logged, and perhaps seen, after the backup.
    pub fn restore(self, branch: usize, meanwhile: impl FnOnce(&Self)) -> Self {
        let old = &self._data[branch];
        let file = old.beside("backup");
        backup_file::make(old.path(), &file).unwrap();
        meanwhile(&self);
        let new = old.beside("restored");
        let restored = restore(&file, &new, None).unwrap();
        assert!(!restored.ended.is_empty());
        let mut branches = self.branches.map(Some);
        branches[branch].take().unwrap().stop();
        branches[branch] = Some(Running::start(&new));
        let branches = branches.map(Option::unwrap);
        *self.wire.urls.borrow_mut() = [0, 1].map(|i: usize| branches[i].handle().url());
        Self { branches, ..self }
    }

    /// One branch gets new keys, and its trust root is followed.
    pub fn rotate(self, branch: usize) -> Self {
        let mut branches = self.branches.map(Some);
        branches[branch].take().unwrap().stop();
        let data = self._data[branch].path();
        let both = Rotate {
            log: true,
            authority: true,
        };
        wait_for(rotate(data, None, both)).unwrap();
        branches[branch] = Some(Running::start(data));
        let branches = branches.map(Option::unwrap);
        let notary = Notary {
            trusted_root: branches[branch].get("/trusted_root.json").text,
            ..self.notary
        };
        *self.wire.urls.borrow_mut() = [0, 1].map(|i: usize| branches[i].handle().url());
        Self {
            branches,
            roots: notary::own_root(&notary).unwrap(),
            notary,
            ..self
        }
    }

    /// What a notary answers about a file, proven but not compared.
    pub fn answer(&self, content: &str) -> Evidence {
        let digest = Sha256Digest::of(content.as_bytes());
        let mut inquiry = notary::Inquiry::new(&self.notary, digest);
        let digests = digest.into();
        let asking = driver::ask(&self.wire, &mut inquiry, &self.roots, &digests, NOW);
        let evidence = wait_for(asking);
        self.wire.asked.borrow_mut().clear();
        assert_eq!(evidence.proven().len(), 1, "{evidence:?}");
        evidence
    }

    pub fn compare(&self, mut evidence: Evidence) -> Evidence {
        let root = self.notary.root_id();
        let asked = (&root, ADDRESS);
        let comparing = compare(
            &self.wire,
            &self.book,
            Some(asked),
            &self.roots,
            &mut evidence,
            NOW,
        );
        wait_for(comparing);
        evidence
    }

    /// The whole way.
    pub fn check(&self, content: &str) -> Evidence {
        let answer = self.answer(content);
        self.compare(answer)
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.wire.asked.borrow_mut())
    }

    pub fn memory(&self) -> LogMemory {
        let kept = self.book.kept.borrow();
        assert_eq!(kept.len(), 1);
        kept[0].clone()
    }

    pub fn instead(&self, part: &'static str, what: Instead) {
        *self.wire.instead.borrow_mut() = Some((part, what));
    }

    pub fn honest(&self) {
        *self.wire.instead.borrow_mut() = None;
    }

    pub fn show(&self, branch: usize) {
        self.wire.shown.set(branch);
    }

    /// The alarm was raised, the evidence holds, and nothing is believed any more.
    #[track_caller]
    pub fn alarmed(&self, evidence: &Evidence) -> Proof {
        assert_eq!(doubts(evidence), [LogDoubt::Contradicted]);
        assert!(evidence.proven().is_empty());
        let alarm = self.memory().alarm.expect("an alarm");
        assert_eq!(alarm.found_at, NOW);
        let evidence = Contradiction::parse(&alarm.evidence).unwrap();
        assert_eq!(
            (evidence.remembered, evidence.shown),
            (alarm.remembered, alarm.shown)
        );
        evidence.proof
    }
}

fn log(notary: &Running, key: &SigningKey, content: &str) {
    let entry = hashed_rekord(content.as_bytes(), key, &key.public_pem());
    assert_eq!(notary.add(&entry).status, 201);
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => {
                std::fs::create_dir_all(&copied).unwrap();
                copy(&path, &copied);
            }
            false => drop(std::fs::copy(&path, copied).unwrap()),
        }
    }
}

pub fn wait_for<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(future)
}

pub fn doubts(evidence: &Evidence) -> Vec<LogDoubt> {
    let withheld = evidence.withheld().iter();
    withheld.map(|one| one.doubt.clone()).collect()
}

pub fn unchecked(evidence: &Evidence) -> Failure {
    assert!(evidence.proven().is_empty());
    match doubts(evidence).as_slice() {
        [LogDoubt::Unchecked { failure }] => failure.clone(),
        other => panic!("{other:?}"),
    }
}

pub fn proof_path(world: &World, first: u64, last: u64) -> String {
    let memory = world.memory();
    let tree = memory.log.tree_id().unwrap();
    format!("/api/v1/log/proof?firstSize={first}&lastSize={last}&treeID={tree}")
}
