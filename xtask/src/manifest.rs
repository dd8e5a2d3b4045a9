use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

/// The permission to read files, which Firefox gives nobody.
const FILES: &str = "file:";

/// A browser that has a package of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Chromium,
    Firefox,
}

impl Target {
    /// Its manifest, derived from the one there is.
    pub fn manifest(self, root: &Path, version: &str) -> Result<Map<String, Value>> {
        let path = root.join("manifest.json");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} could not be read", path.display()))?;
        let manifest: Map<String, Value> = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a JSON object", path.display()))?;
        let manifest = versioned(manifest, version)?;
        Ok(match self {
            Self::Chromium => for_chromium(manifest),
            Self::Firefox => for_firefox(manifest),
        })
    }

    /// What of the extension's files is of no use there.
    pub fn leaves_out(self, file: &Path) -> bool {
        // They are for the document that reads files, and for Chromium's kind of policies.
        const CHROMIUM_ONLY: [&str; 4] = [
            "hasher.js",
            "managed_schema.json",
            "offscreen.html",
            "offscreen.js",
        ];
        self == Self::Firefox && CHROMIUM_ONLY.iter().any(|name| file == Path::new(name))
    }
}

fn versioned(mut manifest: Map<String, Value>, version: &str) -> Result<Map<String, Value>> {
    match manifest.get("version").and_then(Value::as_str) {
        Some(stated) if stated != version => bail!(
            "manifest.json says version {stated}, Cargo.toml says {version}: leave `version` out of \
             manifest.json, it is filled in"
        ),
        _ => manifest.insert("version".to_owned(), Value::from(version)),
    };
    Ok(manifest)
}

/// Chromium takes the service worker and refuses or warns about what is only Firefox's.
fn for_chromium(mut manifest: Map<String, Value>) -> Map<String, Value> {
    manifest.remove("browser_specific_settings");
    if let Some(background) = manifest
        .get_mut("background")
        .and_then(Value::as_object_mut)
    {
        background.remove("scripts");
        background.remove("page");
    }
    manifest
}

/// Firefox takes the same script as that of a page without a window, and has neither offscreen
/// documents nor files that an extension may read; administrators' policies need no schema there.
fn for_firefox(mut manifest: Map<String, Value>) -> Map<String, Value> {
    for key in ["key", "minimum_chrome_version", "storage"] {
        manifest.remove(key);
    }
    if let Some(background) = manifest.get_mut("background")
        && let Some(script) = background.get("service_worker").cloned()
    {
        *background = json!({ "scripts": [script], "type": "module" });
    }
    let lists = [
        "permissions",
        "host_permissions",
        "optional_host_permissions",
    ];
    for key in lists {
        let Some(list) = manifest.get_mut(key).and_then(Value::as_array_mut) else {
            continue;
        };
        list.retain(|one| {
            let one = one.as_str().unwrap_or_default();
            one != "offscreen" && !one.starts_with(FILES)
        });
        if list.is_empty() {
            manifest.remove(key);
        }
    }
    let policies = manifest
        .get_mut("content_security_policy")
        .and_then(Value::as_object_mut);
    for policy in policies.into_iter().flat_map(Map::values_mut) {
        if let Some(text) = policy.as_str() {
            *policy = Value::from(text.replace(&format!(" {FILES}"), ""));
        }
    }
    manifest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Map<String, Value> {
        serde_json::from_str(text).expect("a JSON object")
    }

    #[test]
    fn chromium_gets_the_service_worker_and_no_firefox_keys() {
        let one = object(
            r#"{"background":{"service_worker":"a.js","scripts":["a.js"],"type":"module"},
                "browser_specific_settings":{"gecko":{"id":"x@y"}}}"#,
        );
        assert_eq!(
            Value::Object(for_chromium(one)),
            json!({ "background": {"service_worker": "a.js", "type": "module"} })
        );
    }

    #[test]
    fn firefox_gets_a_background_page_and_nothing_about_files() {
        let one = object(
            r#"{"background":{"service_worker":"a.js","type":"module"},
                "browser_specific_settings":{"gecko":{"id":"x@y"}},
                "key":"k","minimum_chrome_version":"124",
                "permissions":["alarms","offscreen"],
                "host_permissions":["file:///*"],
                "optional_host_permissions":["https://*/*"],
                "storage":{"managed_schema":"s.json"},
                "content_security_policy":{"extension_pages":"connect-src https: file:; img-src 'self'"}}"#,
        );
        assert_eq!(
            Value::Object(for_firefox(one)),
            json!({
                "background": {"scripts": ["a.js"], "type": "module"},
                "browser_specific_settings": {"gecko": {"id": "x@y"}},
                "permissions": ["alarms"],
                "optional_host_permissions": ["https://*/*"],
                "content_security_policy": {
                    "extension_pages": "connect-src https:; img-src 'self'"
                },
            })
        );
    }

    #[test]
    fn the_version_is_filled_in_and_a_second_one_refused() {
        assert_eq!(
            versioned(object("{}"), "1.2.3").expect("filled in")["version"],
            "1.2.3"
        );
        assert!(versioned(object(r#"{"version":"9.9.9"}"#), "1.2.3").is_err());
    }
}
