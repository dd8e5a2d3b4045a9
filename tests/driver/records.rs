use assay_core::log_memory::LogMemory;
use assay_core::message::{Request, Response};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::signer::{Identity, RootId, Signer, SubjectKind};
use assay_core::site;
use assay_core::verdict::Verdict;
use serde_json::{Value, json};

use crate::{Error, Extension, NotaryProcess, Result, wait_until};

/// What the extension stores and what its pages ask of it, read and asked the way its own pages do.
impl Extension {
    /// The stored records, private windows' included, in the order of their keys.
    ///
    /// # Errors
    /// The records cannot be read, or are of another shape than the core's.
    pub fn records(&self) -> Result<Vec<DownloadRecord>> {
        let stored: Vec<Value> = self.inside(&read_records(), json!([]))?;
        stored
            .into_iter()
            .map(|record| Ok(serde_json::from_value(record)?))
            .collect()
    }

    /// Writes records as they would have been stored by the background, without its doing.
    ///
    /// # Errors
    /// The browser refused.
    pub fn put_records(&self, records: &[DownloadRecord]) -> Result<()> {
        for some in records.chunks(200) {
            self.inside::<Value>(&write_records(), json!([some]))?;
        }
        Ok(())
    }

    /// Takes a record away, without the background's doing.
    ///
    /// # Errors
    /// The browser refused.
    pub fn forget_record(&self, id: &str) -> Result<()> {
        self.inside::<Value>(&forget_record(), json!([id]))
            .map(drop)
    }

    /// The newest record of a file by its name on disk.
    ///
    /// # Errors
    /// The records cannot be read.
    pub fn record_of(&self, file_name: &str) -> Result<Option<DownloadRecord>> {
        let mut records = self.records()?;
        records.retain(|record| record.file_name == file_name);
        records.sort_by(|one, other| one.completed_at.total_cmp(&other.completed_at));
        Ok(records.pop())
    }

    /// Waits until the check of a file has come to an end.
    ///
    /// # Errors
    /// [`Error::Never`] with the record as it was.
    pub fn wait_for_judgement(&self, file_name: &str) -> Result<DownloadRecord> {
        wait_until(&format!("a verdict about {file_name}"), || {
            match self.record_of(file_name)? {
                Some(record) if record.stage == Stage::Done => Ok(record),
                seen => Err(format!("{seen:?}")),
            }
        })
    }

    /// Waits until the verdict about a file is `wanted`, which may take a second check.
    ///
    /// # Errors
    /// [`Error::Never`] with the record as it was.
    pub fn wait_for_verdict(&self, file_name: &str, wanted: Verdict) -> Result<DownloadRecord> {
        wait_until(
            &format!("the verdict {wanted:?} about {file_name}"),
            || match self.record_of(file_name)? {
                Some(record) if record.verdict() == Some(wanted) => Ok(record),
                seen => Err(format!("{seen:?}")),
            },
        )
    }

    /// Asks something of the background, as the extension's pages do.
    ///
    /// # Errors
    /// No answer, or one of another shape.
    pub fn ask(&self, request: &Request) -> Result<Response> {
        let answer: Value = self.inside(
            "(request) => chrome.runtime.sendMessage(request)",
            json!([request]),
        )?;
        Ok(serde_json::from_value(answer)?)
    }

    /// Adds the notary at `address` with the trust root that it shows, as the sources page does.
    ///
    /// # Errors
    /// It was refused; or the fingerprint is another than `expected`, where one is given.
    pub fn add_notary(&self, address: &str, expected: Option<&str>) -> Result<String> {
        let unusable = |detail: String| Error::Other(format!("no notary at {address}: {detail}"));
        let (status, body) = crate::http::get(&format!("{address}/trusted_root.json"))?;
        if status != 200 {
            return Err(unusable(format!("HTTP {status}")));
        }
        let trusted_root = String::from_utf8(body).map_err(|error| unusable(error.to_string()))?;
        let fingerprint = assay_core::trust_root::fingerprint(&trusted_root)
            .map_err(|error| unusable(error.to_string()))?;
        if expected.is_some_and(|expected| expected != fingerprint) {
            return Err(Error::Other(format!(
                "the notary shows the fingerprint {fingerprint}, expected is {expected:?}"
            )));
        }
        let notary = Notary {
            address: address.to_owned(),
            name: site::host_of(address).unwrap_or_else(|| address.to_owned()),
            trusted_root,
            fingerprint: fingerprint.clone(),
            enabled: true,
            followed: None,
        };
        let added = self.change_settings(|settings| settings.add_notary(notary))?;
        done(&added)?;
        Ok(fingerprint)
    }

    /// Changes the user's settings, as the extension's pages do.
    ///
    /// # Errors
    /// No answer, or one of another shape.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<Response> {
        let base = Box::new(self.settings()?);
        let mut settings = base.clone();
        change(&mut settings);
        self.ask(&Request::ReplaceSettings { settings, base })
    }

    /// Trusts a signer everywhere.
    ///
    /// # Errors
    /// It was refused.
    pub fn trust(&self, signer: Signer) -> Result<()> {
        done(&self.ask(&Request::Trust {
            signer,
            scope: Scope::Everywhere,
        })?)
    }

    /// What is remembered of logs, without what private windows added.
    ///
    /// # Errors
    /// It cannot be read, or is of another shape than the core's.
    pub fn logs(&self) -> Result<Vec<LogMemory>> {
        let stored: Value = self.inside(&read_logs(), json!([]))?;
        Ok(serde_json::from_value(stored)?)
    }

    /// The stored settings.
    ///
    /// # Errors
    /// They cannot be read, or are of another shape than the core's.
    pub fn settings(&self) -> Result<Settings> {
        let stored: Value = self.inside(
            "async () => (await chrome.storage.local.get('settings')).settings ?? null",
            json!([]),
        )?;
        match stored {
            Value::Null => Ok(Settings::default()),
            stored => Ok(serde_json::from_value(stored)?),
        }
    }
}

/// The signer whom `notary` vouches for under an email address.
pub fn signer_named(notary: &NotaryProcess, name: &str) -> Signer {
    Signer {
        root: RootId::notary(notary.fingerprint()),
        identity: Identity::Named {
            issuer: notary.url(),
            subject_kind: SubjectKind::Email,
            subject: name.to_owned(),
        },
    }
}

fn done(response: &Response) -> Result<()> {
    match response {
        Response::Done => Ok(()),
        other => Err(Error::Other(format!("the extension answered {other:?}"))),
    }
}

/// A script for the extension that opens its database, in which `result` waits for what a request comes
/// to. A database that is not there yet must not be made here: `before` can see to that.
fn in_database(parameter: &str, before: &str, body: &str) -> String {
    format!(
        r#"async ({parameter}) => {{
  {before}
  const result = (request) => new Promise((done, failed) => {{
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error("blocked"));
  }});
  const database = await result(indexedDB.open("assay"));
  try {{
    {body}
  }} finally {{
    database.close();
  }}
}}"#
    )
}

fn read_logs() -> String {
    let read = r#"return await result(database.transaction("logs").objectStore("logs").getAll());"#;
    in_database("", "", read)
}

fn write_records() -> String {
    in_database(
        "records",
        "",
        r#"const transaction = database.transaction("downloads", "readwrite");
    const written = new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = () => failed(transaction.error);
    });
    for (const record of records) transaction.objectStore("downloads").put(record);
    await written;
    return null;"#,
    )
}

fn forget_record() -> String {
    in_database(
        "id",
        "",
        r#"await result(database.transaction("downloads", "readwrite").objectStore("downloads").delete(id));
    return null;"#,
    )
}

/// Both places of records.
pub(crate) fn read_records() -> String {
    in_database(
        "",
        r#"const all = Object.entries(await chrome.storage.session.get())
    .filter(([key]) => key.startsWith("private/")).map(([, record]) => record);
  if (!(await indexedDB.databases()).some(({ name }) => name === "assay")) return all;"#,
        r#"if (!database.objectStoreNames.contains("downloads")) return all;
    return all.concat(await result(database.transaction("downloads").objectStore("downloads").getAll()));"#,
    )
}
