//! What is unusual, and right.

use super::{
    Change, On, Reach, any, certified, in_v2, keyed, last_entry, last_log, promised, proven,
    proven_v2, public, stamped, statement, timed_once, untimed, vouched,
};
use crate::certificate::{alternative_names, fulcio_oid, uri};
use crate::entry::Kind;
use crate::key::{Hash, Key};
use crate::recipe::{Recipe, Version};
use crate::time::{BEGINNING, FAR_FUTURE, Window, rfc3339};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) fn all() -> Vec<Change> {
    vec![
        harmless("the usual", any, []),
        harmless(
            "fields that nobody knows",
            any,
            [Reach::Bundle(|bundle, _| {
                bundle["unknown"] = json!({ "deep": [1, 2] });
                bundle["verificationMaterial"]["unknown"] = json!(true);
            })],
        ),
        harmless(
            "the media type of v0.3 in the form of before",
            |recipe| recipe.version == Version::V03,
            [Reach::Bundle(|bundle, _| {
                bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.3");
            })],
        ),
        harmless(
            "an issuer in the form of before",
            certified,
            [Reach::Order(|order| order.draft.remove(fulcio_oid(8)))],
        ),
        harmless(
            "a name that is as long as a SPIFFE ID may be",
            vouched,
            [Reach::Order(|order| {
                let name = format!("{:a<2048}", "spiffe://example.org/");
                order.draft.set(alternative_names(&[uri(&name)]));
            })],
        ),
        harmless(
            "a certificate for that second alone",
            certified,
            [Reach::Moments(|moments| {
                let times = [moments.integrated, Some(moments.stamped)];
                let times = || times.iter().flatten().copied();
                moments.certificate = Window {
                    from: times().min().unwrap_or(BEGINNING),
                    until: times().max().unwrap_or(BEGINNING),
                };
                moments.certificate_logged = moments.certificate.from;
            })],
        )
        .on_single_stamps(),
        harmless(
            "an authority in office for that second alone",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::TrustedRoot(|root, facts| {
                let moments = facts.moments;
                let time = moments.integrated.unwrap_or(moments.stamped);
                root["certificateAuthorities"][0]["validFor"] = second(time);
            })],
        ),
        harmless(
            "an authority of time in office for that second alone",
            |recipe| recipe.timestamps == 1,
            [Reach::TrustedRoot(|root, facts| {
                root["timestampAuthorities"][0]["validFor"] = second(facts.moments.stamped);
            })],
        ),
        harmless(
            "a log of certificates in service for that second alone",
            public,
            [Reach::TrustedRoot(|root, facts| {
                root["ctlogs"][0]["publicKey"]["validFor"] =
                    second(facts.moments.certificate_logged);
            })],
        ),
        harmless(
            "a log in service for that second alone",
            |recipe| promised(recipe) && timed_once(recipe),
            [Reach::TrustedRoot(|root, facts| {
                let time = facts.moments.integrated.expect("a time");
                last_log(root, facts)["publicKey"]["validFor"] = second(time);
            })],
        ),
        harmless(
            "a checkpoint by a log in service for that second alone",
            |recipe| proven(recipe) && !recipe.promise && recipe.timestamps == 1,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"] = second(facts.moments.stamped);
            })],
        ),
        harmless(
            "a log without a time of service",
            proven,
            [Reach::TrustedRoot(|root, facts| {
                let key = last_log(root, facts)["publicKey"].as_object_mut();
                key.expect("a key").remove("validFor");
            })],
        ),
        harmless(
            "no proven time, and a log in service until some day to come",
            untimed,
            [Reach::TrustedRoot(|root, facts| {
                last_log(root, facts)["publicKey"]["validFor"]["end"] = json!(rfc3339(FAR_FUTURE));
            })],
        ),
        harmless(
            "witnesses sign before the log",
            proven_v2,
            [Reach::Entry(|entry, _| {
                let note = &mut entry["inclusionProof"]["checkpoint"]["envelope"];
                let text = note.as_str().expect("a note");
                let (text, signatures) = text.split_once("\n\n").expect("a note");
                let mut lines: Vec<_> = signatures.lines().collect();
                lines.reverse();
                *note = json!(format!("{text}\n\n{}\n", lines.join("\n")));
            })],
        ),
        harmless(
            "a checkpoint with more to say",
            proven,
            [Reach::Checkpoint(|draft, _| {
                draft.more = vec!["Timestamp: 1735689600000000000".into()];
            })],
        ),
        harmless(
            "a checkpoint that is signed twice, once by a key that nobody knows",
            proven,
            [Reach::Checkpoint(|draft, _| {
                let mut other = draft.signers[0].clone();
                other.key = Key::new(other.key.curve(), "stranger");
                other.hint.copy_from_slice(&other.key.id()[..4]);
                draft.signers.insert(0, other);
            })],
        ),
        harmless(
            "fields of the proof of Rekor v2 that nobody signs",
            proven_v2,
            [Reach::Entry(|entry, _| {
                let proof = &mut entry["inclusionProof"];
                proof["logIndex"] = json!("1");
                proof["treeSize"] = json!("1");
                proof["rootHash"] = json!(STANDARD.encode([0x5e; 32]));
            })],
        ),
        harmless(
            "no hint at the key",
            keyed,
            [Reach::Bundle(|bundle, _| {
                bundle["verificationMaterial"]["publicKey"] = json!({});
            })],
        ),
        harmless(
            "the key in the entry, not its certificate, intoto",
            |recipe| certified(recipe) && recipe.last_entry() == Some(Kind::Intoto2),
            [Reach::Body(|body| {
                // The certificate's key is the signer's, and its label the first number.
                let signature = &mut body["spec"]["content"]["envelope"]["signatures"][0];
                let pem = Key::new(crate::key::Curve::P256, "signer 0").public_pem();
                signature["publicKey"] = json!(STANDARD.encode(pem));
            })],
        ),
        harmless(
            "a bare timestamp",
            stamped,
            [Reach::Token(|draft, _| draft.response = false)],
        ),
        harmless(
            "a timestamp without certificates",
            stamped,
            [Reach::Token(|draft, _| draft.embedded.clear())],
        ),
        harmless(
            "a timestamp that was granted with changes",
            stamped,
            [Reach::Token(|draft, _| draft.status = 1)],
        ),
        harmless(
            "a timestamp over another hash",
            |recipe| recipe.timestamps == 1,
            [Reach::Token(|draft, _| draft.rehash(Hash::Sha512))],
        ),
        harmless(
            "statements of the version before",
            statement,
            [Reach::Statement(|statement| {
                statement["_type"] = json!("https://in-toto.io/Statement/v0.1");
            })],
        ),
        harmless(
            "subjects with digests of unknown kinds beside",
            statement,
            [Reach::Statement(|statement| {
                for subject in statement["subject"].as_array_mut().expect("subjects") {
                    subject["digest"]["gitCommit"] = json!("5e".repeat(20));
                }
            })],
        ),
        harmless(
            "a statement without predicate",
            |recipe| statement(recipe) && !recipe.release(),
            [Reach::Statement(|statement| {
                if let Some(fields) = statement.as_object_mut() {
                    fields.remove("predicate");
                }
            })],
        ),
        harmless(
            "an index in Rekor v2 that is zero and left out",
            |recipe| in_v2(recipe) && recipe.entries.len() == 1,
            [
                Reach::Instance(|instance| {
                    if let Some(tiles) = &mut instance.tiles {
                        tiles.forget();
                    }
                }),
                Reach::Bundle(|bundle, _| {
                    let entry = last_entry(bundle);
                    assert_eq!(entry["logIndex"], json!("0"), "the first entry");
                    if let Some(fields) = entry.as_object_mut() {
                        fields.remove("logIndex");
                    }
                }),
            ],
        ),
    ]
}

fn harmless<const N: usize>(id: &'static str, on: On, reaches: [Reach; N]) -> Change {
    Change {
        id,
        breaks: None,
        on,
        reaches: reaches.into(),
    }
}

impl Change {
    /// Only on bundles with at most one timestamp: the others have theirs at other times.
    fn on_single_stamps(mut self) -> Self {
        self.on = |recipe: &Recipe| certified(recipe) && recipe.timestamps < 2;
        self
    }
}

fn second(time: u64) -> Value {
    json!({ "start": rfc3339(time), "end": rfc3339(time) })
}
