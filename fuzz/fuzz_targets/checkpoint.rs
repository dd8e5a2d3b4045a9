//! A signed checkpoint, inside a bundle whose all else is right.
#![no_main]

use assay_core::proof::Prover;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use std::sync::OnceLock;

static PROVER: OnceLock<Prover> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    const BUNDLE: &str = include_str!("../../tests/wasm/fixtures/named.sigstore.json");
    let prover = PROVER.get_or_init(assay_fuzz::prover);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(mut bundle) = serde_json::from_str::<Value>(BUNDLE) else {
        return;
    };
    bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"] =
        Value::from(text);
    let bundle = bundle.to_string();
    assay_fuzz::measured(|| {
        let _ = prover.prove(&bundle, assay_fuzz::digest());
    });
});
