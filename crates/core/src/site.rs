//! The site that a download came from.

/// The host of an address, in lower case and without port or credentials; for `blob:` the host
/// of its origin. `None` where there is no host (`data:`, `file:`, nonsense).
pub fn host_of(address: &str) -> Option<String> {
    let address = address.strip_prefix("blob:").unwrap_or(address);
    let (scheme, rest) = address.split_once("://")?;
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if scheme.is_empty() || !scheme.chars().all(is_scheme) {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host_port = authority.rsplit('@').next()?;
    let host = match host_port.strip_prefix('[') {
        Some(literal) => literal.split(']').next()?,
        None => host_port.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.trim_end_matches('.').to_ascii_lowercase())
}

/// Whether this is a host as a rule has it: a name in lower case, in ASCII, or an IP address, without
/// brackets.
pub fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_".contains(&c);
        (1..=63).contains(&label.len())
            && label.bytes().all(is_plain)
            && label.bytes().any(|c| c.is_ascii_alphanumeric())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_name = text.len() <= 253 && text.split('.').all(is_label);
    is_name || is_ipv6(text)
}

/// Whether this looks as browsers write an IPv6 address. The standard library's reader would be a part
/// of the wasm that nothing else needs.
fn is_ipv6(text: &str) -> bool {
    let is_group = |group: &str| group.len() <= 4 && group.bytes().all(|c| c.is_ascii_hexdigit());
    let groups = text.split(':').count();
    let is_short = text.matches("::").count() == 1 && !text.contains(":::");
    text.split(':').all(is_group)
        && !text.bytes().any(|c| c.is_ascii_uppercase())
        && match is_short {
            true => (3..=9).contains(&groups),
            false => groups == 8 && !text.split(':').any(str::is_empty),
        }
}

/// Whether a setting for `rule` holds for `host`: the host itself, or one below it.
pub fn covers(rule: &str, host: &str) -> bool {
    host == rule
        || host
            .strip_suffix(rule)
            .is_some_and(|rest| !rule.is_empty() && rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_as_a_browser_reads_them() {
        for (address, host) in [
            ("https://Example.org/a?b#c", Some("example.org")),
            ("https://user:pw@example.org:8443/a", Some("example.org")),
            ("http://[::1]:80/", Some("::1")),
            ("blob:https://example.org/0000-11", Some("example.org")),
            ("https://example.org.", Some("example.org")),
            ("data:text/plain,hello", None),
            ("file:///etc/passwd", None),
            ("", None),
            ("https://", None),
            ("https://evil.example\\@good.example/", Some("evil.example")),
        ] {
            assert_eq!(host_of(address).as_deref(), host, "{address}");
        }
    }

    #[test]
    fn a_host_is_one_that_a_download_can_have() {
        for host in [
            "example.org",
            "localhost",
            "127.0.0.1",
            "::1",
            "::",
            "2001:db8::1",
            "1:2:3:4:5:6:7:8",
            "xn--mnchen-3ya.de",
            "a_b.c",
        ] {
            assert!(is_host(host), "{host}");
        }
        let long = "a".repeat(64);
        for other in [
            "",
            "-",
            "_",
            "a..b",
            ".a",
            "a.",
            "*.a",
            "A.b",
            "<img>",
            "[::1]",
            "a-.b",
            "-a.b",
            "a b",
            "münchen.de",
            &long,
            "a/b",
            "a:80",
            ":",
            ":::",
            "1:2",
            "1::2::3",
            "12345::",
        ] {
            assert!(!is_host(other), "{other}");
        }
    }

    #[test]
    fn a_rule_covers_hosts_below_it_and_no_look_alikes() {
        assert!(covers("example.org", "example.org"));
        assert!(covers("example.org", "dl.example.org"));
        assert!(!covers("example.org", "notexample.org"));
        assert!(!covers("dl.example.org", "example.org"));
        assert!(!covers("", "example.org"));
    }
}
