//! `cosign sign-blob` and `cosign verify-blob`, `cosign sign` and `cosign verify`, with a key.

use crate::registry::{Registry, TestImage};
use crate::{assert_verified, trusted_root};
use assay_tests::{Client, NotaryProcess, Result, Stranger, output_of};
use std::path::Path;

#[test]
fn cosign_signs_and_verifies_and_so_does_assay() -> Result<()> {
    let Some(cosign) = Client::Cosign.find()? else {
        return Ok(());
    };
    let (notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
    let file = stranger.write("file.bin", b"by cosign")?;
    let key = stranger.sign_with_cosign(&cosign, &notary, &file)?;
    trusted_root(&stranger, &notary)?;
    let verify = |root: &str, file: &str| {
        let mut verify = stranger.cosign(&cosign);
        verify.args(["verify-blob", "--key", "cosign.pub", "--trusted-root", root]);
        verify.args(["--bundle", "cosign.sigstore.json", file]);
        output_of(&mut verify)
    };
    // The one that cosign made of the log's key, and the one that the notary publishes.
    verify("cosign-root.json", "file.bin")?;
    verify("trusted_root.json", "file.bin")?;
    assert_verified(&file, &notary, &key)?;
    stranger.write("other.bin", b"another file")?;
    let refused = verify("trusted_root.json", "other.bin");
    assert!(refused.is_err(), "{refused:?}");
    // What another log signed is not this one's.
    let other = NotaryProcess::start()?;
    trusted_root(&stranger, &other)?;
    let refused = verify("trusted_root.json", "file.bin");
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}

#[test]
fn the_bundle_that_cosign_made_verifies_offline() -> Result<()> {
    let Some(cosign) = Client::Cosign.find()? else {
        return Ok(());
    };
    let (mut notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
    let file = stranger.write("file.bin", b"by cosign")?;
    stranger.sign_with_cosign(&cosign, &notary, &file)?;
    let root = trusted_root(&stranger, &notary)?;
    notary.stop();
    let mut verify = stranger.command(assay_tests::assay_program()?);
    verify
        .args(["verify-bundle", "--bundle", "cosign.sigstore.json"])
        .args(["--key", "cosign.pub", "--trusted-root"])
        .arg(root)
        .arg(file);
    output_of(&mut verify).map(drop)
}

#[test]
fn images_that_cosign_signed_are_recognised_by_what_is_attached_to_them() -> Result<()> {
    let (Some(cosign), Some(registry)) = (Client::Cosign.find()?, Registry::start()) else {
        return Ok(());
    };
    let (notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
    for (tag, with_bundle) in [("bundle", true), ("before", false)] {
        registry.push("app", tag, &TestImage::of(tag));
        let name = format!("{}/app:{tag}", registry.host);
        let key = stranger.sign_image_with_cosign(&cosign, &notary, &name, with_bundle)?;
        assert_verified(Path::new(&format!("image:{name}")), &notary, &key)?;
    }
    // Nothing is asked but the registry, and of what cosign made before the notary's whole proof.
    let mut verify = stranger.command(assay_tests::assay_program()?);
    verify
        .env("ASSAY_CONFIG_DIR", stranger.path("config"))
        .args(["verify", "--source", "registry", "--notary", &notary.url()])
        .args([
            "--signer",
            &stranger.sign_image_with_cosign(
                &cosign,
                &notary,
                &format!("{}/app:bundle", registry.host),
                true,
            )?,
        ])
        .arg(registry.image("app:bundle"))
        .arg(registry.image("app:before"));
    output_of(&mut verify)?;
    // Another image is not signed by its neighbour's signature.
    registry.push("app", "other", &TestImage::of("other"));
    let other = registry.image("app:other");
    let person = assay_tests::Person::new()?;
    let said = person.verify(Path::new(&other), &notary, &[])?;
    assert_eq!(said["verdict"], "unknown", "{said}");
    Ok(())
}

#[test]
fn cosign_verifies_what_assay_attached_to_an_image() -> Result<()> {
    let (Some(cosign), Some(registry)) = (Client::Cosign.find()?, Registry::start()) else {
        return Ok(());
    };
    let (notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
    registry.push("app", "1", &TestImage::of("a"));
    registry.push("app", "2", &TestImage::of("b"));
    let assay = |args: &[&str]| -> Result<String> {
        let mut assay = stranger.command(assay_tests::assay_program()?);
        assay
            .env("ASSAY_CONFIG_DIR", stranger.path("config"))
            .env("ASSAY_NO_PASSPHRASE", "1")
            .env("ASSAY_NOTARY", notary.url());
        output_of(assay.args(args))
    };
    assay(&["sign", &registry.image("app:1"), "--attach"])?;
    stranger.write("assay.pub", assay(&["key"])?)?;
    trusted_root(&stranger, &notary)?;
    let verify = |tag: &str| {
        let mut verify = stranger.cosign(&cosign);
        verify.args([
            "verify",
            "--key",
            "assay.pub",
            "--trusted-root",
            "trusted_root.json",
        ]);
        output_of(verify.arg(format!("{}/app:{tag}", registry.host)))
    };
    let said = verify("1")?;
    assert!(
        said.contains(&TestImage::of("a").digest().to_hex()),
        "{said}"
    );
    let refused = verify("2");
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}
