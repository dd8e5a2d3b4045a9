//! From the errors of `sigstore-verify` to the checks of this project.

use super::check::Check;
use super::error::ProofError;
use sigstore_trust_root::TrustedRoot;
use sigstore_types::Bundle;
use sigstore_verify::{CertificateError, Error, TimestampError, TransparencyLogError};
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::{DateTime, Decode};

/// Which check an error stands for.
pub(super) fn refused(error: Error, bundle: &Bundle, root: &TrustedRoot) -> ProofError {
    let found = error.to_string();
    match error {
        Error::Certificate(error) => certificate(error, found, bundle),
        Error::TransparencyLog(error) => log(error, found),
        Error::Timestamp(error) => timestamp(error, found, root),
        // The bundle was found to be about the file before; only the words say that it is the log
        // entry that is about another.
        Error::ArtifactMismatch(found) if found.contains("hashedrekord entry") => {
            Check::Entry.failed(found)
        }
        Error::ArtifactMismatch(found) => Check::ThisFile.failed(found),
        Error::SignatureInvalid(found) => Check::Signature.failed(found),
        Error::UnsupportedBundle(found) | Error::UnsupportedArtifact(found) => {
            Check::Kind.failed(found)
        }
        Error::Crypto(sigstore_crypto::Error::UnsupportedAlgorithm(found)) => {
            Check::Kind.failed(found)
        }
        // Of the root that the verifier was made with, only this is found out so late: that it has
        // no log of certificates with a key of the kind that the certificate asks for.
        Error::InvalidTrustRoot(found) => Check::CertificateTimestamp.failed(found),
        Error::Bundle(error) => structure(error, found),
        _ => Check::Format.failed(found),
    }
}

fn certificate(error: CertificateError, found: String, bundle: &Bundle) -> ProofError {
    match error {
        CertificateError::Malformed(_) => Check::CertificateForm.failed(found),
        CertificateError::NoValidAuthority { time } => Check::AuthorityWindow.failed_for(
            format!("an authority in office at {time}"),
            "none of the trust root's",
        ),
        // The chain is built for the time of signing, and says in words alone when that is why
        // there is none.
        CertificateError::ChainInvalid(words)
            if ["CertExpired", "CertNotValidYet"]
                .iter()
                .any(|reason| words.contains(reason)) =>
        {
            Check::CertificateWindow.failed(lifetime(&words, bundle))
        }
        CertificateError::Sct(_) => Check::CertificateTimestamp.failed(found),
        _ => Check::CertificateChain.failed(found),
    }
}

/// When it was signed, by what the verifier says of it, and for how long the signer's certificate is
/// valid.
fn lifetime(words: &str, bundle: &Bundle) -> String {
    let signed = words
        .split_once("UnixTime(")
        .and_then(|(_, after)| after.split_once(')'))
        .and_then(|(seconds, _)| seconds.parse().ok())
        .and_then(|seconds| DateTime::from_unix_duration(Duration::from_secs(seconds)).ok());
    let leaf = bundle.signing_certificate();
    let leaf = leaf.and_then(|leaf| Certificate::from_der(leaf.as_bytes()).ok());
    match (signed, leaf.map(|leaf| leaf.tbs_certificate.validity)) {
        (Some(signed), Some(validity)) => format!(
            "signed at {signed}; the signer's certificate is valid from {} until {}",
            validity.not_before, validity.not_after
        ),
        _ => words.to_owned(),
    }
}

fn log(error: TransparencyLogError, found: String) -> ProofError {
    match error {
        TransparencyLogError::UnknownLog { log_id } => Check::KnownLog.failed(log_id),
        TransparencyLogError::InclusionProof(found) => Check::InclusionProof.failed(found),
        TransparencyLogError::Checkpoint(found) => Check::Checkpoint.failed(found),
        TransparencyLogError::InclusionPromise(found) => Check::InclusionPromise.failed(found),
        TransparencyLogError::EntryMismatch(found) => Check::Entry.failed(found),
        TransparencyLogError::IntegratedTime(found) => Check::IntegratedTime.failed(found),
        TransparencyLogError::MalformedEntry(found) => Check::EntryForm.failed(found),
        _ => Check::Logged.failed(found),
    }
}

fn timestamp(error: TimestampError, found: String, root: &TrustedRoot) -> ProofError {
    match error {
        TimestampError::OutsideAuthorityValidity { time } => {
            let authorities = root.timestamp_authorities.iter();
            let windows: Vec<String> = authorities
                .filter_map(|authority| authority.valid_for)
                .map(|window| match window.end {
                    Some(end) => format!("{} to {end}", window.start),
                    None => format!("{} on", window.start),
                })
                .collect();
            let expected = Check::TimestampWindow.expected();
            Check::TimestampWindow.failed_for(
                format!(
                    "{expected} (those of the trust root: {})",
                    windows.join(", ")
                ),
                time.to_string(),
            )
        }
        TimestampError::NoVerifiedTimestamp(found) => Check::Time.failed(found),
        _ => Check::Timestamp.failed(found),
    }
}

/// What a bundle of its version must have.
fn structure(error: sigstore_verify::bundle::Error, found: String) -> ProofError {
    use sigstore_verify::bundle::Error;
    match error {
        Error::MissingInclusionPromise(_) | Error::MissingInclusionProof(_) => {
            Check::Logged.failed(found)
        }
        Error::MissingSigningTimeEvidence | Error::MissingTimestamp => Check::Time.failed(found),
        Error::MissingCheckpoint | Error::CheckpointRootMismatch => Check::Checkpoint.failed(found),
        Error::LogIndexOutOfRange { .. } => Check::InclusionProof.failed(found),
        _ => Check::Format.failed(found),
    }
}
