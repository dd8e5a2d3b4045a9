//! The page for people at `/`: what this notary is, how far its log has grown, and how to use it.
//!
//! No scripts, nothing from elsewhere, and made at most once in some seconds, however many ask.

mod shown;
mod view;

use crate::notary::Notary;
use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// How old a page may be.
const FRESH: Duration = Duration::from_secs(5);

/// The page as it was made last.
#[derive(Default)]
pub struct StatusPage {
    made: Mutex<Option<(Instant, Page)>>,
}

/// The page's HTML.
#[derive(Debug, Clone)]
pub struct Page(Bytes);

impl StatusPage {
    /// The page, made anew if it is too old. `open`: everybody may write.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(&self, notary: &Arc<Notary>, open: bool) -> Result<Page, String> {
        // Whoever comes while it is made waits for it.
        let mut made = self.made.lock().await;
        if let Some((at, page)) = made.as_ref()
            && at.elapsed() < FRESH
        {
            return Ok(page.clone());
        }
        let notary = notary.clone();
        let making = tokio::task::spawn_blocking(move || {
            let latest = shown::latest(&notary).map_err(|error| error.to_string())?;
            Ok::<_, String>(view::page(&notary, open, &latest))
        });
        let html = making.await.map_err(|error| error.to_string())??;
        let page = Page(html.into());
        *made = Some((Instant::now(), page.clone()));
        Ok(page)
    }
}

impl Page {
    /// The answer.
    pub fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.0));
        let headers = response.headers_mut();
        let fixed = HeaderValue::from_static;
        headers.insert(CONTENT_TYPE, fixed("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, fixed("public, max-age=5"));
        headers.insert(REFERRER_POLICY, fixed("no-referrer"));
        headers.insert(X_FRAME_OPTIONS, fixed("DENY"));
        let digest = STANDARD.encode(Sha256::digest(view::STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'"
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}
