//! A tree of files as text, whose SHA-256 stands for the whole tree: docs/directory-manifest.md.

use assay_core::digest::Sha256Digest;
use serde::Serialize;
use std::fmt::Write;

/// A tree of files.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The first lines, each with its end.
    head: String,
    /// In the order of their paths, each path once.
    entries: Vec<Entry>,
}

/// Something in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies: names with a slash between them, as bytes.
    pub path: Vec<u8>,
    /// What it is.
    pub node: Node,
}

/// What lies in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file.
    File {
        /// Of its content.
        sha256: Sha256Digest,
        /// Whether its owner may run it.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as it is written in the link.
        target: Vec<u8>,
    },
    /// A directory below which nothing is listed.
    Directory,
    /// A commit of another repository.
    Submodule {
        /// Its id, hexadecimal digits.
        commit: String,
    },
}

/// An entry, as it is printed.
#[derive(Serialize)]
struct EntryReport {
    kind: &'static str,
    value: String,
    path: String,
}

impl Manifest {
    /// The tree with these entries, in any order, under a first line and others. `None` where two of them
    /// have the same path.
    pub fn new(head: String, mut entries: Vec<Entry>) -> Option<Self> {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut pairs = entries.windows(2);
        match pairs.any(|pair| matches!(pair, [a, b] if a.path == b.path)) {
            true => None,
            false => Some(Self { head, entries }),
        }
    }

    /// The text. Pure ASCII, so that no name of a file can forge a line or steer a terminal.
    pub fn text(&self) -> String {
        let mut text = self.head.clone();
        for entry in &self.entries {
            let (kind, value) = entry.node.fields();
            // Writing to a text cannot fail.
            let _ = writeln!(text, "{kind}\t{value}\t{}", escaped(&entry.path));
        }
        text
    }

    /// What stands for the whole tree.
    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(self.text().as_bytes())
    }

    /// What is in it.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Node {
    /// The word for what it is, and what more is to be said of it.
    fn fields(&self) -> (&'static str, String) {
        match self {
            Self::File { sha256, executable } => match executable {
                true => ("executable", sha256.to_hex()),
                false => ("file", sha256.to_hex()),
            },
            Self::Link { target } => ("link", escaped(target)),
            Self::Directory => ("directory", "-".to_owned()),
            Self::Submodule { commit } => ("submodule", commit.clone()),
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, value) = self.node.fields();
        let path = escaped(&self.path);
        EntryReport { kind, value, path }.serialize(serializer)
    }
}

/// Bytes as text: printable ASCII stands for itself, everything else and the backslash is `\x` and two
/// hexadecimal digits. No two byte strings have the same text.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' | ..b' ' | 0x7f.. => {
                let _ = write!(text, "\\x{byte:02x}");
            }
            _ => text.push(char::from(*byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_can_pose_as_anything_else() {
        assert_eq!(escaped(b"a b~"), "a b~");
        assert_eq!(
            escaped("a\n\t\\x0a\u{7f}é".as_bytes()),
            "a\\x0a\\x09\\x5cx0a\\x7f\\xc3\\xa9"
        );
        assert_eq!(escaped(&[0xff]), "\\xff");
    }

    #[test]
    fn the_order_is_that_of_the_bytes_and_no_path_comes_twice() {
        let entry = |path: &[u8]| Entry {
            path: path.to_owned(),
            node: Node::Directory,
        };
        let tree = |paths: &[&[u8]]| {
            let entries = paths.iter().map(|path| entry(path)).collect();
            Manifest::new("head\n".into(), entries)
        };
        let text = tree(&[b"a/b", b"a-b", b"\xff", b"B"]).unwrap().text();
        let expected =
            "head\ndirectory\t-\tB\ndirectory\t-\ta-b\ndirectory\t-\ta/b\ndirectory\t-\t\\xff\n";
        assert_eq!(text, expected);
        assert!(tree(&[b"a", b"b", b"a"]).is_none());
    }
}
