//! `assay notary rotate`: new keys for a notary.

use super::args::{RotateArgs, RotatedKey};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use assay_notary::NotaryError;
use assay_notary::rotation::{Rotate, rotate};
use assay_notary::store::StoreError;
use serde_json::json;

/// Gives a notary that is not running new keys.
///
/// # Errors
/// When it is running, or its files cannot be read or written.
pub fn run(args: &RotateArgs) -> Result<Exit, CliError> {
    let wants = |key| args.keys.is_empty() || args.keys.contains(&key);
    let what = Rotate {
        log: wants(RotatedKey::Log),
        authority: wants(RotatedKey::Authority),
    };
    let runtime =
        tokio::runtime::Runtime::new().map_err(|error| CliError::Internal(error.to_string()))?;
    let rotated = runtime
        .block_on(rotate(&args.place.data, args.place.lock.as_deref(), what))
        .map_err(|error| match error {
            NotaryError::Store(StoreError::InUse) => CliError::Log(
                "the notary is running; stop it, rotate its keys, and start it again".into(),
            ),
            other => other.into(),
        })?;
    if args.json {
        output::json(&json!({
            "schema": "assay.notary.rotated.v1",
            "previous_trust_root_fingerprint": rotated.before,
            "trust_root_fingerprint": rotated.after,
            "log_id": rotated.log_id,
        }))?;
    } else {
        output::say(&format!(
            "rotated\n  trust root before {}\n  trust root now    {}\n  log               {}",
            rotated.before, rotated.after, rotated.log_id
        ))?;
    }
    Ok(Exit::DONE)
}
