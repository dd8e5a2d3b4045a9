//! Days and moments as administrators write them.

use std::time::Duration;
use x509_cert::der::DateTime;

/// A day in UTC (`2026-11-20`, its beginning) or a moment (RFC 3339, in UTC, whole seconds:
/// `2026-11-20T15:00:00Z`), in seconds since the Unix epoch. `None` if it is neither.
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text.to_owned(),
    };
    let time: DateTime = whole.parse().ok()?;
    Some(time.unix_duration().as_secs())
}

/// A moment in seconds since the Unix epoch, as [`parse`] reads it; the number itself where no calendar
/// has it.
pub fn told(seconds: u64) -> String {
    DateTime::from_unix_duration(Duration::from_secs(seconds))
        .map_or_else(|_| format!("second {seconds}"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read_and_nothing_else() {
        assert_eq!(parse("1970-01-02"), Some(86_400));
        assert_eq!(parse("2026-11-20T15:00:00Z"), Some(1_795_186_800));
        assert_eq!(told(1_795_186_800), "2026-11-20T15:00:00Z");
        assert_eq!(told(u64::MAX), "second 18446744073709551615");
        for wrong in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11-20T15:00:00",
            "20-11-2026",
            "2026-02-30",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
