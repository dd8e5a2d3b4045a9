use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use assay_core::message::{Request, Response};
use assay_core::record::{DownloadRecord, Stage};
use assay_tests::{Browser, Content, DownloadSite, Error, Extension, Result, wait_until_within};
use serde_json::json;

use crate::peer::{Way, take};
use crate::report::{Report, quantile};

const MIB: u64 = 1024 * 1024;
const SPEED_SIZE: u64 = 1024 * MIB;
const MEMORY_SIZE: u64 = 4096 * MIB;
const ROUNDS: usize = 5;
/// Even a slow disk writes and reads 4 GiB in this time.
const LIMIT: Duration = Duration::from_secs(600);

/// The same file, in turn, by all: so that a machine that slows down slows all of them.
pub fn measure_speed(browser: &Browser, report: &mut Report) -> Result<()> {
    let extension = browser.extension()?;
    let site = DownloadSite::start()?;
    let record = download(browser, &extension, &site, "speed.bin", SPEED_SIZE)?;
    let file = Path::new(&record.path);
    let wanted = record.digest.map(|digest| digest.to_hex());
    let (mut ours, mut peer, mut read, mut coreutils) = (vec![], vec![], vec![], vec![]);
    let speed = |seconds: f64| SPEED_SIZE as f64 / MIB as f64 / seconds;
    for _ in 0..ROUNDS {
        coreutils.push(speed(sha256sum(file)?));
        ours.push(speed(
            check_again(browser, &extension, &record.id, None)?.seconds,
        ));
        let taken = take(&extension, file, Way::Peer)?;
        if taken.digest != wanted {
            return Err(Error::Other(format!(
                "the extension says {wanted:?}, the peer {:?}",
                taken.digest
            )));
        }
        peer.push(speed(taken.seconds));
        let taken = take(&extension, file, Way::ReadOnly)?;
        if taken.bytes != SPEED_SIZE {
            return Err(Error::Other(format!(
                "only {} bytes were read",
                taken.bytes
            )));
        }
        read.push(speed(taken.seconds));
    }
    report.put("hash.extension_mib_s", quantile(ours, 0.5));
    report.put("hash.hash_wasm_mib_s", quantile(peer, 0.5));
    report.put("hash.read_only_mib_s", quantile(read, 0.5));
    report.put("hash.sha256sum_mib_s", quantile(coreutils, 0.5));
    Ok(())
}

/// What all the browser's processes grow by while a file is hashed that is larger than any buffer.
pub fn measure_memory(mut browser: Browser, report: &mut Report) -> Result<()> {
    let site = DownloadSite::start()?;
    let extension = browser.extension()?;
    let large = download(&browser, &extension, &site, "large.bin", MEMORY_SIZE)?;
    drop(extension);
    // A fresh browser, so that nothing of the download itself is in the numbers; and everything
    // that hashing needs started by a small file.
    browser.quit()?;
    browser.start()?;
    let extension = browser.extension()?;
    let small = download(&browser, &extension, &site, "small.bin", MIB)?;
    check_again(&browser, &extension, &small.id, None)?;
    let before = settled_memory(&browser)?;
    let run = check_again(&browser, &extension, &large.id, Some(before))?;
    report.put(
        "hash.peak_rss_growth_mib",
        run.peak_growth as f64 / MIB as f64,
    );
    Ok(())
}

/// Waits until the browser has come to rest after its start.
fn settled_memory(browser: &Browser) -> Result<u64> {
    let mut last = 0_u64;
    let mut still = 0;
    wait_until_within(LIMIT, "the browser's memory to settle", || {
        std::thread::park_timeout(Duration::from_millis(500));
        let now = browser.resident_bytes();
        still = if now.abs_diff(last) < MIB {
            still + 1
        } else {
            0
        };
        last = now;
        if still >= 4 {
            Ok(now)
        } else {
            Err(format!("{now} bytes"))
        }
    })
}

fn download(
    browser: &Browser,
    extension: &Extension,
    site: &DownloadSite,
    name: &str,
    size: u64,
) -> Result<DownloadRecord> {
    browser.download(&site.put(name, Content::Generated { size }))?;
    wait_until_within(LIMIT, &format!("{name} to be checked"), || {
        std::thread::park_timeout(Duration::from_millis(100));
        match extension.record_of(name)? {
            Some(record) if record.stage == Stage::Done && record.digest.is_some() => Ok(record),
            seen => Err(format!("{seen:?}")),
        }
    })
}

struct Run {
    seconds: f64,
    peak_growth: u64,
}

/// Has a file checked once more, from its bytes on, and takes the time until the verdict.
fn check_again(
    browser: &Browser,
    extension: &Extension,
    id: &str,
    memory_before: Option<u64>,
) -> Result<Run> {
    let start: f64 = extension.inside("() => Date.now()", json!([]))?;
    let answer = extension.ask(&Request::CheckAgain { id: id.to_owned() })?;
    if answer != Response::Done {
        return Err(Error::Other(format!("no second check: {answer:?}")));
    }
    let mut peak_growth = 0;
    // Seldom, as asking takes time and memory from what is measured; the record itself says when it
    // was judged.
    let samples = if memory_before.is_some() { 40 } else { 2 };
    let ended = wait_until_within(LIMIT, "the second check to end", || {
        for _ in 0..samples {
            std::thread::park_timeout(Duration::from_millis(50));
            if let Some(before) = memory_before {
                peak_growth = peak_growth.max(browser.resident_bytes().saturating_sub(before));
            }
        }
        let records = extension.records()?;
        let record = records.iter().find(|record| record.id == id);
        let judged = record
            .filter(|record| record.stage == Stage::Done)
            .and_then(|record| record.judged_at);
        match judged {
            Some(judged) if judged >= start => Ok(judged),
            _ => Err(format!("{record:?}")),
        }
    })?;
    Ok(Run {
        seconds: (ended - start) / 1000.0,
        peak_growth,
    })
}

fn sha256sum(file: &Path) -> Result<f64> {
    let start = Instant::now();
    let output = Command::new("sha256sum").arg(file).output()?;
    if !output.status.success() {
        return Err(Error::Other("sha256sum failed".to_owned()));
    }
    Ok(start.elapsed().as_secs_f64())
}
