//! What is remembered of logs.
//!
//! It is the same for every user of a log, but it tells when the log was last met. So what a
//! download of a private window adds is kept in `storage.session`, and gone with the browser; but
//! for an alarm, which is evidence against the log and nobody else.

use super::{Store, StoreError};
use crate::chrome::storage::{self, Area};
use crate::js::{from_js, to_js};
use assay_core::log_memory::LogMemory;
use idb::{Database, KeyPath, ObjectStoreParams, TransactionMode};
use wasm_bindgen::JsValue;

pub(super) const LOGS: &str = "logs";
const PRIVATE: &str = "private-log/";

impl Store {
    /// What is remembered of all logs.
    ///
    /// # Errors
    /// When any of it cannot be read: a log that was forgotten could show anything.
    pub async fn logs(&self) -> Result<Vec<LogMemory>, StoreError> {
        let transaction = self
            .database
            .transaction(&[LOGS], TransactionMode::ReadOnly)?;
        let found = transaction.object_store(LOGS)?.get_all(None, None)?.await?;
        let mut memories = Vec::new();
        for value in found {
            memories.push(from_js(value)?);
        }
        Ok(memories)
    }

    /// The same with what downloads of private windows added.
    ///
    /// # Errors
    /// As [`Self::logs`].
    pub async fn logs_in_private(&self) -> Result<Vec<LogMemory>, StoreError> {
        let mut memories = self.logs().await?;
        for (key, private) in storage::session_all::<LogMemory>().await? {
            if !key.starts_with(PRIVATE) {
                continue;
            }
            let known = memories.iter_mut().find(|known| known.id == private.id);
            match known {
                // Whichever has seen more of the log. An alarm is always in the lasting one.
                Some(known) if known.alarm.is_none() && known.latest.size < private.latest.size => {
                    *known = private;
                }
                Some(_) => {}
                None => memories.push(private),
            }
        }
        Ok(memories)
    }

    /// Writes down what is remembered of a log.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn put_log(&self, memory: &LogMemory) -> Result<(), StoreError> {
        let transaction = self
            .database
            .transaction(&[LOGS], TransactionMode::ReadWrite)?;
        let logs = transaction.object_store(LOGS)?;
        logs.put(&to_js(memory)?, None)?.await?;
        transaction.commit()?.await?;
        Ok(())
    }

    /// Forgets a log.
    ///
    /// # Errors
    /// When it could not be removed.
    pub async fn forget_log(&self, id: &str) -> Result<(), StoreError> {
        let transaction = self
            .database
            .transaction(&[LOGS], TransactionMode::ReadWrite)?;
        let logs = transaction.object_store(LOGS)?;
        logs.delete(JsValue::from_str(id))?.await?;
        transaction.commit()?.await?;
        Ok(())
    }

    /// Writes down what a download of a private window added.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn put_log_in_private(&self, memory: &LogMemory) -> Result<(), StoreError> {
        if memory.alarm.is_some() {
            return self.put_log(memory).await;
        }
        let key = format!("{PRIVATE}{}", memory.id);
        Ok(storage::set(Area::Session, &key, memory).await?)
    }

    /// Forgets what downloads of private windows added about a log.
    ///
    /// # Errors
    /// When it could not be removed.
    pub async fn forget_private_log(&self, id: &str) -> Result<(), StoreError> {
        Ok(storage::remove(Area::Session, &format!("{PRIVATE}{id}")).await?)
    }
}

pub(super) fn make_table(database: &Database) -> Result<(), idb::Error> {
    let mut parameters = ObjectStoreParams::new();
    parameters.key_path(Some(KeyPath::new_single("id")));
    database.create_object_store(LOGS, parameters)?;
    Ok(())
}
