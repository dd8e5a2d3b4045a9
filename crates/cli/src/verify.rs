//! `assay verify`: the same sources, proofs and policy as the extension.

use crate::args::VerifyArgs;
use crate::client::Client;
use crate::contact::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::logs::Comparing;
use crate::report::{ReasonReport, SignerReport, SourceReport};
use crate::{hash, output, roots};
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::policy::{Judgement, Place, judge};
use assay_core::reason::Reason;
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::signer::Identity;
use assay_core::verdict::Verdict;
use assay_sources::notary::ask;
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// The result for one file, as it is printed.
#[derive(Serialize)]
struct Verified {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<SignerReport>,
    reasons: Vec<ReasonReport>,
    sources: Vec<SourceReport>,
}

/// Verifies the files.
///
/// # Errors
/// When the notary's trust root cannot be had at all, or there is no place for what is remembered of
/// logs.
pub fn run(args: &VerifyArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| CliError::Internal(error.to_string()))?;
    let client = Client::new();
    let known = contact(&client, &args.contact)?;
    let notary = &known.notary;
    let roots = roots::public().and(&known.root);
    let comparing = Comparing::new(&client, &known, &roots)?;
    let mut digests = Vec::new();
    let mut evidence = Vec::new();
    for file in &args.files {
        let digest = hash::file(file);
        // Nothing is asked about a file that cannot be read: it has no evidence.
        if let Ok(digest) = &digest {
            let mut found = runtime.block_on(ask(&client, notary, &roots, digest, roots::now()));
            runtime.block_on(comparing.compare(&mut found));
            evidence.push(found);
        }
        digests.push(digest);
    }
    // Judged when all are asked: what the answer about one file brings to light about a log holds
    // for all of them.
    comparing.withhold(&mut evidence);
    let alarms = comparing.alarms();
    for alarm in &alarms {
        output::note(&alarm.warning());
    }
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    let mut evidence = evidence.chunks(1);
    for (file, digest) in args.files.iter().zip(digests) {
        let result = match digest {
            Ok(digest) => {
                let evidence = evidence.next().unwrap_or_default();
                let settings = trusting(&args.signer, notary, evidence);
                let judgement = judge(evidence, &settings, Place::default(), None);
                result(file, Some(digest), &judgement, evidence)
            }
            Err(error) => {
                let detail = error.to_string();
                let unread = Judgement::unread(Reason::FileUnreadable { detail });
                result(file, None, &unread, &[])
            }
        };
        exit = exit.max(Exit::of(result.verdict));
        if !args.json {
            print(&result)?;
        }
        results.push(result);
    }
    if args.json {
        output::json(&json!({
            "schema": "assay.verify.v1",
            "notary": notary.address,
            "trust_root_fingerprint": notary.fingerprint,
            "exit_code": exit.code(),
            "results": results,
            "log_alarms": alarms,
        }))?;
    }
    Ok(exit)
}

/// Settings that trust those proven signers whom the user named, compared whole. A name is only
/// ever one under the asked notary's own trust root: under another root, whose bundles a notary can
/// show as well, the same name may be somebody else's.
fn trusting(names: &[String], notary: &Notary, evidence: &[Evidence]) -> Settings {
    let mut settings = Settings::default();
    let root = notary.root_id();
    let own = |attestation: &&Attestation| attestation.signer.root == root;
    for attestation in evidence.iter().flat_map(Evidence::proven).filter(own) {
        let name = match &attestation.signer.identity {
            Identity::Named { subject, .. } => subject,
            Identity::Key { fingerprint } => fingerprint,
            Identity::Workflow { .. } | Identity::Release { .. } => continue,
        };
        if names.contains(name) {
            settings.trust(attestation.signer.clone(), Scope::Everywhere);
        }
    }
    settings
}

fn result(
    file: &Path,
    sha256: Option<Sha256Digest>,
    judgement: &Judgement,
    evidence: &[Evidence],
) -> Verified {
    Verified {
        file: file.to_string_lossy().into_owned(),
        sha256,
        verdict: judgement.verdict,
        signer: judgement.signer.as_ref().map(Into::into),
        reasons: judgement.reasons.iter().map(Into::into).collect(),
        sources: evidence.iter().map(Into::into).collect(),
    }
}

fn print(result: &Verified) -> Result<(), CliError> {
    let mut text = format!("{}: {}", output::plain(&result.file), result.verdict.word());
    if let Some(digest) = &result.sha256 {
        text.push_str(&format!("\n  sha256 {digest}"));
    }
    for told in &result.reasons {
        text.push_str(&format!("\n  {}", output::plain(&told.text)));
    }
    output::say(&text)
}
