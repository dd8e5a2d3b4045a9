//! `assay verify-bundle`: one bundle against one file, offline, with the command line of
//! sigstore-conformance.

use crate::args::VerifyBundleArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::AttestationReport;
use crate::{hash, output};
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::proof::{MAX_BUNDLE_BYTES, ProofError, Prover};
use assay_core::signer::RootId;
use assay_core::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot};
use serde_json::json;
use std::io::Read;
use std::path::Path;

/// The largest public key that is read, in bytes. One of RSA with 16384 bits has 3 kB.
const MAX_KEY_BYTES: usize = 64 * 1024;

/// Verifies the bundle.
///
/// # Errors
/// When a file cannot be read, or the trust root cannot be used. A bundle that is not proven is no
/// error of the program: it ends with its own exit code.
pub fn run(args: &VerifyBundleArgs) -> Result<Exit, CliError> {
    let prover = Prover::new(trust_root(args)?)
        .map_err(|problem| CliError::TrustRoot(problem.to_string()))?;
    let digests = digests(&args.artifact)?;
    let bundle = text(&args.bundle, MAX_BUNDLE_BYTES)?;
    let key = match &args.key {
        Some(path) => Some(text(path, MAX_KEY_BYTES)?),
        None => None,
    };
    let proven = prove(args, &prover, &bundle, digests, key.as_deref());
    let exit = match &proven {
        Ok(_) => Exit::DONE,
        Err(_) => Exit::FAILED,
    };
    if args.json {
        output::json(&report(&digests, &proven, exit))?;
        return Ok(exit);
    }
    match proven {
        Ok(attestation) => output::say(&format!(
            "{}: proven, signed by {}",
            output::plain(&args.artifact),
            output::plain(&attestation.signer_message().english())
        ))?,
        Err(problem) => output::complain(&format!(
            "{}: not proven ({}, client specification {}): expected {}; found: {}",
            output::plain(&args.artifact),
            problem.check.code(),
            problem.check.section(),
            output::plain(&problem.expected),
            output::plain(&problem.found)
        )),
    }
    Ok(exit)
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

fn report(
    digests: &ArtifactDigests,
    proven: &Result<Attestation, ProofError>,
    exit: Exit,
) -> serde_json::Value {
    let problem = proven.as_ref().err().map(|problem| {
        json!({
            "check": problem.check.code(),
            "section": problem.check.section(),
            "expected": problem.expected,
            "found": problem.found,
        })
    });
    json!({
        "schema": "assay.verify-bundle.v1",
        "exit_code": exit.code(),
        "sha256": digests.sha256,
        "proven": proven.as_ref().ok().map(AttestationReport::from),
        "problem": problem,
    })
}

/// A root given as a file is a root of its own. Only where it is, to the letter, one that this
/// program carries is it known by that one's name, and only GitHub's needs no log.
fn trust_root(args: &VerifyBundleArgs) -> Result<TrustRoot, CliError> {
    let embedded =
        |id| TrustRoot::embedded(id).map_err(|error| CliError::TrustRoot(error.to_string()));
    let Some(path) = &args.trusted_root else {
        return embedded(match args.staging {
            true => RootId::sigstore_staging(),
            false => RootId::sigstore(),
        });
    };
    let wrong = |error: &dyn std::fmt::Display| CliError::WrongFile {
        path: path.clone(),
        detail: error.to_string(),
    };
    let json = text(path, MAX_TRUST_ROOT_BYTES)?;
    TrustRoot::recognise(&json).map_err(|error| wrong(&error))
}

/// The digests of a file; or a digest itself, written `sha256:` and 64 hexadecimal digits.
fn digests(artifact: &str) -> Result<ArtifactDigests, CliError> {
    if artifact.starts_with("sha256:") {
        let digest: Sha256Digest = artifact.parse().map_err(|error| CliError::WrongFile {
            path: artifact.into(),
            detail: format!("{error}"),
        })?;
        return Ok(digest.into());
    }
    hash::digests(Path::new(artifact))
}

/// A file's text, if it has no more than `limit` bytes.
fn text(path: &Path, limit: usize) -> Result<String, CliError> {
    let failed = |error| CliError::file(path, error);
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_string(&mut text).map_err(failed)?;
    match text.len() > limit {
        true => Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: format!("more than {limit} bytes; nothing of that kind is so long"),
        }),
        false => Ok(text),
    }
}
