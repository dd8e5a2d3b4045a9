//! The making of a bundle, step by step.

use crate::certificate::pem_of;
use crate::ct;
use crate::entry::{self, Envelope, Kind, Verifier};
use crate::hand::{Facts, Hand, Honest, Moments, Order, Submission};
use crate::instance::{Instance, Manner};
use crate::key::{Curve, Hash, Key};
use crate::recipe::{About, Content, Recipe, Signer, Version};
use crate::subject::{COMMIT, REPOSITORY_ID, Subject};
use crate::time::{BEGINNING, Window};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A bundle, and what belongs to it.
#[derive(Debug, Clone)]
pub struct Made {
    /// What kind it is.
    pub recipe: Recipe,
    /// The bundle's JSON.
    pub bundle: String,
    /// The `trusted_root.json` that it is verified with.
    pub trusted_root: String,
    /// The artifact.
    pub artifact: Vec<u8>,
    /// The signer's public key, PEM.
    pub key: String,
    /// The signer's certificate, PEM, where there is one.
    pub certificate: Option<String>,
    /// The times.
    pub moments: Moments,
}

/// One of each kind of bundle and again, `count` in all, of instances with authorities of this
/// curve. All are different: another signer's key, another artifact.
pub fn bundles(count: usize, curve: Curve) -> Vec<Made> {
    make_all(&Recipe::all(), count, curve)
}

/// The same at one instance: all have the same trust root, and can be proven of artifacts of which
/// only the SHA-256 is known.
pub fn bundles_at(manner: Manner, count: usize, curve: Curve) -> Vec<Made> {
    let by_sha256 = |recipe: &Recipe| match &recipe.content {
        Content::Message { .. } => true,
        Content::Statement { subjects } => subjects
            .iter()
            .any(|about| matches!(about, About::Sha256 | About::Both)),
    };
    let recipes: Vec<_> = Recipe::all()
        .into_iter()
        .filter(|recipe| recipe.manner == manner && by_sha256(recipe))
        .collect();
    make_all(&recipes, count, curve)
}

fn make_all(recipes: &[Recipe], count: usize, curve: Curve) -> Vec<Made> {
    let mut instances = [Manner::Public, Manner::Private, Manner::GitHub]
        .map(|manner| Instance::new(manner, curve, "bundles"));
    (0..count)
        .map(|number| {
            let recipe = &recipes[number % recipes.len()];
            let instance = instances
                .iter_mut()
                .find(|instance| instance.manner == recipe.manner)
                .expect("one of each manner");
            recipe.make(instance, number as u64)
        })
        .collect()
}

impl Recipe {
    /// Makes the bundle with this number at an instance of the right manner.
    pub fn make(&self, instance: &mut Instance, number: u64) -> Made {
        self.make_by(instance, number, &Honest)
    }

    /// The same with a hand that reaches into it.
    pub fn make_by(&self, instance: &mut Instance, number: u64, hand: &dyn Hand) -> Made {
        let artifact = format!("artifact {number}\n").into_bytes();
        self.make_about(instance, artifact, number, hand)
    }

    /// The same about this artifact.
    pub fn make_about(
        &self,
        instance: &mut Instance,
        artifact: Vec<u8>,
        number: u64,
        hand: &dyn Hand,
    ) -> Made {
        let mut recipe = self.clone();
        hand.recipe(&mut recipe);
        hand.instance(instance);
        let maker = Maker {
            recipe,
            hand,
            label: format!("signer {number}"),
            moments: moments(self, number, hand),
        };
        maker.make(instance, artifact)
    }
}

fn moments(recipe: &Recipe, number: u64, hand: &dyn Hand) -> Moments {
    let signed = BEGINNING + number * 60;
    let mut moments = Moments {
        // Fulcio's certificates hold for ten minutes.
        certificate: Window {
            from: signed - 30,
            until: signed + 570,
        },
        certificate_logged: signed - 30,
        integrated: recipe.promise.then_some(signed + 2),
        stamped: signed + 1,
    };
    hand.moments(&mut moments);
    moments
}

struct Maker<'a> {
    recipe: Recipe,
    hand: &'a dyn Hand,
    label: String,
    moments: Moments,
}

/// What the signer gives away.
struct Signed {
    key: Key,
    certificate: Option<Vec<u8>>,
    content: Value,
    envelope: Option<Envelope>,
    signature: Vec<u8>,
}

impl Maker<'_> {
    fn facts<'a>(&'a self, instance: &'a Instance) -> Facts<'a> {
        Facts {
            recipe: &self.recipe,
            moments: &self.moments,
            instance,
        }
    }

    fn make(self, instance: &mut Instance, mut artifact: Vec<u8>) -> Made {
        let signed = self.sign(instance, &artifact);
        let entries = self.log(instance, &artifact, &signed);
        let timestamps = self.stamp(instance, &signed.signature);
        let mut material = self.material(instance, &signed);
        material["tlogEntries"] = json!(entries);
        if !timestamps.is_empty() {
            material["timestampVerificationData"] = json!({ "rfc3161Timestamps": timestamps });
        }
        let content = match signed.envelope {
            Some(_) => "dsseEnvelope",
            None => "messageSignature",
        };
        let mut bundle = json!({
            "mediaType": self.recipe.version.media_type(),
            "verificationMaterial": material,
            content: signed.content,
        });
        self.hand.bundle(&mut bundle, &self.facts(instance));
        let mut trusted_root = instance.trusted_root();
        self.hand
            .trusted_root(&mut trusted_root, &self.facts(instance));
        self.hand.artifact(&mut artifact);
        Made {
            bundle: bundle.to_string(),
            trusted_root: trusted_root.to_string(),
            artifact,
            key: signed.key.public_pem(),
            certificate: signed.certificate.map(|der| pem_of(&der)),
            moments: self.moments,
            recipe: self.recipe,
        }
    }

    fn sign(&self, instance: &Instance, artifact: &[u8]) -> Signed {
        let key = Key::new(self.recipe.curve, &self.label);
        let certificate = match &self.recipe.signer {
            Signer::Certified(subject) => Some(self.certify(instance, subject, &key)),
            Signer::Key => None,
        };
        let sign = |hash: Hash, message: Vec<u8>| {
            let mut message = message;
            self.hand.signed(&mut message);
            let mut signature = key.sign_with(hash, &message);
            self.hand.signature(&mut signature);
            signature
        };
        let (content, envelope, signature) = match &self.recipe.content {
            Content::Message { stated } => {
                let hash = stated.unwrap_or(self.recipe.curve.hash());
                let signature = sign(hash, artifact.to_vec());
                let mut content = json!({ "signature": STANDARD.encode(&signature) });
                if let Some(hash) = stated {
                    content["messageDigest"] = json!({
                        "algorithm": hash.name(),
                        "digest": STANDARD.encode(hash.digest(artifact)),
                    });
                }
                (content, None, signature)
            }
            Content::Statement { subjects } => {
                let mut statement = statement(subjects, artifact, &self.recipe.signer);
                self.hand.statement(&mut statement);
                let mut envelope = Envelope {
                    payload_type: "application/vnd.in-toto+json".into(),
                    payload: statement.to_string().into_bytes(),
                    signature: vec![],
                };
                self.hand.envelope(&mut envelope);
                let message = Envelope::pre_authentication_encoding(
                    &envelope.payload_type,
                    &envelope.payload,
                );
                envelope.signature = sign(self.recipe.curve.hash(), message);
                let signature = envelope.signature.clone();
                (envelope.json(), Some(envelope), signature)
            }
        };
        Signed {
            key,
            certificate,
            content,
            envelope,
            signature,
        }
    }

    fn certify(&self, instance: &Instance, subject: &Subject, key: &Key) -> Vec<u8> {
        let mut order = Order {
            issuer: instance.authority.clone(),
            draft: instance.leaf(subject, key, self.moments.certificate),
        };
        self.hand.order(&mut order);
        if let Some(log) = &instance.ct {
            let certificate = order.draft.to_be_signed(order.issuer.key.curve());
            let mut draft = log.draft(
                order.issuer.key.public(),
                certificate,
                self.moments.certificate_logged,
            );
            self.hand.sct(&mut draft);
            let mut list = vec![draft.sign()];
            self.hand.scts(&mut list);
            order.draft.set(ct::extension(&list));
        }
        self.hand.logged_order(&mut order);
        let mut certificate = order.draft.sign(&order.issuer.key);
        self.hand.certificate(&mut certificate);
        certificate
    }

    fn log(&self, instance: &mut Instance, artifact: &[u8], signed: &Signed) -> Vec<Value> {
        let kinds = self.recipe.entries.clone();
        let last = kinds.len().saturating_sub(1);
        kinds
            .into_iter()
            .enumerate()
            .map(|(number, kind)| {
                let honest: &dyn Hand = &Honest;
                let hand = if number == last { self.hand } else { honest };
                self.log_one(instance, kind, artifact, signed, hand)
            })
            .collect()
    }

    fn log_one(
        &self,
        instance: &mut Instance,
        kind: Kind,
        artifact: &[u8],
        signed: &Signed,
        hand: &dyn Hand,
    ) -> Value {
        let mut submission = Submission {
            kind,
            digest: Hash::Sha256.digest(artifact),
            envelope: signed.envelope.clone(),
            signature: signed.signature.clone(),
            certificate: signed.certificate.clone(),
            key_label: self.label.clone(),
        };
        hand.submission(&mut submission);
        let mut body = self.body(&submission);
        hand.body(&mut body);
        let mut body = serde_json_canonicalizer::to_vec(&body).expect("plain JSON");
        hand.canonical_body(&mut body);

        let log = match kind.is_v2() {
            true => instance.tiles.as_mut(),
            false => instance.rekor.as_mut(),
        }
        .expect("an instance with this log");
        let place = log.append(&body);
        let (name, version) = kind.name();
        let index = log.offset + place.index;
        let mut entry = json!({
            "logIndex": index.to_string(),
            "logId": { "keyId": STANDARD.encode(log.id()) },
            "kindVersion": { "kind": name, "version": version },
            "canonicalizedBody": STANDARD.encode(&body),
        });
        if self.recipe.promise && !kind.is_v2() {
            let integrated = self.moments.integrated;
            if let Some(seconds) = integrated {
                entry["integratedTime"] = json!(seconds.to_string());
            }
            let mut promise = log.promise(&body, index, integrated);
            hand.promise(&mut promise);
            entry["inclusionPromise"] =
                json!({ "signedEntryTimestamp": STANDARD.encode(promise.sign()) });
        }
        if self.recipe.proof {
            let mut checkpoint = log.checkpoint(place.size, place.root);
            hand.checkpoint(&mut checkpoint, &self.facts(instance));
            let path: Vec<_> = place
                .path
                .iter()
                .map(|node| STANDARD.encode(node))
                .collect();
            entry["inclusionProof"] = json!({
                "logIndex": place.index.to_string(),
                "rootHash": STANDARD.encode(place.root),
                "treeSize": place.size.to_string(),
                "hashes": path,
                "checkpoint": { "envelope": checkpoint.sign() },
            });
        }
        hand.entry(&mut entry, &self.facts(instance));
        entry
    }

    fn body(&self, submission: &Submission) -> Value {
        let key = Key::new(self.recipe.curve, &submission.key_label);
        let verifier = match &submission.certificate {
            Some(der) => Verifier::Certificate(der, self.recipe.curve),
            None => Verifier::Key(&key),
        };
        match &submission.envelope {
            Some(envelope) => {
                let envelope = Envelope {
                    signature: submission.signature.clone(),
                    ..envelope.clone()
                };
                entry::envelope(submission.kind, &envelope, &verifier)
            }
            None => entry::hashed_rekord(
                submission.kind,
                &submission.digest,
                &submission.signature,
                &verifier,
            ),
        }
    }

    fn stamp(&self, instance: &Instance, signature: &[u8]) -> Vec<Value> {
        let count = self.recipe.timestamps;
        (1..=count)
            .map(|number| {
                let honest: &dyn Hand = &Honest;
                let hand = if number == count { self.hand } else { honest };
                let mut message = signature.to_vec();
                hand.stamped(&mut message);
                // An earlier timestamp is an honest one, at another time.
                let time = match number == count {
                    true => self.moments.stamped,
                    false => self.moments.certificate.from + 30 + number as u64,
                };
                let mut token = instance.tsa.token(&message, time);
                hand.token(&mut token, &self.facts(instance));
                let mut token = token.sign();
                hand.token_bytes(&mut token);
                json!({ "signedTimestamp": STANDARD.encode(token) })
            })
            .collect()
    }

    fn material(&self, instance: &Instance, signed: &Signed) -> Value {
        let Some(certificate) = &signed.certificate else {
            let hint = STANDARD.encode(signed.key.id());
            return json!({ "publicKey": { "hint": hint } });
        };
        let raw = |der: &[u8]| json!({ "rawBytes": STANDARD.encode(der) });
        match self.recipe.version {
            Version::V03 => json!({ "certificate": raw(certificate) }),
            Version::V01 | Version::V02 => {
                let mut chain = vec![raw(certificate)];
                if instance.ships_authority() {
                    chain.push(raw(&instance.authority.certificate));
                }
                json!({ "x509CertificateChain": { "certificates": chain } })
            }
        }
    }
}

fn statement(subjects: &[About], artifact: &[u8], signer: &Signer) -> Value {
    let sha256 = hex::encode(Hash::Sha256.digest(artifact));
    let sha512 = hex::encode(Hash::Sha512.digest(artifact));
    let mut subjects: Vec<_> = subjects
        .iter()
        .enumerate()
        .map(|(number, about)| {
            let digest = match about {
                About::Sha256 => json!({ "sha256": sha256 }),
                About::Sha512 => json!({ "sha512": sha512 }),
                About::Both => json!({ "sha256": sha256, "sha512": sha512 }),
                About::Other => {
                    let other = Hash::Sha256.digest(format!("{number} of {sha256}").as_bytes());
                    json!({ "sha256": hex::encode(other) })
                }
            };
            json!({ "name": format!("tool-{number}.tar.gz"), "digest": digest })
        })
        .collect();
    let (predicate_type, predicate) = match signer {
        Signer::Certified(Subject::Release { repository, tag }) => {
            let purl = format!("pkg:github/{repository}@{tag}");
            subjects.insert(0, json!({ "uri": purl, "digest": { "sha1": COMMIT } }));
            (
                "https://in-toto.io/attestation/release/v0.2",
                json!({
                    "ownerId": "59704711",
                    "purl": purl,
                    "releaseId": "222158671",
                    "repository": repository,
                    "repositoryId": REPOSITORY_ID,
                    "tag": tag,
                }),
            )
        }
        _ => (
            "https://slsa.dev/provenance/v1",
            json!({ "buildDefinition": { "buildType": "https://example.org/build" } }),
        ),
    };
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn all_bundles_are_different_and_can_be_made_again() {
        let count = 2 * Recipe::all().len();
        let made = bundles(count, Curve::P256);
        let again = bundles(count, Curve::P256);
        let distinct: HashSet<_> = made.iter().map(|made| &made.bundle).collect();
        assert_eq!(distinct.len(), count);
        let same = made.iter().zip(&again);
        assert!(same.into_iter().all(|(one, two)| one.bundle == two.bundle));
    }

    #[test]
    fn the_bundles_of_one_instance_have_one_trust_root() {
        let made = bundles_at(Manner::Public, 30, Curve::P256);
        let roots: HashSet<_> = made.iter().map(|made| &made.trusted_root).collect();
        assert_eq!((made.len(), roots.len()), (30, 1));
    }
}
