//! The words of every language: all there, none left over, and none that promises what is not
//! filled in.

use assay_core::proof::Check;
use assay_core::reason::Reason;
use assay_core::refresh_error::RefreshCheck;
use assay_core::site_rule::Mode;
use assay_core::verdict::Verdict;
use assay_core::words::LocaleEntry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Words = BTreeMap<String, LocaleEntry>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn locales() -> BTreeMap<String, Words> {
    fs::read_dir(root().join("extension/_locales"))
        .expect("the locales")
        .map(|folder| {
            let folder = folder.expect("a locale");
            let text = fs::read_to_string(folder.path().join("messages.json")).expect("messages");
            let words = serde_json::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", folder.path().display()));
            (folder.file_name().to_string_lossy().into_owned(), words)
        })
        .collect()
}

fn english() -> Words {
    locales().remove("en").expect("English")
}

/// The names between dollar signs.
fn placeholders_in(message: &str) -> BTreeSet<String> {
    let is_name = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    message
        .split('$')
        .skip(1)
        .step_by(2)
        .filter(|part| is_name(part))
        .map(str::to_lowercase)
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("a source file").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every string literal of the sources that use words, and the keys in the manifest.
fn literals() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    sources(&root().join("crates/core/src"), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        // No literal of interest contains an escaped quotation mark, so every second piece is one.
        for line in text.lines() {
            found.extend(line.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let manifest = fs::read_to_string(root().join("manifest.json")).expect("the manifest");
    for piece in manifest.split("__MSG_").skip(1) {
        found.extend(piece.split_once("__").map(|(key, _)| key.to_owned()));
    }
    found
}

/// Keys that are asked for in so many words, whatever family they are of.
fn asked_for() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&root().join("src"), &mut files);
    let mut found = BTreeSet::new();
    for file in files
        .iter()
        .filter(|file| !file.ends_with("locale_tests.rs"))
    {
        let text = fs::read_to_string(file).expect("a source file");
        for call in ["bare(\"", "Message::new(\""] {
            let after = text.split(call).skip(1);
            found.extend(after.filter_map(|rest| rest.split_once('"').map(|(key, _)| key.into())));
        }
    }
    found
}

/// Keys that are put together when the program runs.
fn computed() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for verdict in Verdict::ALL {
        keys.insert(format!("verdict_{}", verdict.word()));
        keys.insert(format!("verdict_{}_meaning", verdict.word()));
    }
    keys.extend(Reason::samples().iter().map(|reason| reason.message().key));
    keys.extend(RefreshCheck::ALL.map(|check| check.failed("", "", "").message().key));
    for mode in Mode::ALL {
        keys.insert(format!("mode_{}", mode.word()));
        keys.insert(format!("mode_{}_meaning", mode.word()));
    }
    keys.extend(["none", "warnings", "all"].map(|word| format!("notices_{word}")));
    for suffix in ["_tag", "_branch"] {
        keys.insert(format!("signer_workflow{suffix}"));
    }
    keys.insert("signer_release_tag".to_owned());
    keys
}

#[test]
fn every_language_has_the_keys_and_placeholders_of_english() {
    let english = english();
    let contents = |entry: &LocaleEntry| -> BTreeMap<String, String> {
        let of = |(name, placeholder): (&String, &assay_core::words::Placeholder)| {
            (name.clone(), placeholder.content.clone())
        };
        entry.placeholders.iter().map(of).collect()
    };
    for (language, words) in locales() {
        assert_eq!(
            words.keys().collect::<Vec<_>>(),
            english.keys().collect::<Vec<_>>(),
            "{language}"
        );
        for (key, entry) in &words {
            assert_eq!(
                contents(entry),
                contents(&english[key]),
                "{language}: {key}"
            );
            assert_eq!(
                placeholders_in(&entry.message),
                entry.placeholders.keys().cloned().collect(),
                "{language}: {key} declares other placeholders than it uses"
            );
        }
    }
}

#[test]
fn every_message_that_is_used_has_words() {
    let english = english();
    let families: BTreeSet<&str> = english
        .keys()
        .filter_map(|key| key.split_once('_').map(|(family, _)| family))
        .collect();
    let looks_like_key = |text: &&String| {
        text.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
            && text
                .split_once('_')
                .is_some_and(|(family, rest)| families.contains(family) && !rest.is_empty())
    };
    let literals = literals();
    let used = literals.iter().filter(looks_like_key).cloned();
    let missing: Vec<String> = used
        .chain(asked_for())
        .chain(computed())
        .filter(|key| !english.contains_key(key))
        // The browser's own messages begin so.
        .filter(|key| !key.ends_with('_') && !key.starts_with("@@"))
        // Nor are these keys: they are the names of checks, which have keys made of them.
        .filter(|key| !Check::ALL.iter().any(|check| check.code() == key))
        .collect();
    assert!(missing.is_empty(), "no words for {missing:?}");
}

#[test]
fn every_message_that_has_words_is_used() {
    let (literals, computed) = (literals(), computed());
    let unused: Vec<String> = english()
        .into_keys()
        .filter(|key| !literals.contains(key) && !computed.contains(key))
        .collect();
    assert!(unused.is_empty(), "words that nobody uses: {unused:?}");
}
