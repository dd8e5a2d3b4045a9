//! The few `chrome.*` calls that are used, typed. Nothing here decides anything.

pub mod action;
pub mod alarms;
pub mod context_menus;
pub mod downloads;
pub mod extension;
pub mod i18n;
pub mod notifications;
pub mod offscreen;
pub mod permissions;
pub mod runtime;
pub mod storage;
pub mod tabs;

use wasm_bindgen::JsValue;

/// A call to the browser that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{call}: {detail}")]
pub struct ChromeError {
    /// What was called.
    pub call: &'static str,
    /// What the browser said.
    pub detail: String,
}

impl ChromeError {
    /// The error that `call` threw.
    pub(crate) fn thrown(call: &'static str) -> impl FnOnce(JsValue) -> Self {
        move |thrown| Self {
            call,
            detail: crate::js::words(&thrown),
        }
    }

    /// The value that `call` gave, or takes, has another shape than documented.
    pub(crate) fn shape(call: &'static str) -> impl FnOnce(serde_wasm_bindgen::Error) -> Self {
        move |error| Self {
            call,
            detail: error.to_string(),
        }
    }
}
