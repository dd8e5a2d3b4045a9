//! The page on which any file can be checked by hand.

use crate::beside;
use crate::roots::made_by;
use crate::world::{PUBLISHER, World, read_entry};
use assay_core::digest::Sha256Digest;
use assay_core::message::Request;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_tests::{Browser, Extension, HostileNotary, Page, Result, wait_until};
use serde::Deserialize;
use serde_json::json;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

const FILES: &str = "[data-field=files]";
const FOLDER: &str = "[data-field=folder]";
const ZONE: &str = "[data-field=zone]";

/// What the page shows of one thing.
#[derive(Debug, Deserialize)]
struct Seen {
    verdict: Option<String>,
    text: String,
    /// By the names of the fields.
    digest: Option<String>,
    sha512: Option<String>,
    sha1: Option<String>,
    md5: Option<String>,
}

fn page(world: &World) -> Result<Page> {
    page_of(&world.extension)
}

fn page_of(extension: &Extension) -> Result<Page> {
    let page = extension.open("verify.html")?;
    ready(&page)?;
    Ok(page)
}

fn ready(page: &Page) -> Result<()> {
    wait_until("the page to be ready", || {
        match page.evaluate::<String>("document.body.dataset.state ?? ''")? {
            state if state == "ready" => Ok(()),
            state => Err(state),
        }
    })
}

/// Waits until a thing is checked, opens its row, and reads it.
fn read(page: &Page, path: &str) -> Result<Seen> {
    const READ: &str = "(path) => {
        const row = [...document.querySelectorAll('li[data-row]')]
            .find((row) => row.dataset.file === path);
        if (row?.dataset.stage !== 'done' || row.dataset.asking) return null;
        if (!row.querySelector('[data-field=reasons]')) {
            row.querySelector('[data-action=toggle]').click();
        }
        if (!row.querySelector('[data-field=reasons]')) return null;
        const field = (name) => row.querySelector(`[data-field=${name}]`)?.textContent ?? null;
        return {
            verdict: row.dataset.verdict ?? null, text: row.innerText, digest: field('digest'),
            sha512: field('sha512'), sha1: field('sha1'), md5: field('md5'),
        };
    }";
    wait_until(&format!("{path} to be checked"), || {
        match page.call::<Option<Seen>>(READ, json!([path]))? {
            Some(seen) => Ok(seen),
            None => Err(page.text("body")?),
        }
    })
}

fn sees(page: &Page, path: &str, verdict: Verdict) -> Result<Seen> {
    let seen = read(page, path)?;
    assert_eq!(seen.verdict.as_deref(), Some(verdict.word()), "{seen:?}");
    Ok(seen)
}

fn count(page: &Page, selector: &str) -> Result<usize> {
    page.call(
        "(selector) => document.querySelectorAll(selector).length",
        json!([selector]),
    )
}

fn wait_for_count(page: &Page, selector: &str, wanted: usize) -> Result<()> {
    wait_until(&format!("{wanted} of {selector}"), || {
        match count(page, selector)? {
            found if found == wanted => Ok(()),
            found => Err(format!("{found}: {}", page.text("body")?)),
        }
    })
}

fn bundle_of(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sigstore.json");
    path.into()
}

#[test]
fn files_that_are_chosen_get_a_verdict_and_four_digests() -> Result<()> {
    let world = World::new()?;
    let good = world.file("abc.bin", b"abc")?;
    world.publisher.sign(&good, &world.notary)?;
    let unknown = world.file("unknown.bin", b"nobody knows it")?;
    let hostile = world.file(
        "<img src=x onerror=document.title='owned'>\u{202e}gpj.exe",
        b"",
    )?;
    let page = page(&world)?;
    page.choose_files(FILES, &[&good, &unknown, &hostile])?;

    let seen = sees(&page, "abc.bin", Verdict::Verified)?;
    assert!(seen.text.contains(PUBLISHER), "{}", seen.text);
    // FIPS 180-4 and RFC 1321 have these for "abc".
    assert_eq!(
        seen.digest.as_deref(),
        Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    );
    assert_eq!(
        seen.sha512.as_deref(),
        Some(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        )
    );
    assert_eq!(
        seen.sha1.as_deref(),
        Some("a9993e364706816aba3e25717850c26c9cd0d89d")
    );
    assert_eq!(
        seen.md5.as_deref(),
        Some("900150983cd24fb0d6963f7d28e17f72")
    );
    let copied: String = page.evaluate(
        "(async () => {
            let written = '';
            navigator.clipboard.writeText = async (text) => { written = text; };
            document.querySelector('[data-file=\"abc.bin\"] [data-action=copy-md5]').click();
            await new Promise((done) => setTimeout(done));
            return written;
        })()",
    )?;
    assert_eq!(copied, "900150983cd24fb0d6963f7d28e17f72");

    sees(&page, "unknown.bin", Verdict::Unknown)?;
    let name = hostile.file_name().expect("a name").to_string_lossy();
    let seen = sees(&page, &name, Verdict::Unknown)?;
    assert_eq!(
        seen.sha1.as_deref(),
        Some("da39a3ee5e6b4b0d3255bfef95601890afd80709")
    );
    assert!(seen.text.contains("⟨U+202E⟩"), "{}", seen.text);
    assert_eq!(count(&page, "img:not(.masthead-mark)")?, 0);
    assert_ne!(page.evaluate::<String>("document.title")?, "owned");
    assert_eq!(world.extension.records()?.len(), 0, "nothing is stored");

    page.click("[data-file='unknown.bin'] [data-action=remove]")?;
    wait_for_count(&page, "li[data-row]", 2)?;
    page.click("[data-action=clear]")?;
    wait_for_count(&page, "li[data-row]", 0)
}

#[test]
fn nothing_but_the_digest_is_asked_about() -> Result<()> {
    let world = World::without_notary()?;
    let notary = HostileNotary::start(world.notary.trusted_root()?)?;
    world.extension.add_notary(&notary.url(), None)?;
    let before = notary.requests().len();
    let page = page(&world)?;
    let file = world.file("secret-name.bin", b"asked about")?;
    page.choose_files(FILES, &[&file])?;
    read(&page, "secret-name.bin")?;
    let digest = Sha256Digest::of(b"asked about");
    let mut requests = notary.requests().split_off(before);
    requests.sort();
    assert_eq!(
        requests,
        [
            format!("/attestations/sha256:{digest}"),
            "/trust/succession.json".to_owned(),
        ]
    );
    Ok(())
}

#[test]
fn a_bundle_that_is_dropped_with_its_file_proves_it_without_a_network() -> Result<()> {
    let mut world = World::new()?;
    let file = world.file("tool.bin", b"a tool")?;
    let other = world.file("other.bin", b"another tool")?;
    world.publisher.sign(&file, &world.notary)?;
    let bundle = bundle_of(&file);
    world.notary.stop();
    let page = page(&world)?;
    page.drop_files(ZONE, &[&file, &bundle])?;
    let seen = sees(&page, "tool.bin", Verdict::Verified)?;
    assert!(
        seen.text.contains("tool.bin.sigstore.json"),
        "{}",
        seen.text
    );
    assert!(
        seen.text.contains("could not be reached"),
        "the source that failed is told: {}",
        seen.text
    );
    // By the name of another file, it proves nothing of that one.
    let stolen = bundle_of(&other);
    fs::copy(&bundle, &stolen).expect("a copy");
    page.drop_files(ZONE, &[&other, &stolen])?;
    let seen = sees(&page, "other.bin", Verdict::Unchecked)?;
    assert!(
        seen.text.contains("a proof for another file"),
        "{}",
        seen.text
    );
    assert!(!seen.text.contains(PUBLISHER), "{}", seen.text);
    Ok(())
}

#[test]
fn a_proof_waits_for_its_file_and_finds_it_by_digest() -> Result<()> {
    let mut world = World::new()?;
    let file = world.file("renamed.bin", b"a tool")?;
    world.publisher.sign(&file, &world.notary)?;
    let bundle = world.file(
        "proof of it.json",
        &fs::read(bundle_of(&file)).expect("a bundle"),
    )?;
    let stranger = world.file("package.json", b"{\"name\": \"no bundle\"}")?;
    world.notary.stop();
    let page = page(&world)?;
    page.choose_files(FILES, &[&bundle, &stranger])?;
    sees(&page, "package.json", Verdict::Unchecked)?;
    page.wait_for_text("[data-kind=proof]", "Its file is missing")?;
    page.choose_files(FILES, &[&file])?;
    sees(&page, "renamed.bin", Verdict::Verified)?;
    assert_eq!(count(&page, "[data-kind=proof]")?, 0);
    // And the other way round: the file came first.
    page.click("[data-action=clear]")?;
    page.choose_files(FILES, &[&file])?;
    sees(&page, "renamed.bin", Verdict::Unchecked)?;
    page.choose_files(FILES, &[&bundle_of(&file)])?;
    wait_until("the proof to count", || {
        match read(&page, "renamed.bin")?.verdict {
            Some(verdict) if verdict == "verified" => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
}

#[test]
fn minisign_signatures_are_used_with_the_keys_that_are_trusted() -> Result<()> {
    let world = World::without_notary()?;
    let (own, other) = (MinisignPair::new(1), MinisignPair::new(2));
    world
        .extension
        .ask(&Request::TrustMinisign { key: own.public() })?;
    let page = page(&world)?;
    let at = 1_790_000_000;
    for (name, signature, verdict, said) in [
        (
            "new.zip",
            own.sign(b"bytes", at),
            Verdict::Verified,
            "Signed by",
        ),
        (
            "old.zip",
            own.sign_legacy(b"bytes", at),
            Verdict::Verified,
            "Signed by",
        ),
        (
            "swapped.zip",
            own.sign(b"other", at),
            Verdict::Unchecked,
            "wrong signature",
        ),
        (
            "strange.zip",
            other.sign(b"bytes", at),
            Verdict::Unchecked,
            "not known here",
        ),
    ] {
        let file = world.file(name, b"bytes")?;
        let signature = world.file(&format!("{name}.minisig"), signature.as_bytes())?;
        page.drop_files(ZONE, &[&file, &signature])?;
        let seen = sees(&page, name, verdict)?;
        assert!(seen.text.contains(said), "{}", seen.text);
    }
    // A signature that comes later has its file read once more.
    let file = world.file("late.zip", b"late")?;
    page.drop_files(ZONE, &[&file])?;
    sees(&page, "late.zip", Verdict::Unknown)?;
    let signature = world.file("late.zip.minisig", own.sign_legacy(b"late", at).as_bytes())?;
    page.drop_files(ZONE, &[&signature])?;
    wait_until("the signature to count", || {
        match read(&page, "late.zip")?.verdict {
            Some(verdict) if verdict == "verified" => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
}

#[test]
fn a_pasted_digest_is_asked_about() -> Result<()> {
    let world = World::new()?;
    world.sign(b"only its digest")?;
    let page = page(&world)?;
    let digest = Sha256Digest::of(b"only its digest").to_hex();
    page.click("#digest")?;
    page.type_text("sha256:123")?;
    page.press("Enter")?;
    page.wait_for_text("#digest-problem", "64 digits")?;
    page.evaluate::<()>("document.querySelector('#digest').select()")?;
    page.type_text(&format!(" SHA256:{} ", digest.to_uppercase()))?;
    page.press("Enter")?;
    let seen = sees(&page, &format!("sha256:{digest}"), Verdict::Verified)?;
    assert!(seen.text.contains(PUBLISHER), "{}", seen.text);
    assert_eq!(seen.digest, Some(digest));
    assert_eq!(seen.md5, None);
    assert_eq!(page.text("#digest-problem")?, "");
    Ok(())
}

#[test]
fn a_large_file_shows_its_progress_and_one_that_changes_is_told() -> Result<()> {
    const SIZE: u64 = 300 * 1024 * 1024;
    let world = World::new()?;
    let large = world.file("sparse.img", b"")?;
    File::options()
        .write(true)
        .open(&large)
        .and_then(|file| file.set_len(SIZE))
        .expect("a sparse file");
    let page = page(&world)?;
    page.choose_files(FILES, &[&large])?;
    #[derive(Debug, Deserialize)]
    struct Bar {
        value: f64,
        max: f64,
        words: String,
    }
    let bar = wait_until("a moving bar", || {
        let seen: Option<Bar> = page.evaluate(
            "(() => {
                const field = document.querySelector('[data-field=progress]');
                const bar = field?.querySelector('progress');
                if (!bar || !(bar.value > 0)) return null;
                return { value: bar.value, max: bar.max, words: field.innerText };
            })()",
        )?;
        seen.ok_or_else(|| "no bar".to_owned())
    })?;
    assert!(bar.value < bar.max, "{bar:?}");
    assert!(bar.words.contains("of 315 MB"), "{bar:?}");
    let seen = sees(&page, "sparse.img", Verdict::Unknown)?;
    assert_eq!(count(&page, "progress")?, 0);
    assert_eq!(
        seen.digest.as_deref(),
        Some("17a88af83717f68b8bd97873ffcf022c8aed703416fe9b08e0fa9e3287692bf0")
    );
    assert_eq!(
        seen.sha1.as_deref(),
        Some("7a8bf8efc28275f9957f283c4dea66cc98b0c29b")
    );
    assert_eq!(
        seen.md5.as_deref(),
        Some("0d97a9cd8bbd7ce75a2a76bb06258915")
    );

    // Whoever takes it off the page while it is read waits for nothing.
    page.click("[data-file='sparse.img'] [data-action=check-again]")?;
    wait_for_count(&page, "progress", 1)?;
    page.click("[data-action=remove]")?;
    wait_for_count(&page, "li[data-row]", 0)?;
    let small = world.file("small.bin", b"small")?;
    page.choose_files(FILES, &[&small, &large])?;
    sees(&page, "small.bin", Verdict::Unknown)?;
    sees(&page, "sparse.img", Verdict::Unknown)?;

    page.click("[data-file='sparse.img'] [data-action=check-again]")?;
    wait_for_count(&page, "progress", 1)?;
    fs::write(&large, b"now it is another one").expect("it can be written");
    let seen = sees(&page, "sparse.img", Verdict::Unchecked)?;
    assert!(seen.text.contains("changed"), "{}", seen.text);
    fs::remove_file(&large).expect("it can be removed");
    page.click("[data-file='sparse.img'] [data-action=check-again]")?;
    wait_until("the file to be gone", || {
        match read(&page, "sparse.img")?.text {
            text if text.contains("no longer where it was") => Ok(()),
            text => Err(text),
        }
    })
}

#[test]
fn a_folder_is_walked_with_all_that_is_in_it() -> Result<()> {
    let world = World::new()?;
    let marker = world.file("marker", b"")?;
    let folder = marker.parent().expect("a folder").join("release");
    let deep = folder.join("linux/x86");
    fs::create_dir_all(&deep).expect("folders");
    fs::create_dir_all(folder.join("empty")).expect("a folder");
    let tool = deep.join("tool.bin");
    fs::write(&tool, b"in a folder").expect("a file");
    world.publisher.sign(&tool, &world.notary)?;
    // More than the browser tells at once.
    for number in 0..130 {
        fs::write(folder.join(format!("{number}.txt")), format!("{number}")).expect("a file");
    }
    let page = page(&world)?;
    for by_drop in [true, false] {
        match by_drop {
            true => page.drop_files(ZONE, &[&folder])?,
            false => page.choose_files(FOLDER, &[&folder])?,
        }
        wait_until("all to be checked", || {
            match page.text("[data-only=all]")? {
                all if all.contains("131") => Ok(()),
                all => Err(all),
            }
        })?;
        page.wait_for_text("[data-only=unknown]", "130")?;
        page.click("[data-only=verified]")?;
        wait_for_count(&page, "li[data-row]", 1)?;
        let seen = sees(&page, "release/linux/x86/tool.bin", Verdict::Verified)?;
        assert!(seen.text.contains("release/linux/x86"), "{}", seen.text);
        page.click("[data-only=all]")?;
        wait_for_count(&page, "li[data-row]", 100)?;
        page.click("[data-action=show-more]")?;
        wait_for_count(&page, "li[data-row]", 131)?;
        page.click("[data-action=clear]")?;
        wait_for_count(&page, "li[data-row]", 0)?;
    }
    Ok(())
}

#[test]
fn files_of_a_script_can_be_dropped_and_dragging_shows() -> Result<()> {
    let world = World::new()?;
    let file = world.file("real.bin", b"real")?;
    let page = page(&world)?;
    page.drag_over(ZONE, &[&file])?;
    page.wait_for_text("[data-over]", "Let go to check")?;
    // Anywhere on the page.
    page.evaluate::<()>(
        "(() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(['abc'], 'made.bin'));
            document.body.dispatchEvent(
                new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
        })()",
    )?;
    let seen = sees(&page, "made.bin", Verdict::Unknown)?;
    assert_eq!(
        seen.md5.as_deref(),
        Some("900150983cd24fb0d6963f7d28e17f72")
    );
    assert_eq!(count(&page, "[data-over]")?, 0);
    Ok(())
}

#[test]
fn a_bundle_under_a_public_root_needs_no_source_at_all() -> Result<()> {
    let mut world = beside::World::new(false)?;
    let person = Subject::Person {
        email: PUBLISHER.into(),
        issuer: "https://accounts.google.com".into(),
    };
    let made = made_by(
        &mut world.public,
        "v0.3, message",
        Signer::Certified(person),
        0,
    );
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tool.zip");
    fs::write(&file, &made.artifact).expect("a file");
    fs::write(bundle_of(&file), &made.bundle).expect("a bundle");
    let page = page_of(&world.extension)?;
    page.choose_files(FILES, &[&file, &bundle_of(&file)])?;
    let seen = sees(&page, "tool.zip", Verdict::Signed)?;
    assert!(seen.text.contains(PUBLISHER), "{}", seen.text);
    Ok(())
}

/// Has a download checked again whose file was removed.
fn lose(browser: &Browser, extension: &Extension, file_name: &str) -> Result<()> {
    let record = extension.wait_for_judgement(file_name)?;
    fs::remove_file(browser.download_folder().join(file_name)).expect("it can be removed");
    let popup = extension.open("popup.html")?;
    read_entry(&popup, &record)?;
    popup.click("[data-action=check-again]")?;
    extension
        .wait_for_verdict(file_name, Verdict::Unchecked)
        .map(drop)
}

/// Follows the popup's link to the page, for a download whose bytes could not be read.
fn open_from_popup(browser: &Browser, extension: &Extension, file_name: &str) -> Result<Page> {
    let record = extension.wait_for_judgement(file_name)?;
    let popup = extension.open("popup.html")?;
    read_entry(&popup, &record)?;
    popup.click("[data-action=open-verify]")?;
    let url = extension.url("verify.html?record=");
    let page = browser.page_at(|open| open.starts_with(&url))?;
    ready(&page)?;
    Ok(page)
}

#[test]
fn a_download_that_is_gone_is_checked_by_dropping_its_file() -> Result<()> {
    let world = World::new()?;
    let bytes = b"kept elsewhere";
    world.download("moved.bin", bytes)?;
    lose(&world.browser, &world.extension, "moved.bin")?;
    world.sign(bytes)?;
    let page = open_from_popup(&world.browser, &world.extension, "moved.bin")?;
    page.wait_for_text("[data-download]", "Drop moved.bin here")?;
    page.wait_for_text("[data-download]", "127.0.0.1")?;

    let other = world.file("other.bin", b"of another size")?;
    page.choose_files(FILES, &[&other])?;
    page.wait_for_text(
        "[data-field=problem]",
        "it has 15 bytes, and the download has 14",
    )?;
    assert_eq!(count(&page, "li[data-row]")?, 0);
    let swapped = world.file("swapped.bin", b"kept e1sewhere")?;
    page.choose_files(FILES, &[&swapped])?;
    let seen = sees(&page, "swapped.bin", Verdict::Unchecked)?;
    assert!(seen.text.contains("It is another file"), "{}", seen.text);
    let record = world.extension.wait_for_judgement("moved.bin")?;
    assert_eq!(record.verdict(), Some(Verdict::Unchecked));

    // Another one can be dropped in its place.
    page.wait_for_text("[data-download]", "Drop moved.bin here")?;
    let kept = world.file("kept-under-another-name.bin", bytes)?;
    page.choose_files(FILES, &[&kept])?;
    let seen = sees(&page, "kept-under-another-name.bin", Verdict::Verified)?;
    assert!(seen.text.contains("127.0.0.1"), "{}", seen.text);
    world.sees("moved.bin", Verdict::Verified)?;
    assert_eq!(world.extension.records()?.len(), 1);
    Ok(())
}

#[test]
fn what_a_source_wants_the_bytes_for_is_read_out_of_the_dropped_file() -> Result<()> {
    let world = beside::World::new(true)?;
    let own = MinisignPair::new(1);
    world.download("old.zip", b"old")?;
    lose(&world.browser, &world.extension, "old.zip")?;
    world
        .extension
        .ask(&Request::TrustMinisign { key: own.public() })?;
    // Over the file itself, and found beside it only now.
    let signature = own.sign_legacy(b"old", 1_790_000_000);
    world.put("old.zip.minisig", signature.as_bytes());
    world.forget_habits()?;
    let page = open_from_popup(&world.browser, &world.extension, "old.zip")?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.zip");
    fs::write(&file, b"old").expect("a file");
    page.choose_files(FILES, &[&file])?;
    wait_until("the signature to count", || {
        match read(&page, "old.zip")?.verdict {
            Some(verdict) if verdict == "verified" => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    world.sees("old.zip", Verdict::Verified).map(drop)
}

#[test]
fn without_access_to_files_a_download_is_checked_by_dropping_it() -> Result<()> {
    let mut world = World::new()?;
    let file = world.file("early.bin", b"never read")?;
    world.publisher.sign(&file, &world.notary)?;
    world.extension.set_file_access(false)?;
    world.extension = world.browser.extension()?;
    world.download("early.bin", b"never read")?;
    world
        .extension
        .wait_for_verdict("early.bin", Verdict::Unchecked)?;
    world.notary.stop();
    let page = open_from_popup(&world.browser, &world.extension, "early.bin")?;
    page.drop_files(ZONE, &[&file, &bundle_of(&file)])?;
    let seen = sees(&page, "early.bin", Verdict::Verified)?;
    assert!(
        seen.text.contains("early.bin.sigstore.json"),
        "{}",
        seen.text
    );
    let seen = world.sees("early.bin", Verdict::Verified)?;
    assert!(
        seen.text.contains("early.bin.sigstore.json"),
        "{}",
        seen.text
    );
    Ok(())
}

#[test]
fn the_pages_lead_to_each_other_and_an_unknown_download_is_told() -> Result<()> {
    let world = World::new()?;
    let settings = world.extension.open("settings.html")?;
    settings.click("[data-page-link=verify]")?;
    settings.wait_for_text("[aria-current=page]", "Verify")?;
    let page = world.extension.open("verify.html?record=nothing")?;
    page.wait_for_text("[data-field=problem]", "no longer in the list")?;
    let popup = world.popup()?;
    popup.click("[data-action=open-verify-page]")?;
    let url = world.extension.url("verify.html");
    let opened = world.browser.page_at(|open| open == url)?;
    ready(&opened)
}
