//! The Worker: takes files in, hashes a few at a time, and reports their digests.

use super::link::{Ended, FromPage, FromWorker, WeakDigest, WeakDigests};
use super::pieces::Pieces;
use crate::hasher::{Lanes, Speed};
use crate::js::{now, to_js};
use assay_core::closer_look::CloserLook;
use assay_core::digest::Sha256Digest;
use assay_core::message::{HashJob, HashResult, Progress};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent};

/// Waits for files and answers each with an [`Ended`].
///
/// # Errors
/// When it does not run in a dedicated Worker.
pub fn start() -> Result<(), JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into()?;
    let jobs = Rc::new(Jobs {
        scope: scope.clone(),
        lanes: RefCell::default(),
        files: RefCell::default(),
        scratch: RefCell::default(),
    });
    let hear =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| match FromPage::unpack(
            event.data(),
        ) {
            Some(FromPage::Hash(job, file)) => {
                jobs.files.borrow_mut().push((job.id.clone(), file));
                jobs.lanes.borrow_mut().add(job);
                jobs.begin();
            }
            Some(FromPage::Cancel(id)) => jobs.cancel(&id),
            None => {}
        });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // It listens as long as the Worker lives.
    hear.forget();
    Ok(())
}

struct Jobs {
    scope: DedicatedWorkerGlobalScope,
    lanes: RefCell<Lanes>,
    /// Those that wait or are read. The page sends a few at a time.
    files: RefCell<Vec<(String, File)>>,
    /// Where bytes are copied to before they are hashed; one piece's worth.
    scratch: RefCell<Vec<u8>>,
}

/// The digests of one file, as far as it was read.
struct Digests {
    sha256: Sha256,
    sha1: Sha1,
    md5: Md5,
    closer: Option<CloserLook>,
}

impl Jobs {
    fn begin(self: &Rc<Self>) {
        loop {
            let Some(job) = self.lanes.borrow_mut().start_next() else {
                return;
            };
            let jobs = Rc::clone(self);
            spawn_local(async move {
                if let Some(file) = jobs.file(&job.id) {
                    let (result, weak) = match jobs.hash(&job, &file).await {
                        Ok((result, weak)) => (result, Some(weak)),
                        Err(failed) => (failed, None),
                    };
                    jobs.report(&job.id, result, weak);
                }
                jobs.lanes.borrow_mut().end(&job.id);
                jobs.begin();
            });
        }
    }

    /// The file with this key, unless it is not wanted any more.
    fn file(&self, id: &str) -> Option<File> {
        let files = self.files.borrow();
        let found = files.iter().find(|(known, _)| known == id);
        found.map(|(_, file)| file.clone())
    }

    fn cancel(self: &Rc<Self>, id: &str) {
        // Whoever reads it sees that it is gone, and its place is free with the next piece.
        self.files.borrow_mut().retain(|(known, _)| known != id);
    }

    async fn hash(
        &self,
        job: &HashJob,
        file: &File,
    ) -> Result<(HashResult, WeakDigests), HashResult> {
        let mut digests = Digests {
            sha256: Sha256::new(),
            sha1: Sha1::new(),
            md5: Md5::new(),
            closer: CloserLook::begin(&job.wanted),
        };
        let mut pieces = Pieces::of(file);
        let mut speed = Speed::new(now());
        let mut hashed = 0;
        while let Some(bytes) = pieces.next().await? {
            if self.file(&job.id).is_none() {
                // Nobody hears of it.
                return Err(HashResult::Changed);
            }
            self.update(&mut digests, &bytes);
            hashed += u64::from(bytes.length());
            if let Some(rate) = speed.due(now(), hashed) {
                self.say(&FromWorker::Progressed(Progress {
                    id: job.id.clone(),
                    hashed,
                    size: pieces.size(),
                    rate,
                }));
            }
        }
        let result = HashResult::Hashed {
            digest: Sha256Digest::new(digests.sha256.finalize().into()),
            size: hashed,
            found: digests.closer.map(CloserLook::end),
        };
        let weak = WeakDigests {
            sha1: WeakDigest(digests.sha1.finalize().into()),
            md5: WeakDigest(digests.md5.finalize().into()),
        };
        Ok((result, weak))
    }

    fn update(&self, digests: &mut Digests, bytes: &js_sys::Uint8Array) {
        let mut scratch = self.scratch.borrow_mut();
        let length = bytes.length() as usize;
        if scratch.len() < length {
            scratch.resize(length, 0);
        }
        let Some(room) = scratch.get_mut(..length) else {
            return;
        };
        bytes.copy_to(room);
        digests.sha256.update(&*room);
        digests.sha1.update(&*room);
        digests.md5.update(&*room);
        if let Some(closer) = &mut digests.closer {
            closer.update(room);
        }
    }

    fn report(&self, id: &str, result: HashResult, weak: Option<WeakDigests>) {
        let mut files = self.files.borrow_mut();
        let before = files.len();
        files.retain(|(known, _)| known != id);
        if files.len() < before {
            let id = id.to_owned();
            self.say(&FromWorker::Ended(Box::new(Ended { id, result, weak })));
        }
    }

    fn say(&self, message: &FromWorker) {
        if let Ok(message) = to_js(message) {
            // If the page is gone, so is whoever waits.
            let _ = self.scope.post_message(&message);
        }
    }
}
