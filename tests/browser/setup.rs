//! The first run: "Allow access to file URLs" off, then on.

use crate::world::World;
use assay_core::verdict::Verdict;
use assay_tests::{Result, wait_until};

#[test]
fn without_file_access_nothing_is_checked_and_the_popup_leads_to_the_switch() -> Result<()> {
    let mut world = World::new()?;
    world.extension.set_file_access(false)?;
    world.extension = world.browser.extension()?;
    world.download_signed("early.bin", b"too early")?;
    let seen = world.sees("early.bin", Verdict::Unchecked)?;
    assert!(seen.text.contains("Not checked"), "{}", seen.text);
    let popup = world.popup()?;
    popup.wait_for("[data-banner=setup]")?;
    let welcome = world.extension.open("welcome.html")?;
    wait_until("the welcome page to ask for access", || {
        match welcome.evaluate::<String>("document.body.dataset.state ?? ''")? {
            state if state == "needs-access" => Ok(()),
            state => Err(state),
        }
    })?;
    drop((popup, welcome));

    world.extension.set_file_access(true)?;
    world.extension = world.browser.extension()?;
    // What could not be read is read now, and the welcome page comes back to say so.
    world.sees("early.bin", Verdict::Verified)?;
    let url = world.extension.url("welcome.html");
    let again = world.browser.page_at(|open| open == url)?;
    wait_until("the welcome page to be content", || {
        match again.evaluate::<String>("document.body.dataset.state ?? ''")? {
            state if state == "ready" => Ok(()),
            state => Err(state),
        }
    })
}

#[test]
fn the_welcome_page_opens_at_installation() -> Result<()> {
    let world = World::without_notary()?;
    let url = world.extension.url("welcome.html");
    world.browser.page_at(|open| open == url)?;
    Ok(())
}
