//! A bundle out of a log entry: for a signature that was logged and published nowhere else.
//!
//! A `hashedrekord` entry holds all that a plain signature is made of: the digest, the signature,
//! and the certificate or key. What is rebuilt here is proven like any other bundle.

use super::check::Check;
use super::error::ProofError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An answer of Rekor v1 to a request for entries (its openapi.yaml, `LogEntry`): entries by id.
pub type LogEntries = BTreeMap<String, LogEntry>;

/// One entry of a Rekor v1 log, as the log tells it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// The canonical body, in base64.
    pub body: String,
    /// In seconds since 1970.
    pub integrated_time: i64,
    /// Hexadecimal SHA-256 of the log's key.
    #[serde(rename = "logID")]
    pub log_id: String,
    /// The index over all of the log's shards.
    pub log_index: u64,
    /// What proves it.
    pub verification: Verification,
}

/// What proves an entry.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verification {
    /// The log's promise, in base64.
    pub signed_entry_timestamp: String,
    /// The path to the root.
    pub inclusion_proof: Option<Inclusion>,
}

/// The path from an entry to a checkpoint's root.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inclusion {
    /// The index in the shard.
    pub log_index: u64,
    /// Hexadecimal.
    pub root_hash: String,
    /// How many entries the tree has.
    pub tree_size: u64,
    /// Hexadecimal, from the leaf up.
    pub hashes: Vec<String>,
    /// The signed note.
    pub checkpoint: String,
}

#[derive(Deserialize)]
struct Body {
    kind: String,
    #[serde(rename = "apiVersion")]
    version: String,
    spec: Value,
}

#[derive(Deserialize)]
struct Spec {
    data: Data,
    signature: Signature,
}

#[derive(Deserialize)]
struct Data {
    hash: Hash,
}

#[derive(Deserialize)]
struct Hash {
    algorithm: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signature {
    content: String,
    public_key: PublicKey,
}

#[derive(Deserialize)]
struct PublicKey {
    content: String,
}

/// The bundle (Sigstore bundle v0.3, JSON) that a `hashedrekord` 0.0.1 entry stands for.
///
/// # Errors
/// [`Check::EntryForm`] for what cannot be read, [`Check::Kind`] for entries of other kinds: they
/// do not hold what they are about.
pub fn bundle_of(entry: &LogEntry) -> Result<String, ProofError> {
    let body = STANDARD
        .decode(&entry.body)
        .map_err(|error| malformed("the body", error))?;
    let body: Body = serde_json::from_slice(&body).map_err(|error| malformed("the body", error))?;
    if (body.kind.as_str(), body.version.as_str()) != ("hashedrekord", "0.0.1") {
        return Err(Check::Kind.failed_for(
            "an entry of kind hashedrekord 0.0.1",
            format!("{} {}", body.kind, body.version),
        ));
    }
    let spec: Spec =
        serde_json::from_value(body.spec).map_err(|error| malformed("the body", error))?;
    let mut material = material(&spec.signature.public_key.content)?;
    if let Value::Object(fields) = &mut material {
        fields.insert("tlogEntries".into(), json!([logged(entry)?]));
    }
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "messageSignature": {
            "messageDigest": {
                "algorithm": algorithm(&spec.data.hash.algorithm)?,
                "digest": base64_of_hex("the digest", &spec.data.hash.value)?,
            },
            "signature": spec.signature.content,
        },
    });
    Ok(bundle.to_string())
}

/// The certificate or key, which the entry holds as PEM (RFC 7468).
fn material(content: &str) -> Result<Value, ProofError> {
    let pem = STANDARD
        .decode(content)
        .map_err(|error| malformed("the key", error))?;
    let pem = String::from_utf8(pem).map_err(|error| malformed("the key", error))?;
    let der = |label: &str| {
        let begin = format!("-----BEGIN {label}-----");
        let end = format!("-----END {label}-----");
        let (_, rest) = pem.split_once(&begin)?;
        let (body, _) = rest.split_once(&end)?;
        let body: String = body.split_ascii_whitespace().collect();
        STANDARD.decode(body).ok()
    };
    if let Some(certificate) = der("CERTIFICATE") {
        return Ok(json!({ "certificate": { "rawBytes": STANDARD.encode(certificate) } }));
    }
    let key = der("PUBLIC KEY").ok_or_else(|| malformed("the key", "neither of the two forms"))?;
    let hint = STANDARD.encode(crate::digest::Sha256Digest::of(&key).as_bytes());
    Ok(json!({ "publicKey": { "hint": hint } }))
}

fn logged(entry: &LogEntry) -> Result<Value, ProofError> {
    let mut logged = json!({
        "logIndex": entry.log_index.to_string(),
        "logId": { "keyId": base64_of_hex("the log's id", &entry.log_id)? },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.1" },
        "integratedTime": entry.integrated_time.to_string(),
        "inclusionPromise": {
            "signedEntryTimestamp": entry.verification.signed_entry_timestamp,
        },
        "canonicalizedBody": entry.body,
    });
    if let (Some(proof), Value::Object(fields)) = (&entry.verification.inclusion_proof, &mut logged)
    {
        let hashes: Result<Vec<String>, ProofError> = proof
            .hashes
            .iter()
            .map(|hash| base64_of_hex("a hash", hash))
            .collect();
        fields.insert(
            "inclusionProof".into(),
            json!({
                "logIndex": proof.log_index.to_string(),
                "rootHash": base64_of_hex("the root hash", &proof.root_hash)?,
                "treeSize": proof.tree_size.to_string(),
                "hashes": hashes?,
                "checkpoint": { "envelope": proof.checkpoint },
            }),
        );
    }
    Ok(logged)
}

/// The name that bundles give to a digest's algorithm.
fn algorithm(name: &str) -> Result<&'static str, ProofError> {
    match name {
        "sha256" => Ok("SHA2_256"),
        "sha384" => Ok("SHA2_384"),
        "sha512" => Ok("SHA2_512"),
        other => Err(Check::Kind.failed_for("a digest of the SHA-2 family", other)),
    }
}

fn base64_of_hex(what: &str, text: &str) -> Result<String, ProofError> {
    let bytes = hex::decode(text).map_err(|error| malformed(what, error))?;
    Ok(STANDARD.encode(bytes))
}

fn malformed(what: &str, error: impl std::fmt::Display) -> ProofError {
    Check::EntryForm.failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attestation::Claim;
    use crate::digest::Sha256Digest;
    use crate::proof::Prover;
    use crate::signer::{Identity, RootId};
    use crate::trust_root::TrustRoot;

    const ROOT: &str = include_str!("../../../../tests/wasm/fixtures/trusted_root.json");
    const NAMED: &str = include_str!("../../../../tests/wasm/fixtures/named.sigstore.json");
    const KEY: &str = include_str!("../../../../tests/wasm/fixtures/key.sigstore.json");
    const UNTRUSTED: &str = include_str!("../../../../tests/wasm/fixtures/untrusted.sigstore.json");
    const CONTENT: &[u8] = b"hello from the fixture\n";

    fn prover() -> Prover {
        let root = TrustRoot::parse(RootId::notary("00"), ROOT).expect("a trust root");
        Prover::new(root).expect("a prover")
    }

    /// What the log would tell of the entry in a bundle.
    fn entry_in(bundle: &str) -> Value {
        let bundle: Value = serde_json::from_str(bundle).expect("JSON");
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let number = |value: &Value| text(value).parse::<u64>().expect("a number");
        let hex = |value: &Value| hex::encode(STANDARD.decode(text(value)).expect("base64"));
        let proof = &entry["inclusionProof"];
        let none = vec![];
        let hashes = proof["hashes"].as_array().unwrap_or(&none);
        json!({
            "body": entry["canonicalizedBody"],
            "integratedTime": number(&entry["integratedTime"]),
            "logID": hex(&entry["logId"]["keyId"]),
            "logIndex": number(&entry["logIndex"]),
            "verification": {
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
                "inclusionProof": {
                    "logIndex": number(&proof["logIndex"]),
                    "rootHash": hex(&proof["rootHash"]),
                    "treeSize": number(&proof["treeSize"]),
                    "hashes": hashes.iter().map(hex).collect::<Vec<_>>(),
                    "checkpoint": proof["checkpoint"]["envelope"],
                },
            },
        })
    }

    fn rebuilt(entry: Value) -> Result<String, ProofError> {
        bundle_of(&serde_json::from_value(entry).expect("an entry"))
    }

    #[test]
    fn a_logged_signature_is_proven_from_the_log_alone() {
        let digest = Sha256Digest::of(CONTENT);
        for bundle in [NAMED, KEY] {
            let again = rebuilt(entry_in(bundle)).expect("a bundle");
            let (given, again) = (
                prover().prove(bundle, digest).expect("a proof"),
                prover().prove(&again, digest).expect("a proof"),
            );
            assert_eq!(given.signer, again.signer);
            assert_eq!(given.logged, again.logged);
            assert_eq!(again.claim, Claim::Signature);
        }
        let named = prover().prove(&rebuilt(entry_in(NAMED)).expect("a bundle"), digest);
        assert!(matches!(
            named.map(|attestation| attestation.signer.identity),
            Ok(Identity::Named { .. })
        ));
    }

    #[test]
    fn another_files_entry_proves_nothing_about_this_one() {
        let bundle = rebuilt(entry_in(NAMED)).expect("a bundle");
        let refused = prover().prove(&bundle, Sha256Digest::of(b"another"));
        assert_eq!(
            refused.err().map(|error| error.check),
            Some(Check::ThisFile)
        );
    }

    #[test]
    fn an_entry_that_does_not_hold_what_it_is_about_is_refused() {
        let refused = rebuilt(entry_in(UNTRUSTED));
        assert_eq!(refused.err().map(|error| error.check), Some(Check::Kind));
    }

    #[test]
    fn a_malformed_entry_is_refused() {
        for (pointer, value) in [
            ("/body", json!("%")),
            ("/body", json!("e30=")),
            ("/logID", json!("xyz")),
            ("/verification/inclusionProof/rootHash", json!("0")),
            ("/verification/inclusionProof/hashes", json!(["zz"])),
        ] {
            let mut entry = entry_in(NAMED);
            *entry.pointer_mut(pointer).expect("a place") = value;
            let refused = rebuilt(entry);
            assert_eq!(
                refused.err().map(|error| error.check),
                Some(Check::EntryForm),
                "{pointer}"
            );
        }
    }
}
