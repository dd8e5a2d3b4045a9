//! Checksum files, as `sha256sum`, `sha512sum` and BSD's `sha256` and `sha512` write them.
//!
//! They are read for one file's digest. Whatever is not such a line is passed over, so that an error
//! page that is answered in place of a checksum file says nothing.

use crate::file_digest::FileDigest;

/// More lines than the largest lists that are read have.
const MOST_LINES: usize = 65_536;

/// What a checksum file lists for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// The digest, by how many digits it has.
    pub digest: FileDigest,
    /// Whether the line names the algorithm. Else it may be another one with digests as long.
    pub is_named: bool,
}

/// The text of a checksum file: in UTF-8, or where a mark says so, in UTF-16, as some shells write it.
/// What cannot be read in it spoils its own line alone.
pub fn text_of_list(bytes: &[u8]) -> String {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().copied().map(unit).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8_lossy(rest).into_owned(),
    }
}

/// Whether a text lists the digest of anything.
pub fn is_list(text: &str) -> bool {
    let is_digest = |part: &str| part.parse::<FileDigest>().is_ok();
    let lines = text.lines().take(MOST_LINES);
    let is_page = text.trim_start().starts_with('<');
    !is_page && lines.flat_map(str::split_whitespace).any(is_digest)
}

/// The digest that a checksum file lists for the file with this name: in the lines of coreutils
/// (`<hex>  name`, `<hex> *name`, with a backslash before an escaped line), in those of BSD
/// (`SHA256 (name) = <hex>`), or, where the text has nothing else, a digest alone. Where there are
/// those of both algorithms, it is the SHA-256, which is known of every file. `None` where it lists
/// none, or several that differ.
pub fn listed_digest(text: &str, name: &str) -> Option<Listed> {
    let lines = text.lines().take(MOST_LINES).map(str::trim_end);
    let mut content = lines.clone().filter(|line| !line.is_empty());
    if let (Some(only), None) = (content.next(), content.next())
        && let Ok(digest) = only.trim().parse()
    {
        let is_named = false;
        return Some(Listed { digest, is_named });
    }
    let all = lines.filter_map(|line| listed(line, name));
    let mut found: Option<Listed> = None;
    for one in all {
        match &mut found {
            Some(known) if is_short(known) == is_short(&one) && known.digest != one.digest => {
                return None;
            }
            Some(known) if is_short(known) => known.is_named |= is_short(&one) && one.is_named,
            _ => found = Some(one),
        }
    }
    found
}

fn is_short(listed: &Listed) -> bool {
    matches!(listed.digest, FileDigest::Sha256(_))
}

fn listed(line: &str, name: &str) -> Option<Listed> {
    for (beginning, of_short) in [("SHA256 (", true), ("SHA512 (", false)] {
        if let Some(rest) = line.strip_prefix(beginning) {
            let (named, digest) = rest.rsplit_once(") = ")?;
            let listed = Listed {
                digest: digest.parse().ok()?,
                is_named: true,
            };
            return (is_it(named, name) && is_short(&listed) == of_short).then_some(listed);
        }
    }
    let (line, is_escaped) = match line.strip_prefix('\\') {
        Some(line) => (line, true),
        None => (line, false),
    };
    let (digest, rest) = line.split_once(' ')?;
    // One more space for text, an asterisk for binary files.
    let named = rest.strip_prefix([' ', '*']).unwrap_or(rest);
    let is_it = match is_escaped {
        true => is_it(&unescaped(named), name),
        false => is_it(named, name),
    };
    let digest = is_it.then(|| digest.parse().ok())??;
    let is_named = false;
    Some(Listed { digest, is_named })
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

    use crate::artifact::Sha512Digest;
    use crate::digest::Sha256Digest;

    /// What a text lists, whether or not it names the algorithm.
    fn listed_digest(text: &str, name: &str) -> Option<FileDigest> {
        super::listed_digest(text, name).map(|listed| listed.digest)
    }

    fn digest(content: &str) -> FileDigest {
        FileDigest::Sha256(Sha256Digest::of(content.as_bytes()))
    }

    fn long(content: &str) -> FileDigest {
        FileDigest::Sha512(Sha512Digest::of(content.as_bytes()))
    }

    #[test]
    fn the_formats_of_coreutils_and_bsd_are_read() {
        let (ours, other) = (digest("ours"), digest("other"));
        let upper = ours.to_string().to_ascii_uppercase();
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
            assert_eq!(listed_digest(&text, "tool.zip"), Some(ours), "{text}");
        }
        let odd = "a) = b\\c\nd";
        let escaped = format!("\\{ours}  a) = b\\\\c\\nd");
        assert_eq!(listed_digest(&escaped, odd), Some(ours));
        let bsd = format!("SHA256 (a) = b) = {ours}");
        assert_eq!(listed_digest(&bsd, "a) = b"), Some(ours));
    }

    #[test]
    fn only_lines_of_bsd_name_their_algorithm() {
        let (ours, longer) = (digest("ours"), long("ours"));
        let is_named = |text: String| {
            let listed = super::listed_digest(&text, "tool.zip");
            listed.map(|listed| listed.is_named)
        };
        for text in [
            format!("SHA256 (tool.zip) = {ours}"),
            format!("SHA512 (tool.zip) = {longer}"),
            format!("{ours}  tool.zip\nSHA256 (tool.zip) = {ours}"),
        ] {
            assert_eq!(is_named(text), Some(true));
        }
        for text in [
            format!("{ours}  tool.zip"),
            format!("{longer} *tool.zip"),
            format!("{ours}"),
            // The other one is named, which is not held against the file.
            format!("{ours}  tool.zip\nSHA512 (tool.zip) = {longer}"),
        ] {
            assert_eq!(is_named(text), Some(false));
        }
        for text in [
            format!("SHA512 (tool.zip) = {ours}"),
            format!("SHA256 (tool.zip) = {longer}"),
            format!("SHA3-256 (tool.zip) = {ours}"),
            format!("BLAKE2b (tool.zip) = {longer}"),
        ] {
            assert_eq!(is_named(text), None);
        }
    }

    #[test]
    fn digests_of_both_algorithms_are_told_apart() {
        let (ours, longer) = (digest("ours"), long("ours"));
        for text in [
            format!("{longer}  tool.zip\n{}  other.zip\n", long("other")),
            format!("SHA512 (tool.zip) = {longer}\n"),
            format!("{longer}\n"),
        ] {
            assert_eq!(listed_digest(&text, "tool.zip"), Some(longer), "{text}");
        }
        let both = format!("{longer}  tool.zip\n{ours}  tool.zip\n{longer}  tool.zip\n");
        assert_eq!(listed_digest(&both, "tool.zip"), Some(ours));
        let other = long("other");
        let differing = format!("{longer}  tool.zip\n{other}  tool.zip\n");
        assert_eq!(listed_digest(&differing, "tool.zip"), None);
    }

    #[test]
    fn a_list_is_read_however_it_is_written_and_a_bad_line_spoils_no_other() {
        let ours = digest("ours");
        let text = format!("{ours}  tool.zip\r\n{}  other.zip\r\n", digest("other"));
        let wide = |mark: [u8; 2], bytes: fn(u16) -> [u8; 2]| {
            let units = text.encode_utf16().flat_map(bytes);
            mark.into_iter().chain(units).collect::<Vec<u8>>()
        };
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        let bad = [b"\xff\xfe".as_slice(), b"  odd\xe9.zip\n", text.as_bytes()];
        for bytes in [
            text.clone().into_bytes(),
            marked,
            wide([0xff, 0xfe], u16::to_le_bytes),
            wide([0xfe, 0xff], u16::to_be_bytes),
            [b"caf\xe9\n", text.as_bytes()].concat(),
            [format!("{}  odd", digest("odd")).as_bytes(), bad[1], bad[2]].concat(),
        ] {
            let read = text_of_list(&bytes);
            assert_eq!(listed_digest(&read, "tool.zip"), Some(ours), "{read}");
            assert!(is_list(&read));
        }
        assert!(text_of_list(b"").is_empty() && text_of_list(b"\xff\xfe\x00").is_empty());
        let page = format!("<html>\n{ours}");
        for text in ["", "{}", "Not found", &page] {
            assert!(!is_list(text), "{text}");
        }
        assert!(is_list(&format!("SHA256 (a) = {ours}")));
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
            assert_eq!(listed_digest(&text, "tool.zip"), None, "{text}");
        }
    }
}
