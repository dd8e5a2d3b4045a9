//! The vectors of others, in wasm.

use assay_core::crypto::RustCrypto;
use assay_test_vectors::merkle;
use assay_test_vectors::signatures::{ECDSA, ED25519, RSA, Suite};
use wasm_bindgen_test::wasm_bindgen_test;

fn hold(suites: &[Suite]) {
    for suite in suites {
        let outcome = suite.run(&RustCrypto);
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    }
}

#[wasm_bindgen_test]
fn ecdsa_signatures_are_judged_as_wycheproof_does() {
    hold(&ECDSA);
}

#[wasm_bindgen_test]
fn ed25519_signatures_are_judged_as_wycheproof_does() {
    hold(&ED25519);
}

#[wasm_bindgen_test]
fn rsa_signatures_are_judged_as_wycheproof_does() {
    hold(&RSA);
}

#[wasm_bindgen_test]
fn merkle_proofs_are_judged_as_transparency_dev_does() {
    for (_, outcome) in merkle::all() {
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
    }
}
