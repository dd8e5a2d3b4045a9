//! `assay inspect`: all that is known of something, without a verdict.

pub mod args;
mod bundle;
pub mod contents;
mod pages;

use crate::client::{self, Client};
use crate::color;
use crate::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::logs::Comparing;
use crate::report::{AttestationReport, ProblemReport, ReasonReport};
use crate::roots;
use crate::subject::{Subject, one_meaning};
use crate::{moment, output};
use args::InspectArgs;
use assay_core::attestation::Attestation;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::reason::Reason;
use assay_core::verdict::Verdict;
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// One thing that the notary has.
#[derive(Serialize)]
struct Known {
    /// What is proven, or would be.
    #[serde(flatten)]
    attestation: AttestationReport,
    /// Why it does not count, where its log or its key cannot be relied on.
    doubt: Option<ReasonReport>,
}

/// Inspects it.
///
/// # Errors
/// When it cannot be read, or no notary is named or met.
pub fn run(args: &InspectArgs) -> Result<Exit, CliError> {
    if let Some(file) = as_bundle(&args.what) {
        return bundle::run(file, args.json);
    }
    one_meaning::require(&args.what)?;
    let subject = match args.what.to_str() {
        Some(text) if is_digest(text) => Subject::Digest(text.to_owned()),
        _ => Subject::named(&args.what),
    };
    let address = contact::required(args.which.notary.as_deref())?;
    let artifact = subject.resolve()?;
    let client = Client::new();
    let known = contact::contact(&client, &address, args.which.fingerprint.as_deref())?;
    let roots = roots::public().and(&known.root);
    let comparing = Comparing::new(&client, Some(&known.notary), &roots)?;
    let runtime = client::runtime()?;
    let asked = pages::all(&client, &known, &roots, &comparing, artifact.digest);
    let mut pages = runtime.block_on(asked);
    comparing.withhold(&mut pages.evidence);
    let found = of(&pages.evidence);
    let rejected: Vec<ProblemReport> = pages.evidence.iter().flat_map(rejected).collect();
    let failure = pages.evidence.iter().find_map(failure);
    let is_proven = found.iter().any(|one| one.doubt.is_none());
    let exit = match &failure {
        Some(_) => Exit::NO_ANSWER,
        None if is_proven => Exit::DONE,
        None if found.is_empty() && rejected.is_empty() => Exit::of(Verdict::Unknown),
        None => Exit::of(Verdict::Unchecked),
    };
    if args.json {
        output::json(&json!({
            "schema": "assay.inspect.v1",
            "exit_code": exit.code(),
            "notary": known.notary.address,
            "trust_root_fingerprint": known.notary.fingerprint,
            "file": subject.name(),
            "kind": subject.kind(),
            "sha256": artifact.digest,
            "attestations": found,
            "rejected": rejected,
            "failure": failure,
            "truncated": pages.truncated,
            "log_alarms": comparing.alarms(|_| true),
        }))?;
        return Ok(exit);
    }
    output::say(&format!(
        "{}\n  sha256 {}",
        output::plain(&subject.name()),
        artifact.digest
    ))?;
    for one in &found {
        output::say(&one.text())?;
    }
    for problem in &rejected {
        output::say(&format!(
            "{}: expected {}; found: {} ({})",
            color::bad("not proven"),
            output::plain(&problem.expected),
            output::plain(&problem.found),
            problem.check
        ))?;
    }
    if let Some(failure) = &failure {
        output::complain(&failure.text);
    } else if found.is_empty() && rejected.is_empty() {
        output::say(&format!(
            "{} knows nothing of it",
            output::plain(&known.notary.address)
        ))?;
    }
    if pages.truncated {
        output::note("the notary has more than these");
    }
    for alarm in comparing.alarms(|_| true) {
        output::note(&alarm.warning());
    }
    Ok(exit)
}

/// A bundle, by its name.
fn as_bundle(what: &std::ffi::OsStr) -> Option<&Path> {
    let path = Path::new(what);
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let is_bundle = name.ends_with(".sigstore.json") || name.ends_with(".sigstore");
    is_bundle.then_some(path)
}

fn is_digest(text: &str) -> bool {
    let name = text
        .split_once(':')
        .map(|(name, _)| name.to_ascii_lowercase());
    matches!(name.as_deref(), Some("sha256" | "sha512"))
}

/// All that was proven, the newest first.
fn of(evidence: &[Evidence]) -> Vec<Known> {
    let mut found: Vec<(&Attestation, Option<ReasonReport>)> = Vec::new();
    for one in evidence {
        found.extend(one.proven().iter().map(|attestation| (attestation, None)));
        found.extend(one.withheld().iter().map(|withheld| {
            let doubt = ReasonReport::from(&Reason::withheld(&one.name, withheld));
            (&withheld.attestation, Some(doubt))
        }));
    }
    found.sort_by_key(|(attestation, _)| {
        let logged = attestation.logged.as_ref();
        let place = logged.map(|logged| (logged.integrated_time, logged.index));
        std::cmp::Reverse(place)
    });
    let known = found.into_iter().map(|(attestation, doubt)| Known {
        attestation: attestation.into(),
        doubt,
    });
    known.collect()
}

fn rejected(evidence: &Evidence) -> Vec<ProblemReport> {
    match &evidence.outcome {
        Outcome::Answered { rejected, .. } => rejected.iter().map(Into::into).collect(),
        Outcome::Failed { .. } => Vec::new(),
    }
}

fn failure(evidence: &Evidence) -> Option<ReasonReport> {
    match &evidence.outcome {
        Outcome::Answered { .. } => None,
        Outcome::Failed { failure } => {
            let source = evidence.name.clone();
            let failure = failure.clone();
            Some((&Reason::SourceFailed { source, failure }).into())
        }
    }
}

impl Known {
    fn text(&self) -> String {
        let mut text = match &self.doubt {
            None => format!("{}: {}", color::good("proven"), said(&self.attestation)),
            Some(doubt) => format!(
                "{}: {}\n  {}",
                color::bad("does not count"),
                said(&self.attestation),
                output::plain(&doubt.text)
            ),
        };
        if let Some(reason) = &self.attestation.reason {
            text.push_str(&format!("\n  reason {}", output::plain(reason)));
        }
        text.push_str(&signer_and_log(&self.attestation));
        text
    }
}

/// What a statement says, in words.
pub fn said(attestation: &AttestationReport) -> String {
    match (attestation.standing, &attestation.predicate_type) {
        (Some(standing), _) => format!("declared {standing}"),
        (None, Some(kind)) => format!("a statement ({})", output::plain(kind)),
        (None, None) => "signed".to_owned(),
    }
}

/// Who made a statement, where and when.
fn signer_and_log(attestation: &AttestationReport) -> String {
    let signer = &attestation.signer;
    let mut text = format!("\n  signer {}", output::plain(&signer.name));
    if let Some(workflow) = &signer.workflow {
        text.push_str(&format!(", {}", output::plain(workflow)));
    }
    if let Some(issuer) = &signer.issuer {
        text.push_str(&format!(", vouched for by {}", output::plain(issuer)));
    }
    if let Some(log) = &attestation.log {
        let origin = output::plain(&log.origin);
        text.push_str(&format!("\n  entry  {} of {origin}", log.index));
        if let Some(time) = log.integrated_time {
            text.push_str(&format!(", {}", moment::utc(time)));
        }
    }
    text
}
