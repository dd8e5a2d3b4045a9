//! Whatever a host answers beside a file, and however late: it is asked for as much as it may be, and for
//! nothing twice. Time is virtual: nothing waits here.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure};
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, Inquiry, MOST_KNOWN, Question};
use assay_sources::driver::{self, Early};
use assay_sources::site_word::SiteMemory;
use assay_sources::{Candidates, HttpRequest, HttpResponse, Source, Transport};
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::{Curve, Honest, Instance, Manner, Recipe};
use futures_util::future::LocalBoxFuture;
use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::json;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

const NOW: i64 = 1_800_000_000;
const FILE: &str = "https://dl.example.org/tool_1.2.3_amd64.zip";
const WORD: &str = "https://dl.example.org/.well-known/download-signers.json";

/// As names are remembered; `*` stands for the file's name, `+` for how it begins.
const NAMES: [&str; 15] = [
    "*.sigstore.json",
    "*.sigstore",
    "*.sigstore.jsonl",
    "*.minisig",
    "SHA256SUMS",
    "*.sha256",
    "checksums.txt",
    "+_checksums.txt",
    "+_SHA256SUMS",
    "SHA512SUMS",
    "*.sha512",
    "SHASUMS256.txt",
    "SHA256SUMS.txt",
    "SHA512SUMS.txt",
    "sha256sum.txt",
];

fn url(name: &str) -> String {
    let name = name.replace('*', "tool_1.2.3_amd64.zip");
    format!("https://dl.example.org/{}", name.replace('+', "tool_1.2.3"))
}

/// What comes of a request.
#[derive(Debug, Clone, Copy)]
enum Comes {
    /// What is looked for under that name.
    Thing,
    Absent,
    Page,
    Refused,
    Broken,
}

/// What comes, and after how long, in milliseconds.
fn any_answer() -> impl Strategy<Value = (Comes, u64)> {
    any::<u8>().prop_map(|drawn| {
        let comes = match drawn % 16 {
            0..10 => Comes::Thing,
            10..13 => Comes::Absent,
            13 => Comes::Page,
            14 => Comes::Refused,
            _ => Comes::Broken,
        };
        let after = match drawn / 16 {
            0..8 => 100,
            8 => 900,
            _ => 9_000,
        };
        (comes, after)
    })
}

/// Whom a declaration names: whoever has a key, whoever has a name.
type Signers = (bool, bool);

fn declaration((keyed, named): Signers) -> String {
    let key = SIGNED.0.lines().last().unwrap_or_default();
    let signers = [
        keyed.then(|| json!({ "minisign": key })),
        named.then(|| json!({ "identity": "a@b.example", "issuer": "https://b.example" })),
    ];
    let signers: Vec<_> = signers.into_iter().flatten().collect();
    json!({ "version": 1, "downloads": [{ "paths": ["/**"], "signers": signers }] }).to_string()
}

fn any_signers() -> impl Strategy<Value = Signers> {
    prop_oneof![Just((true, false)), Just((false, true)), Just((true, true))]
}

/// A host, what is remembered of it, and the user's keys.
#[derive(Debug, Clone)]
struct World {
    answers: Vec<(Comes, u64)>,
    declares: Signers,
    habits: Habits,
    site: SiteMemory,
    has_key: bool,
}

fn any_habits() -> impl Strategy<Value = Habits> {
    // Those whose places in the order differ.
    let known = vec![
        "*.sigstore",
        "*.sigstore.json",
        "*.minisig",
        "SHA256SUMS",
        "*.sha256",
        "list.minisig",
    ];
    let names = subsequence(known, 0..5).prop_shuffle();
    let flags = (weighted(0.75), weighted(0.05));
    (flags, names, 0..15_usize).prop_map(|((is_known, pages), found, turn)| Habits {
        found: found.into_iter().map(str::to_owned).collect(),
        tried_at: if is_known { NOW } else { 0 },
        minisig: true,
        turn,
        pages,
        ..Habits::default()
    })
}

fn any_site() -> impl Strategy<Value = SiteMemory> {
    let declared = option::weighted(0.4, any_signers().prop_map(declaration));
    (declared, weighted(0.25)).prop_map(|(declaration, is_silent)| SiteMemory {
        absent_at: if is_silent { NOW } else { 0 },
        since: NOW,
        declaration,
        ..SiteMemory::default()
    })
}

fn any_world() -> impl Strategy<Value = World> {
    let answers = vec(any_answer(), 2 * NAMES.len() + 3);
    let remembered = (any_habits(), any_site(), any::<bool>());
    (answers, any_signers(), remembered).prop_map(|(answers, declares, (habits, site, has_key))| {
        World {
            answers,
            declares,
            habits,
            site,
            has_key,
        }
    })
}

/// A key, and a signature by it over whatever: nothing is verified here.
static SIGNED: LazyLock<(String, String)> = LazyLock::new(|| {
    let pair = MinisignPair::new(1);
    (pair.public(), pair.sign(b"tool", 1))
});

/// A bundle, of which it is enough here that it can be read.
static BUNDLE: LazyLock<String> = LazyLock::new(|| {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == "v0.3, message").unwrap();
    let mut instance = Instance::new(Manner::Public, Curve::P256, "bounds");
    recipe.make_by(&mut instance, 0, &Honest).bundle
});

/// A host on the web, and what it was asked.
struct Web<'a> {
    world: &'a World,
    places: HashMap<String, usize>,
    asked: RefCell<Vec<String>>,
}

impl<'a> Web<'a> {
    fn of(world: &'a World) -> Self {
        let lists = NAMES.map(|name| url(name) + ".minisig");
        let words = ["", ".minisig", ".sigstore.json"].map(|ending| format!("{WORD}{ending}"));
        let all = NAMES.map(url).into_iter().chain(lists).chain(words);
        Self {
            world,
            places: all.enumerate().map(|(place, url)| (url, place)).collect(),
            asked: RefCell::default(),
        }
    }

    fn thing(&self, url: &str) -> String {
        let digest = Sha256Digest::of(b"tool");
        match url {
            WORD => declaration(self.world.declares),
            url if url.ends_with(".minisig") => SIGNED.1.clone(),
            url if url.contains(".sigstore") => BUNDLE.clone(),
            _ => format!("{digest}  tool_1.2.3_amd64.zip\n"),
        }
    }
}

impl Transport for Web<'_> {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.url.clone());
        let place = self.places[&request.url];
        let (comes, after) = self.world.answers[place];
        sleep(Duration::from_millis(after)).await;
        let (status, body) = match comes {
            Comes::Thing => (200, self.thing(&request.url)),
            Comes::Absent => (404, String::new()),
            Comes::Page => (200, "<html>".to_owned()),
            Comes::Refused => (403, String::new()),
            Comes::Broken => return Err(Failure::Unreachable),
        };
        let body = body.into_bytes();
        Ok(HttpResponse { status, body })
    }

    async fn pause(&self, time: Duration) {
        sleep(time).await;
    }
}

/// Nobody whom it matters to what is told early.
struct Nobody;

impl Early for Nobody {
    fn offered<'a>(
        &'a self,
        mut source: Box<dyn Source + 'a>,
        offered: Candidates,
    ) -> LocalBoxFuture<'a, ()> {
        let digests = ArtifactDigests::of(b"tool");
        driver::so_far(&mut *source, offered, &Roots::new(), &digests, NOW);
        Box::pin(std::future::ready(()))
    }

    fn proven(&self, _: Evidence) -> LocalBoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What is asked for.
fn asked(world: &World) -> Vec<String> {
    let web = Web::of(world);
    let question = Question::about(FILE, FILE, Some(NOW)).unwrap();
    let key = MinisignKey::parse(&SIGNED.0).filter(|_| world.has_key);
    let (site, keys) = (world.site.clone(), key.into_iter().collect());
    let mut inquiry = Inquiry::new(&question, &world.habits, site, keys, NOW);
    let gathering = driver::gather(&web, &mut inquiry, NOW, Some(&Nobody));
    RUNTIME.with(|runtime| runtime.block_on(gathering)).unwrap();
    web.asked.into_inner()
}

/// Whether that is within bounds, and each thing once.
fn is_within_bounds(world: &World, asked: &[String]) -> bool {
    let is_statement = |url: &&String| url.starts_with(WORD) && url.len() > WORD.len();
    let most = match world.habits.tried_at {
        NOW => MOST_KNOWN + asked.iter().filter(is_statement).count(),
        _ => 10,
    };
    let is_first = |(place, url): (usize, &String)| !asked[..place].contains(url);
    asked.len() <= most && asked.iter().enumerate().all(is_first)
}

thread_local! {
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_host_is_asked_for_no_more_than_it_may_be(world in any_world()) {
        let asked = asked(&world);
        prop_assert!(is_within_bounds(&world, &asked), "{asked:#?}");
    }
}

/// While a bundle lets wait for it, the usual name of another is not asked for: the bundle may be there.
#[test]
fn a_bundle_that_hangs_is_not_looked_for_under_another_name() {
    let mut answers = vec![(Comes::Absent, 100); 2 * NAMES.len() + 3];
    answers[1] = (Comes::Thing, 9_000);
    answers[2 * NAMES.len()] = (Comes::Thing, 100);
    let world = World {
        answers,
        declares: (false, true),
        habits: Habits {
            found: vec![NAMES[1].to_owned()],
            tried_at: NOW,
            turn: 3,
            ..Habits::default()
        },
        site: SiteMemory::default(),
        has_key: false,
    };
    let asked = asked(&world);
    assert!(is_within_bounds(&world, &asked), "{asked:#?}");
}
