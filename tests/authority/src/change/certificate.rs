//! The signer's certificate, and whoever vouches for it.

use super::{Change, Reach, certified, defect, private, public, timed_once, vouched};
use crate::certificate::{
    CODE_SIGNING, Draft, Issuer, SERVER_AUTH, TIME_STAMPING, alternative_names, basic_constraints,
    email, extended_key_usage, fulcio, fulcio_oid, raw, uri,
};
use crate::ct::{SCT_LIST, SctDraft};
use crate::hand::{Facts, Moments};
use crate::instance::Instance;
use crate::key::{Curve, Key};
use crate::subject::RELEASES;
use crate::time::{BEGINNING, Window, YEAR, rfc3339};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::Encode;
use der::asn1::{Ia5String, ObjectIdentifier};
use serde_json::{Value, json};
use x509_cert::ext::pkix::name::GeneralName;

/// A byte more than a text about the signer may have.
const TOO_LONG: usize = 2049;

const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const ALTERNATIVE_NAMES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

pub(super) fn defects() -> Vec<Change> {
    [chain(), authority(), windows(), scts(), names(), long()]
        .into_iter()
        .flatten()
        .collect()
}

/// The certificate of an instance's authority anew, for some use.
fn authority_for(usage: ObjectIdentifier, instance: &Instance) -> Draft {
    let key = &instance.authority.key;
    instance.root.draft_below(key, "authority", usage)
}

fn chain() -> Vec<Change> {
    vec![
        defect(
            "by a stranger of the same name",
            "certificate_chain",
            certified,
            [Reach::Order(|order| {
                order.issuer.key = Key::new(order.issuer.key.curve(), "stranger");
            })],
        ),
        defect(
            "by a stranger of another name",
            "certificate_chain",
            certified,
            [Reach::Order(|order| {
                order.issuer = Issuer::root(order.issuer.key.curve(), "stranger", "stranger");
                order.draft.issuer = order.issuer.name.clone();
            })],
        ),
        defect(
            "changed after it was signed",
            "certificate_chain",
            certified,
            [Reach::Certificate(|der| {
                if let Some(last) = der.last_mut() {
                    *last ^= 1;
                }
            })],
        ),
        defect(
            "for no use",
            "certificate_chain",
            certified,
            [Reach::Order(|order| order.draft.remove(EXTENDED_KEY_USAGE))],
        ),
        defect(
            "for web servers",
            "certificate_chain",
            certified,
            [Reach::Order(|order| {
                order.draft.set(extended_key_usage(&[SERVER_AUTH]));
            })],
        ),
        defect(
            "for an authority",
            "certificate_chain",
            certified,
            [Reach::Order(|order| {
                order.draft.set(basic_constraints(true, None));
            })],
        ),
        defect(
            "with a critical extension that nobody knows",
            "certificate_form",
            certified,
            [Reach::Order(|order| {
                let unknown = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.99");
                order.draft.set(raw(unknown, true, &[5, 0]));
            })],
        ),
        defect(
            "with a key of unknown kind",
            "certificate_form",
            certified,
            [Reach::Order(|order| {
                // X25519 (RFC 8410), which signs nothing.
                let key = Key::new(Curve::Ed25519, "stranger").public().to_vec();
                let id = key.iter().position(|byte| *byte == 0x70);
                order.draft.key = key;
                order.draft.key[id.expect("the identifier's last byte")] = 0x6e;
            })],
        ),
    ]
}

/// An authority that the trust root does not name itself.
fn authority() -> Vec<Change> {
    vec![
        defect(
            "the authority's certificate is missing",
            "certificate_chain",
            private,
            [Reach::Bundle(|bundle, _| certificates(bundle).truncate(1))],
        ),
        defect(
            "the authority is none",
            "certificate_chain",
            private,
            [Reach::Instance(|instance| {
                let mut draft = authority_for(CODE_SIGNING, instance);
                draft.remove(BASIC_CONSTRAINTS);
                instance.authority.certificate = draft.sign(&instance.root.key);
            })],
        ),
        defect(
            "the authority is one for other things",
            "certificate_chain",
            private,
            [Reach::Instance(|instance| {
                let draft = authority_for(TIME_STAMPING, instance);
                instance.authority.certificate = draft.sign(&instance.root.key);
            })],
        ),
        defect(
            "the authority is a stranger's",
            "certificate_chain",
            private,
            [Reach::Instance(|instance| {
                let draft = authority_for(CODE_SIGNING, instance);
                let stranger = Key::new(instance.root.key.curve(), "stranger");
                instance.authority.certificate = draft.sign(&stranger);
            })],
        ),
        defect(
            "the authority had expired",
            "certificate_window",
            private,
            [Reach::Instance(|instance| {
                let mut draft = authority_for(CODE_SIGNING, instance);
                draft.window.until = BEGINNING - 1;
                instance.authority.certificate = draft.sign(&instance.root.key);
            })],
        ),
        defect(
            "an authority below one that may have none below",
            "certificate_chain",
            private,
            [
                Reach::Order(|order| {
                    order.issuer = below(&order.issuer);
                    order.draft.issuer = order.issuer.name.clone();
                }),
                Reach::Bundle(|bundle, facts| {
                    let below = below(&facts.instance.authority).certificate;
                    certificates(bundle).push(json!({ "rawBytes": STANDARD.encode(below) }));
                }),
            ],
        ),
        defect(
            "the authority was not yet in office",
            "authority_window",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::TrustedRoot(|root, facts| {
                root["certificateAuthorities"][0]["validFor"]["start"] =
                    json!(rfc3339(only_time(facts) + 1));
            })],
        ),
        defect(
            "the authority was no longer in office",
            "authority_window",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::TrustedRoot(|root, facts| {
                root["certificateAuthorities"][0]["validFor"]["end"] =
                    json!(rfc3339(only_time(facts) - 1));
            })],
        ),
        defect(
            "only another authority was in office",
            "certificate_chain",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::TrustedRoot(|root, facts| {
                let end = json!(rfc3339(only_time(facts) - 1));
                let authorities = root["certificateAuthorities"].as_array_mut();
                let authorities = authorities.expect("authorities");
                let stranger = Issuer::root(Curve::P256, "stranger", "root").certificate;
                let mut other = authorities[0].clone();
                other["certChain"]["certificates"] =
                    json!([{ "rawBytes": STANDARD.encode(stranger) }]);
                authorities[0]["validFor"]["end"] = end;
                authorities.push(other);
            })],
        ),
    ]
}

fn windows() -> Vec<Change> {
    vec![
        defect(
            "expired before it was signed with",
            "certificate_window",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::Moments(|moments| {
                let until = earliest(moments) - 1;
                moments.certificate = Window {
                    from: until - 600,
                    until,
                };
            })],
        ),
        defect(
            "not yet valid when it was signed with",
            "certificate_window",
            |recipe| certified(recipe) && timed_once(recipe),
            [Reach::Moments(|moments| {
                let from = earliest(moments) + 1;
                moments.certificate = Window {
                    from,
                    until: from + 600,
                };
            })],
        ),
        defect(
            "expired before it was integrated, whatever the timestamp says",
            "certificate_window",
            |recipe| certified(recipe) && recipe.promise && recipe.timestamps > 0,
            [Reach::Moments(|moments| {
                moments.integrated = Some(moments.certificate.until + 1);
            })],
        ),
        defect(
            "expired before the timestamp, whatever another says",
            "certificate_window",
            |recipe| certified(recipe) && !timed_once(recipe) && recipe.timestamps > 0,
            [Reach::Moments(|moments| {
                moments.stamped = moments.certificate.until + 1;
            })],
        ),
    ]
}

fn scts() -> Vec<Change> {
    let sct = |id, change| defect(id, "certificate_timestamp", public, [Reach::Sct(change)]);
    vec![
        defect(
            "not shown to any log of certificates",
            "certificate_timestamp",
            public,
            [Reach::LoggedOrder(|order| order.draft.remove(SCT_LIST))],
        ),
        defect(
            "with an empty list of logs",
            "certificate_timestamp",
            public,
            [Reach::Scts(Vec::clear)],
        ),
        defect(
            "with the same log's timestamp twice",
            "certificate_timestamp",
            public,
            [Reach::Scts(|list| list.extend(list.clone()))],
        ),
        defect(
            "with a list of logs that is none",
            "certificate_timestamp",
            public,
            [Reach::LoggedOrder(|order| {
                order.draft.set(raw(SCT_LIST, false, &[4, 3, 0, 9, 1]));
            })],
        ),
        defect(
            "with a timestamp that is cut off",
            "certificate_timestamp",
            public,
            [Reach::Scts(|list| list[0].truncate(40))],
        ),
        sct("shown to a log that nobody knows", |draft| {
            draft.signer = Key::new(Curve::P256, "stranger");
            draft.log_id = draft.signer.id();
        }),
        sct("shown to a log whose signature it is not", |draft| {
            draft.signer = Key::new(Curve::P256, "stranger");
        }),
        sct("shown to a log as another certificate", |draft| {
            if let Some(last) = draft.certificate.last_mut() {
                *last ^= 1;
            }
        }),
        sct("shown to a log as another authority's", |draft| {
            draft.issuer_key_hash[0] ^= 1;
        }),
        sct("with a signature of unknown kind", |draft| {
            draft.algorithm = 0x0402
        }),
        sct("with a signature of a kind that no log has", rsa),
        sct("shown at a time that there is not", |draft| {
            draft.timestamp = u64::MAX;
        }),
        sct("shown to a log before its time", |draft| {
            draft.timestamp = (BEGINNING - YEAR) * 1000 - 1;
        }),
        sct("shown to a log at another time than it signed", |_| {}).with(Reach::Scts(|list| {
            // The last byte of the time, after version and log.
            list[0][40] ^= 1;
        })),
        defect(
            "shown to a log after its time",
            "certificate_timestamp",
            public,
            [Reach::TrustedRoot(|root, facts| {
                root["ctlogs"][0]["publicKey"]["validFor"]["end"] =
                    json!(rfc3339(facts.moments.certificate_logged - 1));
            })],
        ),
        defect(
            "changed after it was shown",
            "certificate_timestamp",
            public,
            [Reach::LoggedOrder(|order| {
                order.draft.set(fulcio(8, "https://stranger.example"));
            })],
        ),
        defect(
            "shown to a log with another key",
            "certificate_timestamp",
            public,
            [Reach::TrustedRoot(|root, _| {
                let key = Key::new(Curve::P256, "stranger");
                root["ctlogs"][0]["publicKey"]["rawBytes"] = json!(STANDARD.encode(key.public()));
            })],
        ),
    ]
}

fn names() -> Vec<Change> {
    vec![
        defect(
            "nobody vouches for the name",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.remove(fulcio_oid(8));
                order.draft.remove(fulcio_oid(1));
            })],
        ),
        defect(
            "the name of GitHub's releases, under another root",
            "identity",
            public,
            [Reach::Order(|order| {
                order.draft.remove(fulcio_oid(8));
                order.draft.remove(fulcio_oid(1));
                order.draft.set(alternative_names(&[uri(RELEASES)]));
            })],
        ),
        defect(
            "a release, under another root than GitHub's",
            "identity",
            |recipe| public(recipe) && recipe.statement(),
            [
                Reach::Order(|order| {
                    order.draft.remove(fulcio_oid(8));
                    order.draft.remove(fulcio_oid(1));
                    order.draft.set(alternative_names(&[uri(RELEASES)]));
                }),
                Reach::Statement(|statement| {
                    statement["predicateType"] =
                        json!("https://in-toto.io/attestation/release/v0.2");
                    statement["predicate"] = json!({ "repository": "example/tool" });
                }),
            ],
        ),
        defect(
            "an empty name vouches for the name",
            "identity",
            certified,
            [Reach::Order(|order| order.draft.set(fulcio(8, "")))],
        ),
        defect(
            "what vouches for the name cannot be read",
            "certificate_form",
            certified,
            [Reach::Order(|order| {
                order.draft.set(raw(fulcio_oid(8), false, b"https"));
            })],
        ),
        defect(
            "no name",
            "identity",
            certified,
            [Reach::Order(|order| order.draft.remove(ALTERNATIVE_NAMES))],
        ),
        defect(
            "a name that is neither address nor URI",
            "identity",
            certified,
            [Reach::Order(|order| {
                let host = Ia5String::new("example.org").expect("ASCII");
                order
                    .draft
                    .set(alternative_names(&[GeneralName::DnsName(host)]));
            })],
        ),
        defect(
            "an empty name",
            "identity",
            certified,
            [Reach::Order(|order| {
                order.draft.set(alternative_names(&[email("")]));
            })],
        ),
        defect(
            "a name that cannot be read",
            "certificate_form",
            certified,
            [Reach::Order(|order| {
                let text = Ia5String::new("x").and_then(|text| text.to_der());
                let text = text.expect("a short text");
                order.draft.set(raw(ALTERNATIVE_NAMES, false, &text));
            })],
        ),
    ]
}

impl Change {
    fn with(mut self, reach: Reach) -> Self {
        self.reaches.push(reach);
        self
    }
}

fn rsa(draft: &mut SctDraft) {
    draft.algorithm = 0x0401;
}

/// An authority below this one, always the same.
fn below(issuer: &Issuer) -> Issuer {
    issuer.below(issuer.key.curve(), "below", "below", CODE_SIGNING)
}

fn certificates(bundle: &mut Value) -> &mut Vec<Value> {
    bundle["verificationMaterial"]["x509CertificateChain"]["certificates"]
        .as_array_mut()
        .expect("a chain")
}

fn earliest(moments: &Moments) -> u64 {
    match moments.integrated {
        Some(time) => time,
        None => moments.stamped,
    }
}

/// The one time that says when it was signed.
fn only_time(facts: &Facts) -> u64 {
    earliest(facts.moments)
}

/// Texts about the signer that are longer than any honest one.
fn long() -> Vec<Change> {
    vec![
        defect(
            "a name of thousands of labels",
            "identity",
            vouched,
            [Reach::Order(|order| {
                let name = format!("https://{}", "xn--a.".repeat(10_000));
                order.draft.set(alternative_names(&[uri(&name)]));
            })],
        ),
        defect(
            "a name that is a byte too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                let name = format!("{:a<TOO_LONG$}", "spiffe://example.org/");
                order.draft.set(alternative_names(&[uri(&name)]));
            })],
        ),
        defect(
            "an issuer that is too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.set(fulcio(8, &"i".repeat(TOO_LONG)));
            })],
        ),
        defect(
            "a repository that is too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.set(fulcio(12, &"r".repeat(TOO_LONG)));
                order
                    .draft
                    .set(fulcio(18, "https://example.org/w@refs/heads/m"));
            })],
        ),
        defect(
            "a repository's identifier that is too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.set(fulcio(12, "https://example.org"));
                order.draft.set(fulcio(15, &"1".repeat(TOO_LONG)));
                order
                    .draft
                    .set(fulcio(18, "https://example.org/w@refs/heads/m"));
            })],
        ),
        defect(
            "a workflow that is too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.set(fulcio(12, "https://example.org"));
                order.draft.set(fulcio(18, &"w".repeat(TOO_LONG)));
            })],
        ),
        defect(
            "a ref that is too long",
            "identity",
            vouched,
            [Reach::Order(|order| {
                order.draft.set(fulcio(14, &"r".repeat(TOO_LONG)));
            })],
        ),
    ]
}
