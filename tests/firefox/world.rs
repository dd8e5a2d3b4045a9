//! A Firefox with the packaged extension, a notary, a publisher, and a site to download from.

use assay_core::message::{Request, Response};
use assay_core::record::DownloadRecord;
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::verdict::Verdict;
use assay_tests::{
    Content, DownloadSite, Error, Firefox, NotaryProcess, Person, Result, signer_named, wait_until,
};
use serde_json::json;
use std::path::PathBuf;
use tempfile::TempDir;

/// The name under which the notary knows the publisher.
pub const PUBLISHER: &str = "release@example.org";

/// The popup's window, seen from another page of the extension.
const POPUP: &str = "chrome.extension.getViews({ type: 'popup' })[0]";

/// Everything that a download meets.
pub struct World {
    pub firefox: Firefox,
    site: DownloadSite,
    notary: NotaryProcess,
    publisher: Person,
    files: TempDir,
}

impl World {
    /// All of it, running; the extension does not know of the notary yet. `None`, and words, where
    /// there is no Firefox.
    pub fn new() -> Result<Option<Self>> {
        let Some(firefox) = Firefox::launch()? else {
            eprintln!("not run: there is no Firefox, see `cargo xtask test`");
            return Ok(None);
        };
        firefox.install()?;
        let notary = NotaryProcess::start()?;
        let publisher = Person::new()?;
        notary.enrol(PUBLISHER, &publisher)?;
        let site = DownloadSite::start()?;
        site.put(
            "",
            Content::Page("<!doctype html><title>A site</title>".into()),
        );
        Ok(Some(Self {
            firefox,
            site,
            notary,
            publisher,
            files: tempfile::tempdir().map_err(|_| Error::Other("no folder".into()))?,
        }))
    }

    /// Adds the notary as the page of sources does.
    pub fn add_notary(&self) -> Result<()> {
        self.firefox.open("sources.html")?;
        let root = self.notary.trusted_root()?.to_string();
        let notary = Notary {
            address: self.notary.url(),
            name: "127.0.0.1".into(),
            trusted_root: root,
            fingerprint: self.notary.fingerprint().to_owned(),
            enabled: true,
            followed: None,
        };
        self.change_settings(|settings| settings.add_notary(notary))
    }

    fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<()> {
        let read = "chrome.storage.local.get('settings').then(({ settings }) => settings ?? null)";
        let stored: Option<Settings> = self.firefox.evaluate(read)?;
        let base = Box::new(stored.unwrap_or_default());
        let mut settings = base.clone();
        change(&mut settings);
        self.done(&Request::ReplaceSettings { settings, base })
    }

    /// Adds the notary on the page of sources, with its fingerprint in sight.
    pub fn add_notary_by_hand(&self) -> Result<()> {
        let firefox = &self.firefox;
        firefox.open("sources.html")?;
        firefox.type_into("#notary-address", &self.notary.url())?;
        firefox.click("[data-action=look-up-notary]")?;
        let shown = |scope: &str| {
            let script = format!(
                "document.querySelector('{scope} [data-field=fingerprint]')?.textContent ?? ''"
            );
            wait_until("the notary's fingerprint", || {
                let text: String = firefox.evaluate(&script)?;
                let digits: String = text.split_whitespace().collect();
                match digits == self.notary.fingerprint() {
                    true => Ok(()),
                    false => Err(format!("{text} {}", firefox.text("body")?)),
                }
            })
        };
        shown(".confirm")?;
        firefox.click("[data-action=confirm-notary]")?;
        wait_until("the notary to be in the list", || {
            match firefox.text("#notaries")?.contains(&self.notary.url()) {
                true => Ok(()),
                false => firefox.text("body").map_err(String::from).and_then(Err),
            }
        })?;
        shown("#notaries")
    }

    /// Trusts the publisher. The current tab must be a page of the extension.
    pub fn trust(&self) -> Result<()> {
        self.done(&Request::Trust {
            signer: signer_named(&self.notary, PUBLISHER),
            scope: Scope::Everywhere,
        })
    }

    /// Takes that back.
    pub fn distrust(&self) -> Result<()> {
        let signer = signer_named(&self.notary, PUBLISHER);
        self.change_settings(|settings| settings.distrust(&signer, &Scope::Everywhere))
    }

    fn done(&self, request: &Request) -> Result<()> {
        match self.firefox.ask(request)? {
            Response::Done => Ok(()),
            other => Err(Error::Other(format!("{other:?}"))),
        }
    }

    /// Makes a file of these bytes, signed by the publisher.
    pub fn sign(&self, name: &str, bytes: &[u8]) -> Result<()> {
        std::fs::write(self.files.path().join(name), bytes)?;
        self.publisher
            .sign(&self.files.path().join(name), &self.notary)
    }

    /// Has the publisher declare a file untrusted.
    pub fn declare_untrusted(&self, name: &str) -> Result<()> {
        let path = self.files.path().join(name);
        self.publisher
            .declare("untrust", &path, "It is broken.", &self.notary)
    }

    /// Downloads these bytes under a name from a page of the site, and goes to the settings then.
    pub fn download(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let url = self.site.put(name, Content::Bytes(bytes.to_vec()));
        self.firefox.download(&self.site.url(), &url)?;
        wait_until("the download to be on the disk", || {
            match self.is_on_disk(name) {
                true => Ok(()),
                false => Err("it is not".to_owned()),
            }
        })
    }

    fn downloaded(&self, name: &str) -> PathBuf {
        self.firefox.download_folder().join(name)
    }

    /// The path of a download.
    pub fn path(&self, name: &str) -> String {
        self.downloaded(name).display().to_string()
    }

    /// Whether a download is still there.
    pub fn is_on_disk(&self, name: &str) -> bool {
        self.downloaded(name).is_file()
    }

    /// Waits until the verdict about a download is this one.
    pub fn wait_for_verdict(&self, name: &str, wanted: Verdict) -> Result<DownloadRecord> {
        let is_own: bool = self
            .firefox
            .evaluate("location.protocol === 'moz-extension:'")?;
        if !is_own {
            self.firefox.open("settings.html")?;
        }
        wait_until(
            &format!("the verdict {wanted:?} about {name}"),
            || match self.firefox.record_of(name)? {
                Some(record) if record.verdict() == Some(wanted) => Ok(record),
                seen => Err(format!("{seen:?}")),
            },
        )
    }

    /// Text as part of an address.
    pub fn encoded(&self, text: &str) -> Result<String> {
        self.firefox
            .call("(text) => encodeURIComponent(text)", &json!([text]))
    }

    /// Opens the popup under the toolbar's button. The current tab must be a page of the extension.
    pub fn open_popup(&self) -> Result<()> {
        self.firefox.evaluate::<()>("chrome.action.openPopup()")?;
        wait_until("the popup", || {
            let state: Option<String> = self
                .firefox
                .evaluate(&format!("{POPUP}?.document.body?.dataset.state"))?;
            match state.as_deref() {
                Some("list" | "empty") => Ok(()),
                state => Err(format!("{state:?}")),
            }
        })
    }

    /// Whether the popup is open.
    pub fn has_popup(&self) -> Result<bool> {
        self.firefox.evaluate(&format!("{POPUP} !== undefined"))
    }

    /// Waits until the popup says this, and gives back all that it says.
    pub fn wait_for_popup(&self, wanted: &str) -> Result<String> {
        wait_until(&format!("the popup to say “{wanted}”"), || {
            let text: String = self
                .firefox
                .evaluate(&format!("{POPUP}.document.body.innerText"))?;
            match text.contains(wanted) {
                true => Ok(text),
                false => Err(text),
            }
        })
    }

    /// Whether there is such an element in the popup.
    pub fn is_in_popup(&self, selector: &str) -> Result<bool> {
        self.firefox.call(
            &format!("(selector) => {POPUP}.document.querySelector(selector) !== null"),
            &json!([selector]),
        )
    }

    /// Presses a button in the popup, once it is there.
    pub fn press_in_popup(&self, selector: &str) -> Result<()> {
        wait_until(&format!("{selector} in the popup"), || {
            let pressed: bool = self.firefox.call(
                &format!(
                    "(selector) => {{
                        const button = {POPUP}.document.querySelector(selector);
                        button?.click();
                        return button !== null;
                    }}"
                ),
                &json!([selector]),
            )?;
            match pressed {
                true => Ok(()),
                false => Err("it is not there".to_owned()),
            }
        })
    }
}
