//! The Rekor client of PyPI's `sigstore`: entries, searching for them, and their proofs.

use crate::{assert_verified, trusted_root};
use assay_tests::{Client, NotaryProcess, Result, Stranger, interop, output_of};

#[test]
fn entries_are_logged_found_and_proven() -> Result<()> {
    let Some(python) = Client::SigstorePython.find()? else {
        return Ok(());
    };
    let (notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
    let root = trusted_root(&stranger, &notary)?;
    let mut rekor = stranger.command(python);
    rekor
        .arg(interop("python").join("rekor.py"))
        .arg(notary.url())
        .arg(root);
    let artifacts: [&[u8]; 3] = [b"one", b"two", b"three"];
    for (number, artifact) in artifacts.iter().enumerate() {
        let proposal = match number {
            1 => stranger.propose_dsse(artifact)?,
            _ => stranger.propose(artifact)?,
        };
        rekor.arg(stranger.write(&format!("{number}.json"), proposal.to_string())?);
    }
    assert_eq!(output_of(&mut rekor)?.trim(), "[0, 1, 2]");
    for artifact in artifacts {
        let file = stranger.write("file.bin", artifact)?;
        assert_verified(&file, &notary, &stranger.fingerprint())?;
    }
    Ok(())
}
