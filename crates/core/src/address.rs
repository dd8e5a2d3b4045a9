//! The address of a download, as far as it tells who publishes there.

use crate::site;

/// An `https` address, without what follows its path. What it was asked with stays behind: a query
/// can hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    host: String,
    segments: Vec<String>,
}

impl Address {
    /// Reads an address as a browser writes it. `None` where it is not `https`, has a port of its
    /// own or credentials, or a path that does not mean one place.
    pub fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("https://")?;
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.get(..end)?.split_once('/')?;
        let host = site::host_of(url)?;
        if !authority.eq_ignore_ascii_case(&host) {
            return None;
        }
        let segments = path.split('/').map(decode).collect::<Option<Vec<_>>>()?;
        Some(Self { host, segments })
    }

    /// The host, in lower case.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path's segments, decoded (RFC 3986, section 2.1). None of them is `.` or `..`.
    pub fn segments(&self) -> impl Iterator<Item = &str> + Clone {
        self.segments.iter().map(String::as_str)
    }

    /// The whole path, decoded. An encoded slash is one here.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.push_str(segment);
        }
        path
    }
}

/// Writes a text as one segment of a path (RFC 3986, section 3.3): everything but what is always
/// plain is encoded.
pub fn encode(segment: &str) -> String {
    let mut encoded = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let mut byte = [0];
        hex::decode_to_slice(rest.get(..2)?, &mut byte).ok()?;
        bytes.extend(byte);
        rest = rest.get(2..)?;
    }
    let decoded = String::from_utf8(bytes).ok()?;
    let leads_up = decoded.split('/').any(|part| matches!(part, "." | ".."));
    let ambiguous = leads_up || decoded.contains(['\\', '\0']);
    (!ambiguous).then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> Option<(String, Vec<String>)> {
        let address = Address::parse(url)?;
        let segments = address.segments().map(str::to_owned).collect();
        Some((address.host().to_owned(), segments))
    }

    #[test]
    fn an_address_is_a_host_and_a_path() {
        let (host, segments) = parts("https://Example.org/a%20b/%E2%9C%93?token=x#y").unwrap();
        assert_eq!(host, "example.org");
        assert_eq!(segments, ["a b", "✓"]);
        assert_eq!(parts("https://example.org/").unwrap().1, [""]);
        let path = |url| Address::parse(url).map(|address| address.path());
        for (url, expected) in [
            ("https://example.org/", "/"),
            ("https://example.org/a%20b//c/?d", "/a b//c/"),
            ("https://example.org/a%2Fb", "/a/b"),
        ] {
            assert_eq!(path(url).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_plain_address_is_none() {
        for url in [
            "",
            "http://example.org/a",
            "https://example.org",
            "https://example.org:8443/a",
            "https://user@example.org/a",
            "https://example.org@evil.example/a",
            "https://evil.example\\@example.org/a",
            "https://example.org./a",
            "https://example.org/a/../b",
            "https://example.org/a/%2e%2E/b",
            "https://example.org/a%2F..%2fb",
            "https://example.org/..%2fb",
            "https://example.org/a/%2",
            "https://example.org/%zz",
            "https://example.org/%ff",
            "https://example.org/a%5Cb",
            "blob:https://example.org/a",
            "file:///etc/passwd",
        ] {
            assert_eq!(parts(url), None, "{url}");
        }
    }

    #[test]
    fn a_segment_is_written_so_that_it_stays_one() {
        assert_eq!(encode("v1.0-rc_1~"), "v1.0-rc_1~");
        assert_eq!(encode("a/b?c#d%é"), "a%2Fb%3Fc%23d%25%C3%A9");
        let url = format!("https://example.org/{}", encode("a/b ✓"));
        assert_eq!(parts(&url).unwrap().1, ["a/b ✓"]);
    }
}
