use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::browser::text;
use crate::problems::exception;
use crate::{Connection, Error, Result, wait_until};

/// How a page is shown.
#[derive(Clone, Copy, Debug)]
pub struct Appearance {
    /// Width of the viewport in CSS pixels.
    pub width: u32,
    /// Height of the viewport in CSS pixels.
    pub height: u32,
    /// Device pixels per CSS pixel.
    pub scale: f64,
    /// The dark colour scheme.
    pub dark: bool,
    /// The person asked for less motion.
    pub reduced_motion: bool,
    /// The system's few colours take the place of the page's (Windows' contrast themes).
    pub forced_colors: bool,
    /// The person asked for more contrast.
    pub more_contrast: bool,
}

impl Default for Appearance {
    fn default() -> Self {
        Self {
            width: 800,
            height: 600,
            scale: 1.0,
            dark: false,
            reduced_motion: false,
            forced_colors: false,
            more_contrast: false,
        }
    }
}

/// A tab, or another context that was attached to; what this opened is closed on drop.
pub struct Page {
    connection: Connection,
    session: String,
    target: String,
    close_on_drop: bool,
}

impl Page {
    pub(crate) fn open(connection: Connection, url: &str) -> Result<Self> {
        let created =
            connection.call(None, "Target.createTarget", json!({ "url": "about:blank" }))?;
        let page = Self::attach(connection, &text(&created, "targetId")?, true)?;
        page.navigate(url)?;
        Ok(page)
    }

    pub(crate) fn attach(
        connection: Connection,
        target: &str,
        close_on_drop: bool,
    ) -> Result<Self> {
        let attached = connection.call(
            None,
            "Target.attachToTarget",
            json!({ "targetId": target, "flatten": true }),
        )?;
        let page = Self {
            session: text(&attached, "sessionId")?,
            target: target.to_owned(),
            connection,
            close_on_drop,
        };
        page.command("Runtime.enable", json!({}))?;
        page.command("Log.enable", json!({}))?;
        Ok(page)
    }

    /// The target's id.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Leaves the tab open when this is dropped.
    pub fn keep_open(&mut self) {
        self.close_on_drop = false;
    }

    /// A DevTools command to this page.
    ///
    /// # Errors
    /// The browser refused it.
    pub fn command(&self, method: &str, params: Value) -> Result<Value> {
        self.connection.call(Some(&self.session), method, params)
    }

    /// Goes to `url` and waits until it is loaded. An address that is downloaded leaves the page as it is.
    ///
    /// # Errors
    /// The page could not be loaded.
    pub fn navigate(&self, url: &str) -> Result<()> {
        let answer = self.command("Page.navigate", json!({ "url": url }))?;
        match answer["errorText"].as_str() {
            None => {}
            Some("net::ERR_ABORTED") if answer["isDownload"] == true => return Ok(()),
            Some(error) => return Err(Error::Other(format!("{url} could not be opened: {error}"))),
        }
        wait_until(&format!("{url} to load"), || {
            let seen: (String, String) = self.evaluate("[document.readyState, location.href]")?;
            if seen.0 == "complete" && (seen.1 != "about:blank" || url == "about:blank") {
                Ok(())
            } else {
                Err(format!("{seen:?}"))
            }
        })
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn reload(&self) -> Result<()> {
        let url: String = self.evaluate("location.href")?;
        self.navigate("about:blank")?;
        self.navigate(&url)
    }

    /// Runs a script as if a person had just clicked; a promise is waited for. `undefined` reads as `null`.
    ///
    /// # Errors
    /// [`Error::Threw`] when it throws or rejects; [`Error::Other`] when the value is of another type.
    pub fn evaluate<T: DeserializeOwned>(&self, script: &str) -> Result<T> {
        let mut answer = self.command(
            "Runtime.evaluate",
            json!({
                "expression": script,
                "awaitPromise": true,
                "returnByValue": true,
                "userGesture": true,
            }),
        )?;
        if let Some(details) = answer.get("exceptionDetails") {
            return Err(Error::Threw {
                message: exception(details),
                script: script.chars().take(200).collect(),
            });
        }
        Ok(serde_json::from_value(answer["result"]["value"].take())?)
    }

    /// Calls a function expression (`(a, b) => …`) with JSON arguments.
    ///
    /// # Errors
    /// As [`Page::evaluate`].
    pub fn call<T: DeserializeOwned>(&self, function: &str, arguments: Value) -> Result<T> {
        self.evaluate(&format!("({function})(...{arguments})"))
    }

    /// The text that a person sees in the first element that matches.
    ///
    /// # Errors
    /// The browser has ended. No such element is an empty text.
    pub fn text(&self, selector: &str) -> Result<String> {
        self.call(
            "(selector) => document.querySelector(selector)?.innerText ?? ''",
            json!([selector]),
        )
    }

    /// Waits until the text of an element contains `wanted`.
    ///
    /// # Errors
    /// [`Error::Never`] with the text that was there.
    pub fn wait_for_text(&self, selector: &str, wanted: &str) -> Result<()> {
        wait_until(&format!("{selector} to say “{wanted}”"), || {
            let seen = self.text(selector)?;
            if seen.contains(wanted) {
                Ok(())
            } else {
                Err(seen)
            }
        })
    }

    /// Waits until an element is there.
    ///
    /// # Errors
    /// [`Error::Never`] with all that the page says.
    pub fn wait_for(&self, selector: &str) -> Result<()> {
        self.wait_for_whether(selector, true)
    }

    /// Waits until an element is not there.
    ///
    /// # Errors
    /// [`Error::Never`] with all that the page says.
    pub fn wait_for_no(&self, selector: &str) -> Result<()> {
        self.wait_for_whether(selector, false)
    }

    fn wait_for_whether(&self, selector: &str, wanted: bool) -> Result<()> {
        let what = if wanted { "appear" } else { "vanish" };
        wait_until(&format!("{selector} to {what}"), || {
            match self.has(selector)? == wanted {
                true => Ok(()),
                false => Err(self.text("body")?),
            }
        })
    }

    /// Whether an element is there.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn has(&self, selector: &str) -> Result<bool> {
        self.call(
            "(selector) => document.querySelector(selector) !== null",
            json!([selector]),
        )
    }

    /// Clicks into the middle of the first element that matches, once it is there.
    ///
    /// # Errors
    /// It never appeared, or something covers it.
    pub fn click(&self, selector: &str) -> Result<()> {
        self.click_text(selector, "")
    }

    /// Clicks into the middle of the first element that matches and shows `text`.
    ///
    /// # Errors
    /// It never appeared, or something covers it.
    pub fn click_text(&self, selector: &str, text: &str) -> Result<()> {
        #[derive(Deserialize)]
        struct Place {
            x: f64,
            y: f64,
        }
        let place = wait_until(&format!("{selector} “{text}” to be clickable"), || {
            // A tab that the extension opened may have come before this one.
            self.command("Page.bringToFront", json!({}))?;
            let place: std::result::Result<Place, String> = self
                .call::<Value>(PLACE_OF, json!([selector, text]))
                .map_or_else(
                    |error| Err(error.to_string()),
                    |found| match found {
                        Value::String(seen) => Err(seen),
                        found => serde_json::from_value(found).map_err(|error| error.to_string()),
                    },
                );
            place
        })?;
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            self.command(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": place.x, "y": place.y, "button": button, "clickCount": 1 }),
            )?;
        }
        Ok(())
    }

    /// Types into whatever has the focus.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn type_text(&self, text: &str) -> Result<()> {
        self.command("Input.insertText", json!({ "text": text }))
            .map(drop)
    }

    /// Presses a key by its DOM name: "Enter", "Tab", "Escape", " ", "ArrowDown", "a" and so on.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn press(&self, key: &str) -> Result<()> {
        self.press_with(key, 0)
    }

    /// Presses Tab: on to the next focusable element.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn press_tab(&self) -> Result<()> {
        self.press("Tab")
    }

    /// Presses Shift and Tab: back to the focusable element before.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn press_shift_tab(&self) -> Result<()> {
        const SHIFT: u32 = 8;
        self.press_with("Tab", SHIFT)
    }

    fn press_with(&self, key: &str, modifiers: u32) -> Result<()> {
        let code = match key {
            "Enter" => 13,
            "Tab" => 9,
            "Escape" => 27,
            " " => 32,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "Home" => 36,
            "End" => 35,
            "Delete" => 46,
            "Backspace" => 8,
            _ => key
                .chars()
                .next()
                .map_or(0, |letter| letter.to_ascii_uppercase() as u32),
        };
        let written = match key {
            "Enter" => "\r",
            one if one.chars().count() == 1 => one,
            _ => "",
        };
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({
                "type": if kind == "keyDown" && written.is_empty() { "rawKeyDown" } else { kind },
                "key": key,
                "windowsVirtualKeyCode": code,
                "modifiers": modifiers,
            });
            if kind == "keyDown" && !written.is_empty() {
                params["text"] = Value::from(written);
            }
            self.command("Input.dispatchKeyEvent", params)?;
        }
        Ok(())
    }

    /// Sets size, scale, colour scheme and motion as the page sees them.
    ///
    /// # Errors
    /// The browser has ended.
    pub fn appear(&self, appearance: &Appearance) -> Result<()> {
        self.command(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": appearance.width,
                "height": appearance.height,
                "deviceScaleFactor": appearance.scale,
                "mobile": false,
            }),
        )?;
        let scheme = if appearance.dark { "dark" } else { "light" };
        let motion = if appearance.reduced_motion {
            "reduce"
        } else {
            "no-preference"
        };
        let forced = if appearance.forced_colors {
            "active"
        } else {
            "none"
        };
        let contrast = if appearance.more_contrast {
            "more"
        } else {
            "no-preference"
        };
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": motion },
                { "name": "forced-colors", "value": forced },
                { "name": "prefers-contrast", "value": contrast },
            ]}),
        )?;
        // Two frames: the styles have been applied and painted.
        self.evaluate::<Value>(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))",
        )?;
        Ok(())
    }

    /// Saves what is shown as a PNG.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        self.picture(path, false)
    }

    /// Saves the whole page as a PNG, with what one would have to scroll to.
    ///
    /// # Errors
    /// The file could not be written.
    pub fn screenshot_whole(&self, path: &Path) -> Result<()> {
        self.picture(path, true)
    }

    fn picture(&self, path: &Path, whole: bool) -> Result<()> {
        let mut form = json!({ "format": "png", "captureBeyondViewport": whole });
        if whole {
            let size: (f64, f64) = self.evaluate(
                "[document.documentElement.clientWidth, document.documentElement.scrollHeight]",
            )?;
            form["clip"] = json!({ "x": 0, "y": 0, "width": size.0, "height": size.1, "scale": 1 });
        }
        let answer = self.command("Page.captureScreenshot", form)?;
        let png = STANDARD
            .decode(text(&answer, "data")?)
            .map_err(|error| Error::Other(format!("the screenshot is not base64: {error}")))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::path("made", folder))?;
        }
        fs::write(path, png).map_err(Error::path("written", path))
    }

    /// Gives files to an `<input type="file">`, as its dialog would.
    ///
    /// # Errors
    /// No such element.
    pub fn choose_files(&self, selector: &str, files: &[&Path]) -> Result<()> {
        let document = self.command("DOM.getDocument", json!({ "depth": 0 }))?;
        let found = self.command(
            "DOM.querySelector",
            json!({ "nodeId": document["root"]["nodeId"], "selector": selector }),
        )?;
        self.command(
            "DOM.setFileInputFiles",
            json!({ "files": files, "nodeId": found["nodeId"] }),
        )
        .map(drop)
    }

    /// Drags files and folders of this machine over the middle of an element.
    ///
    /// # Errors
    /// No such element.
    pub fn drag_over(&self, selector: &str, paths: &[&Path]) -> Result<()> {
        self.drag(selector, paths, &["dragEnter", "dragOver"])
    }

    /// Drags files and folders of this machine over the middle of an element and drops them there.
    ///
    /// # Errors
    /// No such element.
    pub fn drop_files(&self, selector: &str, paths: &[&Path]) -> Result<()> {
        self.drag(selector, paths, &["dragEnter", "dragOver", "drop"])
    }

    fn drag(&self, selector: &str, paths: &[&Path], kinds: &[&str]) -> Result<()> {
        const COPY: u32 = 1;
        let place: (f64, f64) = self.call(
            "(selector) => {
                const box = document.querySelector(selector).getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }",
            json!([selector]),
        )?;
        for kind in kinds {
            self.command(
                "Input.dispatchDragEvent",
                json!({
                    "type": kind,
                    "x": place.0,
                    "y": place.1,
                    "data": { "items": [], "files": paths, "dragOperationsMask": COPY },
                }),
            )?;
        }
        Ok(())
    }

    /// Closes the tab.
    pub fn close(mut self) {
        self.close_on_drop = true;
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The browser may have ended before; then there is nothing to close.
        let _ = if self.close_on_drop {
            self.connection.call(
                None,
                "Target.closeTarget",
                json!({ "targetId": self.target }),
            )
        } else {
            self.connection.call(
                None,
                "Target.detachFromTarget",
                json!({ "sessionId": self.session }),
            )
        };
    }
}

/// The middle of an element that is visible, still and not covered; otherwise what is in the way.
const PLACE_OF: &str = r#"async (selector, text) => {
  const all = [...document.querySelectorAll(selector)];
  const element = all.find(one => one.innerText?.includes(text) ?? text === "");
  if (!element) return `${all.length} match, none says it: ${all.map(one => one.innerText).join(" | ").slice(0, 300)}`;
  if (element.disabled) return "it is disabled";
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const before = element.getBoundingClientRect();
  const drawn = await new Promise(done => {
    requestAnimationFrame(() => done(true));
    // Nothing is drawn in a tab that is covered by another.
    setTimeout(() => done(false), 500);
  });
  if (!drawn) return "it is not drawn";
  const box = element.getBoundingClientRect();
  if (box.width === 0 || box.height === 0) return "it has no size";
  if (box.x !== before.x || box.y !== before.y) return "it moves";
  const x = box.x + box.width / 2, y = box.y + box.height / 2;
  const top = document.elementFromPoint(x, y);
  if (top !== element && !element.contains(top) && !top?.contains(element)) return `covered by ${top?.outerHTML?.slice(0, 120)}`;
  return { x, y };
}"#;
