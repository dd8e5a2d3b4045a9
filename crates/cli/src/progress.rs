//! What takes long says how far it is: on standard error, where that is a terminal.

use crate::output;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What is done sooner says nothing.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// The one line for all that is done side by side, while there is one: nothing else has a line then.
static FOR_ALL: Mutex<Option<ForAll>> = Mutex::new(None);

struct ForAll {
    /// Shown only when it takes long.
    bar: Option<ProgressBar>,
    all: u64,
    done: u64,
}

/// How many of several things are done, in one line for all. It vanishes when it is dropped.
pub struct Several(Option<(Sender<()>, JoinHandle<()>)>);

impl Several {
    /// Of so many. Nothing is shown of a single one, which tells by itself how far it is.
    pub fn new(all: usize) -> Option<Self> {
        if all < 2 || !on_a_terminal() {
            return None;
        }
        with_all(|line| {
            *line = Some(ForAll {
                bar: None,
                all: all as u64,
                done: 0,
            });
        });
        let (over, ends) = channel();
        let teller = std::thread::spawn(move || {
            let mut pause = PATIENCE;
            while ends.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                with_all(|line| line.iter_mut().for_each(ForAll::show));
                pause = TICK;
            }
        });
        Some(Self(Some((over, teller))))
    }

    /// One more is done.
    pub fn advance(&self) {
        with_all(|line| line.iter_mut().for_each(|line| line.done += 1));
    }
}

impl ForAll {
    fn show(&mut self) {
        let bar = self.bar.get_or_insert_with(|| {
            ProgressBar::new(self.all)
                .with_style(style("{wide_bar} {pos} of {len} done ({elapsed})"))
                .with_elapsed(PATIENCE)
        });
        bar.set_position(self.done);
        bar.tick();
    }
}

impl Drop for Several {
    fn drop(&mut self) {
        if let Some((over, teller)) = self.0.take() {
            drop(over);
            let _ = teller.join();
        }
        let line = with_all(Option::take);
        if let Some(bar) = line.and_then(|line| line.bar) {
            bar.finish_and_clear();
        }
    }
}

/// Does something that writes to standard error, with the line for all out of the way.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    with_all(
        |line| match line.as_ref().and_then(|line| line.bar.as_ref()) {
            Some(bar) => bar.suspend(write),
            None => write(),
        },
    )
}

fn with_all<T>(then: impl FnOnce(&mut Option<ForAll>) -> T) -> T {
    then(&mut FOR_ALL.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Whether something may have a line of its own.
fn may_show() -> bool {
    on_a_terminal() && with_all(|line| line.is_none())
}

/// How much of something was read. It vanishes when it is dropped.
pub struct Reading {
    bar: Option<ProgressBar>,
    template: &'static str,
    name: String,
    size: u64,
    done: u64,
    /// When the first of it was there.
    begun: Option<Instant>,
}

impl Reading {
    /// Of a file with so many bytes.
    pub fn new(path: &Path, size: u64) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let template = "{msg} {wide_bar} {bytes} of {total_bytes}, {byte_rate}, {time} left";
        Self::of(&name.to_string_lossy(), template, size)
    }

    /// Of the log at this address, of which so many entries are read.
    pub fn of_log(url: &str, entries: u64) -> Self {
        let template = "{msg} {wide_bar} {pos} of {len} entries, {rate}, {time} left";
        Self::of(host(url), template, entries)
    }

    /// Of a repository of which so many objects are read.
    pub fn of_objects(path: &Path, objects: u64) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str());
        let template = "{msg} {wide_bar} {pos} of {len} objects, {rate}, {time} left";
        Self::of(&name.to_string_lossy(), template, objects)
    }

    fn of(name: &str, template: &'static str, size: u64) -> Self {
        Self {
            bar: None,
            template,
            name: output::plain(name),
            size,
            done: 0,
            begun: None,
        }
    }

    /// So much more of what several threads read at once.
    pub fn add(shared: &Mutex<Self>, more: usize) {
        let mut reading = shared.lock().unwrap_or_else(PoisonError::into_inner);
        reading.advance(more);
    }

    /// So much more.
    pub fn advance(&mut self, more: usize) {
        self.done = self.done.saturating_add(more as u64);
        let since = self.begun.get_or_insert_with(Instant::now).elapsed();
        if self.bar.is_none() && since >= PATIENCE && may_show() {
            let bar = ProgressBar::new(self.size)
                .with_style(with_rates(style(self.template)))
                .with_message(self.name.clone())
                .with_elapsed(since);
            self.bar = Some(bar);
        }
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Tells, while it lives, whom is waited for.
pub struct Waiting(Option<(Sender<()>, JoinHandle<()>)>);

impl Waiting {
    /// For the server at this address.
    pub fn new(url: &str) -> Self {
        if !may_show() {
            return Self(None);
        }
        let text = format!("waiting for {}", output::plain(host(url)));
        let (over, ends) = channel();
        let teller = std::thread::spawn(move || {
            if ends.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner()
                .with_style(style("{spinner} {msg} ({elapsed})"))
                .with_message(text)
                .with_elapsed(PATIENCE);
            while ends.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                bar.tick();
            }
            bar.finish_and_clear();
        });
        Self(Some((over, teller)))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((over, teller)) = self.0.take() {
            drop(over);
            // The line is gone before anything else is printed.
            let _ = teller.join();
        }
    }
}

fn on_a_terminal() -> bool {
    std::io::stderr().is_terminal()
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// What a template can have of how fast it goes, on the average since the first of it was there: what
/// was done before the line is shown is no leap to the line.
fn with_rates(style: ProgressStyle) -> ProgressStyle {
    style
        .with_key("rate", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _ = write!(out, "{}/s", average(state));
        })
        .with_key(
            "byte_rate",
            |state: &ProgressState, out: &mut dyn fmt::Write| {
                let _ = write!(out, "{}/s", HumanBytes(average(state)));
            },
        )
        .with_key("time", |state: &ProgressState, out: &mut dyn fmt::Write| {
            let to_do = state.len().unwrap_or_default().saturating_sub(state.pos());
            let per_one = state.elapsed().as_secs_f64() / state.pos().max(1) as f64;
            let seconds = (per_one * to_do as f64) as u64;
            let _ = write!(out, "{:#}", HumanDuration(Duration::from_secs(seconds)));
        })
}

/// How much was done in a second.
fn average(state: &ProgressState) -> u64 {
    let elapsed = state.elapsed().max(PATIENCE).as_millis();
    let done = u128::from(state.pos()) * 1000;
    u64::try_from(done / elapsed).unwrap_or(u64::MAX)
}

/// The host and port of an address.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}
