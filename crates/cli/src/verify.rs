//! `assay verify`: the same sources, proofs and policy as the extension.

use crate::client::Client;
use crate::error::CliError;
use crate::exit::Exit;
use crate::judging::{Accepted, Conclusion, Judging, Recalled};
use crate::logs::Comparing;
use crate::memory::Memory;
use crate::output;
use crate::report::{ReasonReport, SignerReport, SourceReport};
use crate::sources::Sources;
use crate::subject::{Kind, Subject};
use crate::verify_args::VerifyArgs;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Change, Evidence};
use assay_core::minisign::MinisignKey;
use assay_core::policy::Judgement;
use assay_core::publisher::Publisher;
use assay_core::reason::Reason;
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::signer::{Identity, Signer};
use assay_core::verdict::Verdict;
use serde::Serialize;
use serde_json::json;

/// The result for one file, as it is printed.
#[derive(Serialize)]
struct Verified {
    file: String,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Sha256Digest>,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<SignerReport>,
    reasons: Vec<ReasonReport>,
    sources: Vec<SourceReport>,
    /// The project that the file belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    /// What is remembered of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<Recalled>,
    /// The change that was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<&'static str>,
}

/// Verifies the files.
///
/// # Errors
/// When the notary's trust root cannot be had at all, there is no place for what is remembered, or a
/// change cannot be accepted.
pub fn run(args: &VerifyArgs) -> Result<Exit, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| CliError::Internal(error.to_string()))?;
    let client = Client::keeping();
    if args.accept_change && args.no_memory {
        let words = "--accept-change changes what is remembered, which --no-memory leaves alone";
        return Err(CliError::Usage(words.to_owned()));
    }
    let memory = match args.no_memory {
        true => None,
        false => Some(Memory::of_this_user()?),
    };
    let sources = Sources::chosen(args, &client, memory.as_ref())?;
    let judging = Judging::new(args.url.as_deref(), memory.as_ref());
    let notary = sources.notary.as_ref().map(|known| &known.notary);
    let comparing = Comparing::new(&client, notary, &sources.roots)?;
    let mut artifacts = Vec::new();
    let mut evidence = Vec::new();
    let subjects = args.subjects.all()?;
    for subject in &subjects {
        // Nothing is asked about what cannot be read: it has no evidence.
        artifacts.push(subject.resolve().and_then(|artifact| {
            evidence.push(runtime.block_on(sources.ask(&comparing, &artifact))?);
            Ok(artifact)
        }));
    }
    // Conclusion when all are asked: what the answer about one file brings to light about a log holds
    // for all of them.
    for evidence in &mut evidence {
        comparing.withhold(evidence);
    }
    let mut accepted = None;
    // With an address there is one file.
    if let (true, [Ok(artifact)], [found]) = (args.accept_change, &artifacts[..], &mut evidence[..])
    {
        let settings = trusting(&args.signer, notary, found);
        accepted = judging.accept(found, &settings, sources.site().as_ref())?;
        output::note(&told(accepted.as_ref()));
        if let Some(Accepted::Declaration(_)) = accepted {
            // Who is declared then is found out by asking once more.
            *found = runtime.block_on(sources.ask(&comparing, artifact))?;
            comparing.withhold(found);
        }
    }
    let alarms = comparing.alarms();
    for alarm in &alarms {
        output::note(&alarm.warning());
    }
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    let mut evidence = evidence.iter();
    for (subject, artifact) in subjects.iter().zip(artifacts) {
        let result = match artifact {
            Ok(artifact) => {
                let evidence = evidence.next().map(Vec::as_slice).unwrap_or_default();
                let settings = trusting(&args.signer, notary, evidence);
                let judged = judging.judge(evidence, &settings);
                if let Some(note) = remark(&judged, args, &sources) {
                    output::note(&note);
                }
                Verified {
                    memory: judged.project.as_ref().map(|_| judged.memory),
                    project: judged.project,
                    accepted: accepted.as_ref().map(Accepted::word),
                    ..result(subject, Some(artifact.digest), &judged.judgement, evidence)
                }
            }
            Err(error) => {
                let detail = error.to_string();
                let unread = Judgement::unread(Reason::FileUnreadable { detail });
                result(subject, None, &unread, &[])
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
            "notary": notary.map(|notary| &notary.address),
            "trust_root_fingerprint": notary.map(|notary| &notary.fingerprint),
            "url": args.url,
            "exit_code": exit.code(),
            "results": results,
            "log_alarms": alarms,
        }))?;
    }
    Ok(exit)
}

/// Settings that trust those proven signers whom the user named, compared whole. A name is only
/// ever one under the asked notary's own trust root: under another root, whose bundles a notary can
/// show as well, the same name may be somebody else's. A repository is one under Sigstore's or
/// GitHub's.
fn trusting(names: &[String], notary: Option<&Notary>, evidence: &[Evidence]) -> Settings {
    let mut settings = Settings::default();
    settings.notaries.extend(notary.cloned());
    let root = notary.map(Notary::root_id);
    for key in names.iter().filter_map(|name| MinisignKey::parse(name)) {
        settings.trust(key.signer(), Scope::Everywhere);
    }
    for attestation in evidence.iter().flat_map(Evidence::proven) {
        let signer = &attestation.signer;
        let is_own = Some(&signer.root) == root.as_ref();
        let is_named = match &signer.identity {
            Identity::Named { subject, .. } => is_own && names.contains(subject),
            Identity::Key { fingerprint } => is_own && names.contains(fingerprint),
            Identity::Workflow { .. } | Identity::Release { .. } => names
                .iter()
                .any(|name| repository(name).is_some_and(|one| one.is_signer(signer))),
        };
        if is_named {
            settings.trust(signer.clone(), Scope::Everywhere);
        }
    }
    settings
}

/// The repository that is named, as `github.com/OWNER/NAME`.
fn repository(name: &str) -> Option<Publisher> {
    let path = name.strip_prefix("github.com/")?;
    // As the address of something in it.
    Publisher::of(&[&format!("https://github.com/{path}/releases/latest")])
        .filter(|found| found.to_string().eq_ignore_ascii_case(name))
}

fn result(
    subject: &Subject,
    sha256: Option<Sha256Digest>,
    judgement: &Judgement,
    evidence: &[Evidence],
) -> Verified {
    Verified {
        file: subject.name(),
        kind: subject.kind(),
        sha256,
        verdict: judgement.verdict,
        signer: judgement.signer.as_ref().map(Into::into),
        reasons: judgement.reasons.iter().map(Into::into).collect(),
        sources: evidence.iter().map(Into::into).collect(),
        project: None,
        memory: None,
        accepted: None,
    }
}

/// What is to be said of memory beside the verdict.
fn remark(judged: &Conclusion, args: &VerifyArgs, sources: &Sources<'_>) -> Option<String> {
    let name = judged.project.as_deref();
    match judged.memory {
        Recalled::FirstSight => Some(format!(
            "first sight of {}: who signed this file is remembered as its signer",
            name?
        )),
        _ if judged.judgement.verdict == Verdict::Changed && !args.accept_change => {
            Some("if you know why it changed, --accept-change remembers how it is now".to_owned())
        }
        // What a trusted signer says is not outweighed by any change.
        _ if args.no_memory
            && (name.is_some() || sources.can_remember())
            && !matches!(
                judged.judgement.verdict,
                Verdict::Verified | Verdict::Untrusted
            ) =>
        {
            Some(format!(
                "nothing is compared with what is remembered of {} (--no-memory), so that a change \
                 of its signers would not be noticed",
                name.or(args.url.as_deref())?
            ))
        }
        _ => None,
    }
}

/// What was accepted, in words.
fn told(accepted: Option<&Accepted>) -> String {
    match accepted {
        None => "there is no change to accept".to_owned(),
        Some(Accepted::Declaration(Change::Swapped)) => {
            "accepted: what the site declares now".to_owned()
        }
        Some(Accepted::Declaration(Change::Vanished)) => {
            "accepted: that the site declares nothing any more".to_owned()
        }
        Some(Accepted::Signers(signers)) => {
            let names: Vec<String> = signers.iter().map(Signer::told).collect();
            format!("accepted as signers: {}", names.join(", "))
        }
        Some(Accepted::Unsigned(ending)) => match ending.starts_with('/') {
            true => "accepted: that files with this name are not signed".to_owned(),
            false => format!("accepted: that files with the ending .{ending} are not signed"),
        },
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
    for said in result.sources.iter().flat_map(SourceReport::said) {
        text.push_str(&format!("\n  {}", output::plain(&said)));
    }
    output::say(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::signer::RootId;

    #[test]
    fn a_repository_is_named_whole_and_only_its_own_workflows_are_meant() {
        let workflow = |root: RootId, repository: &str| Signer {
            root,
            identity: Identity::Workflow {
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: format!("https://github.com/{repository}"),
                repository_id: None,
                workflow: ".github/workflows/release.yml".into(),
            },
        };
        let meant = |name: &str, signer: &Signer| {
            repository(name).is_some_and(|repository| repository.is_signer(signer))
        };
        let own = workflow(RootId::sigstore(), "example/tool");
        assert!(meant("github.com/example/tool", &own));
        assert!(meant("github.com/Example/Tool", &own));
        for other in [
            "example/tool",
            "github.com/example",
            "github.com/example/tool/",
            "github.com/example/tool/x",
            "github.com/example/tool?x",
            "github.com/example/../tool",
            "github.com/example/tool-evil",
            "https://github.com/example/tool",
            "",
        ] {
            assert!(!meant(other, &own), "{other}");
        }
        let forked = workflow(RootId::sigstore(), "evil/tool");
        let forged = workflow(RootId::notary("00"), "example/tool");
        for stranger in [forked, forged] {
            assert!(!meant("github.com/example/tool", &stranger));
        }
    }
}
