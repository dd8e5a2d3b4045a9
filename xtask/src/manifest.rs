use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// Reads the one manifest and derives Chromium's from it.
pub fn chromium(root: &Path, version: &str) -> Result<Map<String, Value>> {
    let path = root.join("manifest.json");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} could not be read", path.display()))?;
    let manifest = serde_json::from_str(&text)
        .with_context(|| format!("{} is not a JSON object", path.display()))?;
    for_chromium(manifest, version)
}

/// Chromium takes the service worker and refuses or warns about what is only Firefox's.
fn for_chromium(mut manifest: Map<String, Value>, version: &str) -> Result<Map<String, Value>> {
    manifest.remove("browser_specific_settings");
    if let Some(background) = manifest
        .get_mut("background")
        .and_then(Value::as_object_mut)
    {
        background.remove("scripts");
        background.remove("page");
    }
    match manifest.get("version").and_then(Value::as_str) {
        Some(stated) if stated != version => bail!(
            "manifest.json says version {stated}, Cargo.toml says {version}: leave `version` out of \
             manifest.json, it is filled in"
        ),
        _ => manifest.insert("version".to_owned(), Value::from(version)),
    };
    Ok(manifest)
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
        let derived = for_chromium(one, "1.2.3").expect("derived");
        assert_eq!(
            Value::Object(derived),
            serde_json::json!({
                "background": {"service_worker": "a.js", "type": "module"},
                "version": "1.2.3",
            })
        );
    }

    #[test]
    fn a_second_version_is_refused() {
        assert!(for_chromium(object(r#"{"version":"9.9.9"}"#), "1.2.3").is_err());
    }
}
