//! Where the records of trust roots are kept: `storage.local`, as text.

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use assay_core::root_store::RootRecord;
use assay_core::signer::RootId;
use assay_sources::tuf::RootStorage;

/// The records of trust roots.
#[derive(Debug, Clone, Copy, Default)]
pub struct RootRecords;

impl RootRecords {
    /// Whether there is anything that could be a record of this root.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn has(&self, root: &RootId) -> Result<bool, ChromeError> {
        let stored = storage::get::<String>(Area::Local, &key(root)).await?;
        Ok(stored.is_some())
    }
}

impl RootStorage for RootRecords {
    /// A record that cannot be read is as good as none, as nobody could repair it: it was written
    /// by a version to come, or damaged.
    async fn load(&self, root: &RootId) -> Result<Option<RootRecord>, String> {
        let stored = storage::get::<String>(Area::Local, &key(root)).await;
        let stored = stored.map_err(|error| error.to_string())?;
        Ok(stored.and_then(|text| RootRecord::from_json(&text).ok()))
    }

    async fn save(&self, record: &RootRecord) -> Result<(), String> {
        let text = record.to_json().map_err(|error| error.to_string())?;
        let saved = storage::set(Area::Local, &key(&record.root), &text).await;
        saved.map_err(|error| error.to_string())
    }
}

fn key(root: &RootId) -> String {
    format!("roots/{}", root.as_str())
}
