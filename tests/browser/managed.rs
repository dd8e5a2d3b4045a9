//! What an administrator decided, by a real policy file of the browser's.
//!
//! Such a file is the whole system's, so only who may write it can run this. The extension has an id
//! of its own here, so that no other test's browser is told the same.

use crate::world::{PUBLISHER, read_entry};
use assay_core::message::{Request, Response};
use assay_core::record::Hold;
use assay_core::settings::{Notifications, Scope};
use assay_core::signer::{Identity, RootId, Signer};
use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_core::verdict::Verdict;
use assay_tests::{
    Browser, Content, DownloadSite, NotaryProcess, Options, Person, Result, copy_folder,
    extension_folder, signer_named, wait_until,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Where Chromium on Linux looks for policies.
const POLICIES: &str = "/etc/chromium/policies/managed";

/// A policy file, gone when this is dropped.
struct Policy(PathBuf);

impl Policy {
    /// `None` where policies cannot be written.
    fn write(id: &str, policy: &Value) -> Option<Self> {
        let this = Self(Path::new(POLICIES).join(format!("assay-test-{id}.json")));
        let written = fs::create_dir_all(POLICIES).and_then(|()| this.rewrite(id, policy));
        if written.is_err() {
            let said = format!("{POLICIES} cannot be written: run this as root");
            assert!(std::env::var_os("CI").is_none(), "{said}");
            eprintln!("not run: {said}");
            return None;
        }
        Some(this)
    }

    fn rewrite(&self, id: &str, policy: &Value) -> io::Result<()> {
        let content = json!({ "3rdparty": { "extensions": { id: policy } } });
        fs::write(&self.0, content.to_string())
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The id of an unpacked extension that has no key: it follows from where it is.
fn id_of(folder: &Path) -> String {
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    let letters = digest[..16].iter().flat_map(|byte| [byte >> 4, byte & 15]);
    letters.map(|four| char::from(b'a' + four)).collect()
}

/// The extension in a folder, with an id that no other test's has.
fn own_package(folder: &Path) -> Result<PathBuf> {
    let package = folder.canonicalize().expect("a path").join("package");
    copy_folder(&extension_folder()?, &package)?;
    let manifest = package.join("manifest.json");
    let text = fs::read_to_string(&manifest).expect("a manifest");
    let mut changed: Value = serde_json::from_str(&text)?;
    changed.as_object_mut().expect("an object").remove("key");
    fs::write(&manifest, changed.to_string()).expect("a manifest");
    Ok(package)
}

#[test]
fn whom_an_administrator_trusts_no_more_makes_nothing_green_any_more() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let package = own_package(folder.path())?;
    let id = id_of(&package);
    let notary = NotaryProcess::start()?;
    let publisher = Person::new()?;
    notary.enrol(PUBLISHER, &publisher)?;
    let notaries = json!([{
        "address": notary.url(),
        "trusted_root": notary.trusted_root()?.to_string(),
        "fingerprint": notary.fingerprint(),
    }]);
    let trusted = json!([{ "signer": signer_named(&notary, PUBLISHER) }]);
    let policy = json!({ "notaries": notaries, "trusted": trusted, "welcome": false });
    let Some(policy_file) = Policy::write(&id, &policy) else {
        return Ok(());
    };
    let browser = Browser::launch(Options::with_extension(&package))?;
    let extension = browser.extension()?;
    // The browser reads the policy only once it knows the extension's schema.
    wait_until("the policy to be read", || {
        let read: Value = extension.inside("() => chrome.storage.managed.get()", json!([]))?;
        match read["notaries"] == notaries && read["trusted"] == trusted {
            true => Ok(()),
            false => Err(read.to_string()),
        }
    })?;
    let bytes = b"by whom the administrator trusts";
    let file = folder.path().join("tool.bin");
    fs::write(&file, bytes).expect("a file");
    publisher.sign(&file, &notary)?;
    let site = DownloadSite::start()?;
    browser.download(&site.put("tool.bin", Content::Bytes(bytes.to_vec())))?;
    extension.wait_for_verdict("tool.bin", Verdict::Verified)?;

    // The browser tells it while it runs.
    let policy = json!({ "notaries": notaries, "welcome": false });
    policy_file
        .rewrite(&id, &policy)
        .expect("it can be written");
    extension.wait_for_verdict("tool.bin", Verdict::Signed)?;
    Ok(())
}

#[test]
fn a_policy_file_decides_and_the_user_sees_it_and_cannot_loosen_it() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let package = own_package(folder.path())?;

    let trusted = Signer {
        root: RootId::sigstore(),
        identity: Identity::Key {
            fingerprint: "SHA256:administrator".into(),
        },
    };
    let policy = json!({
        "organization": "Example Org",
        "rekors": ["http://127.0.0.1:9"],
        "github": false,
        "indexes": ["http://127.0.0.1:9/index"],
        "rules": [
            { "host": "*.127.0.0.1", "demand": { "mode": "require" } },
            { "host": "no host", "demand": { "mode": "require" } },
        ],
        // The schema lets through what names nobody.
        "trusted": [{ "signer": trusted }, { "signer": { "root": "sigstore", "identity": {} } }],
        "locked": ["trusted", "notifications"],
        "welcome": false,
    });
    let Some(_policy) = Policy::write(&id_of(&package), &policy) else {
        return Ok(());
    };
    let browser = Browser::launch(Options::with_extension(&package))?;
    let extension = browser.extension()?;
    assert_eq!(extension.id(), id_of(&package));
    // Nothing of it works before the service worker has begun.
    extension.inside::<Value>("() => chrome.storage.managed.get()", json!([]))?;

    let settings = extension.open("settings.html")?;
    settings.wait_for_text("[data-banner=managed]", "Example Org decided")?;
    settings.wait_for_text(
        "[data-rule='127.0.0.1'][data-managed=true]",
        "Set by Example Org",
    )?;
    settings.wait_for_text("#signers", "SHA256:administrator")?;
    // What cannot be used is told, and the rest holds.
    settings.wait_for_text("[data-banner=managed]", "trusted 2, rules: no host")?;
    let sources = extension.open("sources.html")?;
    sources.wait_for_text("[data-banner=managed]", "Example Org decided")?;
    for source in ["github", "http://127.0.0.1:9", "http://127.0.0.1:9/index"] {
        let row = format!("[data-source='{source}']");
        sources.wait_for_text(&row, "Set by Example Org")?;
        let changeable: bool = sources.call(
            "(row) => document.querySelector(row)
                .querySelector('[role=switch], [data-action^=remove]') !== null",
            json!([row]),
        )?;
        assert!(!changeable, "{source}");
    }
    // The user may add sources of their own: these are not locked.
    sources.wait_for_text("[data-action=look-up-notary]", "Look up")?;
    let welcome = browser.targets()?;
    let welcome = welcome
        .iter()
        .filter(|one| one.url.ends_with("welcome.html"));
    assert_eq!(welcome.count(), 0, "no welcome page");

    // What is locked is refused, and what is laxer changes nothing.
    let trust = Request::Trust {
        signer: trusted,
        scope: Scope::Everywhere,
    };
    let answers = [
        extension.ask(&trust)?,
        extension.change_settings(|settings| settings.notifications = Notifications::None)?,
    ];
    for answer in answers {
        assert!(matches!(answer, Response::Refused { .. }), "{answer:?}");
    }
    let lax = SiteRule {
        host: "127.0.0.1".into(),
        below: true,
        demand: Demand {
            mode: Mode::Off,
            ..Demand::default()
        },
        signers: Vec::new(),
    };
    assert_eq!(
        extension.change_settings(|settings| settings.set_rule(lax))?,
        Response::Done
    );
    let site = DownloadSite::start()?;
    let url = site.put("tool.bin", Content::Bytes(b"unknown".to_vec()));
    browser.download(&url)?;
    wait_until("the file to be held up", || {
        match extension.record_of("tool.bin")? {
            Some(record) if record.hold == Some(Hold::Asking) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })?;
    let popup = extension.open("popup.html")?;
    let record = extension.record_of("tool.bin")?.expect("a record");
    read_entry(&popup, &record)?;
    popup.wait_for_text("[data-field=rule-origin]", "Set by Example Org")?;
    Ok(())
}
