//! `assay verify-bundle`: one bundle against one file, offline, with the command line of
//! sigstore-conformance.

use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{MAX_KEY_BYTES, text};
use crate::report::{AttestationReport, ProblemReport, ReasonReport};
use crate::verify_bundle_args::VerifyBundleArgs;
use crate::{hash, logs, output, roots, verify_unlogged};
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::{Attestation, Claim};
use assay_core::proof::{MAX_BUNDLE_BYTES, ProofError, Prover};
use assay_core::reason::Reason;
use assay_core::root_store::StaleRoot;
use assay_core::signer::RootId;
use assay_core::standing::Standing;
use assay_core::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot};
use serde_json::json;
use std::path::Path;

/// Verifies the bundle.
///
/// # Errors
/// When a file cannot be read, or the trust root cannot be used. A bundle that is not proven is no
/// error of the program: it ends with its own exit code.
pub fn run(args: &VerifyBundleArgs) -> Result<Exit, CliError> {
    let bundle = text(&args.bundle, MAX_BUNDLE_BYTES)?;
    if let (true, Some(key)) = (args.without_log, &args.key) {
        let key = text(key, MAX_KEY_BYTES)?;
        return verify_unlogged::tell(args, &bundle, digests(&args.artifact)?, &key);
    }
    let (root, stale) = trust_root(args, &bundle)?;
    let prover = Prover::new(root).map_err(|problem| CliError::TrustRoot(problem.to_string()))?;
    let digests = digests(&args.artifact)?;
    let key = match &args.key {
        Some(path) => Some(text(path, MAX_KEY_BYTES)?),
        None => None,
    };
    let proven = prove(args, &prover, &bundle, digests, key.as_deref());
    // What this user knows of the log counts, too; that needs nobody to be asked.
    let withheld = proven.as_ref().ok().and_then(logs::doubt);
    let warns = proven
        .as_ref()
        .is_ok_and(|one| warning(&one.claim).is_some());
    let exit = match (&proven, &withheld) {
        // Whoever goes on with the file for what was proven must not do so for a warning of it.
        (Ok(_), None) if !warns => Exit::DONE,
        _ => Exit::FAILED,
    };
    let stale = stale.map(|stale| ReasonReport::from(&Reason::StaleRoot { stale }));
    if args.json {
        output::json(&json!({
            "schema": "assay.verify-bundle.v1",
            "exit_code": exit.code(),
            "sha256": digests.sha256,
            "sha512": digests.sha512.map(|digest| digest.to_string()),
            "trust_root": { "root": prover.root().id().as_str(), "stale": stale },
            "proven": proven.as_ref().ok().filter(|_| withheld.is_none()).map(AttestationReport::from),
            "withheld": withheld.as_ref().map(ReasonReport::from),
            "problem": proven.as_ref().err().map(ProblemReport::from),
        }))?;
        return Ok(exit);
    }
    let artifact = output::plain(&args.artifact);
    match (proven, withheld) {
        (Ok(_), Some(reason)) => output::complain(&format!(
            "{artifact}: not proven: {} See `assay logs`.",
            output::plain(&reason.message().english())
        )),
        (Ok(attestation), None) => {
            let signer = attestation.signer_message().english();
            let signer = output::plain(&signer);
            match (warning(&attestation.claim), &attestation.claim) {
                (Some(standing), _) => output::complain(&format!(
                    "{artifact}: proven: {signer} declares it {standing}"
                )),
                (None, Claim::Other { predicate_type }) => output::say(&format!(
                    "{artifact}: proven: {signer} made a statement about it, which does not vouch \
                     for it: {}",
                    output::plain(predicate_type)
                ))?,
                (None, _) => output::say(&format!("{artifact}: proven, signed by {signer}"))?,
            }
        }
        (Err(problem), _) => output::complain(&format!(
            "{artifact}: not proven ({}, client specification {}): expected {}; found: {}",
            problem.check.code(),
            problem.check.section(),
            output::plain(&problem.expected),
            output::plain(&problem.found)
        )),
    }
    if let Some(stale) = stale {
        output::note(&stale.text);
    }
    Ok(exit)
}

/// What a statement declares against the file.
fn warning(claim: &Claim) -> Option<&'static str> {
    match claim {
        Claim::Standing {
            standing: Standing::Untrusted,
            ..
        } => Some("untrusted"),
        Claim::Standing {
            standing: Standing::Unsupported,
            ..
        } => Some("unsupported"),
        _ => None,
    }
}

fn prove(
    args: &VerifyBundleArgs,
    prover: &Prover,
    bundle: &str,
    digests: ArtifactDigests,
    key: Option<&str>,
) -> Result<Attestation, ProofError> {
    if let Some(key) = key {
        return prover.prove_with_key(bundle, digests, key);
    }
    let attestation = prover.prove(bundle, digests)?;
    attestation.require_certified(
        args.certificate_identity.as_deref().unwrap_or_default(),
        args.certificate_oidc_issuer.as_deref().unwrap_or_default(),
    )?;
    Ok(attestation)
}

/// The root that counts, and what is to be said about its age.
///
/// A root given as a file is a root of its own, unless [`roots::recognise`] knows it; and only
/// GitHub's needs no log. Where none is given, the bundle says which of the public ones it is of.
fn trust_root(
    args: &VerifyBundleArgs,
    bundle: &str,
) -> Result<(TrustRoot, Option<StaleRoot>), CliError> {
    let Some(path) = &args.trusted_root else {
        if args.staging {
            return TrustRoot::embedded(RootId::sigstore_staging())
                .map(|root| (root, None))
                .map_err(|error| CliError::TrustRoot(error.to_string()));
        }
        return roots::of_bundle(bundle);
    };
    let json = text(path, MAX_TRUST_ROOT_BYTES)?;
    Ok((roots::recognise(path, &json)?, None))
}

/// The digests of a file; or one digest itself, with the name of its algorithm before it.
fn digests(artifact: &str) -> Result<ArtifactDigests, CliError> {
    // Of an unknown algorithm, too: a file that is named so is rarer than a digest of another kind.
    let is_digest = artifact.split_once(':').is_some_and(|(name, digits)| {
        let names = ["sha", "md5", "blake"];
        let is_hex = |digit: char| digit.is_ascii_hexdigit();
        matches!(name, "sha256" | "sha512")
            || names.iter().any(|known| name.starts_with(known)) && digits.chars().all(is_hex)
    });
    if is_digest {
        return artifact.parse().map_err(CliError::Digest);
    }
    hash::digests(Path::new(artifact))
}
