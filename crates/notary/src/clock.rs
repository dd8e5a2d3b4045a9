//! The system's clock, and what is done where it was wrong.
//!
//! The times in a log never go back. So a clock that was ahead for a moment leaves a time in the log
//! that all later entries would get, until the clock is there; and clients refuse an entry from the
//! future, be it one second. Rather than sign what counts for nobody, nothing is signed until then.

use crate::moment;
use std::time::{SystemTime, UNIX_EPOCH};

/// By how much, in seconds, the clock may be behind the log's last entry: what a clock is set back by
/// that is kept in step with others, and no longer than a client may try again.
pub const MAX_BEHIND: u64 = 10;

/// The time of an entry that follows one of `last`.
///
/// # Errors
/// When the clock is too far behind that.
pub fn time_after(last: u64) -> Result<u64, ClockBehind> {
    let clock = now();
    match last.saturating_sub(clock) {
        0..=MAX_BEHIND => Ok(clock.max(last)),
        _ => Err(ClockBehind { clock, last }),
    }
}

/// The clock is behind the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock of this machine, {}, is behind the log's last entry, of {}: it is wrong now, or was \
     when that was logged. Nothing is logged until it has passed that time, as clients refuse entries \
     from the future. Set the clock right; if it is right, wait, or restore a backup of before that \
     entry, which begins a new tree",
    moment::told(*.clock), moment::told(*.last)
)]
pub struct ClockBehind {
    /// What the clock says, in seconds since the Unix epoch.
    pub clock: u64,
    /// When the last entry was logged, likewise.
    pub last: u64,
}

/// Seconds since the Unix epoch.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
