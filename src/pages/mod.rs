//! What the user sees: popup, history, welcome page, the pages of sources and of settings, and the page on
//! which any file is checked.
//!
//! One wasm module serves all pages; `<body data-page="…">` says which one it is. Pages only read
//! the stored records and settings; whatever is to be done is asked of the background
//! ([`crate::bus`]). Text from outside becomes text nodes, never markup.
//!
//! # Hooks for tests and user styles
//! These attributes stay as they are when the looks change.
//!
//! - Popup: `body[data-state="loading|list|empty|failed"]`; `[data-banner="setup"]` while files
//!   may not be read; `[data-banner="log-alarm"][data-log="<id>"]` for a log that contradicted
//!   itself, with `data-action="decide-log|export-evidence"`. Each entry is `li[data-record="<id>"][data-stage="done|hashing|asking"]`,
//!   with `data-verdict="<word>"` once there is a verdict. In it
//!   `data-field="name|badge|signer|summary|site|size|time|progress"`, and when it is open
//!   `data-field="full-name|reasons|digest|sources|log-entry|retry|note"`.
//!   `name` holds the file's name with invisible characters spelled out ([`hostile_text`]); read it
//!   as `textContent` or from its `title`, as a long name stands in two boxes.
//!   `full-name` is there for long names only.
//! - Buttons of an entry: `data-action="toggle|check-again|show|delete|delete-confirm|
//!   delete-cancel|save-proof|copy-digest|trust-everywhere|trust-site"`.
//! - History: `body[data-state="loading|list|empty|failed"]`, with `data-loaded="true"` when all is
//!   read. Each line is `li[data-record]` as in the popup, with `data-action="pick|toggle"`, and
//!   `data-open="true"` while it is open; then it has what an entry of the popup opens to. Fields:
//!   `#search`, `#when`, `#from`, `#to`, `#site`, `#signer`, `#keep`;
//!   `data-field="count|nothing|page|picked|work|problem|undo"`; `data-action="filter-verdict|
//!   clear-filters|page-first|page-back|page-on|page-last|pick-all|check-all|forget-all|
//!   forget-all-confirm|forget-all-cancel|export-json|export-csv|stop|undo|undo-close|
//!   keep-confirm|keep-cancel"`.
//! - Elsewhere: `data-action="open-history|open-settings|open-welcome|open-access|reload"`.
//! - Settings: `body[data-state="loading|ready|failed"]`, `li[data-trusted]`,
//!   `data-action="remove-trusted|remove-confirm|remove-cancel"`.
//! - Sources: `body[data-state="loading|ready|failed"]`, `li[data-source="<id>"]`, for a notary with
//!   `data-notary="<address>"`; in it `[data-field="sent|fingerprint|new-fingerprint"]`,
//!   `[data-field="asked"][data-state="never|answered|slow|failed"]`, and after a test
//!   `[data-field="trial"][data-state="busy|answered|failed"]`. `#notary-address`,
//!   `li[data-log="<id>"][data-decided="true|false"]` for a log that contradicted itself, with
//!   `[data-field="remembered-root|shown-root"]` and `data-action="export-evidence|trust-log|
//!   trust-log-confirm|trust-log-cancel|remove-notary"`,
//!   `data-action="look-up-notary|confirm-notary|cancel-notary|enable-notary|remove-notary|
//!   test-source|move-up|move-down|take-root|take-root-confirm|take-root-cancel|keep-root|
//!   look-at-root|remove-confirm|remove-cancel"`, `[data-field="problem"]`. Where something is remembered of a
//!   notary's log: `[data-field="remembered-log"]`, `data-action="forget-log|forget-log-confirm|
//!   forget-log-cancel"`.
//! - Verify: `body[data-state="loading|ready"]`, `[data-field="zone"]` with `data-over` while something
//!   is dragged, `input[data-field="files|folder"]`, `#digest`, `[data-download="<id>"]` for the download
//!   whose file is to be dropped, `data-action="choose-files|choose-folder|ask-digest|clear|show-only|
//!   show-more"`. Each thing is `li[data-row][data-file="<path>"][data-kind="file|digest|proof"]
//!   [data-stage="hashing|asking|done|alone"]`, with `data-verdict` as in the popup and `data-asking`
//!   while a first verdict may still change; in it the fields of an entry,
//!   `data-field="digest|sha512|sha1|md5"` and `data-action="toggle|remove|check-again|save-proof|
//!   copy-digest|copy-sha512|copy-sha1|copy-md5"`.
//! - Links between pages: `[data-page-link="history|verify|sources|settings"]`, `data-action="open-verify-page"` in the
//!   popup, and `data-action="open-verify"` in an entry whose bytes could not be read.
//! - Welcome: `body[data-state="needs-access|ready"]`.

pub mod badge;
pub mod beside;
pub mod change;
pub mod checked;
mod dom;
mod download;
pub mod field;
pub mod figures;
mod focus;
pub mod ground;
pub mod history;
pub mod hostile_text;
pub mod log_alarms;
pub mod modes;
pub mod parts;
pub mod popup;
pub mod settings;
pub mod sources;
pub mod suffixes;
pub mod verify;
pub mod welcome;
pub mod words;

#[cfg(test)]
mod locale_tests;

use crate::chrome::i18n;

/// Brings the page to life that the document says it is.
pub async fn start() {
    dom::set_language(&i18n::language());
    focus::keep();
    match dom::page().as_str() {
        "popup" => popup::run().await,
        "history" => history::run().await,
        "settings" => settings::run().await,
        "sources" => sources::run().await,
        "verify" => verify::run().await,
        "welcome" => welcome::run().await,
        // A document that is none of the pages: nothing to show.
        _ => {}
    }
}
