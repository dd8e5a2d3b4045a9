//! Having a log hold a signature (Rekor's API, v1 and v2), and its answer as bundles have it.

use super::certificate::Certified;
use super::service::{Sent, Service};
use crate::error::CliError;
use crate::sign::content::Signed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Has the log hold it. Returns the entry, in the JSON of Sigstore's `TransparencyLogEntry`; nothing
/// in it is proven yet.
///
/// # Errors
/// When the log refuses, or what it answers is no entry with its proof.
pub fn propose(
    log: &Service<'_>,
    version: u32,
    signed: &Signed,
    by: &Certified,
) -> Result<Value, CliError> {
    let (path, proposal) = match version {
        2 => ("/api/v2/log/entries", signed.proposal_v2(&by.certificate)),
        _ => ("/api/v1/log/entries", signed.proposal(&by.pem)),
    };
    let response = log.post(&Sent {
        path,
        content_type: "application/json",
        accept: "application/json",
        body: proposal.to_string().as_bytes(),
        secrets: &[],
    })?;
    match version {
        2 => {
            let entry = log.json(&response)?;
            let is_entry = entry.get("canonicalizedBody").is_some_and(Value::is_string);
            match is_entry {
                true => Ok(entry),
                false => Err(log.malformed("it is no log entry")),
            }
        }
        _ => of_v1(&response.body).map_err(|detail| log.malformed(detail)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogEntry {
    body: String,
    integrated_time: u64,
    #[serde(rename = "logID")]
    log_id: String,
    log_index: u64,
    verification: Verification,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Verification {
    inclusion_proof: InclusionProof,
    signed_entry_timestamp: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InclusionProof {
    checkpoint: String,
    hashes: Vec<String>,
    log_index: u64,
    root_hash: String,
    tree_size: u64,
}

/// Rekor v1's `LogEntry` as bundles have it. The index of an entry and that of its proof are two,
/// where the log has several trees.
fn of_v1(json: &[u8]) -> Result<Value, String> {
    let entries: BTreeMap<String, LogEntry> = serde_json::from_slice(json)
        .map_err(|error| format!("it is no log entry with its proof: {error}"))?;
    let mut entries = entries.into_values();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err("exactly one log entry was expected".into());
    };
    let base64 = |hex: &str| {
        let bytes = hex::decode(hex).map_err(|_| "a hash in it is no hexadecimal digits")?;
        Ok::<_, String>(STANDARD.encode(bytes))
    };
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        kind: String,
        api_version: String,
    }
    let body = STANDARD
        .decode(&entry.body)
        .map_err(|_| "its body is no base64")?;
    let kind: Kind = serde_json::from_slice(&body).map_err(|_| "its body is of no kind")?;
    let proof = entry.verification.inclusion_proof;
    let hashes: Result<Vec<_>, _> = proof.hashes.iter().map(|hash| base64(hash)).collect();
    Ok(json!({
        "logIndex": entry.log_index.to_string(),
        "logId": { "keyId": base64(&entry.log_id)? },
        "kindVersion": { "kind": kind.kind, "version": kind.api_version },
        "integratedTime": entry.integrated_time.to_string(),
        "inclusionPromise": {
            "signedEntryTimestamp": entry.verification.signed_entry_timestamp,
        },
        "inclusionProof": {
            "logIndex": proof.log_index.to_string(),
            "rootHash": base64(&proof.root_hash)?,
            "treeSize": proof.tree_size.to_string(),
            "hashes": hashes?,
            "checkpoint": { "envelope": proof.checkpoint },
        },
        "canonicalizedBody": entry.body,
    }))
}
