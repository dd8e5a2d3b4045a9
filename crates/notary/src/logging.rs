//! What the notary says on standard error: a line a happening, for machines to read.
//!
//! What is secret never comes here: no headers, no queries, no bodies. A thread writes, so that
//! nobody waits for whoever reads the lines; if that one is too slow, lines are left out and counted.

use crate::client_address::network;
use crate::config::{Addresses, Format, Level, Log};
use serde_json::Value;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use x509_cert::der::DateTime;

/// How many lines may wait.
const QUEUE: usize = 4096;

/// From how many bytes on lines are written together.
const MAX_WRITE: usize = 64 * 1024;

/// How long the end waits for whoever reads the lines.
const FLUSH_TIME: Duration = Duration::from_secs(1);
/// How often it looks meanwhile whether there is room.
const FLUSH_PAUSE: Duration = Duration::from_millis(10);

/// Where happenings are told.
pub struct Logger {
    options: Log,
    lines: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

enum Message {
    Line(String),
    /// Tell when all before is written.
    Flush(SyncSender<()>),
}

impl Logger {
    /// Tells them on standard error.
    pub fn new(options: &Log) -> Self {
        let (lines, waiting) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let (counted, format) = (dropped.clone(), options.format);
        // Without a thread there is nobody to tell, as when standard error is closed.
        let _ = std::thread::Builder::new()
            .name("log".into())
            .spawn(move || write_all(&waiting, &counted, format, &mut std::io::stderr()));
        Self {
            options: options.clone(),
            lines,
            dropped,
        }
    }

    /// Whether happenings of this level are told.
    pub fn tells(&self, level: Level) -> bool {
        level <= self.options.level
    }

    /// Tells a happening.
    pub fn tell(&self, level: Level, event: &str, fields: &[(&str, Value)]) {
        if !self.tells(level) {
            return;
        }
        let line = line(self.options.format, since_1970(), level, event, fields);
        if self.lines.try_send(Message::Line(line)).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// As much of a client's address as may be told.
    pub fn address(&self, client: IpAddr) -> Option<Value> {
        match self.options.addresses {
            Addresses::None => None,
            Addresses::Full => Some(client.to_string().into()),
            Addresses::Short => Some(network(client).to_string().into()),
        }
    }

    /// How many lines were left out.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until all that was told is written, or until it is clear that nobody reads it. Blocks.
    pub fn flush(&self) {
        let until = Instant::now() + FLUSH_TIME;
        let (written, wait) = sync_channel(1);
        let mut message = Message::Flush(written);
        while let Err(TrySendError::Full(back)) = self.lines.try_send(message) {
            if Instant::now() >= until {
                return;
            }
            message = back;
            std::thread::sleep(FLUSH_PAUSE);
        }
        let _ = wait.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

fn write_all(
    waiting: &Receiver<Message>,
    dropped: &AtomicU64,
    format: Format,
    out: &mut dyn std::io::Write,
) {
    let mut told = 0;
    while let Ok(first) = waiting.recv() {
        // All that wait share a write.
        let mut lines = String::new();
        let mut next = Some(first);
        let mut flush = None;
        while let Some(message) = next.take() {
            match message {
                Message::Line(line) => lines.push_str(&line),
                Message::Flush(written) => flush = Some(written),
            }
            if flush.is_none() && lines.len() < MAX_WRITE {
                next = waiting.try_recv().ok();
            }
        }
        let count = dropped.load(Ordering::Relaxed);
        if count > told {
            let fields = [("lines", Value::from(count - told))];
            let event = "lines_dropped";
            lines += &line(format, since_1970(), Level::Warn, event, &fields);
            told = count;
        }
        // Where nobody listens there is nothing to do about it.
        let _ = out.write_all(lines.as_bytes());
        if let Some(written) = flush {
            let _ = written.send(());
        }
    }
}

fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn line(
    format: Format,
    since: Duration,
    level: Level,
    event: &str,
    fields: &[(&str, Value)],
) -> String {
    let level = match level {
        Level::Off | Level::Error => "error",
        Level::Warn => "warn",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    let fixed = [
        ("time", Value::from(time(since))),
        ("level", Value::from(level)),
        ("event", Value::from(event)),
    ];
    let mut line = String::new();
    for (number, (key, value)) in fixed.iter().chain(fields).enumerate() {
        // Writing into a text does not fail.
        let _ = match format {
            Format::Json => {
                let before = if number == 0 { '{' } else { ',' };
                write!(line, "{before}\"{key}\":{value}")
            }
            Format::Logfmt => {
                let before = if number == 0 { "" } else { " " };
                write!(line, "{before}{key}={}", bare(value))
            }
        };
    }
    if format == Format::Json {
        line.push('}');
    }
    line.push('\n');
    line
}

/// A value without quotes where it needs none.
fn bare(value: &Value) -> String {
    match value.as_str() {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        _ => value.to_string(),
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\')
}

/// RFC 3339, with milliseconds.
fn time(since: Duration) -> String {
    let seconds = DateTime::from_unix_duration(Duration::from_secs(since.as_secs()));
    let text = seconds.map_or_else(|_| String::new(), |time| time.to_string());
    format!(
        "{}.{:03}Z",
        text.trim_end_matches('Z'),
        since.subsec_millis()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_were_left_out_are_counted_and_told() {
        let (lines, waiting) = sync_channel(4);
        let dropped = AtomicU64::new(3);
        lines.send(Message::Line("first\n".into())).unwrap();
        drop(lines);
        let mut out = Vec::new();
        write_all(&waiting, &dropped, Format::Logfmt, &mut out);
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with("first\n"), "{out}");
        assert!(
            out.ends_with("level=warn event=lines_dropped lines=3\n"),
            "{out}"
        );
    }

    #[test]
    fn a_line_is_one_object_or_pairs() {
        let fields = [
            ("route", Value::from("/a b\n\u{1b}\"")),
            ("status", Value::from(200)),
            ("empty", Value::from("")),
        ];
        let since = Duration::from_millis(1_764_302_400_007);
        let json = line(Format::Json, since, Level::Warn, "request", &fields);
        assert_eq!(
            json,
            "{\"time\":\"2025-11-28T04:00:00.007Z\",\"level\":\"warn\",\"event\":\"request\",\
             \"route\":\"/a b\\n\\u001b\\\"\",\"status\":200,\"empty\":\"\"}\n"
        );
        assert!(serde_json::from_str::<Value>(&json).is_ok());
        let pairs = line(Format::Logfmt, since, Level::Info, "request", &fields);
        assert_eq!(
            pairs,
            "time=2025-11-28T04:00:00.007Z level=info event=request \
             route=\"/a b\\n\\u001b\\\"\" status=200 empty=\"\"\n"
        );
    }
}
