//! The bytes on the disk: any name, any size, and files that change meanwhile.

use crate::world::{World, moving_bar};
use assay_core::digest::Sha256Digest;
use assay_core::reason::Reason;
use assay_core::record::Stage;
use assay_core::verdict::Verdict;
use assay_tests::{Content, Result, wait_until};

#[test]
fn any_file_name_is_read_and_shown_as_text() -> Result<()> {
    let world = World::new()?;
    let names = [
        "with space.bin",
        "hash#and%20percent%.bin",
        "what?.bin",
        "quote's \"and\" `more`.bin",
        "<img src=x onerror=document.title='owned'>.bin",
        "&lt;b&gt;.bin",
        "crab-\u{1f980}.bin",
        "\u{5d0}\u{5d1}\u{5d2}.bin",
        "rtl-\u{202e}nib.exe.bin",
        "$1 $NAME$ $$.bin",
    ];
    for (number, name) in names.iter().enumerate() {
        let bytes = format!("contents of number {number}");
        let digest = Sha256Digest::of(bytes.as_bytes());
        world.download_signed(name, bytes.as_bytes())?;
        let record = wait_until(&format!("a verdict about {name:?}"), || {
            let records = world.extension.records()?;
            let found = records
                .iter()
                .find(|record| record.digest == Some(digest) && record.stage == Stage::Done);
            found.cloned().ok_or_else(|| format!("{records:?}"))
        })?;
        assert_eq!(record.verdict(), Some(Verdict::Verified), "{record:?}");
        let popup = world.popup()?;
        let seen = crate::world::read_entry(&popup, &record)?;
        assert_eq!(seen.verdict, "verified");
        let foreign: usize =
            popup.evaluate("document.querySelectorAll('img, b, script:not([src])').length")?;
        assert_eq!(foreign, 0, "{name} became markup");
        let title: String = popup.evaluate("document.title")?;
        assert_ne!(title, "owned");
        assert!(
            !popup.text("body")?.contains('\u{202e}'),
            "a direction mark is shown as what it is"
        );
    }
    Ok(())
}

#[test]
fn a_name_as_long_as_the_browser_writes_is_read() -> Result<()> {
    let world = World::new()?;
    // With its own ending while it downloads, the browser fills the 255 bytes of a name.
    let name = format!("{}.bin", "ä".repeat(118));
    world.download_signed(&name, b"a long name")?;
    let digest = Sha256Digest::of(b"a long name");
    wait_until("a verdict", || {
        let records = world.extension.records()?;
        let verified = records.iter().any(|record| {
            record.digest == Some(digest) && record.verdict() == Some(Verdict::Verified)
        });
        match verified {
            true => Ok(()),
            false => Err(format!("{records:?}")),
        }
    })
}

#[test]
fn an_empty_file_has_a_digest_too() -> Result<()> {
    let world = World::new()?;
    world.download_signed("empty.bin", b"")?;
    let record = world
        .extension
        .wait_for_verdict("empty.bin", Verdict::Verified)?;
    assert_eq!(record.size, 0);
    assert_eq!(record.digest, Some(Sha256Digest::of(b"")));
    world.sees("empty.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn the_popup_shows_how_far_hashing_is() -> Result<()> {
    let world = World::new()?;
    let popup = world.popup()?;
    let size = 1024 * 1024 * 1024_u64;
    let url = world.site.put("large.bin", Content::Generated { size });
    world.browser.download(&url)?;
    let seen = moving_bar(&popup, |bar| bar.words.contains("left"))?;
    assert!(seen.value < seen.max, "{seen:?}");
    assert!(seen.words.contains("of 1.07 GB"), "{seen:?}");
    assert!(seen.words.contains("MB/s"), "{seen:?}");
    world
        .extension
        .wait_for_verdict("large.bin", Verdict::Unknown)?;
    popup.wait_for_no("progress")
}

#[test]
fn a_file_that_is_replaced_while_it_is_hashed_is_noticed() -> Result<()> {
    let world = World::new()?;
    let size = 768 * 1024 * 1024;
    let url = world.site.put("swapped.bin", Content::Generated { size });
    let other = world.file("other.bin", b"something else entirely")?;
    world.browser.download(&url)?;
    wait_until("hashing to begin", || {
        match world.extension.record_of("swapped.bin")? {
            Some(record) if record.stage == Stage::Hashing => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    let path = world.browser.download_folder().join("swapped.bin");
    std::fs::copy(&other, path).expect("it can be replaced");
    let seen = world.sees("swapped.bin", Verdict::Unchecked)?;
    assert!(seen.text.contains("changed"), "{}", seen.text);
    Ok(())
}

#[test]
fn a_file_that_is_gone_is_said_to_be_gone() -> Result<()> {
    let world = World::new()?;
    world.download("gone.bin", b"soon gone")?;
    world
        .extension
        .wait_for_verdict("gone.bin", Verdict::Unknown)?;
    std::fs::remove_file(world.browser.download_folder().join("gone.bin"))
        .expect("it can be removed");
    let record = world.extension.wait_for_judgement("gone.bin")?;
    let popup = world.popup()?;
    crate::world::read_entry(&popup, &record)?;
    popup.click("[data-action=check-again]")?;
    let record = world
        .extension
        .wait_for_verdict("gone.bin", Verdict::Unchecked)?;
    let reasons = record.judgement.map(|judgement| judgement.reasons);
    assert_eq!(reasons, Some(vec![Reason::FileMissing.message()]));
    world.sees("gone.bin", Verdict::Unchecked)?;
    Ok(())
}
