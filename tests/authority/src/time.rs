//! Moments and windows of time, in seconds since 1970.

use der::DateTime;
use der::asn1::{GeneralizedTime, UtcTime};
use std::time::Duration;
use x509_cert::time::Time;

/// When the story of this authority begins: 1 January 2025.
pub const BEGINNING: u64 = 1_735_689_600;
/// A moment that does not come soon: 1 January 2200.
pub const FAR_FUTURE: u64 = 7_258_118_400;
/// A year, in seconds.
pub const YEAR: u64 = 365 * 86_400;

/// From when until when something holds, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: u64,
    /// Until when.
    pub until: u64,
}

impl Window {
    /// From a year before the beginning until long after the far future: no obstacle.
    pub const WIDE: Self = Self {
        from: BEGINNING - YEAR,
        until: FAR_FUTURE + 50 * YEAR,
    };
}

/// A moment as JSON has it (RFC 3339).
pub fn rfc3339(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .expect("before the year 10000")
        .to_string()
}

/// UTCTime through 2049, GeneralizedTime after (RFC 5280, section 4.1.2.5).
pub(crate) fn x509(seconds: u64) -> Time {
    let since = Duration::from_secs(seconds);
    match UtcTime::from_unix_duration(since) {
        Ok(time) => Time::UtcTime(time),
        Err(_) => Time::GeneralTime(generalized(seconds)),
    }
}

pub(crate) fn generalized(seconds: u64) -> GeneralizedTime {
    GeneralizedTime::from_unix_duration(Duration::from_secs(seconds))
        .expect("before the year 10000")
}
