//! What is measured, in the text format of Prometheus.

use crate::batches::Batches;
use crate::histogram::Histogram;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the classes of a request's duration, in seconds.
const BOUNDS: [f64; 11] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// The media type of [`Metrics::text`].
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What is counted since the start.
#[derive(Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, u16), Histogram>>,
    refused: Mutex<BTreeMap<&'static str, u64>>,
    connections: AtomicU64,
}

/// An open connection; it is closed when this is dropped.
pub struct Open(Arc<Metrics>);

/// What others know.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    /// Entries in the log.
    pub entries: u64,
    /// Lines of the log that were left out.
    pub lines_dropped: u64,
}

impl Metrics {
    /// Counts an answered request. Routes are few and known.
    pub fn request(&self, route: &'static str, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let durations = requests.entry((route, status));
        let durations = durations.or_insert_with(|| Histogram::new(&BOUNDS));
        durations.count(took.as_secs_f64());
    }

    /// Counts a request or connection that was turned away. Reasons are few and known.
    pub fn refused(&self, reason: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(reason).or_default() += 1;
    }

    /// Counts a connection, as long as it is open.
    pub fn open(self: &Arc<Self>) -> Open {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Open(self.clone())
    }

    /// All of it.
    pub fn text(&self, now: Now, batches: &Batches) -> String {
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = self.write(&mut text, now);
        let _ = batches.write(&mut text, head);
        text
    }

    fn write(&self, text: &mut String, now: Now) -> std::fmt::Result {
        head(
            text,
            "assay_notary_info",
            "gauge",
            "The version of the program.",
        )?;
        let version = env!("CARGO_PKG_VERSION");
        writeln!(text, "assay_notary_info{{version=\"{version}\"}} 1")?;
        self.write_requests(text)?;
        let name = "assay_notary_refused_total";
        head(
            text,
            name,
            "counter",
            "Requests and connections that were turned away.",
        )?;
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        for (reason, count) in refused.iter() {
            writeln!(text, "{name}{{reason=\"{reason}\"}} {count}")?;
        }
        let simple = [
            (
                "assay_notary_log_entries",
                "gauge",
                "Entries in the log: its tree's size.",
                Some(now.entries),
            ),
            (
                "assay_notary_open_connections",
                "gauge",
                "Connections that are open.",
                Some(self.connections.load(Ordering::Relaxed)),
            ),
            (
                "assay_notary_log_lines_dropped_total",
                "counter",
                "Lines on standard error that were left out, as nobody read them.",
                Some(now.lines_dropped),
            ),
            (
                "process_resident_memory_bytes",
                "gauge",
                "Memory that the process has in use.",
                resident_memory(),
            ),
        ];
        for (name, kind, help, value) in simple {
            if let Some(value) = value {
                head(text, name, kind, help)?;
                writeln!(text, "{name} {value}")?;
            }
        }
        Ok(())
    }

    fn write_requests(&self, text: &mut String) -> std::fmt::Result {
        let name = "assay_notary_request_duration_seconds";
        head(
            text,
            name,
            "histogram",
            "From a request's head to the start of its answer; 499: the client went away.",
        )?;
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for ((route, status), durations) in requests.iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            durations.write(text, name, &labels)?;
        }
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(text, "# HELP {name} {help}")?;
    writeln!(text, "# TYPE {name} {kind}")
}

/// What the system says that this process has in memory, in bytes; only Linux does.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_in_every_class_that_holds_them() {
        let metrics = Arc::new(Metrics::default());
        metrics.request("/a", 200, Duration::from_millis(2));
        metrics.request("/a", 200, Duration::from_secs(60));
        metrics.refused("rate");
        let open = metrics.open();
        let batches = Batches::default();
        batches.count(3, Duration::from_millis(2), Duration::from_millis(1));
        let now = Now {
            entries: 7,
            lines_dropped: 0,
        };
        let text = metrics.text(now, &batches);
        let labels = "{route=\"/a\",status=\"200\"";
        let name = "assay_notary_request_duration_seconds";
        for line in [
            format!("{name}_bucket{labels},le=\"0.001\"}} 0"),
            format!("{name}_bucket{labels},le=\"0.0025\"}} 1"),
            format!("{name}_bucket{labels},le=\"5\"}} 1"),
            format!("{name}_bucket{labels},le=\"+Inf\"}} 2"),
            format!("{name}_sum{labels}}} 60.002"),
            format!("{name}_count{labels}}} 2"),
            "assay_notary_refused_total{reason=\"rate\"} 1".into(),
            "assay_notary_log_entries 7".into(),
            "assay_notary_open_connections 1".into(),
            "assay_notary_batch_entries_bucket{le=\"4\"} 1".into(),
            "assay_notary_batch_data_seconds_sum 0.002".into(),
            "assay_notary_batch_lock_seconds_bucket{le=\"0.001\"} 1".into(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        drop(open);
        let text = metrics.text(Now::default(), &batches);
        assert!(text.contains("assay_notary_open_connections 0"));
    }
}
