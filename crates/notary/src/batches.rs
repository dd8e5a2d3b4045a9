//! What is measured of the batches in which entries are written.

use crate::histogram::Histogram;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the classes of a batch's entries.
const ENTRIES: [f64; 6] = [1.0, 4.0, 16.0, 64.0, 256.0, 1024.0];

/// Upper bounds of the classes of the time that a batch took, in seconds.
const SECONDS: [f64; 10] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5,
];

/// The batches since the start.
#[derive(Debug)]
pub struct Batches(Mutex<Measured>);

#[derive(Debug)]
struct Measured {
    entries: Histogram,
    data: Histogram,
    lock: Histogram,
}

impl Default for Batches {
    fn default() -> Self {
        Self(Mutex::new(Measured {
            entries: Histogram::new(&ENTRIES),
            data: Histogram::new(&SECONDS),
            lock: Histogram::new(&SECONDS),
        }))
    }
}

impl Batches {
    /// A batch is durable: how long its data took, and then the lock.
    pub fn count(&self, entries: usize, data: Duration, lock: Duration) {
        let mut measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        measured.entries.count(entries as f64);
        measured.data.count(data.as_secs_f64());
        measured.lock.count(lock.as_secs_f64());
    }

    /// Writes all of it; `head` begins each metric with its name, kind and explanation.
    ///
    /// # Errors
    /// When the text cannot be written to.
    pub fn write(
        &self,
        text: &mut String,
        head: impl Fn(&mut String, &str, &str, &str) -> std::fmt::Result,
    ) -> std::fmt::Result {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = [
            (
                "assay_notary_batch_entries",
                "Entries that were made durable together.",
                &measured.entries,
            ),
            (
                "assay_notary_batch_data_seconds",
                "How long the data of a batch took to be on disk (fsync).",
                &measured.data,
            ),
            (
                "assay_notary_batch_lock_seconds",
                "How long its checkpoint took to be in the lock store (fsync).",
                &measured.lock,
            ),
        ];
        for (name, help, histogram) in all {
            head(text, name, "histogram", help)?;
            histogram.write(text, name, "")?;
        }
        Ok(())
    }
}
