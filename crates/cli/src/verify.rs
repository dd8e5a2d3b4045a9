//! `assay verify`: the same sources, proofs and policy as the extension.

use crate::all_images;
use crate::attributes;
use crate::client::{self, Client};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::text;
use crate::judging::{Accepted, Conclusion, Judging, Recalled};
use crate::logs::{Comparing, roots_of};
use crate::memory::Memory;
use crate::progress::Several;
use crate::report::ReasonReport;
use crate::side_by_side::side_by_side;
use crate::sources::Sources;
use crate::subject::{About, Artifact, Links, Subject};
use crate::verified::Verified;
use crate::verify_args::{Acceptable, VerifyArgs};
use crate::whom::Whom;
use crate::{output, policy, roots};
use assay_core::evidence::{Change, Evidence};
use assay_core::policy::Judgement;
use assay_core::reason::Reason;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, Settings};
use assay_core::signer::{RootId, Signer};
use assay_core::site_rule::Demand;
use assay_core::trust_root::MAX_TRUST_ROOT_BYTES;
use assay_core::verdict::Verdict;
use assay_sources::remembered;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Verifies the subjects: all are asked about side by side, and told in the order in which they were
/// named.
///
/// # Errors
/// When what is to be believed cannot be told: a policy, a trust root, or the place for what is
/// remembered; or when a change cannot be accepted. What is wrong with one subject is said with it, and
/// the others go on.
pub fn run(args: &VerifyArgs) -> Result<Exit, CliError> {
    let runtime = client::runtime()?;
    let client = Client::keeping();
    if args.accept_change && args.no_memory {
        let words = "--accept-change changes what is remembered, which --no-memory leaves alone";
        return Err(CliError::Usage(words.to_owned()));
    }
    let policy = match &args.policy {
        Some(path) => policy::read(path)?,
        None => Settings::default(),
    };
    let (given, given_roots) = given_roots(&args.trusted_root)?;
    let whom = Whom::new(&args.signer, &args.issuer, &args.repo, given, policy)?;
    let mut whom = whom.with_keys(&args.signer_key)?;
    let memory = match args.no_memory {
        true => None,
        false => Some(Memory::of_this_user()?),
    };
    let subjects = match args.all_images {
        true => all_images::subjects(args)?,
        false => args.subjects.all(Links::Told)?,
    };
    let memory = memory.as_ref();
    let sources = Sources::chosen(args, &subjects, &whom, &given_roots, &client, memory)?;
    whom.know(sources.named.as_ref(), &sources.notaries);
    let judging = Judging::new(args.url.as_deref(), memory);
    let comparing = Comparing::of_several(&client, &sources.known, &sources.bundles.roots)?;
    let several = Several::new(subjects.len());
    let mut all = Vec::new();
    let ask = |subject: &Subject| {
        // Nothing is asked about what cannot be read: it has no evidence.
        let asked = subject.resolve().and_then(|artifact| {
            let mut evidence = runtime.block_on(sources.ask(&comparing, &artifact))?;
            evidence
                .iter_mut()
                .for_each(attributes::keep_bundles_with_some);
            Ok((artifact, evidence))
        });
        several.iter().for_each(Several::advance);
        asked
    };
    side_by_side(&subjects, ask, |_, asked| {
        all.push(asked);
        Ok(())
    })?;
    drop(several);
    // Conclusion when all are asked: what the answer about one file brings to light about a log holds
    // for all of them.
    let mut used: BTreeSet<RootId> = sources.notaries.iter().map(Notary::root_id).collect();
    for (_, evidence) in all.iter_mut().flatten() {
        comparing.withhold(evidence);
        used.extend(roots_of(evidence));
    }
    let mut accepted = None;
    // With an address there is one file.
    if let (true, [Ok((artifact, found))]) = (args.accept_change, &mut all[..]) {
        let settings = whom.settings(found);
        accepted = judging.accept(found, &settings, sources.site().as_ref())?;
        output::note(&told(accepted.as_ref()));
        if let Some(Accepted::Declaration(_)) = accepted {
            // Who is declared then is found out by asking once more.
            *found = runtime.block_on(sources.ask(&comparing, artifact))?;
            comparing.withhold(found);
        }
    }
    let alarms = comparing.alarms(|root| used.contains(root));
    for alarm in &alarms {
        output::note(&alarm.warning());
    }
    let mut found = all.iter().flatten().flat_map(|(_, evidence)| evidence);
    if found.any(remembered::is_discontinued) {
        output::note(
            "a log lost what is remembered of it, or begins anew, so nothing that it proves counts. \
             Ask its administrator why; if that was no deceit, such as a backup that had to be \
             restored, `assay logs` shows what is remembered, and `assay logs forget ID` forgets it",
        );
    }
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    for (subject, asked) in subjects.iter().zip(&all) {
        let mut result = conclude(subject, asked, &whom, &judging, args, &sources);
        result.accepted = accepted.as_ref().map(Accepted::word);
        exit = exit.max(result.exit);
        if !args.json && !args.all_images {
            result.print()?;
        }
        results.push(result);
    }
    if args.all_images && !args.json {
        all_images::print(results.iter().map(Verified::line).collect())?;
    }
    if args.json {
        let notary = sources.named.as_ref().or(sources.notaries.first());
        let notary = notary.filter(|notary| sources.notaries.contains(notary));
        let notaries = sources.notaries.iter().map(|notary| {
            json!({ "notary": notary.address, "trust_root_fingerprint": notary.fingerprint })
        });
        output::json(&json!({
            "schema": "assay.verify.v1",
            "notary": notary.map(|notary| &notary.address),
            "trust_root_fingerprint": notary.map(|notary| &notary.fingerprint),
            "notaries": notaries.collect::<Vec<_>>(),
            "url": args.url,
            "offline": args.offline,
            "exit_code": exit.code(),
            "results": results,
            "log_alarms": alarms,
        }))?;
    }
    Ok(exit)
}

/// The trust roots that were given as files, and their names.
fn given_roots(files: &[PathBuf]) -> Result<(Vec<RootId>, Roots), CliError> {
    let (mut names, mut given) = (Vec::new(), Roots::new());
    for path in files {
        let root = roots::recognise(path, &text(path, MAX_TRUST_ROOT_BYTES)?)?;
        names.push(root.id().clone());
        let unusable = |problem: assay_core::proof::ProofError| CliError::WrongFile {
            path: path.clone(),
            detail: problem.to_string(),
        };
        given.add(root).map_err(unusable)?;
    }
    Ok((names, given))
}

/// The result for one subject.
fn conclude(
    subject: &Subject,
    asked: &Result<(Artifact, Vec<Evidence>), CliError>,
    whom: &Whom,
    judging: &Judging<'_>,
    args: &VerifyArgs,
    sources: &Sources<'_>,
) -> Verified {
    match asked {
        Ok((artifact, evidence)) => {
            let settings = whom.settings(evidence);
            let judged = judging.judge(evidence, &settings);
            if let Some(note) = remark(&judged, args, sources) {
                output::note(&note);
            }
            let verdict = judged.judgement.verdict;
            let (demand, from) = judging.demand(&settings);
            let (exit, unmet) = exit_of(verdict, &args.accept, demand);
            Verified {
                exit,
                unmet: unmet.then(|| demanded(demand, from.as_deref())),
                memory: judged.project.as_ref().map(|_| judged.memory),
                project: judged.project,
                about: artifact.about.clone(),
                also: artifact.digests().split_off(1),
                ..Verified::of(subject, Some(artifact.digest), &judged.judgement, evidence)
            }
        }
        Err(error) => {
            let detail = error.to_string();
            let unread = Judgement::unread(Reason::FileUnreadable { detail });
            let result = Verified::of(subject, None, &unread, &[]);
            let reasons = match ReasonReport::of_error(error) {
                Some(reason) => vec![reason],
                None => result.reasons,
            };
            // A fault of this program is none of the file.
            let exit = match error.exit() {
                Exit::INTERNAL => Exit::INTERNAL,
                _ => result.exit,
            };
            Verified {
                exit,
                reasons,
                about: About::of_error(error),
                ..result
            }
        }
    }
}

/// The exit code for a verdict, and whether it would be another one if no policy demanded more than
/// will do for the user.
fn exit_of(verdict: Verdict, accept: &[Acceptable], demand: Demand) -> (Exit, bool) {
    let mut acceptable = accept.iter();
    let will_do = acceptable.any(|one| one.verdict() == verdict);
    match will_do && demand.is_met_by(verdict) {
        true => (Exit::DONE, false),
        false => (Exit::of(verdict), will_do),
    }
}

/// What a policy demands, in words.
fn demanded(demand: Demand, from: Option<&str>) -> String {
    let verdicts = match demand.accept_authentic {
        true => "'verified' or 'authentic'",
        false => "'verified'",
    };
    let of = from.unwrap_or("everywhere");
    format!("the policy requires {verdicts} of files from {of}")
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

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::site_rule::Mode;

    #[test]
    fn what_a_policy_requires_is_not_loosened_by_what_is_accepted() {
        let demand = |mode, accept_authentic| Demand {
            mode,
            accept_authentic,
            remove: false,
        };
        let all = [
            Acceptable::Authentic,
            Acceptable::Signed,
            Acceptable::Intact,
        ];
        let lax = demand(Mode::Warn, false);
        let strict = demand(Mode::Require, false);
        let own = demand(Mode::Require, true);
        for verdict in Verdict::ALL {
            let own_code = Exit::of(verdict);
            assert_eq!(exit_of(verdict, &[], lax), (own_code, false));
            let will_do = all.iter().any(|one| one.verdict() == verdict);
            let expected = if will_do { Exit::DONE } else { own_code };
            assert_eq!(exit_of(verdict, &all, lax), (expected, false));
            assert_eq!(exit_of(verdict, &all, strict), (own_code, will_do));
            let is_own = verdict == Verdict::Authentic;
            let expected = if is_own { Exit::DONE } else { own_code };
            assert_eq!(exit_of(verdict, &all, own), (expected, will_do && !is_own));
        }
        // What is demanded alone accepts nothing.
        assert_eq!(exit_of(Verdict::Authentic, &[], own).0.code(), 10);
    }
}
