//! A bundle from anywhere: read, chosen a root for, proven, told in words; and as a log entry.
#![no_main]

use assay_core::artifact::ArtifactDigests;
use assay_core::proof::Prover;
use assay_core::proof::rebuilt::bundle_of;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static PROVER: OnceLock<Prover> = OnceLock::new();

fuzz_target!(|data: &[u8]| {
    let prover = PROVER.get_or_init(assay_fuzz::prover);
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    assay_fuzz::measured(|| {
        let digests = ArtifactDigests::of(b"hello from the fixture\n");
        match prover.prove(text, digests) {
            Ok(attestation) => {
                let _ = attestation.signer_message().english();
            }
            Err(problem) => {
                let _ = problem.to_string();
            }
        }
        if let Ok(bundle) = bundle_of(text) {
            let _ = prover.prove(&bundle, digests);
        }
    });
});
