//! The packaged extension in real Firefox ESR, which lets no extension read files that were downloaded.
//!
//! Where there is no Firefox, these tests say that they did not run; in CI that is a failure, of
//! `cargo xtask test`.

mod world;

use crate::world::{PUBLISHER, World};
use assay_core::reason::Reason;
use assay_core::verdict::Verdict;
use assay_tests::{Result, wait_until};

const FILES: &str = "[data-field=files]";

#[test]
fn it_says_at_installation_what_works_in_this_browser() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let firefox = &world.firefox;
    let welcome = firefox.url("welcome.html");
    firefox.switch_to(|url| url == welcome)?;
    firefox.wait_until_filled()?;
    firefox.wait_for_text("main", "lets no extension read downloaded files")?;
    let text = firefox.text("body")?;
    assert!(!text.contains("Allow access to file URLs"), "{text}");
    firefox.click("[data-action=open-verify-page]")?;
    let verify = firefox.url("verify.html");
    firefox.switch_to(|url| url == verify)
}

#[test]
fn a_download_is_listed_as_unchecked_and_the_popup_leads_to_where_its_file_is_verified()
-> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let firefox = &world.firefox;
    world.add_notary()?;
    world.trust()?;
    world.sign("signed.bin", b"somebody stands for this")?;
    world.download("signed.bin", b"somebody stands for this")?;
    let record = world.wait_for_verdict("signed.bin", Verdict::Unchecked)?;
    let judged = record.judgement.expect("a judgement");
    assert!(
        judged.is_because_of(&Reason::BrowserReadsNoFiles),
        "{judged:?}"
    );
    assert_eq!(record.digest, None);

    // The real popup, in the browser's own panel.
    world.open_popup()?;
    world.wait_for_popup("Not checked")?;
    let text = world.wait_for_popup("lets no extension read downloaded files")?;
    assert!(text.contains("signed.bin"), "{text}");
    assert!(!world.is_in_popup("[data-banner=setup]")?);
    world.press_in_popup("[data-action=toggle]")?;
    assert!(
        !world.is_in_popup("[data-action=check-again]")?,
        "nothing would change"
    );
    world.press_in_popup("[data-action=open-verify]")?;
    let page = firefox.url("verify.html?record=");
    firefox.switch_to(|url| url.starts_with(&page))?;
    firefox.wait_until_filled()?;
    wait_until("the popup to be closed", || match world.has_popup()? {
        false => Ok(()),
        true => Err("it covers the page".to_owned()),
    })?;

    firefox.wait_for_text("[data-download]", "signed.bin")?;
    firefox.type_into(FILES, &world.path("signed.bin"))?;
    let record = world.wait_for_verdict("signed.bin", Verdict::Verified)?;
    assert!(record.digest.is_some());
    firefox.wait_for_text("[data-file='signed.bin']", "Verified")?;
    world.open_popup()?;
    let text = world.wait_for_popup("Verified")?;
    assert!(text.contains(PUBLISHER), "{text}");

    // What was handed over is asked about again, and its bytes are not wanted once more.
    world.press_in_popup("[data-action=toggle]")?;
    world.distrust()?;
    world.wait_for_verdict("signed.bin", Verdict::Signed)?;
    world.trust()?;
    world.press_in_popup("[data-action=check-again]")?;
    world.wait_for_verdict("signed.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_warning_is_told_and_the_user_deletes_the_file() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let firefox = &world.firefox;
    world.add_notary()?;
    world.trust()?;
    world.sign("bad.bin", b"a broken build")?;
    world.declare_untrusted("bad.bin")?;
    world.download("bad.bin", b"a broken build")?;
    let record = world.wait_for_verdict("bad.bin", Verdict::Unchecked)?;
    firefox.open(&format!(
        "verify.html?record={}",
        world.encoded(&record.id)?
    ))?;
    firefox.type_into(FILES, &world.path("bad.bin"))?;
    world.wait_for_verdict("bad.bin", Verdict::Untrusted)?;
    // Firefox refuses a notification with buttons, which would be an error in the console.
    firefox.open("popup.html")?;
    firefox.click("[data-action=toggle]")?;
    firefox.click("[data-action=delete]")?;
    firefox.click("[data-action=delete-confirm]")?;
    wait_until("the file to be gone", || {
        match world.is_on_disk("bad.bin") {
            false => Ok(()),
            true => firefox.text("body").map_err(String::from).and_then(Err),
        }
    })?;
    let record = firefox.record_of("bad.bin")?.expect("a record");
    assert!(record.deleted);
    assert_eq!(record.verdict(), Some(Verdict::Untrusted));
    Ok(())
}

#[test]
fn any_file_can_be_dropped_and_the_settings_add_a_notary() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let firefox = &world.firefox;
    world.add_notary_by_hand()?;
    world.trust()?;
    world.sign("any.bin", b"a file from elsewhere")?;
    firefox.open("verify.html")?;
    firefox.call::<()>(
        "(bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], 'any.bin'));
            const drop = { dataTransfer: transfer, bubbles: true, cancelable: true };
            document.querySelector('[data-field=zone]').dispatchEvent(new DragEvent('drop', drop));
        }",
        &serde_json::json!(["a file from elsewhere"]),
    )?;
    firefox.wait_for_text("[data-file='any.bin']", "Verified")?;
    firefox.wait_for_text("[data-file='any.bin']", PUBLISHER)
}

#[test]
fn looking_beside_files_is_allowed_by_a_click() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    for page in ["welcome.html", "sources.html"] {
        world.firefox.open(page)?;
        world.firefox.click("[data-action=beside-allow]")?;
        world.firefox.click("[data-action=beside-stop]")?;
        world
            .firefox
            .wait_for_text("[data-action=beside-allow]", "Look")?;
    }
    Ok(())
}

#[test]
fn a_download_wakes_a_background_that_was_stopped() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    world.download("first.bin", b"1")?;
    world.wait_for_verdict("first.bin", Verdict::Unchecked)?;
    world.firefox.navigate("about:blank")?;
    world.firefox.stop_background()?;
    world.download("second.bin", b"2")?;
    world.wait_for_verdict("second.bin", Verdict::Unchecked)?;
    Ok(())
}
