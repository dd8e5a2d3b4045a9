//! In-toto statements about artifacts, signed in a DSSE envelope and logged.

use crate::error::CliError;
use crate::submit::{Submitted, Submitter};
use assay_core::digest::Sha256Digest;
use assay_notary::dsse::{IN_TOTO, pre_authentication_encoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A statement about one artifact.
pub struct Statement<'a> {
    /// The artifact's name, where it has one that belongs to the statement.
    pub name: Option<&'a str>,
    /// Its digests, by their names.
    pub digests: Value,
    /// The one by which it is known.
    pub digest: Sha256Digest,
    /// What kind of statement it is.
    pub predicate_type: &'a str,
    /// What is stated.
    pub predicate: Value,
    /// Whether each time that it is made it is a statement of its own.
    pub is_new_each_time: bool,
}

impl Statement<'_> {
    /// Signs it and has it logged.
    ///
    /// # Errors
    /// As [`Submitter::submit`], or when the key cannot sign.
    pub fn log(&self, submitter: &Submitter<'_>) -> Result<Submitted, CliError> {
        let mut subject = json!({ "digest": self.digests });
        if let (Some(name), Some(fields)) = (self.name, subject.as_object_mut()) {
            fields.insert("name".to_owned(), json!(name));
        }
        let payload = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        })
        .to_string();
        let message = pre_authentication_encoding(IN_TOTO, payload.as_bytes());
        let signature = match self.is_new_each_time {
            true => submitter.key.sign_afresh(&message)?,
            false => submitter.key.sign(&message)?,
        };
        let envelope = json!({
            "payloadType": IN_TOTO,
            "payload": STANDARD.encode(&payload),
            "signatures": [{ "sig": STANDARD.encode(signature) }],
        })
        .to_string();
        let proposal = json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": { "proposedContent": {
                "envelope": envelope,
                "verifiers": [STANDARD.encode(&submitter.verifier)],
            } },
        });
        submitter.submit(&proposal, Some(&envelope), &self.digest)
    }
}
