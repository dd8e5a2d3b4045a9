//! Checksum files, as `sha256sum` and BSD's `sha256` write them.
//!
//! They are read for one file's SHA-256. Whatever is not such a line is passed over, so that an error
//! page that is answered in place of a checksum file says nothing.

use crate::digest::Sha256Digest;

/// More lines than the largest releases list.
const MOST_LINES: usize = 10_000;

/// The SHA-256 that a checksum file lists for the file with this name: in the lines of coreutils
/// (`<hex>  name`, `<hex> *name`, with a backslash before an escaped line), in those of BSD
/// (`SHA256 (name) = <hex>`), or, where the text has nothing else, a digest alone. `None` where it
/// lists none, or several that differ.
pub fn listed_sha256(text: &str, name: &str) -> Option<Sha256Digest> {
    let mut lines = text.lines().take(MOST_LINES).map(str::trim_end);
    let mut content = lines.clone().filter(|line| !line.is_empty());
    if let (Some(only), None) = (content.next(), content.next())
        && let Ok(digest) = only.trim().parse()
    {
        return Some(digest);
    }
    let first = lines.find_map(|line| listed(line, name))?;
    let differs = |line| listed(line, name).is_some_and(|other| other != first);
    (!lines.any(differs)).then_some(first)
}

fn listed(line: &str, name: &str) -> Option<Sha256Digest> {
    if let Some(rest) = line.strip_prefix("SHA256 (") {
        let (named, digest) = rest.rsplit_once(") = ")?;
        return is_it(named, name).then(|| digest.parse().ok())?;
    }
    let (line, is_escaped) = match line.strip_prefix('\\') {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (digest, rest) = line.split_once(' ')?;
    // One more space for text, an asterisk for binary files.
    let named = rest.strip_prefix([' ', '*']).unwrap_or(rest);
    let is_named = match is_escaped {
        true => is_it(&unescaped(named), name),
        false => is_it(named, name),
    };
    is_named.then(|| digest.parse().ok())?
}

/// Whether a listed name is this one, as it is or in the list's own directory.
fn is_it(named: &str, name: &str) -> bool {
    named.strip_prefix("./").unwrap_or(named) == name
}

/// As `sha256sum` writes names with line breaks and backslashes.
fn unescaped(name: &str) -> String {
    let mut plain = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('r')) => plain.push('\r'),
            ('\\', Some('\\')) => plain.push('\\'),
            _ => {
                plain.push(c);
                continue;
            }
        }
        rest.next();
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(content: &str) -> Sha256Digest {
        Sha256Digest::of(content.as_bytes())
    }

    #[test]
    fn the_formats_of_coreutils_and_bsd_are_read() {
        let (ours, other) = (digest("ours"), digest("other"));
        let upper = ours.to_hex().to_ascii_uppercase();
        for text in [
            format!("{other}  other.zip\n{ours}  tool.zip\n"),
            format!("{ours} *tool.zip\r\n{other} *other.zip\r\n"),
            format!("{ours}  ./tool.zip"),
            format!("{ours} tool.zip"),
            format!("# made today\n\n{upper}  tool.zip\n"),
            format!("SHA256 (other.zip) = {other}\nSHA256 (tool.zip) = {ours}\n"),
            format!("SHA512 (tool.zip) = 00\nSHA256 (./tool.zip) = {ours}\n"),
            format!("{ours}\n"),
            format!("\n  {ours}  \n\n"),
            format!("{ours}  tool.zip\n{ours}  tool.zip\n"),
        ] {
            assert_eq!(listed_sha256(&text, "tool.zip"), Some(ours), "{text}");
        }
        let odd = "a) = b\\c\nd";
        let escaped = format!("\\{ours}  a) = b\\\\c\\nd");
        assert_eq!(listed_sha256(&escaped, odd), Some(ours));
        let bsd = format!("SHA256 (a) = b) = {ours}");
        assert_eq!(listed_sha256(&bsd, "a) = b"), Some(ours));
    }

    #[test]
    fn what_lists_nothing_says_nothing() {
        let ours = digest("ours");
        for text in [
            String::new(),
            "<!DOCTYPE html><title>Not found</title>".into(),
            format!("<html>{ours}  tool.zip</html>"),
            format!("{ours}  other.zip"),
            format!("{ours}  dir/tool.zip"),
            format!("{ours}  ../tool.zip"),
            format!("{ours}  tool.zip.sig"),
            format!("{ours}tool.zip"),
            format!("x{ours}  tool.zip"),
            "d41d8cd98f00b204e9800998ecf8427e  tool.zip".into(),
            // Two that differ: which of them counts?
            format!("{ours}  tool.zip\n{}  tool.zip\n", digest("other")),
            format!("{ours}\n{}\n", digest("other")),
        ] {
            assert_eq!(listed_sha256(&text, "tool.zip"), None, "{text}");
        }
    }
}
