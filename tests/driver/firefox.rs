use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use assay_core::message::{Request, Response};
use assay_core::record::DownloadRecord;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::connection::lock;
use crate::marionette::Marionette;
use crate::process::stop_group;
use crate::records::read_records;
use crate::{Error, Result, wait_until};

/// The extension's id in Firefox, as manifest.json has it.
const EXTENSION: &str = "assay@extension";

/// The host of the extension's pages. Firefox makes one up for each profile, unless it is told one.
const HOST: &str = "5ac1f0de-0000-4000-8000-a55a7a55a7a5";

/// What a browser's own window is called by those who want to look into it.
const CHROME: &str = "chrome";

/// What a page's is.
const CONTENT: &str = "content";

/// A real Firefox with a profile of its own, both gone when this is dropped. It panics then if the
/// extension reported an error.
pub struct Firefox {
    profile: TempDir,
    child: Child,
    marionette: Mutex<Marionette>,
}

impl Firefox {
    /// Starts the browser that the variable ASSAY_FIREFOX names. `None` where there is none: then a
    /// test can only say that it did not run. In CI, `cargo xtask test` fails before that.
    ///
    /// # Errors
    /// The browser did not come up.
    pub fn launch() -> Result<Option<Self>> {
        let Some(program) = std::env::var_os("ASSAY_FIREFOX").map(PathBuf::from) else {
            return Ok(None);
        };
        let profile = tempfile::Builder::new()
            .prefix("assay-firefox-")
            .tempdir()
            .map_err(Error::io("no folder for a browser profile"))?;
        write_preferences(profile.path())?;
        let log_path = profile.path().join(LOG);
        let log = fs::File::create(&log_path).map_err(Error::path("written", &log_path))?;
        let errors = log.try_clone().map_err(Error::path("written", &log_path))?;
        let mut child = Command::new(&program)
            .args(["--headless", "--no-remote", "--marionette"])
            // To look at what the browser itself logs of the extension.
            .arg("--remote-allow-system-access")
            .arg("--profile")
            .arg(profile.path())
            .env("HOME", profile.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .map_err(Error::path("started", &program))?;
        match connect(&mut child, profile.path()) {
            Ok(marionette) => Ok(Some(Self {
                profile,
                child,
                marionette: Mutex::new(marionette),
            })),
            Err(error) => {
                stop_group(&mut child);
                let log = fs::read_to_string(&log_path).unwrap_or_default();
                let program = program.display();
                Err(Error::Other(format!(
                    "{program} did not start: {error}\n{log}"
                )))
            }
        }
    }

    /// Where downloads land.
    pub fn download_folder(&self) -> PathBuf {
        self.profile.path().join(DOWNLOADS)
    }

    /// Installs the packaged extension, for as long as the browser runs, as no store signed it.
    ///
    /// # Errors
    /// The browser refused it.
    pub fn install(&self) -> Result<()> {
        let package = crate::places::firefox_package()?;
        self.command(
            "Addon:Install",
            json!({ "path": package, "temporary": true }),
        )
        .map(drop)
    }

    /// The address of one of the extension's files.
    pub fn url(&self, path: &str) -> String {
        format!("moz-extension://{HOST}/{path}")
    }

    /// Opens an address in the current tab, and waits until it is loaded.
    ///
    /// # Errors
    /// It could not be loaded.
    pub fn navigate(&self, url: &str) -> Result<()> {
        self.command("WebDriver:Navigate", json!({ "url": url }))
            .map(drop)
    }

    /// Opens one of the extension's pages in the current tab, and waits until it has filled itself.
    ///
    /// # Errors
    /// It could not be loaded.
    pub fn open(&self, path: &str) -> Result<()> {
        self.navigate(&self.url(path))?;
        self.wait_until_filled()
    }

    /// Waits until the extension's page in the current tab has filled itself.
    ///
    /// # Errors
    /// [`Error::Never`] with the state it is in.
    pub fn wait_until_filled(&self) -> Result<()> {
        wait_until("the page to fill itself", || {
            match self.evaluate::<Option<String>>("document.body?.dataset.state")? {
                Some(state) if state != "loading" => Ok(()),
                state => Err(format!("{state:?}")),
            }
        })
    }

    /// Goes to the tab that shows an address, once there is one.
    ///
    /// # Errors
    /// [`Error::Never`] with the addresses that are open.
    pub fn switch_to(&self, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        wait_until("the tab to be open", || {
            let handles: Vec<String> =
                serde_json::from_value(self.command("WebDriver:GetWindowHandles", json!({}))?)
                    .map_err(|error| error.to_string())?;
            let mut open = Vec::new();
            for handle in handles {
                self.command("WebDriver:SwitchToWindow", json!({ "handle": handle }))?;
                let url = self.command("WebDriver:GetCurrentURL", json!({}))?;
                let url = url["value"].as_str().unwrap_or_default().to_owned();
                if is_meant(&url) {
                    return Ok(());
                }
                open.push(url);
            }
            Err(open.join(", "))
        })
    }

    /// Runs an expression in the current tab; a promise is waited for. `undefined` reads as `null`.
    ///
    /// # Errors
    /// [`Error::Threw`] when it throws or rejects; [`Error::Other`] when the value is of another type.
    pub fn evaluate<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let run = format!(
            "const done = arguments[arguments.length - 1];
             (async () => ({script}))().then(
               (value) => done({{ value: value ?? null }}),
               (thrown) => done({{ thrown: `${{thrown}}` }}))"
        );
        let answer = self.command(
            "WebDriver:ExecuteAsyncScript",
            json!({ "script": run, "args": [] }),
        )?;
        let mut answer = answer["value"].clone();
        match answer["thrown"].as_str() {
            None => Ok(serde_json::from_value(answer["value"].take())?),
            Some(thrown) => Err(Error::Threw {
                message: thrown.to_owned(),
                script: script.chars().take(200).collect(),
            }),
        }
    }

    /// Calls a function expression (`(a, b) => …`) with JSON arguments.
    ///
    /// # Errors
    /// As [`Firefox::evaluate`].
    pub fn call<T: DeserializeOwned>(&self, function: &str, arguments: &Value) -> Result<T> {
        self.evaluate(&format!("({function})(...{arguments})"))
    }

    /// The text that a person sees in the first element that matches; nothing where there is none.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn text(&self, selector: &str) -> Result<String> {
        self.call(
            "(selector) => document.querySelector(selector)?.innerText ?? ''",
            &json!([selector]),
        )
    }

    /// Waits until the text of an element contains `wanted`.
    ///
    /// # Errors
    /// [`Error::Never`] with the text that was there.
    pub fn wait_for_text(&self, selector: &str, wanted: &str) -> Result<()> {
        wait_until(
            &format!("{selector} to say “{wanted}”"),
            || match self.text(selector)? {
                seen if seen.contains(wanted) => Ok(()),
                seen => Err(seen),
            },
        )
    }

    /// Clicks on the first element that matches, once it is there, as a person does.
    ///
    /// # Errors
    /// It never appeared, or something covers it.
    pub fn click(&self, selector: &str) -> Result<()> {
        self.with_element(selector, "WebDriver:ElementClick", &json!({}))
    }

    /// Types into a field, or gives a file to an `<input type="file">`, as its dialog would.
    ///
    /// # Errors
    /// No such element.
    pub fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        let keys = json!({ "text": text });
        self.with_element(selector, "WebDriver:ElementSendKeys", &keys)
    }

    fn with_element(&self, selector: &str, method: &str, params: &Value) -> Result<()> {
        wait_until(&format!("{method} on {selector}"), || {
            let found = self.command(
                "WebDriver:FindElement",
                json!({ "using": "css selector", "value": selector }),
            )?;
            let element = found["value"]
                .as_object()
                .and_then(|one| one.values().next());
            let mut params = params.clone();
            params["id"] = element.cloned().unwrap_or_default();
            Ok(self.command(method, params).map(drop)?)
        })
    }

    /// Downloads an address, by a click on a link of a page of its site.
    ///
    /// # Errors
    /// The page could not be loaded.
    pub fn download(&self, page: &str, url: &str) -> Result<()> {
        self.navigate(page)?;
        self.call(
            "(url) => {
                const link = document.createElement('a');
                link.href = url;
                document.body.append(link);
                link.click();
            }",
            &json!([url]),
        )
    }

    /// Asks something of the background, as the extension's page in the current tab does.
    ///
    /// # Errors
    /// No answer, or one of another shape.
    pub fn ask(&self, request: &Request) -> Result<Response> {
        let answer: Value = self.call(
            "(request) => chrome.runtime.sendMessage(request)",
            &json!([request]),
        )?;
        Ok(serde_json::from_value(answer)?)
    }

    /// The record of a file by its name on disk, read in the extension's page in the current tab.
    ///
    /// # Errors
    /// The records cannot be read, or are of another shape than the core's.
    pub fn record_of(&self, file_name: &str) -> Result<Option<DownloadRecord>> {
        let stored: Vec<DownloadRecord> = self.call(&read_records(), &json!([]))?;
        let mut stored = stored.into_iter();
        Ok(stored.find(|record| record.file_name == file_name))
    }

    /// Ends the background, as the browser does when nothing goes on. The next event starts it.
    ///
    /// # Errors
    /// It does not end.
    pub fn stop_background(&self) -> Result<()> {
        let state: String = self.in_browser(
            "(async () => {
                const { extension } = WebExtensionPolicy.getByID(EXTENSION);
                await extension.terminateBackground({ disableResetIdleForTest: true });
                return extension.backgroundState;
            })()",
        )?;
        match state.as_str() {
            "stopped" => Ok(()),
            state => Err(Error::Other(format!("the background is {state}"))),
        }
    }

    /// Runs an expression in the browser's own window, where EXTENSION is the extension's id.
    fn in_browser<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let context = |value| self.command("Marionette:SetContext", json!({ "value": value }));
        context(CHROME)?;
        let done = self.evaluate(&script.replace("EXTENSION", &json!(EXTENSION).to_string()));
        context(CONTENT)?;
        done
    }

    /// What the extension and the browser complained of so far, as far as it is about the extension.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn problems(&self) -> Result<Vec<String>> {
        let logged: Vec<String> =
            self.in_browser("Services.console.getMessageArray().map((message) => `${message}`)")?;
        // That a background that ends has listeners is the browser's own trouble.
        let is_own = |line: &&String| {
            (line.contains(EXTENSION) || line.contains(HOST)) && !line.contains("on closed conduit")
        };
        let mut problems: Vec<String> = logged.iter().filter(is_own).cloned().collect();
        let path = self.profile.path().join(LOG);
        let log = fs::read_to_string(&path).map_err(Error::path("read", &path))?;
        // The browser's own parts name themselves before a colon; pages and the background do not.
        let said = log.lines().filter(|line| {
            line.strip_prefix("console.error: ")
                .is_some_and(|words| words.starts_with('"'))
        });
        problems.extend(said.map(str::to_owned));
        Ok(problems)
    }

    fn command(&self, method: &str, params: Value) -> Result<Value> {
        lock(&self.marionette).call(method, &params)
    }
}

impl Drop for Firefox {
    fn drop(&mut self) {
        let problems = self.problems();
        stop_group(&mut self.child);
        match problems {
            // What went wrong already is told by the test.
            Ok(problems) if std::thread::panicking() => eprintln!("Firefox reports: {problems:#?}"),
            Ok(problems) => assert!(problems.is_empty(), "Firefox reports: {problems:#?}"),
            Err(_) => {}
        }
    }
}

/// What Firefox and the consoles of all pages write, below the profile.
const LOG: &str = "firefox.log";

/// Where downloads land, below the profile.
const DOWNLOADS: &str = "Downloads";

/// Waits for the port, and begins a session.
fn connect(child: &mut Child, profile: &Path) -> Result<Marionette> {
    let port_file = profile.join("MarionetteActivePort");
    let port = wait_until("Firefox to listen", || {
        if let Ok(Some(status)) = child.try_wait() {
            return Err(format!("it ended: {status}"));
        }
        let text = fs::read_to_string(&port_file).map_err(|error| error.to_string())?;
        text.trim().parse().map_err(|_| format!("port {text:?}"))
    })?;
    let mut marionette = Marionette::connect(port)?;
    let session = json!({ "capabilities": { "alwaysMatch": {} } });
    marionette.call("WebDriver:NewSession", &session)?;
    Ok(marionette)
}

/// What a person would set once in the settings, and what makes a run like the next.
fn write_preferences(profile: &Path) -> Result<()> {
    let downloads = profile.join(DOWNLOADS);
    fs::create_dir_all(&downloads).map_err(Error::path("made", &downloads))?;
    let hosts = json!({ EXTENSION: HOST }).to_string();
    let preferences = json!({
        "marionette.port": 0,
        "extensions.webextensions.uuids": hosts,
        // The user says yes to what the extension asks for.
        "extensions.webextOptionalPermissionPrompts": false,
        "extensions.openPopupWithoutUserGesture.enabled": true,
        // Nothing ends the background but the test: how busy the machine is must make no difference.
        "extensions.background.idle.timeout": 600_000,
        "browser.download.folderList": 2,
        "browser.download.dir": downloads,
        // One panel would be in the way of the other.
        "browser.download.alwaysOpenPanel": false,
        // The consoles of all pages, and of the extension's background, go to the log.
        "devtools.console.stdout.content": true,
        "devtools.console.stdout.chrome": false,
        // No network but what the test does.
        "app.normandy.enabled": false,
        "messaging-system.rsexperimentloader.enabled": false,
        "browser.shell.checkDefaultBrowser": false,
        "datareporting.policy.dataSubmissionEnabled": false,
        "intl.locale.requested": "en-US",
        "ui.prefersReducedMotion": 1,
    });
    let empty = Map::new();
    let lines: String = preferences
        .as_object()
        .unwrap_or(&empty)
        .iter()
        .map(|(name, value)| format!("user_pref({}, {value});\n", json!(name)))
        .collect();
    let path = profile.join("user.js");
    fs::write(&path, lines).map_err(Error::path("written", &path))
}
