//! What is signed, and the signature.

use super::{
    Change, Reach, any, certified, defect, keyed, message, release, statement, states_digest,
};
use crate::recipe::{Content, Recipe};
use serde_json::json;

pub(super) fn defects() -> Vec<Change> {
    vec![
        defect(
            "another artifact",
            "this_file",
            names_artifact,
            [Reach::Artifact(|artifact| artifact.push(b'!'))],
        ),
        defect(
            "another artifact, of which nothing is stated",
            "signature",
            |recipe| recipe.content == Content::Message { stated: None },
            [Reach::Artifact(|artifact| artifact.push(b'!'))],
        ),
        defect(
            "the digest of another artifact is stated",
            "this_file",
            states_digest,
            [Reach::Bundle(|bundle, _| {
                super::flip(&mut bundle["messageSignature"]["messageDigest"]["digest"]);
            })],
        ),
        defect(
            "no subject is the artifact",
            "this_file",
            statement,
            [Reach::Statement(|statement| {
                let other = json!({ "sha256": "5e".repeat(32), "sha512": "5e".repeat(64) });
                for subject in statement["subject"].as_array_mut().expect("subjects") {
                    subject["digest"] = other.clone();
                }
            })],
        ),
        defect(
            "there is no subject",
            "format",
            statement,
            [Reach::Statement(|statement| {
                statement["subject"] = json!([]);
            })],
        ),
        defect(
            "the subjects have digests of other kinds only",
            "kind",
            statement,
            [Reach::Statement(|statement| {
                for subject in statement["subject"].as_array_mut().expect("subjects") {
                    subject["digest"] = json!({ "gitCommit": "5e".repeat(20) });
                }
            })],
        ),
        defect(
            "a release of no repository",
            "identity",
            release,
            [Reach::Statement(|statement| {
                let predicate = statement["predicate"].as_object_mut().expect("fields");
                predicate.remove("repository");
            })],
        ),
        defect(
            "a release of what is no repository",
            "identity",
            release,
            [Reach::Statement(|statement| {
                statement["predicate"]["repository"] = json!("example/tool/../evil");
            })],
        ),
        defect(
            "the signer of releases says something else",
            "identity",
            release,
            [Reach::Statement(|statement| {
                statement["predicateType"] = json!("https://slsa.dev/provenance/v1");
            })],
        ),
        defect(
            "a statement of unknown version",
            "kind",
            statement,
            [Reach::Statement(|statement| {
                statement["_type"] = json!("https://in-toto.io/Statement/v9");
            })],
        ),
        defect(
            "an envelope of other things",
            "kind",
            statement,
            [Reach::Envelope(|envelope| {
                envelope.payload_type = "application/vnd.example+json".into();
            })],
        ),
        defect(
            "a statement that is none",
            "format",
            statement,
            [Reach::Envelope(|envelope| {
                envelope.payload = b"{}".to_vec();
            })],
        ),
        defect(
            "a signature over something else",
            "signature",
            any,
            [Reach::Signed(|message| message.push(b'!'))],
        ),
        defect(
            "a signature over the payload without its envelope",
            "signature",
            statement,
            [Reach::Signed(|message| {
                let payload = message.iter().position(|byte| *byte == b'{');
                message.drain(..payload.expect("a JSON payload"));
            })],
        ),
        defect(
            "a signature that is none",
            "signature",
            any,
            [Reach::Signature(|signature| signature.truncate(8))],
        ),
        defect(
            "a signature by a key that the certificate is not for",
            "signature",
            certified,
            [Reach::Order(|order| {
                let curve = match order.draft.key.len() {
                    91 => crate::key::Curve::P256,
                    _ => crate::key::Curve::P384,
                };
                order.draft.key = crate::key::Key::new(curve, "stranger").public().to_vec();
            })],
        ),
        defect(
            "a signature by a key that the log did not see",
            "signature",
            keyed,
            [Reach::Submission(|submission| {
                submission.key_label = "stranger".into();
            })],
        ),
        defect(
            "a digest of a kind that the key does not sign",
            "kind",
            |recipe| message(recipe) && recipe.curve == crate::key::Curve::P256,
            [Reach::Recipe(|recipe| {
                recipe.content = Content::Message {
                    stated: Some(crate::key::Hash::Sha512),
                };
            })],
        ),
        defect(
            "a digest of a kind that is not computed",
            "kind",
            |recipe| message(recipe) && recipe.curve == crate::key::Curve::P384,
            [Reach::Recipe(|recipe| {
                recipe.content = Content::Message {
                    stated: Some(crate::key::Hash::Sha384),
                };
            })],
        ),
    ]
}

fn names_artifact(recipe: &Recipe) -> bool {
    recipe.content != Content::Message { stated: None }
}
