//! What a declaration says once it is read.

use super::*;

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
