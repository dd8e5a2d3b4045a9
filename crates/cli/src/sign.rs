//! `assay sign`.

use crate::args::SignArgs;
use crate::client::Client;
use crate::client_token::ClientToken;
use crate::contact::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::logged::LoggedFile;
use crate::submit::{Submitted, Submitter};
use crate::{hash, key, output};
use assay_core::digest::Sha256Digest;
use assay_notary::files::{self, Mode};
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Signs the files.
///
/// # Errors
/// When the key or the notary cannot be used at all; what is wrong with one file is said with the
/// file, and the others go on.
pub fn run(args: &SignArgs) -> Result<Exit, CliError> {
    let client = Client::new();
    let key = key::load(&args.key)?;
    let token = ClientToken::find(args.contact.token_file.as_deref())?;
    let notary = contact(
        &client,
        &args.contact.notary,
        args.contact.fingerprint.as_deref(),
    )?;
    let submitter = Submitter::new(&client, &notary, &key, token)?;
    let mut exit = Exit::DONE;
    let mut results = Vec::new();
    for file in &args.files {
        let result = match sign(&submitter, file, args.force) {
            Ok((digest, submitted, bundle)) => {
                let outcome = match submitted.known {
                    true => "already_signed",
                    false => "signed",
                };
                LoggedFile {
                    bundle: Some(bundle.to_string_lossy().into_owned()),
                    ..LoggedFile::done(file, outcome, digest, &submitted)
                }
            }
            Err(error) => {
                exit = exit.max(error.exit());
                LoggedFile::failed(file, &error)
            }
        };
        if !args.json {
            result.print(match result.outcome {
                "already_signed" => "was signed before",
                _ => "signed",
            })?;
        }
        results.push(result);
    }
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
    file: &Path,
    force: bool,
) -> Result<(Sha256Digest, Submitted, PathBuf), CliError> {
    let bundle_file = bundle_beside(file);
    // Before anything is logged: what is logged cannot be taken back.
    if !force {
        check_replaceable(&bundle_file, submitter)?;
    }
    let digest = hash::file(file)?;
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
    let text = format!("{}\n", submitted.bundle);
    files::replace(&bundle_file, text.as_bytes(), Mode::Shared)
        .map_err(|source| CliError::file(&bundle_file, source))?;
    Ok((digest, submitted, bundle_file))
}

/// `FILE.sigstore.json`.
fn bundle_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".sigstore.json");
    PathBuf::from(name)
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
