//! When a server that was asked too often may be asked again.

use assay_core::evidence::Failure;

/// Where a server does not say for how long: in seconds.
const USUAL: u32 = 60;

/// The longest that is believed, in seconds: a day.
const LONGEST: i64 = 24 * 60 * 60;

/// The failure that an answer is, where it says that too much was asked: status 429 (RFC 6585,
/// section 4), or 403 as GitHub has it, with `retry-after` (RFC 9110, section 10.2.3) in seconds or
/// `x-ratelimit-remaining: 0` and the time of `x-ratelimit-reset`. `header` looks up a header;
/// `now` is in seconds since 1970.
pub fn rate_limited(
    status: u16,
    header: impl Fn(&str) -> Option<String>,
    now: i64,
) -> Option<Failure> {
    if status != 429 && status != 403 {
        return None;
    }
    let number = |name: &str| header(name)?.trim().parse::<i64>().ok();
    let spent = number("x-ratelimit-remaining") == Some(0);
    let wait = match number("retry-after") {
        Some(seconds) => Some(seconds),
        None if spent => number("x-ratelimit-reset").map(|reset| reset.saturating_sub(now)),
        None => None,
    };
    let seconds = match wait {
        Some(seconds) => u32::try_from(seconds.clamp(1, LONGEST)).unwrap_or(USUAL),
        None if status == 429 || spent => USUAL,
        None => return None,
    };
    Some(Failure::RateLimited { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn wait(status: u16, headers: &[(&str, &str)]) -> Option<u32> {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match rate_limited(status, header, NOW)? {
            Failure::RateLimited { seconds } => Some(seconds),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_server_says_when_it_may_be_asked_again() {
        let reset = (NOW + 90).to_string();
        let spent = [
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", &*reset),
        ];
        assert_eq!(wait(403, &spent), Some(90));
        assert_eq!(wait(429, &spent), Some(90));
        assert_eq!(wait(429, &[("retry-after", "7")]), Some(7));
        assert_eq!(wait(403, &[("retry-after", "7")]), Some(7));
        assert_eq!(wait(429, &[]), Some(USUAL));
        assert_eq!(wait(429, &[("retry-after", "soon")]), Some(USUAL));
        assert_eq!(wait(403, &spent[..1]), Some(USUAL));
    }

    #[test]
    fn nobody_is_sent_away_for_ever_or_for_the_past() {
        assert_eq!(wait(429, &[("retry-after", "-1")]), Some(1));
        assert_eq!(wait(429, &[("retry-after", "99999999999")]), Some(86400));
        let past = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")];
        assert_eq!(wait(403, &past), Some(1));
    }

    #[test]
    fn a_plain_refusal_is_none() {
        assert_eq!(wait(403, &[]), None);
        let left = [("x-ratelimit-remaining", "5"), ("x-ratelimit-reset", "1")];
        assert_eq!(wait(403, &left), None);
        assert_eq!(wait(200, &[("retry-after", "7")]), None);
        assert_eq!(wait(503, &[("retry-after", "7")]), None);
    }
}
