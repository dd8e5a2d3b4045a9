//! Where the settings are kept: `chrome.storage.local`.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use assay_core::settings::Settings;

const KEY: &str = "settings";

/// The settings; the default ones where none were stored yet.
///
/// # Errors
/// When they cannot be read. They are then left as they are, and nobody is trusted.
pub async fn load() -> Result<Settings, ChromeError> {
    Ok(storage::get(Area::Local, KEY).await?.unwrap_or_default())
}

/// Stores the settings.
///
/// # Errors
/// When the browser refuses.
pub async fn save(settings: &Settings) -> Result<(), ChromeError> {
    storage::set(Area::Local, KEY, settings).await
}
