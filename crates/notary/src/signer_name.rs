//! What may name a signer: an email address or a URI.
//!
//! Certificates hold one of both. What else people name by a text, a key's fingerprint, a minisign
//! key or a repository, must not be given to somebody as a name.

/// The longest name, in bytes.
pub const MAX: usize = 255;

/// How URIs begin.
const SCHEMES: [&str; 3] = ["https://", "http://", "spiffe://"];

/// Whether a text can name a signer.
pub fn is_one(name: &str) -> bool {
    let visible = name.chars().all(|c| c.is_ascii_graphic());
    name.len() <= MAX && visible && (is_email(name) || is_uri(name))
}

/// The one form of a name: hosts are the same in whatever case (RFC 4343); what is before the `@` or after
/// the host is its owner's business.
pub fn normal(name: &str) -> String {
    let (start, end) = match SCHEMES.iter().find(|scheme| name.starts_with(*scheme)) {
        Some(scheme) => {
            let rest = &name[scheme.len()..];
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            (scheme.len(), scheme.len() + end)
        }
        None => (name.find('@').unwrap_or(name.len()), name.len()),
    };
    let (before, rest) = name.split_at(start);
    let (host, after) = rest.split_at(end - start);
    format!("{before}{}{after}", host.to_ascii_lowercase())
}

/// An address as people write it: no quotes, no comments (RFC 5321, section 4.1.2).
fn is_email(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    name.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty() && local.chars().all(allowed) && !local.contains("//") && is_host(host)
    })
}

fn is_uri(name: &str) -> bool {
    let rest = SCHEMES.iter().find_map(|scheme| name.strip_prefix(scheme));
    let Some(rest) = rest else { return false };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = authority.split_once(':').unwrap_or((authority, "0"));
    let allowed = |c: char| !"<>\"\\^`{|}".contains(c);
    is_host(host) && port.parse::<u16>().is_ok() && path.chars().all(allowed) && !is_github(host)
}

fn is_github(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "github.com" || host.ends_with(".github.com")
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        !label.is_empty() && label.chars().all(allowed)
    };
    host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_address_or_a_uri_names_a_signer() {
        for name in [
            "release@example.org",
            "First.Last+tag@sub.example.org",
            "root@localhost",
            "https://example.org",
            "https://example.org:8443/release?a=b#c",
            "https://example.org/@me",
            "http://ci/build",
            "spiffe://example.org/ns/ci/sa/build",
        ] {
            assert!(is_one(name), "{name}");
        }
    }

    #[test]
    fn a_host_is_the_same_in_whatever_case() {
        for (name, normal_name) in [
            ("Release@Example.ORG", "Release@example.org"),
            (
                "https://Example.org:8443/Path",
                "https://example.org:8443/Path",
            ),
            ("spiffe://Example.org", "spiffe://example.org"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(normal(name), normal_name);
            assert_eq!(normal(&normal(name)), normal_name);
        }
    }

    #[test]
    fn what_else_somebody_is_known_by_is_no_name() {
        for name in [
            "",
            "x",
            "Alice",
            "github.com/cli/cli",
            "cli/cli",
            "https://github.com/cli/cli",
            "https://GitHub.com/cli/cli/.github/workflows/release.yml@refs/heads/main",
            "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
            "SHA256:tOI7hCq0RCrzgNWWzQSGFKXMJAVVjjKAWDKjCMD+9tE",
            "SHA256:a@example.org",
            "javascript:alert(1)",
            "javascript://example.org/@a",
            "https:example.org",
            "https://",
            "https:///path",
            "https://user@example.org/",
            "https://example.org:port/",
            "https://example.org/<b>",
            "a@b@c",
            "@example.org",
            "a@",
            "a@example..org",
            "two words@example.org",
            "\u{fc}mlaut@example.org",
        ] {
            assert!(!is_one(name), "{name:?}");
        }
        assert!(!is_one(&format!("{}@example.org", "x".repeat(MAX))));
    }
}
