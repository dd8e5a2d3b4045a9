//! Where the settings are kept: the user's in `chrome.storage.local`, what an administrator decided
//! in `chrome.storage.managed`.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use crate::js::from_js;
use assay_core::managed::Managed;
use assay_core::settings::{Notary, Settings};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

const KEY: &str = "settings";

/// The settings as they hold: the user's, with what an administrator decided.
///
/// # Errors
/// When they cannot be read. They are then left as they are, and nobody is trusted.
pub async fn load() -> Result<Settings, ChromeError> {
    let mut settings = load_own().await?;
    let managed = managed().await;
    let named: Vec<Notary> = managed.usable_notaries().collect();
    settings.manage(managed);
    for named in named {
        let kept = storage::get::<Kept>(Area::Local, &place(&named)).await?;
        let Some(kept) = kept.filter(|kept| kept.named == named) else {
            continue;
        };
        settings.add_notary(kept.now);
    }
    Ok(settings)
}

/// How far a notary was followed that an administrator decided on.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// As the administrator names it. Once that is another, it begins anew.
    named: Notary,
    /// As it is by now.
    now: Notary,
}

fn place(notary: &Notary) -> String {
    format!("managed-root/{}", notary.address)
}

/// Keeps how far a notary was followed, if it is one that an administrator decided on. Those of the
/// user are among the settings.
///
/// # Errors
/// As [`load`] and [`save`].
pub async fn keep_followed(now: &Notary) -> Result<(), ChromeError> {
    let managed = managed().await;
    let mut named = managed.usable_notaries();
    let Some(named) = named.find(|one| one.address == now.address) else {
        return Ok(());
    };
    let (place, now) = (place(&named), now.clone());
    storage::set(Area::Local, &place, &Kept { named, now }).await
}

/// The user's own settings; the default ones where none were stored yet.
///
/// # Errors
/// As [`load`].
pub async fn load_own() -> Result<Settings, ChromeError> {
    Ok(storage::get(Area::Local, KEY).await?.unwrap_or_default())
}

/// What an administrator decided. A part of it that cannot be read, or one thing of a list, is left out
/// and told: the others hold.
pub async fn managed() -> Managed {
    let usable = js_sys::Object::new();
    let mut unusable = Vec::new();
    for (name, value) in storage::managed().await {
        let key = JsValue::from_str(&name);
        let can_be_read = |value: &JsValue| {
            let part = js_sys::Object::new();
            let is_made = js_sys::Reflect::set(&part, &key, value).is_ok();
            is_made && from_js::<Managed>(part.into()).is_ok()
        };
        let value = match js_sys::Array::is_array(&value) {
            true => {
                let kept = js_sys::Array::new();
                for (place, thing) in (1..).zip(js_sys::Array::from(&value).iter()) {
                    match can_be_read(&js_sys::Array::of1(&thing)) {
                        true => drop(kept.push(&thing)),
                        false => unusable.push(format!("{name} {place}")),
                    }
                }
                kept.into()
            }
            false if can_be_read(&value) => value,
            false => {
                unusable.push(name);
                continue;
            }
        };
        // What can be read in parts, can be read.
        let _ = js_sys::Reflect::set(&usable, &key, &value);
    }
    let mut managed = from_js::<Managed>(usable.into()).unwrap_or_default();
    managed.unusable = unusable;
    managed.read_hosts();
    managed
}

/// Stores the user's settings.
///
/// # Errors
/// When the browser refuses.
pub async fn save(own: &Settings) -> Result<(), ChromeError> {
    storage::set(Area::Local, KEY, own).await
}
