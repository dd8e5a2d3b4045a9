//! Signatures as cosign made them before there were bundles: under a tag beside the image, over a
//! text that names the image by its digest ("simple signing"), with the log's promise in an annotation.

use crate::error::OciError;
use crate::manifest::Descriptor;
use crate::store::Store;
use crate::{digest, error};
use assay_core::digest::Sha256Digest;
use assay_core::proof::rebuilt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

/// The media type of the text.
pub const TEXT: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// The type of what refers to an image with such signatures in it (cosign's `--registry-referrers-mode`).
pub const ARTIFACT: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";

/// The largest such text that is read, in bytes.
const MAX_BYTES: usize = 128 * 1024;

/// What the text says of itself; the second since cosign 2.5.
const TYPES: [&str; 2] = [
    "cosign container image signature",
    "https://sigstore.dev/cosign/sign/v1",
];

/// The annotations of a signature's layer.
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const LOGGED: &str = "dev.sigstore.cosign/bundle";

/// A signature over a text that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleSigning {
    /// The digest of the text: what was signed.
    pub signed: Sha256Digest,
    /// The signature with what proves it, as a Sigstore bundle (JSON).
    pub bundle: String,
}

#[derive(Deserialize)]
struct Text {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Named,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Named {
    docker_manifest_digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logged {
    signed_entry_timestamp: String,
    payload: Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    body: String,
    integrated_time: i64,
    log_index: i64,
    #[serde(rename = "logID")]
    log_id: String,
}

/// The tag of an image's signatures.
pub fn tag(digest: &Sha256Digest) -> String {
    format!("sha256-{digest}.sig")
}

impl SimpleSigning {
    /// The signature in a layer; `None` where the layer is something else, or the signature was never
    /// logged, so that nothing proves it.
    ///
    /// # Errors
    /// When it cannot be read, or is about another image.
    pub fn read(
        store: &impl Store,
        layer: &Descriptor,
        image: &Sha256Digest,
    ) -> Result<Option<Self>, error::OciError> {
        let annotation = |name: &str| layer.annotations.get(name);
        let (Some(signature), Some(logged), TEXT) = (
            annotation(SIGNATURE),
            annotation(LOGGED),
            layer.media_type.as_str(),
        ) else {
            return Ok(None);
        };
        let wrong = |detail: String| OciError::malformed(layer.digest.clone(), detail);
        let text = store.blob(layer, MAX_BYTES)?;
        let read: Text = serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?;
        if !TYPES.contains(&read.critical.kind.as_str()) {
            return Err(wrong("it signs no image".into()));
        }
        let named = digest::parse(&read.critical.image.docker_manifest_digest);
        if named.as_ref() != Some(image) {
            return Err(wrong("it signs another image".into()));
        }
        let logged: Logged =
            serde_json::from_str(logged).map_err(|error| wrong(error.to_string()))?;
        // The entry holds signature and key, too: two that differ would be two signatures.
        if signature_in(&logged.payload.body).as_ref() != STANDARD.decode(signature).ok().as_ref() {
            return Err(wrong("what was logged is another signature".into()));
        }
        let bundle = bundle(&logged).map_err(|error| wrong(error.to_string()))?;
        let signed = Sha256Digest::of(&text);
        Ok(Some(Self { signed, bundle }))
    }
}

fn signature_in(body: &str) -> Option<Vec<u8>> {
    let body = STANDARD.decode(body).ok()?;
    let body: Value = serde_json::from_slice(&body).ok()?;
    let signature = body.pointer("/spec/signature/content")?.as_str()?;
    STANDARD.decode(signature).ok()
}

/// The entry that was logged, as a bundle of the version whose proof is the log's promise.
fn bundle(logged: &Logged) -> Result<String, assay_core::proof::ProofError> {
    let payload = &logged.payload;
    let entry = json!({
        "body": payload.body,
        "integratedTime": payload.integrated_time,
        "logIndex": payload.log_index,
        "logID": payload.log_id,
        "verification": { "signedEntryTimestamp": logged.signed_entry_timestamp },
    });
    let bundle = rebuilt::bundle_of(&entry.to_string())?;
    Ok(bundle.replacen(
        "application/vnd.dev.sigstore.bundle.v0.3+json",
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        1,
    ))
}
