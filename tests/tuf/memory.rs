//! A repository that is asked without a network, and a store without a disk.

use crate::repository::Repository;
use assay_core::evidence::Failure;
use assay_core::root_store::RootRecord;
use assay_core::signer::RootId;
use assay_sources::tuf::RootStorage;
use assay_sources::{HttpRequest, HttpResponse, Transport};
use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Answers requests out of a repository, and remembers them.
pub struct Wire<'a> {
    repository: &'a Repository,
    /// The paths that were asked for.
    pub asked: RefCell<Vec<String>>,
    /// From the request of this number on, counted from 0, the network is gone.
    pub dies_at: Cell<usize>,
    /// The HTTP status for what there is not.
    pub missing: Cell<u16>,
    /// Whether bodies are cut off at the limit that was asked for, as they have to be.
    pub heeds_limits: Cell<bool>,
}

impl<'a> Wire<'a> {
    /// The address under which the repository is asked.
    pub const ADDRESS: &'static str = "https://tuf.test";

    /// A wire to this repository.
    pub fn to(repository: &'a Repository) -> Self {
        Self {
            repository,
            asked: RefCell::default(),
            dies_at: Cell::new(usize::MAX),
            missing: Cell::new(404),
            heeds_limits: Cell::new(true),
        }
    }
}

impl Transport for Wire<'_> {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let path = request.url.strip_prefix(Self::ADDRESS);
        let path = path.and_then(|path| path.strip_prefix('/'));
        let Some(path) = path else {
            panic!("{} is asked", request.url);
        };
        let number = self.asked.borrow().len();
        self.asked.borrow_mut().push(path.to_owned());
        if number >= self.dies_at.get() {
            return Err(Failure::Unreachable);
        }
        let Some(file) = self.repository.files.get(path) else {
            return Ok(HttpResponse {
                status: self.missing.get(),
                body: b"no such file".to_vec(),
            });
        };
        if self.heeds_limits.get() && file.len() > request.size_limit {
            let limit = request.size_limit as u64;
            return Err(Failure::TooLarge { limit });
        }
        Ok(HttpResponse {
            status: 200,
            body: file.clone(),
        })
    }
}

/// Keeps one record, as text, as a disk would.
#[derive(Default)]
pub struct Memory {
    /// The record.
    pub text: RefCell<Option<String>>,
    /// How often it was written.
    pub writes: Cell<usize>,
    /// From the write of this number on, counted from 0, the disk is full.
    pub full_at: Cell<Option<usize>>,
}

impl Memory {
    /// The record as it would be read after a restart.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn record(&self) -> Option<RootRecord> {
        let text = self.text.borrow();
        text.as_deref()
            .map(|text| RootRecord::from_json(text).expect("a record"))
    }
}

impl RootStorage for Memory {
    async fn load(&self, _: &RootId) -> Result<Option<RootRecord>, String> {
        let text = self.text.borrow();
        text.as_deref().map(RootRecord::from_json).transpose()
    }

    async fn save(&self, record: &RootRecord) -> Result<(), String> {
        if self.full_at.get().is_some_and(|at| self.writes.get() >= at) {
            return Err("the disk is full".to_owned());
        }
        self.writes.set(self.writes.get() + 1);
        let text = record.to_json().map_err(|error| error.to_string())?;
        *self.text.borrow_mut() = Some(text);
        Ok(())
    }
}

/// The result of a future that waits for nothing.
///
/// # Panics
/// When it waits.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits for something"),
    }
}
