//! Saved archives (tar, perhaps compressed with gzip): read once, and never unpacked.
//!
//! Whoever loads the archive later reads it with another program, which may unpack it to a disk first.
//! What two programs could read differently (names given twice, in extended headers, or below a link;
//! bytes that one takes for a file's and the other for an entry) is refused.

use crate::archive_entry::{check_header, renames};
use crate::error::OciError;
use crate::letters;
use assay_core::digest::Sha256Digest;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use tar::EntryType;

/// How many bytes of a file are kept at most: what is larger is hashed alone.
pub const MAX_KEPT: usize = 4 * 1024 * 1024;

/// How many bytes are kept of all files.
const MAX_ALL: usize = 128 * 1024 * 1024;

/// How many entries an archive may have.
const MAX_ENTRIES: usize = 100_000;

/// How many bytes an extended header may have.
const MAX_HEADER: u64 = 1024 * 1024;

/// How many bytes a compressed archive may have when it is unpacked: some minutes of work.
const MAX_UNPACKED: u64 = 64 * 1024 * 1024 * 1024;

/// How archives begin that are compressed in a way that is not read here, but by others: an archive that
/// begins so must not be read as one that is not compressed.
const OTHERS: [(&str, &[u8]); 3] = [
    ("bzip2", b"BZh"),
    ("xz", b"\xfd7zXZ\0"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
];

/// The files of an archive.
#[derive(Debug, Default)]
pub struct Saved {
    files: HashMap<String, Entry>,
    links: HashMap<String, String>,
    folders: HashSet<String>,
    kept: usize,
}

#[derive(Debug)]
struct Entry {
    digest: Sha256Digest,
    /// Where they are few, and may be JSON: all that is ever looked into.
    bytes: Option<Vec<u8>>,
}

impl Saved {
    /// Reads an archive.
    ///
    /// # Errors
    /// When it is none, or says anything that another program could read differently.
    pub fn read(path: &Path) -> Result<Self, OciError> {
        let failed = |source| OciError::File {
            path: path.to_owned(),
            source,
        };
        let what = path.display().to_string();
        let mut file = File::open(path).map_err(failed)?;
        let mut start = Vec::new();
        (&mut file)
            .take(8)
            .read_to_end(&mut start)
            .map_err(failed)?;
        file.rewind().map_err(failed)?;
        let file = BufReader::with_capacity(1024 * 1024, file);
        if let Some(name) = compressed_otherwise(&start) {
            let detail = format!(
                "compressed with {name}, which is not read: uncompress it first, or compress it with gzip"
            );
            return Err(OciError::malformed(what, detail));
        }
        match start.starts_with(b"\x1f\x8b") {
            // Of several members, as some programs write them.
            true => {
                let unpacked = flate2::bufread::MultiGzDecoder::new(file);
                Self::from(&what, Bounded::new(unpacked, MAX_UNPACKED))
            }
            false => Self::from(&what, file),
        }
    }

    fn from(what: &str, reader: impl Read) -> Result<Self, OciError> {
        let wrong = |detail: String| OciError::malformed(what, detail);
        let broken = |error: std::io::Error| wrong(format!("no archive that can be read: {error}"));
        let mut archive = tar::Archive::new(reader);
        let mut saved = Self::default();
        // As they stand there: nothing is put together from several headers.
        let entries = archive.entries().map_err(broken)?.raw(true);
        for (count, entry) in entries.enumerate() {
            let mut entry = entry.map_err(broken)?;
            if count >= MAX_ENTRIES {
                return Err(wrong(format!("more than {MAX_ENTRIES} files in it")));
            }
            check_header(entry.header()).map_err(|problem| wrong(problem.to_owned()))?;
            let name = text(&entry.path_bytes());
            let unnamed = || wrong("an entry of it has no usable name".to_owned());
            match entry.header().entry_type() {
                EntryType::Directory => {
                    let name = name.ok_or_else(unnamed)?;
                    if !is_top(&name) {
                        let name = plain(&name).ok_or_else(unnamed)?;
                        saved.folders.insert(name);
                    }
                }
                EntryType::Regular => {
                    // Old programs call a folder so.
                    let name = name.filter(|name| !name.ends_with('/'));
                    let name = name.and_then(|name| plain(&name)).ok_or_else(unnamed)?;
                    let read = saved.take(&mut entry).map_err(broken)?;
                    let before = saved.files.insert(name.clone(), read);
                    if before.is_some() || saved.links.contains_key(&name) {
                        return Err(wrong(format!("{name} is in it twice")));
                    }
                }
                EntryType::Symlink => {
                    let name = name.and_then(|name| plain(&name)).ok_or_else(unnamed)?;
                    let target = entry.link_name_bytes().and_then(|target| text(&target));
                    let target = target.and_then(|target| beside(&name, &target));
                    let target =
                        target.ok_or_else(|| wrong(format!("{name} is a link that leads out")))?;
                    let before = saved.links.insert(name.clone(), target);
                    if before.is_some() || saved.files.contains_key(&name) {
                        return Err(wrong(format!("{name} is in it twice")));
                    }
                }
                EntryType::XHeader | EntryType::XGlobalHeader => {
                    let mut header = Vec::new();
                    let read = (&mut entry).take(MAX_HEADER + 1).read_to_end(&mut header);
                    read.map_err(broken)?;
                    if header.len() as u64 > MAX_HEADER || renames(&header) {
                        return Err(wrong(
                            "a header in it gives a file another name or size".into(),
                        ));
                    }
                }
                other => {
                    return Err(wrong(format!(
                        "an entry of the kind {:?} in it, which no image has",
                        char::from(other.as_byte())
                    )));
                }
            }
        }
        if let Some(name) = saved.below_what_is_no_folder() {
            return Err(wrong(format!(
                "{name} is in it as a folder, and as something else"
            )));
        }
        saved.check_letters().map_err(wrong)?;
        Ok(saved)
    }

    /// Refuses names that are others' on a disk that does not tell the case of letters.
    fn check_letters(&self) -> Result<(), String> {
        let files = self.files.keys().chain(self.links.keys());
        let all = || files.clone().chain(&self.folders).map(String::as_str);
        letters::check_paths(all())?;
        let mut tops = all().filter_map(|path| path.split('/').next());
        tops.try_for_each(letters::check_top)
    }

    /// A name that is a folder's by what is below it, or by an entry of its own, and that a file or a
    /// link has, too. Whoever unpacks the archive would follow the link, and so write elsewhere.
    fn below_what_is_no_folder(&self) -> Option<&str> {
        let all = self.files.keys().chain(self.links.keys());
        let names = all.chain(&self.folders);
        let mut folders = names
            .flat_map(|name| letters::around(name))
            .chain(self.folders.iter().map(String::as_str));
        folders.find(|name| self.files.contains_key(*name) || self.links.contains_key(*name))
    }

    /// A small file that may be JSON; `None` where there is none with this name.
    ///
    /// # Errors
    /// In words, when it is anything else.
    pub fn bytes(&self, name: &str) -> Result<Option<&[u8]>, &'static str> {
        match self.entry(name) {
            None => Ok(None),
            Some(entry) => match &entry.bytes {
                Some(bytes) => Ok(Some(bytes)),
                None => Err("it is larger than anything that is read, or no JSON"),
            },
        }
    }

    /// The digest of a file.
    pub fn digest(&self, name: &str) -> Option<Sha256Digest> {
        self.entry(name).map(|entry| entry.digest)
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let name = plain(name)?;
        // A link leads to a file, and to no other link.
        let name = self.links.get(&name).unwrap_or(&name);
        self.files.get(name)
    }

    fn take(&mut self, reader: &mut impl Read) -> std::io::Result<Entry> {
        let (mut hasher, mut bytes) = (Sha256::new(), Some(Vec::new()));
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let chunk = buffer.get(..count).unwrap_or_default();
            hasher.update(chunk);
            bytes = bytes.filter(|bytes: &Vec<u8>| {
                let size = bytes.len() + count;
                // Many layers, even small ones, must not leave no room for what is looked into.
                let may_be_json = !bytes.is_empty() || begins_as_json(chunk);
                may_be_json && size <= MAX_KEPT && self.kept + size <= MAX_ALL
            });
            if let Some(bytes) = &mut bytes {
                bytes.extend_from_slice(chunk);
            }
        }
        self.kept += bytes.as_ref().map_or(0, Vec::len);
        let digest = Sha256Digest::new(hasher.finalize().into());
        Ok(Entry { digest, bytes })
    }
}

/// A reader that fails where there are more bytes than a limit.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, limit: u64) -> Self {
        let left = limit;
        Self { inner, left }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = (self.left.checked_sub(count as u64)).ok_or_else(|| {
            std::io::Error::other("unpacked it is larger than anything that is read")
        })?;
        Ok(count)
    }
}

/// By what a file is compressed that begins so, if that is not read.
fn compressed_otherwise(start: &[u8]) -> Option<&'static str> {
    let found = OTHERS.iter().find(|(_, magic)| start.starts_with(magic));
    // A frame that zstd skips (RFC 8878, section 3.1.2).
    let is_skipped = matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
    match found {
        Some((name, _)) => Some(name),
        None => is_skipped.then_some("zstd"),
    }
}

fn begins_as_json(bytes: &[u8]) -> bool {
    let mut bytes = bytes.iter();
    let first = bytes.find(|byte| !byte.is_ascii_whitespace());
    first.is_none_or(|first| matches!(first, b'{' | b'['))
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// Whether a name is that of the folder that everything is in.
fn is_top(name: &str) -> bool {
    !name.starts_with('/') && name.split('/').all(|part| matches!(part, "" | "."))
}

/// A name without `.`; `None` for one that leads out of the archive.
fn plain(name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains('\\') {
        return None;
    }
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    let parts: Vec<&str> = parts.collect();
    (!parts.is_empty() && !parts.contains(&"..")).then(|| parts.join("/"))
}

/// The file that a link leads to.
fn beside(name: &str, target: &str) -> Option<String> {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    plain(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn file(builder: &mut tar::Builder<Vec<u8>>, name: &str, bytes: &[u8]) {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // As hostile archives do, which the library refuses to write.
        let field = &mut header.as_old_mut().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    }

    /// As hostile archives have them: with a size, of whatever kind it is.
    fn sized(builder: &mut tar::Builder<Vec<u8>>, name: &str, kind: u8, bytes: &[u8]) {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkflag = [kind];
        header.set_cksum();
        builder.append(&header, bytes).unwrap();
    }

    fn link(builder: &mut tar::Builder<Vec<u8>>, name: &str, target: &str) {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, name, target).unwrap();
    }

    fn read(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Result<Saved, String> {
        let mut builder = tar::Builder::new(Vec::new());
        build(&mut builder);
        let bytes = builder.into_inner().unwrap();
        Saved::from("it", Cursor::new(bytes)).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_read_by_their_names() {
        let saved = read(|tar| {
            sized(tar, "./", b'5', b"");
            sized(tar, "a/", b'5', b"");
            file(tar, "./a/b", b" [1]");
            file(tar, "c", &vec![b' '; MAX_KEPT + 1]);
        })
        .unwrap();
        assert_eq!(saved.bytes("a/b"), Ok(Some(&b" [1]"[..])));
        assert_eq!(saved.digest("a/b"), Some(Sha256Digest::of(b" [1]")));
        assert_eq!(saved.bytes("b"), Ok(None));
        assert!(saved.bytes("c").is_err());
        let large = Sha256Digest::of(&vec![b' '; MAX_KEPT + 1]);
        assert_eq!(saved.digest("c"), Some(large));
    }

    #[test]
    fn small_layers_leave_room_for_what_is_looked_into() {
        let layer = vec![0; 1024];
        let saved = read(|tar| {
            file(tar, "layer", &layer);
            file(tar, "index.json", b"{}");
        })
        .unwrap();
        assert_eq!(saved.digest("layer"), Some(Sha256Digest::of(&layer)));
        assert!(saved.bytes("layer").is_err());
        assert_eq!(saved.kept, 2);
    }

    #[test]
    fn links_lead_to_files_in_the_archive_alone() {
        let to = |target: &'static str| {
            read(move |tar| {
                file(tar, "a/layer.tar", b"{}");
                link(tar, "b/layer.tar", target);
            })
        };
        let saved = to("../a/layer.tar").unwrap();
        assert_eq!(saved.bytes("b/layer.tar"), Ok(Some(&b"{}"[..])));
        assert_eq!(to("../b/layer.tar").unwrap().digest("b/layer.tar"), None);
        assert!(to("../../a/layer.tar").is_err());
        assert!(to("/etc/passwd").is_err());
    }

    #[test]
    fn nothing_is_below_a_link_or_a_file() {
        let refused = |build: fn(&mut tar::Builder<Vec<u8>>)| {
            let why = read(build).unwrap_err();
            assert!(why.contains("as a folder"), "{why}");
        };
        // Unpacked, the second one is written over the first.
        refused(|tar| {
            file(tar, "b/layer.tar", b"{}");
            link(tar, "a", "b");
            file(tar, "a/layer.tar", b"[]");
        });
        refused(|tar| {
            file(tar, "a/b/index.json", b"[]");
            link(tar, "a/b", "../c");
        });
        refused(|tar| {
            link(tar, "a", "b");
            link(tar, "a/c", "b");
        });
        refused(|tar| {
            file(tar, "a", b"");
            file(tar, "a/b", b"");
        });
        refused(|tar| {
            file(tar, "a", b"");
            sized(tar, "a/", b'5', b"");
        });
    }

    #[test]
    fn no_entry_is_hidden_in_another() {
        let mut hidden = tar::Builder::new(Vec::new());
        file(&mut hidden, "index.json", b"[]");
        let hidden = hidden.into_inner().unwrap();
        // What Go's archive/tar reads on in, as folders and links have no bytes.
        for (name, kind) in [("a", b'5'), ("a", b'2'), ("a/", 0), ("a/", b'0')] {
            assert!(read(|tar| sized(tar, name, kind, &hidden)).is_err());
        }
        assert!(read(|tar| sized(tar, "a", b'7', b"")).is_err());
        // star's headers have a shorter prefix, and times behind it.
        let prefixed = read(|tar| {
            let mut header = tar::Header::new_ustar();
            header.set_size(0);
            header.as_old_mut().name[..1].copy_from_slice(b"a");
            header.as_ustar_mut().unwrap().prefix[..1].copy_from_slice(b".");
            header.set_cksum();
            tar.append(&header, &b""[..]).unwrap();
        });
        assert!(prefixed.is_err());
        // 2^64 bytes and one, of which some read the one.
        let huge = read(|tar| {
            let mut header = tar::Header::new_ustar();
            header.as_old_mut().name[..1].copy_from_slice(b"a");
            header.as_old_mut().size = [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1];
            header.set_cksum();
            tar.append(&header, &b"a"[..]).unwrap();
        });
        assert!(huge.is_err());
    }

    #[test]
    fn an_archive_that_was_cut_is_refused() {
        let mut tar = tar::Builder::new(Vec::new());
        file(&mut tar, "a", &[b'{'; 1000]);
        let whole = tar.into_inner().unwrap();
        for length in [100, 600, 1512, 1535] {
            let cut = Cursor::new(whole[..length].to_vec());
            assert!(Saved::from("it", cut).is_err(), "{length}");
        }
        let unpacked = Bounded::new(Cursor::new(whole.clone()), 1535);
        let why = Saved::from("it", unpacked).unwrap_err().to_string();
        assert!(why.contains("larger than anything"), "{why}");
        let enough = whole.len() as u64;
        Saved::from("it", Bounded::new(Cursor::new(whole), enough)).unwrap();
    }

    #[test]
    fn what_is_compressed_in_another_way_is_told_and_never_read_as_it_is() {
        let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0];
        for (start, name) in [
            (&b"BZh91AY&"[..], "bzip2"),
            (b"\xfd7zXZ\0\0", "xz"),
            (&zstd, "zstd"),
            (b"P*M\x18\0\0\0\0", "zstd"),
        ] {
            assert_eq!(compressed_otherwise(start), Some(name));
            // As the name of a file an archive can begin so, too.
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("saved");
            let mut archive = vec![0; 1024];
            archive[..start.len()].copy_from_slice(start);
            std::fs::write(&path, archive).unwrap();
            let why = Saved::read(&path).unwrap_err().to_string();
            assert!(why.contains(name), "{why}");
        }
        for other in [&b""[..], b"index.js", b"\x1f\x8b\x08"] {
            assert_eq!(compressed_otherwise(other), None);
        }
    }

    #[test]
    fn what_another_program_could_read_differently_is_refused() {
        let refused = |build: fn(&mut tar::Builder<Vec<u8>>)| assert!(read(build).is_err());
        refused(|tar| {
            file(tar, "a", b"one");
            file(tar, "./a", b"two");
        });
        refused(|tar| file(tar, "../a", b"one"));
        refused(|tar| file(tar, "/a", b"one"));
        refused(|tar| {
            let renamed = [("path", &b"b"[..])];
            tar.append_pax_extensions(renamed).unwrap();
            file(tar, "a", b"one");
        });
        refused(|tar| {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(EntryType::GNULongName);
            header.set_size(1);
            header.set_cksum();
            tar.append(&header, &b"b"[..]).unwrap();
            file(tar, "a", b"one");
        });
        // No space, no end, or a length of its own.
        for record in ["11mtime=1\n", "11 mtime=1.", "99 mtime=1\n"] {
            assert!(read(|tar| sized(tar, "a", b'x', record.as_bytes())).is_err());
        }
        let times = read(|tar| {
            let times = [("mtime", &b"1.5"[..])];
            tar.append_pax_extensions(times).unwrap();
            file(tar, "a", b"one");
        });
        assert!(times.is_ok());
        assert!(Saved::from("it", Cursor::new(vec![1; 2048])).is_err());
    }
}
