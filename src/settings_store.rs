//! Where the settings are kept: the user's in `chrome.storage.local`, what an administrator decided
//! in `chrome.storage.managed`.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use crate::js::from_js;
use assay_core::managed::Managed;
use assay_core::settings::Settings;

const KEY: &str = "settings";

/// The settings as they hold: the user's, with what an administrator decided.
///
/// # Errors
/// When they cannot be read. They are then left as they are, and nobody is trusted.
pub async fn load() -> Result<Settings, ChromeError> {
    let mut settings = load_own().await?;
    settings.manage(managed().await);
    Ok(settings)
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
    let mut managed = Managed::default();
    for (name, value) in storage::managed().await {
        let is_list = js_sys::Array::is_array(&value);
        let things = match is_list {
            true => js_sys::Array::from(&value),
            false => js_sys::Array::of1(&value),
        };
        for (place, thing) in (1..).zip(things.iter()) {
            let (thing, told) = match is_list {
                true => (js_sys::Array::of1(&thing).into(), format!("{name} {place}")),
                false => (thing, name.clone()),
            };
            let part = js_sys::Object::new();
            let is_made = js_sys::Reflect::set(&part, &name.as_str().into(), &thing).is_ok();
            match from_js::<Managed>(part.into()) {
                Ok(part) if is_made => managed.add(part, &told),
                _ => managed.unusable.push(told),
            }
        }
    }
    managed
}

/// Stores the user's settings.
///
/// # Errors
/// When the browser refuses.
pub async fn save(own: &Settings) -> Result<(), ChromeError> {
    storage::set(Area::Local, KEY, own).await
}
