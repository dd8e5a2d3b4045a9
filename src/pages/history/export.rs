//! The history as a file: JSON for programs, CSV for spreadsheets.
//!
//! What it says is what the page shows. Proofs stay behind: they can be saved one by one, and the
//! digests and the places in logs are enough to find them again. So does the path on the disk.

use super::{History, bulk};
use crate::js::{now, words as thrown};
use crate::pages::dom;
use crate::pages::figures;
use crate::pages::words::{self, say, t1};
use crate::store::readable;
use assay_core::attestation::Attestation;
use assay_core::evidence::Evidence;
use assay_core::record::DownloadRecord;
use assay_core::signer::Signer;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// The name of the JSON form and its version. Described in `docs/history.schema.json`.
const SCHEMA: &str = "assay.history.v1";

/// How many records are read at a time.
const STEP: usize = 200;

/// The kinds of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For programs.
    Json,
    /// For spreadsheets (RFC 4180).
    Csv,
}

/// Hands the user a file with all that was found.
pub fn begin(history: History, form: Form) {
    let ids: Vec<String> = history
        .found
        .with_untracked(|found| found.rows.iter().map(|row| row.id.to_string()).collect());
    bulk::run(history, "history_exporting", ids.len(), async move {
        let parts = js_sys::Array::new();
        let put = |text: String| parts.push(&JsValue::from_str(&text));
        put(match form {
            Form::Json => json_head(now()),
            // The mark in front tells spreadsheets that this is UTF-8.
            Form::Csv => format!("\u{FEFF}{}", csv_line(COLUMNS.map(str::to_owned))),
        });
        let source = history.source.get_clone_untracked();
        let mut is_first = true;
        for step in ids.chunks(STEP) {
            if bulk::is_stopped(history) {
                return Ok(());
            }
            let stored = source.store.stored(step).await;
            let stored = stored.map_err(|error| error.to_string())?;
            for record in stored.into_iter().filter_map(readable) {
                let exported = Exported::of(&record);
                put(match form {
                    Form::Json => exported.json(is_first)?,
                    Form::Csv => csv_line(exported.cells()),
                });
                is_first = false;
            }
            bulk::advance(history, step.len());
            // The page lives meanwhile.
            dom::sleep(0).await;
        }
        if form == Form::Json {
            put("\n]}\n".to_owned());
        }
        let day = figures::iso(now());
        let day = day.get(..10).unwrap_or_default();
        let (ending, kind) = match form {
            Form::Json => ("json", "application/json"),
            Form::Csv => ("csv", "text/csv;charset=utf-8"),
        };
        let name = format!("assay-history-{day}.{ending}");
        dom::save_parts(&name, &parts, kind).map_err(|error| thrown(&error))?;
        history.ground.said.set(t1("history_exported", &name));
        Ok(())
    });
}

/// One download.
#[derive(Serialize)]
struct Exported<'a> {
    file_name: &'a str,
    size: u64,
    sha256: Option<String>,
    site: Option<&'a str>,
    url: &'a str,
    final_url: &'a str,
    completed_at: String,
    checked_at: Option<String>,
    verdict: Option<&'static str>,
    reasons: Vec<String>,
    signer: Option<ExportedSigner<'a>>,
    deleted: bool,
    attestations: Vec<ExportedAttestation<'a>>,
}

/// A signer, as people and as programs tell one.
#[derive(Serialize)]
struct ExportedSigner<'a> {
    name: String,
    #[serde(flatten)]
    signer: &'a Signer,
}

/// What one source proved.
#[derive(Serialize)]
struct ExportedAttestation<'a> {
    source: &'a str,
    signer: ExportedSigner<'a>,
    signed_at: Option<String>,
    log: Option<&'a str>,
    log_index: Option<u64>,
}

impl<'a> Exported<'a> {
    fn of(record: &'a DownloadRecord) -> Self {
        let judgement = record
            .judgement
            .as_ref()
            .filter(|_| record.verdict().is_some());
        Self {
            file_name: &record.file_name,
            size: record.size,
            sha256: record.digest.map(|digest| digest.to_hex()),
            site: record.site.as_deref(),
            url: &record.url,
            final_url: &record.final_url,
            completed_at: figures::iso(record.completed_at),
            checked_at: record.judged_at.map(figures::iso),
            verdict: record.verdict().map(|verdict| verdict.word()),
            reasons: judgement
                .iter()
                .flat_map(|judgement| judgement.reasons.iter().map(say))
                .collect(),
            signer: judgement
                .and_then(|judgement| judgement.signer.as_ref())
                .map(ExportedSigner::of),
            deleted: record.deleted,
            attestations: record.evidence.iter().flat_map(attestations).collect(),
        }
    }

    fn json(&self, is_first: bool) -> Result<String, String> {
        let text = serde_json::to_string(self).map_err(|error| error.to_string())?;
        Ok(format!("{}{text}", if is_first { "\n" } else { ",\n" }))
    }

    fn cells(&self) -> [String; COLUMNS.len()] {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let entries: Vec<String> = self
            .attestations
            .iter()
            .filter_map(|one| Some(format!("{} {}", one.log?, one.log_index?)))
            .collect();
        [
            self.completed_at.clone(),
            self.file_name.to_owned(),
            self.size.to_string(),
            text(self.site),
            self.url.to_owned(),
            text(self.verdict),
            self.signer
                .as_ref()
                .map(|signer| signer.name.clone())
                .unwrap_or_default(),
            self.reasons.join("\n"),
            text(self.sha256.as_deref()),
            text(self.checked_at.as_deref()),
            entries.join("\n"),
            self.deleted.to_string(),
        ]
    }
}

impl<'a> ExportedAttestation<'a> {
    fn of(source: &'a str, one: &'a Attestation) -> Self {
        let signed_at = one.signed_at;
        Self {
            source,
            signer: ExportedSigner::of(&one.signer),
            signed_at: signed_at.map(|seconds| figures::iso(seconds as f64 * 1000.0)),
            log: one.logged.as_ref().map(|logged| logged.origin.as_str()),
            log_index: one.logged.as_ref().map(|logged| logged.index),
        }
    }
}

impl<'a> ExportedSigner<'a> {
    fn of(signer: &'a Signer) -> Self {
        Self {
            name: words::signer(signer),
            signer,
        }
    }
}

fn attestations(evidence: &Evidence) -> Vec<ExportedAttestation<'_>> {
    let of = |one| ExportedAttestation::of(&evidence.source, one);
    evidence.proven().iter().map(of).collect()
}

fn json_head(now: f64) -> String {
    format!(
        "{{\"schema\":\"{SCHEMA}\",\"exported_at\":\"{}\",\"downloads\":[",
        figures::iso(now)
    )
}

/// The columns, which are not translated: programs read them, too.
const COLUMNS: [&str; 12] = [
    "completed_at",
    "file_name",
    "size",
    "site",
    "url",
    "verdict",
    "signer",
    "reasons",
    "sha256",
    "checked_at",
    "logged",
    "deleted",
];

/// A line of cells.
fn csv_line<const N: usize>(cells: [String; N]) -> String {
    let mut line = String::new();
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        csv_cell(cell, &mut line);
    }
    line.push_str("\r\n");
    line
}

/// A cell in quotes. What a spreadsheet would take for a formula gets an apostrophe in front: names
/// and addresses are chosen by strangers.
fn csv_cell(cell: &str, line: &mut String) {
    const STARTS: [char; 12] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '|', '＝', '＋', '－', '＠',
    ];
    line.push('"');
    if cell.trim_start_matches(' ').starts_with(STARTS) {
        line.push('\'');
    }
    line.push_str(&cell.replace('"', "\"\""));
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut line = String::new();
        csv_cell(text, &mut line);
        line
    }

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for start in ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"] {
            let text = format!("{start}cmd|' /C calc'!A0");
            assert_eq!(cell(&text), format!("\"'{text}\""), "{start:?}");
        }
        assert_eq!(cell("a=1"), "\"a=1\"");
    }

    #[test]
    fn quotes_commas_and_line_ends_stay_in_their_cell() {
        let line = csv_line(["a\"b,c\nd".to_owned(), String::new()]);
        assert_eq!(line, "\"a\"\"b,c\nd\",\"\"\r\n");
    }
}
