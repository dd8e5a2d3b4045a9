//! `assay key`, and the key that signs.

use crate::config;
use crate::contact_args::PrivateKey;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::sign_args::KeyArgs;
use assay_core::signer::key_fingerprint;
use assay_notary::keys::SigningKey;
use serde_json::json;
use std::path::PathBuf;

/// Shows the public key.
///
/// # Errors
/// When the key can neither be read nor made.
pub fn run(args: &KeyArgs) -> Result<Exit, CliError> {
    let key = load(&args.key)?;
    let fingerprint = key_fingerprint(key.public_der());
    if args.json {
        output::json(&json!({
            "schema": "assay.key.v1",
            "file": path(&args.key)?.to_string_lossy(),
            "fingerprint": fingerprint,
            "public_key": key.public_pem(),
        }))?;
    } else {
        // Only the key on standard output, so that it can be redirected into a file.
        output::say(key.public_pem().trim_end())?;
        output::note(&format!("fingerprint {fingerprint}"));
    }
    Ok(Exit::DONE)
}

/// The key to sign with: the one that was named, or the user's own, made on first use.
///
/// # Errors
/// When it can neither be read nor made.
pub fn load(args: &PrivateKey) -> Result<SigningKey, CliError> {
    Ok(match &args.key {
        Some(file) => SigningKey::load(file)?,
        None => SigningKey::load_or_create(&path(args)?)?,
    })
}

/// The key to sign with, where there is one already.
///
/// # Errors
/// When it cannot be read.
pub fn existing(args: &PrivateKey) -> Result<Option<SigningKey>, CliError> {
    let path = path(args)?;
    match path.exists() {
        true => Ok(Some(SigningKey::load(&path)?)),
        false => Ok(None),
    }
}

fn path(args: &PrivateKey) -> Result<PathBuf, CliError> {
    match &args.key {
        Some(file) => Ok(file.clone()),
        None => Ok(config::directory()?.join("key.pem")),
    }
}
