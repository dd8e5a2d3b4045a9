//! How much a notary takes: durable notarizations and look-ups a second, memory, start-up, and how
//! these change as the log grows to a million entries.
//!
//! The real program is loaded by another one (`tests/load`) on the same machine. What is measured
//! includes what that costs, which is told, too.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use assay_tests::{Error, NotaryProcess, Result, output_of, taken_by, target_folder};
use serde_json::Value;

use crate::report::{Report, quantile};

/// As many clients write, and ask, at once; each waits for its answer.
const CLIENTS: u64 = 64;
/// So many entries are notarized each time, and asked about.
const ENTRIES: u64 = 30_000;
const LOOKUPS: u64 = 150_000;
/// So many durable writes, one after the other.
const SYNCS: u64 = 2_000;
/// So often is the notary started; the median counts.
const STARTS: usize = 5;
/// The address that the filled logs say they have, and their entries' series; as `load fill` does.
const ADDRESS: &str = "http://127.0.0.1:7340";
const FILLED: &str = "filled";

/// The sizes at which a log is looked at, with the keys of how long it takes to start and of what
/// it takes on the disk, in MiB.
const SIZES: [(u64, &str, &str); 3] = [
    (0, "notary.start_ms", "notary.store_mib"),
    (10_000, "notary.10k.start_ms", "notary.10k.store_mib"),
    (100_000, "notary.100k.start_ms", "notary.100k.store_mib"),
];

/// The largest.
const MILLION: (u64, &str, &str) = (1_000_000, "notary.1m.start_ms", "notary.1m.store_mib");

/// The keys of what is measured under load.
struct Keys {
    notarize_per_s: &'static str,
    notarize_p50_ms: &'static str,
    notarize_p99_ms: &'static str,
    notarize_cpu_us: &'static str,
    lookup_per_s: &'static str,
    lookup_p99_ms: &'static str,
    lookup_cpu_us: &'static str,
    rss_mib: &'static str,
}

const NEW: Keys = Keys {
    notarize_per_s: "notary.notarize_per_s",
    notarize_p50_ms: "notary.notarize_p50_ms",
    notarize_p99_ms: "notary.notarize_p99_ms",
    notarize_cpu_us: "notary.notarize_cpu_us",
    lookup_per_s: "notary.lookup_per_s",
    lookup_p99_ms: "notary.lookup_p99_ms",
    lookup_cpu_us: "notary.lookup_cpu_us",
    rss_mib: "notary.rss_mib",
};

const OF_A_MILLION: Keys = Keys {
    notarize_per_s: "notary.1m.notarize_per_s",
    notarize_p50_ms: "notary.1m.notarize_p50_ms",
    notarize_p99_ms: "notary.1m.notarize_p99_ms",
    notarize_cpu_us: "notary.1m.notarize_cpu_us",
    lookup_per_s: "notary.1m.lookup_per_s",
    lookup_p99_ms: "notary.1m.lookup_p99_ms",
    lookup_cpu_us: "notary.1m.lookup_cpu_us",
    rss_mib: "notary.1m.rss_mib",
};

/// All of it.
pub fn measure(report: &mut Report) -> Result<()> {
    // On the disk where the target folder is: what is for temporary files may be memory.
    let folder = target_folder()?.join("bench/notary");
    std::fs::create_dir_all(&folder)?;
    let scratch = folder.join("scratch");
    let said = load(&["sync", &shown(&scratch), &SYNCS.to_string()])?;
    report.put("notary.disk_sync_per_s", number(&said, "disk_per_s")?);
    report.put("notary.fsync_per_s", number(&said, "store_per_s")?);

    let fresh = Emptied::new(scratch)?;
    let notary = NotaryProcess::start_in(fresh.path(), ADDRESS)?;
    under_load(&notary, "fresh", ENTRIES, &NEW, report)?;
    drop(notary);

    for (entries, start, store) in SIZES.into_iter().chain([MILLION]) {
        let filled = filled(&folder, entries)?;
        report.put(start, start_ms(&filled)?);
        report.put(store, mib(size_of(&filled)?));
    }
    // What is kept for the next time stays as it is.
    let fresh = Emptied::new(fresh.into_path())?;
    copy(&filled(&folder, MILLION.0)?, fresh.path())?;
    let mut notary = NotaryProcess::start_in(fresh.path(), ADDRESS)?;
    under_load(&notary, FILLED, MILLION.0, &OF_A_MILLION, report)?;
    // What is not told to stop has no time to leave its store in order.
    notary.stop();
    let begun = Instant::now();
    notary.restart()?;
    report.put("notary.1m.start_after_kill_ms", ms(begun));
    Ok(())
}

/// Notarizes entries, then asks about the first `known` of a series.
fn under_load(
    notary: &NotaryProcess,
    series: &str,
    known: u64,
    keys: &Keys,
    report: &mut Report,
) -> Result<()> {
    let address = format!("127.0.0.1:{}", notary.port());
    let (clients, entries) = (CLIENTS.to_string(), ENTRIES.to_string());
    let known = known.to_string();
    // The first requests find nothing prepared, which is not what lasts.
    load(&["post", &address, &clients, "1000", "warm"])?;
    let before = taken(notary)?;
    // Another series than what is there already, if anything is.
    let new = if series == FILLED { "more" } else { series };
    let said = load(&["post", &address, &clients, &entries, new])?;
    report.put(keys.notarize_per_s, rate(&said)?);
    report.put(keys.notarize_p50_ms, number(&said, "p50_ms")?);
    report.put(keys.notarize_p99_ms, number(&said, "p99_ms")?);
    tell(
        "notarization",
        keys.notarize_cpu_us,
        notary,
        before,
        &said,
        report,
    )?;

    load(&["get", &address, &clients, "20000", series, &known])?;
    let before = taken(notary)?;
    let lookups = LOOKUPS.to_string();
    let said = load(&["get", &address, &clients, &lookups, series, &known])?;
    report.put(keys.lookup_per_s, rate(&said)?);
    report.put(keys.lookup_p99_ms, number(&said, "p99_ms")?);
    tell("look-up", keys.lookup_cpu_us, notary, before, &said, report)?;
    report.put(keys.rss_mib, mib(taken(notary)?.1));
    Ok(())
}

/// Puts what each took of the notary's processor time, and says what it took of the other's.
fn tell(
    what: &str,
    key: &'static str,
    notary: &NotaryProcess,
    before: (f64, u64),
    said: &Value,
    report: &mut Report,
) -> Result<()> {
    let done = number(said, "done")?;
    report.put(key, (taken(notary)?.0 - before.0) * 1e6 / done);
    let own = number(said, "cpu_seconds")? * 1e6 / done;
    eprintln!("    sending a {what} took {own:.0} us of processor time");
    Ok(())
}

/// The notary's processor time in seconds, and its most memory in bytes.
fn taken(notary: &NotaryProcess) -> Result<(f64, u64)> {
    let (cpu, memory) = notary
        .process()
        .and_then(taken_by)
        .ok_or_else(|| Error::Other("the notary has ended".to_owned()))?;
    Ok((cpu.as_secs_f64(), memory))
}

/// A folder with a notary of so many entries, made before or now: its data, and what it keeps
/// beside them.
fn filled(folder: &Path, entries: u64) -> Result<PathBuf> {
    let filled = folder.join(format!("filled-{entries}"));
    // Of another version it may not be readable, or not be what would be written now.
    let version = filled.join("made-by");
    let now = program_digest()?;
    if std::fs::read(&version).is_ok_and(|made_by| made_by == now.as_bytes()) {
        return Ok(filled);
    }
    eprintln!("    a log of {entries} entries is made, and kept for the next time");
    let emptied = Emptied::new(filled)?;
    let data = emptied.path().join("notary");
    let said = load(&["fill", &shown(&data), &entries.to_string()])?;
    eprintln!("    it took {:.0} s", number(&said, "seconds")?);
    let filled = emptied.into_path();
    std::fs::write(version, now)?;
    Ok(filled)
}

/// How long the program takes until it answers.
fn start_ms(filled: &Path) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut notary = NotaryProcess::start_in(filled, ADDRESS)?;
        times.push(ms(begun));
        notary.terminate()?;
    }
    Ok(quantile(times, 0.5))
}

/// Runs the program that loads the notary.
fn load(arguments: &[&str]) -> Result<Value> {
    let output = Command::new(load_program()?)
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()?;
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout)?),
        false => Err(Error::Other(format!(
            "load {arguments:?}: {}",
            output.status
        ))),
    }
}

fn load_program() -> Result<PathBuf> {
    let named = std::env::var_os("ASSAY_LOAD").map(PathBuf::from);
    named.ok_or_else(|| Error::Missing {
        what: "the variable ASSAY_LOAD".to_owned(),
        remedy: "start this through `cargo xtask bench`".to_owned(),
    })
}

/// A folder that is empty at first, and removed unless it is kept.
struct Emptied(Option<PathBuf>);

impl Emptied {
    fn new(path: PathBuf) -> Result<Self> {
        if path.exists() {
            std::fs::remove_dir_all(&path)?;
        }
        std::fs::create_dir_all(&path)?;
        Ok(Self(Some(path)))
    }

    fn path(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    fn into_path(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Emptied {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // A next run empties it.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// What tells one build of the loading program, which has the notary in it, from another.
fn program_digest() -> Result<String> {
    let program = std::fs::read(load_program()?)?;
    Ok(assay_core::digest::Sha256Digest::of(&program).to_hex())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    // Where the file system can, it copies nothing but a reference.
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]);
    output_of(copy.arg(from.join(".")).arg(to)).map(drop)
}

fn size_of(folder: &Path) -> Result<u64> {
    let mut size = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        size += match entry.file_type()?.is_dir() {
            true => size_of(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(size)
}

fn rate(said: &Value) -> Result<f64> {
    Ok(number(said, "done")? / number(said, "seconds")?)
}

fn number(said: &Value, key: &str) -> Result<f64> {
    said[key]
        .as_f64()
        .ok_or_else(|| Error::Other(format!("no {key} in {said}")))
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / (1024.0 * 1024.0)
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
