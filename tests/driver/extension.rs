use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser::targets;
use crate::connection::lock;
use crate::problems::Problems;
use crate::{Connection, Error, Page, Problem, Result, Target, wait_until};

/// The extension under test, as the browser knows it.
pub struct Extension {
    connection: Connection,
    problems: Problems,
    id: String,
    /// A tab of the extension in which scripts run that need its rights; opened on first use.
    inside: Mutex<Option<Page>>,
}

impl Extension {
    /// Finds the extension that was loaded from `folder`.
    pub(crate) fn find(connection: Connection, problems: Problems, folder: &Path) -> Result<Self> {
        let folder = folder
            .canonicalize()
            .unwrap_or_else(|_| PathBuf::from(folder));
        let manager = Page::open(connection.clone(), EXTENSIONS_PAGE)?;
        let id = wait_until("the extension to be loaded", || {
            let all: Vec<Value> =
                manager.evaluate("chrome.developerPrivate.getExtensionsInfo()")?;
            all.iter()
                .find(|info| {
                    info["path"]
                        .as_str()
                        .is_some_and(|path| Path::new(path) == folder)
                })
                .and_then(|info| info["id"].as_str().map(str::to_owned))
                .ok_or_else(|| format!("{} others", all.len()))
        })?;
        // Errors of contexts that nobody attaches to are then kept for `recorded_errors`.
        manager.call::<Value>(
            "(id) => chrome.developerPrivate.updateExtensionConfiguration(
                { extensionId: id, errorCollection: true })",
            json!([id]),
        )?;
        Ok(Self {
            connection,
            problems,
            id,
            inside: Mutex::default(),
        })
    }

    /// The extension's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The address of one of the extension's files.
    pub fn url(&self, path: &str) -> String {
        format!("chrome-extension://{}/{path}", self.id)
    }

    /// Opens one of the extension's pages in a tab.
    ///
    /// # Errors
    /// It could not be loaded.
    pub fn open(&self, path: &str) -> Result<Page> {
        Page::open(self.connection.clone(), &self.url(path))
    }

    /// What is open of the extension: its tabs, its service worker, its offscreen document.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn targets(&self) -> Result<Vec<Target>> {
        let origin = self.url("");
        let mut targets = targets(&self.connection)?;
        targets.retain(|target| target.url.starts_with(&origin));
        Ok(targets)
    }

    /// The service worker, while it runs.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn service_worker(&self) -> Result<Option<Target>> {
        let mut targets = self.targets()?;
        targets.retain(|target| target.kind == "service_worker");
        Ok(targets.pop())
    }

    /// The offscreen document, while there is one.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn offscreen_document(&self) -> Result<Option<Target>> {
        let mut targets = self.targets()?;
        targets.retain(|target| target.kind == "background_page");
        Ok(targets.pop())
    }

    /// Terminates the service worker and waits until it is gone. The next event starts it anew.
    ///
    /// # Errors
    /// It does not run, or does not end.
    pub fn stop_service_worker(&self) -> Result<()> {
        let worker = self
            .service_worker()?
            .ok_or_else(|| Error::Other("the service worker does not run".to_owned()))?;
        // What the browser answers to a call that the stop cuts off, while the worker's last breath
        // still notes it. The next worker begins that step anew.
        self.expect_problem(": No SW");
        self.connection.call(
            None,
            "Target.closeTarget",
            json!({ "targetId": worker.target_id }),
        )?;
        wait_until("the service worker to end", || {
            match self.service_worker()? {
                // An event that came meanwhile has started the next one already.
                Some(next) if next.target_id == worker.target_id => Err("it still runs".to_owned()),
                _ => Ok(()),
            }
        })
    }

    /// Attaches to a context that is not a tab. While this lives, a service worker is kept alive: drop it soon.
    ///
    /// # Errors
    /// The target has ended.
    pub fn attach(&self, target: &Target) -> Result<Page> {
        Page::attach(self.connection.clone(), &target.target_id, false)
    }

    /// Turns "Allow access to file URLs" on or off, which reloads the extension.
    ///
    /// # Errors
    /// The browser refused it.
    pub fn set_file_access(&self, allowed: bool) -> Result<()> {
        self.configure("fileAccess", allowed)
    }

    /// Turns "Allow in Incognito" on or off, which reloads the extension.
    ///
    /// # Errors
    /// The browser refused it.
    pub fn set_incognito(&self, allowed: bool) -> Result<()> {
        self.configure("incognitoAccess", allowed)
    }

    fn configure(&self, setting: &str, allowed: bool) -> Result<()> {
        self.manager::<Value>(
            "(id, setting, allowed) => chrome.developerPrivate.updateExtensionConfiguration(
                { extensionId: id, [setting]: allowed })",
            json!([self.id, setting, allowed]),
        )?;
        let active = format!("{setting}.isActive");
        wait_until(&format!("{active} to be {allowed}"), || {
            let info = self.info()?;
            if info[setting]["isActive"] == allowed && info["state"] == "ENABLED" {
                Ok(())
            } else {
                Err(format!("{} {}", info[setting], info["state"]))
            }
        })
    }

    /// What the browser's own extensions page knows about the extension.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn info(&self) -> Result<Value> {
        self.manager(
            "(id) => chrome.developerPrivate.getExtensionInfo(id)",
            json!([self.id]),
        )
    }

    /// The permission warnings that a person sees.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn permission_warnings(&self) -> Result<Vec<String>> {
        let info = self.info()?;
        let all = info["permissions"]["simplePermissions"].as_array();
        Ok(all
            .into_iter()
            .flatten()
            .filter_map(|one| one["message"].as_str().map(str::to_owned))
            .collect())
    }

    /// Errors that the browser recorded for contexts that are not attached to, the service worker above all.
    pub(crate) fn recorded_errors(&self) -> Result<Vec<Problem>> {
        let info = self.info()?;
        let of = |key: &str| info[key].as_array().cloned().unwrap_or_default();
        let mut errors: Vec<Value> = of("manifestErrors");
        errors.extend(
            of("runtimeErrors")
                .into_iter()
                .filter(|error| error["severity"] != "INFO" && error["severity"] != "WARN"),
        );
        Ok(errors
            .iter()
            .map(|error| Problem {
                place: error["source"]
                    .as_str()
                    .unwrap_or("the extension")
                    .to_owned(),
                text: error["message"].as_str().unwrap_or_default().to_owned(),
            })
            .collect())
    }

    /// From now on, a problem whose text contains `text` does not fail the test.
    pub fn expect_problem(&self, text: &str) {
        self.problems.expect(text);
    }

    /// Calls a function with the extension's own rights, without any of its pages being open.
    ///
    /// # Errors
    /// As [`Page::evaluate`].
    pub fn inside<T: DeserializeOwned>(&self, function: &str, arguments: Value) -> Result<T> {
        let mut inside = lock(&self.inside);
        if let Some(page) = inside.as_ref() {
            match page.call(function, arguments.clone()) {
                // The tab is gone: the extension was reloaded, or the browser started again.
                Err(Error::Refused { .. }) => *inside = None,
                answer => return answer,
            }
        }
        // Not one of the pages: they do things of their own when they open.
        let page = self.open("manifest.json")?;
        let answer = page.call(function, arguments);
        *inside = Some(page);
        answer
    }

    fn manager<T: DeserializeOwned>(&self, function: &str, arguments: Value) -> Result<T> {
        Page::open(self.connection.clone(), EXTENSIONS_PAGE)?.call(function, arguments)
    }
}

/// Only this page may use chrome.developerPrivate.
const EXTENSIONS_PAGE: &str = "chrome://extensions/";
