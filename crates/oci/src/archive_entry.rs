//! What the header of an entry of an archive (tar) may say, so that all programs read the same in it.

use tar::{EntryType, Header};

/// Where a header has the first part of a long name (POSIX), or times (GNU's and star's). None of the
/// names in an image is long.
const PREFIX: std::ops::Range<usize> = 345..500;

/// Refuses a header that other programs read differently.
///
/// # Errors
/// In words.
pub fn check_header(header: &Header) -> Result<(), &'static str> {
    let size = &header.as_old().size;
    // Not all that read large numbers read the first bytes of them.
    if size[0] & 0x80 != 0 && !size.starts_with(&[0x80, 0, 0, 0]) {
        return Err("a header in it gives a size that nothing has");
    }
    let prefix = header.as_bytes().get(PREFIX).unwrap_or_default();
    if prefix.iter().any(|byte| *byte != 0) {
        return Err("a header in it gives a name that is longer than any in an image");
    }
    // Some pass over the bytes that follow, and to others these are the next entries.
    let is_bare = matches!(
        header.entry_type(),
        EntryType::Directory | EntryType::Symlink
    );
    match is_bare && !header.entry_size().is_ok_and(|size| size == 0) {
        true => Err("a folder or a link in it has bytes as a file has"),
        false => Ok(()),
    }
}

/// Whether an extended header (POSIX, pax) says more of the next file than its times and owners.
pub fn renames(header: &[u8]) -> bool {
    let mut rest = header;
    while !rest.is_empty() {
        // A length, a space, a name, =, a value, and a line's end.
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = rest
            .get(..digits)
            .and_then(|length| std::str::from_utf8(length).ok());
        let length = length.and_then(|length| length.parse::<usize>().ok());
        let record = length.and_then(|length| rest.get(digits..length));
        let (Some(length), Some(record)) = (length.filter(|length| *length > digits), record)
        else {
            return true;
        };
        let name = record
            .strip_prefix(b" ")
            .and_then(|record| record.strip_suffix(b"\n"));
        let Some(name) = name else { return true };
        let is_harmless = [
            &b"mtime="[..],
            b"atime=",
            b"ctime=",
            b"uid=",
            b"gid=",
            b"uname=",
            b"gname=",
            b"SCHILY.xattr.",
            b"LIBARCHIVE.creationtime=",
        ]
        .iter()
        .any(|known| name.starts_with(known));
        if !is_harmless {
            return true;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}
