//! What is asked of a bundle beyond what `sigstore-verify` asks.
//!
//! The verifier accepts a checkpoint by any log of the trust root, whichever log the entry names,
//! and believes of a proof what the checkpoint does not contradict. Here the log that is named is
//! the one that has to answer, as what is remembered of logs goes by that name. And whatever a
//! bundle can have many of is bounded, as each costs a signature to verify.

use super::check::Check;
use super::error::ProofError;
use crate::fields::Fields;
use crate::trust_root::TrustRoot;
use crate::x509_name;
use sigstore_types::bundle::VerificationMaterialContent;
use sigstore_types::{Bundle, KindVersion, TransparencyLogEntry};
use sigstore_verify::VerificationResult;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// The most log entries that a bundle may have. Real ones have one.
const MAX_ENTRIES: usize = 4;
/// The most timestamps that a bundle may have. Real ones have one or two.
const MAX_TIMESTAMPS: usize = 4;
/// The most signatures that a checkpoint may have: the log's and its witnesses'.
const MAX_CHECKPOINT_SIGNATURES: usize = 32;
/// The most certificates that a bundle may have. Real ones have one to three.
pub const MAX_CERTIFICATES: usize = 16;

/// Refuses what the verifier would let pass.
pub(super) fn check(bundle: &Bundle, root: &TrustRoot) -> Result<(), ProofError> {
    check_certificates(bundle)?;
    let material = &bundle.verification_material;
    let timestamps = &material.timestamp_verification_data.rfc3161_timestamps;
    at_most(MAX_TIMESTAMPS, timestamps.len(), "timestamps")?;
    at_most(MAX_ENTRIES, material.tlog_entries.len(), "log entries")?;
    // Where there is no log, nothing is told of entries.
    if root.is_without_log() {
        return Ok(());
    }
    for (number, entry) in material.tlog_entries.iter().enumerate() {
        let mut earlier = material.tlog_entries.iter().take(number);
        if earlier.any(|other| is_same(entry, other)) {
            return Err(Check::Logged.failed("the same entry twice"));
        }
        check_log(entry, root)?;
    }
    Ok(())
}

/// Refuses an entry that says to be of another kind than what was logged says: nobody signed what the
/// bundle says of it.
fn check_kind(entry: &TransparencyLogEntry) -> Result<(), ProofError> {
    let body = std::str::from_utf8(entry.canonicalized_body.as_bytes()).unwrap_or_default();
    let read = Fields::read(body).map_err(|error| Check::EntryForm.failed(error.to_string()))?;
    let told = |name: &str| read.text(name).unwrap_or_default();
    let (kind, version) = (told("kind"), told("apiVersion"));
    let named = (entry.kind_version.kind(), entry.kind_version.version());
    match (kind.as_str(), version.as_str()) == named {
        true => Ok(()),
        false => Err(Check::Kind.failed_for(
            format!("an entry of kind {} {}", named.0, named.1),
            format!("{kind} {version}"),
        )),
    }
}

/// Refuses entries of another kind than the bundle says, and what was signed while a log that it names
/// was not in service. The verifier asks this of
/// a log's promise alone; a log's key that is no longer in use could still sign checkpoints, in
/// whoever's hands it has come. No time that is proven of the signing may lie outside, and where
/// none is proven, the log must be in service today.
pub(super) fn check_entries(
    bundle: &Bundle,
    root: &TrustRoot,
    result: &VerificationResult,
) -> Result<(), ProofError> {
    let times = result.verified_timestamps();
    for entry in &bundle.verification_material.tlog_entries {
        check_kind(entry)?;
    }
    for entry in &bundle.verification_material.tlog_entries {
        let mut logs = root.content().tlogs.iter();
        let log = logs.find(|log| log.log_id == entry.log_id);
        let Some(window) = log.and_then(|log| log.public_key.valid_for) else {
            continue;
        };
        let outside = match times.iter().find(|time| !window.contains(**time)) {
            Some(time) => time.to_string(),
            None if times.is_empty() && !window.is_valid() => "no proven time".to_owned(),
            None => continue,
        };
        let id = hex::encode(entry.log_id.key_id.as_bytes());
        let until = window.end.map(|end| format!(" until {end}"));
        let until = until.unwrap_or_default();
        return Err(Check::LogWindow.failed_for(
            format!(
                "a time in the service of the log {id}, from {}{until}",
                window.start
            ),
            outside,
        ));
    }
    Ok(())
}

/// A chain brings what the trust root lacks between signer and root; the root itself is the trust
/// root's to name.
fn check_certificates(bundle: &Bundle) -> Result<(), ProofError> {
    let VerificationMaterialContent::X509CertificateChain { certificates } =
        &bundle.verification_material.content
    else {
        return Ok(());
    };
    at_most(MAX_CERTIFICATES, certificates.len(), "certificates")?;
    for certificate in certificates.iter().skip(1) {
        let certificate = Certificate::from_der(certificate.raw_bytes.as_bytes())
            .map_err(|error| Check::CertificateForm.failed(error.to_string()))?;
        let certificate = certificate.tbs_certificate;
        if certificate.issuer == certificate.subject {
            return Err(Check::Format.failed_for(
                "a chain that ends below the root",
                format!("the root {} in it", x509_name::text(&certificate.subject)),
            ));
        }
    }
    Ok(())
}

fn is_same(entry: &TransparencyLogEntry, other: &TransparencyLogEntry) -> bool {
    entry.log_id == other.log_id
        && (entry.log_index == other.log_index
            || entry.canonicalized_body == other.canonicalized_body)
}

/// That the log is known, and the checkpoint its own and of that very tree. That it is signed is
/// left to the verifier.
fn check_log(entry: &TransparencyLogEntry, root: &TrustRoot) -> Result<(), ProofError> {
    let id = entry.log_id.key_id.as_bytes();
    let logs = || {
        root.content()
            .tlogs
            .iter()
            .map(|log| log.log_id.key_id.as_bytes())
    };
    if !logs().any(|log| log == id) {
        return Err(Check::KnownLog.failed(format!("the log {}", hex::encode(id))));
    }
    let Some(proof) = &entry.inclusion_proof else {
        return Ok(());
    };
    let Some(checkpoint) = proof.checkpoint.checkpoint() else {
        return Err(Check::Checkpoint.failed("none"));
    };
    at_most(
        MAX_CHECKPOINT_SIGNATURES,
        checkpoint.signatures().len(),
        "signatures of a checkpoint",
    )?;
    // The verifier takes the first signature that is by any log of the trust root, so there must be
    // none by another. They are told apart by what notes say of keys: the first bytes of their id.
    let other = checkpoint.signatures().iter().find_map(|signature| {
        let hint = signature.key_id.as_bytes();
        logs().find(|log| log.starts_with(hint) && !id.starts_with(hint))
    });
    if let Some(other) = other {
        return Err(Check::Checkpoint.failed_for(
            format!("a checkpoint by the log {}", hex::encode(id)),
            format!("one by {}", hex::encode(other)),
        ));
    }
    // In Rekor v2 the checkpoint's size is the only one that is read.
    let stated = entry.kind_version != KindVersion::HashedRekordV002;
    if stated && proof.tree_size != checkpoint.tree_size() {
        return Err(Check::InclusionProof.failed_for(
            format!("a path in a tree of {} entries", checkpoint.tree_size()),
            format!("one in a tree of {}", proof.tree_size),
        ));
    }
    Ok(())
}

fn at_most(limit: usize, found: usize, what: &str) -> Result<(), ProofError> {
    if found > limit {
        return Err(Check::Format.failed_for(format!("at most {limit} {what}"), found.to_string()));
    }
    Ok(())
}
