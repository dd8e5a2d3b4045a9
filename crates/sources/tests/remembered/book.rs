//! A memory of logs that a test looks into, and makes fail.

use assay_core::evidence::Failure;
use assay_core::log_memory::LogMemory;
use assay_core::signer::RootId;
use assay_sources::remembered::{LogBook, Turn};
use std::cell::{Cell, RefCell};

#[derive(Default)]
pub struct Book {
    pub kept: RefCell<Vec<LogMemory>>,
    pub unreadable: Cell<bool>,
    pub full: Cell<bool>,
    pub outage: RefCell<Option<Failure>>,
    pub told: RefCell<Vec<Failure>>,
    pub turns: Cell<usize>,
}

pub struct Mine<'a>(&'a Book);

impl LogBook for Book {
    type Turn<'a> = Mine<'a>;

    async fn memories(&self, root: &RootId) -> Result<Vec<LogMemory>, String> {
        if self.unreadable.get() {
            return Err("unreadable".into());
        }
        let mut kept = self.kept.borrow().clone();
        kept.retain(|memory| memory.log.root == *root);
        Ok(kept)
    }

    async fn turn(&self, _: &RootId) -> Result<Mine<'_>, String> {
        self.turns.set(self.turns.get() + 1);
        Ok(Mine(self))
    }

    async fn remember(&self, memory: &LogMemory) -> Result<(), String> {
        if self.full.get() {
            return Err("the disk is full".into());
        }
        let mut kept = self.kept.borrow_mut();
        kept.retain(|known| known.id != memory.id);
        kept.push(memory.clone());
        Ok(())
    }
}

impl Turn for Mine<'_> {
    fn outage(&self) -> Option<Failure> {
        self.0.outage.borrow().clone()
    }

    fn tell_outage(&mut self, failure: Failure) {
        self.0.told.borrow_mut().push(failure);
    }
}
