use std::fs;
use std::path::PathBuf;

use assay_core::message::{NOTICE_CHANNEL, Notice, Progress};
use assay_core::settings::{Scope, TrustedSigner};
use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_core::verdict::Verdict;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::each::{each_signer, each_standing, each_verdict, unfinished};
use crate::{
    Browser, Error, Extension, NotaryProcess, Options, Page, Person, Result, SIGNER,
    extension_folder, many_records, signer_named, wait_until,
};

/// Width and height of the popup, as the browser makes it.
pub const POPUP: (u32, u32) = (400, 600);
/// Width and height of a page in a tab.
pub const TAB: (u32, u32) = (960, 900);

/// Where the file that is held up comes from.
const HELD_SITE: &str = "downloads.aurora.example";

/// Every page of the extension in every state that it has, one after the other.
///
/// The states are stored or played, and not made to happen, so that all of them are seen within a
/// minute.
pub struct Gallery {
    extension: Extension,
    // Ended after the extension's last word.
    _browser: Browser,
    notary: NotaryProcess,
    files: TempDir,
    now: f64,
}

/// A page in one state.
pub struct Shown<'a> {
    /// The page and the state, as a file's name.
    pub name: &'a str,
    /// How large its window is: [`POPUP`] or [`TAB`].
    pub size: (u32, u32),
    /// The page.
    pub page: &'a Page,
}

/// Looks at a page in one state.
pub type Visit<'a> = &'a mut dyn FnMut(Shown<'_>) -> Result<()>;

impl Gallery {
    /// A browser that speaks `language`, a notary, and files to check.
    ///
    /// # Errors
    /// A program did not start.
    pub fn open(language: &str) -> Result<Self> {
        let browser = Browser::launch(Options {
            language: language.to_owned(),
            strict: false,
            ..Options::with_extension(extension_folder()?)
        })?;
        let extension = browser.extension()?;
        wait_until("the welcome page, which covers others", || match extension
            .targets()?
            .iter()
            .any(|target| target.url.ends_with("welcome.html"))
        {
            true => Ok(()),
            false => Err("it is not open".to_owned()),
        })?;
        let now = extension.inside("() => Date.now()", json!([]))?;
        let notary = NotaryProcess::start()?;
        let files = tempfile::tempdir().map_err(Error::io("no temporary folder"))?;
        let person = Person::new()?;
        notary.enrol(SIGNER, &person)?;
        for (name, bytes) in [
            ("aurora-2.4.0.tar.gz", "as it was built"),
            (
                "aurora-2.4.0.tar.gz.copy-that-nobody-signed-and-that-has-a-long-name.zip",
                "not so",
            ),
            ("field-notes.pdf", "nobody knows this"),
        ] {
            let path = files.path().join(name);
            fs::write(&path, bytes).map_err(Error::path("written", &path))?;
        }
        person.sign(&files.path().join("aurora-2.4.0.tar.gz"), &notary)?;
        Ok(Self {
            extension,
            _browser: browser,
            notary,
            files,
            now,
        })
    }

    /// Shows all of them.
    ///
    /// # Errors
    /// A page did not get into its state, or the visitor says so.
    pub fn walk(&self, visit: Visit<'_>) -> Result<()> {
        self.empty(visit)?;
        self.broken(visit)?;
        self.popup(visit)?;
        self.history(visit)?;
        self.settings(visit)?;
        self.verify(visit)?;
        self.without_access(visit)
    }

    /// Nothing was downloaded yet, and nothing set.
    fn empty(&self, visit: Visit<'_>) -> Result<()> {
        for (name, path, size, state) in [
            ("popup-empty", "popup.html", POPUP, "empty"),
            ("history-empty", "history.html", TAB, "empty"),
            ("settings-empty", "settings.html", TAB, "ready"),
            ("verify-empty", "verify.html", TAB, "ready"),
            ("sources-empty", "sources.html", TAB, "ready"),
            ("welcome", "welcome.html", TAB, "ready"),
        ] {
            let page = self.page(path, state)?;
            if path == "sources.html" {
                // They come from a module that is loaded for them.
                page.wait_for("[data-root=github]")?;
            }
            visit(Shown {
                name,
                size,
                page: &page,
            })?;
        }
        Ok(())
    }

    /// Pages that are not ready yet, and pages that cannot read what is stored.
    fn broken(&self, visit: Visit<'_>) -> Result<()> {
        const NEVER: &str = "WebAssembly.instantiateStreaming = () => new Promise(() => {});";
        const NO_DATABASE: &str =
            "IDBFactory.prototype.open = () => { throw new Error('The disk is full'); };";
        for (name, path, size, script, state) in [
            ("popup-loading", "popup.html", POPUP, NEVER, "loading"),
            ("history-loading", "history.html", TAB, NEVER, "loading"),
            ("settings-loading", "settings.html", TAB, NEVER, "loading"),
            ("popup-failed", "popup.html", POPUP, NO_DATABASE, "failed"),
            ("history-failed", "history.html", TAB, NO_DATABASE, "failed"),
            ("sources-failed", "sources.html", TAB, NO_DATABASE, "failed"),
        ] {
            let page = self.extension.open("manifest.json")?;
            page.command("Page.enable", json!({}))?;
            let source = json!({ "source": script });
            page.command("Page.addScriptToEvaluateOnNewDocument", source)?;
            page.command("Page.bringToFront", json!({}))?;
            page.navigate(&self.extension.url(path))?;
            in_state(&page, state)?;
            visit(Shown {
                name,
                size,
                page: &page,
            })?;
        }
        Ok(())
    }

    fn popup(&self, visit: Visit<'_>) -> Result<()> {
        let records = each_verdict(self.now);
        let verified = records
            .iter()
            .find(|record| record.verdict() == Some(Verdict::Verified));
        let Some(verified) = verified else {
            return Err(Error::Other("no verified record".to_owned()));
        };
        self.extension.put_records(std::slice::from_ref(verified))?;
        let mut show = |name: &str, page: &Page| {
            visit(Shown {
                name,
                size: POPUP,
                page,
            })
        };
        show("popup-1", &self.page("popup.html", "list")?)?;

        self.extension.put_records(&records)?;
        let page = self.page("popup.html", "list")?;
        show("popup-every-verdict", &page)?;
        page.evaluate::<Value>("void document.querySelector('.popup-main').scrollTo(0, 9999)")?;
        show("popup-every-verdict-end", &page)?;
        for verdict in Verdict::ALL {
            let page = self.page("popup.html", "list")?;
            open_entry(&page, &format!("made/{}", verdict.word()))?;
            show(&format!("popup-open-{}", verdict.word()), &page)?;
        }
        self.extension.put_records(&each_standing(self.now))?;
        show("popup-standings", &self.page("popup.html", "list")?)?;
        let required = SiteRule {
            host: HELD_SITE.into(),
            below: true,
            demand: Demand {
                mode: Mode::Require,
                ..Demand::default()
            },
            signers: Vec::new(),
        };
        self.extension
            .change_settings(|settings| settings.set_rule(required))?;
        for (name, id) in [
            ("popup-held", "made/held-up.AppImage"),
            ("popup-removed", "made/removed.AppImage"),
            ("popup-later", "made/later"),
        ] {
            let page = self.page("popup.html", "list")?;
            open_entry(&page, id)?;
            show(name, &page)?;
        }
        let page = self.page("popup.html", "list")?;
        open_entry(&page, "made/held-up.AppImage")?;
        page.click("[data-action=delete]")?;
        page.evaluate::<Value>("void document.querySelector('[data-action=delete-cancel]').scrollIntoView({ block: 'center' })")?;
        show("popup-delete-question", &page)?;
        self.extension
            .change_settings(|settings| settings.rules.retain(|rule| rule.host != HELD_SITE))?;
        self.working(&mut show)?;

        self.extension.put_records(&many_records(verified, 60))?;
        show("popup-50", &self.page("popup.html", "list")?)
    }

    /// A file that is being read.
    fn working(&self, show: &mut dyn FnMut(&str, &Page) -> Result<()>) -> Result<()> {
        let page = self.page("popup.html", "list")?;
        let record = unfinished(self.now);
        let tell = |notice: Notice| -> Result<()> {
            let script = "(name, notice) => {
                const channel = new BroadcastChannel(name);
                channel.postMessage(notice);
                channel.close();
            }";
            self.extension
                .inside::<Value>(script, json!([NOTICE_CHANNEL, notice]))
                .map(drop)
        };
        self.extension.put_records(std::slice::from_ref(&record))?;
        tell(Notice::RecordChanged {
            id: record.id.clone(),
        })?;
        page.wait_for("[data-record='made/unfinished']")?;
        tell(Notice::Progressed {
            progress: Progress {
                id: record.id.clone(),
                hashed: record.size / 3,
                size: record.size,
                rate: 412_000_000.0,
            },
        })?;
        page.wait_for(".entry-progress")?;
        show("popup-working", &page)?;
        self.extension.forget_record(&record.id)
    }

    fn history(&self, visit: Visit<'_>) -> Result<()> {
        let mut show = |name: &str, page: &Page| {
            visit(Shown {
                name,
                size: TAB,
                page,
            })
        };
        let page = self.loaded("history.html")?;
        show("history-many", &page)?;
        page.click("#lines [data-action=toggle]")?;
        page.wait_for("[data-field=reasons]")?;
        show("history-opened", &page)?;
        let page = self.loaded("history.html")?;
        page.click("[data-action=filter-verdict][data-verdict=changed]")?;
        page.click("[data-action=pick-all]")?;
        page.wait_for_text("[data-field=picked]", ":")?;
        show("history-filtered", &page)?;
        page.click("[data-action=forget-all]")?;
        page.wait_for("[data-action=forget-all-cancel]")?;
        show("history-question", &page)?;
        let page = self.loaded("history.html")?;
        page.click("#search")?;
        page.type_text("nobody has this")?;
        page.wait_for("[data-field=nothing]")?;
        show("history-nothing-found", &page)
    }

    fn settings(&self, visit: Visit<'_>) -> Result<()> {
        self.fill_settings()?;
        let mut show = |name: &str, page: &Page| {
            visit(Shown {
                name,
                size: TAB,
                page,
            })
        };
        let page = self.page("settings.html", "ready")?;
        show("settings-filled", &page)?;
        page.click("[data-rule='downloads.aurora.example'] [data-action=edit-rule]")?;
        page.wait_for("[data-editor]")?;
        show("settings-editor", &page)?;
        page.click("[data-rule='dl.example.org'] [data-action=delete-rule]")?;
        page.wait_for("[data-action=undo-rule]")?;
        show("settings-undo", &page)?;
        page.click("[data-action=undo-rule]")?;
        page.wait_for("[data-rule='dl.example.org']")?;
        page.click("#rule-host")?;
        page.type_text("not a host")?;
        page.press("Enter")?;
        wait_until("the problem", || match page.text("#rule-host-problem")? {
            words if words.is_empty() => Err("nothing is said".to_owned()),
            _ => Ok(()),
        })?;
        show("settings-wrong-host", &page)?;
        let file = self.file("assay-settings.json");
        let bare = json!({ "schema": "assay.settings.v1", "settings": { "version": 1 } });
        fs::write(&file, bare.to_string()).map_err(Error::path("written", &file))?;
        page.choose_files("#import-settings", &[&file])?;
        page.wait_for("[data-field=preview]")?;
        show("settings-import", &page)?;
        page.click("[data-action=cancel-settings]")?;
        fs::write(&file, "no settings").map_err(Error::path("written", &file))?;
        page.choose_files("#import-settings", &[&file])?;
        wait_until("the problem", || {
            match page.text("[data-field=transfer-problem]")? {
                words if words.is_empty() => Err("nothing is said".to_owned()),
                _ => Ok(()),
            }
        })?;
        show("settings-import-failed", &page)?;
        let page = self.page("settings.html", "ready")?;
        page.click("[data-action=remove-trusted]")?;
        page.wait_for("[data-action=remove-confirm]")?;
        show("settings-remove-signer", &page)?;
        // The popup with a rule of the site's own.
        let page = self.page("popup.html", "list")?;
        open_entry(&page, "made/held-up.AppImage")?;
        visit(Shown {
            name: "popup-site-rule",
            size: POPUP,
            page: &page,
        })
    }

    fn verify(&self, visit: Visit<'_>) -> Result<()> {
        let mut show = |name: &str, page: &Page| {
            visit(Shown {
                name,
                size: TAB,
                page,
            })
        };
        let page = self.page("verify.html", "ready")?;
        page.click("#digest")?;
        page.type_text("not a digest")?;
        page.press("Enter")?;
        page.wait_for("#digest-problem")?;
        show("verify-wrong-digest", &page)?;
        let page = self.page("verify.html", "ready")?;
        let files: Vec<PathBuf> = [
            "aurora-2.4.0.tar.gz",
            "aurora-2.4.0.tar.gz.copy-that-nobody-signed-and-that-has-a-long-name.zip",
            "field-notes.pdf",
        ]
        .map(|name| self.file(name))
        .into();
        let files: Vec<_> = files.iter().map(PathBuf::as_path).collect();
        page.choose_files("[data-field=files]", &files)?;
        wait_until("the files", || {
            let done: usize =
                page.evaluate("document.querySelectorAll('li[data-row][data-verdict]').length")?;
            match done == files.len() {
                true => Ok(()),
                false => Err(page.text("main")?),
            }
        })?;
        show("verify-results", &page)?;
        page.click("li[data-row] [data-action=toggle]")?;
        page.wait_for("[data-field=reasons]")?;
        show("verify-opened", &page)
    }

    /// The extension may not read files. Last, as it is loaded anew for that.
    fn without_access(&self, visit: Visit<'_>) -> Result<()> {
        self.extension.set_file_access(false)?;
        let page = self.page("welcome.html", "needs-access")?;
        visit(Shown {
            name: "welcome-needs-access",
            size: TAB,
            page: &page,
        })?;
        let page = self.page("popup.html", "list")?;
        page.wait_for("[data-banner=setup]")?;
        visit(Shown {
            name: "popup-needs-access",
            size: POPUP,
            page: &page,
        })
    }

    fn fill_settings(&self) -> Result<()> {
        let extension = &self.extension;
        extension.add_notary(&self.notary.url(), Some(self.notary.fingerprint()))?;
        extension.change_settings(|settings| {
            let signers = each_signer();
            let everywhere = signers.iter().map(|signer| TrustedSigner {
                signer: signer.clone(),
                scope: Scope::Everywhere,
                key: None,
            });
            settings.trusted.extend(everywhere);
            settings.trusted.push(TrustedSigner {
                signer: signer_named(&self.notary, SIGNER),
                scope: Scope::Site {
                    host: "downloads.aurora.example".into(),
                },
                key: None,
            });
            for (host, mode, below, pinned) in [
                ("downloads.aurora.example", Mode::Require, true, 2),
                ("dl.example.org", Mode::Off, true, 0),
                ("github.io", Mode::Warn, false, 0),
                ("mirror.uni.example", Mode::Badge, true, 0),
                (
                    "objects.a-content-delivery-network-with-a-very-long-name.example.org",
                    Mode::Require,
                    true,
                    5,
                ),
                ("releases.tools.example", Mode::Warn, true, 1),
            ] {
                settings.set_rule(SiteRule {
                    host: host.into(),
                    below,
                    demand: Demand {
                        mode,
                        accept_authentic: pinned > 2,
                        remove: pinned > 2,
                    },
                    signers: signers.iter().take(pinned).cloned().collect(),
                });
            }
        })?;
        Ok(())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn page(&self, path: &str, state: &str) -> Result<Page> {
        let page = self.extension.open(path)?;
        page.command("Page.bringToFront", json!({}))?;
        in_state(&page, state)?;
        Ok(page)
    }

    /// The history, with all that it has.
    fn loaded(&self, path: &str) -> Result<Page> {
        let page = self.page(path, "list")?;
        page.wait_for("body[data-loaded=true]")?;
        Ok(page)
    }
}

fn in_state(page: &Page, state: &str) -> Result<()> {
    page.wait_for(&format!("body[data-state={state}]"))
}

fn open_entry(page: &Page, id: &str) -> Result<()> {
    let entry = format!("li[data-record='{id}']");
    page.click(&format!("{entry} [data-action=toggle]"))?;
    page.wait_for(&format!("{entry} [data-field=reasons]"))?;
    page.call::<Value>(
        "(entry) => { document.querySelector(entry).scrollIntoView({ block: 'start' }); return null; }",
        json!([entry]),
    )
    .map(drop)
}

/// The languages that the extension has words in, by the folders of its messages.
///
/// # Errors
/// The extension was not built.
pub fn languages() -> Result<Vec<String>> {
    let folder = extension_folder()?.join("_locales");
    let mut languages = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Error::path("read", &folder))? {
        let name = entry?.file_name().to_string_lossy().replace('_', "-");
        languages.push(name);
    }
    languages.sort();
    Ok(languages)
}
