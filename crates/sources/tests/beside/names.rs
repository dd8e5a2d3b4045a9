//! Under which names something is looked for, and how often.

use crate::world::{
    DIRECTORY, FILE, NOW, Web, ask, known_to_be_silent, list, long_list, look_at, look_for, see,
    see_at, see_on, see_twice_by,
};
use assay_core::artifact::{ArtifactDigests, Sha512Digest};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Failure, Published};
use assay_core::roots::Roots;
use assay_sources::beside::{ABSENT_FOR, Habits, Inquiry, MOST_KNOWN, Question};
use assay_sources::site_word::SiteMemory;
use assay_test_authority::minisign::MinisignPair;

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
        let found = ask(web, &mut inquiry, &roots, &digests, NOW);
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
