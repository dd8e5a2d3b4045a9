//! Trust roots in the settings: how old they are, and newer ones.
//!
//! The real repositories are not asked. The package is copied, and in the copy the address of
//! GitHub's repository and the files in which trust begins are replaced by those of a repository
//! on this machine. No page and no site can do that.

use crate::world::World;
use assay_core::digest::Sha256Digest;
use assay_core::signer::RootId;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use assay_test_authority::recipe::Signer;
use assay_test_authority::time::BEGINNING;
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};
use assay_tests::{
    Browser, Content, DownloadSite, Extension, HostileNotary, NotaryProcess, Options, Page, Reply,
    Result, copy_folder, extension_folder, wait_until,
};
use assay_tuf_repository::{Repository, Server};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// What the package has, and what the copy has in its place. Both are 27 characters long.
const REAL: &str = "https://tuf-repo.github.com";
const NEAR: &str = "http://127.0.0.1:";

/// The folder of the server under which the repository is, so that the lengths agree.
struct Near {
    address: String,
    prefix: String,
}

impl Near {
    fn of(server: &Server) -> Self {
        let port = server
            .address()
            .rsplit(':')
            .next()
            .expect("a port")
            .to_owned();
        let prefix = "r".repeat(REAL.len() - NEAR.len() - port.len() - 1);
        Self {
            address: format!("{NEAR}{port}/{prefix}"),
            prefix,
        }
    }
}

/// A browser whose extension refreshes GitHub's root from a repository on this machine.
struct Scene {
    browser: Browser,
    extension: Extension,
    server: Server,
    near: Near,
    repository: Repository,
    _package: TempDir,
}

/// Two trust roots that can be used, and told apart.
fn roots() -> Result<(String, String)> {
    let read = |name: &str| {
        let file = extension_folder().map(|folder| folder.join("roots").join(name))?;
        Ok::<_, assay_tests::Error>(fs::read_to_string(file).expect("a root of the package"))
    };
    Ok((
        read("github.trusted_root.json")?,
        read("sigstore.trusted_root.json")?,
    ))
}

impl Scene {
    fn set() -> Result<Self> {
        let (old, _) = roots()?;
        let repository = Repository::lasting(&old);
        let server = Server::start(repository.clone());
        let near = Near::of(&server);
        let package = tempfile::tempdir().expect("a folder");
        copy_folder(&extension_folder()?, package.path())?;
        let place = |name: &str| package.path().join(name);
        fs::write(
            place("roots/github.root.json"),
            repository.text("1.root.json"),
        )
        .expect("a root");
        // The one that decides whether it may be asked, and the one that asks it.
        for module in ["wasm/background_bg.wasm", "wasm/roots_bg.wasm"] {
            edit(&place(module), |wasm| {
                assert_eq!(near.address.len(), REAL.len());
                replace(wasm, REAL.as_bytes(), near.address.as_bytes())
            });
        }
        edit(&place("manifest.json"), |manifest| {
            let mut manifest: Value = serde_json::from_slice(manifest).expect("JSON");
            let hosts = manifest["host_permissions"].as_array_mut().expect("hosts");
            hosts.push("http://127.0.0.1/*".into());
            manifest.to_string().into_bytes()
        });
        let browser = Browser::launch(Options::with_extension(package.path()))?;
        let scene = Self {
            extension: browser.extension()?,
            browser,
            server,
            near,
            repository,
            _package: package,
        };
        // A tab that another one covers is not painted, so the welcome page comes first.
        let welcome = scene.extension.url("welcome.html");
        drop(scene.browser.page_at(|open| open == welcome)?);
        scene.serve();
        Ok(scene)
    }

    /// Serves the repository as it now is.
    fn serve(&self) {
        let files = self.repository.files.iter();
        let files =
            files.map(|(path, file)| (format!("{}/{path}", self.near.prefix), file.clone()));
        let files = files.collect();
        self.server.change(|served| served.files = files);
    }

    fn settings(&self) -> Result<Page> {
        self.extension.open("sources.html")
    }
}

/// What the settings show of GitHub's root.
fn shown(page: &Page) -> Result<Value> {
    page.evaluate(
        "(() => {
            const row = document.querySelector('[data-root=github]');
            const text = (field) => row?.querySelector(`[data-field=${field}]`)?.innerText ?? null;
            return row && {
                embedded: row.dataset.embedded,
                refreshed: text('refreshed'),
                fingerprint: row.querySelector('[data-field=fingerprint]').textContent,
                failed: text('failed'),
                problem: document.querySelector('[data-field=roots-problem]').innerText,
                busy: row.querySelector('[data-action=refresh-root]') === null,
            };
        })()",
    )
}

/// Waits until the settings show this of GitHub's root.
fn wait_for(page: &Page, what: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut last = Value::Null;
    wait_until(what, || {
        last = shown(page)?;
        match !last.is_null() && last["busy"] == false && holds(&last) {
            true => Ok(()),
            false => Err(last.to_string()),
        }
    })?;
    Ok(last)
}

fn fingerprint(trusted_root: &str) -> String {
    assay_core::trust_root::fingerprint(trusted_root).expect("a fingerprint")
}

const REFRESH: &str = "[data-root=github] [data-action=refresh-root]";

#[test]
fn a_root_is_refreshed_from_the_settings_and_what_is_older_is_refused() -> Result<()> {
    let mut scene = Scene::set()?;
    let (old, new) = roots()?;
    let page = scene.settings()?;
    let before = wait_for(&page, "the root that came along", |row| {
        row["fingerprint"] == fingerprint(&old)
    })?;
    assert_eq!(before["embedded"], "true");
    let text = before["refreshed"].as_str().unwrap_or_default();
    assert!(text.contains("Never refreshed"), "{text}");

    scene.repository.rotate(|_| {});
    scene.repository.release(&new);
    scene.serve();
    page.click(REFRESH)?;
    let after = wait_for(&page, "the new root", |row| {
        row["fingerprint"] == fingerprint(&new)
    })?;
    assert_eq!(after["embedded"], "false");
    assert_eq!(
        (&after["failed"], &after["problem"]),
        (&Value::Null, &"".into())
    );
    let text = after["refreshed"].as_str().unwrap_or_default();
    assert!(text.contains("Last refreshed: now"), "{text}");
    let asked = scene.server.asked();
    let prefix = format!("{}/", scene.near.prefix);
    assert!(
        asked.iter().all(|path| path.starts_with(&prefix)),
        "{asked:?}"
    );

    // From now on it is refreshed by itself.
    let alarm: Value = page.evaluate("chrome.alarms.get('refresh-roots')")?;
    let hours: f64 = page.call(
        "(alarm) => (alarm.scheduledTime - Date.now()) / 3600000",
        json!([alarm]),
    )?;
    assert!((21.0..27.0).contains(&hours), "{hours} hours");

    // The browser starts anew, and the repository shows what is old.
    drop(page);
    scene.browser.quit()?;
    scene.browser.start()?;
    scene.extension = scene.browser.extension()?;
    scene.repository.timestamp.version = 1;
    scene.repository.publish();
    scene.serve();
    let page = scene.settings()?;
    wait_for(&page, "the new root again", |row| {
        row["fingerprint"] == fingerprint(&new)
    })?;
    page.click(REFRESH)?;
    let refused = wait_for(&page, "the refusal", |row| row["failed"] != Value::Null)?;
    let words = refused["failed"].as_str().unwrap_or_default();
    for part in [
        "older than what was seen before",
        "version 2 or later",
        "version 1.",
        "The keys in use stay in use",
    ] {
        assert!(words.contains(part), "{words}");
    }
    assert_eq!(refused["fingerprint"], fingerprint(&new));
    Ok(())
}

#[test]
fn nothing_is_asked_of_a_repository_that_the_user_did_not_allow() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("sources.html")?;
    wait_for(&page, "the root that came along", |_| true)?;
    for place in assay_sources::tuf::PLACES {
        let hosts = json!([{ "origins": [format!("{}/*", place.address)] }]);
        let allowed: bool = page.call("(hosts) => chrome.permissions.contains(hosts)", hosts)?;
        assert!(!allowed, "{}", place.address);
        let request = json!([{ "refresh_root": { "root": place.root } }]);
        let answer: Value =
            page.call("(request) => chrome.runtime.sendMessage(request)", request)?;
        assert_eq!(
            answer["refused"]["message"]["key"], "refused_host",
            "{answer}"
        );
    }
    let alarm: Value =
        page.evaluate("chrome.alarms.get('refresh-roots').then((it) => it ?? null)")?;
    assert_eq!(alarm, Value::Null);
    // And nothing waits for it.
    world.download_signed("meanwhile.bin", b"meanwhile")?;
    world.sees("meanwhile.bin", Verdict::Verified)?;
    Ok(())
}

/// A repository that is gone, or hangs, is told in the settings, and in nothing else.
#[test]
fn a_repository_that_is_gone_is_told_in_the_settings() -> Result<()> {
    let scene = Scene::set()?;
    let (old, _) = roots()?;
    scene.server.change(|served| served.files.clear());
    scene.extension.expect_problem("404");
    let page = scene.settings()?;
    wait_for(&page, "the root that came along", |_| true)?;
    page.click(REFRESH)?;
    let told = wait_for(&page, "the outage", |row| row["failed"] != Value::Null)?;
    let words = told["failed"].as_str().unwrap_or_default();
    assert!(words.contains("did not deliver timestamp.json"), "{words}");
    assert_eq!(told["fingerprint"], fingerprint(&old));
    Ok(())
}

/// Notaries show whatever they like; what it proves, and of whom, is said by the bundle's own
/// certificate and log entry. In this package the test authority has Sigstore's place, and GitHub's.
#[test]
fn a_bundle_is_proven_under_the_root_that_it_names_whoever_shows_it() -> Result<()> {
    let package = tempfile::tempdir().expect("a folder");
    copy_folder(&extension_folder()?, package.path())?;
    let (mut public, mut github) = (instance(Manner::Public), instance(Manner::GitHub));
    for (file, instance) in [("sigstore", &public), ("github", &github)] {
        let file = package
            .path()
            .join(format!("roots/{file}.trusted_root.json"));
        fs::write(file, instance.trusted_root().to_string()).expect("a root");
    }
    let notary = NotaryProcess::start()?;
    let shower = HostileNotary::start(notary.trusted_root()?)?;
    let site = DownloadSite::start()?;
    let browser = Browser::launch(Options::with_extension(package.path()))?;
    let extension = browser.extension()?;
    extension.add_notary(&shower.url(), Some(notary.fingerprint()))?;
    let download = |name: &str, made: Made| {
        let bundle: Value = serde_json::from_str(&made.bundle)?;
        shower.reply_about(
            &Sha256Digest::of(&made.artifact).to_hex(),
            Reply::Json(json!({ "attestations": [{ "bundle": bundle }] })),
        );
        browser.download(&site.put(name, Content::Bytes(made.artifact)))?;
        extension.wait_for_judgement(name)
    };
    let proven = [
        (
            "first.bin",
            made(&mut public, "v0.3, statement, dsse, P-384", 0),
            RootId::sigstore(),
        ),
        // Its checkpoint is of another day. Sigstore's log is not asked about it.
        (
            "second.bin",
            made(&mut public, "v0.3, statement, dsse, P-384", 1),
            RootId::sigstore(),
        ),
        (
            "unlogged.bin",
            made(&mut github, "v0.3, statement, GitHub", 2),
            RootId::github(),
        ),
    ];
    for (name, made, root) in proven {
        let judgement = download(name, made)?.judgement.expect("a judgement");
        assert_eq!(judgement.verdict, Verdict::Signed, "{name}: {judgement:?}");
        assert_eq!(judgement.signer.expect("a signer").root, root, "{name}");
    }
    assert!(
        shower.requests().iter().all(|path| !path.contains("/log")),
        "{:?}",
        shower.requests()
    );
    let mut stranger = Instance::new(Manner::Public, Curve::P256, "a stranger's");
    let strange = made(&mut stranger, "v0.3, message", 3);
    let judgement = download("strange.bin", strange)?
        .judgement
        .expect("a judgement");
    assert_eq!(judgement.verdict, Verdict::Unchecked);
    let refused = |reason: &Message| reason.key == "reason_proof_known_root";
    assert!(judgement.reasons.iter().any(refused), "{judgement:?}");
    Ok(())
}

pub fn instance(manner: Manner) -> Instance {
    Instance::new(manner, Curve::P256, "browser")
}

fn made(instance: &mut Instance, name: &str, number: u64) -> Made {
    let recipes = Recipe::all();
    let recipe = recipes.iter().find(|recipe| recipe.name == name);
    recipe.expect("a recipe").make_by(instance, number, &Honest)
}

/// The same, signed by somebody else.
pub fn made_by(instance: &mut Instance, name: &str, signer: Signer, number: u64) -> Made {
    let recipes = Recipe::all();
    let recipe = recipes.into_iter().find(|recipe| recipe.name == name);
    let recipe = Recipe {
        signer,
        ..recipe.expect("a recipe")
    };
    recipe.make_by(instance, number, &Honest)
}

/// The same about these bytes, signed a moment ago.
pub fn made_about(instance: &mut Instance, name: &str, signer: Signer, bytes: &[u8]) -> Made {
    let recipes = Recipe::all();
    let recipe = recipes.into_iter().find(|recipe| recipe.name == name);
    let recipe = Recipe {
        signer,
        ..recipe.expect("a recipe")
    };
    // One of them is made a minute.
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let number = (now.expect("a time").as_secs() - BEGINNING) / 60 - 1;
    recipe.make_about(instance, bytes.to_vec(), number, &Honest)
}

/// The extension with these instances in the place of public ones, by the names of their roots.
pub fn package(instances: &[(&str, &Instance)]) -> Result<TempDir> {
    let package = tempfile::tempdir().expect("a folder");
    copy_folder(&extension_folder()?, package.path())?;
    for (name, instance) in instances {
        let file = format!("roots/{name}.trusted_root.json");
        let root = instance.trusted_root().to_string();
        fs::write(package.path().join(file), root).expect("a root");
    }
    Ok(package)
}

fn edit(file: &Path, change: impl FnOnce(&[u8]) -> Vec<u8>) {
    let changed = change(&fs::read(file).expect("a file"));
    fs::write(file, changed).expect("a file");
}

/// Replaces every occurrence, of which there must be one at least.
fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut found = 0;
    let mut place = 0;
    while let Some(window) = bytes.get_mut(place..place + from.len()) {
        if window == from {
            window.copy_from_slice(to);
            found += 1;
        }
        place += 1;
    }
    assert!(found > 0, "the package does not have the address");
    bytes
}
