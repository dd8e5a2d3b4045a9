//! Downloads whose bytes could not be read, and that are checked by bringing their files.

use super::{FILES, ZONE, becomes_verified, bundle_of, count, ready, sees};
use crate::beside;
use crate::world::{World, read_entry};
use assay_core::message::Request;
use assay_core::reason::Reason;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_tests::{Browser, Extension, Page, Result, wait_until};
use std::fs;

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
    becomes_verified(&page, "old.zip")?;
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
fn a_file_of_another_size_in_a_downloads_place_is_never_taken_for_it() -> Result<()> {
    let mut world = World::new()?;
    let bytes = b"as it was downloaded";
    world.sign(bytes)?;
    world.extension.set_file_access(false)?;
    world.extension = world.browser.extension()?;
    world.download("early.bin", bytes)?;
    let record = world.extension.wait_for_judgement("early.bin")?;
    // Before it is read for the first time, another one takes its place.
    let place = world.browser.download_folder().join("early.bin");
    fs::write(place, b"of another size").expect("it can be replaced");
    world.extension.set_file_access(true)?;
    world.extension = world.browser.extension()?;
    let is_other = || {
        wait_until("it to be known as another file", || {
            let record = world.extension.wait_for_judgement("early.bin")?;
            let reasons = record.judgement.map(|judgement| judgement.reasons);
            match reasons == Some(vec![Reason::FileChanged.message()]) {
                true => Ok(record.size),
                false => Err(format!("{reasons:?}")),
            }
        })
    };
    assert_eq!(is_other()?, bytes.len() as u64, "the download's own");
    let id = record.id;
    world.extension.ask(&Request::CheckAgain { id })?;
    assert_eq!(is_other()?, bytes.len() as u64, "as often as it is read");
    // The true one is taken.
    let page = open_from_popup(&world.browser, &world.extension, "early.bin")?;
    let kept = world.file("kept.bin", bytes)?;
    page.choose_files(FILES, &[&kept])?;
    becomes_verified(&page, "kept.bin")?;
    world.sees("early.bin", Verdict::Verified).map(drop)
}
