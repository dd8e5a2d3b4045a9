//! The log's search by key, and the entries that it names.

use super::who::Who;
use crate::client::Client;
use crate::error::CliError;
use assay_core::evidence::Failure;
use assay_notary::notary::MAX_FOUND;
use assay_sources::notary;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// So many entries are asked for at once: as many as Rekor gives.
const AT_ONCE: usize = 10;

/// An entry's name, and what the log tells of it.
pub type Told = (String, Option<Box<RawValue>>);

/// The entries of a key in the log, by name; each is asked for when it is needed.
pub struct Found<'a> {
    client: &'a Client,
    address: &'a str,
    /// The newest first.
    pub names: Vec<String>,
}

impl<'a> Found<'a> {
    /// Searches by the key, and by the name that its certificates have.
    ///
    /// # Errors
    /// When the notary gives no usable answer.
    pub fn by(who: &Who, client: &'a Client, address: &'a str) -> Result<Self, CliError> {
        let mut found = Self {
            client,
            address,
            names: Vec::new(),
        };
        let mut query = json!({
            "publicKey": { "format": "x509", "content": STANDARD.encode(&who.pem) },
            "operator": "or",
        });
        if let (Some(name), Some(query)) = (&who.name, query.as_object_mut()) {
            query.insert("subject".to_owned(), name.clone().into());
        }
        let mut names: Vec<String> = found.post("api/v1/index/retrieve", &query)?;
        names.truncate(MAX_FOUND);
        let is_name = |name: &String| {
            matches!(name.len(), 64 | 80) && name.bytes().all(|digit| digit.is_ascii_hexdigit())
        };
        if !names.iter().all(is_name) {
            return Err(found.malformed("a name of an entry that is none"));
        }
        for name in names {
            if !found.names.contains(&name) {
                found.names.push(name);
            }
        }
        Ok(found)
    }

    /// How many of the entries, from the newest on, are not before this place in the log.
    ///
    /// # Errors
    /// As [`Self::by`].
    pub fn skipped(&self, before: u64) -> Result<usize, CliError> {
        let (mut low, mut high) = (0, self.names.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let entries = self.entries(middle, 1)?;
            let index = entries
                .first()
                .and_then(|(_, entry)| index(entry.as_ref()?));
            match index.ok_or_else(|| self.malformed("an entry without an index"))? {
                index if index >= before => low = middle + 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// Some entries, as the log tells them, from this place in the list on: at most as many as are given
    /// at once. `None` for one that it does not give.
    ///
    /// # Errors
    /// As [`Self::by`].
    pub fn entries(&self, from: usize, most: usize) -> Result<Vec<Told>, CliError> {
        let names: Vec<&String> = self
            .names
            .iter()
            .skip(from)
            .take(most.min(AT_ONCE))
            .collect();
        let query = json!({ "entryUUIDs": names });
        let answers: Vec<BTreeMap<String, Box<RawValue>>> =
            self.post("api/v1/log/entries/retrieve", &query)?;
        let mut given: BTreeMap<String, Box<RawValue>> = answers
            .into_iter()
            .flatten()
            .map(|(name, entry)| (leaf(&name), entry))
            .collect();
        let told = names
            .into_iter()
            .map(|name| (name.clone(), given.remove(&leaf(name))));
        Ok(told.collect())
    }

    /// The bundle of an entry, in which a statement's text is. `None` from a notary that has none, or has
    /// no such call.
    ///
    /// # Errors
    /// As [`Self::by`].
    pub fn bundle(&self, name: &str) -> Result<Option<String>, CliError> {
        let url = format!("{}/attestations/entries/{name}", self.address);
        let answer = self.client.get_json(&url);
        let answer = answer.map_err(|failure| self.no_answer(failure))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let mut found = notary::read(&answer).map_err(|failure| self.no_answer(failure))?;
        Ok(found.bundles.pop())
    }

    fn post<T: DeserializeOwned>(&self, path: &str, query: &Value) -> Result<T, CliError> {
        let url = format!("{}/{path}", self.address);
        let answer = self.client.post(&url, &query.to_string(), None);
        let answer = answer.map_err(|failure| self.no_answer(failure))?.response;
        match answer.status {
            200 => serde_json::from_slice(&answer.body)
                .map_err(|error| self.malformed(&error.to_string())),
            status => Err(self.no_answer(Failure::Status { status })),
        }
    }

    fn malformed(&self, detail: &str) -> CliError {
        self.no_answer(Failure::Malformed {
            detail: detail.to_owned(),
        })
    }

    fn no_answer(&self, failure: Failure) -> CliError {
        CliError::NoAnswer {
            address: self.address.to_owned(),
            failure,
        }
    }
}

/// An entry's hash out of its name, which may have its tree's number before it.
pub fn leaf(name: &str) -> String {
    let from = name.len().saturating_sub(64);
    name.get(from..).unwrap_or(name).to_ascii_lowercase()
}

fn index(entry: &RawValue) -> Option<u64> {
    let entry: Value = serde_json::from_str(entry.get()).ok()?;
    entry.get("logIndex")?.as_u64()
}
