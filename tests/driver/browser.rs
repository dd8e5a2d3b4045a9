use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::problems::Problems;
use crate::process::{resident_bytes, stop_group};
use crate::{Connection, Error, Extension, Page, Problem, Result, wait_until};

/// How a browser is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// An unpacked extension to load.
    pub extension: Option<PathBuf>,
    /// Without a window. Everything else is the same browser.
    pub headless: bool,
    /// Interface language, such as "en-US".
    pub language: String,
    /// More command line switches.
    pub switches: Vec<String>,
    /// Panics on drop when an extension's context reported an error that nobody expected.
    pub strict: bool,
}

impl Options {
    /// A headless browser with the extension in `folder`, strict about errors.
    pub fn with_extension(folder: impl Into<PathBuf>) -> Self {
        Self {
            extension: Some(folder.into()),
            ..Self::plain()
        }
    }

    /// A headless browser without an extension.
    pub fn plain() -> Self {
        Self {
            extension: None,
            headless: true,
            language: "en-US".to_owned(),
            switches: Vec::new(),
            strict: true,
        }
    }
}

/// What the browser has open: a tab, a service worker, an offscreen document.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The target's id, unique in one run of the browser.
    pub target_id: String,
    /// "page", "service_worker", "background_page" and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// A real Chromium with a profile of its own, both gone when this is dropped.
pub struct Browser {
    options: Options,
    profile: TempDir,
    running: Option<Running>,
    problems: Problems,
}

struct Running {
    child: Child,
    connection: Connection,
}

impl Browser {
    /// Starts the browser that the variable ASSAY_CHROMIUM names, or the first `chromium` on the PATH.
    ///
    /// # Errors
    /// [`Error::Missing`] with what to install; or the browser did not come up.
    pub fn launch(options: Options) -> Result<Self> {
        let profile = tempfile::Builder::new()
            .prefix("assay-browser-")
            .tempdir()
            .map_err(Error::io("no folder for a browser profile"))?;
        let mut browser = Self {
            options,
            profile,
            running: None,
            problems: Problems::default(),
        };
        browser.write_preferences()?;
        browser.start()?;
        Ok(browser)
    }

    /// Starts the browser again on the same profile, after [`Browser::kill`] or [`Browser::quit`].
    ///
    /// # Errors
    /// It did not come up.
    pub fn start(&mut self) -> Result<()> {
        self.kill();
        let program = find_program()?;
        let mut switches = self.switches();
        if let Some(folder) = &self.options.extension {
            if !folder.join("manifest.json").is_file() {
                return Err(Error::Missing {
                    what: format!("an extension in {}", folder.display()),
                    remedy: "run `cargo xtask build`".to_owned(),
                });
            }
            switches.push(format!("--load-extension={}", folder.display()));
        }
        let log_path = self.profile.path().join("browser.log");
        let log = fs::File::create(&log_path).map_err(Error::path("written", &log_path))?;
        // The shell puts its own ends of the pipes where the browser looks for them (3 and 4).
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >&2", "sh"])
            .arg(&program)
            .args(switches)
            .arg("about:blank")
            // The switch alone changes the words and leaves the language that they are said to be in.
            .env("LANGUAGE", self.options.language.replace('-', "_"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(Error::path("started", &program))?;
        let (Some(writer), Some(reader)) = (child.stdin.take(), child.stdout.take()) else {
            stop_group(&mut child);
            return Err(Error::Other("the browser has no pipes".to_owned()));
        };
        let connection = Connection::new(reader, writer);
        self.problems.watch(&connection);
        let answer = connection.call(None, "Browser.getVersion", json!({}));
        self.running = Some(Running { child, connection });
        if let Err(error) = answer {
            self.kill();
            let log = fs::read_to_string(&log_path).unwrap_or_default();
            return Err(Error::Other(format!(
                "{} did not start: {error}\n{log}",
                program.display()
            )));
        }
        self.connection()?.call(
            None,
            "Target.setDiscoverTargets",
            json!({ "discover": true }),
        )?;
        Ok(())
    }

    fn switches(&self) -> Vec<String> {
        let mut switches: Vec<String> = [
            "--remote-debugging-pipe",
            "--disable-quic",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-search-engine-choice-screen",
            "--password-store=basic",
            "--use-mock-keychain",
            "--disable-features=DisableLoadExtensionCommandLineSwitch,Translate,MediaRouter",
        ]
        .map(str::to_owned)
        .to_vec();
        switches.push(format!("--user-data-dir={}", self.profile.path().display()));
        switches.push(format!("--lang={}", self.options.language));
        if self.options.headless {
            switches.extend(
                ["--headless=new", "--disable-gpu", "--hide-scrollbars"].map(str::to_owned),
            );
        }
        if rustix::process::geteuid().is_root() {
            // The sandbox refuses to run as root.
            switches.push("--no-sandbox".to_owned());
        }
        switches.extend(self.options.switches.iter().cloned());
        switches
    }

    /// What a person would set once in the settings.
    fn write_preferences(&self) -> Result<()> {
        let downloads = self.download_folder();
        fs::create_dir_all(&downloads).map_err(Error::path("made", &downloads))?;
        let folder = self.profile.path().join("Default");
        fs::create_dir_all(&folder).map_err(Error::path("made", &folder))?;
        let preferences = json!({
            "download": {
                "default_directory": downloads,
                "prompt_for_download": false,
                "directory_upgrade": true,
            },
            "profile": { "default_content_setting_values": { "automatic_downloads": 1 } },
            "intl": { "accept_languages": self.options.language },
            "extensions": { "ui": { "developer_mode": true } },
        });
        let path = folder.join("Preferences");
        fs::write(&path, preferences.to_string()).map_err(Error::path("written", &path))
    }

    /// Where downloads land.
    pub fn download_folder(&self) -> PathBuf {
        self.profile.path().join("Downloads")
    }

    /// The profile's folder.
    pub fn profile(&self) -> &Path {
        self.profile.path()
    }

    /// The DevTools connection of the running browser.
    ///
    /// # Errors
    /// The browser is not running.
    pub fn connection(&self) -> Result<&Connection> {
        self.running
            .as_ref()
            .map(|running| &running.connection)
            .ok_or_else(|| Error::Other("the browser is not running".to_owned()))
    }

    /// The extension that the browser was started with, once it is loaded.
    ///
    /// # Errors
    /// None was given, or the browser did not load it.
    pub fn extension(&self) -> Result<Extension> {
        let folder = self.options.extension.as_deref().ok_or_else(|| {
            Error::Other("the browser was started without an extension".to_owned())
        })?;
        Extension::find(self.connection()?.clone(), self.problems.clone(), folder)
    }

    /// Opens a tab at `url` and waits until it is loaded.
    ///
    /// # Errors
    /// The page could not be loaded.
    pub fn open(&self, url: &str) -> Result<Page> {
        Page::open(self.connection()?.clone(), url)
    }

    /// A tab that is there already, found by its address.
    ///
    /// # Errors
    /// None appeared in time.
    pub fn page_at(&self, matches: impl Fn(&str) -> bool) -> Result<Page> {
        let target = wait_until("a tab", || {
            let targets = self.targets()?;
            let found = targets
                .iter()
                .find(|target| target.kind == "page" && matches(&target.url));
            found.cloned().ok_or_else(|| format!("{targets:?}"))
        })?;
        Page::attach(self.connection()?.clone(), &target.target_id, false)
    }

    /// Everything that is open.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn targets(&self) -> Result<Vec<Target>> {
        targets(self.connection()?)
    }

    /// Downloads `url` as if its link was clicked. Returns at once; the download may take its time.
    ///
    /// # Errors
    /// No tab could be opened.
    pub fn download(&self, url: &str) -> Result<()> {
        // From a tab of its own, left open: closing it could cancel what has not begun.
        let answer = self.connection()?.call(
            None,
            "Target.createTarget",
            json!({ "url": url, "background": true }),
        );
        answer.map(drop)
    }

    /// Accepts ("keeps") a download that the browser holds back as dangerous, on its own page for that.
    ///
    /// # Errors
    /// No such download appeared.
    pub fn accept_dangerous_download(&self, file_name: &str) -> Result<()> {
        let page = self.open("chrome://downloads/")?;
        crate::wait_until(&format!("{file_name} to be accepted"), || {
            // The browser takes the click only from a page that a person has just touched.
            page.press("Tab")?;
            let seen: String = page.call(ACCEPT_DANGEROUS, json!([file_name]))?;
            if seen == "accepted" {
                Ok(())
            } else {
                Err(seen)
            }
        })
    }

    /// Ends the browser the way a power cut does (SIGKILL to all its processes).
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            stop_group(&mut running.child);
        }
    }

    /// Ends the browser the way a person does, and waits for it.
    ///
    /// # Errors
    /// It did not end.
    pub fn quit(&mut self) -> Result<()> {
        let Some(mut running) = self.running.take() else {
            return Ok(());
        };
        // It may close the pipe before it answers.
        let _ = running.connection.call(None, "Browser.close", json!({}));
        let ended = wait_until("the browser to end", || match running.child.try_wait() {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err("it still runs".to_owned()),
            Err(error) => Err(error.to_string()),
        });
        stop_group(&mut running.child);
        ended
    }

    /// Waits until the person closes the browser.
    pub fn wait_for_exit(&mut self) {
        if let Some(mut running) = self.running.take() {
            let _ = running.child.wait();
            stop_group(&mut running.child);
        }
    }

    /// Private resident memory of all the browser's processes, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.running
            .as_ref()
            .map_or(0, |running| resident_bytes(running.child.id()))
    }

    /// Errors reported so far by the extension's contexts and the opened pages, without the expected ones.
    pub fn problems(&self) -> Vec<Problem> {
        if let Ok(extension) = self.extension() {
            // The errors of the service worker and the offscreen document.
            if let Ok(errors) = extension.recorded_errors() {
                self.problems.add(errors);
            }
        }
        self.problems.unexpected()
    }

    /// From now on, a problem whose text contains `text` does not fail the test.
    pub fn expect_problem(&self, text: &str) {
        self.problems.expect(text);
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let strict = self.options.strict && !std::thread::panicking();
        let problems = if strict && self.running.is_some() {
            self.problems()
        } else {
            Vec::new()
        };
        self.kill();
        assert!(
            problems.is_empty(),
            "the extension reported errors:\n{}",
            problems
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("\n")
        );
    }
}

pub(crate) fn targets(connection: &Connection) -> Result<Vec<Target>> {
    let everything = json!({ "filter": [{ "type": "browser", "exclude": true }, {}] });
    let mut answer = connection.call(None, "Target.getTargets", everything)?;
    Ok(serde_json::from_value(answer["targetInfos"].take())?)
}

fn find_program() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("ASSAY_CHROMIUM") {
        return Ok(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| ["chromium", "chromium-browser"].map(|name| folder.join(name)))
        .find(|program| program.is_file())
        .ok_or_else(|| Error::Missing {
            what: "Chromium".to_owned(),
            remedy: "install it (Debian, Ubuntu: apt-get install chromium), or name it in \
                     ASSAY_CHROMIUM"
                .to_owned(),
        })
}

/// Presses "Keep" on chrome://downloads for one file; answers what it found.
const ACCEPT_DANGEROUS: &str = r#"(name) => {
  const manager = document.querySelector("downloads-manager");
  const items = [...(manager?.shadowRoot?.querySelectorAll("downloads-item") ?? [])];
  const item = items.find(one => one.shadowRoot.querySelector('#name').textContent.includes(name));
  if (!item) return "items: " + items.length;
  const keep = item.shadowRoot.querySelector('#save-dangerous');
  if (!keep) return "an entry without a button";
  keep.click();
  return "accepted";
}"#;

/// Reads a JSON value out of an answer.
pub(crate) fn text(value: &Value, key: &str) -> Result<String> {
    value[key]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Error::Other(format!("the browser's answer has no {key}: {value}")))
}
