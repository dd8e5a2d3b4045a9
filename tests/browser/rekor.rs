//! Sigstore's public log as a source. In this package the test authority has Sigstore's place.

use crate::roots::{instance, made_by, package};
use crate::world::read_entry;
use assay_core::digest::Sha256Digest;
use assay_core::proof::ReadBundle;
use assay_core::reason::Reason;
use assay_core::settings::PUBLIC_REKOR;
use assay_core::signer::{self, Identity, RootId, SubjectKind};
use assay_core::verdict::Verdict;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Curve, Instance, Made, Manner, log_entry};
use assay_tests::{
    Browser, Content, DownloadSite, Extension, Options, RekorSite, Result, wait_until,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

const SIGNER: &str = "release@example.org";

struct World {
    browser: Browser,
    extension: Extension,
    site: DownloadSite,
    rekor: RekorSite,
    public: Instance,
    _package: TempDir,
}

impl World {
    fn new() -> Result<Self> {
        let public = instance(Manner::Public);
        let package = package(&[("sigstore", &public)])?;
        let rekor = RekorSite::start()?;
        let mut options = Options::with_extension(package.path());
        options.switches.extend(rekor.switches());
        let browser = Browser::launch(options)?;
        Ok(Self {
            extension: browser.extension()?,
            browser,
            site: DownloadSite::start()?,
            rekor,
            public,
            _package: package,
        })
    }

    /// Something that the signer signed, and published nowhere but in the log.
    fn logged(&mut self, number: u64) -> Result<Made> {
        let person = Subject::Person {
            email: SIGNER.into(),
            issuer: "https://accounts.google.com".into(),
        };
        let name = "v0.1, message, promise and proof";
        let made = made_by(&mut self.public, name, Signer::Certified(person), number);
        let digest = Sha256Digest::of(&made.artifact).to_hex();
        self.rekor.log(&digest, SIGNER, &log_entry(&made.bundle))?;
        Ok(made)
    }

    fn download(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let url = self.site.put(name, Content::Bytes(bytes.to_vec()));
        self.browser.download(&url)
    }

    /// What the popup shows of a download, once it has this verdict.
    fn sees(&self, name: &str, verdict: Verdict) -> Result<String> {
        let record = self.extension.wait_for_verdict(name, verdict)?;
        let popup = self.extension.open("popup.html")?;
        Ok(read_entry(&popup, &record)?.text)
    }

    /// Turns the log on or off, on this page.
    fn flip(&self, page: &str, button: &str) -> Result<()> {
        let before = self.extension.settings()?.rekors;
        // It is open until the change is made, which the page does.
        let page = self.extension.open(page)?;
        page.click(button)?;
        wait_until("the settings to change", || {
            match self.extension.settings()?.rekors == before {
                true => Err(format!("{before:?}")),
                false => Ok(()),
            }
        })
    }
}

#[test]
fn the_public_log_is_asked_once_the_user_says_so_and_learns_digests_and_trusted_names() -> Result<()>
{
    let mut world = World::new()?;
    let first = world.logged(0)?;
    world.download("before.bin", &first.artifact)?;
    let record = world
        .extension
        .wait_for_verdict("before.bin", Verdict::Unknown)?;
    let judged = record.judgement.expect("a judgement");
    assert!(judged.is_because_of(&Reason::NoSources));
    assert_eq!(world.rekor.asked(), []);

    world.flip("welcome.html", "[data-action=ask-rekor]")?;
    world.download("first.bin", &first.artifact)?;
    let text = world.sees("first.bin", Verdict::Signed)?;
    assert!(text.contains(SIGNER), "{text}");
    let hash = |made: &Made| format!("sha256:{}", Sha256Digest::of(&made.artifact));
    let asked = world.rekor.asked();
    assert!(asked.iter().all(|asked| !asked.told_more), "{asked:?}");
    let told: Vec<_> = asked.iter().map(|one| (&*one.path, &one.body)).collect();
    let id = format!("{:080x}", 0);
    assert_eq!(
        told,
        [
            ("/api/v1/index/retrieve", &json!({ "hash": hash(&first) })),
            (
                "/api/v1/log/entries/retrieve",
                &json!({ "entryUUIDs": [id] })
            ),
        ]
    );

    // Once trusted, the signer is searched for by name, and the file is verified.
    let record = world.extension.wait_for_judgement("first.bin")?;
    let signer = record.judgement.and_then(|judged| judged.signer);
    world.extension.trust(signer.expect("a signer"))?;
    world.sees("first.bin", Verdict::Verified)?;
    world.download("again.bin", &first.artifact)?;
    world.sees("again.bin", Verdict::Verified)?;
    let named = json!({ "hash": hash(&first), "email": SIGNER, "operator": "and" });
    // With the other search at once: either may come first.
    let later = &world.rekor.asked()[asked.len()..];
    assert!(later.iter().any(|one| one.body == named), "{later:?}");

    // Off again, in the settings.
    world.flip("sources.html", "[data-action=enable-rekor]")?;
    let before = world.rekor.asked().len();
    world.download("quiet.bin", b"quiet")?;
    world.sees("quiet.bin", Verdict::Unknown)?;
    assert_eq!(world.rekor.asked().len(), before);
    Ok(())
}

#[test]
fn a_key_that_is_trusted_is_searched_for() -> Result<()> {
    let mut world = World::new()?;
    world.flip("sources.html", "[data-action=enable-rekor]")?;
    let name = "v0.1, message, promise and proof";
    let made = made_by(&mut world.public, name, Signer::Key, 0);
    let digest = Sha256Digest::of(&made.artifact).to_hex();
    let entry = log_entry(&made.bundle);
    let read = ReadBundle::parse(&made.bundle).expect("a bundle");
    let key = STANDARD.encode(read.bare_key().expect("a key"));
    world.rekor.log(&digest, &key, &entry)?;
    world.download("keyed.bin", &made.artifact)?;
    world.sees("keyed.bin", Verdict::Signed)?;
    let record = world.extension.wait_for_judgement("keyed.bin")?;
    let signer = record.judgement.and_then(|judged| judged.signer);
    world.extension.trust(signer.expect("a signer"))?;
    world.sees("keyed.bin", Verdict::Verified)?;
    let before = world.rekor.asked().len();
    world.download("again.bin", &made.artifact)?;
    world.sees("again.bin", Verdict::Verified)?;
    let named = json!({
        "hash": format!("sha256:{digest}"),
        "publicKey": { "format": "x509", "content": key },
        "operator": "and",
    });
    let later = &world.rekor.asked()[before..];
    assert!(later.iter().any(|one| one.body == named), "{later:?}");
    Ok(())
}

/// Certificates that strangers made themselves, for the very address that is searched for.
#[test]
fn a_thousand_forged_entries_hide_nothing_and_prove_nothing() -> Result<()> {
    let mut world = World::new()?;
    world.flip("sources.html", "[data-action=enable-rekor]")?;
    // Known from elsewhere: of this log nothing is remembered that it would have to continue.
    world.extension.trust(signer::Signer {
        root: RootId::sigstore(),
        identity: Identity::Named {
            issuer: "https://accounts.google.com".into(),
            subject_kind: SubjectKind::Email,
            subject: SIGNER.into(),
        },
    })?;
    let mut stranger = Instance::new(Manner::Public, Curve::P256, "stranger");
    let mut forge = |number: u64, world: &mut World| -> Result<Vec<u8>> {
        let person = Subject::Person {
            email: SIGNER.into(),
            issuer: "https://accounts.google.com".into(),
        };
        stranger.rekor = world.public.rekor.clone();
        let name = "v0.1, message, promise and proof";
        let made = made_by(&mut stranger, name, Signer::Certified(person), number);
        let (digest, entry) = (Sha256Digest::of(&made.artifact), log_entry(&made.bundle));
        for _ in 0..500 {
            world.rekor.log(&digest.to_hex(), SIGNER, &entry)?;
        }
        Ok(made.artifact)
    };
    forge(1, &mut world)?;
    let own = world.logged(1)?;
    forge(1, &mut world)?;
    world.download("buried.bin", &own.artifact)?;
    let text = world.sees("buried.bin", Verdict::Verified)?;
    assert!(text.contains(SIGNER), "{text}");

    forge(2, &mut world)?;
    let forged = forge(2, &mut world)?;
    world.download("forged.bin", &forged)?;
    world.sees("forged.bin", Verdict::Unknown)?;
    Ok(())
}

#[test]
fn a_log_that_gives_no_answer_leaves_the_file_unchecked_and_is_asked_again() -> Result<()> {
    let mut world = World::new()?;
    world.flip("sources.html", "[data-action=enable-rekor]")?;
    world.rekor.fail(Some(502));
    let made = world.logged(0)?;
    world.download("later.bin", &made.artifact)?;
    let text = world.sees("later.bin", Verdict::Unchecked)?;
    assert!(text.contains("HTTP 502"), "{text}");
    let record = world.extension.wait_for_judgement("later.bin")?;
    assert!(record.retry.is_some());
    Ok(())
}

#[test]
fn another_log_is_added_by_its_address_and_what_is_none_is_refused() -> Result<()> {
    let world = World::new()?;
    // A tab that another one covers is not painted, so the welcome page comes first.
    let welcome = world.extension.url("welcome.html");
    drop(world.browser.page_at(|open| open == welcome)?);
    let settings = world.extension.open("sources.html")?;
    let add = |typed: &str| -> Result<()> {
        settings.click("#rekor-address")?;
        settings.evaluate::<Value>("document.activeElement.select(), null")?;
        settings.type_text(typed)?;
        settings.click("[data-action=add-rekor]")
    };
    add("javascript:alert(1)")?;
    wait_until("the refusal", || {
        let text = settings.text("#rekor-address-problem")?;
        match text.contains("not the address of a log") {
            true => Ok(()),
            false => Err(text),
        }
    })?;
    add("Rekor.example/")?;
    wait_until("the other log", || {
        let asked = world.extension.settings()?.rekors;
        match asked == ["https://rekor.example"] {
            true => Ok(()),
            false => Err(format!("{asked:?}")),
        }
    })
}

#[test]
fn a_test_asks_the_log_about_the_empty_file_alone() -> Result<()> {
    let world = World::new()?;
    // A tab that another one covers is not painted, so the welcome page comes first.
    let welcome = world.extension.url("welcome.html");
    drop(world.browser.page_at(|open| open == welcome)?);
    let page = world.extension.open("sources.html")?;
    let row = format!("[data-source='{PUBLIC_REKOR}']");
    page.click(&format!("{row} [data-action=test-source]"))?;
    page.wait_for_text(&format!("{row} [data-state=answered]"), "answered in")?;
    let hash = format!("sha256:{}", Sha256Digest::of(b""));
    let asked = world.rekor.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].body, json!({ "hash": hash }));
    assert!(!asked[0].told_more);
    world.extension.expect_problem("Failed to load resource");
    world.rekor.fail(Some(503));
    page.click(&format!("{row} [data-action=test-source]"))?;
    page.wait_for_text(&format!("{row} [data-field=trial]"), "HTTP 503")
}

#[test]
fn the_log_is_asked_about_files_that_the_user_brings_to_the_page() -> Result<()> {
    let mut world = World::new()?;
    let made = world.logged(0)?;
    world.flip("sources.html", "[data-action=enable-rekor]")?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("brought.bin");
    std::fs::write(&file, &made.artifact).expect("a file");
    let page = world.extension.open("verify.html")?;
    page.wait_for_text("main", "Drop files")?;
    page.choose_files("[data-field=files]", &[&file])?;
    page.wait_for_text("li[data-verdict=signed]", SIGNER)?;
    let asked = world.rekor.asked();
    let hash = format!("sha256:{}", Sha256Digest::of(&made.artifact));
    assert_eq!(asked[0].body, json!({ "hash": hash }));
    assert_eq!(world.extension.records()?.len(), 0);
    Ok(())
}
