use assay_core::verdict::Verdict;
use assay_tests::{
    Browser, Content, DownloadSite, Error, Extension, NotaryProcess, Page, Person, Result, SIGNER,
    generated_chunk, many_records, signer_named, wait_until,
};
use serde_json::{Value, json};

use crate::interaction;
use crate::report::{Report, quantile};

const FILES: u64 = 40;
const OPENINGS: usize = 21;
const RECORDS: usize = 10_000;
/// As many as fill the popup.
const FEW: usize = 60;

/// How long a person waits: for a verdict after a download, for the popup after a click.
pub fn measure(browser: &Browser, report: &mut Report) -> Result<()> {
    let notary = NotaryProcess::start()?;
    let site = DownloadSite::start()?;
    let person = Person::new()?;
    notary.enrol(SIGNER, &person)?;
    let extension = browser.extension()?;
    extension.add_notary(&notary.url(), Some(notary.fingerprint()))?;
    extension.trust(signer_named(&notary, SIGNER))?;
    let folder = browser.profile().join("to-sign");
    std::fs::create_dir_all(&folder)?;
    measure_popup(&extension, "popup.first_paint_ms_p50", None, report)?;
    let mut waits = Vec::new();
    for number in 0..FILES {
        let name = format!("file-{number}.bin");
        let path = folder.join(&name);
        let bytes: Vec<u8> = (0..4)
            .flat_map(|part| generated_chunk(number * 4 + part))
            .collect();
        std::fs::write(&path, bytes)?;
        person.sign(&path, &notary)?;
        browser.download(&site.put(&name, Content::File(path)))?;
        let record = extension.wait_for_judgement(&name)?;
        if record.verdict() != Some(Verdict::Verified) {
            return Err(Error::Other(format!("{name} is not verified: {record:?}")));
        }
        // The first one starts the service worker, the offscreen document and its Workers.
        if number > 0 {
            waits.push(record.judged_at.unwrap_or(f64::NAN) - record.completed_at);
        }
    }
    report.put(
        "latency.complete_to_verdict_ms_p50",
        quantile(waits.clone(), 0.5),
    );
    report.put("latency.complete_to_verdict_ms_p95", quantile(waits, 0.95));

    let Some(real) = extension.record_of("file-0.bin")? else {
        return Err(Error::Other("file-0.bin has no record".to_owned()));
    };
    extension.put_records(&many_records(&real, FEW))?;
    interaction::measure(&extension, report)?;
    extension.put_records(&many_records(&real, RECORDS))?;
    measure_popup(
        &extension,
        "popup.first_paint_10000_ms_p50",
        Some("popup.list_10000_ms_p50"),
        report,
    )?;
    measure_history(&extension, report)
}

/// From opening the popup until something is painted, and until its list is.
fn measure_popup(
    extension: &Extension,
    first_paint: &'static str,
    list: Option<&'static str>,
    report: &mut Report,
) -> Result<()> {
    let (mut paints, mut lists) = (Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        let popup = opened(extension, "popup.html", ".entry, .blank")?;
        let painted = wait_until("the popup's first paint", || {
            let time: Option<f64> = popup
                .evaluate("performance.getEntriesByName('first-paint')[0]?.startTime ?? null")?;
            time.ok_or_else(|| "nothing painted".to_owned())
        })?;
        paints.push(painted);
        lists.push(shown(&popup)?);
    }
    report.put(first_paint, quantile(paints, 0.5));
    if let Some(key) = list {
        report.put(key, quantile(lists, 0.5));
    }
    Ok(())
}

/// From opening the history until its first lines are painted; and from typing until what was found
/// is.
fn measure_history(extension: &Extension, report: &mut Report) -> Result<()> {
    let mut lists = Vec::new();
    for _ in 0..OPENINGS {
        lists.push(shown(&opened(extension, "history.html", ".line")?)?);
    }
    report.put("history.first_lines_ms_p50", quantile(lists, 0.5));
    let page = opened(extension, "history.html", ".line")?;
    wait_until("all of the history", || {
        match page.evaluate("document.body.dataset.loaded === 'true'")? {
            true => Ok(()),
            false => Err(page.text("[data-field=count]")?),
        }
    })?;
    let mut waits = Vec::new();
    for words in SEARCHES {
        // One letter after the other, as it is typed.
        for (end, _) in words.char_indices().skip(1).chain([(words.len(), ' ')]) {
            waits.push(page.call(SEARCH, json!([words.get(..end)]))?);
        }
    }
    eprintln!("    {} searches", waits.len());
    report.put("history.search_ms_p95", quantile(waits, 0.95));
    Ok(())
}

/// What is typed into the search of the history: found often, seldom, and never.
const SEARCHES: [&str; 8] = [
    "aurora",
    "pdf",
    "release@example.org",
    "dl.example.org zip",
    "geschäftsführung",
    "installer-77",
    "数据集",
    "nobody has this",
];

/// From the event of typing until the frame with what was found is painted, in milliseconds.
const SEARCH: &str = r##"(words) => new Promise((done) => {
  const input = document.querySelector("#search");
  input.value = words;
  const begun = performance.now();
  input.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - begun);
    channel.port2.postMessage(0);
  });
})"##;

/// Opens a page that notes when the first element of a kind is painted.
pub fn opened(extension: &Extension, path: &str, selector: &str) -> Result<Page> {
    let page = extension.open("manifest.json")?;
    page.command("Page.enable", json!({}))?;
    let script = NOTE_WHEN_SHOWN.replace("SELECTOR", selector);
    page.command(
        "Page.addScriptToEvaluateOnNewDocument",
        json!({ "source": script }),
    )?;
    page.command("Page.bringToFront", json!({}))?;
    page.command("Page.navigate", json!({ "url": extension.url(path) }))?;
    Ok(page)
}

const NOTE_WHEN_SHOWN: &str = r#"new MutationObserver((_, self) => {
  if (!document.querySelector("SELECTOR")) return;
  self.disconnect();
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { globalThis.shownAt = performance.now(); };
    channel.port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true })"#;

/// When that was, in milliseconds since the page was opened.
fn shown(page: &Page) -> Result<f64> {
    wait_until("the list", || {
        let at: Value = page.evaluate("globalThis.shownAt ?? null")?;
        at.as_f64().ok_or_else(|| "it is not there".to_owned())
    })
}
