//! The files that the history is exported to.

use super::{filled, finds, names, open, stored};
use crate::world::World;
use assay_tests::{Page, Result, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The file that an export leaves.
fn exported(world: &World, page: &Page, form: &str) -> Result<String> {
    page.click(&format!("[data-action=export-{form}]"))?;
    let folder = world.browser.download_folder();
    wait_until("the export on the disk", || {
        let found = std::fs::read_dir(&folder)
            .map_err(|error| error.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("assay-history-") && name.ends_with(&format!(".{form}"))
            })
            .ok_or("no file")?;
        std::fs::read_to_string(found).map_err(|error| error.to_string())
    })
}

/// The cells of a CSV file (RFC 4180).
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let row = rows.last_mut().expect("a row");
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                row.last_mut().expect("a cell").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {
                assert_eq!(rest.next(), Some('\n'));
                rows.push(vec![String::new()]);
            }
            other => row.last_mut().expect("a cell").push(other),
        }
    }
    assert_eq!(
        rows.pop(),
        Some(vec![String::new()]),
        "the last line ends, too"
    );
    rows
}

/// Names that strangers could choose.
const HOSTILE: [&str; 6] = [
    "=HYPERLINK(\"http://evil.example\",\"open\").csv",
    "+1,\"two\"\n three.txt",
    "@SUM(A1:A9).xlsx",
    "<img src=x onerror=\"document.title='owned'\">.html",
    "invoice\u{202E}fdp.exe",
    "-2+3 cmd|' /C calc'!A0.txt",
];

#[test]
fn exports_say_what_the_page_shows_and_names_stay_text() -> Result<()> {
    let (world, mut records) = filled(60)?;
    for (record, name) in records[1..].iter_mut().zip(HOSTILE) {
        record.file_name = name.to_owned();
        record.site = Some("evil.example".to_owned());
    }
    world.extension.put_records(&records[1..=HOSTILE.len()])?;
    let page = open(&world, "history.html#site=evil")?;
    finds(&page, HOSTILE.len(), records.len())?;
    let shown = names(&page)?;
    for (shown, name) in shown.iter().zip(HOSTILE) {
        assert_eq!(
            *shown,
            name.replace('\u{202E}', "⟨U+202E⟩")
                .replace('\n', "⟨U+000A⟩")
        );
    }
    let title: String = page.evaluate("document.title")?;
    let images: usize = page.evaluate("document.querySelectorAll('main img').length")?;
    assert_eq!((title.as_str(), images), ("History", 0));

    // The table has what was found, and not a cell that a spreadsheet would run.
    let csv = exported(&world, &page, "csv")?;
    let table = cells(csv.strip_prefix('\u{FEFF}').expect("the mark of UTF-8"));
    assert_eq!(table.len(), HOSTILE.len() + 1);
    let column = |name: &str| {
        let head = table[0].iter().position(|cell| cell == name);
        head.unwrap_or_else(|| panic!("no column {name}"))
    };
    for (row, (record, name)) in table[1..].iter().zip(records[1..].iter().zip(HOSTILE)) {
        let harmless = match name.starts_with(['=', '+', '-', '@']) {
            true => format!("'{name}"),
            false => name.to_owned(),
        };
        assert_eq!(row[column("file_name")], harmless);
        let digest = record.digest.expect("a digest").to_hex();
        assert_eq!(row[column("sha256")], digest);
        assert_eq!(row[column("size")], record.size.to_string());
        let verdict = record.verdict().expect("a verdict").word();
        assert_eq!(row[column("verdict")], verdict);
        for cell in row {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }

    // The other file has all, after the filter is gone, and says itself what it is.
    page.click("[data-action=clear-filters]")?;
    finds(&page, records.len(), records.len())?;
    let text = exported(&world, &page, "json")?;
    let told: Value = serde_json::from_str(&text)?;
    assert_eq!(told["schema"], "assay.history.v1");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/history.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).expect("it"))?;
    let described = |kind: &str| -> BTreeSet<String> {
        let required = schema["$defs"][kind]["required"].as_array();
        let names = required.into_iter().flatten();
        names
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    };
    let fields = |value: &Value| -> BTreeSet<String> {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let download = &told["downloads"][0];
    assert_eq!(fields(download), described("download"));
    assert_eq!(fields(&download["signer"]), described("signer"));
    assert_eq!(
        fields(&download["attestations"][0]),
        described("attestation")
    );
    let downloads = told["downloads"].as_array().expect("downloads");
    assert_eq!(downloads.len(), records.len());
    for (told, record) in downloads.iter().zip(&records) {
        assert_eq!(told["file_name"], record.file_name);
        assert_eq!(told["sha256"], record.digest.expect("a digest").to_hex());
        assert_eq!(told["site"], json!(record.site));
        assert_eq!(told["url"], record.url);
        assert_eq!(told["size"], record.size);
        assert_eq!(told["verdict"], json!(record.verdict()));
        let time: f64 = page.call("(time) => Date.parse(time)", json!([told["completed_at"]]))?;
        assert_eq!(time, record.completed_at.floor());
        let judgement = record.judgement.as_ref().expect("a judgement");
        let reasons = told["reasons"].as_array().expect("reasons");
        assert_eq!(reasons.len(), judgement.reasons.len());
        assert_eq!(told["signer"].is_null(), judgement.signer.is_none());
        if let Some(signer) = &judgement.signer {
            assert_eq!(told["signer"]["identity"], json!(signer.identity));
        }
    }
    let first = &downloads[0];
    assert_eq!(
        first["reasons"][0],
        "Signed by release@example.org, whom you trust."
    );
    assert_eq!(first["attestations"][0]["log_index"], 0);
    assert!(!text.contains("verificationMaterial"), "no bundles");
    assert!(!text.contains(&records[0].path), "and no paths");
    assert_eq!(
        stored(&world)?.len(),
        records.len(),
        "exports are not checked as downloads"
    );
    Ok(())
}
