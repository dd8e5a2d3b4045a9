//! When it was signed.

use super::{Change, Reach, certified, defect, github, in_v2, promised, stamped, timed_once};
use crate::certificate::{Issuer, TIME_STAMPING};
use crate::hand::Facts;
use crate::instance::Instance;
use crate::key::Key;
use crate::recipe::{Recipe, Version};
use crate::time::{BEGINNING, FAR_FUTURE, YEAR, rfc3339};
use crate::tsa::{DATA, Tsa};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::asn1::ObjectIdentifier;
use serde_json::{Value, json};

pub(super) fn defects() -> Vec<Change> {
    [none(), tokens(), authority(), integration()]
        .into_iter()
        .flatten()
        .collect()
}

/// Nothing that says when.
fn none() -> Vec<Change> {
    vec![
        defect(
            "a proof without any time",
            "time",
            |recipe| {
                certified(recipe)
                    && promised(recipe)
                    && timed_once(recipe)
                    && recipe.version != Version::V01
            },
            [Reach::Recipe(|recipe| recipe.promise = false)],
        ),
        defect(
            "an entry of Rekor v2 without timestamp",
            "time",
            |recipe| certified(recipe) && in_v2(recipe) && timed_once(recipe),
            [Reach::Recipe(|recipe| recipe.timestamps = 0)],
        ),
        defect(
            "a promise without time",
            "time",
            |recipe| certified(recipe) && promised(recipe) && timed_once(recipe),
            [Reach::Moments(|moments| moments.integrated = None)],
        ),
        defect(
            "neither entry nor timestamp",
            "time",
            github,
            [Reach::Recipe(|recipe| recipe.timestamps = 0)],
        ),
    ]
}

/// Timestamps that are wrong in themselves.
fn tokens() -> Vec<Change> {
    let token = |id, change| defect(id, "timestamp", stamped, [Reach::Token(change)]);
    vec![
        defect(
            "a timestamp over another signature",
            "timestamp",
            stamped,
            [Reach::Stamped(|message| message.push(0))],
        ),
        token(
            "a timestamp by an authority that nobody knows",
            |draft, _| {
                let curve = draft.signer.curve();
                let stranger = Tsa::new(curve, "stranger");
                draft.signer = stranger.key;
                draft.certificate = stranger.certificate.clone();
                draft.embedded = vec![stranger.certificate];
            },
        ),
        token(
            "a timestamp by another key of the authority",
            |draft, facts| {
                let key = Key::new(draft.signer.curve(), "stranger");
                let issuer = &facts.instance.tsa.intermediate;
                draft.certificate = Tsa::draft(issuer, &key).sign(&issuer.key);
                draft.embedded = vec![draft.certificate.clone()];
                draft.signer = key;
            },
        ),
        token("a timestamp signed by somebody else", |draft, _| {
            draft.signer = Key::new(draft.signer.curve(), "stranger");
        }),
        token("a timestamp whose content was not signed", |draft, _| {
            draft.message_digest = Some(draft.signer.curve().hash().digest(b"other content"));
        }),
        token("a timestamp without signed attributes", |draft, _| {
            draft.attributes = false;
        }),
        token("a timestamp without signer", |draft, _| {
            draft.signed = false
        }),
        token("a timestamp without content", |draft, _| {
            draft.content = false
        }),
        token("a timestamp with content of another kind", |draft, _| {
            draft.content_type = DATA;
        }),
        token("a timestamp of another kind", |draft, _| {
            draft.outer_type = DATA
        }),
        token("a timestamp that was not granted", |draft, _| {
            draft.status = 2
        }),
        token("a timestamp over a hash of unknown kind", |draft, _| {
            // SHA-1.
            let sha1 = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
            draft.imprint = (sha1, vec![7; 20]);
        }),
        defect(
            "a timestamp that is none",
            "timestamp",
            stamped,
            [Reach::TokenBytes(|token| token.truncate(token.len() / 2))],
        ),
        defect(
            "a timestamp that was changed",
            "timestamp",
            stamped,
            [Reach::TokenBytes(|token| {
                if let Some(last) = token.last_mut() {
                    *last ^= 1;
                }
            })],
        ),
    ]
}

/// Timestamps by an authority that may not give them.
fn authority() -> Vec<Change> {
    let tsa = |id, breaks, change| defect(id, breaks, stamped, [Reach::Instance(change)]);
    let root = |id, breaks, change| defect(id, breaks, stamped, [Reach::TrustedRoot(change)]);
    vec![
        tsa(
            "the authority of time is one for other things",
            "timestamp",
            |instance| {
                let mut draft = Tsa::draft(&instance.tsa.intermediate, &instance.tsa.key);
                draft.remove(ObjectIdentifier::new_unwrap("2.5.29.37"));
                instance.tsa.certificate = draft.sign(&instance.tsa.intermediate.key);
            },
        ),
        tsa(
            "the authority of time had expired",
            "timestamp",
            |instance| {
                let mut draft = Tsa::draft(&instance.tsa.intermediate, &instance.tsa.key);
                draft.window.until = BEGINNING - 1;
                instance.tsa.certificate = draft.sign(&instance.tsa.intermediate.key);
            },
        ),
        tsa(
            "the authority of time is named by a stranger",
            "timestamp",
            |instance| {
                let draft = Tsa::draft(&instance.tsa.intermediate, &instance.tsa.key);
                let stranger = Key::new(instance.tsa.intermediate.key.curve(), "stranger");
                instance.tsa.certificate = draft.sign(&stranger);
            },
        ),
        tsa(
            "the authority of time is below a stranger",
            "timestamp",
            stranger_between,
        ),
        root("no authority of time", "timestamp", |root, _| {
            root["timestampAuthorities"] = json!([]);
        }),
        root(
            "an authority of time that is not yet in office",
            "timestamp",
            |root, _| {
                root["timestampAuthorities"][0]["validFor"]["start"] = json!(rfc3339(FAR_FUTURE));
            },
        ),
        root(
            "an authority of time that came into office later",
            "timestamp_window",
            |root, facts| {
                root["timestampAuthorities"][0]["validFor"]["start"] =
                    json!(rfc3339(facts.moments.stamped + 1));
            },
        ),
        root(
            "an authority of time that was no longer in office",
            "timestamp_window",
            |root, facts| {
                root["timestampAuthorities"][0]["validFor"]["end"] =
                    json!(rfc3339(facts.moments.stamped - 1));
            },
        ),
        root(
            "only another authority of time was in office",
            "timestamp_window",
            lend_window,
        ),
    ]
}

/// The time at which the log integrated the entry.
fn integration() -> Vec<Change> {
    vec![defect(
        "integrated in the future",
        "integrated_time",
        |recipe: &Recipe| recipe.promise,
        [Reach::Moments(|moments| {
            moments.integrated = Some(FAR_FUTURE);
            moments.certificate.until = FAR_FUTURE + YEAR;
        })],
    )]
}

fn stranger_between(instance: &mut Instance) {
    let tsa = &mut instance.tsa;
    let draft = tsa
        .root
        .draft_below(&tsa.intermediate.key, "tsa intermediate", TIME_STAMPING);
    let stranger = Key::new(tsa.root.key.curve(), "stranger");
    tsa.intermediate.certificate = draft.sign(&stranger);
}

fn lend_window(root: &mut Value, facts: &Facts) {
    let authorities = root["timestampAuthorities"].as_array_mut();
    let authorities = authorities.expect("authorities");
    let mut other = authorities[0].clone();
    let stranger = Issuer::root(crate::key::Curve::P256, "stranger", "tsa root");
    other["certChain"]["certificates"] =
        json!([{ "rawBytes": STANDARD.encode(stranger.certificate) }]);
    authorities[0]["validFor"]["end"] = json!(rfc3339(facts.moments.stamped - 1));
    authorities.push(other);
}
