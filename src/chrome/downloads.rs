//! `chrome.downloads`.

use super::ChromeError;
use crate::js::{from_js, to_js};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// A download as the browser knows it (`downloads.DownloadItem`). Names and addresses are hostile
/// text.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadItem {
    /// The browser's number for it.
    pub id: i32,
    /// The address that was asked for first.
    pub url: String,
    /// The address after redirects. Firefox has none.
    #[serde(default)]
    pub final_url: String,
    /// The page that started it, where that is told.
    #[serde(default)]
    pub referrer: Option<String>,
    /// The absolute path on disk; empty until it is decided.
    pub filename: String,
    /// Whether it was made in a private window.
    #[serde(default)]
    pub incognito: bool,
    /// How far it is.
    pub state: DownloadState,
    /// When it began (ISO 8601).
    pub start_time: String,
    /// When it ended (ISO 8601).
    #[serde(default)]
    pub end_time: Option<String>,
    /// The size on disk in bytes; -1 when unknown.
    #[serde(default)]
    pub file_size: f64,
    /// Whether the file is still there, as far as the browser has looked.
    #[serde(default = "yes")]
    pub exists: bool,
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DownloadState {
    /// Still going on, or waiting for the user to accept a dangerous file.
    InProgress,
    /// Broken off or cancelled.
    Interrupted,
    /// On the disk, and accepted.
    Complete,
}

/// What is searched for (`downloads.DownloadQuery`).
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Query {
    /// One download.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i32>,
    /// Downloads in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<DownloadState>,
    /// Downloads that ended after this time (ISO 8601).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_after: Option<String>,
    /// How many at most; 0 for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// The downloads that match.
///
/// # Errors
/// When the browser refuses the query.
pub async fn search(query: &Query) -> Result<Vec<DownloadItem>, ChromeError> {
    const CALL: &str = "downloads.search";
    let query = to_js(query).map_err(ChromeError::shape(CALL))?;
    let found = js_search(&query).await.map_err(ChromeError::thrown(CALL))?;
    from_js(found).map_err(ChromeError::shape(CALL))
}

/// Begins a download, and gives its number.
///
/// # Errors
/// When the browser refuses the address.
pub async fn download(url: &str) -> Result<i32, ChromeError> {
    const CALL: &str = "downloads.download";
    #[derive(Serialize)]
    struct Options<'a> {
        url: &'a str,
    }
    let options = to_js(&Options { url }).map_err(ChromeError::shape(CALL))?;
    let number = js_download(options)
        .await
        .map_err(ChromeError::thrown(CALL))?;
    from_js(number).map_err(ChromeError::shape(CALL))
}

/// Shows the file in its folder.
///
/// # Errors
/// When there is no such download.
pub fn show(id: i32) -> Result<(), ChromeError> {
    js_show(id).map_err(ChromeError::thrown("downloads.show"))
}

/// Deletes the file from the disk.
///
/// # Errors
/// When there is no such download or file.
pub async fn remove_file(id: i32) -> Result<(), ChromeError> {
    js_remove_file(id)
        .await
        .map(|_| ())
        .map_err(ChromeError::thrown("downloads.removeFile"))
}

fn yes() -> bool {
    true
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = ["chrome", "downloads"], js_name = search, catch)]
    async fn js_search(query: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "downloads"], js_name = download, catch)]
    async fn js_download(options: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "downloads"], js_name = show, catch)]
    fn js_show(id: i32) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = ["chrome", "downloads"], js_name = removeFile, catch)]
    async fn js_remove_file(id: i32) -> Result<JsValue, JsValue>;
}
