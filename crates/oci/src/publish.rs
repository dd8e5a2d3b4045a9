//! Attaching a bundle to an image in a registry, as cosign 3 does (OCI distribution specification,
//! "Pushing Manifests with Subject").

use crate::attached::{BUNDLE, EMPTY};
use crate::error::OciError;
use crate::manifest::{Content, Descriptor, OCI_INDEX, OCI_MANIFEST};
use crate::origin::{self, Origin};
use crate::reference::{Named, Reference};
use crate::referrers;
use crate::registry::{PUSH, Registry, Request, found, no_answer};
use crate::transport::Answer;
use crate::{digest, token};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What an attached bundle says of itself, as cosign writes it.
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// The configuration of what has none.
const NOTHING: &[u8] = b"{}";

/// How many bytes of an answer to something that was sent are read at most.
const MAX_ANSWER: usize = 64 * 1024;

/// So often the index of a registry without the referrers API is written anew at most, where others
/// write it at the same time.
const MOST_TRIES: usize = 5;

/// What was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The manifest that holds it.
    pub digest: Sha256Digest,
    /// Whether this registry does not know what refers to what, so that it is listed under a tag.
    pub is_under_tag: bool,
}

/// The index of a registry without the referrers API. What others wrote there stays as it is.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexOut {
    schema_version: u32,
    #[serde(default = "oci_index")]
    media_type: String,
    manifests: Vec<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl Default for IndexOut {
    fn default() -> Self {
        Self {
            schema_version: 2,
            media_type: oci_index(),
            manifests: Vec::new(),
            more: Map::new(),
        }
    }
}

fn oci_index() -> String {
    OCI_INDEX.to_owned()
}

impl Registry {
    /// Attaches a bundle, whose statement has this predicate type, to the image with this digest. A
    /// bundle that is attached already is not attached twice.
    ///
    /// # Errors
    /// When the registry does not take it.
    pub fn attach(
        &self,
        reference: &Reference,
        image: &Sha256Digest,
        bundle: &str,
        predicate_type: &str,
    ) -> Result<Published, OciError> {
        let subject = self.manifest(&reference.at(*image))?;
        self.push_blob(reference, NOTHING)?;
        self.push_blob(reference, bundle.as_bytes())?;
        let annotations = BTreeMap::from([
            (CONTENT.to_owned(), "dsse-envelope".to_owned()),
            (PREDICATE_TYPE.to_owned(), predicate_type.to_owned()),
        ]);
        // The same bytes for the same bundle: no time is in it.
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": BUNDLE,
            "config": descriptor(EMPTY, NOTHING),
            "layers": [descriptor(BUNDLE, bundle.as_bytes())],
            "subject": {
                "mediaType": subject.media_type,
                "digest": digest::text(&subject.digest),
                "size": subject.size,
            },
            "annotations": annotations,
        })
        .to_string();
        let own = Descriptor {
            artifact_type: Some(BUNDLE.to_owned()),
            annotations,
            ..descriptor(OCI_MANIFEST, manifest.as_bytes())
        };
        let digest = Sha256Digest::of(manifest.as_bytes());
        let name = Named::Digest(digest);
        let answer = self.push_manifest(reference, &name, OCI_MANIFEST, manifest.as_bytes())?;
        let is_under_tag = answer.header("oci-subject").is_none();
        if is_under_tag {
            self.list(reference, image, &own)?;
        }
        Ok(Published {
            digest,
            is_under_tag,
        })
    }

    /// Lists a manifest under the tag that stands in for the referrers API. There is no way to do so
    /// but to write the whole list, so it is looked at once more whether it is there then.
    fn list(
        &self,
        reference: &Reference,
        image: &Sha256Digest,
        own: &Descriptor,
    ) -> Result<(), OciError> {
        let tag = Named::Tag(referrers::tag(image));
        let list = Reference {
            named: tag.clone(),
            ..reference.clone()
        };
        for _ in 0..MOST_TRIES {
            let mut index = match self.manifest_and_bytes(&list) {
                Err(OciError::Unknown { .. }) => IndexOut::default(),
                Err(error) => return Err(error),
                Ok((manifest, bytes)) => match manifest.content {
                    Content::Index(listed) => {
                        if listed.iter().any(|one| one.digest == own.digest) {
                            return Ok(());
                        }
                        serde_json::from_slice(&bytes).map_err(|error| {
                            OciError::malformed(list.to_string(), error.to_string())
                        })?
                    }
                    Content::Image { .. } => {
                        return Err(OciError::malformed(
                            list.to_string(),
                            "no index: nothing can be listed there",
                        ));
                    }
                },
            };
            index.manifests.push(json!(own));
            let kind = index.media_type.clone();
            let index = serde_json::to_vec(&index)
                .map_err(|error| OciError::malformed("the index", error.to_string()))?;
            self.push_manifest(reference, &tag, &kind, &index)?;
        }
        let detail = "others write it again and again at the same time".to_owned();
        Err(no_answer(
            reference,
            &format!("the list of what is attached to sha256:{image}"),
            Failure::Malformed { detail },
        ))
    }

    fn push_manifest(
        &self,
        reference: &Reference,
        named: &Named,
        kind: &str,
        bytes: &[u8],
    ) -> Result<Answer, OciError> {
        let what = "a signature that is to be attached";
        let answer = self.send(
            reference,
            &Request {
                method: "PUT",
                url: self.address(reference, "manifests", &named.text()),
                accept: "application/json",
                body: Some((kind, bytes)),
                limit: MAX_ANSWER,
                what,
                actions: PUSH,
            },
        )?;
        taken(reference, what, answer, 201)
    }

    fn push_blob(&self, reference: &Reference, bytes: &[u8]) -> Result<(), OciError> {
        let what = "a signature that is to be attached";
        let request = |method, url, body| Request {
            method,
            url,
            accept: "application/json",
            body,
            limit: MAX_ANSWER,
            what,
            actions: PUSH,
        };
        let begin = self.address(reference, "blobs", "uploads/");
        let answer = self.send(reference, &request("POST", begin, Some((BYTES, &[]))))?;
        let answer = taken(reference, what, answer, 202)?;
        let refused = |detail: &str| {
            let detail = detail.to_owned();
            no_answer(reference, what, Failure::Malformed { detail })
        };
        let to = answer.header("location");
        let to = to.and_then(|to| origin::resolve(&answer.url, to));
        // What is sent is for this registry alone, and so are the credentials.
        let to = to.filter(|to| Origin::of(to) == Origin::of(&self.server(reference)));
        let to = to.ok_or_else(|| refused("it wants the bytes to be sent to another host"))?;
        let mark = if to.contains('?') { '&' } else { '?' };
        let digest = token::encoded(&digest::text(&Sha256Digest::of(bytes)));
        let to = format!("{to}{mark}digest={digest}");
        let answer = self.send(reference, &request("PUT", to, Some((BYTES, bytes))))?;
        taken(reference, what, answer, 201).map(drop)
    }
}

/// The media type of bytes.
const BYTES: &str = "application/octet-stream";

fn descriptor(kind: &str, bytes: &[u8]) -> Descriptor {
    Descriptor {
        media_type: kind.to_owned(),
        digest: digest::text(&Sha256Digest::of(bytes)),
        size: bytes.len() as u64,
        artifact_type: None,
        platform: None,
        annotations: BTreeMap::new(),
    }
}

/// An answer with the status that says that something was taken.
fn taken(
    reference: &Reference,
    what: &str,
    answer: Answer,
    status: u16,
) -> Result<Answer, OciError> {
    match answer.status == status {
        true => Ok(answer),
        false => match found(reference, what, answer) {
            // Another way to say yes than there is for this.
            Ok(answer) => Err(no_answer(
                reference,
                what,
                Failure::Status {
                    status: answer.status,
                },
            )),
            Err(error) => Err(error),
        },
    }
}
