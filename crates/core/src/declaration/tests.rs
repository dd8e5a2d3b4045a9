use super::*;
use crate::address::Address;
use crate::attestation::{Attestation, Certified, Claim};
use crate::signer::{Identity, RootId, Signer, SubjectKind};
use serde_json::{Value, json};

const ACTIONS: &str = "https://token.actions.githubusercontent.com";
const GOOGLE: &str = "https://accounts.google.com";
const FINGERPRINT: &str = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
const MINISIGN: &str = "RWQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn notary() -> RootId {
    RootId::notary(&"0a".repeat(32))
}

fn entry(paths: &[&str], signers: Value) -> Value {
    json!({"paths": paths, "signers": signers})
}

fn of(downloads: Value) -> Value {
    json!({"version": 1, "downloads": downloads})
}

fn parse(json: &Value) -> Result<Declaration, DeclarationError> {
    Declaration::parse(&json.to_string())
}

/// One signer, for all paths.
fn signed_by(signer: Value) -> Result<DeclaredSigner, DeclarationError> {
    let declaration = parse(&of(json!([entry(&["/**"], json!([signer]))])))?;
    let [one] = declaration.signers_for("/a")[..] else {
        panic!("one signer: {declaration:?}");
    };
    Ok(one.clone())
}

#[track_caller]
fn refused(json: &str, words: &str) {
    let error = Declaration::parse(json).expect_err(json);
    let told = error.to_string();
    assert!(told.contains(words), "{told}, not {words}");
}

fn by(root: RootId, identity: Identity) -> Attestation {
    Attestation {
        signer: Signer { root, identity },
        claim: Claim::Signature,
        logged: None,
        signed_at: None,
        certified: None,
        declared: None,
        bundle: String::new(),
    }
}

fn person(root: RootId, issuer: &str, subject: &str) -> Attestation {
    let identity = Identity::Named {
        issuer: issuer.into(),
        subject_kind: SubjectKind::Email,
        subject: subject.into(),
    };
    by(root, identity)
}

fn workflow(root: RootId, issuer: &str, repository: &str, workflow: &str) -> Attestation {
    let identity = Identity::Workflow {
        issuer: issuer.into(),
        repository: repository.into(),
        repository_id: Some("7".into()),
        workflow: workflow.into(),
    };
    by(root, identity)
}

fn key(root: RootId, fingerprint: &str) -> Attestation {
    let identity = Identity::Key {
        fingerprint: fingerprint.into(),
    };
    by(root, identity)
}

/// Somebody with a name, whose certificate is for this key.
fn certified(mut attestation: Attestation, key: &str) -> Attestation {
    attestation.certified = Some(Certified {
        issuer: GOOGLE.into(),
        subject: "a@example.org".into(),
        key: key.into(),
        source_ref: None,
        source_digest: None,
        runner: None,
        run: None,
    });
    attestation
}

fn minisign_keys<'a>(declaration: &'a Declaration, path: &str) -> Vec<&'a str> {
    let signers = declaration.signers_for(path).into_iter();
    signers.filter_map(DeclaredSigner::minisign_key).collect()
}

#[test]
fn a_declaration_is_read_whole() {
    let root = notary();
    let declaration = parse(&of(json!([{
        "paths": ["/tool/*", "/releases/**"],
        "signers": [
            {"identity": "release@example.org", "issuer": GOOGLE},
            {"repository": "https://github.com/example/tool", "issuer": ACTIONS,
             "workflow": ".github/workflows/release.yml"},
            {"identity": "release@example.org", "issuer": "https://notary.example",
             "root": root.as_str()},
            {"repository": "https://github.com/example/tool", "issuer": ACTIONS, "root": "github"},
            {"key": FINGERPRINT},
            {"minisign": MINISIGN},
            {"smoke": "signals", "issuer": 5},
        ],
    }])))
    .unwrap();
    let expected = [
        DeclaredSigner::Identity {
            root: RootId::sigstore(),
            issuer: GOOGLE.into(),
            identity: "release@example.org".into(),
        },
        DeclaredSigner::Repository {
            root: RootId::sigstore(),
            issuer: ACTIONS.into(),
            repository: "https://github.com/example/tool".into(),
            workflow: Some(".github/workflows/release.yml".into()),
        },
        DeclaredSigner::Identity {
            root,
            issuer: "https://notary.example".into(),
            identity: "release@example.org".into(),
        },
        DeclaredSigner::Repository {
            root: RootId::github(),
            issuer: ACTIONS.into(),
            repository: "https://github.com/example/tool".into(),
            workflow: None,
        },
        DeclaredSigner::Key {
            fingerprint: FINGERPRINT.into(),
        },
        DeclaredSigner::Minisign {
            key: MINISIGN.into(),
        },
        DeclaredSigner::Unknown,
    ];
    let [download] = declaration.downloads() else {
        panic!("{declaration:?}");
    };
    assert_eq!(download.paths, ["/tool/*", "/releases/**"]);
    assert_eq!(download.signers, expected);
    for path in ["/tool/a.zip", "/releases/v1/a.zip"] {
        assert!(declaration.signers_for(path).into_iter().eq(&expected));
        assert_eq!(minisign_keys(&declaration, path), [MINISIGN]);
    }
    for path in ["/", "/tool/v1/a.zip", "/Tool/a.zip", "tool/a.zip", ""] {
        assert!(declaration.signers_for(path).is_empty(), "{path}");
        assert!(minisign_keys(&declaration, path).is_empty(), "{path}");
    }
}

#[test]
fn all_entries_for_a_path_count() {
    let other = MINISIGN.replace("RWQA", "RWQB");
    let declaration = parse(&of(json!([
        entry(&["/a/*"], json!([{"minisign": MINISIGN}])),
        entry(&["/b", "/a/**", "/**"], json!([{"minisign": other}])),
    ])))
    .unwrap();
    assert_eq!(minisign_keys(&declaration, "/a/x"), [MINISIGN, &other]);
    assert_eq!(minisign_keys(&declaration, "/a/x/y"), [&other]);
    // That nobody signs anything can be declared, too.
    let nobody = parse(&of(json!([]))).unwrap();
    assert!(nobody.signers_for("/a").is_empty());
}

#[test]
fn paths_are_matched_as_they_read_when_decoded() {
    let patterns = ["/a b/*", "/é/**", "/100%", "/x/*"];
    let declaration = parse(&of(json!([entry(
        &patterns,
        json!([{"key": FINGERPRINT}])
    )])));
    let declaration = declaration.unwrap();
    let is_declared = |path: &str| {
        let url = format!("https://example.org{path}");
        Address::parse(&url)
            .is_some_and(|address| !declaration.signers_for(&address.path()).is_empty())
    };
    for path in [
        "/a%20b/c",
        "/%61%20b/c?d=/x#e",
        "/%C3%A9/a/b",
        "/100%25",
        "/x/%2A",
    ] {
        assert!(is_declared(path), "{path}");
    }
    for path in [
        "/a%2520b/c",
        "/100%2525",
        // A slash, however it is written.
        "/x/a%2Fb",
        "/a%20b%2Fc/d",
        // What leads upwards, in the address or out of an encoded slash.
        "/x/../a",
        "/x/..",
        "/x/%2e%2e",
        "/%C3%A9/..%2Fa",
        "/%C3%A9/a%2F..%2F..%2Fb",
        "/%C3%A9/%2e",
    ] {
        assert!(!is_declared(path), "{path}");
    }
    assert!(!declaration.signers_for("/é/a").is_empty());
    assert!(declaration.signers_for("/é/../a").is_empty());
    let long = format!("/é/{}", "a".repeat(5000));
    assert!(declaration.signers_for(&long).is_empty());
}

#[test]
fn a_name_is_one_name_under_one_root() {
    let declared = signed_by(json!({"identity": "release@example.org", "issuer": GOOGLE})).unwrap();
    let name = "release@example.org";
    assert!(declared.names(&person(RootId::sigstore(), GOOGLE, name)));
    for other in [
        person(RootId::github(), GOOGLE, name),
        person(RootId::sigstore_staging(), GOOGLE, name),
        person(notary(), GOOGLE, name),
        person(RootId::sigstore(), "https://accounts.google.co", name),
        person(RootId::sigstore(), "https://accounts.google.com/", name),
        person(RootId::sigstore(), "", name),
        person(RootId::sigstore(), GOOGLE, "release@example.or"),
        person(RootId::sigstore(), GOOGLE, "release@example.org.evil"),
        person(RootId::sigstore(), GOOGLE, "prerelease@example.org"),
        person(RootId::sigstore(), GOOGLE, "Release@example.org"),
        person(RootId::sigstore(), GOOGLE, "rеlease@example.org"),
        workflow(RootId::sigstore(), GOOGLE, name, name),
        key(RootId::sigstore(), name),
    ] {
        assert!(!declared.names(&other), "{other:?}");
    }
    let declared =
        json!({"identity": "a@example.org", "issuer": GOOGLE, "root": notary().as_str()});
    let declared = signed_by(declared).unwrap();
    assert!(declared.names(&person(notary(), GOOGLE, "a@example.org")));
    for root in [RootId::sigstore(), RootId::notary(&"0b".repeat(32))] {
        assert!(!declared.names(&person(root, GOOGLE, "a@example.org")));
    }
}

#[test]
fn a_repository_is_its_workflows_or_the_one_that_is_named() {
    let own = "https://github.com/example/tool";
    let run = ".github/workflows/release.yml";
    let any = signed_by(json!({"repository": own, "issuer": ACTIONS})).unwrap();
    let one = signed_by(json!({"repository": own, "issuer": ACTIONS, "workflow": run})).unwrap();
    let sigstore = RootId::sigstore;
    for repository in [own, "https://github.com/Example/TOOL"] {
        let attestation = workflow(sigstore(), ACTIONS, repository, run);
        assert!(any.names(&attestation) && one.names(&attestation));
    }
    let other = workflow(sigstore(), ACTIONS, own, ".github/workflows/test.yml");
    assert!(any.names(&other));
    let upper = workflow(sigstore(), ACTIONS, own, ".github/workflows/Release.yml");
    assert!(!one.names(&other) && !one.names(&upper));
    let release = Identity::Release {
        repository: own.into(),
        repository_id: None,
    };
    for other in [
        workflow(RootId::github(), ACTIONS, own, run),
        workflow(notary(), ACTIONS, own, run),
        workflow(sigstore(), GOOGLE, own, run),
        workflow(sigstore(), &format!("{ACTIONS}/enterprise"), own, run),
        workflow(
            sigstore(),
            ACTIONS,
            "https://github.com/example/tool-evil",
            run,
        ),
        workflow(sigstore(), ACTIONS, "https://github.com/example/too", run),
        workflow(sigstore(), ACTIONS, "https://github.com/example/tool/", run),
        workflow(sigstore(), ACTIONS, "https://github.com/evil/tool", run),
        person(sigstore(), ACTIONS, own),
        by(RootId::github(), release.clone()),
        by(sigstore(), release.clone()),
    ] {
        assert!(!any.names(&other) && !one.names(&other), "{other:?}");
    }
    let github = json!({"repository": own, "issuer": ACTIONS, "root": "github"});
    let github = signed_by(github).unwrap();
    assert!(github.names(&workflow(RootId::github(), ACTIONS, own, run)));
    assert!(!github.names(&workflow(sigstore(), ACTIONS, own, run)));
    // All releases of all repositories have one certificate of GitHub's.
    assert!(!github.names(&by(RootId::github(), release)));
    // Only GitHub's names are known to be the same in any case.
    let elsewhere = "https://gitlab.com/example/tool";
    let declared = signed_by(json!({"repository": elsewhere, "issuer": "https://gitlab.com"}));
    let declared = declared.unwrap();
    let at = |repository| workflow(sigstore(), "https://gitlab.com", repository, run);
    assert!(declared.names(&at(elsewhere)));
    assert!(!declared.names(&at("https://gitlab.com/Example/tool")));
}

#[test]
fn a_key_is_whoever_holds_it() {
    let declared = signed_by(json!({"key": FINGERPRINT})).unwrap();
    let other = FINGERPRINT.replace("47", "48");
    let someone = || person(notary(), GOOGLE, "a@example.org");
    for attestation in [
        key(RootId::sigstore(), FINGERPRINT),
        key(notary(), FINGERPRINT),
        certified(someone(), FINGERPRINT),
    ] {
        assert!(declared.names(&attestation), "{attestation:?}");
    }
    let release = Identity::Release {
        repository: "https://github.com/example/tool".into(),
        repository_id: None,
    };
    for attestation in [
        key(notary(), &other),
        key(notary(), &FINGERPRINT.to_lowercase()),
        someone(),
        certified(someone(), &other),
        certified(someone(), ""),
        // Somebody who only has the fingerprint for a name.
        person(notary(), GOOGLE, FINGERPRINT),
        certified(by(RootId::github(), release), FINGERPRINT),
    ] {
        assert!(!declared.names(&attestation), "{attestation:?}");
    }
}

#[test]
fn minisign_keys_and_unknown_kinds_made_no_attestation() {
    let unknown = [
        json!({}),
        json!({"issuer": GOOGLE}),
        json!({"root": "elsewhere", "identities": ["a"], "key": null}),
    ];
    for signer in &unknown {
        assert_eq!(signed_by(signer.clone()), Ok(DeclaredSigner::Unknown));
    }
    let minisign = signed_by(json!({"minisign": MINISIGN})).unwrap();
    for declared in [minisign, DeclaredSigner::Unknown] {
        for attestation in [key(notary(), MINISIGN), key(notary(), FINGERPRINT)] {
            assert!(!declared.names(&attestation));
        }
    }
}

#[test]
fn another_version_is_told_apart_from_nonsense() {
    let later = r#"{"version": 2, "downloads": {"any": "form"}}"#;
    assert_eq!(
        Declaration::parse(later),
        Err(DeclarationError::UnknownVersion(2))
    );
    refused(later, "version 2 of the format is not known here; 1 is");
    refused(r#"{"version": 0}"#, "version 0");
    for version in [
        "null",
        r#""1""#,
        "1.0",
        "-1",
        "1e0",
        "[1]",
        "18446744073709551616",
    ] {
        let json = format!(r#"{{"version": {version}, "downloads": []}}"#);
        refused(&json, "version: it must be a whole number");
    }
    refused(r#"{"downloads": []}"#, "version: it must be a whole number");
    refused(r#"{"version": 1}"#, "downloads: it must be a list");
}

#[test]
fn fields_that_are_not_known_do_not_matter() {
    let declaration = parse(&json!({
        "$schema": "x", "version": 1, "comment": [1, {"a": null}],
        "downloads": [{
            "paths": ["/**"], "title": {},
            "signers": [{"key": FINGERPRINT, "issuer": 5, "root": "x", "until": "2030"}],
        }],
    }));
    let keys = signed_by(json!({"key": FINGERPRINT})).unwrap();
    assert_eq!(declaration.unwrap().signers_for("/a"), [&keys]);
}

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

#[test]
fn a_minisign_key_is_known_by_its_form() {
    for key in [
        MINISIGN,
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
    ] {
        assert!(is_minisign_key(key), "{key}");
    }
    for text in [
        "",
        // A signature's algorithm, not a key's.
        "RUQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3",
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO",
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GF==",
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\n",
        "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO_",
    ] {
        assert!(!is_minisign_key(text), "{text}");
    }
}

const SCHEMA: &str = include_str!("../../../../docs/download-signers.schema.json");
const MANUAL: &str = include_str!("../../../../docs/publishers.md");

#[test]
fn the_schema_says_what_is_read() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let at = |place: &str| schema.pointer(place).unwrap_or_else(|| panic!("{place}"));
    let examples = at("/examples").as_array().unwrap();
    assert!(!examples.is_empty());
    for example in examples {
        parse(example).expect("an example");
    }
    for (place, limit) in [
        ("/properties/version/const", 1),
        ("/properties/downloads/maxItems", MAX_DOWNLOADS),
        ("/$defs/download/properties/paths/minItems", 1),
        ("/$defs/download/properties/paths/maxItems", MAX_PATHS),
        ("/$defs/download/properties/signers/minItems", 1),
        ("/$defs/download/properties/signers/maxItems", MAX_SIGNERS),
        ("/$defs/text/minLength", 1),
        ("/$defs/text/maxLength", MAX_TEXT_BYTES),
    ] {
        assert_eq!(*at(place), json!(limit), "{place}");
    }
    assert_eq!(VERSION, 1);
    let described = at("/description").as_str().unwrap();
    for words in [
        PATH.to_owned(),
        format!("at most {MAX_DECLARATION_BYTES} bytes"),
        format!("at most {MAX_TEXT_BYTES} bytes"),
    ] {
        assert!(described.contains(&words), "{words}");
    }
}

#[test]
fn what_the_schema_requires_is_required() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let required = |place: &str| {
        let names = schema.pointer(place).and_then(Value::as_array);
        let names = names.unwrap_or_else(|| panic!("{place}"));
        let names = names.iter().map(|name| name.as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let example = schema.pointer("/examples/0").unwrap();
    let without = |place: &str, name: &str| {
        let mut example = example.clone();
        let fields = example.pointer_mut(place).and_then(Value::as_object_mut);
        fields.unwrap().remove(name).expect("it is in the example");
        parse(&example)
    };
    for name in required("/required") {
        without("", &name).expect_err(&name);
    }
    for name in required("/$defs/download/required") {
        without("/downloads/0", &name).expect_err(&name);
    }
    // The kinds in the schema, in the order of the signers in its example; the last is any other.
    for (kind, signer) in [(0, 0), (0, 2), (1, 1), (2, 3), (3, 4)] {
        let names = required(&format!("/$defs/signer/oneOf/{kind}/required"));
        for (index, name) in names.iter().enumerate() {
            let read = without(&format!("/downloads/0/signers/{signer}"), name);
            // Without the field that tells its kind, it is of another.
            assert_eq!(read.is_ok(), index == 0, "{name}");
        }
    }
    // What the example has and the schema does not require can be left out.
    without("/downloads/0/signers/1", "workflow").expect("a repository");
    without("/downloads/0/signers/2", "root").expect("a name");
}

#[test]
fn the_example_in_the_manual_is_a_declaration() {
    let (_, rest) = MANUAL.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let declaration = Declaration::parse(example).expect("the example");
    assert_eq!(declaration.signers_for("/tool/tool.zip").len(), 3);
    // And its patterns stand for what its table says.
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `/"));
    let mut seen = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, pattern, meant, others, _] = cells[..] else {
            panic!("{row}");
        };
        let paths = |cell: &str| {
            let paths = cell.split('`').filter(|text| text.starts_with('/'));
            paths.map(str::to_owned).collect::<Vec<_>>()
        };
        let pattern = pattern.trim_matches('`');
        for path in paths(meant) {
            assert!(pattern::matches(pattern, &path), "{row}");
            seen += 1;
        }
        for path in paths(others) {
            assert!(!pattern::matches(pattern, &path), "{row}");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
    for words in [
        PATH.to_owned(),
        format!("at most {} KiB", MAX_DECLARATION_BYTES / 1024),
        format!("{MAX_DOWNLOADS} entries"),
        format!("1 to {MAX_PATHS} paths"),
        format!("1 to {MAX_SIGNERS}\nsigners"),
        format!("1 to {MAX_TEXT_BYTES} bytes"),
    ] {
        assert!(MANUAL.contains(&words), "{words}");
    }
}
