//! The stored record of a trust root: whoever writes to the store brings in no keys.
#![no_main]

use assay_core::root_store::RootRecord;
use assay_fuzz::tuf;
use assay_sources::tuf::{in_use, refresh, report};
use assay_tuf_repository::{Memory, NOW, Wire, ready};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let base = tuf();
    assay_fuzz::measured(|| {
        let Ok(record) = RootRecord::from_json(text) else {
            return;
        };
        let used = in_use(&base.origin, Some(&record)).expect("a root");
        assert!([base.old, base.new].contains(&used.trusted_root));
        let shown = report(&base.origin, Some(&record), NOW).expect("a report");
        if let Some(stale) = shown.stale {
            let _ = stale.message().english();
        }
        let memory = Memory::default();
        *memory.text.borrow_mut() = Some(text.to_owned());
        let wire = Wire::to(&base.repository);
        let _ = ready(refresh(&wire, &memory, &base.origin, NOW));
        let record = memory.record();
        let used = in_use(&base.origin, record.as_ref()).expect("a root");
        assert!([base.old, base.new].contains(&used.trusted_root));
    });
});
