//! The vectors against what the program `assay` runs: RustCrypto, and AWS-LC behind the same trait.
#![cfg(not(target_arch = "wasm32"))]

use assay_core::crypto::RustCrypto;
use assay_core::crypto::native::Native;
use assay_test_vectors::merkle;
use assay_test_vectors::signatures::{ECDSA, ED25519, RSA, Suite};

fn hold_for_both_providers(suites: &[Suite]) {
    for suite in suites {
        let outcome = suite.run(&RustCrypto);
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
        assert_eq!(outcome, suite.run(&Native), "{}", suite.name);
        println!(
            "{}: {} accepted, {} refused",
            suite.name,
            outcome.accepted.len(),
            outcome.refused
        );
    }
}

#[test]
fn ecdsa_signatures_are_judged_as_wycheproof_does() {
    hold_for_both_providers(&ECDSA);
}

#[test]
fn ed25519_signatures_are_judged_as_wycheproof_does() {
    hold_for_both_providers(&ED25519);
}

#[test]
fn rsa_signatures_are_judged_as_wycheproof_does() {
    hold_for_both_providers(&RSA);
}

#[test]
fn merkle_proofs_are_judged_as_transparency_dev_does() {
    for (name, outcome) in merkle::all() {
        assert!(outcome.wrong.is_empty(), "{}", outcome.wrong.join("\n"));
        println!(
            "{name}: {} accepted, {} refused",
            outcome.accepted, outcome.refused
        );
    }
}
