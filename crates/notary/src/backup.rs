//! A backup: all of a notary at one moment, in one file, without its lock.
//!
//! The file holds the private keys. It begins with a line that names its format; then come
//! records, each a letter and what belongs to it, lengths being big-endian; the last record is the
//! SHA-256 of everything before, so that a part of a backup is not taken for one.
//!
//! | letter | record |
//! | --- | --- |
//! | `O` | an object of the log: space (1 byte), length of the key (2), length of the value (4), both |
//! | `F` | a file of the data directory: 1 if it is its owner's alone, else 0; length of its name (2), of its content (4), both |
//! | `X` | why the backup could not be finished, as a sentence: length (2) and text |
//! | `E` | the end: SHA-256 of all before this letter (32) |

use crate::data_directory::{COMPLETE_FILE, LOG_FILE};
use crate::entry_check::EntryCheck;
use crate::error::NotaryError;
use crate::files;
use crate::objects::{Object, Space};
use crate::store::{Entry, Store, StoreError, Tree};
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, Write};
use std::path::Path;

/// What a backup begins with.
const HEADER: &[u8] = b"assay notary backup 1\n";
/// The largest object or file, in bytes.
const MAX_VALUE: u32 = 64 * 1024 * 1024;
/// The directory with the socket of the running notary.
pub(crate) const ADMIN_DIRECTORY: &str = "admin";

/// Writes a backup of the notary in `data`, whose log is in `store` and may go on being written.
/// Every entry is held against the signed tree.
///
/// # Errors
/// When an entry is not what was signed, something cannot be read or `out` not be written; `out` is then no backup.
pub fn write(data: &Path, store: &Store, out: &mut dyn Write) -> Result<(), NotaryError> {
    let mut out = Hashing {
        out,
        hash: Sha256::new(),
    };
    match write_all(data, store, &mut out) {
        Ok(()) => out.end(),
        Err(error) => {
            // Whoever reads along is told; what this comes to, the missing end says, too.
            let _ = out.write_record(b'X', &[], error.to_string().as_bytes(), &[]);
            return Err(error);
        }
    }
    .map_err(|error| NotaryError::Backup(format!("it could not be written: {error}")))
}

fn write_all(data: &Path, store: &Store, out: &mut Hashing<'_>) -> Result<(), NotaryError> {
    let failed = |error: io::Error| StoreError::Failed(format!("the backup: {error}"));
    out.write_all(HEADER).map_err(failed)?;
    let snapshot = store.snapshot()?;
    let mut tree = Tree::default();
    let mut check = EntryCheck::default();
    store.objects().freeze(&mut |space, key, value| {
        match space {
            Space::Tree => tree = Tree::from_bytes(value)?,
            Space::Entries => check.next(&entry_of(key, value)?, snapshot.as_ref())?,
            _ => {}
        }
        let number = Space::ALL.iter().position(|other| *other == space);
        let number = number.map_or(u8::MAX, |number| number as u8);
        out.write_record(b'O', &[number], key, value)
            .map_err(failed)
    })?;
    check.end(&tree)?;
    // After the log: what an entry refers to, such as a signer's certificate, was there before it.
    for (name, path) in files_in(data)? {
        let content = std::fs::read(&path).map_err(|source| NotaryError::file(&path, source))?;
        let private =
            files::is_private(&path).map_err(|source| NotaryError::file(&path, source))?;
        out.write_record(b'F', &[u8::from(private)], name.as_bytes(), &content)
            .map_err(failed)?;
    }
    Ok(())
}

fn entry_of(key: &[u8], value: &[u8]) -> Result<Entry, StoreError> {
    let index = key.try_into().map(u64::from_be_bytes);
    let index = index.map_err(|_| StoreError::Damaged("the index of an entry".into()))?;
    Entry::from_bytes(index, value)
}

/// The files of a data directory but the log, by name (with `/`), in order.
fn files_in(data: &Path) -> Result<Vec<(String, std::path::PathBuf)>, NotaryError> {
    let mut found = Vec::new();
    let mut directories = vec![(String::new(), data.to_owned())];
    while let Some((prefix, directory)) = directories.pop() {
        let failed = |source| NotaryError::file(&directory, source);
        for item in std::fs::read_dir(&directory).map_err(failed)? {
            let item = item.map_err(failed)?;
            let Ok(own) = item.file_name().into_string() else {
                continue;
            };
            let name = format!("{prefix}{own}");
            // Hidden files are those that are being written; the log's is there as objects.
            let left_out = [COMPLETE_FILE, ADMIN_DIRECTORY].contains(&&*name);
            if own.starts_with('.') || name.starts_with(LOG_FILE) || left_out {
                continue;
            }
            // Of the file itself, not of what a link leads to: that is outside.
            let kind = item.file_type().map_err(failed)?;
            if kind.is_dir() {
                directories.push((format!("{name}/"), item.path()));
            } else if kind.is_file() {
                found.push((name, item.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

struct Hashing<'a> {
    out: &'a mut dyn Write,
    hash: Sha256,
}

impl Hashing<'_> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.out.write_all(bytes)
    }

    fn write_record(
        &mut self,
        kind: u8,
        flags: &[u8],
        name: &[u8],
        value: &[u8],
    ) -> io::Result<()> {
        let long = |_| io::Error::other("something in it is too long");
        let value_length = u32::try_from(value.len()).map_err(long)?;
        if value_length > MAX_VALUE {
            return Err(io::Error::other("something in it is too long"));
        }
        self.write_all(&[kind])?;
        self.write_all(flags)?;
        self.write_all(&u16::try_from(name.len()).map_err(long)?.to_be_bytes())?;
        if kind != b'X' {
            self.write_all(&value_length.to_be_bytes())?;
        }
        self.write_all(name)?;
        self.write_all(value)
    }

    fn end(self) -> io::Result<()> {
        self.out.write_all(b"E")?;
        self.out.write_all(&self.hash.finalize())?;
        self.out.flush()
    }
}

/// A part of a backup.
#[derive(Debug)]
pub enum Part {
    /// An object of the log.
    Object(Object),
    /// A file of the data directory.
    File {
        /// Its name, with `/`: relative, and leading nowhere else.
        name: String,
        /// Whether it is its owner's alone.
        private: bool,
        /// What is in it.
        content: Vec<u8>,
    },
}

/// Reads a backup, giving each part to `each`. Only when this returns is it known that the backup
/// is whole.
///
/// # Errors
/// When it is not a whole backup, or what `each` returns.
pub fn read(
    input: &mut dyn BufRead,
    each: &mut dyn FnMut(Part) -> Result<(), NotaryError>,
) -> Result<(), NotaryError> {
    let mut input = Reading {
        input,
        hash: Sha256::new(),
    };
    if input.take::<{ HEADER.len() }>()? != HEADER {
        return Err(NotaryError::Backup(
            "it is not a backup of a notary, or of a later version".into(),
        ));
    }
    loop {
        // The hash of the end does not cover the end.
        let before = input.hash.clone();
        match input.take::<1>()? {
            [b'O'] => {
                let [number] = input.take()?;
                let (key, value) = input.name_and_value()?;
                let space = Space::ALL.get(usize::from(number));
                let space = *space.ok_or_else(|| damaged("an object of no known kind"))?;
                each(Part::Object(Object { space, key, value }))?;
            }
            [b'F'] => {
                let [private] = input.take()?;
                let (name, content) = input.name_and_value()?;
                let name = String::from_utf8(name).ok().filter(|name| is_inside(name));
                each(Part::File {
                    name: name.ok_or_else(|| damaged("a file with an odd name"))?,
                    private: private != 0,
                    content,
                })?;
            }
            [b'X'] => {
                let length = u16::from_be_bytes(input.take()?);
                let text = input.bytes(length.into())?;
                let text = String::from_utf8_lossy(&text).into_owned();
                return Err(NotaryError::Backup(format!(
                    "the notary could not finish it: {text}"
                )));
            }
            [b'E'] => {
                let hash: [u8; 32] = before.finalize().into();
                return match input.take::<32>()? == hash {
                    true => Ok(()),
                    false => Err(damaged("its SHA-256 is another")),
                };
            }
            _ => return Err(damaged("a record of no known kind")),
        }
    }
}

/// Whether a name leads to a file below the directory that it is joined to, and nowhere else.
fn is_inside(name: &str) -> bool {
    let mut parts = name.split('/');
    parts
        .all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0']))
}

struct Reading<'a> {
    input: &'a mut dyn BufRead,
    hash: Sha256,
}

impl Reading<'_> {
    fn take<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], NotaryError> {
        let mut bytes = [0; LENGTH];
        self.input.read_exact(&mut bytes).map_err(cut)?;
        self.hash.update(bytes);
        Ok(bytes)
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, NotaryError> {
        let mut bytes = vec![0; length];
        self.input.read_exact(&mut bytes).map_err(cut)?;
        self.hash.update(&bytes);
        Ok(bytes)
    }

    fn name_and_value(&mut self) -> Result<(Vec<u8>, Vec<u8>), NotaryError> {
        let name_length = u16::from_be_bytes(self.take()?);
        let value_length = u32::from_be_bytes(self.take()?);
        if value_length > MAX_VALUE {
            return Err(damaged("a record that is too long"));
        }
        let name = self.bytes(name_length.into())?;
        let value = self.bytes(value_length as usize)?;
        Ok((name, value))
    }
}

fn cut(error: io::Error) -> NotaryError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            NotaryError::Backup("it is cut off: its end is missing".into())
        }
        _ => NotaryError::Backup(format!("it could not be read: {error}")),
    }
}

fn damaged(what: &str) -> NotaryError {
    NotaryError::Backup(format!("it is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::keys::SigningKey;
    use crate::merkle;
    use crate::redb_store::RedbStore;
    use crate::store::Batch;
    use std::sync::Arc;

    fn signed_empty_tree() -> String {
        assay_core::crypto::native::install();
        let origin = checkpoint::Origin {
            host: "notary.example".into(),
            tree_id: 7,
        };
        let key = SigningKey::generate().unwrap();
        checkpoint::sign(&origin, 0, &merkle::empty_root(), &key).unwrap()
    }

    fn written() -> (tempfile::TempDir, Vec<u8>) {
        let data = tempfile::tempdir().unwrap();
        let objects = RedbStore::open(&data.path().join(LOG_FILE)).unwrap();
        let store = Store::new(Arc::new(objects));
        let object = |space, key: &[u8]| Object {
            space,
            key: key.to_vec(),
            value: vec![7; 40],
        };
        let objects = vec![object(Space::Mentions, b"m")];
        store.objects().put(objects).unwrap();
        store
            .commit(Batch {
                tree: Tree {
                    checkpoint: signed_empty_tree(),
                    ..Tree::default()
                },
                ..Batch::default()
            })
            .unwrap();
        files::private_directory(&data.path().join("keys")).unwrap();
        let key = data.path().join("keys/log.pem");
        files::create(&key, b"key", files::Mode::Private).unwrap();
        std::fs::write(data.path().join("notary.json"), "{}").unwrap();
        std::fs::write(data.path().join(".half.part"), "no").unwrap();
        let mut backup = Vec::new();
        write(data.path(), &store, &mut backup).unwrap();
        (data, backup)
    }

    fn parts(backup: &[u8]) -> Result<Vec<String>, NotaryError> {
        let mut parts = Vec::new();
        read(&mut &backup[..], &mut |part| {
            parts.push(match part {
                Part::Object(object) => format!("{:?}", object.space),
                Part::File { name, private, .. } => format!("{name} {private}"),
            });
            Ok(())
        })?;
        Ok(parts)
    }

    #[test]
    fn a_backup_has_the_log_and_the_files_and_nothing_half_written() {
        let (_data, backup) = written();
        let expected = ["Tree", "Mentions", "keys/log.pem true", "notary.json false"];
        assert_eq!(parts(&backup).unwrap(), expected);
    }

    #[test]
    fn neither_a_part_of_a_backup_nor_an_altered_one_is_one() {
        let (_data, backup) = written();
        for end in 0..backup.len() {
            assert!(parts(&backup[..end]).is_err(), "{end}");
        }
        for at in 0..backup.len() {
            let mut altered = backup.clone();
            altered[at] ^= 1;
            assert!(parts(&altered).is_err(), "{at}");
        }
    }

    #[test]
    fn a_name_cannot_lead_out_of_the_directory() {
        for inside in ["notary.json", "keys/log.pem", "a/b/c"] {
            assert!(is_inside(inside), "{inside}");
        }
        for outside in [
            "",
            "/etc/passwd",
            "../a",
            "a/../b",
            "a//b",
            "a/",
            ".a",
            "c:\\a",
        ] {
            assert!(!is_inside(outside), "{outside:?}");
        }
    }
}
