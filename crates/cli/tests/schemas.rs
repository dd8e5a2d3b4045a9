//! What is printed as JSON is described, also where something went wrong or nothing was found. All
//! other tests hold what they have printed against docs/cli.schema.json, too ([`common::Done::json`]).

mod common;

use common::{DataFolder, Notary, User};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::panic::catch_unwind;

/// Forms of files that are kept, and never printed.
const KEPT: [&str; 7] = [
    "assay.answer.v1",
    "assay.log-audit-memory.v1",
    "assay.log-memory.v1",
    "assay.logins.kept.v1",
    "assay.project-memory.v1",
    "assay.settings.v1",
    "assay.site-memory.v1",
];

/// The names of forms in a text.
fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    for (at, _) in text.match_indices("\"assay.") {
        let name: String = text[at + 1..].chars().take_while(|c| plain(*c)).collect();
        if name.ends_with(".v1") {
            found.insert(name);
        }
    }
    found
}

fn sources(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, text),
            false => text.push_str(&std::fs::read_to_string(path).unwrap()),
        }
    }
}

#[test]
fn each_form_is_described_and_no_other() {
    let mut text = String::new();
    sources(
        concat!(env!("CARGO_MANIFEST_DIR"), "/src").as_ref(),
        &mut text,
    );
    let mut printed = named(&text);
    printed.insert(assay_core::log_memory::CONTRADICTION_SCHEMA.to_owned());
    KEPT.iter().for_each(|kept| {
        printed.remove(*kept);
    });
    let document = include_str!("../../../docs/cli.schema.json");
    let document: Value = serde_json::from_str(document).unwrap();
    let names = document["$defs"].as_object().unwrap().keys();
    let described: BTreeSet<String> = names
        .filter(|name| name.ends_with(".v1"))
        .cloned()
        .collect();
    assert_eq!(printed, described);
    let listed = document["oneOf"].as_array().unwrap().iter();
    let listed: BTreeSet<String> = listed
        .map(|one| one["$ref"].as_str().unwrap().replace("#/$defs/", ""))
        .collect();
    assert_eq!(listed, described);
    let documentation = include_str!("../../../docs/cli.md");
    for name in &described {
        assert!(
            documentation.contains(&format!("`{name}`")),
            "{name} is not in docs/cli.md"
        );
    }
}

#[test]
fn what_is_not_described_is_noticed() {
    let right = json!({ "schema": "assay.error.v1", "exit_code": 1, "error": "text" });
    common::documented::hold(&right);
    let mut more = right.clone();
    more["more"] = json!(1);
    let mut less = right.clone();
    less.as_object_mut().unwrap().remove("error");
    let mut other = right.clone();
    other["exit_code"] = json!("1");
    let unknown = json!({ "schema": "assay.unknown.v1" });
    for wrong in [more, less, other, unknown] {
        assert!(
            catch_unwind(|| common::documented::hold(&wrong)).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn a_wrong_command_line_is_told_as_json_where_that_was_asked_for() {
    let user = User::new();
    for wrong in [
        &["verify", "--json", "--nope"][..],
        &["--json"],
        &["sign", "--json"],
        &["nonsense", "--json"],
        &["list", "--limit", "x", "--json"],
        &["verify-bundle", "--json", "f"],
        &["notary", "--json", "token", "add"],
        &["login", "--yes", "--json"],
    ] {
        let told = user.run(wrong).expect(2);
        let json = told.json();
        assert_eq!(json["schema"], "assay.error.v1", "{wrong:?}");
        assert_eq!(json["exit_code"], 2);
        let sentence = json["error"].as_str().unwrap();
        assert!(
            !sentence.is_empty() && !sentence.contains('\n'),
            "{sentence}"
        );
        assert!(told.err.starts_with("error: "), "{}", told.err);
    }
    // Where it was not, or where it is no option, only on standard error.
    for plain in [&["verify", "--nope"][..], &["nonsense", "--", "--json"]] {
        assert_eq!(user.run(plain).expect(2).out, "");
    }
    let mut by_variable = user.command(&["verify", "--nope"]);
    by_variable.env("ASSAY_JSON", "1");
    let told = common::done(by_variable.output().unwrap()).expect(2);
    assert_eq!(told.json()["schema"], "assay.error.v1");
    // Help is no error.
    let help = user.run(&["verify", "--json", "--help"]).expect(0);
    assert!(help.out.contains("Usage:") && !help.out.contains("assay.error.v1"));
}

#[test]
fn where_nothing_is_found_that_is_told_as_json_too() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    user.write("a.txt", "content");
    let folder = data.path().to_str().unwrap();
    let man = user.path("man").to_str().unwrap().to_owned();
    let url = notary.url();
    for (args, code, schema) in [
        (&["login", "--json"][..], 0, "assay.logins.v1"),
        (&["logout", "--json"], 0, "assay.logout.v1"),
        (&["sign", "absent", "--json"], 1, "assay.sign.v1"),
        (&["untrust", "absent", "--json"], 1, "assay.standing.v1"),
        (&["verify", "a.txt", "--json"], 13, "assay.verify.v1"),
        (&["verify", "absent", "--json"], 14, "assay.verify.v1"),
        (&["inspect", "a.txt", "--json"], 13, "assay.inspect.v1"),
        (&["inspect", "absent", "--json"], 1, "assay.error.v1"),
        (
            &["inspect", "absent.sigstore.json", "--json"],
            1,
            "assay.error.v1",
        ),
        (&["list", "--json"], 0, "assay.list.v1"),
        (&["key", "--json"], 0, "assay.key.v1"),
        (&["key", "--key", "absent", "--json"], 1, "assay.error.v1"),
        (
            &[
                "verify-bundle",
                "--bundle",
                "absent",
                "--key",
                "k",
                "a.txt",
                "--json",
            ],
            1,
            "assay.error.v1",
        ),
        (
            &["declare", "--check", "absent", "--json"],
            1,
            "assay.error.v1",
        ),
        (&["roots", "--json"], 0, "assay.roots.v1"),
        (&["logs", "--json"], 0, "assay.logs.v1"),
        (
            &["logs", "trust", "01234567", "--json"],
            1,
            "assay.error.v1",
        ),
        (&["log", "audit", &url, "--json"], 0, "assay.log-audit.v1"),
        (&["memory", "--json"], 0, "assay.memory.v1"),
        (
            &["memory", "forget", "nobody.example", "--json"],
            1,
            "assay.error.v1",
        ),
        (
            &["notary", "token", "list", "--data", folder, "--json"],
            0,
            "assay.tokens.v1",
        ),
        (
            &[
                "notary", "token", "remove", "nobody", "--data", folder, "--json",
            ],
            1,
            "assay.error.v1",
        ),
        (
            &["notary", "signer", "list", "--data", folder, "--json"],
            0,
            "assay.signers.v1",
        ),
        (
            &["notary", "rotate", "--data", folder, "--json"],
            1,
            "assay.error.v1",
        ),
        (&["man", &man, "--json"], 0, "assay.man.v1"),
    ] {
        let told = user.with(&url, args).expect(code).json();
        assert_eq!(told["schema"], schema, "{args:?}");
    }
}
