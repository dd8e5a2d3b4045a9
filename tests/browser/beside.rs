//! What lies beside a file on the site that it is from, once the user lets Assay look there.

use crate::roots::{instance, made_by, package};
use crate::world::{read_entry, seconds_waited};
use assay_core::artifact::Sha512Digest;
use assay_core::digest::Sha256Digest;
use assay_core::file_digest::FileDigest;
use assay_core::message::Request;
use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Instance, Manner};
use assay_tests::{Browser, Content, DownloadSite, Extension, Options, Result, wait_until};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

pub const HOST: &str = "downloads.example.org";

pub struct World {
    pub browser: Browser,
    pub extension: Extension,
    pub site: DownloadSite,
    pub public: Instance,
    _package: TempDir,
}

impl World {
    /// A browser in which the user has given the permission to look beside files, or has not.
    pub fn new(is_allowed: bool) -> Result<Self> {
        let public = instance(Manner::Public);
        let package = package(&[("sigstore", &public)])?;
        Self::with(is_allowed, public, package)
    }

    /// The same with the permission, and with the roots that the package has.
    pub fn with_real_roots() -> Result<Self> {
        Self::with(true, instance(Manner::Public), package(&[])?)
    }

    fn with(is_allowed: bool, public: Instance, package: TempDir) -> Result<Self> {
        if is_allowed {
            // As if it had been given: the browser's own question cannot be answered by a test.
            let path = package.path().join("manifest.json");
            let manifest = fs::read_to_string(&path).expect("a manifest");
            let mut manifest: Value = serde_json::from_str(&manifest)?;
            let hosts = manifest["host_permissions"].as_array_mut().expect("hosts");
            hosts.push("https://*/*".into());
            fs::write(&path, manifest.to_string()).expect("a manifest");
        }
        let site = DownloadSite::start_secure(HOST)?;
        let mut options = Options::with_extension(package.path());
        options.switches.extend(site.switches());
        let browser = Browser::launch(options)?;
        Ok(Self {
            extension: browser.extension()?,
            browser,
            site,
            public,
            _package: package,
        })
    }

    pub fn put(&self, name: &str, content: &[u8]) {
        let name = format!("dl/{name}");
        self.site.put(&name, Content::Bytes(content.to_vec()));
    }

    /// Puts checksums of these files there.
    pub fn list(&self, list: &str, files: &[(&str, &[u8])]) {
        let line =
            |(name, content): &(&str, &[u8])| format!("{}  {name}\n", Sha256Digest::of(content));
        self.put(list, files.iter().map(line).collect::<String>().as_bytes());
    }

    /// Puts a file there and downloads it.
    pub fn download(&self, name: &str, content: &[u8]) -> Result<()> {
        self.put(name, content);
        let url = format!("{}/dl/{name}", self.site.url());
        self.browser.download(&url)
    }

    /// Forgets what was found on which host.
    pub fn forget_habits(&self) -> Result<()> {
        let key = format!("beside/{HOST}");
        let remove = "(key) => chrome.storage.local.remove(key).then(() => null)";
        self.extension
            .inside::<Value>(remove, serde_json::json!([key]))?;
        Ok(())
    }

    /// What the popup shows of a download, once it has this verdict.
    pub fn sees(&self, name: &str, verdict: Verdict) -> Result<String> {
        let record = self.extension.wait_for_verdict(name, verdict)?;
        let popup = self.extension.open("popup.html")?;
        Ok(read_entry(&popup, &record)?.text)
    }
}

#[test]
fn nothing_is_looked_for_without_the_permission_and_the_pages_offer_it() -> Result<()> {
    let world = World::new(false)?;
    world.list("SHA256SUMS", &[("tool.zip", b"tool")]);
    world.download("tool.zip", b"tool")?;
    world.sees("tool.zip", Verdict::Unknown)?;
    assert_eq!(world.site.asked(), ["dl/tool.zip"]);
    for page in ["welcome.html", "sources.html"] {
        let page = world.extension.open(page)?;
        page.wait_for_text("[data-action=beside-allow]", "Look beside files")?;
    }
    Ok(())
}

#[test]
fn a_listed_file_is_intact_and_another_is_a_mismatch() -> Result<()> {
    let world = World::new(true)?;
    let files: [(&str, &[u8]); 3] = [("good.zip", b"good"), ("bad.zip", b"bad"), ("odd.zip", b"")];
    world.list("SHA256SUMS", &files);
    // An error page that is answered with 200, and one that leads elsewhere.
    let page = format!("<html>{}  good.zip</html>", Sha256Digest::of(b"x"));
    world.site.put("dl/checksums.txt", Content::Page(page));
    world.site.put(
        "dl/good.zip.sha256",
        Content::Redirect("/dl/SHA256SUMS".into()),
    );
    let download = |name: &str, content: &[u8]| {
        world.put(name, content);
        let url = format!("{}/dl/{name}?token=secret", world.site.url());
        world.browser.download(&url)
    };
    download("good.zip", b"good")?;
    let text = world.sees("good.zip", Verdict::Intact)?;
    assert!(text.contains(HOST), "{text}");
    let asked = world.site.asked();
    let beside: Vec<&String> = asked
        .iter()
        .filter(|name| !name.starts_with("dl/good.zip and"))
        .collect();
    assert!((1..=10).contains(&beside.len()), "{asked:?}");
    for name in &beside {
        assert!(
            (name.starts_with("dl/") || *name == ".well-known/download-signers.json")
                && !name.contains("and more"),
            "{name}"
        );
    }
    assert_eq!(
        world.site.requests("dl/SHA256SUMS"),
        1,
        "no redirect is followed"
    );

    // From then on the host is asked for what it has.
    download("bad.zip", b"bad, with a changed byte")?;
    let text = world.sees("bad.zip", Verdict::Mismatch)?;
    assert!(text.contains(&Sha256Digest::of(b"bad").to_hex()), "{text}");
    let more = &world.site.asked()[asked.len()..];
    assert_eq!(
        more.first().map(String::as_str),
        Some("dl/bad.zip and more")
    );
    assert!(more.contains(&"dl/SHA256SUMS".to_owned()), "{more:?}");
    assert!(more.len() <= 4, "{more:?}");
    download("unlisted.zip", b"unlisted")?;
    world.sees("unlisted.zip", Verdict::Unknown)?;
    Ok(())
}

#[test]
fn a_login_page_in_place_of_everything_is_no_absence() -> Result<()> {
    let world = World::new(true)?;
    let names = ["page.zip", "redirect.zip"];
    world.list("SHA256SUMS", &names.map(|name| (name, &b"good"[..])));
    let page = Content::Page("<title>Welcome to our hotel</title>".into());
    let redirect = Content::Redirect("https://login.example.net/".into());
    for (name, portal) in names.into_iter().zip([page, redirect]) {
        world.forget_habits()?;
        world.put(name, b"changed");
        world
            .site
            .stand_before(Some((&format!("dl/{name}"), portal)));
        world.download(name, b"changed")?;
        let text = world.sees(name, Verdict::Unchecked)?;
        assert!(text.contains("log in, then check again"), "{text}");
        world.site.stand_before(None);
        let id = world.extension.wait_for_judgement(name)?.id;
        world.extension.ask(&Request::CheckAgain { id })?;
        world.sees(name, Verdict::Mismatch)?;
    }
    Ok(())
}

#[test]
fn a_bundle_beside_the_file_is_proven_and_trouble_leaves_the_file_unchecked() -> Result<()> {
    let mut world = World::new(true)?;
    let person = Subject::Person {
        email: "release@example.org".into(),
        issuer: "https://accounts.google.com".into(),
    };
    let name = "v0.3, message";
    let made = made_by(&mut world.public, name, Signer::Certified(person), 0);
    world.put("tool.zip.sigstore.json", made.bundle.as_bytes());
    world.download("tool.zip", &made.artifact)?;
    world.sees("tool.zip", Verdict::Signed)?;
    let record = world.extension.wait_for_judgement("tool.zip")?;
    let signer = record.judgement.and_then(|judged| judged.signer);
    world.extension.trust(signer.expect("a signer"))?;
    let text = world.sees("tool.zip", Verdict::Verified)?;
    assert!(text.contains("release@example.org"), "{text}");

    // Another file beside its bundle.
    world.put("swapped.zip.sigstore.json", made.bundle.as_bytes());
    world.download("swapped.zip", b"another file")?;
    world.sees("swapped.zip", Verdict::Unchecked)?;
    // A server that breaks off.
    let broken = Content::Broken {
        sent: b"{".to_vec(),
        promised: 1000,
    };
    world.site.put("dl/torn.zip.sigstore.json", broken);
    world.download("torn.zip", b"torn")?;
    world.sees("torn.zip", Verdict::Unchecked)?;
    Ok(())
}

#[test]
fn a_changed_byte_is_a_mismatch_whatever_the_list_is_called() -> Result<()> {
    let world = World::new(true)?;
    let name = "tool_1.2.3_linux_amd64.zip";
    world.list("tool_1.2.3_checksums.txt", &[(name, b"good")]);
    world.list("checksums.txt", &[("tool.zip", b"good")]);
    for name in [name, "tool.zip"] {
        world.forget_habits()?;
        world.download(name, b"good, with a changed byte")?;
        let text = world.sees(name, Verdict::Mismatch)?;
        assert!(text.contains(&Sha256Digest::of(b"good").to_hex()), "{text}");
    }
    // One that is by another algorithm accuses nobody.
    let line = "a825ca1e68578d4948da0ea03b53ebe8e9c5b030a42d807ea364025dd1fa0e7f  other.zip\n";
    world.put("checksums.txt", line.as_bytes());
    world.download("other.zip", b"tool")?;
    world.sees("other.zip", Verdict::Intact)?;
    Ok(())
}

/// A name that hangs keeps nothing from being told that is known by the others.
#[test]
fn a_name_that_hangs_costs_the_others_nothing() -> Result<()> {
    let world = World::new(true)?;
    let own = MinisignPair::new(5);
    let key = own.public();
    world.extension.ask(&Request::TrustMinisign { key })?;
    world.put("signed.zip.minisig", own.sign(b"signed", 1).as_bytes());
    world.list("SHA256SUMS", &[("listed.zip", b"listed")]);
    let held = Content::Held {
        first: Vec::new(),
        rest: b"never".to_vec(),
    };
    world.site.put("dl/checksums.txt", held);
    for (name, content, verdict) in [
        ("signed.zip", &b"signed"[..], Verdict::Verified),
        ("listed.zip", b"listed", Verdict::Intact),
    ] {
        world.forget_habits()?;
        world.download(name, content)?;
        let record = world.extension.wait_for_verdict(name, verdict)?;
        assert_eq!(seconds_waited(&record), "1", "{name}");
    }
    Ok(())
}

/// The record of `tool.zip` once it is told as verified while the list `checksums.txt` is waited for, until
/// that is released.
fn verified_early(world: &World) -> Result<DownloadRecord> {
    let own = MinisignPair::new(6);
    let key = own.public();
    world.extension.ask(&Request::TrustMinisign { key })?;
    world.put("tool.zip.minisig", own.sign(b"signed", 1).as_bytes());
    let held = Content::Held {
        first: Vec::new(),
        rest: b"nothing".to_vec(),
    };
    world.site.put("dl/checksums.txt", held);
    world.download("tool.zip", b"signed")?;
    let early = world
        .extension
        .wait_for_verdict("tool.zip", Verdict::Verified)?;
    assert_eq!(seconds_waited(&early), "1");
    Ok(early)
}

/// What was told early can be checked again. What comes of the old check by then is about other bytes.
#[test]
fn who_checks_again_while_somebody_is_waited_for_is_told_of_the_bytes_of_then() -> Result<()> {
    let world = World::new(true)?;
    let early = verified_early(&world)?;
    fs::write(&early.path, b"swapped")?;
    let id = early.id;
    world.extension.ask(&Request::CheckAgain { id })?;
    wait_until("the other bytes to be read", || {
        let record = world.extension.record_of("tool.zip")?.expect("a record");
        match record.digest == Some(Sha256Digest::of(b"swapped")) {
            true => Ok(()),
            false => Err(format!("{record:?}")),
        }
    })?;
    world.site.release("dl/checksums.txt");
    world
        .extension
        .wait_for_verdict("tool.zip", Verdict::Forged)?;
    Ok(())
}

/// The time for another try comes while the first is not at its end: there is one check, and it ends.
#[test]
fn what_is_asked_about_still_is_not_asked_about_once_more() -> Result<()> {
    let world = World::new(true)?;
    let mut early = verified_early(&world)?;
    let mut retry = early.retry.expect("another try");
    retry.due_at = 1.0;
    early.retry = Some(retry);
    world.extension.put_records(&[early])?;
    let now: f64 = world.extension.inside("() => Date.now()", json!([]))?;
    let wake = "() => chrome.alarms.create('continue', { when: Date.now() }).then(() => null)";
    world.extension.inside::<Value>(wake, json!([]))?;
    wait_until("the alarm to be set for later", || {
        let next: Option<f64> = world.extension.inside(
            "() => chrome.alarms.get('continue').then((alarm) => alarm?.scheduledTime ?? null)",
            json!([]),
        )?;
        match next {
            Some(next) if next > now + 10_000.0 => Ok(()),
            next => Err(format!("{next:?}")),
        }
    })?;
    world.site.release("dl/checksums.txt");
    wait_until("the check to end", || {
        let record = world.extension.record_of("tool.zip")?.expect("a record");
        match record.judged_at {
            Some(_) => Ok(()),
            None => Err(format!("{record:?}")),
        }
    })?;
    let asked = world.site.asked();
    let lists = asked.iter().filter(|name| *name == "dl/checksums.txt");
    assert_eq!(lists.count(), 1, "{asked:?}");
    Ok(())
}

#[test]
fn a_list_of_sha512_is_held_against_a_file_that_was_read_once_more() -> Result<()> {
    let world = World::new(true)?;
    let line = |name: &str, content: &[u8]| {
        let digest = FileDigest::Sha512(Sha512Digest::of(content));
        format!("{digest}  {name}\n")
    };
    let lines = line("good.zip", b"good") + &line("bad.zip", b"bad");
    world.put("SHA512SUMS", lines.as_bytes());
    world.download("good.zip", b"good")?;
    world.sees("good.zip", Verdict::Intact)?;
    let asked = world.site.asked().len();
    assert!(asked <= 11, "{:?}", world.site.asked());
    // The host is known by its list now.
    world.download("bad.zip", b"bad, with a changed byte")?;
    let text = world.sees("bad.zip", Verdict::Mismatch)?;
    let listed = FileDigest::Sha512(Sha512Digest::of(b"bad"));
    assert!(text.contains(&listed.to_string()), "{text}");
    let more = &world.site.asked()[asked..];
    assert!(more.contains(&"dl/SHA512SUMS".to_owned()), "{more:?}");
    assert!(more.len() <= 4, "{more:?}");
    Ok(())
}
