//! The Worker that hashes: takes files in, has them read, and reports their digests.

use super::lanes::Lanes;
use super::link::{BUFFER_BYTES, End, Envelope, FromHasher, FromReader, Reading};
use super::speed::Speed;
use crate::bus;
use crate::js::{from_js, now, to_js};
use assay_core::closer_look::CloserLook;
use assay_core::digest::Sha256Digest;
use assay_core::message::{HashJob, HashReport, HashResult, Notice, Progress};
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker, WorkerOptions, WorkerType};

/// Waits for [`HashJob`]s and answers each with a [`HashReport`].
///
/// # Errors
/// When it does not run in a dedicated Worker, or the reading Worker cannot be started from
/// `script`, the address of the script that started this one.
pub fn start(script: &str) -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    options.set_name(super::READER_NAME);
    let reader = Worker::new_with_options(script, &options)?;
    // It waits for the compiled module, so that the wasm is compiled once for both.
    reader.post_message(&wasm_bindgen::module())?;
    let jobs = Rc::new(Jobs {
        scope: scope.clone(),
        reader,
        lanes: RefCell::default(),
        files: RefCell::default(),
        scratch: RefCell::default(),
    });
    let listener = Rc::clone(&jobs);
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Some(Envelope { id, content }) = Envelope::unpack(event.data()) else {
            return;
        };
        match content {
            FromReader::Bytes(bytes) => listener.hash(&id, &bytes),
            FromReader::End(end) => listener.end(&id, end),
        }
    });
    jobs.reader
        .set_onmessage(Some(hear.as_ref().unchecked_ref()));
    let take_in = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok(job) = from_js::<HashJob>(event.data()) {
            jobs.lanes.borrow_mut().add(job);
            jobs.begin();
        }
    });
    scope.set_onmessage(Some(take_in.as_ref().unchecked_ref()));
    // They listen as long as the Worker lives.
    hear.forget();
    take_in.forget();
    Ok(())
}

struct Jobs {
    scope: DedicatedWorkerGlobalScope,
    reader: Worker,
    lanes: RefCell<Lanes>,
    /// A handful at most.
    files: RefCell<Vec<File>>,
    /// Where bytes are copied to before they are hashed; one buffer's worth.
    scratch: RefCell<Vec<u8>>,
}

struct File {
    job: HashJob,
    state: Sha256,
    closer: Option<CloserLook>,
    hashed: u64,
    speed: Speed,
}

impl Jobs {
    fn begin(self: &Rc<Self>) {
        loop {
            let Some(job) = self.lanes.borrow_mut().start_next() else {
                return;
            };
            let id = job.id.clone();
            if let Err(thrown) = self.open(job) {
                self.report(
                    &id,
                    HashResult::Unreadable {
                        detail: crate::js::words(&thrown),
                    },
                );
            }
        }
    }

    fn open(self: &Rc<Self>, job: HashJob) -> Result<(), JsValue> {
        let id = job.id.clone();
        let reading = Reading {
            url: job.url.clone(),
            size: job.size,
        };
        self.files.borrow_mut().push(File {
            state: Sha256::new(),
            closer: CloserLook::begin(&job.wanted),
            hashed: 0,
            speed: Speed::new(now()),
            job,
        });
        self.say(&id, FromHasher::Read(reading))
    }

    fn say(&self, id: &str, content: FromHasher) -> Result<(), JsValue> {
        let id = id.to_owned();
        let (message, handed_over) = Envelope { id, content }.pack()?;
        self.reader
            .post_message_with_transfer(&message, &handed_over)
    }

    fn hash(&self, id: &str, bytes: &js_sys::Uint8Array) {
        let mut files = self.files.borrow_mut();
        let Some(file) = files.iter_mut().find(|file| file.job.id == id) else {
            return;
        };
        let mut scratch = self.scratch.borrow_mut();
        scratch.resize(BUFFER_BYTES as usize, 0);
        let length = bytes.length() as usize;
        let Some(room) = scratch.get_mut(..length) else {
            return;
        };
        bytes.copy_to(room);
        // The reader fills the buffer again while its old content is hashed. A Worker that cannot
        // be told is gone, and its error starts all of this afresh.
        let _ = self.say(id, FromHasher::Buffer(bytes.buffer()));
        file.state.update(&*room);
        if let Some(closer) = &mut file.closer {
            closer.update(room);
        }
        file.hashed += length as u64;
        if let Some(rate) = file.speed.due(now(), file.hashed) {
            bus::tell(&Notice::Progressed {
                progress: Progress {
                    id: id.to_owned(),
                    hashed: file.hashed,
                    size: file.job.size.max(file.hashed),
                    rate,
                },
            });
        }
    }

    fn end(self: &Rc<Self>, id: &str, end: End) {
        let Some(file) = self.take_out(id) else {
            return;
        };
        let result = match end {
            End::Complete => HashResult::Hashed {
                digest: Sha256Digest::new(file.state.finalize().into()),
                size: file.hashed,
                found: file.closer.map(CloserLook::end),
            },
            End::Missing => HashResult::Missing,
            End::Changed => HashResult::Changed,
            End::Failed { detail } => HashResult::Unreadable { detail },
        };
        self.report(id, result);
        self.begin();
    }

    fn take_out(&self, id: &str) -> Option<File> {
        let mut files = self.files.borrow_mut();
        let place = files.iter().position(|file| file.job.id == id)?;
        Some(files.swap_remove(place))
    }

    fn report(&self, id: &str, result: HashResult) {
        self.take_out(id);
        self.lanes.borrow_mut().end(id);
        let report = HashReport {
            id: id.to_owned(),
            result,
        };
        if let Ok(message) = to_js(&report) {
            // If the document is gone, so is whoever waits; the background asks again.
            let _ = self.scope.post_message(&message);
        }
    }
}
