//! Container images that cosign signed before there were bundles: over a text that names the image, with
//! the log's promise beside it.

mod common;

use common::little_server::{Little, Store};
use common::registry::{OCI_MANIFEST, TestImage, descriptor, sha256};
use common::setting::{Setting, setting};
use serde_json::{Value, json};
use std::sync::Arc;

const TEXT: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ARTIFACT: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

/// A registry on this machine with one image, `app:1`.
struct World {
    s: Setting,
    store: Arc<Store>,
    _registry: Little,
    app: TestImage,
    name: String,
}

fn world() -> World {
    let (store, app) = (Arc::new(Store::default()), TestImage::of("app"));
    store.push("1", &app);
    let behind = Arc::clone(&store);
    let registry = Little::start(move |asked| behind.answer(asked));
    World {
        s: setting(),
        store,
        name: format!("image:{}/app:1", registry.host),
        _registry: registry,
        app,
    }
}

/// The text about an image, as cosign writes it.
fn text(image: &str) -> String {
    json!({
        "critical": {
            "identity": { "docker-reference": "registry.example/app" },
            "image": { "docker-manifest-digest": image },
            "type": "cosign container image signature",
        },
        "optional": null,
    })
    .to_string()
}

impl World {
    fn subject(&self) -> String {
        sha256(&self.app.manifest)
    }

    /// The layer with a text that the user signs, and the log's promise.
    fn signed(&self, text: &str) -> Value {
        self.s.user.write("text.json", text);
        self.s.sign("text.json");
        let bundle = self.s.user.read_json("text.json.sigstore.json");
        std::fs::remove_file(self.s.user.path("text.json.sigstore.json")).unwrap();
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
        let number = |field: &Value| field.as_str().unwrap().parse::<u64>().unwrap();
        let log = base64(entry["logId"]["keyId"].as_str().unwrap());
        let log: String = log.iter().map(|byte| format!("{byte:02x}")).collect();
        let logged = json!({
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"],
                "integratedTime": number(&entry["integratedTime"]),
                "logIndex": number(&entry["logIndex"]),
                "logID": log,
            },
        });
        self.store.put_blob(text.as_bytes());
        let mut layer = descriptor(TEXT, text.as_bytes());
        layer["annotations"] = json!({
            "dev.cosignproject.cosign/signature": bundle["messageSignature"]["signature"],
            "dev.sigstore.cosign/bundle": logged.to_string(),
        });
        layer
    }

    /// Puts signatures under the tag beside the image.
    fn attach(&self, layers: &[Value]) {
        let tag = self.subject().replace(':', "-") + ".sig";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
            "layers": layers,
        });
        let bytes = manifest.to_string();
        self.store.put(&tag, OCI_MANIFEST, bytes.as_bytes());
    }
}

fn base64(text: &str) -> Vec<u8> {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[test]
fn a_signature_under_a_tag_beside_the_image_is_recognised() {
    let w = world();
    w.s.verify(&w.name).expect(13);
    let text = text(&w.subject());
    for kind in [
        "cosign container image signature",
        "https://sigstore.dev/cosign/sign/v1",
    ] {
        let text = text.replace("cosign container image signature", kind);
        w.attach(&[w.signed(&text)]);
        w.s.verify(&w.name).expect(0);
        w.s.verify_attached(&w.name).expect(0);
    }
}

#[test]
fn a_signature_that_refers_to_the_image_is_recognised() {
    let w = world();
    let layer = w.signed(&text(&w.subject()));
    let refer = |subject: &[u8]| {
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": ARTIFACT,
            "config": descriptor(ARTIFACT, b"{}"),
            "layers": [layer],
            "subject": descriptor(OCI_MANIFEST, subject),
        });
        let bytes = manifest.to_string();
        w.store.put("signature", OCI_MANIFEST, bytes.as_bytes());
    };
    let other = TestImage::of("other");
    w.store.push("2", &other);
    // The text is about the first one, whatever it is attached to.
    refer(&other.manifest);
    let of_other = w.name.replace("app:1", "app:2");
    assert_eq!(w.s.verify(&of_other).verdict(), "unchecked");
    w.s.verify(&w.name).expect(13);
    refer(&w.app.manifest);
    w.s.verify(&w.name).expect(0);
}

#[test]
fn a_text_about_something_else_or_another_signature_says_nothing_of_the_image() {
    let w = world();
    let other = sha256(b"another image");
    let right = w.signed(&text(&w.subject()));
    let wrong_signature = {
        let mut layer = right.clone();
        let other = w.signed(&text(&other));
        layer["annotations"]["dev.cosignproject.cosign/signature"] =
            other["annotations"]["dev.cosignproject.cosign/signature"].clone();
        layer
    };
    let swapped_text = {
        // What was logged, beside a text that nobody signed.
        let unsigned = text(&w.subject()).replace("registry.example", "other.example");
        w.store.put_blob(unsigned.as_bytes());
        let mut layer = descriptor(TEXT, unsigned.as_bytes());
        layer["annotations"] = right["annotations"].clone();
        layer
    };
    let of_another_kind = text(&w.subject()).replace("cosign container image signature", "x");
    let mut unlogged = right.clone();
    unlogged["annotations"]
        .as_object_mut()
        .unwrap()
        .remove("dev.sigstore.cosign/bundle");
    let mut of_another_type = right.clone();
    of_another_type["mediaType"] = json!("text/plain");
    for (layer, why) in [
        (w.signed(&text(&other)), "another image"),
        (wrong_signature, "another signature"),
        (swapped_text, "other bytes"),
        (w.signed(&of_another_kind), "another kind of text"),
        (w.signed("{}"), "no such text"),
        (unlogged, "no log"),
        (of_another_type, "no text"),
    ] {
        w.attach(std::slice::from_ref(&layer));
        let verdict = w.s.verify_attached(&w.name).verdict();
        assert!(
            ["unknown", "unchecked"].contains(&verdict.as_str()),
            "{why}: {verdict}"
        );
        // It keeps nobody from the right one.
        w.attach(&[layer, right.clone()]);
        w.s.verify_attached(&w.name).expect(0);
    }
}
