//! A name beside a file that hangs, or a bundle: what all else proves is told before its time is over,
//! and is not asked for twice. Time is virtual: nothing waits here.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_sources::beside::{self, Habits, MOST_KNOWN};
use assay_sources::driver::{self, Early};
use assay_sources::site_word::SiteMemory;
use assay_sources::{
    Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Next, Source, Transport, github,
};
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};
use futures_util::future::LocalBoxFuture;
use serde_json::json;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const NOW: i64 = 1_800_000_000;
const FILE: &str = "https://dl.example.org/tool.zip";
const DIRECTORY: &str = "https://dl.example.org/";
const REPOSITORY: &str = "https://api.github.com/repos/example/tool";
const WORD: &str = ".well-known/download-signers.json";

/// A server that takes 200 ms for each answer, and never answers some.
#[derive(Default)]
struct Slow {
    files: HashMap<String, Vec<u8>>,
    hanging: Vec<String>,
    asked: RefCell<Vec<String>>,
}

impl Transport for Slow {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.url.clone());
        if self.hanging.contains(&request.url) {
            sleep(request.time_limit).await;
            let seconds = u32::try_from(request.time_limit.as_secs()).unwrap_or_default();
            return Err(Failure::TimedOut { seconds });
        }
        sleep(Duration::from_millis(200)).await;
        let body = self.files.get(&request.url).cloned();
        Ok(HttpResponse {
            status: if body.is_some() { 200 } else { 404 },
            body: body.unwrap_or_default(),
        })
    }

    async fn pause(&self, time: Duration) {
        sleep(time).await;
    }
}

impl Slow {
    fn with(mut self, url: &str, body: impl Into<Vec<u8>>) -> Self {
        self.files.insert(url.to_owned(), body.into());
        self
    }

    fn hanging_at(mut self, url: &str) -> Self {
        self.hanging.push(url.to_owned());
        self
    }
}

/// What is told early, and when.
struct Told<'a> {
    roots: &'a Roots,
    digests: ArtifactDigests,
    begun: Instant,
    told: RefCell<Vec<(Duration, Evidence)>>,
}

impl Early for Told<'_> {
    fn offered<'a>(
        &'a self,
        mut source: Box<dyn Source + 'a>,
        offered: Candidates,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let digests = &self.digests;
            let found = driver::so_far(&mut *source, offered, self.roots, digests, NOW);
            self.told.borrow_mut().push((self.begun.elapsed(), found));
        })
    }

    fn proven(&self, evidence: Evidence) -> LocalBoxFuture<'_, ()> {
        self.told
            .borrow_mut()
            .push((self.begun.elapsed(), evidence));
        Box::pin(std::future::ready(()))
    }
}

/// What is told early of a source, each with the time; what comes of it in the end, and how long that
/// takes.
type Course = (Vec<(Duration, Evidence)>, Evidence, Duration);

fn ask(web: &Slow, source: &mut dyn Source, roots: &Roots, content: &[u8]) -> Course {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        let told = Told {
            roots,
            digests: ArtifactDigests::of(content),
            begun: Instant::now(),
            told: RefCell::default(),
        };
        let early: Option<&dyn Early> = Some(&told);
        let offered = driver::gather(web, source, NOW, early).await;
        let digests = &told.digests;
        let found = driver::finish(web, source, offered, roots, digests, NOW, early).await;
        let took = told.begun.elapsed();
        (told.told.into_inner(), found, took)
    })
}

/// Asked of the directory, on a host that is known or not; what is asked for is within bounds, each once.
fn look(
    web: &Slow,
    habits: &Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
    content: &[u8],
) -> Course {
    look_by(web, habits, site, keys, &Roots::new(), content)
}

fn look_by(
    web: &Slow,
    habits: &Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
    roots: &Roots,
    content: &[u8],
) -> Course {
    let question = beside::Question::about(FILE, FILE, Some(NOW)).unwrap();
    let mut inquiry = beside::Inquiry::new(&question, habits, site, keys.to_vec(), NOW);
    let course = ask(web, &mut inquiry, roots, content);
    let mut asked = web.asked.take();
    let most = match habits.tried_at {
        0 => 10,
        _ => MOST_KNOWN,
    };
    assert!(asked.len() <= most, "{asked:?}");
    asked.sort();
    let times = asked.len();
    asked.dedup();
    assert_eq!(asked.len(), times, "{asked:?}");
    course
}

fn known(found: &[&str]) -> Habits {
    Habits {
        found: found.iter().map(|&name| name.to_owned()).collect(),
        tried_at: NOW,
        minisig: true,
        ..Habits::default()
    }
}

fn silent() -> SiteMemory {
    SiteMemory {
        absent_at: NOW,
        ..SiteMemory::default()
    }
}

fn url(name: &str) -> String {
    format!("{DIRECTORY}{name}")
}

fn list(content: &[u8]) -> String {
    format!("{}  tool.zip\n", Sha256Digest::of(content))
}

/// What was told in time, which is one thing.
#[track_caller]
fn in_time(course: Course) -> (Evidence, Evidence) {
    let (mut told, found, took) = course;
    assert_eq!(told.len(), 1, "{told:?}");
    let (at, early) = told.remove(0);
    assert!(at <= Duration::from_millis(1200), "{at:?}");
    assert_eq!(early.missing, Some(Failure::TimedOut { seconds: 1 }));
    assert!(took >= Duration::from_secs(10), "{took:?}");
    assert_eq!(found.missing, Some(Failure::TimedOut { seconds: 10 }));
    (early, found)
}

#[test]
fn a_signature_is_told_although_another_name_hangs() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let keys = [key];
    for hanging in ["checksums.txt", "tool.zip.sha256", WORD] {
        let web = Slow::default()
            .with(&url("tool.zip.minisig"), own.sign(b"tool", 1))
            .hanging_at(&url(hanging));
        let (early, found) = in_time(look(
            &web,
            &Habits::default(),
            SiteMemory::default(),
            &keys,
            b"tool",
        ));
        assert_eq!((early.proven().len(), found.proven().len()), (1, 1));
    }
    // One of a list takes a second request, which does not wait either.
    for (habits, hanging) in [
        (Habits::default(), "checksums.txt"),
        (Habits::default(), "tool.zip.minisig"),
        (known(&["SHA256SUMS", "list.minisig"]), "tool.zip.minisig"),
    ] {
        let web = Slow::default()
            .with(&url("SHA256SUMS"), list(b"tool"))
            .with(
                &url("SHA256SUMS.minisig"),
                own.sign(list(b"tool").as_bytes(), 1),
            )
            .hanging_at(&url(hanging));
        let (early, found) = in_time(look(&web, &habits, silent(), &keys, b"tool"));
        assert_eq!((early.proven().len(), found.proven().len()), (1, 1));
    }
}

#[test]
fn what_a_list_says_is_told_as_far_as_it_can_be_although_another_name_hangs() {
    for habits in [Habits::default(), known(&["SHA256SUMS"])] {
        let web = Slow::default()
            .with(&url("SHA256SUMS"), list(b"tool"))
            .hanging_at(&url("tool.zip.sha256"));
        let (early, found) = in_time(look(&web, &habits, silent(), &[], b"tool"));
        assert_eq!(early.published, Some(Published::Same));
        assert_eq!(found.published, Some(Published::Same));
        // The one that hangs may be the list that has the file.
        let (early, found) = in_time(look(&web, &habits, silent(), &[], b"another"));
        assert_eq!((early.published, found.published), (None, None));
    }
}

/// A list has the file, whether or not somebody signed it.
#[test]
fn what_a_list_says_is_told_although_its_signature_hangs() {
    let keys = [MinisignKey::parse(&MinisignPair::new(1).public()).unwrap()];
    for habits in [Habits::default(), known(&["SHA256SUMS", "list.minisig"])] {
        let web = Slow::default()
            .with(&url("SHA256SUMS"), list(b"tool"))
            .hanging_at(&url("SHA256SUMS.minisig"));
        let (early, _) = in_time(look(&web, &habits, silent(), &keys, b"tool"));
        assert_eq!(early.published, Some(Published::Same));
    }
}

#[test]
fn whom_a_remembered_declaration_names_is_told_although_the_declaration_hangs() {
    let own = MinisignPair::new(1);
    let key = own.public();
    let key = key.lines().last().unwrap_or_default();
    let downloads = json!([{ "paths": ["/**"], "signers": [{ "minisign": key }] }]);
    let declaration = json!({ "version": 1, "downloads": downloads }).to_string();
    for habits in [Habits::default(), known(&["SHA256SUMS"]), known(&[])] {
        let site = SiteMemory {
            declaration: Some(declaration.clone()),
            since: NOW,
            ..SiteMemory::default()
        };
        let web = Slow::default()
            .with(&url("tool.zip.minisig"), own.sign(b"tool", 1))
            .hanging_at(&url(WORD));
        let (early, found) = in_time(look(&web, &habits, site, &[], b"tool"));
        for one in [early, found] {
            let proven = one.proven().first();
            assert!(proven.is_some_and(|made| made.declared.is_some()));
        }
    }
}

fn made(instance: &mut Instance) -> (Made, Roots) {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == "v0.3, message").unwrap();
    let made = recipe.make_by(instance, 0, &Honest);
    let root = TrustRoot::parse(RootId::sigstore(), &instance.trusted_root().to_string());
    let mut roots = Roots::new();
    roots.add(root.unwrap()).unwrap();
    (made, roots)
}

/// GitHub, which attests this of the file.
fn attesting(made: &Made, attestations: serde_json::Value) -> Slow {
    let digest = Sha256Digest::of(&made.artifact);
    let list = json!({ "attestations": attestations }).to_string();
    let url = format!("{REPOSITORY}/attestations/sha256:{digest}?per_page=100");
    Slow::default().with(&url, list)
}

fn ask_github(web: &Slow, made: &Made, roots: &Roots) -> Course {
    let release = "https://github.com/example/tool/releases/download/v1/tool.zip";
    let question = github::Question::about(release, release, None).unwrap();
    let digest = Sha256Digest::of(&made.artifact);
    let mut inquiry = github::Inquiry::new(&question, digest);
    ask(web, &mut inquiry, roots, &made.artifact)
}

/// That GitHub's proof is told early, and there in the end.
fn is_told_of_github(web: &Slow, made: &Made, roots: &Roots) {
    let (early, found) = in_time(ask_github(web, made, roots));
    assert_eq!((early.proven().len(), found.proven().len()), (1, 1));
}

#[test]
fn a_bundle_is_told_although_another_name_or_another_bundle_hangs() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "early");
    let (made, roots) = made(&mut instance);
    let web = Slow::default()
        .with(&url("tool.zip.sigstore.json"), &*made.bundle)
        .hanging_at(&url("SHA256SUMS"));
    let (habits, site) = (Habits::default(), SiteMemory::default());
    let course = look_by(&web, &habits, site, &[], &roots, &made.artifact);
    let (early, found) = in_time(course);
    assert_eq!((early.proven().len(), found.proven().len()), (1, 1));

    let stored = ["https://blobs.example/1", "https://blobs.example/2"];
    let listed = stored.map(|url| json!({ "bundle": null, "bundle_url": url }));
    let packed = snap::raw::Encoder::new().compress_vec(made.bundle.as_bytes());
    let web = attesting(&made, json!(listed))
        .with(stored[0], packed.unwrap())
        .hanging_at(stored[1]);
    is_told_of_github(&web, &made, &roots);
}

/// What GitHub proved is told while it is asked for what its release lists.
#[test]
fn what_is_proven_is_told_while_a_list_hangs() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "early");
    let (made, roots) = made(&mut instance);
    let bundle: serde_json::Value = serde_json::from_str(&made.bundle).unwrap();
    let web = attesting(&made, json!([{ "bundle": bundle }]))
        .hanging_at(&format!("{REPOSITORY}/releases/tags/v1"));
    is_told_of_github(&web, &made, &roots);
}

/// Where nothing hangs, nothing is told early, and nothing takes longer.
#[test]
fn where_all_answer_nothing_is_told_early() {
    let web = Slow::default().with(&url("SHA256SUMS"), list(b"tool"));
    for habits in [Habits::default(), known(&["SHA256SUMS"])] {
        let (told, found, took) = look(&web, &habits, silent(), &[], b"tool");
        assert!(told.is_empty() && found.published == Some(Published::Same));
        assert!(took <= Duration::from_millis(400), "{took:?}");
    }
}

/// What GitHub lists of a release is waited for a little: where it comes, nothing is told before.
#[test]
fn what_is_asked_for_at_the_end_is_waited_for_as_everything_else() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "early");
    let (made, roots) = made(&mut instance);
    let bundle: serde_json::Value = serde_json::from_str(&made.bundle).unwrap();
    let web = attesting(&made, json!([{ "bundle": bundle }]));
    let (told, found, took) = ask_github(&web, &made, &roots);
    assert!(told.is_empty(), "{told:?}");
    assert!(found.missing.is_none() && took <= Duration::from_millis(400));
}

/// A source that asks for more once something is there, and whose copy then finds no use for it.
#[derive(Clone, Default)]
struct Fickle {
    round: usize,
    is_copy: bool,
}

impl Source for Fickle {
    fn named(&self) -> (&str, &str) {
        ("fickle", "fickle")
    }

    fn next(&mut self, _: Vec<Answer>) -> Next {
        self.round += 1;
        let names = match self.round {
            1 => &["quick", "hanging"][..],
            2 => &["more"],
            _ if self.is_copy => return Err(Failure::Unreachable),
            _ => &[],
        };
        Ok(names.iter().map(|name| request(name)).collect())
    }

    fn fork(&self) -> Option<Box<dyn Source + '_>> {
        Some(Box::new(Self {
            is_copy: true,
            ..self.clone()
        }))
    }

    fn offered(&mut self) -> Candidates {
        Candidates::default()
    }
}

fn request(name: &str) -> HttpRequest {
    HttpRequest {
        method: Method::Get,
        url: url(name),
        accept: "*/*",
        time_limit: Duration::from_secs(10),
        bearer: None,
        size_limit: 1,
        memory: Memory::Asked,
    }
}

#[test]
fn what_was_heard_is_not_asked_for_again_whatever_came_of_it() {
    let web = Slow::default().hanging_at(&url("hanging"));
    ask(&web, &mut Fickle::default(), &Roots::new(), b"tool");
    let asked = web.asked.take();
    assert_eq!(asked, ["quick", "hanging", "more"].map(url));
}
