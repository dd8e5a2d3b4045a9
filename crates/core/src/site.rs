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
    fn a_rule_covers_hosts_below_it_and_no_look_alikes() {
        assert!(covers("example.org", "example.org"));
        assert!(covers("example.org", "dl.example.org"));
        assert!(!covers("example.org", "notexample.org"));
        assert!(!covers("dl.example.org", "example.org"));
        assert!(!covers("", "example.org"));
    }
}
