//! Bundles that are none.

use super::{
    Change, Reach, any, certified, certified_alone, certified_chain, defect, flip, last_entry,
    logged, proven, stamped, statement,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) fn defects() -> Vec<Change> {
    vec![
        defect(
            "an unknown version",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.9+json");
            })],
        ),
        defect(
            "a negative index",
            "format",
            logged,
            [Reach::Bundle(|bundle, _| {
                last_entry(bundle)["logIndex"] = json!("-1");
            })],
        ),
        defect(
            "a negative size of the tree",
            "format",
            proven,
            [Reach::Bundle(|bundle, _| {
                last_entry(bundle)["inclusionProof"]["treeSize"] = json!("-1");
            })],
        ),
        defect(
            "nothing that is signed",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                remove(bundle, "messageSignature");
                remove(bundle, "dsseEnvelope");
            })],
        ),
        defect(
            "neither certificate nor key",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                let material = &mut bundle["verificationMaterial"];
                for one in ["certificate", "x509CertificateChain", "publicKey"] {
                    remove(material, one);
                }
            })],
        ),
        defect(
            "no version",
            "format",
            any,
            [Reach::Bundle(|bundle, _| remove(bundle, "mediaType"))],
        ),
        defect(
            "both a signature and an envelope",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                let envelope = json!({ "payload": "", "payloadType": "", "signatures": [] });
                let absent = match bundle.get("dsseEnvelope") {
                    Some(_) => ("messageSignature", json!({ "signature": "AAAA" })),
                    None => ("dsseEnvelope", envelope),
                };
                bundle[absent.0] = absent.1;
            })],
        ),
        defect(
            "both a certificate and a key",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                let material = &mut bundle["verificationMaterial"];
                let absent = match material.get("publicKey") {
                    Some(_) => ("certificate", json!({ "rawBytes": "AAAA" })),
                    None => ("publicKey", json!({ "hint": "" })),
                };
                material[absent.0] = absent.1;
            })],
        ),
        defect(
            "both a certificate and a chain",
            "format",
            certified_alone,
            [Reach::Bundle(|bundle, _| {
                let material = &mut bundle["verificationMaterial"];
                let alone = material["certificate"].clone();
                material["x509CertificateChain"] = json!({ "certificates": [alone] });
            })],
        ),
        defect(
            "an empty chain",
            "format",
            certified_chain,
            [Reach::Bundle(|bundle, _| {
                *chain(bundle) = vec![];
            })],
        ),
        defect(
            "a chain in v0.3",
            "format",
            certified_alone,
            [Reach::Bundle(|bundle, _| {
                let material = &mut bundle["verificationMaterial"];
                let alone = material["certificate"].take();
                remove(material, "certificate");
                material["x509CertificateChain"] = json!({ "certificates": [alone] });
            })],
        ),
        defect(
            "a root in the chain",
            "format",
            certified_chain,
            [Reach::Bundle(|bundle, facts| {
                let root = STANDARD.encode(&facts.instance.root.certificate);
                chain(bundle).push(json!({ "rawBytes": root }));
            })],
        ),
        defect(
            "two signatures of an envelope",
            "format",
            statement,
            [Reach::Bundle(|bundle, _| {
                let signatures = signatures(bundle);
                signatures.extend(signatures.clone());
            })],
        ),
        defect(
            "no signature of an envelope",
            "format",
            statement,
            [Reach::Bundle(|bundle, _| signatures(bundle).clear())],
        ),
        defect(
            "a signature that is no base64",
            "format",
            any,
            [Reach::Bundle(|bundle, _| {
                let signature = match bundle.get("dsseEnvelope") {
                    Some(_) => &mut signatures(bundle)[0]["sig"],
                    None => &mut bundle["messageSignature"]["signature"],
                };
                *signature = json!("*");
            })],
        ),
        defect(
            "an entry of unknown kind",
            "format",
            logged,
            [Reach::Bundle(|bundle, _| {
                last_entry(bundle)["kindVersion"]["kind"] = json!("helm");
            })],
        ),
        defect(
            "an entry of no kind",
            "format",
            logged,
            [Reach::Bundle(|bundle, _| {
                remove(last_entry(bundle), "kindVersion");
            })],
        ),
        defect(
            "a node of the path that is no hash",
            "format",
            proven,
            [Reach::Bundle(|bundle, _| {
                last_entry(bundle)["inclusionProof"]["hashes"][0] = json!("AAAA");
            })],
        ),
        defect(
            "a checkpoint that is no note",
            "format",
            proven,
            [Reach::Bundle(|bundle, _| {
                let note = &mut last_entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
                *note = json!(note.as_str().unwrap_or_default().replace("\n\n", "\n"));
            })],
        ),
        defect(
            "a checkpoint without a root",
            "format",
            proven,
            [Reach::Bundle(|bundle, _| {
                let note = &mut last_entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
                let text = note.as_str().unwrap_or_default().to_owned();
                let lines = text.split_inclusive('\n').enumerate();
                let kept: String = lines
                    .filter(|(number, _)| *number != 2)
                    .map(|(_, line)| line)
                    .collect();
                *note = json!(kept);
            })],
        ),
        defect(
            "more entries than are read",
            "format",
            logged,
            [Reach::Bundle(|bundle, _| {
                repeat(&mut bundle["verificationMaterial"]["tlogEntries"]);
            })],
        ),
        defect(
            "more timestamps than are read",
            "format",
            stamped,
            [Reach::Bundle(|bundle, _| {
                let material = &mut bundle["verificationMaterial"];
                repeat(&mut material["timestampVerificationData"]["rfc3161Timestamps"]);
            })],
        ),
        defect(
            "more signatures of a checkpoint than are read",
            "format",
            proven,
            [Reach::Bundle(|bundle, _| {
                let note = &mut last_entry(bundle)["inclusionProof"]["checkpoint"]["envelope"];
                let text = note.as_str().unwrap_or_default();
                let (text, signatures) = text.split_once("\n\n").unwrap_or_default();
                *note = json!(format!("{text}\n\n{}", signatures.repeat(100)));
            })],
        ),
        defect(
            "more certificates than are read",
            "format",
            certified_chain,
            [Reach::Bundle(|bundle, facts| {
                let one = STANDARD.encode(&facts.instance.authority.certificate);
                let more = std::iter::repeat_n(json!({ "rawBytes": one }), 100);
                chain(bundle).extend(more);
            })],
        ),
        defect(
            "a certificate that is none",
            "certificate_form",
            certified,
            [Reach::Certificate(|der| {
                der.truncate(der.len() / 2);
            })],
        ),
        defect(
            "the same entry twice",
            "logged",
            logged,
            [Reach::Bundle(|bundle, _| {
                let again = last_entry(bundle).clone();
                if let Some(entries) = bundle["verificationMaterial"]["tlogEntries"].as_array_mut()
                {
                    entries.push(again);
                }
            })],
        ),
        defect(
            "the root of the tree changed beside the checkpoint",
            "checkpoint",
            super::proven_v1,
            [Reach::Bundle(|bundle, _| {
                flip(&mut last_entry(bundle)["inclusionProof"]["rootHash"]);
            })],
        ),
    ]
}

fn remove(value: &mut Value, field: &str) {
    if let Some(fields) = value.as_object_mut() {
        fields.remove(field);
    }
}

fn chain(bundle: &mut Value) -> &mut Vec<Value> {
    bundle["verificationMaterial"]["x509CertificateChain"]["certificates"]
        .as_array_mut()
        .expect("a chain")
}

fn signatures(bundle: &mut Value) -> &mut Vec<Value> {
    bundle["dsseEnvelope"]["signatures"]
        .as_array_mut()
        .expect("signatures")
}

fn repeat(list: &mut Value) {
    if let Some(list) = list.as_array_mut() {
        let one = list[0].clone();
        list.resize(100, one);
    }
}
