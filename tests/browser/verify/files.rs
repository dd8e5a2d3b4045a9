//! Files and folders, and digests, that are brought by hand.

use super::{FILES, FOLDER, ZONE, count, page, read, ready, sees, wait_for_count};
use crate::world::{PUBLISHER, World};
use assay_core::digest::Sha256Digest;
use assay_core::verdict::Verdict;
use assay_tests::{HostileNotary, Result, wait_until};
use serde::Deserialize;
use std::fs::{self, File};

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
