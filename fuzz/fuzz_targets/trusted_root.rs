//! A notary's trust root, as it is read when the notary is added.
#![no_main]

use assay_core::proof::Prover;
use assay_core::signer::RootId;
use assay_core::trust_root::{TrustRoot, fingerprint};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    const BUNDLE: &str = include_str!("../../tests/wasm/fixtures/named.sigstore.json");
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    assay_fuzz::measured(|| {
        let _ = fingerprint(text);
        let Ok(root) = TrustRoot::parse(RootId::notary("00"), text) else {
            return;
        };
        if let Ok(prover) = Prover::new(root) {
            let _ = prover.prove(BUNDLE, assay_fuzz::digest());
        }
    });
});
