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

/// An event that nobody waits for, with what the browser tells of it. One function for all of them:
/// each that is asynchronous costs kilobytes.
#[wasm_bindgen]
pub fn event(kind: String, first: JsValue, second: JsValue) {
    let Some(background) = background() else {
        return;
    };
    wasm_bindgen_futures::spawn_local(async move {
        let text = first.as_string().unwrap_or_default();
        let done = match kind.as_str() {
            "installed" => background.installed(&text).await,
            "download" => background.download_changed(first).await,
            "alarm" => background.alarm(&text).await,
            "notification" => background.notification_clicked(&text).await,
            "button" => {
                let button = second.as_f64().unwrap_or_default();
                background.notification_pressed(&text, button as u32).await
            }
            "menu" => {
                let link = second.as_string().unwrap_or_default();
                background.menu_clicked(&text, &link).await
            }
            "managed" => {
                background.managed_changed();
                Ok(())
            }
            _ => Ok(()),
        };
        told(&kind, done);
    });
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
