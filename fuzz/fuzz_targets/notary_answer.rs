//! What a notary answers, down to the proof of each bundle in it.
#![no_main]

use assay_core::proof::Prover;
use assay_sources::HttpResponse;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static PROVER: OnceLock<Prover> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let prover = PROVER.get_or_init(assay_fuzz::prover);
    let (status, body) = match data.split_first() {
        Some((first, rest)) if first % 4 == 0 => (404, rest),
        Some((first, rest)) if first % 4 == 1 => (500, rest),
        _ => (200, data),
    };
    let response = HttpResponse {
        status,
        body: body.to_vec(),
    };
    assay_fuzz::measured(|| {
        if let Ok(candidates) = assay_sources::notary::read(&response) {
            for bundle in candidates.bundles.iter().take(4) {
                let _ = prover.prove(bundle, assay_fuzz::digest());
            }
        }
    });
});
