//! `assay inspect` of a Sigstore bundle: what is in it, and what of that is proven.

use super::contents::{Contents, Signed};
use super::{said, signer_and_log};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input;
use crate::report::{AttestationReport, ProblemReport, ReasonReport};
use crate::{color, contact, hash, logs, moment, output, roots};
use assay_core::artifact::ArtifactDigests;
use assay_core::proof::{Check, MAX_BUNDLE_BYTES, ProofError};
use assay_core::roots::Roots;
use assay_sources::notary::own_root;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Inspects the bundle in a file. Nobody is asked.
///
/// # Errors
/// When it cannot be read, or is no JSON.
pub fn run(file: &Path, as_json: bool) -> Result<Exit, CliError> {
    let text = input::text(file, MAX_BUNDLE_BYTES)?;
    let bundle: Value = serde_json::from_str(&text).map_err(|error| CliError::WrongFile {
        path: file.to_owned(),
        detail: format!("no Sigstore bundle: {error}"),
    })?;
    let contents = Contents::of(&bundle);
    let beside = beside(file).filter(|beside| beside.is_file());
    let digests = match &beside {
        Some(beside) => Some(hash::digests(beside)?),
        None => contents
            .sha256()
            .and_then(|digest| format!("sha256:{digest}").parse().ok()),
    };
    let proven = prove(&text, digests);
    let withheld = proven.as_ref().ok().and_then(logs::doubt);
    let exit = match (&proven, &withheld) {
        (Ok(_), None) => Exit::DONE,
        _ => Exit::FAILED,
    };
    let withheld = withheld.as_ref().map(ReasonReport::from);
    let report = proven.as_ref().ok().map(AttestationReport::from);
    let problem = proven.as_ref().err().map(ProblemReport::from);
    if as_json {
        output::json(&json!({
            "schema": "assay.inspect-bundle.v1",
            "exit_code": exit.code(),
            "file": file.to_string_lossy(),
            "says": contents,
            "held_against": {
                "file": beside.as_ref().map(|beside| beside.to_string_lossy()),
                "sha256": digests.and_then(|digests| digests.sha256),
            },
            "proven": report.as_ref().filter(|_| withheld.is_none()),
            "withheld": withheld,
            "problem": problem,
        }))?;
        return Ok(exit);
    }
    output::say(&format!(
        "{}\nIt says, which proves nothing yet:",
        output::plain(&file.to_string_lossy())
    ))?;
    for line in told(&contents) {
        output::say(&format!("  {}", output::plain(&line)))?;
    }
    let about = match &beside {
        Some(beside) => format!("held against {}", beside.to_string_lossy()),
        None => "held against the digest in it, as the file is not beside it".to_owned(),
    };
    let about = output::plain(&about);
    output::say(&match (&report, &withheld, &problem) {
        (Some(report), None, _) => format!(
            "{} ({about}): {}{}",
            color::good("Proven"),
            said(report),
            signer_and_log(report)
        ),
        (_, Some(reason), _) => format!(
            "{} ({about}): {}",
            color::bad("Does not count"),
            output::plain(&reason.text)
        ),
        (_, _, Some(problem)) => format!(
            "{} ({about}; {}, client specification {}): expected {}; found: {}",
            color::bad("Not proven"),
            problem.check,
            problem.section,
            output::plain(&problem.expected),
            output::plain(&problem.found)
        ),
        (None, None, None) => String::new(),
    })?;
    Ok(exit)
}

/// Under the public roots, and those of the notaries that this user met.
fn prove(
    bundle: &str,
    digests: Option<ArtifactDigests>,
) -> Result<assay_core::attestation::Attestation, ProofError> {
    let digests = digests.ok_or_else(|| {
        Check::Format.failed_for(
            "the SHA-256 digest of what was signed",
            "none in the bundle",
        )
    })?;
    let mut known: Roots = roots::public();
    for root in contact::pinned()
        .iter()
        .filter_map(|notary| own_root(notary).ok())
    {
        known = known.and(&root);
    }
    known.prove(bundle, digests)
}

/// The file that a bundle's name says that it is about.
fn beside(bundle: &Path) -> Option<PathBuf> {
    let name = bundle.file_name()?.to_str()?;
    let name = name
        .strip_suffix(".sigstore.json")
        .or_else(|| name.strip_suffix(".sigstore"))?;
    (!name.is_empty()).then(|| bundle.with_file_name(name))
}

/// What a bundle says, a line for each thing. May hold text from outside.
fn told(contents: &Contents) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<String>| {
        lines.extend(value.map(|value| format!("{name:<13}{value}")));
    };
    line("form", contents.media_type.clone());
    match &contents.signed {
        Signed::MessageSignature { algorithm, digest } => {
            let digest = digest.clone().unwrap_or_default();
            let algorithm = algorithm.clone().unwrap_or_default();
            line("signs", Some(format!("a file, {algorithm} {digest}")));
        }
        Signed::DsseEnvelope {
            payload_type,
            subjects,
            predicate_type,
            ..
        } => {
            line(
                "signs",
                payload_type
                    .as_ref()
                    .map(|kind| format!("a statement, {kind}")),
            );
            line("says", predicate_type.clone());
            for subject in subjects {
                let name = subject.name.clone().unwrap_or_default();
                let digests = subject
                    .digest
                    .iter()
                    .map(|(name, value)| format!(" {name}:{value}"));
                line(
                    "about",
                    Some(format!("{name}{}", digests.collect::<String>())),
                );
            }
        }
        Signed::Nothing => line("signs", Some("nothing that is known".to_owned())),
    }
    if let Some(certificate) = &contents.certificate {
        line("name", certificate.name.clone());
        line("issuer", certificate.issuer.clone());
        line("authority", Some(certificate.authority.clone()));
        line("key", certificate.key.clone());
        let moment = |seconds: u64| moment::utc(i64::try_from(seconds).unwrap_or(i64::MAX));
        let (from, to) = (
            moment(certificate.not_before),
            moment(certificate.not_after),
        );
        line("certified", Some(format!("{from} to {to}")));
    }
    line("key hint", contents.key_hint.clone());
    for entry in &contents.log_entries {
        let index = entry
            .index
            .map(|index| index.to_string())
            .unwrap_or_default();
        let origin = entry
            .origin
            .clone()
            .or(entry.log_id.clone())
            .unwrap_or_default();
        let time = entry
            .integrated_time
            .and_then(|time| i64::try_from(time).ok())
            .filter(|time| *time > 0);
        let time = time
            .map(|time| format!(", {}", moment::utc(time)))
            .unwrap_or_default();
        line("log entry", Some(format!("{index} of {origin}{time}")));
    }
    match contents.timestamps {
        0 => {}
        count => line("timestamps", Some(count.to_string())),
    }
    lines
}
