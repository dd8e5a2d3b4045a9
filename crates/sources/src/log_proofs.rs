//! The proofs that a log gives about itself: two calls of Rekor v1's REST API.

use crate::notary::TIME_LIMIT;
use crate::{HttpRequest, HttpResponse, Method};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::log_memory::{LogId, MAX_HASHES, leaf_hash};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    #[derive(Deserialize)]
    struct Answer {
        hashes: Vec<Sha256Digest>,
    }
    let answer: Answer = body(response)?;
    few_enough(answer.hashes)
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
    #[derive(Deserialize)]
    struct Entry {
        body: String,
        verification: Verification,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Verification {
        inclusion_proof: InclusionProof,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct InclusionProof {
        log_index: u64,
        hashes: Vec<Sha256Digest>,
        checkpoint: String,
    }
    let malformed = |detail: String| Failure::Malformed { detail };
    let answer: BTreeMap<String, Entry> = body(response)?;
    let mut entries = answer.into_values();
    let (Some(entry), None) = (entries.next(), entries.next()) else {
        return Err(malformed("not one entry".into()));
    };
    let proof = entry.verification.inclusion_proof;
    if proof.log_index != index {
        return Err(malformed(format!(
            "the entry {} instead of {index}",
            proof.log_index
        )));
    }
    let body = STANDARD
        .decode(&entry.body)
        .map_err(|error| malformed(error.to_string()))?;
    Ok(Placed {
        leaf_hash: leaf_hash(&body),
        hashes: few_enough(proof.hashes)?,
        checkpoint: proof.checkpoint,
    })
}

fn get(url: String) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url,
        accept: "application/json",
        time_limit: TIME_LIMIT,
        size_limit: PROOF_SIZE_LIMIT,
    }
}

fn body<'a, T: Deserialize<'a>>(response: &'a HttpResponse) -> Result<T, Failure> {
    if response.status != 200 {
        return Err(Failure::Status {
            status: response.status,
        });
    }
    serde_json::from_slice(&response.body).map_err(|error| Failure::Malformed {
        detail: error.to_string(),
    })
}

fn few_enough(hashes: Vec<Sha256Digest>) -> Result<Vec<Sha256Digest>, Failure> {
    match hashes.len() <= MAX_HASHES {
        true => Ok(hashes),
        false => Err(Failure::Malformed {
            detail: format!("{} hashes; at most {MAX_HASHES} are read", hashes.len()),
        }),
    }
}
