//! What GitHub's answers become: with bundles by the test authority in the place of Sigstore's and
//! GitHub's, and answers in the shapes that GitHub documents.

use assay_core::artifact::ArtifactDigests;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::policy::{Place, judge};
use assay_core::publisher::Publisher;
use assay_core::roots::Roots;
use assay_core::settings::Settings;
use assay_core::signer::{Identity, RootId};
use assay_core::trust_root::TrustRoot;
use assay_core::verdict::Verdict;
use assay_sources::driver;
use assay_sources::github::{Inquiry, MAX_FETCHED, MAX_MORE, Question};
use assay_sources::{HttpRequest, HttpResponse, Transport};
use assay_test_authority::recipe::Signer;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::HashMap;

const NOW: i64 = 1_800_000_000;
const BASE: &str = "https://api.github.com/repos/example/tool";
const FIRST: &str = "https://github.com/example/tool/releases/download/v1.2.3/tool.zip";
const LAST: &str = "https://release-assets.githubusercontent.com/x?sig=secret";
const BLOBS: &str = "https://blobs.example";

/// GitHub's services, as far as a test has them.
#[derive(Default)]
struct Wire {
    answers: HashMap<String, Result<(u16, Vec<u8>), Failure>>,
    asked: RefCell<Vec<String>>,
}

impl Transport for Wire {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.url.clone());
        let missing = Ok((404, br#"{"message":"Not Found","status":"404"}"#.to_vec()));
        let answer = self.answers.get(&request.url).cloned();
        let (status, body) = answer.unwrap_or(missing)?;
        if body.len() > request.size_limit {
            let limit = request.size_limit as u64;
            return Err(Failure::TooLarge { limit });
        }
        Ok(HttpResponse { status, body })
    }
}

impl Wire {
    fn with(mut self, url: String, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.answers.insert(url, Ok((status, body.into())));
        self
    }

    fn failing(mut self, url: String, failure: Failure) -> Self {
        self.answers.insert(url, Err(failure));
        self
    }
}

/// A repository's workflows and releases, and everybody else's.
struct World {
    public: Instance,
    github: Instance,
    roots: Roots,
}

impl World {
    fn new() -> Self {
        let public = Instance::new(Manner::Public, Curve::P256, "public");
        let github = Instance::new(Manner::GitHub, Curve::P256, "github");
        let mut roots = Roots::new();
        for (id, instance) in [(RootId::sigstore(), &public), (RootId::github(), &github)] {
            let root = instance.trusted_root().to_string();
            roots.add(TrustRoot::parse(id, &root).unwrap()).unwrap();
        }
        Self {
            public,
            github,
            roots,
        }
    }

    fn provenance(&mut self, repository: &str) -> Made {
        let subject = Subject::Workflow {
            repository: repository.into(),
            source_ref: "refs/tags/v1.2.3".into(),
            called: None,
        };
        make(&mut self.public, "v0.3, statement, dsse", subject)
    }

    fn release(&mut self, repository: &str) -> Made {
        let subject = Subject::Release {
            repository: repository.into(),
            tag: "v1.2.3".into(),
        };
        make(&mut self.github, "v0.3, statement, GitHub release", subject)
    }

    fn ask(&self, wire: &Wire, digest: &Sha256Digest) -> Evidence {
        let question = Question::about(FIRST, LAST, Some(NOW)).unwrap();
        self.ask_about(wire, &question, digest)
    }

    fn ask_about(&self, wire: &Wire, question: &Question, digest: &Sha256Digest) -> Evidence {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let mut inquiry = Inquiry::new(question, *digest);
        let digests = ArtifactDigests::from(digest);
        let asking = driver::ask(wire, &mut inquiry, &self.roots, &digests, NOW);
        runtime.unwrap().block_on(asking)
    }
}

fn make(instance: &mut Instance, name: &str, subject: Subject) -> Made {
    let recipes = Recipe::all();
    let recipe = recipes
        .into_iter()
        .find(|recipe| recipe.name.starts_with(name));
    let recipe = Recipe {
        signer: Signer::Certified(subject),
        ..recipe.unwrap()
    };
    recipe.make_by(instance, 0, &Honest)
}

fn digest(made: &Made) -> Sha256Digest {
    Sha256Digest::of(&made.artifact)
}

fn attestations(digest: &Sha256Digest) -> String {
    format!("{BASE}/attestations/sha256:{digest}?per_page=100")
}

fn release_url() -> String {
    format!("{BASE}/releases/tags/v1.2.3")
}

fn list(bundles: &[Value]) -> String {
    let entry = |bundle: &Value| json!({"repository_id": 1, "bundle": bundle, "bundle_url": "", "initiator": "user"});
    json!({"attestations": bundles.iter().map(entry).collect::<Vec<_>>()}).to_string()
}

/// Attestations of one file, all of which lie elsewhere.
fn elsewhere(all: &[&Made]) -> Wire {
    let mut wire = Wire::default();
    let mut items = Vec::new();
    for (number, made) in all.iter().enumerate() {
        // Bundles that are the same are proven once.
        let bundle = format!("{}{}", made.bundle, " ".repeat(number));
        let packed = snap::raw::Encoder::new().compress_vec(bundle.as_bytes());
        let url = format!("{BLOBS}/{number}");
        items.push(json!({"bundle": null, "bundle_url": url}));
        wire = wire.with(url, 200, packed.unwrap());
    }
    let listed = json!({"attestations": items}).to_string();
    wire.with(attestations(&digest(all[0])), 200, listed)
}

fn bundle(made: &Made) -> Value {
    serde_json::from_str(&made.bundle).unwrap()
}

fn release(name: &str, digest: Option<String>, updated_at: &str) -> String {
    json!({"tag_name": "v1.2.3", "assets": [
        {"name": "other.zip", "digest": format!("sha256:{}", Sha256Digest::of(b"other")), "updated_at": updated_at},
        {"name": name, "digest": digest, "updated_at": updated_at},
    ]})
    .to_string()
}

fn verdict(evidence: &Evidence) -> Verdict {
    let publisher = Publisher::of(&[FIRST, LAST]);
    let place = Place {
        site: Some("github.com"),
        publisher: publisher.as_ref(),
        ..Place::default()
    };
    let evidence = std::slice::from_ref(evidence);
    judge(evidence, &Settings::default(), place, None).verdict
}

#[test]
fn what_the_repositorys_own_workflow_attests_is_authentic() {
    let mut world = World::new();
    let made = world.provenance("example/tool");
    let digest = digest(&made);
    let wire = Wire::default().with(attestations(&digest), 200, list(&[bundle(&made)]));
    let evidence = world.ask(&wire, &digest);
    assert_eq!(evidence.name, "github.com/example/tool");
    assert_eq!(verdict(&evidence), Verdict::Authentic);
    // What is proven needs no list of the release.
    assert_eq!(*wire.asked.borrow(), [attestations(&digest)]);
}

#[test]
fn what_a_fork_attests_is_a_strangers() {
    let mut world = World::new();
    let made = world.provenance("evil/tool");
    let digest = digest(&made);
    let wire = Wire::default().with(attestations(&digest), 200, list(&[bundle(&made)]));
    assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Signed);
}

#[test]
fn a_release_is_authentic_for_the_repository_that_it_names() {
    let mut world = World::new();
    let made = world.release("example/tool");
    let found = digest(&made);
    let wire = Wire::default().with(attestations(&found), 200, list(&[bundle(&made)]));
    let evidence = world.ask(&wire, &found);
    let [proven] = evidence.proven() else {
        panic!("{evidence:?}");
    };
    assert!(
        matches!(&proven.signer.identity, Identity::Release { repository, .. }
        if repository == "https://github.com/example/tool")
    );
    assert_eq!(verdict(&evidence), Verdict::Authentic);

    let made = world.release("evil/tool");
    let found = digest(&made);
    let wire = Wire::default().with(attestations(&found), 200, list(&[bundle(&made)]));
    assert_eq!(verdict(&world.ask(&wire, &found)), Verdict::Signed);
}

#[test]
fn a_bundle_that_lies_elsewhere_is_fetched_and_unpacked() {
    let mut world = World::new();
    let made = world.provenance("example/tool");
    let digest = digest(&made);
    let packed = snap::raw::Encoder::new().compress_vec(made.bundle.as_bytes());
    let url = format!("{BLOBS}/b.json.sn?sv=1");
    let listed = json!({"attestations": [{"bundle": null, "bundle_url": url, "repository_id": 1}]});
    let wire = Wire::default()
        .with(attestations(&digest), 200, listed.to_string())
        .with(url.clone(), 200, packed.unwrap());
    assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Authentic);
    assert_eq!(*wire.asked.borrow(), [attestations(&digest), url]);
}

#[test]
fn a_bundle_that_cannot_be_had_is_an_outage_unless_another_vouches() {
    let mut world = World::new();
    let made = world.provenance("example/tool");
    let digest = digest(&made);
    let url = format!("{BLOBS}/b");
    let elsewhere = json!({"bundle": null, "bundle_url": url});
    // Compressed with snappy, and larger than any bundle: nothing of that size is unpacked.
    let bomb = [0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    for (status, body) in [
        (500, &b""[..]),
        (200, b"not packed"),
        (200, &bomb),
        (302, b""),
    ] {
        let listed = json!({"attestations": [elsewhere]}).to_string();
        let wire = Wire::default()
            .with(attestations(&digest), 200, listed)
            .with(url.clone(), status, body);
        assert_eq!(
            verdict(&world.ask(&wire, &digest)),
            Verdict::Unchecked,
            "{status}"
        );
    }
    let both = json!({"attestations": [elsewhere, {"bundle": bundle(&made)}]}).to_string();
    let wire = Wire::default()
        .with(attestations(&digest), 200, both)
        .failing(url, Failure::TimedOut { seconds: 10 });
    assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Authentic);
    for address in ["http://blobs.example/b", "file:///etc/passwd", "/b", ""] {
        let listed = json!({"attestations": [{"bundle": null, "bundle_url": address}]});
        let wire = Wire::default().with(attestations(&digest), 200, listed.to_string());
        assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Unchecked);
        assert_eq!(wire.asked.borrow().len(), 1, "{address}");
    }
}

#[test]
fn only_a_few_bundles_are_fetched_and_that_is_told() {
    let mut world = World::new();
    let made = world.provenance("evil/tool");
    let digest = digest(&made);
    let wire = elsewhere(&[&made; 1 + MAX_FETCHED + MAX_MORE]);
    let evidence = world.ask(&wire, &digest);
    // Bundles that differ by nothing that counts are so many proofs.
    assert_eq!(evidence.proven().len(), MAX_FETCHED + MAX_MORE);
    assert!(!evidence.is_complete());
    assert_eq!(wire.asked.borrow().len(), 1 + MAX_FETCHED + MAX_MORE);
}

/// What strangers attested, or what says something else, keeps nobody from seeing the repository's own.
#[test]
fn the_repositorys_own_bundle_is_found_behind_others() {
    let mut world = World::new();
    let (evil, own) = (
        world.provenance("evil/tool"),
        world.provenance("example/tool"),
    );
    let digest = digest(&own);
    assert_eq!(digest, Sha256Digest::of(&evil.artifact));
    for place in 0..MAX_FETCHED + MAX_MORE {
        let mut all = [&evil; MAX_FETCHED + MAX_MORE];
        all[place] = &own;
        let wire = elsewhere(&all);
        assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Authentic);
        // No more than are needed.
        let asked = wire.asked.borrow().len();
        assert_eq!(asked > 1 + MAX_FETCHED, place >= MAX_FETCHED, "{place}");
    }
}

/// A fork can attest what it likes: what the release lists counts.
#[test]
fn what_a_fork_attests_hides_no_mismatch() {
    let mut world = World::new();
    let made = world.provenance("evil/tool");
    let digest = digest(&made);
    let other = format!("sha256:{}", Sha256Digest::of(b"another"));
    let body = release("tool.zip", Some(other), "2020-01-01T00:00:00Z");
    let wire = Wire::default()
        .with(attestations(&digest), 200, list(&[bundle(&made)]))
        .with(release_url(), 200, body);
    assert_eq!(verdict(&world.ask(&wire, &digest)), Verdict::Mismatch);
}

#[test]
fn a_file_that_is_only_listed_is_intact_and_another_is_a_mismatch() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    let listed = |digest: &Sha256Digest| Some(format!("sha256:{digest}"));
    let before = "2020-01-01T00:00:00Z";
    let after = "2030-01-01T00:00:00Z";
    let ask = |body: String| {
        let wire = Wire::default().with(release_url(), 200, body);
        let evidence = world.ask(&wire, &found);
        assert_eq!(*wire.asked.borrow(), [attestations(&found), release_url()]);
        (verdict(&evidence), evidence.published)
    };
    let same = ask(release("tool.zip", listed(&found), before));
    assert_eq!(same, (Verdict::Intact, Some(Published::Same)));
    let expected = Sha256Digest::of(b"another");
    let (outcome, published) = ask(release("tool.zip", listed(&expected), before));
    assert_eq!(outcome, Verdict::Mismatch);
    assert_eq!(
        published,
        Some(Published::Other {
            expected: FileDigest::Sha256(expected),
            found: FileDigest::Sha256(found),
        })
    );
    for (body, why) in [
        (
            release("tool.zip", listed(&expected), after),
            "replaced since",
        ),
        (release("tool.zip", listed(&expected), "some day"), "when?"),
        (release("tool.zip", None, before), "no digest"),
        (
            release("tool.zip", Some("md5:00".into()), before),
            "of another kind",
        ),
        (
            release("tool.zip", Some("sha256:00".into()), before),
            "no digest",
        ),
        (
            release("Tool.zip", listed(&expected), before),
            "another name",
        ),
    ] {
        assert_eq!(ask(body), (Verdict::Unknown, None), "{why}");
    }
}

/// A release has a thousand files at most, and notes of 125,000 characters: all of it is read.
#[test]
fn the_largest_release_is_read_to_its_end() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    let api = "https://api.github.com";
    let user =
        |field: &str| format!("{api}/users/a-name-of-39-characters-which-is-the-most/{field}");
    let uploader: Vec<(String, String)> = [
        "login",
        "node_id",
        "avatar_url",
        "gravatar_id",
        "url",
        "html_url",
        "followers_url",
        "following_url",
        "gists_url",
        "starred_url",
        "subscriptions_url",
        "organizations_url",
        "repos_url",
        "events_url",
        "received_events_url",
        "type",
        "user_view_type",
    ]
    .map(|field| (field.to_owned(), user(field)))
    .to_vec();
    let uploader: HashMap<String, String> = uploader.into_iter().collect();
    let file = |name: &str, digest: &Sha256Digest| {
        json!({
            "url": format!("{BASE}/releases/assets/123456789"),
            "id": 123_456_789, "node_id": "RA_kwDOABCDEFGHIJKL", "name": name, "label": "",
            "uploader": uploader, "content_type": "application/octet-stream", "state": "uploaded",
            "size": 4, "digest": format!("sha256:{digest}"), "download_count": 1,
            "created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z",
            "browser_download_url": FIRST.replace("tool.zip", name),
        })
    };
    for (content, verdicts) in [
        (&b"tool"[..], Verdict::Intact),
        (b"other", Verdict::Mismatch),
    ] {
        let long = "x".repeat(100);
        let other = |number: u32| file(&format!("{long}-{number}.zip"), &found);
        let mut assets: Vec<Value> = (1..1000).map(other).collect();
        assets.push(file("tool.zip", &Sha256Digest::of(content)));
        let release =
            json!({"id": 1, "tag_name": "v1.2.3", "body": "é".repeat(125_000), "assets": assets});
        let body = release.to_string();
        assert!(body.len() > 2 * 1024 * 1024, "{}", body.len());
        let wire = Wire::default().with(release_url(), 200, body);
        assert_eq!(verdict(&world.ask(&wire, &found)), verdicts);
    }
}

#[test]
fn the_latest_release_may_be_another_one_by_now() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    let first = "https://github.com/example/tool/releases/latest/download/tool.zip";
    let question = Question::about(first, LAST, Some(NOW)).unwrap();
    for (listed, published) in [
        (found, Some(Published::Same)),
        (Sha256Digest::of(b"x"), None),
    ] {
        let body = release(
            "tool.zip",
            Some(format!("sha256:{listed}")),
            "2020-01-01T00:00:00Z",
        );
        let wire = Wire::default().with(format!("{BASE}/releases/latest"), 200, body);
        assert_eq!(
            world.ask_about(&wire, &question, &found).published,
            published
        );
    }
}

#[test]
fn the_list_counts_for_what_github_itself_served() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    for (first, last) in [
        (FIRST, "https://mirror.example/tool.zip"),
        ("https://mirror.example/tool.zip", FIRST),
        ("https://codeload.github.com/example/tool/zip/main", LAST),
    ] {
        let Some(question) = Question::about(first, last, None) else {
            panic!("{first} {last}");
        };
        let body = release(
            "tool.zip",
            Some(format!("sha256:{}", Sha256Digest::of(b"x"))),
            "",
        );
        let wire = Wire::default().with(release_url(), 200, body);
        let evidence = world.ask_about(&wire, &question, &found);
        assert_eq!(evidence.published, None);
        assert_eq!(wire.asked.borrow().len(), 1);
    }
    assert_eq!(
        Question::about("https://example.org/a", "https://example.org/a", None),
        None
    );
}

#[test]
fn who_asks_to_be_left_in_peace_is() {
    // On a thread of its own, as it is remembered for a thread.
    let limited = || {
        let world = World::new();
        let found = Sha256Digest::of(b"tool");
        let failure = Failure::RateLimited { seconds: 60 };
        let wire = Wire::default().failing(attestations(&found), failure.clone());
        for asked in [1, 0] {
            let evidence = world.ask(&wire, &found);
            assert_eq!(verdict(&evidence), Verdict::Unchecked);
            let failure = failure.clone();
            assert_eq!(evidence.outcome, Outcome::Failed { failure });
            assert_eq!(wire.asked.take().len(), asked);
        }
        // Whoever has a token has another limit.
        let question = Question {
            token: Some("token".into()),
            ..Question::about(FIRST, LAST, Some(NOW)).unwrap()
        };
        world.ask_about(&wire, &question, &found);
        assert_eq!(wire.asked.take().len(), 1);
    };
    std::thread::spawn(limited).join().unwrap();
}

#[test]
fn an_outage_is_unchecked_and_never_unknown() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    for failure in [Failure::Unreachable, Failure::TimedOut { seconds: 10 }] {
        for url in [attestations(&found), release_url()] {
            let wire = Wire::default().failing(url, failure.clone());
            let evidence = world.ask(&wire, &found);
            assert_eq!(verdict(&evidence), Verdict::Unchecked);
            let told = match evidence.outcome {
                Outcome::Failed { failure } => Some(failure),
                Outcome::Answered { .. } => evidence.missing,
            };
            assert_eq!(told, Some(failure.clone()));
        }
    }
    for (status, body) in [
        (500, ""),
        (200, ""),
        (200, "<html>"),
        (200, "{}"),
        (200, r#"{"attestations":[{}]}"#),
        (301, ""),
        (401, "{}"),
    ] {
        let wire = Wire::default().with(attestations(&found), status, body);
        assert_eq!(
            verdict(&world.ask(&wire, &found)),
            Verdict::Unchecked,
            "{status} {body}"
        );
        let wire = Wire::default().with(release_url(), status, body);
        assert_eq!(
            verdict(&world.ask(&wire, &found)),
            Verdict::Unchecked,
            "{status} {body}"
        );
    }
    assert_eq!(
        verdict(&world.ask(&Wire::default(), &found)),
        Verdict::Unknown
    );
}

#[test]
fn nothing_but_digest_repository_and_tag_is_sent() {
    let world = World::new();
    let found = Sha256Digest::of(b"tool");
    let first = format!(
        "{}?token=secret#part",
        FIRST.replace("v1.2.3", "app%2Fv1%3F")
    );
    let question = Question::about(&first, LAST, Some(NOW)).unwrap();
    let wire = Wire::default();
    world.ask_about(&wire, &question, &found);
    let tag = format!("{BASE}/releases/tags/app%2Fv1%3F");
    assert_eq!(*wire.asked.borrow(), [attestations(&found), tag]);
}
