//! `assay untrust`, `assay unsupport`, `assay trust`.

use crate::client::Client;
use crate::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::logged::LoggedSubject;
use crate::report::word;
use crate::side_by_side::side_by_side;
use crate::sign::content::Content;
use crate::sign_args::StandingArgs;
use crate::subject::{Artifact, Links, Subject};
use crate::submit::{Submitted, Submitter};
use crate::{key, output};
use assay_core::standing::{STANDING_PREDICATE, Standing, StandingPredicate};
use serde_json::json;

/// Declares the standing of the subjects.
///
/// # Errors
/// When the key or the notary cannot be used at all; what is wrong with one subject is said
/// with it, and the others go on.
pub fn run(standing: Standing, args: &StandingArgs) -> Result<Exit, CliError> {
    // What is wrong with the command line is told before anybody is asked.
    let subjects = args.subjects.all(Links::LeftOut)?;
    let client = Client::new();
    let key = key::load(&args.key)?;
    let (notary, token) = contact::to_write(&client, &args.contact)?;
    let submitter = Submitter::new(&client, &notary, &key, token)?;
    let predicate = StandingPredicate {
        standing,
        reason: args.reason.clone(),
    };
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    let work = |subject: &Subject| declare(&submitter, subject, &predicate);
    side_by_side(&subjects, work, |subject, declared| {
        let result = match declared {
            Ok((artifact, submitted)) => LoggedSubject::done(
                subject,
                "declared",
                &artifact,
                (&submitted.attestation.signer).into(),
                Some((&submitted.logged).into()),
            ),
            Err(error) => {
                exit = exit.max(error.exit());
                LoggedSubject::failed(subject, &error)
            }
        };
        if !args.json {
            result.print(&format!("declared {}", word(standing)))?;
        }
        results.push(result);
        Ok(())
    })?;
    if args.json {
        output::json(&json!({
            "schema": "assay.standing.v1",
            "notary": notary.notary.address,
            "trust_root_fingerprint": notary.notary.fingerprint,
            "standing": word(standing),
            "results": results,
        }))?;
    }
    Ok(exit)
}

fn declare(
    submitter: &Submitter<'_>,
    subject: &Subject,
    predicate: &StandingPredicate,
) -> Result<(Artifact, Submitted), CliError> {
    let artifact = subject.resolve()?;
    let statement = Content::statement(&artifact, STANDING_PREDICATE, predicate);
    // Afresh, so that what was declared, taken back and declared again is a new entry each time.
    let signed = statement.sign_afresh(submitter.key)?;
    let submitted = submitter.submit(&signed, &artifact.digest)?;
    Ok((artifact, submitted))
}
