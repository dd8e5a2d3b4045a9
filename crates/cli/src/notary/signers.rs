//! `assay notary signer`: who is named, and whose key was revoked.

use super::args::{SignerAddArgs, SignerListArgs, SignerRevokeArgs};
use crate::error::CliError;
use crate::exit::Exit;
use crate::input::{MAX_KEY_BYTES, bytes_or_input};
use crate::output;
use assay_core::revocation::Revocation;
use assay_core::root_store::day;
use assay_notary::signers::{Signer, Signers};
use assay_notary::store::StoreError;
use assay_notary::{
    Notary, NotaryError, identity::Identity, moment, revocation, revocation::Wanted,
    trust::TrustState,
};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// For how long a running notary is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether it is done.
const LOOK: Duration = Duration::from_millis(100);

/// Enrols a key.
///
/// # Errors
/// When it cannot be enrolled.
pub fn add(args: &SignerAddArgs) -> Result<Exit, CliError> {
    let pem = bytes_or_input(&args.key_file, MAX_KEY_BYTES)?;
    let enrolled = assay_notary::signers::enrol(&args.place.data, &args.name, &pem)?;
    if args.json {
        output::json(&json!({
            "schema": "assay.signer.v1",
            "name": enrolled.name,
            "fingerprint": enrolled.fingerprint,
            "certificate": enrolled.file.to_string_lossy(),
        }))?;
    } else {
        output::say(&format!(
            "enrolled {}\n  key         {}\n  certificate {}",
            output::plain(&enrolled.name),
            enrolled.fingerprint,
            output::plain(&enrolled.file.to_string_lossy())
        ))?;
    }
    Ok(Exit::DONE)
}

/// Lists the signers.
///
/// # Errors
/// When there is no notary, or its files cannot be read.
pub fn list(args: &SignerListArgs) -> Result<Exit, CliError> {
    Identity::of_notary(&args.place.data)?;
    let signers = Signers::of(&args.place.data).all()?;
    if args.json {
        let signers: Vec<Value> = signers.iter().map(report).collect();
        output::json(&json!({ "schema": "assay.signers.v1", "signers": signers }))?;
        return Ok(Exit::DONE);
    }
    if signers.is_empty() {
        output::say("no signers; enrol one with `assay notary signer add`")?;
    }
    for signer in &signers {
        output::say(&told(signer))?;
    }
    Ok(Exit::DONE)
}

/// Revokes a key, and sees to it that this is logged.
///
/// # Errors
/// When there is no such signer, or it could not be logged.
pub fn revoke(args: &SignerRevokeArgs) -> Result<Exit, CliError> {
    let since = args.since.as_ref().map(|text| {
        moment::parse(text).ok_or_else(|| {
            CliError::Usage(format!(
                "{text:?} is no day like 2026-11-20, and no moment like 2026-11-20T15:00:00Z"
            ))
        })
    });
    let wanted = Wanted {
        since: since.transpose()?,
        reason: args.reason.as_deref(),
    };
    let (data, lock) = (&args.place.data, args.place.lock.as_deref());
    let statement = revocation::revoke(data, lock, &args.who, wanted)?;
    let revocation = &statement.revocation;
    log(data, lock, revocation)?;
    if args.json {
        output::json(&json!({
            "schema": "assay.signer.revoked.v1",
            "name": revocation.name,
            "fingerprint": revocation.key,
            "since": revocation.since,
            "reason": revocation.reason,
        }))?;
    } else {
        output::say(&format!(
            "revoked {}\n  key   {}\n  since {}",
            output::plain(&revocation.name),
            revocation.key,
            day(revocation.since)
        ))?;
    }
    Ok(Exit::DONE)
}

/// Has a revocation logged that is written down: by the notary that runs, or else here.
fn log(data: &Path, lock: Option<&Path>, revocation: &Revocation) -> Result<(), CliError> {
    match Notary::open_existing(data, lock) {
        Ok(notary) => {
            let runtime = tokio::runtime::Runtime::new().map_err(unlogged)?;
            return runtime.block_on(notary.settle()).map_err(unlogged);
        }
        Err(NotaryError::Store(StoreError::InUse)) => {}
        Err(error) => return Err(unlogged(error)),
    }
    let identity = Identity::of_notary(data).map_err(unlogged)?;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let state = TrustState::load(data, &identity).map_err(unlogged)?;
        if state.has_revoked(revocation) {
            return Ok(());
        }
        std::thread::sleep(LOOK);
    }
    Err(CliError::Log(
        "the key is revoked and no certificate of it is handed out any more, but the running notary \
         has not logged that yet. It does so at its next start at the latest"
            .into(),
    ))
}

/// What failed came after the revocation was written down, which holds.
fn unlogged(error: impl std::fmt::Display) -> CliError {
    CliError::Log(format!(
        "the key is revoked and no certificate of it is handed out any more, but that could not be \
         logged yet, which is done at the next start: {error}"
    ))
}

fn report(signer: &Signer) -> Value {
    json!({
        "name": signer.name,
        "fingerprint": signer.fingerprint,
        "since": signer.since,
        "revoked": signer.revoked.as_ref().map(|revocation| json!({
            "since": revocation.since,
            "reason": revocation.reason,
        })),
    })
}

fn told(signer: &Signer) -> String {
    let mut text = format!(
        "{}\n  key     {}",
        output::plain(&signer.name),
        signer.fingerprint
    );
    if let Some(since) = signer.since {
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        text.push_str(&format!("\n  since   {}", day(since)));
    }
    if let Some(revocation) = &signer.revoked {
        text.push_str(&format!("\n  revoked {}", day(revocation.since)));
        if let Some(reason) = &revocation.reason {
            text.push_str(&format!(" ({})", output::plain(reason)));
        }
    }
    text
}
