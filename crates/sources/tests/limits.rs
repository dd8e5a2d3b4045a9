//! No input takes more memory than is sensible, however it is made. What is read is 16 MiB at most;
//! these inputs have that size and are made to swell.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::proof::rebuilt::bundle_of;
use assay_core::proof::{Check, MAX_BUNDLE_BYTES, Prover};
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::{TrustRoot, fingerprint};
use assay_sources::driver;
use assay_sources::github::{self, Question, RELEASE_SIZE_LIMIT};
use assay_sources::notary::{self, SIZE_LIMIT};
use assay_sources::rekor;
use assay_sources::{HttpRequest, HttpResponse, Transport};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

const LIMIT: usize = 64 * 1024 * 1024;
const ROOT: &str = include_str!("../../../tests/wasm/fixtures/trusted_root.json");
const BUNDLE: &str = include_str!("../../../tests/wasm/fixtures/untrusted.sigstore.json");

thread_local! {
    static LIVE: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

/// Counts what each test's own thread allocates.
struct Counting;

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counters any more.
        let _ = LIVE.try_with(|live| {
            live.set(live.get() + layout.size());
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(live.get())));
        });
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = LIVE.try_with(|live| live.set(live.get().saturating_sub(layout.size())));
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What reading took at most, in bytes, beyond what was there before.
fn peak<T>(read: impl FnOnce() -> T) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    let value = read();
    let peak = PEAK.get().saturating_sub(before);
    drop(value);
    peak
}

fn prover() -> Prover {
    let root = TrustRoot::parse(RootId::notary("00"), ROOT).expect("a trust root");
    Prover::new(root).expect("a prover")
}

/// Values that are short to write and large to keep, each about as long as `bytes`.
fn swelling(bytes: usize) -> Vec<(&'static str, String)> {
    let repeated = |open: &str, part: &str, close: &str| {
        let times = bytes.saturating_sub(open.len() + close.len()) / part.len();
        let body = part.repeat(times);
        format!("{open}{}{close}", body.trim_end_matches(','))
    };
    vec![
        ("numbers", repeated("[", "0,", "]")),
        ("empty lists", repeated("[", "[],", "]")),
        ("empty objects", repeated("[", "{},", "]")),
        ("empty texts", repeated("[", "\"\",", "]")),
        ("one text", repeated("\"", "a", "\"")),
        ("escapes", repeated("\"", "\\u0041", "\"")),
        ("nesting", repeated("", "[", "")),
        ("small objects", repeated("[", "{\"\":0},", "]")),
        (
            "small objects in objects",
            repeated("[", "{\"\":{\"\":0}},", "]"),
        ),
        ("spaces", repeated("", " ", "")),
    ]
}

#[test]
fn a_swelling_answer_of_a_notary_is_read_within_bounds() {
    let prover = prover();
    for (name, value) in swelling(SIZE_LIMIT - 100) {
        let bodies = [
            value.clone(),
            format!("{{\"attestations\":{value}}}"),
            format!("{{\"attestations\":[{{\"bundle\":{value}}}]}}"),
            format!("{{\"other\":{value},\"attestations\":[]}}"),
        ];
        for body in bodies {
            let response = HttpResponse {
                status: 200,
                body: body.into_bytes(),
            };
            let taken = peak(|| {
                let candidates = notary::read(&response).ok()?;
                let proofs = candidates.bundles.iter();
                let digests = ArtifactDigests::of(b"");
                Some(
                    proofs
                        .map(|bundle| prover.prove(bundle, digests))
                        .collect::<Vec<_>>(),
                )
            });
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
        }
    }
}

/// GitHub with such an answer to everything.
struct Swollen(Vec<u8>);

impl Transport for Swollen {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        if !request.url.contains("/releases/") {
            return Ok(HttpResponse {
                status: 404,
                body: Vec::new(),
            });
        }
        let limit = request.size_limit;
        match self.0.len() > limit {
            true => Err(Failure::TooLarge {
                limit: limit as u64,
            }),
            false => Ok(HttpResponse {
                status: 200,
                body: self.0.clone(),
            }),
        }
    }
}

#[test]
fn a_swelling_release_is_read_within_bounds() {
    let url = "https://github.com/a/b/releases/download/v1/f";
    let question = Question::about(url, url, None).expect("a question");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    for (name, value) in swelling(RELEASE_SIZE_LIMIT - 100) {
        for body in [
            value.clone(),
            format!("{{\"assets\":{value}}}"),
            format!("{{\"other\":{value},\"assets\":[]}}"),
        ] {
            let wire = Swollen(body.into_bytes());
            let digests = ArtifactDigests::of(b"");
            let roots = Roots::new();
            let mut inquiry = github::Inquiry::new(&question, Sha256Digest::of(b""));
            let asking = driver::ask(&wire, &mut inquiry, &roots, &digests, 0);
            let taken = peak(|| runtime.block_on(asking));
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
        }
    }
}

#[test]
fn a_swelling_bundle_is_read_within_bounds() {
    let prover = prover();
    for (name, value) in swelling(MAX_BUNDLE_BYTES * 2 / 3) {
        let statement = format!(
            "{{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{{\"name\":\"a\",\
             \"digest\":{{\"sha256\":\"{}\"}}}}],\"predicateType\":\"x\",\"predicate\":{value}}}",
            "00".repeat(32)
        );
        let mut bundle: Value = serde_json::from_str(BUNDLE).expect("JSON");
        bundle["dsseEnvelope"]["payload"] = STANDARD.encode(&statement).into();
        let in_payload = bundle.to_string();
        let beside = BUNDLE.replacen('{', &format!("{{\"other\":{value},"), 1);
        let inside = format!("\"other\":{value},\"tlogEntries\"");
        let inside = BUNDLE.replacen("\"tlogEntries\"", &inside, 1);
        for bundle in [in_payload, beside, inside, value] {
            let digests = ArtifactDigests::of(b"");
            let taken = peak(|| prover.prove(&bundle, digests));
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
            let taken = peak(|| bundle_of(&bundle));
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
        }
    }
}

/// A Rekor log that finds one entry, and tells this of it.
struct Telling(String);

impl Transport for Telling {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let body = match request.url.ends_with("/index/retrieve") {
            true => format!("[\"{}\"]", "00".repeat(32)).into_bytes(),
            false => self.0.clone().into_bytes(),
        };
        match body.len() > request.size_limit {
            true => Err(Failure::TooLarge { limit: 0 }),
            false => Ok(HttpResponse { status: 200, body }),
        }
    }
}

#[test]
fn a_swelling_answer_of_a_log_is_read_within_bounds() {
    for (name, value) in swelling(2 * 1024 * 1024 - 100) {
        for body in [
            value.clone(),
            format!("[{{\"00\":{value}}}]"),
            format!("[{{\"00\":{{\"body\":\"e30=\",\"other\":{value}}}}}]"),
        ] {
            let telling = Telling(body);
            let digest = Sha256Digest::of(b"");
            let mut inquiry = rekor::Inquiry::new("https://rekor.example", digest, &[]);
            let asking = driver::gather(&telling, &mut inquiry, 0, None);
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let runtime = runtime.expect("a runtime");
            let taken = peak(|| runtime.block_on(asking));
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
        }
    }
}

/// A log of thousands of entries, each as large as it may be.
struct Filled(String);

impl Transport for Filled {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let ids: Vec<String> = (0..5000).map(|id| format!("{id:064x}")).collect();
        let body = match request.url.ends_with("/index/retrieve") {
            true => serde_json::to_vec(&ids).expect("JSON"),
            false => self.0.clone().into_bytes(),
        };
        match body.len() > request.size_limit {
            true => Err(Failure::TooLarge {
                limit: request.size_limit as u64,
            }),
            false => Ok(HttpResponse { status: 200, body }),
        }
    }
}

#[test]
fn a_log_that_is_filled_by_strangers_is_looked_through_within_bounds() {
    let certificate = STANDARD.encode(vec![0; 100_000]);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n");
    let body = json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": { "hash": { "algorithm": "sha256", "value": "00".repeat(32) } },
            "signature": {
                "content": "AAAA",
                "publicKey": { "content": STANDARD.encode(pem) },
            },
        },
    });
    let entry = json!({
        "body": STANDARD.encode(body.to_string()),
        "integratedTime": 1,
        "logID": "00".repeat(32),
        "logIndex": 1,
        "verification": { "signedEntryTimestamp": "AAAA" },
    });
    assert!(bundle_of(&entry.to_string()).is_ok());
    let log = Filled(json!([{ "00": entry }]).to_string());
    let digest = Sha256Digest::of(b"");
    let mut inquiry = rekor::Inquiry::new("https://rekor.example", digest, &[]);
    let (roots, digests) = (Roots::new(), ArtifactDigests::from(digest));
    let asking = driver::ask(&log, &mut inquiry, &roots, &digests, 0);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime");
    let mut found = None;
    let taken = peak(|| found = Some(runtime.block_on(asking)));
    assert!(taken <= LIMIT, "{taken} bytes");
    assert!(found.is_some_and(|found| found.proven().is_empty() && found.lacks_something()));
}

#[test]
fn many_log_entries_and_many_hashes_are_read_within_bounds() {
    let prover = prover();
    let parsed: Value = serde_json::from_str(BUNDLE).expect("JSON");
    let entry = &parsed["verificationMaterial"]["tlogEntries"][0];
    let times = (MAX_BUNDLE_BYTES - BUNDLE.len()) / (entry.to_string().len() + 1);
    let mut many = parsed.clone();
    many["verificationMaterial"]["tlogEntries"] = vec![entry.clone(); times].into();
    let hash = STANDARD.encode([0; 32]);
    let times = (MAX_BUNDLE_BYTES - BUNDLE.len() - 1000) / (hash.len() + 3);
    let mut long = parsed;
    long["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["hashes"] =
        vec![hash; times].into();
    for bundle in [many, long] {
        let bundle = bundle.to_string();
        let taken = peak(|| prover.prove(&bundle, ArtifactDigests::of(b"")));
        assert!(taken <= LIMIT, "{taken} bytes");
    }
}

#[test]
fn a_bundle_beyond_the_limit_is_not_even_read() {
    let huge = " ".repeat(16 * 1024 * 1024);
    let prover = prover();
    let taken = peak(|| {
        let refused = prover.prove(&huge, ArtifactDigests::of(b""));
        assert_eq!(refused.err().map(|error| error.check), Some(Check::Format));
    });
    assert!(taken <= 1024 * 1024, "{taken} bytes");
}

#[test]
fn a_swelling_trust_root_is_read_within_bounds() {
    for (name, value) in swelling(16 * 1024 * 1024) {
        for text in [value.clone(), format!("{{\"tlogs\":{value}}}")] {
            let taken = peak(|| {
                let _ = fingerprint(&text);
                TrustRoot::parse(RootId::notary("00"), &text).ok()
            });
            assert!(taken <= LIMIT, "{name} took {taken} bytes");
        }
    }
}
