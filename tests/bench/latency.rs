use assay_core::verdict::Verdict;
use assay_tests::{
    Browser, Content, DownloadSite, Error, NotaryProcess, Person, Result, SIGNER, generated_chunk,
    signer_named, wait_until,
};

use crate::report::{Report, quantile};

const FILES: u64 = 40;
const OPENINGS: usize = 21;

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

    let mut paints = Vec::new();
    for _ in 0..OPENINGS {
        let popup = extension.open("popup.html")?;
        popup.command("Page.bringToFront", serde_json::json!({}))?;
        let painted = wait_until("the popup's first paint", || {
            let time: Option<f64> = popup
                .evaluate("performance.getEntriesByName('first-paint')[0]?.startTime ?? null")?;
            time.ok_or_else(|| "nothing painted".to_owned())
        })?;
        popup.wait_for_text("body", "file-")?;
        paints.push(painted);
    }
    report.put("popup.first_paint_ms_p50", quantile(paints, 0.5));
    Ok(())
}
