//! A browser with the extension, a notary that it asks, a publisher whom it trusts, and a site to
//! download from.

use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_tests::{
    Browser, Content, DownloadSite, Extension, NotaryProcess, Options, Page, Person, Result,
    extension_folder, signer_named, wait_until,
};
use serde::Deserialize;
use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;

/// The name under which the notary knows the publisher.
pub const PUBLISHER: &str = "release@example.org";

/// Everything that a download meets.
pub struct World {
    pub browser: Browser,
    pub extension: Extension,
    pub site: DownloadSite,
    pub notary: NotaryProcess,
    pub publisher: Person,
    folder: TempDir,
}

/// What the popup shows of one download.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// The word of the badge's verdict, as the page marks it.
    pub verdict: String,
    /// All words of the opened entry.
    pub text: String,
}

impl World {
    /// All of it, running, with the publisher enrolled and trusted.
    pub fn new() -> Result<Self> {
        let world = Self::without_notary()?;
        let fingerprint = world.notary.fingerprint();
        world
            .extension
            .add_notary(&world.notary.url(), Some(fingerprint))?;
        world
            .extension
            .trust(signer_named(&world.notary, PUBLISHER))?;
        Ok(world)
    }

    /// The same, but the extension does not know of the notary yet.
    pub fn without_notary() -> Result<Self> {
        let notary = NotaryProcess::start()?;
        let publisher = Person::new()?;
        notary.enrol(PUBLISHER, &publisher)?;
        let browser = Browser::launch(Options::with_extension(extension_folder()?))?;
        Ok(Self {
            extension: browser.extension()?,
            browser,
            site: DownloadSite::start()?,
            notary,
            publisher,
            folder: tempfile::tempdir().expect("a temporary folder"),
        })
    }

    /// A file of the publisher's with these bytes.
    pub fn file(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file in it");
        Ok(path)
    }

    /// Signs these bytes as the publisher.
    pub fn sign(&self, bytes: &[u8]) -> Result<PathBuf> {
        let name = format!("signed-{}", assay_core::digest::Sha256Digest::of(bytes));
        let path = self.file(&name, bytes)?;
        self.publisher.sign(&path, &self.notary)?;
        Ok(path)
    }

    /// Downloads these bytes under a name.
    pub fn download(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let url = self.site.put(name, Content::Bytes(bytes.to_vec()));
        self.browser.download(&url)
    }

    /// Downloads bytes that the publisher signed.
    pub fn download_signed(&self, name: &str, bytes: &[u8]) -> Result<()> {
        self.sign(bytes)?;
        self.download(name, bytes)
    }

    /// Waits until the popup shows this verdict about a file, opens the entry, and reads it.
    pub fn sees(&self, file_name: &str, verdict: Verdict) -> Result<Seen> {
        let record = self.extension.wait_for_verdict(file_name, verdict)?;
        let popup = self.popup()?;
        let seen = read_entry(&popup, &record)?;
        assert_eq!(seen.verdict, verdict.word(), "{}", seen.text);
        Ok(seen)
    }

    /// The popup, in a tab.
    pub fn popup(&self) -> Result<Page> {
        self.extension.open("popup.html")
    }
}

/// How long somebody was waited for who did not answer, in seconds, as the record tells.
pub fn seconds_waited(record: &DownloadRecord) -> String {
    let judgement = record.judgement.clone().expect("a judgement");
    let mut reasons = judgement.reasons.into_iter();
    let late = reasons.find(|reason| reason.key == "reason_source_timed_out");
    late.expect("it is told that one is late").args[1].clone()
}

/// Opens a record's entry in the popup and reads it.
pub fn read_entry(popup: &Page, record: &DownloadRecord) -> Result<Seen> {
    let find = "(id) => [...document.querySelectorAll('li[data-record]')]
        .find((entry) => entry.dataset.record === id)";
    wait_until("the entry in the popup", || {
        let there: bool = popup.call(
            &format!(
                "(id) => {{
                    const entry = ({find})(id);
                    if (entry?.dataset.stage !== 'done') return false;
                    if (!entry.querySelector('[data-field=reasons]')) {{
                        entry.querySelector('[data-action=toggle]').click();
                    }}
                    return entry.querySelector('[data-field=reasons]') !== null;
                }}"
            ),
            json!([record.id]),
        )?;
        match there {
            true => Ok(()),
            false => Err(popup.text("body")?),
        }
    })?;
    popup.call(
        &format!(
            "(id) => {{
                const entry = ({find})(id);
                return {{ verdict: entry.dataset.verdict, text: entry.innerText }};
            }}"
        ),
        json!([record.id]),
    )
}

/// How far a file is read, as a page shows it.
#[derive(Debug, Deserialize)]
pub struct Bar {
    pub value: f64,
    pub max: f64,
    pub words: String,
}

/// Waits until a bar has moved, and is one that is wanted.
pub fn moving_bar(page: &Page, is_wanted: impl Fn(&Bar) -> bool) -> Result<Bar> {
    wait_until("a moving bar", || {
        let seen: Option<Bar> = page.evaluate(
            "(() => {
                const field = document.querySelector('[data-field=progress]');
                const bar = field?.querySelector('progress');
                if (!bar || !(bar.value > 0)) return null;
                return { value: bar.value, max: bar.max, words: field.innerText };
            })()",
        )?;
        match seen {
            Some(seen) if is_wanted(&seen) => Ok(seen),
            seen => Err(format!("{seen:?}")),
        }
    })
}
