//! `assay verify-bundle --without-log`: a bundle that was signed with a known key and logged nowhere.

use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::report::ProblemReport;
use crate::verify_bundle_args::VerifyBundleArgs;
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Claim;
use assay_core::proof::unlogged;
use assay_core::standing::Standing;
use serde_json::json;

/// What is not proven, and cannot be without a log.
const CAVEAT: &str = "nothing tells when it was signed: whoever ever had the key could have";

/// Tells whether the holder of the key signed it.
///
/// # Errors
/// When standard output cannot be written to.
pub fn tell(
    args: &VerifyBundleArgs,
    bundle: &str,
    digests: ArtifactDigests,
    key: &str,
) -> Result<Exit, CliError> {
    let claim = unlogged::claim(bundle, &digests, key);
    let vouches = claim.as_ref().is_ok_and(Claim::vouches);
    let exit = match (&claim, vouches) {
        (Ok(Claim::Standing { standing, .. }), _) if *standing != Standing::Trusted => Exit::FAILED,
        (Ok(_), _) => Exit::DONE,
        (Err(_), _) => Exit::FAILED,
    };
    if args.json {
        output::json(&json!({
            "schema": "assay.verify-bundle.v1",
            "exit_code": exit.code(),
            "sha256": digests.sha256,
            "sha512": digests.sha512.map(|digest| digest.to_string()),
            "trust_root": null,
            "proven": null,
            "without_log": claim.as_ref().ok().map(|claim| json!({
                "claim": word(claim), "vouches": vouches,
            })),
            "withheld": null,
            "problem": claim.as_ref().err().map(ProblemReport::from),
        }))?;
        return Ok(exit);
    }
    let artifact = output::plain(&args.artifact);
    match claim {
        Ok(claim) => {
            let words = match &claim {
                Claim::Standing {
                    standing: Standing::Trusted,
                    ..
                }
                | Claim::Signature
                | Claim::Provenance { .. } => "signed with the key, without a log",
                Claim::Standing { .. } => {
                    "the holder of the key declares against it, without a log"
                }
                Claim::Other { .. } => {
                    "the holder of the key made a statement about it, without a log, which does not \
                     vouch for it"
                }
            };
            output::say(&format!("{artifact}: {words}"))?;
            output::note(CAVEAT);
        }
        Err(problem) => output::complain(&format!(
            "{artifact}: not proven ({}, client specification {}): expected {}; found: {}",
            problem.check.code(),
            problem.check.section(),
            output::plain(&problem.expected),
            output::plain(&problem.found)
        )),
    }
    Ok(exit)
}

fn word(claim: &Claim) -> &'static str {
    match claim {
        Claim::Signature => "signature",
        Claim::Provenance { .. } => "provenance",
        Claim::Standing { .. } => "standing",
        Claim::Other { .. } => "other",
    }
}
