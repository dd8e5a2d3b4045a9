//! `assay verify`: the same sources, proofs and policy as the extension.

use crate::args::VerifyArgs;
use crate::client::Client;
use crate::contact::{KnownNotary, contact};
use crate::error::CliError;
use crate::exit::Exit;
use crate::report::{ReasonReport, SignerReport, SourceReport};
use crate::{hash, output, roots};
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::policy::{Judgement, judge};
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
/// When the notary's trust root cannot be had at all.
pub fn run(args: &VerifyArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| CliError::Internal(error.to_string()))?;
    let client = Client::new();
    let known = contact(&client, &args.contact)?;
    let KnownNotary { notary, root } = known;
    let roots = roots::public()?.and(&root);
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    for file in &args.files {
        let checked = hash::file(file).map(|digest| {
            let asking = ask(&client, &notary, &roots, &digest, roots::now());
            let evidence = [runtime.block_on(asking)];
            let settings = trusting(&args.signer, &notary, &evidence);
            (digest, judge(&evidence, &settings, None, None), evidence)
        });
        let result = match checked {
            Ok((digest, judgement, evidence)) => result(file, Some(digest), &judgement, &evidence),
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
            Identity::Workflow { .. } => continue,
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
