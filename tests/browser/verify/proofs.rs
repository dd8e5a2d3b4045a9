//! Proofs that are brought with the files that they are about.

use super::{FILES, ZONE, becomes_verified, bundle_of, count, page, page_of, sees};
use crate::beside;
use crate::roots::made_by;
use crate::world::{PUBLISHER, World};
use assay_core::message::Request;
use assay_core::verdict::Verdict;
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_tests::Result;
use std::fs;

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
    becomes_verified(&page, "renamed.bin")
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
    becomes_verified(&page, "late.zip")
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
