//! Who a notary is: decided on its first start and never changed, as clients pin it.

use crate::checkpoint::{self, Origin};
use crate::clock::now;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Where it is kept in the data directory.
pub const FILE: &str = "notary.json";

/// The version of the file's format. Those before 2 had no lock: a program that knows no locks
/// must not sign for a log that has one.
pub const VERSION: u32 = 2;

/// Who a notary is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Version of this file's format.
    version: u32,
    /// The public address: `https://host[:port]`, without a path.
    pub address: String,
    /// Number of the log's tree; positive, below 2^63.
    #[serde(with = "decimal")]
    pub tree_id: u64,
    /// When the notary was set up, in seconds since the Unix epoch.
    pub created: u64,
    /// The trees in whose place restores put this one, the first comes first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<PastTree>,
}

/// A tree that has ended. Its entries, as far as they could be restored, are the first ones of the
/// tree that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastTree {
    /// Its number.
    #[serde(with = "decimal")]
    pub tree_id: u64,
    /// How many of its entries could be restored: they are the first ones of the present tree.
    pub size: u64,
    /// Its signed checkpoint of that size; of a tree that was ended without having been in the
    /// backup, its last one.
    pub checkpoint: String,
    /// The last checkpoint that it has signed, of at least that size: the entries between are not
    /// in the present tree. `None` where no lock knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_signed: Option<String>,
}

impl PastTree {
    /// The last of its checkpoints that is known.
    pub fn last_known(&self) -> &str {
        self.last_signed.as_deref().unwrap_or(&self.checkpoint)
    }

    /// How many entries it has signed that could not be restored; `None` if that is not known.
    pub fn lost(&self) -> Option<u64> {
        let last = checkpoint::read(self.last_signed.as_deref()?)?;
        Some(last.size.saturating_sub(self.size))
    }
}

impl Identity {
    /// Reads the identity in a data directory.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or it is of an earlier version.
    pub fn load(data: &Path) -> Result<Self, NotaryError> {
        let identity = Self::load_any(data)?;
        match identity.is_earlier() {
            true => Err(StoreError::Earlier.into()),
            false => Ok(identity),
        }
    }

    /// Whether it is of a version that had no lock.
    pub fn is_earlier(&self) -> bool {
        self.version < VERSION
    }

    /// The same in the present version.
    pub fn brought_up_to_date(mut self) -> Self {
        self.version = VERSION;
        self
    }

    /// Reads the identity in a data directory, also of an earlier version.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn load_any(data: &Path) -> Result<Self, NotaryError> {
        let path = data.join(FILE);
        let text = std::fs::read(&path).map_err(|source| NotaryError::file(&path, source))?;
        match serde_json::from_slice::<Self>(&text) {
            Ok(identity) if identity.version <= VERSION => Ok(identity),
            Ok(identity) => Err(NotaryError::Data {
                path,
                detail: format!("version {} is of a later notary", identity.version),
            }),
            Err(error) => Err(NotaryError::Data {
                path,
                detail: error.to_string(),
            }),
        }
    }

    /// Reads the identity of a notary that was set up.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn of_notary(data: &Path) -> Result<Self, NotaryError> {
        Self::load(data).map_err(|error| match error {
            NotaryError::File { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                NotaryError::NotSetUp {
                    data: data.to_owned(),
                }
            }
            other => other,
        })
    }

    /// Reads the identity in a data directory, or makes one for `wanted` (or else for `default`).
    ///
    /// # Errors
    /// When `wanted` is another address than the notary has, is not an address, or the file cannot
    /// be read or written.
    pub fn load_or_create(
        data: &Path,
        wanted: Option<&str>,
        default: &str,
    ) -> Result<Self, NotaryError> {
        let path = data.join(FILE);
        let exists = path
            .try_exists()
            .map_err(|source| NotaryError::file(&path, source))?;
        if !exists {
            let identity = Self::new(wanted.unwrap_or(default))?;
            match files::create(&path, &identity.to_json(&path)?, Mode::Shared) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => other.map_err(|source| NotaryError::file(&path, source))?,
            }
        }
        let identity = Self::load(data)?;
        match wanted.map(normal_address).transpose()? {
            Some(wanted) if wanted != identity.address => Err(NotaryError::AddressChanged {
                old: identity.address,
                new: wanted,
            }),
            _ => Ok(identity),
        }
    }

    /// The host, with its port if the address names one.
    pub fn host(&self) -> &str {
        host(&self.address)
    }

    /// The number of the notary's first tree: the same before and after a restore.
    pub fn first_tree(&self) -> u64 {
        self.past.first().map_or(self.tree_id, |past| past.tree_id)
    }

    /// Whether the entry at `index` is one of the tree with this number: the present one, or one
    /// that it began with.
    pub fn is_in_tree(&self, index: u64, tree_id: u64) -> bool {
        let mut past = self.past.iter();
        self.tree_id == tree_id || past.any(|past| past.tree_id == tree_id && index < past.size)
    }

    /// How checkpoints name the log.
    pub fn origin(&self) -> Origin {
        Origin {
            host: self.host().to_owned(),
            tree_id: self.tree_id,
        }
    }

    fn new(address: &str) -> Result<Self, NotaryError> {
        Ok(Self {
            version: VERSION,
            address: normal_address(address)?,
            tree_id: new_tree_id()?,
            created: now(),
            past: Vec::new(),
        })
    }

    /// The same notary with a new tree, which begins with what is left of the present one, and
    /// takes the place of all these.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn with_new_tree(
        &self,
        past: impl IntoIterator<Item = PastTree>,
    ) -> Result<Self, NotaryError> {
        let mut new = self.clone();
        new.tree_id = new_tree_id()?;
        new.past.extend(past);
        Ok(new)
    }

    /// The file's content; `path` names it in an error.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn to_json(&self, path: &Path) -> Result<Vec<u8>, NotaryError> {
        serde_json::to_vec_pretty(self).map_err(|error| NotaryError::Data {
            path: path.to_owned(),
            detail: error.to_string(),
        })
    }
}

fn new_tree_id() -> Result<u64, NotaryError> {
    let random = getrandom::u64().map_err(|error| NotaryError::Random(error.to_string()))?;
    Ok((random >> 1).max(1))
}

/// `http` or `https`, a host, perhaps a port; nothing that a checkpoint's line could not hold.
fn normal_address(address: &str) -> Result<String, NotaryError> {
    let bare = address.strip_suffix('/').unwrap_or(address);
    let has_scheme = bare.starts_with("https://") || bare.starts_with("http://");
    let name = host(bare);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if has_scheme && !name.is_empty() && name.len() <= 253 && name.chars().all(allowed) {
        Ok(bare.to_ascii_lowercase())
    } else {
        Err(NotaryError::Address {
            address: address.to_owned(),
        })
    }
}

fn host(address: &str) -> &str {
    address.split_once("://").map_or(address, |(_, rest)| rest)
}

/// 63 bits do not fit a JSON number everywhere.
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_stays_what_it_was_first() {
        let directory = tempfile::tempdir().unwrap();
        let load = |wanted, default| Identity::load_or_create(directory.path(), wanted, default);
        let first = load(None, "http://127.0.0.1:7000").unwrap();
        assert_eq!(first.host(), "127.0.0.1:7000");
        assert_eq!(load(None, "http://127.0.0.1:8000").unwrap(), first);
        assert_eq!(load(Some("http://127.0.0.1:7000/"), "").unwrap(), first);
        assert!(matches!(
            load(Some("https://other.example"), ""),
            Err(NotaryError::AddressChanged { .. })
        ));
        assert!(first.tree_id > 0 && first.tree_id >> 63 == 0);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in [
            "",
            "notary",
            "ftp://a",
            "https://",
            "https://a/b",
            "https://a b",
            "https://u@a",
            "https://a\n",
            "https://ä",
            "https://a+b",
        ] {
            assert!(normal_address(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(
            normal_address("https://Notary.Example/").unwrap(),
            "https://notary.example"
        );
        assert_eq!(
            normal_address("http://[::1]:80").unwrap(),
            "http://[::1]:80"
        );
    }
}
