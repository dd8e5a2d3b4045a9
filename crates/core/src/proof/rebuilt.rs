//! A bundle out of a log entry: for a signature that was logged and published nowhere else.
//!
//! A `hashedrekord` entry holds all that a plain signature is made of: the digest, the signature,
//! and the certificate or key. What is rebuilt here is proven like any other bundle.

use super::check::Check;
use super::error::ProofError;
use crate::digest::Sha256Digest;
use crate::fields::Fields;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The bundle (Sigstore bundle v0.3, JSON) that an entry of a Rekor v1 log stands for. `entry` is
/// JSON, as the log tells it (its openapi.yaml, `LogEntry`).
///
/// # Errors
/// [`Check::EntryForm`] for what cannot be read, [`Check::Kind`] for entries of other kinds than
/// `hashedrekord` 0.0.1: they do not hold what they are about.
pub fn bundle_of(entry: &str) -> Result<String, ProofError> {
    let entry = Fields::read(entry).map_err(|error| malformed("the entry", error))?;
    let canonical = bytes(&entry, "body")?;
    let body = std::str::from_utf8(&canonical).map_err(|error| malformed("the body", error))?;
    let body = Fields::read(body).map_err(|error| malformed("the body", error))?;
    let kind = format!("{} {}", text(&body, "kind")?, text(&body, "apiVersion")?);
    if kind != "hashedrekord 0.0.1" {
        return Err(Check::Kind.failed_for("an entry of kind hashedrekord 0.0.1", kind));
    }
    let spec = object(&body, "spec")?;
    let hash = object(&object(&spec, "data")?, "hash")?;
    let signature = object(&spec, "signature")?;
    let material = material(&bytes(&object(&signature, "publicKey")?, "content")?)?;
    let algorithm = algorithm(&text(&hash, "algorithm")?)?;
    let digest = of_hex(&hash, "value")?;
    let signature = STANDARD.encode(bytes(&signature, "content")?);
    let logged = logged(&entry, &canonical)?;
    // Whatever is filled in is a number, or was read from base64 or hexadecimal digits, but for the
    // checkpoint, which is JSON.
    Ok(format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{{material},"tlogEntries":[{logged}]}},"messageSignature":{{"messageDigest":{{"algorithm":"{algorithm}","digest":"{digest}"}},"signature":"{signature}"}}}}"#
    ))
}

/// The certificate or key, which the entry holds as PEM (RFC 7468).
fn material(pem: &[u8]) -> Result<String, ProofError> {
    let pem = std::str::from_utf8(pem).map_err(|error| malformed("publicKey", error))?;
    let der = |label: &str| {
        let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
        let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
        let body: String = body.split_ascii_whitespace().collect();
        STANDARD.decode(body).ok()
    };
    if let Some(certificate) = der("CERTIFICATE") {
        let certificate = STANDARD.encode(certificate);
        return Ok(format!(r#""certificate":{{"rawBytes":"{certificate}"}}"#));
    }
    let key =
        der("PUBLIC KEY").ok_or_else(|| malformed("publicKey", "neither of the two forms"))?;
    let hint = STANDARD.encode(Sha256Digest::of(&key).as_bytes());
    Ok(format!(r#""publicKey":{{"hint":"{hint}"}}"#))
}

fn logged(entry: &Fields<'_>, canonical: &[u8]) -> Result<String, ProofError> {
    let verification = object(entry, "verification")?;
    let promise = STANDARD.encode(bytes(&verification, "signedEntryTimestamp")?);
    let proof = match verification.object("inclusionProof") {
        Some(proof) => format!(r#","inclusionProof":{}"#, inclusion(&proof)?),
        None => String::new(),
    };
    Ok(format!(
        r#"{{"logIndex":"{}","logId":{{"keyId":"{}"}},"kindVersion":{{"kind":"hashedrekord","version":"0.0.1"}},"integratedTime":"{}","inclusionPromise":{{"signedEntryTimestamp":"{promise}"}},"canonicalizedBody":"{}"{proof}}}"#,
        number(entry, "logIndex")?,
        of_hex(entry, "logID")?,
        number(entry, "integratedTime")?,
        STANDARD.encode(canonical),
    ))
}

fn inclusion(proof: &Fields<'_>) -> Result<String, ProofError> {
    let hashes = proof
        .get("hashes")
        .and_then(|json| serde_json::from_str(json).ok());
    let hashes: Vec<String> = hashes.ok_or_else(|| malformed("hashes", "no list"))?;
    let hashes: Result<Vec<String>, ProofError> = hashes
        .iter()
        .map(|hash| base64_of_hex("hashes", hash).map(|hash| format!(r#""{hash}""#)))
        .collect();
    // JSON as it came.
    let checkpoint = proof.get("checkpoint").filter(|json| json.starts_with('"'));
    Ok(format!(
        r#"{{"logIndex":"{}","rootHash":"{}","treeSize":"{}","hashes":[{}],"checkpoint":{{"envelope":{}}}}}"#,
        number(proof, "logIndex")?,
        of_hex(proof, "rootHash")?,
        number(proof, "treeSize")?,
        hashes?.join(","),
        checkpoint.ok_or_else(|| malformed("checkpoint", "no text"))?,
    ))
}

fn object<'a>(fields: &Fields<'a>, name: &str) -> Result<Fields<'a>, ProofError> {
    let found = fields.object(name);
    found.ok_or_else(|| malformed(name, "no object"))
}

fn text(fields: &Fields<'_>, name: &str) -> Result<String, ProofError> {
    fields.text(name).ok_or_else(|| malformed(name, "no text"))
}

fn number(fields: &Fields<'_>, name: &str) -> Result<u64, ProofError> {
    let found = fields.number(name);
    found.ok_or_else(|| malformed(name, "no number"))
}

fn bytes(fields: &Fields<'_>, name: &str) -> Result<Vec<u8>, ProofError> {
    let decoded = STANDARD.decode(text(fields, name)?);
    decoded.map_err(|error| malformed(name, error))
}

/// In base64 what the field has in hexadecimal digits.
fn of_hex(fields: &Fields<'_>, name: &str) -> Result<String, ProofError> {
    base64_of_hex(name, &text(fields, name)?)
}

/// The name that bundles give to a digest's algorithm.
fn algorithm(name: &str) -> Result<&'static str, ProofError> {
    match name {
        "sha256" => Ok("SHA2_256"),
        "sha384" => Ok("SHA2_384"),
        "sha512" => Ok("SHA2_512"),
        other => Err(Check::Kind.failed_for("a digest of the SHA-2 family", other)),
    }
}

fn base64_of_hex(what: &str, text: &str) -> Result<String, ProofError> {
    let bytes = hex::decode(text).map_err(|error| malformed(what, error))?;
    Ok(STANDARD.encode(bytes))
}

fn malformed(what: &str, error: impl std::fmt::Display) -> ProofError {
    Check::EntryForm.failed(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attestation::Claim;
    use crate::proof::Prover;
    use crate::signer::{Identity, RootId};
    use crate::trust_root::TrustRoot;
    use assay_test_authority::log_entry;
    use serde_json::{Value, json};

    const ROOT: &str = include_str!("../../../../tests/wasm/fixtures/trusted_root.json");
    const NAMED: &str = include_str!("../../../../tests/wasm/fixtures/named.sigstore.json");
    const KEY: &str = include_str!("../../../../tests/wasm/fixtures/key.sigstore.json");
    const UNTRUSTED: &str = include_str!("../../../../tests/wasm/fixtures/untrusted.sigstore.json");
    const CONTENT: &[u8] = b"hello from the fixture\n";

    fn prover() -> Prover {
        let root = TrustRoot::parse(RootId::notary("00"), ROOT).expect("a trust root");
        Prover::new(root).expect("a prover")
    }

    fn rebuilt(entry: Value) -> Result<String, ProofError> {
        bundle_of(&entry.to_string())
    }

    #[test]
    fn a_logged_signature_is_proven_from_the_log_alone() {
        let digest = Sha256Digest::of(CONTENT);
        for bundle in [NAMED, KEY] {
            let again = rebuilt(log_entry(bundle)).expect("a bundle");
            let (given, again) = (
                prover().prove(bundle, digest).expect("a proof"),
                prover().prove(&again, digest).expect("a proof"),
            );
            assert_eq!(given.signer, again.signer);
            assert_eq!(given.logged, again.logged);
            assert_eq!(again.claim, Claim::Signature);
        }
        let named = prover().prove(&rebuilt(log_entry(NAMED)).expect("a bundle"), digest);
        assert!(matches!(
            named.map(|attestation| attestation.signer.identity),
            Ok(Identity::Named { .. })
        ));
    }

    #[test]
    fn another_files_entry_proves_nothing_about_this_one() {
        let bundle = rebuilt(log_entry(NAMED)).expect("a bundle");
        let refused = prover().prove(&bundle, Sha256Digest::of(b"another"));
        assert_eq!(
            refused.err().map(|error| error.check),
            Some(Check::ThisFile)
        );
    }

    #[test]
    fn an_entry_that_does_not_hold_what_it_is_about_is_refused() {
        let refused = rebuilt(log_entry(UNTRUSTED));
        assert_eq!(refused.err().map(|error| error.check), Some(Check::Kind));
    }

    #[test]
    fn a_malformed_entry_is_refused() {
        for (pointer, value) in [
            ("/body", json!("%")),
            ("/body", json!("e30=")),
            ("/body", json!(7)),
            ("/integratedTime", json!(-1)),
            ("/logIndex", json!("1")),
            ("/verification/inclusionProof/checkpoint", json!({})),
            ("/verification/inclusionProof/hashes", json!("00")),
            ("/verification/signedEntryTimestamp", json!(null)),
            ("/logID", json!("xyz")),
            ("/verification/inclusionProof/rootHash", json!("0")),
            ("/verification/inclusionProof/hashes", json!(["zz"])),
        ] {
            let mut entry = log_entry(NAMED);
            *entry.pointer_mut(pointer).expect("a place") = value;
            let refused = rebuilt(entry);
            assert_eq!(
                refused.err().map(|error| error.check),
                Some(Check::EntryForm),
                "{pointer}"
            );
        }
    }
}
