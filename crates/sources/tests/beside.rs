//! What lies beside a file, as a publisher puts it there, and as it should not be.

use assay_core::artifact::{ArtifactDigests, Sha512Digest};
use assay_core::closer_look::CloserLook;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_sources::beside::{ABSENT_FOR, Habits, Inquiry, LISTED_FOR, MOST_KNOWN, Question};
use assay_sources::driver;
use assay_sources::minisigned;
use assay_sources::site_word::SiteMemory;
use assay_sources::{HttpRequest, HttpResponse, Transport};
use assay_test_authority::minisign::MinisignPair;
use assay_test_authority::recipe::{About, Content};
use assay_test_authority::{Curve, Honest, Instance, Made, Manner, Recipe};
use std::cell::RefCell;
use std::collections::HashMap;

const NOW: i64 = 1_800_000_000;
const FILE: &str = "https://dl.example.org/tool/v1/tool%20one.zip?token=secret#part";
const DIRECTORY: &str = "https://dl.example.org/tool/v1/";

#[derive(Default)]
struct Web {
    files: HashMap<String, Result<(u16, String), Failure>>,
    asked: RefCell<Vec<String>>,
}

impl Transport for Web {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.url.clone());
        let missing = Ok((404, "<h1>Not found</h1>".to_owned()));
        let file = self.files.get(&request.url).cloned();
        let (status, body) = file.unwrap_or(missing)?;
        Ok(HttpResponse {
            status,
            body: body.into_bytes(),
        })
    }
}

impl Web {
    fn with(mut self, name: &str, status: u16, body: impl Into<String>) -> Self {
        let url = format!("{DIRECTORY}{name}");
        self.files.insert(url, Ok((status, body.into())));
        self
    }

    fn failing(mut self, name: &str) -> Self {
        let url = format!("{DIRECTORY}{name}");
        self.files.insert(url, Err(Failure::Unreachable));
        self
    }
}

fn question() -> Question {
    Question::about(FILE, FILE, Some(NOW)).unwrap()
}

/// Everything from the names to the evidence.
fn see(web: &Web, habits: &mut Habits, roots: &Roots, content: &[u8]) -> Evidence {
    see_at(web, habits, roots, content, NOW)
}

fn see_at(web: &Web, habits: &mut Habits, roots: &Roots, content: &[u8], now: i64) -> Evidence {
    let site = &mut SiteMemory {
        // As it is on every host but a few, and known.
        absent_at: habits.tried_at,
        ..SiteMemory::default()
    };
    see_on(web, habits, site, roots, content, now)
}

fn see_on(
    web: &Web,
    habits: &mut Habits,
    site: &mut SiteMemory,
    roots: &Roots,
    content: &[u8],
    now: i64,
) -> Evidence {
    let question = question();
    let mut inquiry = Inquiry::new(&question, habits, site.clone(), Vec::new(), now);
    let digests = ArtifactDigests::from(Sha256Digest::of(content));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let asking = driver::ask(web, &mut inquiry, roots, &digests, now);
    let evidence = runtime.block_on(asking);
    inquiry.note(habits);
    let mut evidence = evidence;
    let word = inquiry.into_word();
    word.mark(std::slice::from_mut(&mut evidence));
    *site = word.memory().clone();
    evidence
}

fn list(content: &[u8]) -> String {
    format!("{}  tool one.zip\n", Sha256Digest::of(content))
}

fn published(web: &Web) -> Option<Published> {
    let evidence = see(web, &mut Habits::default(), &Roots::new(), b"tool");
    assert!(matches!(evidence.outcome, Outcome::Answered { .. }));
    evidence.published
}

#[test]
fn a_checksum_file_says_whether_the_file_is_the_listed_one() {
    for name in [
        "tool%20one.zip.sha256",
        "SHA256SUMS",
        "checksums.txt",
        "SHA256SUMS.txt",
    ] {
        let listed = Web::default().with(name, 200, list(b"tool"));
        assert_eq!(published(&listed), Some(Published::Same), "{name}");
        let other = Web::default().with(name, 200, list(b"another"));
        let expected = Published::Other {
            expected: FileDigest::Sha256(Sha256Digest::of(b"another")),
            found: FileDigest::Sha256(Sha256Digest::of(b"tool")),
        };
        // A list that does not say of which algorithm it is accuses nobody.
        let expected = (name != "checksums.txt").then_some(expected);
        assert_eq!(published(&other), expected, "{name}");
    }
    // A digest alone is the file's own list's, and no shared one's.
    let alone = Sha256Digest::of(b"another").to_hex();
    let own = Web::default().with("tool%20one.zip.sha256", 200, &*alone);
    assert!(published(&own).is_some());
    assert_eq!(
        published(&Web::default().with("SHA256SUMS", 200, &*alone)),
        None
    );
    // Of several lists, one that has the file is enough: another may be of an earlier version.
    let both = Web::default()
        .with("SHA256SUMS", 200, list(b"earlier"))
        .with("checksums.txt", 200, list(b"tool"));
    assert_eq!(published(&both), Some(Published::Same));
}

#[test]
fn what_is_no_checksum_file_says_nothing() {
    let page = format!("<html>{}</html>", list(b"another"));
    for (status, body) in [
        (200, page),
        (200, format!("<!doctype html>\n{}", list(b"another"))),
        (200, String::new()),
        (200, "{}".into()),
        (302, list(b"another")),
        (403, list(b"another")),
        (404, list(b"another")),
    ] {
        let web = Web::default().with("SHA256SUMS", status, body.clone());
        assert_eq!(published(&web), None, "{status} {body}");
    }
}

#[test]
fn a_list_of_today_says_nothing_of_a_download_of_yesterday() {
    let mut habits = Habits::default();
    let web = Web::default().with("SHA256SUMS", 200, list(b"another"));
    let later = NOW + LISTED_FOR;
    let evidence = see_at(&web, &mut habits, &Roots::new(), b"tool", later);
    assert_eq!(evidence.published, None);
    let web = Web::default().with("SHA256SUMS", 200, list(b"tool"));
    let evidence = see_at(&web, &mut habits, &Roots::new(), b"tool", later);
    assert_eq!(evidence.published, Some(Published::Same));
}

#[test]
fn trouble_is_an_outage_unless_something_is_found() {
    for web in [
        Web::default().with("SHA256SUMS", 503, ""),
        Web::default().failing("SHA256SUMS"),
    ] {
        let evidence = see(&web, &mut Habits::default(), &Roots::new(), b"tool");
        assert!(evidence.lacks_something() && evidence.missing.is_some());
        let web = web.with("checksums.txt", 200, list(b"tool"));
        assert_eq!(published(&web), Some(Published::Same));
        // What cannot be had may be the list that has the file: nobody is accused meanwhile.
        let web = web.with("tool%20one.zip.sha256", 200, list(b"another"));
        let web = web.with("checksums.txt", 404, "");
        assert_eq!(published(&web), None);
    }
    for status in [408, 421, 425] {
        let web = Web::default().with("SHA256SUMS", status, "");
        let evidence = see(&web, &mut Habits::default(), &Roots::new(), b"tool");
        assert!(evidence.lacks_something(), "{status}");
    }
}

/// What is proven and published where these keys are known.
fn see_with(web: &Web, key: &MinisignKey, content: &[u8]) -> Evidence {
    let question = question();
    let (site, keys) = (SiteMemory::default(), vec![key.clone()]);
    let mut inquiry = Inquiry::new(&question, &Habits::default(), site, keys, NOW);
    let digests = ArtifactDigests::of(content);
    let roots = Roots::new();
    let asking = driver::ask(web, &mut inquiry, &roots, &digests, NOW);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(asking)
}

#[test]
fn a_list_that_a_known_key_signed_outweighs_one_that_nobody_did() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let signed = list(b"tool");
    let web = Web::default()
        .with("SHA256SUMS", 200, &*signed)
        .with("SHA256SUMS.minisig", 200, own.sign(signed.as_bytes(), 1))
        .with("checksums.txt", 200, list(b"evil"));
    assert_eq!(see_with(&web, &key, b"tool").proven().len(), 1);
    let evil = see_with(&web, &key, b"evil");
    assert!(evil.proven().is_empty());
    assert!(matches!(evil.published, Some(Published::Other { .. })));
}

/// A signature of an earlier list is the list's fault, which is named.
#[test]
fn a_signature_that_does_not_fit_its_list_is_told_of_the_list() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    for (name, told) in [
        ("SHA256SUMS", "SHA256SUMS"),
        ("tool%20one.zip.sha256", "tool one.zip.sha256"),
    ] {
        let web = Web::default().with(name, 200, list(b"tool")).with(
            &format!("{name}.minisig"),
            200,
            own.sign(b"an earlier list", 1),
        );
        let found = see_with(&web, &key, b"tool");
        assert_eq!(found.forged, Some(key.signer()));
        assert_eq!(found.forged_list.as_deref(), Some(told));
        assert!(found.proven().is_empty());
    }
}

/// Minisign's signature beside a file, while something else there is in trouble.
#[test]
fn trouble_elsewhere_takes_nothing_from_what_is_signed() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    for trouble in ["checksums.txt", "SHA512SUMS", "SHA256SUMS"] {
        for (signature, is_deferred) in [
            (own.sign(b"tool", 1), false),
            (own.sign_legacy(b"tool", 1), true),
        ] {
            let web = Web::default().with(trouble, 503, "").with(
                "tool%20one.zip.minisig",
                200,
                signature,
            );
            let question = question();
            let habits = Habits::default();
            let (site, keys) = (SiteMemory::default(), vec![key.clone()]);
            let mut inquiry = Inquiry::new(&question, &habits, site, keys, NOW);
            let digests = ArtifactDigests::of(b"tool");
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            let roots = Roots::new();
            let asking = driver::ask(&web, &mut inquiry, &roots, &digests, NOW);
            let mut evidence = runtime.unwrap().block_on(asking);
            let wanted = inquiry.wanted().clone();
            assert_eq!(!wanted.signatures.is_empty(), is_deferred);
            if let Some(mut look) = CloserLook::begin(&wanted) {
                look.update(b"tool");
                minisigned::settle(&wanted, &look.end(), true, &mut evidence);
            }
            assert_eq!(evidence.proven().len(), 1, "{trouble}");
            assert!(evidence.missing.is_some() && evidence.forged.is_none());
        }
    }
}

/// What is found where the file is read once more for what is offered, if anything is.
fn see_twice(web: &Web, keys: &[MinisignKey], content: &[u8], now: i64) -> Evidence {
    see_twice_by(web, &mut Habits::default(), keys, content, now)
}

fn see_twice_by(
    web: &Web,
    habits: &mut Habits,
    keys: &[MinisignKey],
    content: &[u8],
    now: i64,
) -> Evidence {
    let question = question();
    let is_first = habits.found.is_empty();
    let site = SiteMemory {
        // As it is on every host but a few, and known.
        absent_at: habits.tried_at,
        ..SiteMemory::default()
    };
    let mut inquiry = Inquiry::new(&question, habits, site, keys.to_vec(), now);
    let digests = ArtifactDigests::from(Sha256Digest::of(content));
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let roots = Roots::new();
    let asking = driver::ask(web, &mut inquiry, &roots, &digests, now);
    let mut evidence = runtime.unwrap().block_on(asking);
    let wanted = inquiry.wanted().clone();
    assert!(evidence.published.is_none() || !wanted.is_offered());
    if let Some(mut look) = CloserLook::begin(&wanted) {
        look.update(content);
        let is_recent = question.is_recent(now);
        minisigned::settle(&wanted, &look.end(), is_recent, &mut evidence);
    }
    inquiry.note(habits);
    let asked = web.asked.take();
    let most = if is_first { 10 } else { MOST_KNOWN };
    assert!(asked.len() <= most, "{asked:?}");
    evidence
}

fn long_list(content: &[u8]) -> String {
    let digest = FileDigest::Sha512(Sha512Digest::of(content));
    format!("{digest}  tool one.zip\n")
}

#[test]
fn a_list_of_sha512_is_held_against_the_file_once_it_was_read_for_it() {
    for name in ["SHA512SUMS", "tool%20one.zip.sha512", "checksums.txt"] {
        let same = Web::default().with(name, 200, long_list(b"tool"));
        let found = see_twice(&same, &[], b"tool", NOW);
        assert_eq!(found.published, Some(Published::Same), "{name}");
        let other = Web::default().with(name, 200, long_list(b"another"));
        let found = see_twice(&other, &[], b"tool", NOW);
        let expected = Published::Other {
            expected: FileDigest::Sha512(Sha512Digest::of(b"another")),
            found: FileDigest::Sha512(Sha512Digest::of(b"tool")),
        };
        let expected = (name != "checksums.txt").then_some(expected);
        assert_eq!(found.published, expected, "{name}");
        // Of a download of yesterday it says nothing.
        let other = Web::default().with(name, 200, long_list(b"another"));
        let later = see_twice(&other, &[], b"tool", NOW + LISTED_FOR);
        assert_eq!(later.published, None, "{name}");
    }
    // A list of SHA-256 makes it needless.
    let both = Web::default().with("SHA256SUMS", 200, list(b"tool")).with(
        "SHA512SUMS",
        200,
        long_list(b"another"),
    );
    assert_eq!(
        see_twice(&both, &[], b"tool", NOW).published,
        Some(Published::Same)
    );
    assert!(!see(&both, &mut Habits::default(), &Roots::new(), b"tool").lacks_something());
    assert!(!both.asked.borrow().iter().any(|url| url.contains("512")));
}

#[test]
fn a_signed_list_of_sha512_says_who_signed_the_file() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let signed = long_list(b"tool");
    for signature in [
        own.sign(signed.as_bytes(), 1),
        own.sign_legacy(signed.as_bytes(), 1),
    ] {
        let web = Web::default().with("SHA512SUMS", 200, &*signed).with(
            "SHA512SUMS.minisig",
            200,
            signature,
        );
        let keys = std::slice::from_ref(&key);
        let mut habits = Habits::default();
        // The first time there is no request left for the list's signature.
        let first = see_twice_by(&web, &mut habits, keys, b"tool", NOW);
        assert_eq!(first.published, Some(Published::Same));
        let found = see_twice_by(&web, &mut habits, keys, b"tool", NOW);
        assert_eq!(found.proven().len(), 1);
        assert_eq!(found.published, Some(Published::Same));
        let evil = see_twice_by(&web, &mut habits, keys, b"evil", NOW);
        assert!(evil.proven().is_empty());
        assert!(matches!(evil.published, Some(Published::Other { .. })));
        // By nobody who is known it is a list like any other.
        assert!(see_twice(&web, &[], b"tool", NOW).proven().is_empty());
    }
    // One that does not hold for the list says nothing.
    let web = Web::default().with("SHA512SUMS", 200, &*signed).with(
        "SHA512SUMS.minisig",
        200,
        own.sign(b"else", 1),
    );
    let mut habits = Habits::default();
    for _ in 0..2 {
        let keys = std::slice::from_ref(&key);
        let found = see_twice_by(&web, &mut habits, keys, b"tool", NOW);
        assert!(found.proven().is_empty() && found.forged.is_none());
    }
}

/// Whoever signs a list goes on being seen, also where the site declares them, and other names are
/// there beside it.
#[test]
fn a_signed_list_is_looked_for_where_it_was_found() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let declaration = format!(
        r#"{{"version":1,"downloads":[{{"paths":["/tool/**"],"signers":[{{"minisign":"{}"}}]}}]}}"#,
        own.public().lines().last().unwrap_or_default()
    );
    for (name, text) in [
        ("SHA256SUMS", list(b"tool")),
        ("checksums.txt", list(b"tool")),
        ("SHA512SUMS", long_list(b"tool")),
    ] {
        for declares in [false, true] {
            for has_own_list in [false, true] {
                let signature = own.sign(text.as_bytes(), 1);
                let mut web = Web::default().with(name, 200, text.clone()).with(
                    &format!("{name}.minisig"),
                    200,
                    signature,
                );
                if has_own_list && !name.contains("512") {
                    web = web.with("tool%20one.zip.sha256", 200, list(b"tool"));
                }
                if declares {
                    web.files.insert(
                        "https://dl.example.org/.well-known/download-signers.json".into(),
                        Ok((200, declaration.clone())),
                    );
                }
                let keys = match declares {
                    true => Vec::new(),
                    false => vec![key.clone()],
                };
                let (mut habits, mut site) = (Habits::default(), SiteMemory::default());
                for visit in 0..4 {
                    let question = question();
                    let mut inquiry =
                        Inquiry::new(&question, &habits, site.clone(), keys.clone(), NOW + visit);
                    let digests = ArtifactDigests::of(b"tool");
                    let roots = Roots::new();
                    let runtime = tokio::runtime::Builder::new_current_thread().build();
                    let asking = driver::ask(&web, &mut inquiry, &roots, &digests, NOW + visit);
                    let found = runtime.unwrap().block_on(asking);
                    inquiry.note(&mut habits);
                    let asked = web.asked.take();
                    let most = if visit == 0 { 10 } else { MOST_KNOWN };
                    assert!(asked.len() <= most, "{name} {visit} {asked:?}");
                    assert_eq!(
                        found.proven().len(),
                        1,
                        "{name} {declares} {has_own_list} {visit} {asked:?}"
                    );
                    site = inquiry.into_word().memory().clone();
                }
            }
        }
    }
}

/// A list whose algorithm nobody knows accuses nobody, whoever signed it; and of two lists the one that
/// has the file counts.
#[test]
fn a_list_of_another_algorithm_accuses_nobody() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    let other = list(b"by another algorithm");
    let web = Web::default().with("checksums.txt", 200, &*other).with(
        "checksums.txt.minisig",
        200,
        own.sign(other.as_bytes(), 1),
    );
    assert_eq!(see_with(&web, &key, b"tool").published, None);
    let both = Web::default()
        .with("SHA512SUMS", 200, long_list(b"earlier"))
        .with("tool%20one.zip.sha512", 200, long_list(b"tool"));
    let found = see_twice(&both, &[], b"tool", NOW);
    assert_eq!(found.published, Some(Published::Same));
    // A key that is known takes nothing from what is found without one.
    let alone = Web::default().with("tool%20one.zip.sha512", 200, long_list(b"another"));
    let found = see_twice(&alone, &[key], b"tool", NOW);
    assert!(matches!(found.published, Some(Published::Other { .. })));
}

#[test]
fn a_host_whose_lists_are_of_sha512_is_known_by_that() {
    let mut habits = Habits::default();
    let web = Web::default().with("SHA512SUMS", 200, long_list(b"tool"));
    assert!(!habits.needs_sha512());
    see(&web, &mut habits, &Roots::new(), b"tool");
    assert!(habits.needs_sha512());
    web.asked.borrow_mut().clear();
    see(&web, &mut habits, &Roots::new(), b"tool");
    let asked = web.asked.take();
    assert_eq!(asked[0], format!("{DIRECTORY}SHA512SUMS"));
    assert!(asked.len() <= MOST_KNOWN, "{asked:?}");
}

fn made(instance: &mut Instance, number: u64) -> Made {
    let all = Recipe::all();
    let recipe = all.iter().find(|one| one.name == "v0.3, message").unwrap();
    recipe.make_by(instance, number, &Honest)
}

#[test]
fn a_bundle_beside_the_file_is_proven() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "beside");
    let (ours, other) = (made(&mut instance, 0), made(&mut instance, 1));
    let root = TrustRoot::parse(RootId::sigstore(), &instance.trusted_root().to_string());
    let mut roots = Roots::new();
    roots.add(root.unwrap()).unwrap();
    let beside = |bundle: &str| Web::default().with("tool%20one.zip.sigstore.json", 200, bundle);
    let mut habits = Habits::default();
    let evidence = see(&beside(&ours.bundle), &mut habits, &roots, &ours.artifact);
    assert_eq!(evidence.proven().len(), 1);
    assert_eq!(
        (&*evidence.source, &*evidence.name),
        ("beside", "dl.example.org")
    );
    assert_eq!(habits.found, ["*.sigstore.json"]);
    let swapped = see(&beside(&other.bundle), &mut habits, &roots, &ours.artifact);
    assert!(swapped.proven().is_empty() && swapped.has_refused());
    let page = see(&beside("<html>"), &mut habits, &roots, &ours.artifact);
    assert!(page.is_complete() && page.proven().is_empty());
}

/// A bundle that names its file by SHA-512 alone, as npm's do, counts once that digest is known.
#[test]
fn a_bundle_that_names_the_file_by_sha512_counts_once_that_is_known() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "beside");
    let all = Recipe::all();
    let statement = all
        .iter()
        .find(|one| one.name.starts_with("v0.3, statement, dsse"));
    let recipe = Recipe {
        content: Content::Statement {
            subjects: vec![About::Sha512],
        },
        ..statement.unwrap().clone()
    };
    let made = recipe.make_by(&mut instance, 0, &Honest);
    let root = TrustRoot::parse(RootId::sigstore(), &instance.trusted_root().to_string());
    let mut roots = Roots::new();
    roots.add(root.unwrap()).unwrap();
    let web = Web::default().with("tool%20one.zip.sigstore.json", 200, &*made.bundle);
    let question = question();
    let mut habits = Habits::default();
    let look = |habits: &mut Habits, digests: ArtifactDigests| {
        let mut inquiry = Inquiry::new(&question, habits, known_to_be_silent(), Vec::new(), NOW);
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let asking = driver::ask(&web, &mut inquiry, &roots, &digests, NOW);
        let found = runtime.unwrap().block_on(asking);
        inquiry.note(habits);
        (found.proven().len(), inquiry.wanted().digests)
    };
    let by_sha256 = ArtifactDigests::from(Sha256Digest::of(&made.artifact));
    assert_eq!(look(&mut habits, by_sha256), (0, true));
    // From then on it is found out in one go.
    assert!(habits.needs_sha512());
    let by_both = ArtifactDigests::of(&made.artifact);
    for _ in 0..2 {
        assert_eq!(look(&mut habits, by_both), (1, false));
        assert!(habits.needs_sha512());
    }
}

#[test]
fn a_host_is_asked_for_all_names_once_and_then_for_few() {
    let mut habits = Habits::default();
    let web = Web::default().with("SHA256SUMS", 200, list(b"tool")).with(
        "checksums.txt",
        200,
        list(b"tool"),
    );
    see(&web, &mut habits, &Roots::new(), b"tool");
    let asked = web.asked.take();
    assert!(asked.len() <= 10, "{asked:?}");
    for url in &asked {
        let is_word = url == "https://dl.example.org/.well-known/download-signers.json";
        assert!(
            (is_word || url.starts_with(DIRECTORY)) && !url.contains("secret"),
            "{url}"
        );
    }
    assert!(asked.contains(&format!("{DIRECTORY}tool%20one.zip.sha256")));

    // What was found is asked for again first, and few others.
    see(&web, &mut habits, &Roots::new(), b"tool");
    let known = web.asked.take();
    assert_eq!(known.len(), MOST_KNOWN);
    for name in ["SHA256SUMS", "checksums.txt"] {
        assert!(known.contains(&format!("{DIRECTORY}{name}")), "{known:?}");
    }
    // Where nothing is, lists are not asked for again that week, and some of the file's own names are.
    let nothing = Web::default();
    let mut barren = Habits::default();
    see(&nothing, &mut barren, &Roots::new(), b"tool");
    let all = nothing.asked.take().len();
    for _ in 0..4 {
        see(&nothing, &mut barren, &Roots::new(), b"tool");
        let asked = nothing.asked.take();
        assert!(asked.len() <= MOST_KNOWN, "{asked:?}");
        assert!(asked.contains(&format!("{DIRECTORY}tool%20one.zip.sha256")));
        assert!(!asked.contains(&format!("{DIRECTORY}SHA256SUMS")));
    }
    // After a week all are tried once more, and so where the clock was wrong.
    for now in [NOW + ABSENT_FOR, NOW - 1] {
        see_at(&nothing, &mut barren.clone(), &Roots::new(), b"tool", now);
        assert_eq!(nothing.asked.take().len(), all);
    }
}

/// One file without anything beside it does not keep the others of its host from being looked at.
#[test]
fn a_file_with_nothing_beside_it_hides_nothing_of_the_next_one() {
    let roots = Roots::new();
    for (name, text) in [
        ("tool%20one.zip.sha256", list(b"another")),
        ("tool%20one.zip.sha512", long_list(b"another")),
    ] {
        let mut habits = Habits::default();
        let harmless = "https://dl.example.org/tool/v1/notes.txt";
        look_at(
            harmless,
            &Web::default(),
            &mut habits,
            SiteMemory::default(),
            &[],
        );
        let web = Web::default().with(name, 200, text);
        // One of the rarer names has its turn some time.
        let looks = (0..6).any(|_| {
            let found = see_twice_by(&web, &mut habits, &[], b"tool", NOW);
            matches!(found.published, Some(Published::Other { .. }))
        });
        assert!(looks, "{name}");
    }
    // A list that has other files is there all the same.
    let other = format!("{}  notes.txt\n", Sha256Digest::of(b"notes"));
    let web = Web::default().with("SHA256SUMS", 200, other);
    let mut habits = Habits::default();
    see(&web, &mut habits, &roots, b"tool");
    let web = Web::default().with("SHA256SUMS", 200, list(b"another"));
    let found = see(&web, &mut habits, &roots, b"tool").published;
    assert!(matches!(found, Some(Published::Other { .. })));
    // Where files have lists of their own, the directory's counts, too.
    let own = Web::default().with("tool%20one.zip.sha256", 200, list(b"tool"));
    let mut habits = Habits::default();
    see(&own, &mut habits, &roots, b"tool");
    let elsewhere = "https://dl.example.org/tool/v2/tool.zip";
    let mut web = Web::default();
    let listed = format!("{}  tool.zip\n", Sha256Digest::of(b"another"));
    let url = "https://dl.example.org/tool/v2/SHA256SUMS".to_owned();
    web.files.insert(url, Ok((200, listed)));
    let (found, _) = look_at(elsewhere, &web, &mut habits, known_to_be_silent(), &[]);
    assert!(matches!(found.published, Some(Published::Other { .. })));
}

/// What could not be had is no absence: it is asked for again.
#[test]
fn an_outage_is_not_remembered_as_absence() {
    let (other, roots) = (list(b"another"), Roots::new());
    let names = [
        "tool%20one.zip.sigstore.json",
        "tool%20one.zip.sigstore",
        "tool%20one.zip.sha256",
        "SHA256SUMS",
        "checksums.txt",
        "SHA512SUMS",
        "tool%20one.zip.sha512",
        "SHASUMS256.txt",
        "SHA256SUMS.txt",
    ];
    for failure in [
        Ok((503, String::new())),
        Ok((429, String::new())),
        Err(Failure::Unreachable),
        Err(Failure::TimedOut { seconds: 10 }),
    ] {
        let mut habits = Habits::default();
        let mut down = Web::default();
        let mut site = SiteMemory::default();
        let url = |name: &str| format!("{DIRECTORY}{name}");
        let word = "https://dl.example.org/.well-known/download-signers.json".to_owned();
        for url in names.map(url).into_iter().chain([word]) {
            down.files.insert(url, failure.clone());
        }
        let found = see_on(&down, &mut habits, &mut site, &roots, b"tool", NOW);
        assert!(found.lacks_something());
        assert_eq!((site.absent_at, habits.tried_at), (0, 0));
        let web = Web::default().with("SHA256SUMS.txt", 200, &*other);
        let found = see_on(&web, &mut habits, &mut site, &roots, b"tool", NOW + 60);
        assert!(matches!(found.published, Some(Published::Other { .. })));
        // A single name that was not answered is asked for next.
        for name in names {
            let mut habits = Habits::default();
            let mut down = Web::default();
            down.files.insert(url(name), failure.clone());
            see(&down, &mut habits, &roots, b"tool");
            let web = Web::default();
            see(&web, &mut habits, &roots, b"tool");
            assert!(web.asked.take().contains(&url(name)), "{name}");
        }
    }
}

fn known_to_be_silent() -> SiteMemory {
    SiteMemory {
        absent_at: NOW,
        ..SiteMemory::default()
    }
}

/// What is found for the file at this address, and what is remembered of its site then. The content of
/// every file is "tool".
fn look_at(
    url: &str,
    web: &Web,
    habits: &mut Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
) -> (Evidence, SiteMemory) {
    look_for(url, web, habits, site, keys, false)
}

fn look_for(
    url: &str,
    web: &Web,
    habits: &mut Habits,
    site: SiteMemory,
    keys: &[MinisignKey],
    is_signed: bool,
) -> (Evidence, SiteMemory) {
    let question = Question::about(url, url, Some(NOW)).unwrap();
    let inquiry = Inquiry::new(&question, habits, site, keys.to_vec(), NOW);
    let mut inquiry = inquiry.expecting(is_signed);
    let digests = ArtifactDigests::of(b"tool");
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let roots = Roots::new();
    let asking = driver::ask(web, &mut inquiry, &roots, &digests, NOW);
    let found = runtime.unwrap().block_on(asking);
    inquiry.note(habits);
    let site = inquiry.into_word().memory().clone();
    (found, site)
}

/// A project signs its files in different ways: whichever it is, the next file's signature is found, and
/// nobody is accused before it was looked for wherever one can be.
#[test]
fn a_signature_is_missed_only_after_it_was_looked_for_wherever_one_can_be() {
    let own = MinisignPair::new(1);
    let key = own.public();
    let key = key.lines().last().unwrap_or_default();
    let declaration = format!(
        r#"{{"version":1,"downloads":[{{"paths":["/**"],"signers":[{{"minisign":"{key}"}}]}}]}}"#
    );
    let word = "https://dl.example.org/.well-known/download-signers.json".to_owned();
    let mut web = Web::default();
    web.files.insert(word, Ok((200, declaration)));
    let lists = [
        "SHA256SUMS",
        "SHA512SUMS",
        "checksums.txt",
        "SHA256SUMS.txt",
    ];
    let mut urls = Vec::new();
    for (number, name) in lists.into_iter().enumerate() {
        let at = format!("https://dl.example.org/dl/{number}/");
        let text = match name.contains("512") {
            true => format!("{}  listed.zip\n", Sha512Digest::of(b"tool")),
            false => format!("{}  listed.zip\n", Sha256Digest::of(b"tool")),
        };
        let signed = own.sign(text.as_bytes(), 1);
        web.files.insert(format!("{at}{name}"), Ok((200, text)));
        web.files
            .insert(format!("{at}{name}.minisig"), Ok((200, signed)));
        let signed = own.sign(b"tool", 1);
        web.files
            .insert(format!("{at}own.zip.minisig"), Ok((200, signed)));
        urls.extend([format!("{at}own.zip"), format!("{at}listed.zip")]);
    }
    // In every order of two, and all of them after one another.
    for first in &urls {
        for second in &urls {
            let (mut habits, mut site) = (Habits::default(), SiteMemory::default());
            for url in [first, second, first, second] {
                let is_signed = site.declaration.is_some();
                let (found, next) = look_for(url, &web, &mut habits, site, &[], is_signed);
                // The rarer names have no room at first sight.
                let may_be = is_signed || !url.contains("/3/listed");
                assert!(
                    !may_be || !found.proven().is_empty(),
                    "{first} {second} {url}"
                );
                assert!(!found.proven().iter().any(|made| made.declared.is_none()));
                site = next;
            }
        }
    }
    // One that is nowhere is missed: everything was asked for, and that is said.
    let (mut habits, site) = (Habits::default(), SiteMemory::default());
    let (_, site) = look_for(&urls[0], &web, &mut habits, site, &[], false);
    web.asked.take();
    let gone = "https://dl.example.org/dl/9/gone.zip";
    let (found, _) = look_for(gone, &web, &mut habits.clone(), site.clone(), &[], false);
    assert!(found.hurried && web.asked.take().len() <= MOST_KNOWN);
    let (found, _) = look_for(gone, &web, &mut habits.clone(), site.clone(), &[], true);
    assert!(!found.hurried && !found.lacks_something());
    let asked = web.asked.take();
    for name in [
        "gone.zip.minisig",
        "SHA256SUMS",
        "SHA512SUMS",
        "SHA256SUMS.txt",
    ] {
        let url = format!("https://dl.example.org/dl/9/{name}");
        assert!(asked.contains(&url), "{asked:?}");
    }
    assert!(asked.len() <= 16, "{asked:?}");
    // A name that is always too large does not keep the others from having their turn.
    let large = Err(Failure::TooLarge { limit: 5 });
    let mut odd = Web::default();
    for name in ["SHA512SUMS", "checksums.txt"] {
        odd.files
            .insert(format!("{DIRECTORY}{name}"), large.clone());
    }
    let mut barren = Habits::default();
    for _ in 0..12 {
        look_at(FILE, &odd, &mut barren, known_to_be_silent(), &[]);
    }
    let rare = format!("{DIRECTORY}tool%20one.zip.sigstore.jsonl");
    assert!(odd.asked.take().contains(&rare));
    // Where some of it cannot be had, nobody is accused.
    let url = "https://dl.example.org/dl/9/SHA512SUMS".to_owned();
    web.files.insert(url, Err(Failure::Unreachable));
    let (found, _) = look_for(gone, &web, &mut habits, site, &[], true);
    assert!(found.hurried && found.lacks_something());
}

/// A large page says nothing of the other names.
#[test]
fn what_is_too_large_keeps_nothing_else_from_counting() {
    let large = Err(Failure::TooLarge { limit: 5 });
    let mut web = Web::default().with("SHA256SUMS", 200, list(b"another"));
    web.files.insert(format!("{DIRECTORY}checksums.txt"), large);
    let found = see(&web, &mut Habits::default(), &Roots::new(), b"tool");
    assert!(matches!(found.published, Some(Published::Other { .. })));
    assert!(found.missing.is_some());
    // What cannot be had for another reason may be the list that has the file.
    let web = web.failing("tool%20one.zip.sha256");
    let found = see(&web, &mut Habits::default(), &Roots::new(), b"tool");
    assert!(found.published.is_none() && found.missing == Some(Failure::Unreachable));
}

/// What is in one directory says nothing of another, which may be somebody else's.
#[test]
fn another_directory_of_a_barren_host_is_looked_into() {
    let (mut habits, roots) = (Habits::default(), Roots::new());
    see(&Web::default(), &mut habits, &roots, b"tool");
    let elsewhere = "https://dl.example.org/other/tool.zip";
    let listed = format!("{}  tool.zip\n", Sha256Digest::of(b"another"));
    let mut web = Web::default();
    web.files.insert(
        "https://dl.example.org/other/SHA256SUMS".into(),
        Ok((200, listed)),
    );
    let look = |web: &Web, habits: &mut Habits| {
        let question = Question::about(elsewhere, elsewhere, Some(NOW)).unwrap();
        let site = SiteMemory {
            absent_at: NOW,
            ..SiteMemory::default()
        };
        let mut inquiry = Inquiry::new(&question, habits, site, Vec::new(), NOW);
        let digests = ArtifactDigests::of(b"tool");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let asking = driver::ask(web, &mut inquiry, &roots, &digests, NOW);
        let found = runtime.unwrap().block_on(asking);
        inquiry.note(habits);
        assert!(web.asked.take().len() <= MOST_KNOWN);
        found.published
    };
    let mut barren = habits.clone();
    assert!(matches!(
        look(&web, &mut habits),
        Some(Published::Other { .. })
    ));
    // Where nothing was, nobody looks again that week.
    assert_eq!(look(&Web::default(), &mut barren), None);
    assert_eq!(look(&web, &mut barren), None);
}

#[test]
fn only_a_plain_address_has_something_beside_it() {
    let about = |url: &str| Question::about(url, url, None);
    assert!(about(FILE).is_some());
    for url in [
        "http://dl.example.org/tool.zip",
        "https://dl.example.org/",
        "https://dl.example.org/tool/",
        "https://dl.example.org:8443/tool.zip",
        "https://user@dl.example.org/tool.zip",
        "https://dl.example.org/a/../tool.zip",
        "blob:https://dl.example.org/x",
        "data:text/plain,x",
        "file:///etc/passwd",
        // Has a source of its own.
        "https://github.com/example/tool/releases/download/v1/tool.zip",
    ] {
        assert!(about(url).is_none(), "{url}");
    }
    // What served it is not whose word counts.
    let first = "https://example.org/tool.zip";
    let last = "https://cdn.example.net/x/y";
    let question = Question::about(first, last, None).unwrap();
    assert_eq!(question.host(), "example.org");
}

const WORD: &str = "https://dl.example.org/.well-known/download-signers.json";

fn declared_by(keys: &[&str]) -> String {
    let signers: Vec<String> = keys
        .iter()
        .map(|key| format!(r#"{{"minisign":"{key}"}}"#))
        .collect();
    let signers = signers.join(",");
    format!(r#"{{"version":1,"downloads":[{{"paths":["/**"],"signers":[{signers}]}}]}}"#)
}

/// A declaration that names the same signers otherwise is no other word.
#[test]
fn the_same_signers_in_another_order_or_twice_are_the_same() {
    let keys = [1, 2, 3].map(|number| {
        let key = MinisignPair::new(number).public();
        key.lines().last().unwrap_or_default().to_owned()
    });
    let [one, two, three] = keys.each_ref().map(String::as_str);
    for (signers, is_changed) in [
        (vec![two, one], false),
        (vec![one, two, one], false),
        (vec![one], true),
        (vec![one, two, three], true),
        (vec![one, three], true),
    ] {
        let site = SiteMemory {
            declaration: Some(declared_by(&[one, two])),
            since: NOW,
            ..SiteMemory::default()
        };
        let mut web = Web::default();
        web.files
            .insert(WORD.into(), Ok((200, declared_by(&signers))));
        let mut habits = Habits::default();
        let (found, _) = look_at(FILE, &web, &mut habits, site, &[]);
        let changed = found.declaration.is_some_and(|one| one.change.is_some());
        assert_eq!(changed, is_changed, "{signers:?}");
    }
}

/// A statement is of now, as far as clocks agree: one of the future would outlast all that follow it.
#[test]
fn a_statement_of_the_future_is_none() {
    const DAY: i64 = 24 * 60 * 60;
    let (own, next) = (MinisignPair::new(1), MinisignPair::new(2));
    let keys = [&own, &next].map(|pair| {
        let key = pair.public();
        key.lines().last().unwrap_or_default().to_owned()
    });
    let [first, second] = keys.each_ref().map(String::as_str);
    for (at, since) in [
        (NOW - 60, Some(NOW - 60)),
        (NOW + 60, Some(NOW)),
        (NOW + 400 * DAY, None),
        (NOW - 400 * DAY, None),
    ] {
        let site = SiteMemory {
            declaration: Some(declared_by(&[first])),
            since: NOW - 10 * DAY,
            ..SiteMemory::default()
        };
        let new = declared_by(&[first, second]);
        let at = u64::try_from(at).unwrap_or_default();
        let mut web = Web::default();
        let statement = own.sign(new.as_bytes(), at);
        web.files
            .insert(format!("{WORD}.minisig"), Ok((200, statement)));
        web.files.insert(WORD.into(), Ok((200, new)));
        let (_, site) = look_at(FILE, &web, &mut Habits::default(), site, &[]);
        assert_eq!(site.since, since.unwrap_or(NOW - 10 * DAY));
        assert_eq!(site.offered.is_none(), since.is_some());
    }
}
