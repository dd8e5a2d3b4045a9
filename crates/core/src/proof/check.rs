//! The single checks of a proof, each of which can fail on its own.

use serde::{Deserialize, Serialize};

/// One check on the way from a bundle to an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It can be read as a Sigstore bundle of a known version, with all that this version asks for.
    Format,
    /// Its kinds of key, signature, statement and log entry are understood.
    Kind,
    /// There is a trust root here for its certificate and its log.
    KnownRoot,
    /// That trust root can be used.
    TrustRoot,
    /// It is about this file.
    ThisFile,
    /// It names the file by a digest that was computed.
    KnownDigest,
    /// The signature is the signer's.
    Signature,
    /// It was made with the key that was asked for.
    ExpectedKey,
    /// It was made by the signer that was asked for.
    ExpectedSigner,
    /// The certificate can be read.
    CertificateForm,
    /// An authority of the trust root issued the certificate, for signing code.
    CertificateChain,
    /// That authority was in office at the time of signing.
    AuthorityWindow,
    /// The certificate was valid at the time of signing.
    CertificateWindow,
    /// A certificate transparency log promised to show the certificate.
    CertificateTimestamp,
    /// The certificate says who signed and who vouches for it.
    Identity,
    /// Something proves when it was signed.
    Time,
    /// The timestamp is an authority's, over this signature (RFC 3161).
    Timestamp,
    /// The authority of the timestamp was in office then.
    TimestampWindow,
    /// It is in a transparency log.
    Logged,
    /// The log is one of the trust root's.
    KnownLog,
    /// The log was in service at the time of signing.
    LogWindow,
    /// The entry can be read.
    EntryForm,
    /// The entry is about this signature, this key and this file.
    Entry,
    /// The entry is in the tree that the checkpoint signs (RFC 6962, section 2.1.1).
    InclusionProof,
    /// The checkpoint is the log's.
    Checkpoint,
    /// The log's promise to include the entry is the log's.
    InclusionPromise,
    /// The time of integration lies in the certificate's life, and not in the future.
    IntegratedTime,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 27] = [
        Self::Format,
        Self::Kind,
        Self::KnownRoot,
        Self::TrustRoot,
        Self::ThisFile,
        Self::KnownDigest,
        Self::Signature,
        Self::ExpectedKey,
        Self::ExpectedSigner,
        Self::CertificateForm,
        Self::CertificateChain,
        Self::AuthorityWindow,
        Self::CertificateWindow,
        Self::CertificateTimestamp,
        Self::Identity,
        Self::Time,
        Self::Timestamp,
        Self::TimestampWindow,
        Self::Logged,
        Self::KnownLog,
        Self::LogWindow,
        Self::EntryForm,
        Self::Entry,
        Self::InclusionProof,
        Self::Checkpoint,
        Self::InclusionPromise,
        Self::IntegratedTime,
    ];

    /// The check's name in messages and JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Kind => "kind",
            Self::KnownRoot => "known_root",
            Self::TrustRoot => "trust_root",
            Self::ThisFile => "this_file",
            Self::KnownDigest => "known_digest",
            Self::Signature => "signature",
            Self::ExpectedKey => "expected_key",
            Self::ExpectedSigner => "expected_signer",
            Self::CertificateForm => "certificate_form",
            Self::CertificateChain => "certificate_chain",
            Self::AuthorityWindow => "authority_window",
            Self::CertificateWindow => "certificate_window",
            Self::CertificateTimestamp => "certificate_timestamp",
            Self::Identity => "identity",
            Self::Time => "time",
            Self::Timestamp => "timestamp",
            Self::TimestampWindow => "timestamp_window",
            Self::Logged => "logged",
            Self::KnownLog => "known_log",
            Self::LogWindow => "log_window",
            Self::EntryForm => "entry_form",
            Self::Entry => "entry",
            Self::InclusionProof => "inclusion_proof",
            Self::Checkpoint => "checkpoint",
            Self::InclusionPromise => "inclusion_promise",
            Self::IntegratedTime => "integrated_time",
        }
    }

    /// The section of Sigstore's client specification that asks for the check.
    pub fn section(self) -> &'static str {
        match self {
            Self::Format | Self::Kind | Self::KnownRoot | Self::TrustRoot | Self::KnownDigest => {
                "4.1"
            }
            Self::Time => "4.2",
            Self::Timestamp | Self::TimestampWindow => "4.2.1",
            Self::IntegratedTime => "4.2.2",
            Self::CertificateForm
            | Self::CertificateChain
            | Self::AuthorityWindow
            | Self::CertificateWindow
            | Self::CertificateTimestamp
            | Self::Identity
            | Self::ExpectedSigner => "4.3",
            Self::Logged
            | Self::KnownLog
            | Self::LogWindow
            | Self::EntryForm
            | Self::Entry
            | Self::InclusionProof
            | Self::Checkpoint
            | Self::InclusionPromise => "4.4",
            Self::ThisFile | Self::Signature | Self::ExpectedKey => "4.5",
        }
    }

    /// What must be the case, in technical words.
    pub fn expected(self) -> &'static str {
        match self {
            Self::Format => "a Sigstore bundle v0.1, v0.2 or v0.3",
            Self::Kind => "kinds of key, signature, statement and log entry known here",
            Self::KnownRoot => "a certificate or log of a trust root known here",
            Self::TrustRoot => "a usable trust root",
            Self::ThisFile => "a statement about this file",
            Self::KnownDigest => "a digest that was computed",
            Self::Signature => "a signature by the signer's key",
            Self::ExpectedKey => "the key that was asked for",
            Self::ExpectedSigner => "the signer that was asked for",
            Self::CertificateForm => "an X.509 certificate",
            Self::CertificateChain => "a chain to an authority of the trust root, for signing code",
            Self::AuthorityWindow => "an authority in office at the time of signing",
            Self::CertificateWindow => "a certificate valid at the time of signing",
            Self::CertificateTimestamp => {
                "a timestamp of a certificate transparency log of the trust root"
            }
            Self::Identity => "an issuer and an e-mail address or URI",
            Self::Time => "a timestamp, or a signed time of integration",
            Self::Timestamp => "a timestamp over this signature by an authority of the trust root",
            Self::TimestampWindow => "a timestamp from the authority's time in office",
            Self::Logged => "an entry of a transparency log with a proof for it",
            Self::KnownLog => "a log of the trust root",
            Self::LogWindow => "a log in service at the time of signing",
            Self::EntryForm => "a log entry of its kind",
            Self::Entry => "an entry for this signature, key and file",
            Self::InclusionProof => "a path from the entry to the checkpoint's root",
            Self::Checkpoint => "a checkpoint signed by a log of the trust root",
            Self::InclusionPromise => "a promise signed by the log",
            Self::IntegratedTime => {
                "a time within the certificate's validity, and not in the future"
            }
        }
    }

    /// The error that this check failed, with what was found instead.
    pub fn failed(self, found: impl Into<String>) -> super::ProofError {
        self.failed_for(self.expected(), found)
    }

    /// The error that this check failed: what exactly was expected, and what was found.
    pub fn failed_for(
        self,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> super::ProofError {
        super::ProofError {
            check: self,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_its_own_name_and_words() {
        let count = Check::ALL.len();
        assert_eq!(BTreeSet::from(Check::ALL.map(Check::code)).len(), count);
        assert_eq!(BTreeSet::from(Check::ALL.map(Check::expected)).len(), count);
        for check in Check::ALL {
            // The name in refusals is the name in stored records.
            let stored = serde_json::to_value(check).unwrap();
            assert_eq!(stored, check.code());
        }
    }

    #[test]
    fn every_check_is_one_of_the_client_specification() {
        let sections = BTreeSet::from(Check::ALL.map(Check::section));
        let expected = ["4.1", "4.2", "4.2.1", "4.2.2", "4.3", "4.4", "4.5"];
        assert_eq!(sections, BTreeSet::from(expected));
    }
}
