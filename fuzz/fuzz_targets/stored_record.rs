//! What storage holds: records and settings, judged again and put into words.
#![no_main]

use assay_core::project::Project;
use assay_core::record::DownloadRecord;
use assay_core::settings::Settings;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    assay_fuzz::measured(|| {
        let settings = serde_json::from_slice::<Settings>(data).unwrap_or_default();
        if let Ok(record) = serde_json::from_slice::<DownloadRecord>(data) {
            let mut project = Project::default();
            project.note(
                &record.obtained().own_signers(&record.evidence),
                Some("bin"),
                0.0,
            );
            let judged = record.judge(&record.evidence, &settings, Some(&project));
            for reason in &judged.reasons {
                let _ = reason.english();
            }
            let again = serde_json::to_vec(&record).expect("what was read can be written");
            assert!(serde_json::from_slice::<DownloadRecord>(&again).is_ok());
        }
    });
});
