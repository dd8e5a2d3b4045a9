//! What is no declaration, and what is said of it.

use super::*;

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let with = |signer: Value| of(json!([entry(&["/**"], json!([signer]))]));
    let identity = |field: &str, value: Value| {
        let mut signer = json!({"identity": "a@example.org", "issuer": GOOGLE});
        signer[field] = value;
        with(signer)
    };
    let right = || json!([{"key": FINGERPRINT}]);
    let text = "it must be a text of 1 to 1024 bytes";
    let first = "downloads[0].signers[0]";
    let long = "a".repeat(MAX_TEXT_BYTES + 1);
    let wrong_root = "root: it must be sigstore, github, or notary:";
    let hex = |digit: &str| json!(format!("notary:{}", digit.repeat(64)));
    for (json, words) in [
        (json!([]), "the declaration: "),
        (json!("text"), "the declaration: "),
        (json!(null), "the declaration: "),
        (of(json!({})), "downloads: it must be a list"),
        (of(json!(null)), "downloads: it must be a list"),
        (of(json!([5])), "downloads[0]: "),
        (
            of(json!([entry(&["/"], right()), {}])),
            "downloads[1].paths: it must be a list",
        ),
        (
            of(json!([entry(&[], right())])),
            "downloads[0].paths: it must have 1 to 32 elements",
        ),
        (
            of(json!([entry(&["/"], json!([]))])),
            "downloads[0].signers: it must have 1 to 32",
        ),
        (
            of(json!([entry(&["/"], json!({}))])),
            "downloads[0].signers: it must be a list",
        ),
        (
            of(json!([entry(&["/", ""], right())])),
            &format!("downloads[0].paths[1]: {text}"),
        ),
        (
            of(json!([entry(&["a"], right())])),
            "downloads[0].paths[0]: a pattern must begin with",
        ),
        (
            of(json!([entry(&["**"], right())])),
            "downloads[0].paths[0]: a pattern must begin with",
        ),
        (
            of(json!([{"paths": [1], "signers": right()}])),
            &format!("downloads[0].paths[0]: {text}"),
        ),
        (with(json!("release@example.org")), &format!("{first}: ")),
        (with(json!([])), &format!("{first}: ")),
        (
            with(json!({"identity": "a"})),
            &format!("{first}.issuer: it is missing"),
        ),
        (
            with(json!({"repository": "a"})),
            &format!("{first}.issuer: it is missing"),
        ),
        (
            identity("issuer", json!(null)),
            &format!("{first}.issuer: it is missing"),
        ),
        (
            identity("issuer", json!("")),
            &format!("{first}.issuer: {text}"),
        ),
        (
            identity("issuer", json!([GOOGLE])),
            &format!("{first}.issuer: {text}"),
        ),
        (
            identity("identity", json!("")),
            &format!("{first}.identity: {text}"),
        ),
        (
            identity("identity", json!(long)),
            &format!("{first}.identity: {text}"),
        ),
        (identity("root", json!("sigstore-staging")), wrong_root),
        (identity("root", json!("notary:")), wrong_root),
        (identity("root", hex("A")), wrong_root),
        (
            identity("root", json!("")),
            &format!("{first}.root: {text}"),
        ),
        (
            identity("key", json!(FINGERPRINT)),
            &format!("{first}: it has identity and key; it must have one of them"),
        ),
        (
            with(json!({"repository": "a", "issuer": "b", "workflow": ""})),
            &format!("{first}.workflow: {text}"),
        ),
        (
            with(json!({"key": "SHA256:"})),
            &format!("{first}.key: it must be SHA256:"),
        ),
        (
            with(json!({"minisign": FINGERPRINT})),
            &format!("{first}.minisign: it must be a minisign public key"),
        ),
    ] {
        refused(&json.to_string(), words);
    }
}

#[test]
fn nothing_is_said_twice() {
    let field = format!(r#""key":"{FINGERPRINT}""#);
    let signed = |fields: &str| format!(r#""paths":["/"],"signers":[{{{fields}}}]"#);
    let listed = |fields: &str| format!(r#""version":1,"downloads":[{{{fields}}}]"#);
    let once = signed(&field);
    Declaration::parse(&format!("{{{}}}", listed(&once))).expect("everything is said once");
    // The same name, written otherwise.
    let escaped = field.replace("key", "k\\u0065y");
    for fields in [
        format!(r#"{},"version":1"#, listed(&once)),
        format!(r#"{},"downloads":[]"#, listed(&once)),
        format!(r#"{},"x":1,"x":2"#, listed(&once)),
        listed(&format!(r#"{once},"paths":["/a"]"#)),
        listed(&format!(r#"{once},"x":1,"x":1"#)),
        listed(&signed(&format!("{field},{field}"))),
        listed(&signed(&format!("{field},{escaped}"))),
        listed(&signed(r#""identity":"a","issuer":"b","issuer":"c""#)),
        listed(&signed(r#""x":1,"x":1"#)),
    ] {
        refused(&format!("{{{fields}}}"), "a second time");
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let key = json!({"key": FINGERPRINT});
    let entries = |count: usize| of(json!(vec![entry(&["/"], json!([key])); count]));
    let paths = |count: usize| of(json!([entry(&vec!["/"; count], json!([key]))]));
    let signers = |count: usize| of(json!([entry(&["/"], json!(vec![key.clone(); count]))]));
    let long = |bytes: usize| {
        let path = format!("/{}", "a".repeat(bytes - 1));
        of(json!([entry(&[&path], json!([key]))]))
    };
    for (right, wrong, words) in [
        (
            entries(MAX_DOWNLOADS),
            entries(MAX_DOWNLOADS + 1),
            "downloads: it must have 0 to 64",
        ),
        (
            paths(MAX_PATHS),
            paths(MAX_PATHS + 1),
            "downloads[0].paths: it must have 1 to 32",
        ),
        (
            signers(MAX_SIGNERS),
            signers(MAX_SIGNERS + 1),
            "downloads[0].signers: it must have 1 to 32",
        ),
        (
            long(MAX_TEXT_BYTES),
            long(MAX_TEXT_BYTES + 1),
            "1 to 1024 bytes",
        ),
    ] {
        parse(&right).expect("as much as may be");
        refused(&wrong.to_string(), words);
    }
    // Bytes count, not characters.
    let accents = format!("/{}", "é".repeat(MAX_TEXT_BYTES / 2));
    let accents = of(json!([entry(&[&accents], json!([key]))]));
    refused(&accents.to_string(), "1 to 1024 bytes");
    let smallest = of(json!([])).to_string();
    let padded = |bytes: usize| smallest.clone() + &" ".repeat(bytes - smallest.len());
    Declaration::parse(&padded(MAX_DECLARATION_BYTES)).expect("as long as may be");
    assert_eq!(
        Declaration::parse(&padded(MAX_DECLARATION_BYTES + 1)),
        Err(DeclarationError::TooLarge)
    );
    let numbers = vec!["1"; 30_000].join(",");
    refused(
        &format!(r#"{{"version":1,"downloads":[{numbers}]}}"#),
        "downloads: it must have 0 to 64",
    );
}

#[test]
fn what_is_nested_deep_breaks_nothing() {
    let (open, shut) = ("[".repeat(30_000), "]".repeat(30_000));
    refused(&open, "the declaration: ");
    refused(&format!("{open}{shut}"), "the declaration: ");
    refused(
        &format!(r#"{{"version":1,"downloads":{open}{shut}}}"#),
        "downloads",
    );
    let objects = r#"{"a":"#.repeat(10_000);
    refused(&objects, "the declaration: ");
    refused(
        &format!(r#"{{"version":1,"downloads":[{objects}"#),
        "the declaration: ",
    );
    // What is not known is passed over, however deep it is.
    let ignored = format!(r#"{{"version":1,"downloads":[],"x":{open}{shut}}}"#);
    Declaration::parse(&ignored).expect("nothing of it matters");
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "<!DOCTYPE html><title>Not found</title>",
        r#"{"version":1,"downloads":[]"#,
        r#"{"version":1,"downloads":[]} {}"#,
        r#"{"version":1,"downloads":[],}"#,
        "\u{feff}{\"version\":1,\"downloads\":[]}",
        r#"{'version':1,'downloads':[]}"#,
        r#"{"version":1,/* */"downloads":[]}"#,
    ] {
        refused(text, "the declaration: ");
    }
    let half = r#"{"version":1,"downloads":[{"paths":["/\ud800"],"signers":[{}]}]}"#;
    refused(half, "downloads[0].paths[0]: ");
}
