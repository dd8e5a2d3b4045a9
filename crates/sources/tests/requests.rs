//! Every request of a full run over all sources, held against docs/privacy.md; and how long such a
//! run takes where each source answers in 200 ms.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, PUBLIC_REKOR};
use assay_sources::beside::{self, Habits};
use assay_sources::rekor::{self, Name};
use assay_sources::site_word::SiteMemory;
use assay_sources::{HttpRequest, HttpResponse, Method, Source, Transport, driver};
use assay_sources::{github, index, notary};
use assay_test_authority::minisign::MinisignPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::time::Duration;

const DIRECTORY: &str = "https://files.example/tool/v1";
const FILE: &str = "https://files.example/tool/v1/tool.zip?token=secret&user=me#part";
const VERSIONED: &str = "https://files.example/tool/v1/tool_1.0_linux_amd64.zip?token=secret";
const RELEASE: &str =
    "https://github.com/example/tool/releases/download/v1/tool.zip?token=secret#part";
const WHEEL: &str = "https://index.example/simple/tool-1.0-py3-none-any.whl?token=secret";
const PACKAGE: &str = "https://index.example/tool/-/tool-1.0.tgz?token=secret";
const STORED: &str = "https://storage.example/bundle.json.sn";
const ID: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const EMAIL: &str = "release@example.org";
const KEY: &str = "-----BEGIN PUBLIC KEY-----\n…";

/// All services of the world: each says what leads to the most requests.
struct World {
    asked: RefCell<Vec<HttpRequest>>,
    content: &'static [u8],
    /// Whether the site has a list.
    has_list: Cell<bool>,
    /// How many entries the log has.
    entries: usize,
    /// How long the slowest source took.
    took: Cell<Duration>,
}

impl Transport for World {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.clone());
        tokio::time::sleep(Duration::from_millis(200)).await;
        let body = self.answer(&request.url);
        Ok(HttpResponse {
            status: if body.is_some() { 200 } else { 404 },
            body: body.unwrap_or_default().into_bytes(),
        })
    }
}

impl World {
    fn new() -> Self {
        Self {
            asked: RefCell::default(),
            content: b"content",
            has_list: Cell::new(true),
            entries: 1,
            took: Cell::default(),
        }
    }

    fn answer(&self, url: &str) -> Option<String> {
        let listed = format!("{}  tool.zip\n", Sha256Digest::of(b"another"));
        let attested = json!({ "attestations": [{ "bundle_url": STORED }] }).to_string();
        let new = MinisignPair::new(2).public();
        match url {
            url if url.contains("/repos/example/tool/attestations/") => Some(attested),
            // Two characters in snappy's block format: a bundle that is none.
            STORED => Some("\u{2}\u{4}{}".into()),
            url if url.ends_with("/index/retrieve") => {
                let ids: Vec<String> = (0..self.entries).map(|id| format!("{id:064x}")).collect();
                Some(json!(ids).to_string())
            }
            url if url.ends_with("/entries/retrieve") => Some("[]".into()),
            url if url.ends_with("/SHA256SUMS") && self.has_list.get() => Some(listed),
            url if url.ends_with("download-signers.json") => Some(declaration(&new)),
            _ => None,
        }
    }

    /// Asks one source, and adds the time that it took.
    async fn ask(&self, source: &mut dyn Source) {
        let before = tokio::time::Instant::now();
        let digests = ArtifactDigests::of(self.content);
        driver::ask(self, source, &Roots::new(), &digests, 1_800_000_000).await;
        self.took.set(self.took.get().max(before.elapsed()));
    }

    async fn ask_all(&self) {
        let digest = Sha256Digest::of(self.content);
        let notary = Notary {
            address: "https://notary.example".into(),
            name: "notary.example".into(),
            trusted_root: String::new(),
            fingerprint: String::new(),
            enabled: true,
            followed: None,
        };
        self.ask(&mut notary::Inquiry::new(&notary, digest)).await;
        let question = github::Question::about(RELEASE, RELEASE, None).unwrap();
        self.ask(&mut github::Inquiry::new(&question, digest)).await;
        for url in [WHEEL, PACKAGE] {
            let question = index::Question::about("https://index.example", url).unwrap();
            self.ask(&mut index::Inquiry::new(&question)).await;
        }
        let names = [Name::Email(EMAIL.into()), Name::Key(KEY.into())];
        let mut log = rekor::Inquiry::new(PUBLIC_REKOR, digest, &names);
        self.ask(&mut log).await;
        for declaring in [None, Some(declaration(&MinisignPair::new(1).public()))] {
            let question = beside::Question::about(FILE, FILE, None).unwrap();
            let site = SiteMemory {
                declaration: declaring,
                ..SiteMemory::default()
            };
            let keys = MinisignKey::parse(&MinisignPair::new(1).public());
            let keys = keys.into_iter().collect();
            let habits = Habits::default();
            let mut site = beside::Inquiry::new(&question, &habits, site, keys, 1_800_000_000);
            self.ask(&mut site).await;
        }
        self.has_list.set(false);
        for url in [VERSIONED, FILE] {
            let question = beside::Question::about(url, url, None).unwrap();
            let (habits, site) = (Habits::default(), SiteMemory::default());
            let mut site =
                beside::Inquiry::new(&question, &habits, site, Vec::new(), 1_800_000_000);
            self.ask(&mut site).await;
        }
        let (question, habits) = (
            beside::Question::about(FILE, FILE, None).unwrap(),
            Habits::default(),
        );
        // A signature is missed, by a signer of each kind.
        let downloads = json!([{ "paths": ["/**"], "signers": [
            { "minisign": MinisignPair::new(2).public() },
            { "identity": EMAIL, "issuer": "https://accounts.example" },
        ] }]);
        let site = SiteMemory {
            declaration: Some(json!({ "version": 1, "downloads": downloads }).to_string()),
            ..SiteMemory::default()
        };
        let site = beside::Inquiry::new(&question, &habits, site, Vec::new(), 1_800_000_000);
        self.ask(&mut site.expecting(true)).await;
    }
}

fn declaration(key: &str) -> String {
    let downloads = json!([{ "paths": ["/**"], "signers": [{ "minisign": key }] }]);
    json!({ "version": 1, "downloads": downloads }).to_string()
}

/// The requests that docs/privacy.md lists, with what stands for something filled in.
fn listed() -> Vec<String> {
    let page = include_str!("../../../docs/privacy.md");
    let digest = Sha256Digest::of(b"content").to_hex();
    let mut listed = vec![format!("GET {STORED}")];
    for row in page.lines().filter(|line| line.starts_with("| ")) {
        let mut snippets: Vec<String> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        if row.contains("where GitHub keeps a bundle") {
            continue;
        }
        if row.contains("the download's directory") {
            let names = snippets.split_off(1);
            // A list's signature is named in words.
            assert!(row.contains("the name of a list with"));
            let lists = names.iter().filter(|name| !name.starts_with("<file>"));
            let lists: Vec<String> = lists.map(|name| format!("{name}.minisig")).collect();
            snippets.extend(
                names
                    .iter()
                    .chain(&lists)
                    .map(|name| format!("GET {DIRECTORY}/{name}")),
            );
        }
        if let Some(first) = snippets
            .iter()
            .position(|one| one.contains("download-signers.json"))
        {
            let whole = snippets[first].clone();
            for ending in [".sigstore.json", ".minisig"] {
                snippets.push(format!("{whole}{ending}"));
            }
        }
        for snippet in snippets {
            for (package, version, file, repository) in [
                ("tool", "1.0", "tool-1.0-py3-none-any.whl", "tool"),
                ("tool", "1.0", "tool.zip", "tool"),
                ("tool", "1.0", "tool_1.0_linux_amd64.zip", "tool"),
            ] {
                let filled = [
                    ("<notary>", "https://notary.example"),
                    ("<log>", PUBLIC_REKOR),
                    ("<index>", "https://index.example"),
                    ("<host>", "files.example"),
                    ("<digest>", &digest),
                    ("<owner>", "example"),
                    ("<repository>", repository),
                    ("<tag>", "v1"),
                    ("<package>", package),
                    ("<project>", package),
                    ("<version>", version),
                    ("<file>", file),
                ];
                let fill = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
                listed.push(filled.iter().fold(snippet.clone(), fill));
            }
        }
    }
    listed
}

fn run(world: &World) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(world.ask_all());
}

#[test]
fn nothing_is_asked_but_what_is_listed() {
    let world = World::new();
    run(&world);
    let listed = listed();
    let asked = world.asked.take();
    for request in &asked {
        let (method, body) = match &request.method {
            Method::Get => ("GET", ""),
            Method::Post { json } => ("POST", json.as_str()),
        };
        let line = format!("{method} {}", request.url);
        assert!(listed.contains(&line), "{line} is not among {listed:#?}");
        assert_eq!(request.bearer, None, "{line}");
        let digest = Sha256Digest::of(b"content").to_hex();
        let bodies = [
            String::new(),
            json!({ "hash": format!("sha256:{digest}") }).to_string(),
            format!(r#"{{"hash":"sha256:{digest}","email":"{EMAIL}","operator":"and"}}"#),
            format!(
                r#"{{"hash":"sha256:{digest}","publicKey":{{"format":"x509","content":"{}"}},"operator":"and"}}"#,
                STANDARD.encode(KEY)
            ),
            json!({ "entryUUIDs": [ID] }).to_string(),
        ];
        assert!(bodies.iter().any(|known| known == body), "{body}");
        for secret in ["secret", "user", "part"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
    // All of them were met.
    for part in [
        "notary.example",
        "per_page",
        "storage.example",
        "releases/tags",
        "provenance",
        "npm/v1",
        "index/retrieve",
        "entries/retrieve",
        "SHA256SUMS.minisig",
        "SHA512SUMS",
        "sha256sum.txt",
        "tool_1.0_checksums.txt",
        "tool_1.0_SHA256SUMS",
        "tool.zip.sigstore.jsonl",
        "tool.zip.minisig",
        "signers.json.minisig",
    ] {
        assert!(
            asked.iter().any(|request| request.url.contains(part)),
            "{part}"
        );
    }
}

#[test]
fn a_verdict_needs_few_answers_one_after_the_other() {
    for entries in [1, 10_000] {
        let world = World {
            entries,
            ..World::new()
        };
        run(&world);
        // Sources are asked side by side, so the slowest counts. Virtual time: nothing waits here.
        let most = Duration::from_millis(1500);
        assert!(world.took.get() <= most, "{:?}", world.took.get());
    }
}
