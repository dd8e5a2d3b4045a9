//! What a notary answers, down to the proof of each bundle in it.
#![no_main]

use assay_core::roots::Roots;
use assay_sources::HttpResponse;
use assay_sources::proving::prove;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static ROOTS: Roots = assay_fuzz::roots();
}

fuzz_target!(|data: &[u8]| {
    let (status, body) = match data.split_first() {
        Some((first, rest)) if first % 4 == 0 => (404, rest),
        Some((first, rest)) if first % 4 == 1 => (500, rest),
        _ => (200, data),
    };
    let response = HttpResponse {
        status,
        body: body.to_vec(),
    };
    ROOTS.with(|roots| {
        assay_fuzz::measured(|| {
            if let Ok(candidates) = assay_sources::notary::read(&response) {
                let _ = prove(
                    ("source", "name"),
                    &candidates,
                    roots,
                    &assay_fuzz::digest().into(),
                    0,
                );
            }
        });
    });
});
