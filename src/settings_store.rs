//! Where the settings are kept: the user's in `chrome.storage.local`, what an administrator decided
//! in `chrome.storage.managed`.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use assay_core::managed::Managed;
use assay_core::settings::Settings;

const KEY: &str = "settings";

/// The settings as they hold: the user's, with what an administrator decided.
///
/// # Errors
/// When they cannot be read. They are then left as they are, and nobody is trusted.
pub async fn load() -> Result<Settings, ChromeError> {
    let mut settings = load_own().await?;
    settings.manage(managed().await?);
    Ok(settings)
}

/// The user's own settings; the default ones where none were stored yet.
///
/// # Errors
/// As [`load`].
pub async fn load_own() -> Result<Settings, ChromeError> {
    Ok(storage::get(Area::Local, KEY).await?.unwrap_or_default())
}

/// What an administrator decided.
///
/// # Errors
/// When it has another shape than its schema says: then nothing is known of it, and so nothing of
/// what is demanded.
pub async fn managed() -> Result<Managed, ChromeError> {
    storage::managed().await
}

/// Stores the user's settings.
///
/// # Errors
/// When the browser refuses.
pub async fn save(own: &Settings) -> Result<(), ChromeError> {
    storage::set(Area::Local, KEY, own).await
}
