//! The wasm module of everything that works unseen: the service worker, to which
//! `extension/background.js` hands every event, and the two Workers that read and hash, which
//! `extension/hasher.js` starts. It is one module because nearly all that the Workers need is in
//! the service worker anyway. Each context has its own memory, and a Worker calls [`start_worker`]
//! and nothing else: it opens no records and asks nothing of the browser.

use assay::background::{Background, BackgroundError, log};
use assay::hasher;
use std::cell::OnceCell;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

thread_local! {
    static BACKGROUND: OnceCell<Rc<Background>> = const { OnceCell::new() };
}

fn main() {
    console_error_panic_hook::set_once();
}

/// Opens the records and goes on with whatever was cut off. Comes before everything else.
#[wasm_bindgen]
pub async fn start() {
    match Background::open().await {
        Ok(background) => {
            BACKGROUND.with(|cell| {
                let _ = cell.set(Rc::clone(&background));
            });
            told("start", background.wake().await);
        }
        Err(error) => log(&format!("start: {error}")),
    }
}

/// `runtime.onInstalled`.
#[wasm_bindgen]
pub async fn installed(reason: String) {
    if let Some(background) = background() {
        told("installed", background.installed(&reason).await);
    }
}

/// `downloads.onChanged`.
#[wasm_bindgen]
pub async fn download_changed(delta: JsValue) {
    if let Some(background) = background() {
        told("download", background.download_changed(delta).await);
    }
}

/// `alarms.onAlarm`.
#[wasm_bindgen]
pub async fn alarm(name: String) {
    if let Some(background) = background() {
        told("alarm", background.alarm(&name).await);
    }
}

/// `notifications.onClicked`.
#[wasm_bindgen]
pub async fn notification_clicked(id: String) {
    if let Some(background) = background() {
        told("notification", background.notification_clicked(&id).await);
    }
}

/// `runtime.onMessage`; the answer, or `null` for whoever gets none.
#[wasm_bindgen]
pub async fn message(message: JsValue, sender: JsValue) -> JsValue {
    let Some(background) = background() else {
        return JsValue::NULL;
    };
    background
        .message(message, sender)
        .await
        .unwrap_or_else(|error| {
            log(&format!("message: {error}"));
            JsValue::NULL
        })
}

/// Begins to read or to hash, in a Worker. Which of the two it is follows from the Worker's name.
///
/// # Errors
/// When it does not run in a dedicated Worker.
#[wasm_bindgen]
pub fn start_worker(name: &str, script: &str) -> Result<(), JsValue> {
    if name == hasher::READER_NAME {
        hasher::start_reading()
    } else {
        hasher::start_hashing(script)
    }
}

fn background() -> Option<Rc<Background>> {
    BACKGROUND.with(|cell| cell.get().cloned())
}

fn told(what: &str, result: Result<(), BackgroundError>) {
    if let Err(error) = result {
        log(&format!("{what}: {error}"));
    }
}
