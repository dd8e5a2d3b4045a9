//! Reading TUF metadata, and saying what is wrong with it.

use assay_core::refresh_error::{RefreshCheck, RefreshError};
use jiff::Timestamp;
use sigstore_tuf::metadata::Role;
use sigstore_tuf::{Error, Metadata, Root};

/// Reads a role's metadata. Nothing is verified yet.
pub(super) fn read<T: Role>(file: &str, text: &str) -> Result<Metadata<T>, RefreshError> {
    Metadata::from_slice(text.as_bytes()).map_err(|error| refused(file, error))
}

/// Reads metadata that was accepted before; `None` where the keys now in charge did not sign it,
/// as after a change of keys: then it says nothing about what may come (TUF 5.3.11).
pub(super) fn accepted<T: Role>(root: &Root, text: Option<&String>) -> Option<T> {
    let metadata = Metadata::<T>::from_slice(text?.as_bytes()).ok()?;
    let keys = root.role(T::TYPE)?;
    metadata
        .verify_threshold(&root.keys, keys, T::TYPE)
        .ok()
        .map(|()| metadata.into_signed())
}

/// Refuses metadata that has expired. What expires now is still good, as `sigstore-tuf` has it.
pub(super) fn unexpired(file: &str, role: &impl Role, now: Timestamp) -> Result<(), RefreshError> {
    match role.is_expired(now) {
        true => Err(expired(file, role.expires(), now)),
        false => Ok(()),
    }
}

/// Refuses a version older than the one that was accepted before.
pub(super) fn not_older(
    file: &str,
    accepted: Option<u64>,
    version: u64,
) -> Result<(), RefreshError> {
    match accepted {
        Some(accepted) if version < accepted => Err(RefreshCheck::Rollback.failed(
            file,
            format!("version {accepted} or later"),
            format!("version {version}"),
        )),
        _ => Ok(()),
    }
}

/// The error for what `sigstore-tuf` refused.
pub(super) fn refused(file: &str, error: Error) -> RefreshError {
    match error {
        Error::ThresholdNotMet {
            role,
            found,
            threshold,
        } => RefreshCheck::Signatures.failed(
            file,
            format!("{threshold} valid signatures for the role {role}"),
            found.to_string(),
        ),
        Error::DuplicateSignature { role, key_id } => RefreshCheck::Signatures.failed(
            file,
            format!("one signature of each key for the role {role}"),
            format!("several of {key_id}"),
        ),
        Error::BadRootVersion { trusted, new } => RefreshCheck::Succession.failed(
            file,
            format!("version {}", trusted.saturating_add(1)),
            format!("version {new}"),
        ),
        Error::Json(error) => RefreshCheck::Form.failed(file, "JSON", error.to_string()),
        other => RefreshCheck::Form.failed(file, "TUF metadata 1.x", other.to_string()),
    }
}

fn expired(file: &str, expires: Timestamp, now: Timestamp) -> RefreshError {
    RefreshCheck::Expiry.failed(
        file,
        format!("metadata valid at {now}"),
        format!("valid until {expires}"),
    )
}
