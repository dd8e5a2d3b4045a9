//! The Worker that hashes, as the page sees it.

use crate::digests::link::{FromPage, FromWorker};
use crate::js::from_js;
use assay_core::message::HashJob;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{File, MessageEvent, Worker, WorkerOptions, WorkerType};

const SCRIPT: &str = "digests.js";

/// What is heard from the Worker.
pub enum Heard {
    /// What it said.
    Said(FromWorker),
    /// It broke down, and with it what it was doing.
    Broken,
}

/// The Worker. It is started when the first file comes, and again if it breaks down.
pub struct Hasher {
    worker: RefCell<Option<Worker>>,
    hear: Rc<dyn Fn(Heard)>,
}

impl Hasher {
    /// Not started yet. What it says later is told to `hear`.
    pub fn new(hear: impl Fn(Heard) + 'static) -> Self {
        Self {
            worker: RefCell::default(),
            hear: Rc::new(hear),
        }
    }

    /// Has a file hashed.
    ///
    /// # Errors
    /// When no Worker can be started.
    pub fn hash(&self, job: HashJob, file: File) -> Result<(), JsValue> {
        self.say(&FromPage::Hash(job, file))
    }

    /// The file with this key is not wanted any more.
    pub fn cancel(&self, id: &str) {
        if self.worker.borrow().is_some() {
            // A Worker that cannot be told is gone.
            let _ = self.say(&FromPage::Cancel(id.to_owned()));
        }
    }

    fn say(&self, message: &FromPage) -> Result<(), JsValue> {
        let mut worker = self.worker.borrow_mut();
        let worker = match &mut *worker {
            Some(worker) => worker,
            none => none.insert(self.start()?),
        };
        worker.post_message(&message.pack()?)
    }

    fn start(&self) -> Result<Worker, JsValue> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(SCRIPT, &options)?;
        let hear = Rc::clone(&self.hear);
        let said = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Ok(said) = from_js(event.data()) {
                hear(Heard::Said(said));
            }
        });
        let hear = Rc::clone(&self.hear);
        let broken = Closure::<dyn FnMut(JsValue)>::new(move |_: JsValue| hear(Heard::Broken));
        worker.set_onmessage(Some(said.as_ref().unchecked_ref()));
        worker.set_onerror(Some(broken.as_ref().unchecked_ref()));
        // They hear as long as the Worker lives.
        said.forget();
        broken.forget();
        Ok(worker)
    }

    /// Ends the Worker. The next file starts another.
    pub fn end(&self) {
        if let Some(worker) = self.worker.borrow_mut().take() {
            worker.terminate();
        }
    }
}
