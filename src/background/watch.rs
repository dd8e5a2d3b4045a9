//! Every completed download gets a record, before anything else happens.

use super::{Background, BackgroundError};
use crate::chrome::downloads::{self, DownloadItem, DownloadState, Query};
use crate::chrome::runtime;
use crate::chrome::storage::{self, Area};
use crate::js::{from_js, now};
use assay_core::file_url::file_name;
use assay_core::record::DownloadRecord;
use assay_core::site;
use serde::Deserialize;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Since when downloads are watched: those before are not the user's question.
const WATCHED_SINCE: &str = "watched_since";

/// Up to when all downloads have their record.
const RECONCILED: &str = "reconciled_until";

/// How far back a download can have ended before the last reconciliation and yet be new to it, in
/// milliseconds: the browser writes its history late.
const OVERLAP: f64 = 24.0 * 3600.0 * 1000.0;

impl Background {
    /// A download's state, or anything else of it, changed.
    ///
    /// # Errors
    /// When records cannot be read or written.
    pub async fn download_changed(self: &Rc<Self>, delta: JsValue) -> Result<(), BackgroundError> {
        #[derive(Deserialize)]
        struct Delta {
            id: i32,
            state: Option<Change>,
        }
        #[derive(Deserialize)]
        struct Change {
            current: Option<DownloadState>,
        }
        let delta: Delta = from_js(delta)?;
        let state = delta.state.and_then(|state| state.current);
        if state != Some(DownloadState::Complete) {
            return Ok(());
        }
        let query = Query {
            id: Some(delta.id),
            ..Query::default()
        };
        for item in downloads::search(&query).await? {
            self.take_in(item).await?;
        }
        Ok(())
    }

    /// Finds the downloads that completed while nobody looked.
    pub(super) async fn reconcile(self: &Rc<Self>) -> Result<(), BackgroundError> {
        let since = match storage::get::<f64>(Area::Local, WATCHED_SINCE).await? {
            Some(since) => since,
            None => {
                let since = now();
                storage::set(Area::Local, WATCHED_SINCE, &since).await?;
                since
            }
        };
        let until = storage::get::<f64>(Area::Local, RECONCILED).await?;
        let from = until.map_or(since, |until| (until - OVERLAP).max(since));
        let begun = now();
        let query = Query {
            state: Some(DownloadState::Complete),
            ended_after: Some(iso(from)),
            limit: Some(0),
            ..Query::default()
        };
        for item in downloads::search(&query).await? {
            self.take_in(item).await?;
        }
        Ok(storage::set(Area::Local, RECONCILED, &begun).await?)
    }

    /// Writes the record of a completed download, unless there is one, and begins to check it.
    async fn take_in(self: &Rc<Self>, item: DownloadItem) -> Result<(), BackgroundError> {
        // What our own pages save (a proof) was made here; there is nothing to check about it.
        let own = item.url.starts_with(&format!("blob:{}", runtime::url("")));
        if own || item.state != DownloadState::Complete {
            return Ok(());
        }
        let key = DownloadRecord::key(item.id, &item.start_time);
        // Two events about one download must not both find that it has no record yet.
        if !self.take_up(&key) {
            return Ok(());
        }
        let fresh = self.record_if_new(item, key.clone()).await;
        self.let_go(&key);
        match fresh? {
            Some(record) => self.hash(record).await,
            None => Ok(()),
        }
    }

    async fn record_if_new(
        &self,
        item: DownloadItem,
        key: String,
    ) -> Result<Option<DownloadRecord>, BackgroundError> {
        if self.is_known(&item, &key).await? {
            return Ok(None);
        }
        let record = record_of(item, key);
        self.write(&record).await?;
        Ok(Some(record))
    }

    /// Whether a download has its record, or had one that the user removed.
    async fn is_known(&self, item: &DownloadItem, key: &str) -> Result<bool, BackgroundError> {
        if self.store.contains(key).await? {
            return Ok(true);
        }
        let forgotten = storage::get::<bool>(area_of(item), &forgotten_key(key)).await?;
        Ok(forgotten.unwrap_or(false))
    }

    /// Forgets a record for good: the browser's own history would bring it back otherwise.
    pub(super) async fn forget(&self, record: &DownloadRecord) -> Result<(), BackgroundError> {
        let area = match record.incognito {
            true => Area::Session,
            false => Area::Local,
        };
        storage::set(area, &forgotten_key(&record.id), &true).await?;
        let turn = self.turn.lock().await;
        self.store.remove(&record.id).await?;
        drop(turn);
        Ok(())
    }
}

/// Under which key it is kept that the user removed a record.
pub(super) fn forgotten_key(id: &str) -> String {
    format!("forgotten/{id}")
}

fn area_of(item: &DownloadItem) -> Area {
    match item.incognito {
        true => Area::Session,
        false => Area::Local,
    }
}

fn record_of(item: DownloadItem, id: String) -> DownloadRecord {
    let page = item.referrer.as_deref().and_then(site::host_of);
    let ended = item.end_time.as_deref().map(js_sys::Date::parse);
    let size = if item.file_size > 0.0 {
        item.file_size as u64
    } else {
        0
    };
    DownloadRecord {
        id,
        browser_id: item.id,
        site: site::host_of(&item.url).or_else(|| page.clone()),
        url: item.url,
        final_url: item.final_url,
        completed_at: ended.filter(|time| time.is_finite()).unwrap_or_else(now),
        incognito: item.incognito,
        page,
        path: item.filename.clone(),
        ..DownloadRecord::brought(file_name(&item.filename).to_owned(), size)
    }
}

fn iso(milliseconds: f64) -> String {
    String::from(js_sys::Date::new(&JsValue::from_f64(milliseconds)).to_iso_string())
}
