//! Where records are kept: IndexedDB; those of private windows in `storage.session` only. What is
//! remembered of logs is kept beside them.

mod logs;

use crate::chrome::ChromeError;
use crate::chrome::storage::{self, Area};
use crate::js::{field, from_js, to_js};
use assay_core::record::{DownloadRecord, Hold, Stage};
use idb::event::{Event, VersionChangeEvent};
use idb::request::Request;
use idb::{
    CursorDirection, Database, DatabaseEvent, Factory, Index, KeyPath, KeyRange, ObjectStore,
    ObjectStoreParams, Query, TransactionMode,
};
use wasm_bindgen::JsValue;

const DATABASE: &str = "assay";
const DATABASE_VERSION: u32 = 3;
const RECORDS: &str = "downloads";
const BY_TIME: &str = "by_time";
const BY_STAGE: &str = "by_stage";
const BY_RETRY: &str = "by_retry";
const BY_ALARM: &str = "by_alarm";
const BY_HOLD: &str = "by_hold";
const PRIVATE: &str = "private/";

/// The records of downloads.
pub struct Store {
    database: Database,
}

/// Why records cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// IndexedDB refused.
    #[error("the records cannot be opened or written: {0}")]
    Database(#[from] idb::Error),
    /// The browser's session storage refused.
    #[error("the records of private windows: {0}")]
    Session(#[from] ChromeError),
    /// A record has no form that can be stored.
    #[error("a record cannot be stored: {0}")]
    Shape(#[from] serde_wasm_bindgen::Error),
}

impl Store {
    /// Opens the records, making the database where there is none.
    ///
    /// # Errors
    /// When the browser refuses, for example on a full disk.
    pub async fn open() -> Result<Self, StoreError> {
        let mut request = Factory::new()?.open(DATABASE, Some(DATABASE_VERSION))?;
        request.on_upgrade_needed(|event| {
            // What fails here makes the opening fail, which is reported.
            let _ = make_tables(&event);
        });
        Ok(Self {
            database: request.await?,
        })
    }

    /// Writes a record, over an earlier one with its key.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn put(&self, record: &DownloadRecord) -> Result<(), StoreError> {
        if record.incognito {
            let key = format!("{PRIVATE}{}", record.id);
            if storage::set(Area::Session, &key, record).await.is_err() {
                // There is room for 10 MiB in all. The bundles take most of it, and nothing but
                // saving the proof needs them.
                let mut record = record.clone();
                record.drop_bundles();
                storage::set(Area::Session, &key, &record).await?;
            }
            return Ok(());
        }
        let transaction = self
            .database
            .transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let records = transaction.object_store(RECORDS)?;
        records.put(&to_js(record)?, None)?.await?;
        transaction.commit()?.await?;
        Ok(())
    }

    /// The record with this key.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn get(&self, id: &str) -> Result<Option<DownloadRecord>, StoreError> {
        let private = storage::get(Area::Session, &format!("{PRIVATE}{id}")).await;
        if let Ok(Some(record)) = private {
            return Ok(Some(record));
        }
        let found = self.records()?.get(JsValue::from_str(id))?.await?;
        Ok(found.and_then(readable))
    }

    /// Forgets the record with this key.
    ///
    /// # Errors
    /// When it could not be removed.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        storage::remove(Area::Session, &format!("{PRIVATE}{id}")).await?;
        let transaction = self
            .database
            .transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        transaction
            .object_store(RECORDS)?
            .delete(JsValue::from_str(id))?
            .await?;
        transaction.commit()?.await?;
        Ok(())
    }

    /// Forgets the records with these keys. They are not of private windows.
    ///
    /// # Errors
    /// When they could not be removed: then none is.
    pub async fn remove_all(&self, ids: &[String]) -> Result<(), StoreError> {
        let transaction = self
            .database
            .transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let records = transaction.object_store(RECORDS)?;
        for id in ids {
            records.delete(JsValue::from_str(id))?;
        }
        transaction.commit()?.await?;
        Ok(())
    }

    /// Of the `limit` oldest records before a time, the keys of those that may be forgotten: their
    /// check is at its end, no alarm about them is unseen, and nothing is to be decided. And how many were looked at.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn old(&self, before: f64, limit: u32) -> Result<(Vec<String>, u32), StoreError> {
        let range = KeyRange::upper_bound(&before.into(), Some(true))?;
        let found = self
            .index(BY_TIME)?
            .get_all(Some(Query::KeyRange(range)), Some(limit))?
            .await?;
        let mut old = Vec::new();
        for record in &found {
            let is_done = field(record, "stage").as_string().as_deref() == Some("done");
            let is_seen = field(record, "unseen_alarm").as_f64().is_none();
            let is_decided = field(record, "hold").as_string().as_deref() != Some("asking")
                && !field(record, "removing").is_truthy();
            if is_done && is_seen && is_decided {
                old.extend(field(record, "id").as_string());
            }
        }
        Ok((old, found.len() as u32))
    }

    /// About `limit` of the records that completed before a time, in no order, as they are stored:
    /// reading all of a record costs more than most of them are needed for. None of private windows.
    ///
    /// Together with the time from which on the next ones are to be asked for, where there can be
    /// any.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn newest(
        &self,
        before: Option<f64>,
        limit: u32,
    ) -> Result<(Vec<JsValue>, Option<f64>), StoreError> {
        let range = |from: Option<&JsValue>| -> Result<Option<Query>, idb::Error> {
            let until = before.map(JsValue::from_f64);
            let range = match (from, &until) {
                (Some(from), Some(until)) => Some(KeyRange::bound(from, until, None, Some(true))?),
                (Some(from), None) => Some(KeyRange::lower_bound(from, None)?),
                (None, Some(until)) => Some(KeyRange::upper_bound(until, Some(true))?),
                (None, None) => None,
            };
            Ok(range.map(Query::KeyRange))
        };
        let index = self.index(BY_TIME)?;
        let cursor = index
            .open_key_cursor(range(None)?, Some(CursorDirection::Prev))?
            .await?;
        let Some(mut cursor) = cursor.map(idb::KeyCursor::into_managed) else {
            return Ok((Vec::new(), None));
        };
        if limit > 1 {
            cursor.advance(limit - 1).await?;
        }
        let last = cursor.key()?;
        let found = index.get_all(range(last.as_ref())?, None)?.await?;
        Ok((found, last.and_then(|time| time.as_f64())))
    }

    /// The records with these keys, as they are stored. None of private windows.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn stored(&self, ids: &[String]) -> Result<Vec<JsValue>, StoreError> {
        let records = self.records()?;
        let mut requests = Vec::with_capacity(ids.len());
        for id in ids {
            // Whoever is not listened to before it answers is never heard.
            requests.push(records.get(JsValue::from_str(id))?.into_future());
        }
        let mut found = Vec::with_capacity(ids.len());
        for request in requests {
            found.extend(request.await?);
        }
        Ok(found)
    }

    /// Writes records as they were stored. They are not of private windows.
    ///
    /// # Errors
    /// When they could not be written: then none is.
    pub async fn put_stored(&self, stored: &[&JsValue]) -> Result<(), StoreError> {
        let transaction = self
            .database
            .transaction(&[RECORDS], TransactionMode::ReadWrite)?;
        let records = transaction.object_store(RECORDS)?;
        for record in stored {
            records.put(record, None)?;
        }
        transaction.commit()?.await?;
        Ok(())
    }

    /// The newest `limit` records, newest first.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn latest(&self, limit: u32) -> Result<Vec<DownloadRecord>, StoreError> {
        // All at once: a cursor would be asked once for each.
        let (found, _) = self.newest(None, limit).await?;
        let mut records: Vec<DownloadRecord> = found.into_iter().filter_map(readable).collect();
        records.reverse();
        // The index is in order already; the few private ones are put in.
        for record in self.private().await? {
            let newer = |known: &DownloadRecord| known.completed_at >= record.completed_at;
            let place = records.partition_point(newer);
            records.insert(place, record);
        }
        records.truncate(limit as usize);
        Ok(records)
    }

    /// All records.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn all(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let mut records = self.private().await?;
        let found = self.records()?.get_all(None, None)?.await?;
        records.extend(found.into_iter().filter_map(readable));
        Ok(records)
    }

    /// About `limit` records by the order of their keys, those after `after`; from the start (where
    /// that is empty) those of private windows as well. Together with the last of the keys, after which there can be
    /// more.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn page(
        &self,
        after: &str,
        limit: u32,
    ) -> Result<(Vec<DownloadRecord>, Option<String>), StoreError> {
        let range = KeyRange::lower_bound(&JsValue::from_str(after), Some(true))?;
        let found = self
            .records()?
            .get_all(Some(Query::KeyRange(range)), Some(limit))?
            .await?;
        let last = found.last().and_then(|last| field(last, "id").as_string());
        let mut records = match after {
            "" => self.private().await?,
            _ => Vec::new(),
        };
        records.extend(found.into_iter().filter_map(readable));
        Ok((records, last))
    }

    /// The oldest records of downloads that were completed after this time, in milliseconds since
    /// 1970; without those of private windows.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn after(&self, time: f64, limit: u32) -> Result<Vec<DownloadRecord>, StoreError> {
        let after = KeyRange::lower_bound(&JsValue::from_f64(time), Some(true))?;
        let index = self.index(BY_TIME)?;
        let found = index
            .get_all(Some(Query::KeyRange(after)), Some(limit))?
            .await?;
        Ok(found.into_iter().filter_map(readable).collect())
    }

    /// How many records there are, without those of private windows.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn count(&self) -> Result<u32, StoreError> {
        Ok(self.records()?.count(None)?.await?)
    }

    /// The records whose check is not at its end, oldest first.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn unfinished(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let mut unordered = self.private().await?;
        unordered.retain(|record| record.stage != Stage::Done);
        for stage in ["hashing", "asking"] {
            let query = Query::Key(JsValue::from_str(stage));
            let found = self.index(BY_STAGE)?.get_all(Some(query), None)?.await?;
            unordered.extend(found.into_iter().filter_map(readable));
        }
        // They are few, and putting them in one by one is less code in the wasm than sorting.
        let mut records: Vec<DownloadRecord> = Vec::new();
        for record in unordered {
            let older = |known: &DownloadRecord| known.completed_at <= record.completed_at;
            let place = records.partition_point(older);
            records.insert(place, record);
        }
        Ok(records)
    }

    /// The records that are to be checked again by themselves.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn retries(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let mut records = self.private().await?;
        let found = self.index(BY_RETRY)?.get_all(None, None)?.await?;
        records.extend(found.into_iter().filter_map(readable));
        records.retain(|record| record.retry.is_some());
        Ok(records)
    }

    /// The records with an alarm that the user has not seen.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn unseen_alarms(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let mut records = self.private().await?;
        let found = self.index(BY_ALARM)?.get_all(None, None)?.await?;
        records.extend(found.into_iter().filter_map(readable));
        records.retain(|record| record.unseen_alarm.is_some());
        Ok(records)
    }

    /// The records of files that are held up to the user.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn held(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let mut records = self.private().await?;
        let query = Query::Key(JsValue::from_str("asking"));
        let found = self.index(BY_HOLD)?.get_all(Some(query), None)?.await?;
        records.extend(found.into_iter().filter_map(readable));
        records.retain(|record| record.hold == Some(Hold::Asking));
        Ok(records)
    }

    /// Whether there is a record with this key.
    ///
    /// # Errors
    /// When records cannot be read.
    pub async fn contains(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.get(id).await?.is_some())
    }

    async fn private(&self) -> Result<Vec<DownloadRecord>, StoreError> {
        let stored = storage::session_all::<DownloadRecord>().await?;
        Ok(stored
            .into_iter()
            .filter(|(key, _)| key.starts_with(PRIVATE))
            .map(|(_, record)| record)
            .collect())
    }

    fn records(&self) -> Result<ObjectStore, StoreError> {
        let transaction = self
            .database
            .transaction(&[RECORDS], TransactionMode::ReadOnly)?;
        Ok(transaction.object_store(RECORDS)?)
    }

    fn index(&self, name: &str) -> Result<Index, StoreError> {
        Ok(self.records()?.index(name)?)
    }
}

/// Makes the tables and indexes that an earlier version did not have.
fn make_tables(event: &VersionChangeEvent) -> Result<(), idb::Error> {
    let database = event.database()?;
    let existing = database.store_names();
    let records = match existing.iter().any(|name| name == RECORDS) {
        false => {
            let mut parameters = ObjectStoreParams::new();
            parameters.key_path(Some(KeyPath::new_single("id")));
            database.create_object_store(RECORDS, parameters)?
        }
        true => match event.target()?.transaction() {
            Some(transaction) => transaction.object_store(RECORDS)?,
            None => return Ok(()),
        },
    };
    let known = records.index_names();
    for (name, path) in [
        (BY_TIME, "completed_at"),
        (BY_STAGE, "stage"),
        (BY_RETRY, "retry.due_at"),
        (BY_ALARM, "unseen_alarm"),
        (BY_HOLD, "hold"),
    ] {
        if !known.iter().any(|one| one == name) {
            records.create_index(name, KeyPath::new_single(path), None)?;
        }
    }
    if !existing.iter().any(|name| name == logs::LOGS) {
        logs::make_table(&database)?;
    }
    Ok(())
}

/// A record that cannot be read is as good as none: it was written by a version to come, or
/// damaged.
pub fn readable(value: JsValue) -> Option<DownloadRecord> {
    from_js(value).ok()
}
