//! Signing with a key, logged by a notary.

use super::content::Content;
use super::{Made, Signs};
use crate::client::Client;
use crate::contact;
use crate::error::CliError;
use crate::exit::Exit;
use crate::key;
use crate::sign_args::SignArgs;
use crate::subject::Artifact;
use crate::submit::Submitter;
use assay_core::digest::Sha256Digest;
use assay_notary::keys::SigningKey;
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Has `run` sign with the notary that is named.
///
/// # Errors
/// When the key or the notary cannot be used, and those of `run`.
pub fn with_notary(
    args: &SignArgs,
    run: impl FnOnce(&dyn Signs, Value) -> Result<Exit, CliError>,
) -> Result<Exit, CliError> {
    if contact::chosen(args.contact.which.notary.as_deref())?.is_none() {
        return Err(CliError::Usage(
            "nobody is named to log the signature: use --notary URL (or ASSAY_NOTARY, or `assay \
             login`), --keyless for Sigstore, or --offline to have no log"
                .into(),
        ));
    }
    let client = Client::new();
    let key = key::load(&args.key)?;
    let (notary, token) = contact::to_write(&client, &args.contact)?;
    let submitter = Submitter::new(&client, &notary, &key, token)?;
    let head = json!({
        "mode": "notary",
        "notary": notary.notary.address,
        "trust_root_fingerprint": notary.notary.fingerprint,
    });
    run(&submitter, head)
}

impl Signs for Submitter<'_> {
    fn is_own(&self, bundle: &[u8]) -> bool {
        is_by(bundle, self.key)
    }

    fn sign(&self, artifact: &Artifact, content: Content) -> Result<Made, CliError> {
        let signed = content.sign(self.key)?;
        let submitted = self.submit(&signed, &artifact.digest)?;
        Ok(Made {
            signer: (&submitted.attestation.signer).into(),
            log: Some((&submitted.logged).into()),
            bundle: submitted.bundle,
            known: submitted.known,
        })
    }
}

/// Whether a bundle says that it is by this key: by its log entry, or where it has none, by its hint.
pub fn is_by(bundle: &[u8], key: &SigningKey) -> bool {
    let Ok(bundle) = serde_json::from_slice::<Value>(bundle) else {
        return false;
    };
    match bundle.pointer("/verificationMaterial/tlogEntries/0") {
        Some(entry) => logged_key(entry).as_deref() == Some(key.public_der()),
        None => {
            let hint = bundle.pointer("/verificationMaterial/publicKey/hint");
            hint.and_then(Value::as_str) == Some(&hint_of(key))
        }
    }
}

/// How bundles hint at a key: by the SHA-256 of its SubjectPublicKeyInfo.
pub fn hint_of(key: &SigningKey) -> String {
    STANDARD.encode(Sha256Digest::of(key.public_der()).as_bytes())
}

fn logged_key(entry: &Value) -> Option<Vec<u8>> {
    let body = STANDARD.decode(entry.get("canonicalizedBody")?.as_str()?);
    let body: Value = serde_json::from_slice(&body.ok()?).ok()?;
    let key = body
        .pointer("/spec/signature/publicKey/content")
        .or_else(|| body.pointer("/spec/signatures/0/verifier"))?;
    let key = STANDARD.decode(key.as_str()?).ok()?;
    Some(Verifier::from_pem(&key).ok()?.key_der().to_vec())
}
