//! Whom an entry names.

use super::*;

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
