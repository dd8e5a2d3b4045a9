//! Where the settings are kept: the user's in `chrome.storage.local`, what an administrator decided
//! in `chrome.storage.managed`.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use assay_core::managed::Managed;
use assay_core::settings::{Notary, Settings};
use serde::{Deserialize, Serialize};

const KEY: &str = "settings";

/// The settings as they hold: the user's, with what an administrator decided.
///
/// # Errors
/// When they cannot be read. They are then left as they are, and nobody is trusted.
pub async fn load() -> Result<Settings, ChromeError> {
    let mut settings = load_own().await?;
    let managed = managed().await?;
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
    let managed = managed().await?;
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
