//! From a path on disk to the `file:` address under which the browser reads it (RFC 8089).

/// The `file:` address of an absolute path as the browser reports it, POSIX or Windows.
///
/// Each segment is percent-encoded whole, so that `#`, `%`, `?`, quotes and every other character
/// mean themselves. `None` for a path that is not absolute.
pub fn file_url(path: &str) -> Option<String> {
    let mut url = String::with_capacity(path.len() + 16);
    if path.starts_with('/') {
        url.push_str("file://");
        push_segments(&mut url, path.split('/').skip(1));
        return Some(url);
    }
    if let Some(unc) = path.strip_prefix(r"\\") {
        // \\server\share\file, and the long form \\?\C:\file that some programs hand out.
        if let Some(long) = unc.strip_prefix(r"?\") {
            return match long.strip_prefix(r"UNC\") {
                Some(share) => file_url(&format!(r"\\{share}")),
                None => file_url(long),
            };
        }
        let mut parts = unc.split(['\\', '/']);
        let server = parts.next().filter(|server| !server.is_empty())?;
        url.push_str("file://");
        push_encoded(&mut url, server);
        push_segments(&mut url, parts);
        return Some(url);
    }
    let mut chars = path.chars();
    let drive = chars.next().filter(char::is_ascii_alphabetic)?;
    if chars.next() != Some(':') || !matches!(chars.next(), Some('\\' | '/')) {
        return None;
    }
    url.push_str("file:///");
    url.push(drive);
    url.push(':');
    push_segments(&mut url, path.get(3..)?.split(['\\', '/']));
    Some(url)
}

/// The last segment of a path, POSIX or Windows: the file's name.
pub fn file_name(path: &str) -> &str {
    let windows = !path.starts_with('/');
    path.rsplit(|c| c == '/' || (windows && c == '\\'))
        .next()
        .unwrap_or(path)
}

fn push_segments<'a>(url: &mut String, segments: impl Iterator<Item = &'a str>) {
    for segment in segments {
        url.push('/');
        push_encoded(url, segment);
    }
}

fn push_encoded(url: &mut String, segment: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in segment.bytes() {
        // RFC 3986's unreserved characters; everything else, "." and ".." apart, is encoded.
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_means_itself() {
        for (path, url) in [
            ("/tmp/a.txt", "file:///tmp/a.txt"),
            ("/tmp/a b#c?d%e.txt", "file:///tmp/a%20b%23c%3Fd%25e.txt"),
            ("/tmp/\"'`<>.txt", "file:///tmp/%22%27%60%3C%3E.txt"),
            ("/tmp/🦀.txt", "file:///tmp/%F0%9F%A6%80.txt"),
            ("/tmp/a\u{202e}txt.exe", "file:///tmp/a%E2%80%AEtxt.exe"),
            ("/tmp/back\\slash", "file:///tmp/back%5Cslash"),
            ("/tmp/%2e%2e", "file:///tmp/%252e%252e"),
        ] {
            assert_eq!(file_url(path).as_deref(), Some(url), "{path}");
        }
        let long = format!("/tmp/{}", "ä".repeat(127));
        assert_eq!(file_url(&long).map(|url| url.len()), Some(12 + 127 * 6));
    }

    #[test]
    fn windows_paths_are_understood() {
        for (path, url) in [
            (r"C:\Users\me\a b.exe", "file:///C:/Users/me/a%20b.exe"),
            (r"c:/Users/me/a.exe", "file:///c:/Users/me/a.exe"),
            (r"C:\100%#1.zip", "file:///C:/100%25%231.zip"),
            (r"\\nas\share\a.iso", "file://nas/share/a.iso"),
            (r"\\?\C:\long\a.iso", "file:///C:/long/a.iso"),
            (r"\\?\UNC\nas\share\a.iso", "file://nas/share/a.iso"),
        ] {
            assert_eq!(file_url(path).as_deref(), Some(url), "{path}");
        }
    }

    #[test]
    fn a_relative_path_is_refused() {
        for path in ["", "a.txt", "C:", "C:a.txt", r"\\", "ä:/x", r"\a"] {
            assert_eq!(file_url(path), None, "{path}");
        }
    }

    #[test]
    fn the_name_is_the_last_segment() {
        assert_eq!(file_name("/tmp/a\\b.txt"), "a\\b.txt");
        assert_eq!(file_name(r"C:\Users\me\b.txt"), "b.txt");
        assert_eq!(file_name("b.txt"), "b.txt");
    }
}
