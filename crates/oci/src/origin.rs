//! Addresses: which host an address is of, and which may be followed.

use std::net::IpAddr;
use ureq::http::Uri;

/// A scheme, a host and a port: what credentials are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// The origin of an address: `https`, or `http` on this machine. `None` for any other, and for one
    /// with a name or a password in it.
    pub fn of(address: &str) -> Option<Self> {
        let uri: Uri = address.parse().ok()?;
        let scheme = uri.scheme_str()?.to_owned();
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        let host = authority.host().to_ascii_lowercase();
        let default = match scheme.as_str() {
            "https" => 443,
            "http" if is_loopback(authority.as_str()) => 80,
            _ => return None,
        };
        // A port that is no number is not that of the scheme.
        let port = match authority.as_str().rsplit_once(':') {
            Some((_, port)) if !port.ends_with(']') => port.parse().ok()?,
            _ => default,
        };
        Some(Self { scheme, host, port })
    }

    /// Whether whoever asks this one may be sent on to the other: never from the network to this
    /// machine, where they would reach what others cannot.
    pub fn may_lead_to(&self, other: &Self) -> bool {
        self == other || (other.scheme == "https" && !leads_inward(&other.host)) || self.is_here()
    }

    /// Whether it is this machine.
    pub fn is_here(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// The address that another one leads to (RFC 3986, section 5.2, as far as registries need it: whole
/// addresses, absolute paths, and queries).
pub fn resolve(base: &str, to: &str) -> Option<String> {
    let is_path = to.starts_with('/');
    if !is_path && to.contains("://") {
        return Origin::of(to).map(|_| to.to_owned());
    }
    let (scheme, rest) = base.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    match is_path && !to.starts_with("//") {
        true => Some(format!("{scheme}://{authority}{to}")),
        false => None,
    }
}

/// Whether a host, with or without a port, is this machine by its very name: nothing is looked up.
pub fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') && !host.is_empty() => host,
        _ => authority,
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether a host is this machine by any of the names that resolvers understand without asking
/// anybody: the loopback and unspecified addresses in all their spellings, and `localhost` with all
/// below it (RFC 6761, section 6.3). Nobody has a good reason to send there, so what is no usual
/// spelling of any address counts as one.
fn leads_inward(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => {
            let name = bare.strip_suffix('.').unwrap_or(bare);
            let last = name.rsplit('.').next().unwrap_or_default();
            // 127.1, 2130706433, 0x7f.1: numbers that are read as an address of this machine.
            let is_number = last.starts_with(|c: char| c.is_ascii_digit());
            is_number || last.eq_ignore_ascii_case("localhost")
        }
    }
}

/// Whether a text is a host with or without a port, and nothing more.
pub fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name.split('.').all(|label| {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                !label.is_empty() && label.chars().all(is_plain)
            })
    };
    let is_v6 = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    let is_port = |port: &str| {
        port.chars().all(|c| c.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    (is_v6 || is_name(host)) && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_whole() {
        let origin = |address: &str| Origin::of(address).unwrap();
        assert_eq!(
            origin("https://A.example/x"),
            origin("https://a.example:443/y?z")
        );
        assert_ne!(
            origin("https://a.example/"),
            origin("https://a.example:8443/")
        );
        assert_ne!(origin("https://a.example/"), origin("https://b.a.example/"));
        assert_ne!(origin("https://localhost/"), origin("http://localhost/"));
        for none in [
            "http://a.example/",
            "ftp://a.example/",
            "a.example",
            "//a.example",
            "https://user@a.example/",
            "https://user:password@a.example/",
            "",
        ] {
            assert_eq!(Origin::of(none), None, "{none}");
        }
    }

    #[test]
    fn nobody_leads_from_the_network_to_this_machine() {
        let leads = |from: &str, to: &str| match (Origin::of(from), Origin::of(to)) {
            (Some(from), Some(to)) => from.may_lead_to(&to),
            _ => false,
        };
        assert!(leads("https://a.example/", "https://b.example/"));
        assert!(leads("http://127.0.0.1:5000/", "http://127.0.0.1:5001/"));
        assert!(leads("http://127.0.0.1:5000/", "https://b.example/"));
        for here in [
            "http://127.0.0.1/",
            "http://localhost:5000/",
            "https://localhost/",
            "https://127.9.9.9/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::]/",
            "https://0.0.0.0/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://localhost./",
            "https://a.localhost/",
        ] {
            assert!(!leads("https://a.example/", here), "{here}");
        }
        assert!(!leads("https://a.example/", "http://b.example/"));
    }

    #[test]
    fn addresses_are_resolved_and_nothing_is_guessed() {
        let base = "https://r.example:5000/v2/a/blobs/uploads/?x=1";
        let resolved = |to| resolve(base, to);
        assert_eq!(
            resolved("/v2/b?y=2").as_deref(),
            Some("https://r.example:5000/v2/b?y=2")
        );
        assert_eq!(
            resolved("https://other.example/c").as_deref(),
            Some("https://other.example/c")
        );
        assert_eq!(
            resolved("/c?from=https://other.example/").as_deref(),
            Some("https://r.example:5000/c?from=https://other.example/")
        );
        for none in ["b", "//other.example/c", "http://other.example/c", ""] {
            assert_eq!(resolved(none), None, "{none}");
        }
    }
}
