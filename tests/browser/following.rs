//! A notary that changes its keys, one that revokes a signer's, and one that lost what it logged.

use crate::world::{PUBLISHER, World};
use assay_core::message::{Request, Response};
use assay_core::settings::Notary;
use assay_core::verdict::Verdict;
use assay_tests::{Result, wait_until};
use serde_json::{Value, json};

/// Makes the extension take it that no notary was followed yet today, and not within a minute.
fn forget_that_it_was_followed(world: &World) -> Result<()> {
    let forget = "() => chrome.storage.local.get().then((all) => chrome.storage.local.remove(
        Object.keys(all).filter((key) => key.startsWith('followed/')))).then(() => null)";
    world.extension.inside::<Value>(forget, json!([]))?;
    Ok(())
}

/// The notary as the extension knows it.
fn known(world: &World) -> Result<Notary> {
    let mut settings = world.extension.settings()?;
    Ok(settings.notaries.remove(0))
}

#[test]
fn a_notary_that_signs_its_new_keys_with_the_old_ones_is_followed_without_a_question() -> Result<()>
{
    let mut world = World::new()?;
    world.download_signed("before.bin", b"signed under the old keys")?;
    world.sees("before.bin", Verdict::Verified)?;
    let before = known(&world)?;

    world.notary.terminate()?;
    world.notary.administer(&["rotate"])?;
    world.notary.restart()?;
    forget_that_it_was_followed(&world)?;
    world.download_signed("after.bin", b"signed under the new keys")?;
    // What it answers now cannot be proven by the pinned root, so it is followed at once.
    world.sees("after.bin", Verdict::Verified)?;
    let after = known(&world)?;
    assert_ne!(after.trusted_root, before.trusted_root);
    assert_eq!(after.fingerprint, before.fingerprint, "the same signers");

    world.download("again.bin", b"signed under the old keys")?;
    world.sees("again.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_notary_that_lost_entries_is_relied_on_again_once_the_user_has_its_log_forgotten() -> Result<()>
{
    let mut world = World::new()?;
    world.download_signed("kept.bin", b"in the backup")?;
    world.sees("kept.bin", Verdict::Verified)?;
    let backup = world.browser.download_folder().join("backup");
    let to = backup.to_str().expect("a name in Unicode");
    world.notary.administer(&["backup", "--to", to])?;
    world.download_signed("lost.bin", b"logged after the backup")?;
    world.sees("lost.bin", Verdict::Verified)?;

    world.notary.restore(&backup)?;
    // Whoever signs remembers the log, too.
    world.publisher.forget_logs();
    world.download_signed("new.bin", b"logged after the restore")?;
    world.sees("new.bin", Verdict::Unchecked)?;

    let page = world.extension.open("sources.html")?;
    let known = "[data-field=remembered-log]";
    page.wait_for_text(known, "2 entries")?;
    page.click("[data-action=forget-log]")?;
    assert!(page.text(known)?.contains("Has its operator said"));
    // What is harmless has the focus first.
    page.press("Enter")?;
    page.click("[data-action=forget-log]")?;
    page.click("[data-action=forget-log-confirm]")?;
    page.wait_for_no(known)?;
    let new = world
        .extension
        .wait_for_verdict("new.bin", Verdict::Unchecked)?;
    let again = Request::CheckAgain { id: new.id.clone() };
    assert_eq!(world.extension.ask(&again)?, Response::Done);
    world.sees("new.bin", Verdict::Verified)?;
    page.wait_for_text(known, "2 entries")
}

#[test]
fn a_key_that_its_notary_revoked_takes_back_what_it_signed_since() -> Result<()> {
    let world = World::new()?;
    world.download_signed("tool.bin", b"signed by whoever stole the key")?;
    world.sees("tool.bin", Verdict::Verified)?;
    world
        .notary
        .administer(&["signer", "revoke", PUBLISHER, "--since", "2020-01-01"])?;
    forget_that_it_was_followed(&world)?;
    // Whatever the notary is asked about, it is followed by that.
    world.download("other.bin", b"nobody signed this")?;
    world.sees("other.bin", Verdict::Unknown)?;
    let seen = world.sees("tool.bin", Verdict::Untrusted)?;
    assert!(seen.text.contains("revoked the key"), "{}", seen.text);
    wait_until("the revocation to be known", || {
        let known = known(&world).map_err(|error| error.to_string())?;
        let revoked = known.followed.iter().flat_map(|followed| &followed.revoked);
        match revoked.clone().any(|one| one.name == PUBLISHER) {
            true => Ok(()),
            false => Err(format!("{:?}", known.followed)),
        }
    })?;
    Ok(())
}
