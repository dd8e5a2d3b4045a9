//! A page that a person can look at.

use super::answer;
use crate::notary::Notary;
use crate::proposal::Body;
use crate::store::Entry;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Response;
use serde_json::value::RawValue;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use x509_cert::der::DateTime;

/// How many of the newest entries are listed.
const NEWEST: u64 = 10;

/// `GET /`
pub async fn page(State(notary): State<Arc<Notary>>) -> Response {
    let page = write(&notary);
    let mut response = answer::of(StatusCode::OK, "text/html; charset=utf-8", page);
    let policy = "default-src 'none'; style-src 'unsafe-inline'";
    answer::set(&mut response, CONTENT_SECURITY_POLICY, policy);
    response
}

fn write(notary: &Notary) -> String {
    let head = notary.head();
    let address = escaped(&notary.identity().address);
    let mut rows = String::new();
    for index in (head.size.saturating_sub(NEWEST)..head.size).rev() {
        // What cannot be read is left out here; `/healthz` says that something is wrong.
        if let Ok(Some(proven)) = notary.entry(index) {
            let id = proven.id(notary.identity());
            let kind = escaped(&kind(&proven.entry));
            let time = time(proven.entry.integrated_time);
            let _ = writeln!(
                rows,
                "<tr><td><a href=\"/api/v1/log/entries/{id}\">{index}</a></td>\
                 <td>{kind}</td><td>{time}</td></tr>"
            );
        }
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Notary {address}</title>\n<style>\
         body{{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}\
         code,pre{{font-size:.9em;overflow-wrap:anywhere;white-space:pre-wrap}}\
         td,th{{text-align:left;padding-right:1.5rem}}\
         :root{{color-scheme:light dark}}</style></head>\n<body>\n\
         <h1>Notary <code>{address}</code></h1>\n\
         <p>A transparency log of signatures. Its log has {size} entries; its root hash is \
         <code>{root}</code>.</p>\n\
         <h2>Add it to Assay</h2>\n\
         <p>On the page <i>Sources</i> of the extension, add the address <code>{address}</code> and \
         compare this fingerprint of its trust root with the one that its operator publishes:</p>\n\
         <p><code>{fingerprint}</code></p>\n\
         <p><a href=\"/trusted_root.json\">Trust root</a>, <a href=\"/openapi.json\">API</a></p>\n\
         <h2>The log's key</h2>\n<pre>{key}</pre>\n\
         <h2>Newest entries</h2>\n\
         <table><tr><th>Entry</th><th>Kind</th><th>Logged</th></tr>\n{rows}</table>\n\
         </body>\n</html>\n",
        size = head.size,
        root = hex::encode(head.root),
        fingerprint = notary.fingerprint(),
        key = escaped(&notary.log_key_pem()),
    )
}

fn kind(entry: &Entry) -> String {
    let body: Result<Body<&RawValue>, _> = serde_json::from_slice(&entry.body);
    body.map_or_else(|_| String::new(), |body| body.kind)
}

/// A time as people write it (RFC 3339), from seconds since the Unix epoch.
fn time(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| String::new(), |time| time.to_string())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
