//! `cosign sign-blob` and `cosign verify-blob`, with a key.

use crate::{assert_verified, trusted_root};
use assay_tests::{Client, NotaryProcess, Result, Stranger, output_of};

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
