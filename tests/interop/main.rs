//! Clients of others, from their packages, against the real notary. `cargo xtask test --interop`
//! installs them; where one was not, its tests say so, and in CI they fail.

mod cosign;
/// As the program's own tests have it.
#[path = "../../crates/cli/tests/common/registry.rs"]
mod registry;
mod rekor_cli;
mod sigstore_js;
mod sigstore_python;

use std::path::{Path, PathBuf};

use assay_tests::{NotaryProcess, Person, Result, Stranger};

/// The name under which the notary knows a stranger.
const NAME: &str = "team@example.org";

/// Fails unless `assay verify` trusts the file for this signer, and for nobody else.
#[track_caller]
fn assert_verified(file: &Path, notary: &NotaryProcess, signer: &str) -> Result<()> {
    let person = Person::new()?;
    let said = person.verify(file, notary, &[signer])?;
    assert_eq!(said["verdict"], "verified", "{said}");
    let said = person.verify(file, notary, &["other@example.org"])?;
    assert_eq!(said["verdict"], "signed", "{said}");
    Ok(())
}

/// Writes the notary's trusted root into the stranger's folder.
fn trusted_root(stranger: &Stranger, notary: &NotaryProcess) -> Result<PathBuf> {
    stranger.write("trusted_root.json", notary.trusted_root()?.to_string())
}
