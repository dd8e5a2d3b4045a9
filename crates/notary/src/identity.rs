//! Who a notary is: decided on its first start and never changed, as clients pin it.

use crate::checkpoint::Origin;
use crate::clock::now;
use crate::error::NotaryError;
use crate::files::{self, Mode};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file in the data directory.
/// Where it is kept in the data directory.
pub const FILE: &str = "notary.json";

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
}

impl Identity {
    /// Reads the identity in a data directory.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn load(data: &Path) -> Result<Self, NotaryError> {
        let path = data.join(FILE);
        let text = std::fs::read(&path).map_err(|source| NotaryError::file(&path, source))?;
        match serde_json::from_slice::<Self>(&text) {
            Ok(identity) if identity.version == 1 => Ok(identity),
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
            let text = serde_json::to_vec_pretty(&identity).map_err(|error| NotaryError::Data {
                path: path.clone(),
                detail: error.to_string(),
            })?;
            match files::create(&path, &text, Mode::Shared) {
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

    /// How checkpoints name the log.
    pub fn origin(&self) -> Origin {
        Origin {
            host: self.host().to_owned(),
            tree_id: self.tree_id,
        }
    }

    fn new(address: &str) -> Result<Self, NotaryError> {
        let random = getrandom::u64().map_err(|error| NotaryError::Random(error.to_string()))?;
        Ok(Self {
            version: 1,
            address: normal_address(address)?,
            tree_id: (random >> 1).max(1),
            created: now(),
        })
    }
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
