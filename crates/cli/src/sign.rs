//! `assay sign`.

use crate::client::Client;
use crate::error::CliError;
use crate::exit::Exit;
use crate::image_signature;
use crate::logged::LoggedSubject;
use crate::side_by_side::side_by_side;
use crate::sign_args::SignArgs;
use crate::subject::{Artifact, Subject};
use crate::submit::{Submitted, Submitter};
use crate::{bundle_place, contact, key, output};
use assay_notary::files::{self, Mode};
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;

/// Signs the subjects.
///
/// # Errors
/// When the key or the notary cannot be used at all; what is wrong with one subject is said
/// with it, and the others go on.
pub fn run(args: &SignArgs) -> Result<Exit, CliError> {
    let client = Client::new();
    let key = key::load(&args.key)?;
    let (notary, token) = contact::to_write(&client, &args.contact)?;
    let submitter = Submitter::new(&client, &notary, &key, token)?;
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    let subjects = args.subjects.all()?;
    let chosen = args.bundle.as_deref();
    bundle_place::require_one(chosen, &subjects)?;
    let work = |subject: &Subject| sign(&submitter, subject, chosen, args);
    side_by_side(&subjects, work, |subject, signed| {
        let result = match signed {
            Ok((artifact, submitted, attached)) => {
                let outcome = match submitted.known {
                    true => "already_signed",
                    false => "signed",
                };
                let written = artifact.bundle.as_ref();
                LoggedSubject {
                    attached,
                    bundle: written.map(|path| path.to_string_lossy().into_owned()),
                    ..LoggedSubject::done(subject, outcome, &artifact, &submitted)
                }
            }
            Err(error) => {
                exit = exit.max(error.exit());
                LoggedSubject::failed(subject, &error)
            }
        };
        if !args.json {
            result.print(match result.outcome {
                "already_signed" => "was signed before",
                _ => "signed",
            })?;
        }
        results.push(result);
        Ok(())
    })?;
    if args.json {
        output::json(&json!({
            "schema": "assay.sign.v1",
            "notary": notary.notary.address,
            "trust_root_fingerprint": notary.notary.fingerprint,
            "results": results,
        }))?;
    }
    Ok(exit)
}

fn sign(
    submitter: &Submitter<'_>,
    subject: &Subject,
    chosen: Option<&Path>,
    args: &SignArgs,
) -> Result<(Artifact, Submitted, Option<String>), CliError> {
    // Before anything is logged: what is logged cannot be taken back.
    let bundle = bundle_place::of(subject, chosen)?;
    if let (Some(bundle), false) = (&bundle, args.force) {
        check_replaceable(bundle, submitter)?;
    }
    if args.attach {
        image_signature::check_attachable(subject)?;
    }
    let artifact = Artifact {
        bundle,
        ..subject.resolve()?
    };
    if artifact.image.is_some() {
        let submitted = image_signature::sign(submitter, &artifact)?;
        write_bundle(&artifact, &submitted)?;
        let attached = match args.attach {
            true => Some(image_signature::attach(&artifact, &submitted)?),
            false => None,
        };
        return Ok((artifact, submitted, attached));
    }
    let digest = artifact.digest;
    let signature = submitter.key.sign_digest(&digest)?;
    let proposal = json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": digest.to_hex() } },
            "signature": {
                "content": STANDARD.encode(signature),
                "publicKey": { "content": STANDARD.encode(&submitter.verifier) },
            },
        },
    });
    let submitted = submitter.submit(&proposal, None, &digest)?;
    write_bundle(&artifact, &submitted)?;
    Ok((artifact, submitted, None))
}

/// Writes the bundle where it has a place.
fn write_bundle(artifact: &Artifact, submitted: &Submitted) -> Result<(), CliError> {
    let Some(bundle) = &artifact.bundle else {
        return Ok(());
    };
    let text = format!("{}\n", submitted.bundle);
    files::replace(bundle, text.as_bytes(), Mode::Shared)
        .map_err(|source| CliError::file(bundle, source))
}

/// Refuses to replace what is not a bundle of the same key.
fn check_replaceable(bundle: &Path, submitter: &Submitter<'_>) -> Result<(), CliError> {
    let text = match std::fs::read(bundle) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(CliError::file(bundle, error)),
    };
    match logged_key(&text).as_deref() {
        Some(key) if key == submitter.key.public_der() => Ok(()),
        _ => Err(CliError::WrongFile {
            path: bundle.to_owned(),
            detail: "exists, and is not a signature by this key; use --force to replace it".into(),
        }),
    }
}

fn logged_key(bundle: &[u8]) -> Option<Vec<u8>> {
    let bundle: Value = serde_json::from_slice(bundle).ok()?;
    let body = bundle.pointer("/verificationMaterial/tlogEntries/0/canonicalizedBody")?;
    let body = STANDARD.decode(body.as_str()?).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let key = body.pointer("/spec/signature/publicKey/content")?;
    let key = STANDARD.decode(key.as_str()?).ok()?;
    Some(Verifier::from_pem(&key).ok()?.key_der().to_vec())
}
