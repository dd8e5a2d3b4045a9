//! Saved archives (tar, perhaps compressed with gzip): read once, and never unpacked.
//!
//! Whoever loads the archive later reads it with another program. What two programs could read
//! differently (names given twice, or in extended headers) is refused.

use crate::error::OciError;
use assay_core::digest::Sha256Digest;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
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

/// The files of an archive.
#[derive(Debug, Default)]
pub struct Saved {
    files: HashMap<String, Entry>,
    links: HashMap<String, String>,
    kept: usize,
}

#[derive(Debug)]
struct Entry {
    digest: Sha256Digest,
    /// Where it is small.
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
        let mut file = File::open(path).map_err(failed)?;
        let mut magic = [0; 2];
        let is_gzip = match file.read_exact(&mut magic) {
            Ok(()) => magic == [0x1f, 0x8b],
            Err(_) => false,
        };
        file.rewind().map_err(failed)?;
        let file = BufReader::with_capacity(1024 * 1024, file);
        let what = path.display().to_string();
        match is_gzip {
            // Of several members, as some programs write them.
            true => Self::from(&what, flate2::bufread::MultiGzDecoder::new(file)),
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
            let name = text(&entry.path_bytes());
            let kind = entry.header().entry_type();
            match kind {
                EntryType::Directory => {}
                EntryType::Regular | EntryType::Continuous => {
                    let name = name.and_then(|name| plain(&name));
                    let name =
                        name.ok_or_else(|| wrong("a file in it has no usable name".into()))?;
                    let read = saved.take(&mut entry).map_err(broken)?;
                    let before = saved.files.insert(name.clone(), read);
                    if before.is_some() || saved.links.contains_key(&name) {
                        return Err(wrong(format!("{name} is in it twice")));
                    }
                }
                EntryType::Symlink => {
                    let name = name.and_then(|name| plain(&name));
                    let target = entry.link_name_bytes().and_then(|target| text(&target));
                    let (Some(name), Some(target)) = (name, target) else {
                        return Err(wrong("a link in it has no usable name".into()));
                    };
                    let target = beside(&name, &target);
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
        Ok(saved)
    }

    /// A small file; `None` where there is none with this name.
    ///
    /// # Errors
    /// In words, when it is too large to be read.
    pub fn bytes(&self, name: &str) -> Result<Option<&[u8]>, &'static str> {
        match self.entry(name) {
            None => Ok(None),
            Some(entry) => match &entry.bytes {
                Some(bytes) => Ok(Some(bytes)),
                None => Err("it is larger than anything that is read"),
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
                size <= MAX_KEPT && self.kept + size <= MAX_ALL
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

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
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

/// Whether an extended header (POSIX, pax) says more of the next file than its times and owners.
fn renames(header: &[u8]) -> bool {
    let mut rest = header;
    while !rest.is_empty() {
        // A length, a space, a name, =, a value, and a line's end.
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length = rest.get(..digits).and_then(text);
        let length = length.and_then(|length| length.parse::<usize>().ok());
        let record = length.and_then(|length| rest.get(digits..length));
        let (Some(length), Some(record)) = (length.filter(|length| *length > digits), record)
        else {
            return true;
        };
        let name = record.strip_prefix(b" ").unwrap_or(record);
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

    fn read(build: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Result<Saved, String> {
        let mut builder = tar::Builder::new(Vec::new());
        build(&mut builder);
        let bytes = builder.into_inner().unwrap();
        Saved::from("it", Cursor::new(bytes)).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_read_by_their_names() {
        let saved = read(|tar| {
            file(tar, "./a/b", b"one");
            file(tar, "c", &vec![0; MAX_KEPT + 1]);
        })
        .unwrap();
        assert_eq!(saved.bytes("a/b"), Ok(Some(&b"one"[..])));
        assert_eq!(saved.digest("a/b"), Some(Sha256Digest::of(b"one")));
        assert_eq!(saved.bytes("b"), Ok(None));
        assert!(saved.bytes("c").is_err());
        let large = Sha256Digest::of(&vec![0; MAX_KEPT + 1]);
        assert_eq!(saved.digest("c"), Some(large));
    }

    #[test]
    fn links_lead_to_files_in_the_archive_alone() {
        let link = |target: &'static str| {
            read(move |tar| {
                file(tar, "a/layer.tar", b"one");
                let mut header = tar::Header::new_ustar();
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                tar.append_link(&mut header, "b/layer.tar", target).unwrap();
            })
        };
        let saved = link("../a/layer.tar").unwrap();
        assert_eq!(saved.bytes("b/layer.tar"), Ok(Some(&b"one"[..])));
        assert_eq!(link("../b/layer.tar").unwrap().digest("b/layer.tar"), None);
        assert!(link("../../a/layer.tar").is_err());
        assert!(link("/etc/passwd").is_err());
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
        let times = read(|tar| {
            let times = [("mtime", &b"1.5"[..])];
            tar.append_pax_extensions(times).unwrap();
            file(tar, "a", b"one");
        });
        assert!(times.is_ok());
        assert!(Saved::from("it", Cursor::new(vec![1; 2048])).is_err());
    }
}
