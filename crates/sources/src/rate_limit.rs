//! When a server that was asked too often may be asked again.

use crate::HttpRequest;
use assay_core::evidence::Failure;
use assay_core::site::host_of;
use std::cell::RefCell;

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

/// Who is left in peace for a while, by whose leave they were asked, and until when (in seconds since
/// 1970). It is forgotten with the process, and with the extension's worker: then they say it again.
type Peace = (String, Option<String>, i64);

thread_local! {
    static PEACE: RefCell<Vec<Peace>> = const { RefCell::new(Vec::new()) };
}

/// Remembers that a server wants to be left in peace. `now` is in seconds since 1970.
pub(crate) fn note(request: &HttpRequest, failure: &Failure, now: i64) {
    if let Failure::RateLimited { seconds } = failure
        && let Some(host) = host_of(&request.url)
    {
        PEACE.with_borrow_mut(|known| {
            known.retain(|(_, _, until)| *until > now);
            known.push((host, request.bearer.clone(), now + i64::from(*seconds)));
        });
    }
}

/// Why a request is not sent now: its server asked to be left in peace. `now` is in seconds since
/// 1970.
pub(crate) fn in_peace(request: &HttpRequest, now: i64) -> Option<Failure> {
    PEACE.with_borrow(|known| {
        if known.is_empty() {
            return None;
        }
        let host = host_of(&request.url)?;
        let seconds = known
            .iter()
            .filter(|(known, leave, _)| *known == host && *leave == request.bearer)
            // A clock that was put back does not make it longer.
            .map(|(_, _, until)| (until - now).min(LONGEST))
            .max()?;
        let seconds = u32::try_from(seconds).ok().filter(|left| *left > 0)?;
        Some(Failure::RateLimited { seconds })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Method;
    use std::time::Duration;

    #[test]
    fn who_asked_to_be_left_in_peace_is_for_so_long() {
        let request = |url: &str, bearer: Option<&str>| HttpRequest {
            method: Method::Get,
            url: url.to_owned(),
            accept: "*/*",
            time_limit: Duration::from_secs(1),
            bearer: bearer.map(str::to_owned),
            size_limit: 0,
            memory: crate::Memory::Asked,
        };
        let limited = request("https://api.example.org/a", None);
        note(&limited, &Failure::Unreachable, NOW);
        assert_eq!(in_peace(&limited, NOW), None);
        note(&limited, &Failure::RateLimited { seconds: 60 }, NOW);
        let left = |request: &HttpRequest, now| match in_peace(request, now) {
            Some(Failure::RateLimited { seconds }) => seconds,
            Some(other) => panic!("{other}"),
            None => 0,
        };
        assert_eq!(left(&limited, NOW + 20), 40);
        assert_eq!(left(&limited, NOW + 60), 0);
        assert_eq!(left(&limited, NOW - 10_000_000), 86400);
        assert_eq!(left(&request("https://api.example.org/b", None), NOW), 60);
        assert_eq!(left(&request("https://example.org/a", None), NOW), 0);
        // With a token there is another limit.
        let token = Some("token");
        assert_eq!(left(&request("https://api.example.org/a", token), NOW), 0);
    }

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
