//! Writes the seeds that fuzzing starts from into the folder named on the command line, a folder
//! for each target.

use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::policy::{Place, judge};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::settings::Settings;
use assay_sources::tuf::refresh;
use assay_tuf_repository::{Memory, NOW, Wire, ready};
use serde_json::{Value, json as text};
use std::path::{Path, PathBuf};

const BUNDLES: [(&str, &str); 3] = [
    (
        "named",
        include_str!("../../../tests/wasm/fixtures/named.sigstore.json"),
    ),
    (
        "key",
        include_str!("../../../tests/wasm/fixtures/key.sigstore.json"),
    ),
    (
        "untrusted",
        include_str!("../../../tests/wasm/fixtures/untrusted.sigstore.json"),
    ),
];
const ROOT: &str = include_str!("../../../tests/wasm/fixtures/trusted_root.json");

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).expect("a folder to write to"));
    let seed = |target: &str, name: &str, bytes: &[u8]| write(&folder, target, name, bytes);
    seed("trusted_root", "notary", ROOT.as_bytes());
    let prover = assay_fuzz::prover();
    let mut proven = Vec::new();
    let mut all = Vec::new();
    for (name, bundle) in BUNDLES {
        seed("bundle", name, bundle.as_bytes());
        let parsed: Value = serde_json::from_str(bundle).expect("JSON");
        let proof = &parsed["verificationMaterial"]["tlogEntries"][0]["inclusionProof"];
        let checkpoint = proof["checkpoint"]["envelope"].as_str().expect("a note");
        seed("checkpoint", name, checkpoint.as_bytes());
        let answer = text!({ "attestations": [{ "bundle": parsed }] });
        seed("notary_answer", name, answer.to_string().as_bytes());
        all.push(text!({ "bundle": parsed }));
        proven.push(prover.prove(bundle, assay_fuzz::digest()).expect("a proof"));
    }
    let answer = text!({ "attestations": all, "truncated": true });
    seed("notary_answer", "all", answer.to_string().as_bytes());
    seed("notary_answer", "none", br#"{"attestations":[]}"#);
    let tuf = assay_fuzz::tuf();
    let wire = Wire::to(&tuf.repository);
    for (place, file) in tuf.files.iter().enumerate() {
        let mut content = vec![u8::try_from(place).expect("few files")];
        content.extend(tuf.repository.text(file).as_bytes());
        seed("tuf_metadata", &place.to_string(), &content);
        // What is known after a refresh that was cut off at this file.
        let memory = Memory::default();
        wire.asked.borrow_mut().clear();
        wire.dies_at.set(place + 2);
        let _ = ready(refresh(&wire, &memory, &tuf.origin, NOW));
        let record = memory.text.into_inner().expect("a record");
        seed("stored_root", &place.to_string(), record.as_bytes());
    }
    let evidence = vec![
        Evidence::of(
            "https://notary.example",
            "notary.example",
            Outcome::Answered {
                proven,
                rejected: Vec::new(),
                truncated: false,
                withheld: Vec::new(),
            },
        ),
        Evidence::of(
            "https://other.example",
            "other.example",
            Outcome::Failed {
                failure: Failure::TimedOut { seconds: 10 },
            },
        ),
    ];
    let settings = Settings::default();
    seed("stored_record", "settings", &json(&settings));
    let mut record = record(evidence);
    seed("stored_record", "done", &json(&record));
    if let Some(judgement) = &mut record.judgement {
        judgement.reasons = Reason::samples().iter().map(Reason::message).collect();
    }
    seed("stored_record", "all-reasons", &json(&record));
    let declaration = r#"{"version":1,"downloads":[{"paths":["/tool/*","/**.zip"],"signers":[{"identity":"a@example.org","issuer":"https://accounts.google.com"},{"repository":"https://github.com/a/b","issuer":"https://token.actions.githubusercontent.com","workflow":"w.yml"},{"key":"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"},{"minisign":"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"}]}]}"#;
    seed("beside", "declaration", declaration.as_bytes());
    let list = format!(
        "{}  tool.zip\nSHA256 (a) = {}\n",
        assay_fuzz::digest(),
        assay_fuzz::digest()
    );
    seed("beside", "list", list.as_bytes());
    let signature = "untrusted comment: x\nRUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\ntrusted comment: timestamp:1\nQtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==\n";
    seed("beside", "minisig", signature.as_bytes());
}

fn record(evidence: Vec<Evidence>) -> DownloadRecord {
    let settings = Settings::default();
    let place = Place {
        site: Some("example.org"),
        ..Place::default()
    };
    DownloadRecord {
        id: "2026-01-01T00:00:00.000Z/1".into(),
        browser_id: 1,
        path: "/home/user/Downloads/file.bin".into(),
        url: "https://example.org/file.bin".into(),
        final_url: "https://dl.example.org/file.bin".into(),
        site: Some("example.org".into()),
        completed_at: 1.0,
        stage: Stage::Done,
        digest: Some(assay_fuzz::digest()),
        judgement: Some(judge(&evidence, &settings, place, None).into()),
        evidence,
        judged_at: Some(2.0),
        ..DownloadRecord::brought("file.bin".into(), 23)
    }
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("JSON")
}

fn write(folder: &Path, target: &str, name: &str, bytes: &[u8]) {
    let folder = folder.join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), bytes).expect("a seed");
}
