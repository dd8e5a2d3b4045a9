use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::extension::files_below;

/// Refuses an extension that a browser or a store would refuse, naming every fault at once.
pub fn extension(folder: &Path) -> Result<()> {
    let manifest: Value = serde_json::from_str(&fs::read_to_string(folder.join("manifest.json"))?)?;
    let mut faults = Vec::new();
    check_named_files(folder, &manifest, &mut faults);
    check_messages(folder, &manifest, &mut faults)?;
    check_policy(&manifest, &mut faults);
    for file in files_below(folder)? {
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        if matches!(extension.as_ref(), "html" | "js" | "css") {
            let text = fs::read_to_string(folder.join(&file))
                .with_context(|| format!("{} is not text", file.display()))?;
            for fault in remote_code(&text) {
                faults.push(format!("{}: {fault}", file.display()));
            }
        }
        if extension == "ts" {
            faults.push(format!("{} does not belong here", file.display()));
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    bail!("the extension is not valid:\n  {}", faults.join("\n  "))
}

/// Every string of the manifest, with where it stands.
fn strings<'a>(value: &'a Value, place: &str, found: &mut Vec<(String, &'a str)>) {
    match value {
        Value::String(text) => found.push((place.to_owned(), text)),
        Value::Array(items) => {
            for item in items {
                strings(item, place, found);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                strings(item, &format!("{place}.{key}"), found);
            }
        }
        _ => {}
    }
}

fn check_named_files(folder: &Path, manifest: &Value, faults: &mut Vec<String>) {
    let mut found = Vec::new();
    strings(manifest, "manifest", &mut found);
    for (place, text) in found {
        let names_a_file = ["html", "js", "png", "svg", "css", "json", "wasm"]
            .iter()
            .any(|ending| text.rsplit_once('.').is_some_and(|(_, end)| end == *ending));
        if names_a_file && !text.contains("://") && !folder.join(text).is_file() {
            faults.push(format!("{place} names {text}, which does not exist"));
        }
    }
}

fn check_messages(folder: &Path, manifest: &Value, faults: &mut Vec<String>) -> Result<()> {
    let locales = folder.join("_locales");
    let mut keys_of: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    if locales.is_dir() {
        for file in files_below(&locales)? {
            if file.file_name().is_some_and(|name| name == "messages.json") {
                let text = fs::read_to_string(locales.join(&file))?;
                let messages: BTreeMap<String, Value> = serde_json::from_str(&text)
                    .with_context(|| format!("_locales/{} is not valid", file.display()))?;
                let locale = file.parent().unwrap_or(&file).display().to_string();
                keys_of.insert(locale, messages.into_keys().collect());
            }
        }
    }
    let default = manifest["default_locale"].as_str().unwrap_or_default();
    if !keys_of.is_empty() && !keys_of.contains_key(default) {
        faults.push(format!("default_locale `{default}` has no messages.json"));
    }
    let all: BTreeSet<&String> = keys_of.values().flatten().collect();
    for (locale, keys) in &keys_of {
        for key in all.iter().filter(|key| !keys.contains(**key)) {
            faults.push(format!("_locales/{locale} lacks `{key}`"));
        }
    }
    let mut found = Vec::new();
    strings(manifest, "manifest", &mut found);
    for (place, text) in found {
        let key = text
            .strip_prefix("__MSG_")
            .and_then(|rest| rest.strip_suffix("__"));
        if let Some(key) = key.filter(|key| !all.iter().any(|known| known == key)) {
            faults.push(format!(
                "{place} uses the message `{key}`, which no locale has"
            ));
        }
    }
    Ok(())
}

/// Store rules: scripts and wasm come from the package alone.
fn check_policy(manifest: &Value, faults: &mut Vec<String>) {
    let mut found = Vec::new();
    strings(&manifest["content_security_policy"], "policy", &mut found);
    for (_, policy) in found {
        for directive in policy.split(';') {
            let mut words = directive.split_whitespace();
            let name = words.next().unwrap_or_default();
            if !matches!(
                name,
                "script-src" | "worker-src" | "object-src" | "default-src"
            ) {
                continue;
            }
            for source in words {
                if !matches!(source, "'self'" | "'none'" | "'wasm-unsafe-eval'") {
                    faults.push(format!(
                        "the content security policy's {name} allows {source}"
                    ));
                }
            }
        }
    }
}

fn remote_code(text: &str) -> Vec<String> {
    let compact: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut faults = Vec::new();
    for mark in [
        "<script src=\"http",
        "<script src=\"//",
        "import(\"http",
        "import('http",
        "from \"http",
        "from 'http",
        "importScripts(\"http",
        "importScripts('http",
        "@import url(http",
        "@import \"http",
        "new Function(",
    ] {
        if compact.contains(mark) {
            faults.push(format!("remote or generated code: `{mark}`"));
        }
    }
    for element in compact.split("<script").skip(1) {
        let opening = element.split('>').next().unwrap_or_default();
        if !opening.contains("src=") {
            faults.push("an inline script, which the content security policy blocks".to_owned());
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_from_elsewhere_is_found() {
        assert!(!remote_code("<script  src=\"https://example.org/a.js\"></script>").is_empty());
        assert!(!remote_code("await import('https://example.org/a.js')").is_empty());
        assert!(!remote_code("<script>alert(1)</script>").is_empty());
        assert!(remote_code("<script type=\"module\" src=\"a.js\"></script>").is_empty());
    }

    #[test]
    fn a_policy_that_lets_other_hosts_in_is_refused() {
        let mut faults = Vec::new();
        check_policy(
            &serde_json::json!({"content_security_policy": {
                "extension_pages": "script-src 'self' https://example.org; connect-src *"}}),
            &mut faults,
        );
        assert_eq!(faults.len(), 1, "{faults:?}");
    }
}
