//! Moments, for people.

use assay_core::root_store::day;

/// A moment in seconds since 1970, in UTC (RFC 3339): `2026-11-28T06:43:56Z`.
pub fn utc(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(86_400);
    let (hours, minutes) = (of_day / 3600, of_day / 60 % 60);
    format!(
        "{}T{hours:02}:{minutes:02}:{:02}Z",
        day(seconds),
        of_day % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_to_the_second() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(-1), "1969-12-31T23:59:59Z");
        assert_eq!(utc(951_782_400 + 3661), "2000-02-29T01:01:01Z");
    }
}
