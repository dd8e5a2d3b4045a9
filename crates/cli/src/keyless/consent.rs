//! The question whether the signer's name may stand in a public log.

use super::token::{Expected, IdentityToken};
use crate::ask;
use crate::error::CliError;
use crate::output;

/// Says what the log will hold, and asks unless that is agreed to: by the option, or by a machine of a
/// project that everybody can see anyway.
///
/// # Errors
/// When it is not agreed to.
pub fn ask(
    agreed: bool,
    token: &IdentityToken,
    signer: &Expected,
    logs: &str,
) -> Result<(), CliError> {
    output::note(&format!(
        "{logs} will hold for ever, for everybody to read, that this was signed by {}; that cannot be \
         taken back",
        signer.words()
    ));
    if agreed || token.is_public_machine() {
        return Ok(());
    }
    if !ask::is_possible() {
        return Err(CliError::Usage(
            "nobody can be asked whether that is agreed to: say so with --yes (ASSAY_YES=1)".into(),
        ));
    }
    match ask::agrees("Sign with this name?")? {
        true => Ok(()),
        false => Err(CliError::Usage(
            "not agreed to, so nothing was signed".into(),
        )),
    }
}
