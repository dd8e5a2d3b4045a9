//! What was logged: about this signature, this key and this file?

use super::{Change, Reach, certified, defect, in_v2, keyed, logged, message, promised, statement};
use crate::entry::Kind;
use crate::key::{Curve, Key};
use crate::recipe::Recipe;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) fn defects() -> Vec<Change> {
    [
        binding(),
        hashed_rekord(),
        dsse(),
        intoto(),
        hashed_rekord_v2(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn binding() -> Vec<Change> {
    vec![
        // GHSA-8gw7-4j42-w388: a good entry, of something else altogether.
        defect(
            "an entry of another signature, by another signer, over another artifact",
            "entry",
            |recipe| certified(recipe) && logged(recipe),
            [Reach::Submission(|submission| {
                let stranger = Key::new(Curve::P256, "stranger");
                submission.digest = crate::key::Hash::Sha256.digest(b"another artifact");
                submission.signature = stranger.sign(b"another artifact");
                if let Some(envelope) = &mut submission.envelope {
                    envelope.payload = b"{}".to_vec();
                }
                let root = crate::certificate::Issuer::root(Curve::P256, "stranger", "stranger");
                submission.certificate = Some(root.certificate);
            })],
        ),
        // What the bundle says of it is not what was logged.
        defect(
            "a logged body that says it is of another kind",
            "kind",
            logged,
            [Reach::Body(|body| body["kind"] = json!("rekord"))],
        ),
        defect(
            "a logged body that says it is of another version",
            "kind",
            logged,
            [Reach::Body(|body| body["apiVersion"] = json!("0.0.9"))],
        ),
        defect(
            "an entry of another signature",
            "entry",
            logged,
            [Reach::Submission(|submission| {
                submission.signature = Key::new(Curve::P256, "stranger").sign(b"other");
            })],
        ),
        defect(
            "an entry of another certificate",
            "entry",
            |recipe| certified(recipe) && logged(recipe),
            [Reach::Submission(|submission| {
                let root = crate::certificate::Issuer::root(Curve::P256, "stranger", "stranger");
                submission.certificate = Some(root.certificate);
            })],
        ),
        defect(
            "an entry of another artifact",
            "entry",
            |recipe| message(recipe) && logged(recipe),
            [Reach::Submission(|submission| submission.digest[0] ^= 1)],
        ),
        defect(
            "an entry of another statement",
            "entry",
            |recipe| statement(recipe) && logged(recipe),
            [Reach::Submission(|submission| {
                if let Some(envelope) = &mut submission.envelope {
                    envelope.payload.push(b' ');
                }
            })],
        ),
        defect(
            "an entry that is no JSON",
            "entry_form",
            logged,
            [Reach::CanonicalBody(|body| body.truncate(body.len() / 2))],
        ),
        defect(
            "an entry that is no text",
            "entry_form",
            logged,
            [Reach::CanonicalBody(|body| body[0] = 0xff)],
        ),
        defect(
            "an entry of nothing",
            "entry_form",
            logged,
            [Reach::Body(|body| body["spec"] = json!({}))],
        ),
        defect(
            "an envelope's entry for a message",
            "kind",
            |recipe| certified(recipe) && is(recipe, Kind::HashedRekord1),
            [Reach::Entry(|entry, _| {
                entry["kindVersion"] = json!({ "kind": "dsse", "version": "0.0.1" });
            })],
        ),
        defect(
            "a message's entry for an envelope",
            "kind",
            |recipe| certified(recipe) && (is(recipe, Kind::Dsse1) || is(recipe, Kind::Intoto2)),
            [Reach::Entry(|entry, _| {
                entry["kindVersion"] = json!({ "kind": "hashedrekord", "version": "0.0.1" });
            })],
        ),
    ]
}

fn hashed_rekord() -> Vec<Change> {
    let body = |id, breaks, on, change| defect(id, breaks, on, [Reach::Body(change)]);
    vec![
        body(
            "a digest that is none",
            "entry_form",
            |recipe| is(recipe, Kind::HashedRekord1),
            |body| body["spec"]["data"]["hash"]["value"] = json!("5e5e"),
        ),
        body(
            "a digest of unknown kind",
            "entry_form",
            |recipe| is(recipe, Kind::HashedRekord1),
            |body| body["spec"]["data"]["hash"]["algorithm"] = json!("crc32"),
        ),
        body(
            "a certificate that is none in the entry",
            "entry_form",
            |recipe| is(recipe, Kind::HashedRekord1),
            |body| {
                body["spec"]["signature"]["publicKey"]["content"] = json!("AAAA");
            },
        ),
        body(
            "a bare key in the entry",
            "entry_form",
            |recipe| certified(recipe) && is(recipe, Kind::HashedRekord1),
            |body| {
                body["spec"]["signature"]["publicKey"]["content"] = json!(stranger_pem());
            },
        ),
        body(
            "a certificate in the entry of a bare key",
            "entry_form",
            |recipe| keyed(recipe) && is(recipe, Kind::HashedRekord1),
            |body| {
                body["spec"]["signature"]["publicKey"]["content"] = json!(certificate_pem());
            },
        ),
    ]
}

fn dsse() -> Vec<Change> {
    let body = |id, breaks, on, change| defect(id, breaks, on, [Reach::Body(change)]);
    vec![
        body(
            "a payload's hash of another kind, dsse",
            "kind",
            |recipe| is(recipe, Kind::Dsse1),
            |body| body["spec"]["payloadHash"]["algorithm"] = json!("sha512"),
        ),
        body(
            "two signatures in the entry, dsse",
            "entry",
            |recipe| certified(recipe) && is(recipe, Kind::Dsse1),
            |body| twice(&mut body["spec"]["signatures"]),
        ),
        body(
            "no signature in the entry, dsse",
            "entry",
            |recipe| certified(recipe) && is(recipe, Kind::Dsse1),
            |body| body["spec"]["signatures"] = json!([]),
        ),
        body(
            "two keys in the entry, dsse",
            "entry_form",
            |recipe| keyed(recipe) && is(recipe, Kind::Dsse1),
            |body| twice(&mut body["spec"]["signatures"]),
        ),
        body(
            "a certificate that is none in the entry, dsse",
            "entry_form",
            |recipe| is(recipe, Kind::Dsse1),
            |body| body["spec"]["signatures"][0]["verifier"] = json!("AAAA"),
        ),
        body(
            "a bare key in the entry, dsse",
            "entry_form",
            |recipe| certified(recipe) && is(recipe, Kind::Dsse1),
            |body| body["spec"]["signatures"][0]["verifier"] = json!(stranger_pem()),
        ),
    ]
}

fn intoto() -> Vec<Change> {
    let body = |id, breaks, on, change| defect(id, breaks, on, [Reach::Body(change)]);
    fn signature(body: &mut Value) -> &mut Value {
        &mut body["spec"]["content"]["envelope"]["signatures"][0]
    }
    vec![
        body(
            "a payload's hash of another kind, intoto",
            "kind",
            |recipe| is(recipe, Kind::Intoto2),
            |body| body["spec"]["content"]["payloadHash"]["algorithm"] = json!("sha512"),
        ),
        body(
            "a payload of another kind, intoto",
            "entry",
            |recipe| is(recipe, Kind::Intoto2),
            |body| {
                body["spec"]["content"]["envelope"]["payloadType"] = json!("text/plain");
            },
        ),
        body(
            "two signatures in the entry, intoto",
            "entry",
            |recipe| certified(recipe) && is(recipe, Kind::Intoto2),
            |body| twice(&mut body["spec"]["content"]["envelope"]["signatures"]),
        ),
        body(
            "two keys in the entry, intoto",
            "entry_form",
            |recipe| keyed(recipe) && is(recipe, Kind::Intoto2),
            |body| twice(&mut body["spec"]["content"]["envelope"]["signatures"]),
        ),
        body(
            "a signature in base64 only once, intoto",
            "entry_form",
            |recipe| is(recipe, Kind::Intoto2),
            |body| {
                let twice = signature(body)["sig"].as_str().expect("base64").to_owned();
                let once = STANDARD.decode(twice).expect("base64");
                signature(body)["sig"] = String::from_utf8(once).expect("base64").into();
            },
        ),
        body(
            "a key that is none in the entry, intoto",
            "entry_form",
            |recipe| is(recipe, Kind::Intoto2),
            |body| signature(body)["publicKey"] = json!("AAAA"),
        ),
        body(
            "another key in the entry, intoto",
            "entry",
            |recipe| certified(recipe) && is(recipe, Kind::Intoto2),
            |body| signature(body)["publicKey"] = json!(stranger_pem()),
        ),
    ]
}

fn hashed_rekord_v2() -> Vec<Change> {
    let body = |id, breaks, on, change| defect(id, breaks, on, [Reach::Body(change)]);
    fn logged(body: &mut Value) -> &mut Value {
        &mut body["spec"]["hashedRekordV002"]
    }
    vec![
        body(
            "a digest of another kind, Rekor v2",
            "kind",
            in_v2,
            |body| {
                logged(body)["data"]["algorithm"] = json!("SHA2_512");
            },
        ),
        body(
            "a digest that is none, Rekor v2",
            "entry_form",
            in_v2,
            |body| {
                logged(body)["data"]["digest"] = json!("AAAA");
            },
        ),
        body(
            "a key of unknown kind, Rekor v2",
            "entry_form",
            in_v2,
            |body| {
                logged(body)["signature"]["verifier"]["keyDetails"] = json!("PKIX_UNKNOWN");
            },
        ),
        body(
            "no certificate in the entry, Rekor v2",
            "entry",
            |recipe| certified(recipe) && in_v2(recipe),
            |body| logged(body)["signature"]["verifier"]["x509Certificate"] = Value::Null,
        ),
        body(
            "no key in the entry, Rekor v2",
            "entry_form",
            |recipe| keyed(recipe) && in_v2(recipe),
            |body| logged(body)["signature"]["verifier"]["publicKey"] = Value::Null,
        ),
        defect(
            "an entry of Rekor v2 that says it is of v1",
            "entry_form",
            |recipe| in_v2(recipe) && message(recipe) && !promised(recipe),
            [Reach::Entry(|entry, _| {
                entry["kindVersion"]["version"] = json!("0.0.1");
            })],
        ),
    ]
}

fn is(recipe: &Recipe, kind: Kind) -> bool {
    recipe.last_entry() == Some(kind)
}

fn twice(list: &mut Value) {
    if let Some(list) = list.as_array_mut() {
        list.extend(list.clone());
    }
}

fn stranger_pem() -> String {
    STANDARD.encode(Key::new(Curve::P256, "stranger").public_pem())
}

fn certificate_pem() -> String {
    let root = crate::certificate::Issuer::root(Curve::P256, "stranger", "stranger");
    STANDARD.encode(crate::certificate::pem_of(&root.certificate))
}
