//! The logs and the timestamp authority of the stand-in for Sigstore.

use super::{Reply, State, Twist, der_of, now};
use assay_test_authority::entry::{self, Envelope, Kind, Verifier};
use assay_test_authority::key::{Curve, Hash, Key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::HashMap;

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD
        .decode(value.as_str().expect("base64"))
        .expect("base64")
}

/// The canonical body of what was proposed, of either kind.
fn body_of(proposed: &Value, twist: Option<&Twist>) -> Value {
    let spec = &proposed["spec"];
    let certificate = |pem: &Value| der_of(&String::from_utf8(bytes(pem)).unwrap());
    let mut signature;
    match proposed["kind"].as_str() {
        Some("hashedrekord") => {
            let der = certificate(&spec["signature"]["publicKey"]["content"]);
            let digest = hex::decode(spec["data"]["hash"]["value"].as_str().unwrap()).unwrap();
            signature = bytes(&spec["signature"]["content"]);
            if twist == Some(&Twist::OtherEntry) {
                signature = Key::new(Curve::P256, "another").sign(b"something else");
            }
            let verifier = Verifier::Certificate(&der, Curve::P256);
            entry::hashed_rekord(Kind::HashedRekord1, &digest, &signature, &verifier)
        }
        Some("dsse") => {
            let content = &spec["proposedContent"];
            let der = certificate(&content["verifiers"][0]);
            let envelope: Value =
                serde_json::from_str(content["envelope"].as_str().unwrap()).unwrap();
            signature = bytes(&envelope["signatures"][0]["sig"]);
            if twist == Some(&Twist::OtherEntry) {
                signature = Key::new(Curve::P256, "another").sign(b"something else");
            }
            let envelope = Envelope {
                payload_type: envelope["payloadType"].as_str().unwrap().to_owned(),
                payload: bytes(&envelope["payload"]),
                signature,
            };
            let verifier = Verifier::Certificate(&der, Curve::P256);
            entry::envelope(Kind::Dsse1, &envelope, &verifier)
        }
        other => panic!("{other:?}"),
    }
}

/// Rekor v1: `POST /api/v1/log/entries`.
pub fn propose(state: &mut State, proposed: &[u8]) -> Reply {
    let proposed: Value = serde_json::from_slice(proposed).unwrap();
    let twist = state.twist.clone();
    // Sorted, and without any white space: canonical as long as all is ASCII.
    let body = body_of(&proposed, twist.as_ref()).to_string().into_bytes();
    let log = state.instance.rekor.as_mut().unwrap();
    let place = log.append(&body);
    let index = log.offset + place.index;
    // Once: what is promised is what is told, also where a second ends between the two.
    let logged_at = now();
    let mut promise = log.promise(&body, index, Some(logged_at));
    if twist == Some(Twist::ForgedPromise) {
        promise.signer = Key::new(Curve::P256, "another");
    }
    let shown = place.index + u64::from(twist == Some(Twist::WrongProof));
    let checkpoint = log.checkpoint(place.size, place.root).sign();
    let hashes: Vec<String> = place.path.iter().map(hex::encode).collect();
    let mut verification = json!({
        "signedEntryTimestamp": STANDARD.encode(promise.sign()),
        "inclusionProof": {
            "logIndex": shown, "rootHash": hex::encode(place.root), "treeSize": place.size,
            "hashes": hashes, "checkpoint": checkpoint,
        },
    });
    if twist == Some(Twist::NoPromise) {
        verification
            .as_object_mut()
            .unwrap()
            .remove("signedEntryTimestamp");
    }
    let entry = json!({
        "body": STANDARD.encode(&body), "integratedTime": logged_at, "logID": hex::encode(log.id()),
        "logIndex": index, "verification": verification,
    });
    let Reply(_, head, body) = Reply::json(&json!({ "00": entry }));
    Reply(201, head, body)
}

/// Rekor v1: `GET /api/v1/log/proof`.
pub fn consistency(state: &State, query: &HashMap<String, String>) -> Reply {
    let log = state.instance.rekor.as_ref().unwrap();
    let size = |name: &str| query[name].parse::<u64>().unwrap();
    if size("lastSize") != log.size() || size("firstSize") > log.size() {
        return Reply::refusal("there is no such tree");
    }
    let hashes: Vec<String> = log
        .consistency(size("firstSize"))
        .iter()
        .map(hex::encode)
        .collect();
    Reply::json(&json!({ "rootHash": "", "hashes": hashes }))
}

/// Rekor v2: `POST /api/v2/log/entries`.
pub fn propose_v2(state: &mut State, proposed: &[u8]) -> Reply {
    let proposed: Value = serde_json::from_slice(proposed).unwrap();
    let request = &proposed["hashedRekordRequestV002"];
    let signature = &request["signature"];
    let verifier = &signature["verifier"];
    assert_eq!(verifier["keyDetails"], "PKIX_ECDSA_P256_SHA_256");
    let der = bytes(&verifier["x509Certificate"]["rawBytes"]);
    let body = entry::hashed_rekord(
        Kind::HashedRekord2,
        &bytes(&request["digest"]),
        &bytes(&signature["content"]),
        &Verifier::Certificate(&der, Curve::P256),
    );
    let body = body.to_string().into_bytes();
    let log = state.instance.tiles.as_mut().unwrap();
    let place = log.append(&body);
    let path: Vec<String> = place
        .path
        .iter()
        .map(|node| STANDARD.encode(node))
        .collect();
    Reply::json(&json!({
        "logIndex": place.index.to_string(),
        "logId": { "keyId": STANDARD.encode(log.id()) },
        "kindVersion": { "kind": "hashedrekord", "version": "0.0.2" },
        "canonicalizedBody": STANDARD.encode(&body),
        "inclusionProof": {
            "logIndex": place.index.to_string(), "rootHash": STANDARD.encode(place.root),
            "treeSize": place.size.to_string(), "hashes": path,
            "checkpoint": { "envelope": log.checkpoint(place.size, place.root).sign() },
        },
    }))
}

/// RFC 3161. The hash is where requests without a nonce have it.
pub fn stamp(state: &State, request: &[u8]) -> Reply {
    let mut token = state.instance.tsa.token(b"", now());
    let hash = match state.twist {
        Some(Twist::OtherStamp) => Hash::Sha256.digest(b"something else"),
        _ => request[24..56].to_vec(),
    };
    token.imprint = (Hash::Sha256.oid(), hash);
    Reply(201, String::new(), token.sign())
}
