//! The proofs that a log gives about itself: two calls of Rekor v1's REST API.

use crate::notary::TIME_LIMIT;
use crate::{HttpRequest, HttpResponse, Memory, Method};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::log_memory::{LogId, MAX_HASHES, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// How many bytes of such an answer are read at most. A proof has 65 hashes at most; an entry comes
/// with its body.
pub const PROOF_SIZE_LIMIT: usize = 1024 * 1024;

/// The request for the proof that the tree with `last` entries begins with the one with `first`
/// (`GET /api/v1/log/proof`).
pub fn consistency_request(address: &str, log: &LogId, first: u64, last: u64) -> HttpRequest {
    let tree = match log.tree_id() {
        Some(tree) => format!("&treeID={tree}"),
        None => String::new(),
    };
    get(format!(
        "{address}/api/v1/log/proof?firstSize={first}&lastSize={last}{tree}"
    ))
}

/// The hashes of a consistency proof, not yet checked.
///
/// # Errors
/// Any status but 200, or a body of another shape.
pub fn read_consistency(response: &HttpResponse) -> Result<Vec<Sha256Digest>, Failure> {
    hashes(&body(response)?)
}

/// The request for the entry at `index`, with its inclusion proof under the log's present
/// checkpoint (`GET /api/v1/log/entries`).
pub fn entry_request(address: &str, index: u64) -> HttpRequest {
    get(format!("{address}/api/v1/log/entries?logIndex={index}"))
}

/// An entry as far as its place in the tree is concerned, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its hash in the tree.
    pub leaf_hash: Sha256Digest,
    /// Its inclusion proof, the lowest hash first.
    pub hashes: Vec<Sha256Digest>,
    /// The checkpoint that the proof leads to.
    pub checkpoint: String,
}

/// The entry at `index`.
///
/// # Errors
/// Any status but 200, a body of another shape, or another entry.
pub fn read_entry(response: &HttpResponse, index: u64) -> Result<Placed, Failure> {
    let answer = body(response)?;
    let mut entries = answer.as_object().into_iter().flatten();
    let (Some((_, entry)), None) = (entries.next(), entries.next()) else {
        return Err(malformed("not one entry"));
    };
    let entry_body = entry.get("body").and_then(Value::as_str);
    let proof = entry.pointer("/verification/inclusionProof");
    let (Some(entry_body), Some(proof)) = (entry_body, proof) else {
        return Err(malformed("an entry without a proof"));
    };
    if proof.get("logIndex").and_then(Value::as_u64) != Some(index) {
        return Err(malformed("another entry"));
    }
    let Some(checkpoint) = proof.get("checkpoint").and_then(Value::as_str) else {
        return Err(malformed("a proof without a checkpoint"));
    };
    let entry_body = STANDARD
        .decode(entry_body)
        .map_err(|_| malformed("an entry that is not base64"))?;
    Ok(Placed {
        leaf_hash: leaf_hash(&entry_body),
        hashes: hashes(proof)?,
        checkpoint: checkpoint.to_owned(),
    })
}

fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        accept: "application/json",
        time_limit: TIME_LIMIT,
        bearer: None,
        size_limit: PROOF_SIZE_LIMIT,
        memory: Memory::Asked,
    }
}

// Read as values and not by a type for each: that is less code in the wasm.
fn body(response: &HttpResponse) -> Result<Value, Failure> {
    if response.status != 200 {
        return Err(Failure::Status {
            status: response.status,
        });
    }
    serde_json::from_slice(&response.body).map_err(|error| malformed(&error.to_string()))
}

fn hashes(proof: &Value) -> Result<Vec<Sha256Digest>, Failure> {
    let hashes = proof.get("hashes").and_then(Value::as_array);
    let hashes = hashes.ok_or_else(|| malformed("a proof without hashes"))?;
    if hashes.len() > MAX_HASHES {
        return Err(malformed(&format!(
            "{} hashes; at most {MAX_HASHES} are read",
            hashes.len()
        )));
    }
    hashes
        .iter()
        .map(|hash| hash.as_str()?.parse().ok())
        .collect::<Option<_>>()
        .ok_or_else(|| malformed("something that is not a hash"))
}

fn malformed(detail: &str) -> Failure {
    Failure::Malformed {
        detail: detail.to_owned(),
    }
}
