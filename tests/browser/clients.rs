//! What clients of others signed shows in the extension.

use crate::world::World;
use assay_core::verdict::Verdict;
use assay_tests::{Client, Result, Stranger, signer_named, statement};

const NAME: &str = "team@example.org";

#[test]
fn what_sigstores_npm_client_signed_has_its_signer_in_the_popup() -> Result<()> {
    let Some(modules) = Client::SigstoreJs.find()? else {
        return Ok(());
    };
    let world = World::new()?;
    let stranger = Stranger::new()?;
    let file = world.file("keyed.bin", b"by a key")?;
    stranger.sign_in_js(&modules, &world.notary, &file, false, None)?;
    world.download("keyed.bin", b"by a key")?;
    let seen = world.sees("keyed.bin", Verdict::Signed)?;
    assert!(seen.text.contains(&stranger.fingerprint()), "{}", seen.text);

    let certificate = stranger.enrol(NAME, &world.notary)?;
    world.extension.trust(signer_named(&world.notary, NAME))?;
    let file = world.file("named.bin", b"by a name")?;
    stranger.sign_in_js(&modules, &world.notary, &file, false, Some(&certificate))?;
    world.download("named.bin", b"by a name")?;
    let seen = world.sees("named.bin", Verdict::Verified)?;
    assert!(seen.text.contains(NAME), "{}", seen.text);

    let file = world.file(
        "statement.json",
        statement(b"stated").to_string().as_bytes(),
    )?;
    stranger.sign_in_js(&modules, &world.notary, &file, true, Some(&certificate))?;
    world.download("stated.bin", b"stated")?;
    let seen = world.sees("stated.bin", Verdict::Verified)?;
    assert!(seen.text.contains(NAME), "{}", seen.text);
    Ok(())
}

#[test]
fn what_cosign_signed_has_its_key_in_the_popup_and_its_bundle_is_taken_by_hand() -> Result<()> {
    let Some(cosign) = Client::Cosign.find()? else {
        return Ok(());
    };
    let mut world = World::new()?;
    let stranger = Stranger::new()?;
    let file = world.file("blob.bin", b"by cosign")?;
    let key = stranger.sign_with_cosign(&cosign, &world.notary, &file)?;
    world.download("blob.bin", b"by cosign")?;
    let seen = world.sees("blob.bin", Verdict::Signed)?;
    assert!(seen.text.contains(&key), "{}", seen.text);
    // The bundle is enough, without the notary.
    world.notary.stop();
    world.extension.expect_problem("Failed to load resource");
    let bundle = stranger.path("cosign.sigstore.json");
    let beside = file.with_file_name("blob.bin.sigstore.json");
    std::fs::copy(bundle, &beside)?;
    let page = world.extension.open("verify.html")?;
    page.wait_for_text("main", "Drop files")?;
    page.choose_files("[data-field=files]", &[&file, &beside])?;
    page.wait_for_text("li[data-verdict=signed]", &key)
}
