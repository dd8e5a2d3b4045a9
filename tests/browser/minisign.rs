//! Minisign's signatures beside a file: by a key that the user brought, and by one that the site
//! declares.

use crate::beside::World;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_tests::{Content, Result};
use serde_json::json;

const AT: u64 = 1_790_000_000;

/// Types a key into the settings page.
fn bring(world: &World, key: &str) -> Result<()> {
    let settings = world.extension.open("settings.html")?;
    settings.click("#minisign-key")?;
    settings.type_text(key)?;
    settings.click("[data-action=add-minisign]")?;
    settings.wait_for_text("#signers", &key[..20])
}

#[test]
fn a_key_that_the_user_brought_verifies_both_forms_and_lists() -> Result<()> {
    let world = World::new(true)?;
    let (own, other) = (MinisignPair::new(1), MinisignPair::new(2));
    // A signature by a key that nobody knows says nothing, whatever lies beside it.
    let signature = other.sign(b"stranger", AT);
    world.put("stranger.zip.minisig", signature.as_bytes());
    world.put("minisign.pub", other.public().as_bytes());
    world.download("stranger.zip", b"stranger")?;
    world.sees("stranger.zip", Verdict::Unknown)?;
    assert_eq!(world.site.requests("dl/stranger.zip.minisig"), 0);

    bring(&world, &own.public())?;
    world.put("new.zip.minisig", own.sign(b"new", AT).as_bytes());
    world.download("new.zip", b"new")?;
    let text = world.sees("new.zip", Verdict::Verified)?;
    assert!(text.contains(&own.public()), "{text}");
    // Over the file itself: it is read once more.
    let legacy = own.sign_legacy(b"old", AT);
    world.put("old.zip.minisig", legacy.as_bytes());
    world.download("old.zip", b"old")?;
    world.sees("old.zip", Verdict::Verified)?;
    assert_eq!(world.site.requests("dl/old.zip.minisig"), 1);
    // Over a list that has the file.
    world.list("SHA256SUMS", &[("listed.zip", b"listed")]);
    let list = format!(
        "{}  listed.zip\n",
        assay_core::digest::Sha256Digest::of(b"listed")
    );
    world.put(
        "SHA256SUMS.minisig",
        own.sign(list.as_bytes(), AT).as_bytes(),
    );
    world.forget_habits()?;
    world.download("listed.zip", b"listed")?;
    world.sees("listed.zip", Verdict::Verified)?;
    let asked = world.site.asked();
    world.download("listed.zip", b"listed")?;
    world.sees("listed.zip", Verdict::Verified)?;
    assert!(world.site.asked().len() - asked.len() <= 4, "{asked:?}");

    // Signatures that do not fit, in either form, are told as what they are.
    for (name, signature) in [
        ("swapped.zip", own.sign(b"another", AT)),
        ("swapped-old.zip", own.sign_legacy(b"another", AT)),
    ] {
        world.put(&format!("{name}.minisig"), signature.as_bytes());
        world.download(name, b"swapped")?;
        let text = world.sees(name, Verdict::Forged)?;
        assert!(text.contains("does not fit this file"), "{text}");
    }
    Ok(())
}

#[test]
fn a_key_that_the_site_declares_makes_its_files_authentic() -> Result<()> {
    let world = World::new(true)?;
    let own = MinisignPair::new(3);
    let declaration = json!({
        "version": 1,
        "downloads": [{ "paths": ["/dl/*"], "signers": [{ "minisign": own.public() }] }],
    });
    let declaration = declaration.to_string().into_bytes();
    world.site.put(
        ".well-known/download-signers.json",
        Content::Bytes(declaration),
    );
    for (name, signature) in [
        ("tool-1.zip", own.sign(b"tool-1.zip", AT)),
        ("tool-2.zip", own.sign_legacy(b"tool-2.zip", AT)),
        ("tool-3.zip", own.sign(b"tool-3.zip", AT)),
    ] {
        world.put(&format!("{name}.minisig"), signature.as_bytes());
        let before = world.site.asked().len();
        world.download(name, name.as_bytes())?;
        world.sees(name, Verdict::Authentic)?;
        // The download itself is one of them.
        let asked = world.site.asked().len() - before - 1;
        let most = if name == "tool-1.zip" { 10 } else { 3 };
        assert!(asked <= most, "{:?}", &world.site.asked()[before..]);
    }
    world.download("tool-4.zip", b"stripped")?;
    world.sees("tool-4.zip", Verdict::Changed)?;
    Ok(())
}
