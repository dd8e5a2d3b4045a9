//! Any file of a TUF repository, as a refresh reads it: nothing that nobody signed is taken over.
#![no_main]

use assay_fuzz::tuf;
use assay_sources::tuf::{in_use, refresh};
use assay_tuf_repository::{Memory, NOW, Wire, ready};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let base = tuf();
    // The first byte says which file this is.
    let Some((place, content)) = data.split_first() else {
        return;
    };
    let Some(file) = base.files.get(usize::from(*place)) else {
        return;
    };
    let mut repository = base.repository.clone();
    repository.put(file, content);
    let memory = Memory::default();
    let refreshed = assay_fuzz::measured(|| {
        let wire = Wire::to(&repository);
        ready(refresh(&wire, &memory, &base.origin, NOW))
    });
    if let Err(error) = &refreshed {
        let _ = error.message().english();
    }
    let record = memory.record();
    let used = in_use(&base.origin, record.as_ref()).expect("a root");
    assert!([base.old, base.new].contains(&used.trusted_root));
});
