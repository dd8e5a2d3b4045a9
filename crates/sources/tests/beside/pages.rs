//! Pages and redirects in the place of what lies beside a file: a network or a site that wants a login
//! first answers everything so, and some servers what they do not have.

use crate::world::{DIRECTORY, NOW, Web, list, long_list, see, see_on, see_twice_by};
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::policy::{Place, judge};
use assay_core::roots::Roots;
use assay_core::settings::Settings;
use assay_core::verdict::Verdict;
use assay_sources::beside::{Habits, MOST_KNOWN};
use assay_sources::site_word::SiteMemory;

const WORD: &str = "https://dl.example.org/.well-known/download-signers.json";

/// What a login page is answered with.
const PORTALS: [(u16, &str); 7] = [
    (200, "<!doctype html><title>Welcome to our hotel</title>"),
    (200, "{\"login\":true}"),
    (200, ""),
    (204, ""),
    (302, ""),
    (303, "<html>"),
    (307, ""),
];

fn verdict(evidence: &[Evidence]) -> Verdict {
    judge(evidence, &Settings::default(), Place::default(), None).verdict
}

fn is_page(evidence: &Evidence) -> bool {
    evidence.missing == Some(Failure::Page)
}

fn is_another(evidence: &Evidence) -> bool {
    matches!(evidence.published, Some(Published::Other { .. }))
}

/// A look at a host, with what is remembered of it.
fn look(web: &Web, memory: &mut (Habits, SiteMemory), now: i64) -> Evidence {
    let (habits, site) = memory;
    see_on(web, habits, site, &Roots::new(), b"tool", now)
}

#[test]
fn a_portal_leaves_the_file_unchecked_and_is_not_remembered_as_absence() {
    for (status, body) in PORTALS {
        let portal = Web::otherwise(status, body);
        let mut memory = <(Habits, SiteMemory)>::default();
        // For as long as it stands there, by few requests.
        for (minute, most) in [(0, 10), (1, MOST_KNOWN), (2, MOST_KNOWN)] {
            let found = look(&portal, &mut memory, NOW + 60 * minute);
            assert!(is_page(&found), "{status} {body}: {found:?}");
            assert_eq!(verdict(&[found]), Verdict::Unchecked);
            let (habits, site) = &memory;
            assert_eq!((habits.tried_at, site.absent_at), (0, 0));
            assert!(habits.absent.is_empty() && habits.found.is_empty());
            let asked = portal.asked.take();
            assert!(asked.len() <= most, "{asked:?}");
            assert!(asked.contains(&WORD.to_owned()), "{asked:?}");
        }
        // And once it is gone everything is looked at, at once.
        let web = Web::default().with("SHA256SUMS.txt", 200, list(b"another"));
        let found = look(&web, &mut memory, NOW + 180);
        assert!(is_another(&found) && web.asked.take().len() <= 10);
    }
}

#[test]
fn a_portal_before_a_host_that_is_known_takes_nothing_from_what_is_known() {
    let list = list(b"another");
    for (status, body) in PORTALS {
        let web = Web::default().with("SHA256SUMS", 200, &*list);
        let mut memory = <(Habits, SiteMemory)>::default();
        look(&web, &mut memory, NOW);
        let (before, _) = memory.clone();
        let found = look(&Web::otherwise(status, body), &mut memory, NOW + 60);
        assert!(is_page(&found) && found.published.is_none());
        let after = Habits {
            pages: true,
            ..before
        };
        assert_eq!(memory.0, after, "{status} {body}");
        let found = look(&web, &mut memory, NOW + 120);
        assert!(is_another(&found) && found.missing.is_none());
        assert!(!memory.0.pages);
    }
}

/// Some servers answer with a page whatever they do not have. What they have counts all the same, and
/// what others prove does not wait for them.
#[test]
fn a_server_that_has_pages_for_what_it_lacks_is_believed_about_what_it_has() {
    for (status, body) in PORTALS {
        let mut web = Web::otherwise(status, body).with("SHA256SUMS", 200, list(b"tool"));
        let mut memory = <(Habits, SiteMemory)>::default();
        for _ in 0..3 {
            let found = look(&web, &mut memory, NOW);
            assert!(found.missing.is_none(), "{status} {body}");
            assert_eq!(verdict(&[found]), Verdict::Intact);
        }
        // Nothing of its pages is remembered as absence.
        assert_eq!(memory.1.absent_at, 0);
        assert!(memory.0.absent.is_empty());
        // A list of other files is a word of its own, too.
        let other = list(b"tool").replace("tool one", "other");
        web = web.with("SHA256SUMS", 200, other);
        let found = look(&web, &mut memory, NOW);
        assert_eq!(verdict(&[found]), Verdict::Unknown, "{status} {body}");

        let nothing = Web::otherwise(status, body);
        let alone = look(&nothing, &mut Default::default(), NOW);
        let mut listed = Evidence::proving("github", "GitHub", Vec::new());
        listed.published = Some(Published::Same);
        assert_eq!(verdict(&[listed, alone]), Verdict::Intact);
    }
}

/// What lies under a rarer name has its turn on such a server, too.
#[test]
fn a_rare_list_is_found_among_pages() {
    for (name, text) in [
        ("sha256sum.txt", list(b"another")),
        ("tool%20one.zip.sha512", long_list(b"another")),
    ] {
        let web = Web::otherwise(200, "<html>").with(name, 200, text);
        let mut habits = Habits::default();
        let is_seen =
            (0..16).any(|_| is_another(&see_twice_by(&web, &mut habits, &[], b"tool", NOW)));
        assert!(is_seen, "{name}");
        // And from then on it is known.
        let found = see_twice_by(&web, &mut habits, &[], b"tool", NOW);
        assert!(is_another(&found) && found.missing.is_none());
    }
}

/// A host that leads elsewhere with whatever it is asked for, and yet says that it declares nothing, was
/// reached: it is asked for that each time, as nothing else says so.
#[test]
fn one_word_of_its_own_tells_a_host_from_a_portal() {
    let mut web = Web::otherwise(302, "");
    web.files.insert(WORD.into(), Ok((404, String::new())));
    let mut memory = <(Habits, SiteMemory)>::default();
    for (visit, most) in [(0, 10), (1, MOST_KNOWN), (2, MOST_KNOWN)] {
        let found = look(&web, &mut memory, NOW + 60 * visit);
        assert!(found.is_complete(), "{found:?}");
        assert_eq!(verdict(&[found]), Verdict::Unknown);
        let asked = web.asked.take();
        assert!(
            asked.len() <= most && asked.contains(&WORD.to_owned()),
            "{asked:?}"
        );
        assert_eq!(memory.1.absent_at, 0);
    }
}

/// So is one that was known to declare nothing, and by now has pages for whatever it lacks.
#[test]
fn a_host_that_declared_nothing_is_asked_again_where_nothing_else_has_its_word() {
    for (status, body) in PORTALS {
        let mut web = Web::otherwise(status, body);
        web.files.insert(WORD.into(), Ok((404, String::new())));
        let silent = SiteMemory {
            absent_at: NOW - 60,
            ..SiteMemory::default()
        };
        let mut memory = (Habits::default(), silent);
        assert!(is_page(&look(&web, &mut memory, NOW)));
        let found = look(&web, &mut memory, NOW + 60);
        assert!(found.is_complete(), "{status} {body}: {found:?}");
    }
}

/// Object stores refuse what they do not have: that is their word, and is not remembered as absence.
#[test]
fn a_refusal_is_the_hosts_word_and_no_absence() {
    for status in [401, 403, 405, 451] {
        let store = Web::otherwise(status, "<Error><Code>AccessDenied</Code></Error>");
        let mut memory = <(Habits, SiteMemory)>::default();
        for (visit, most) in [(0, 10), (1, MOST_KNOWN), (2, MOST_KNOWN)] {
            let found = look(&store, &mut memory, NOW + 60 * visit);
            assert_eq!(verdict(&[found]), Verdict::Unknown, "{status}");
            assert!(store.asked.take().len() <= most);
            assert!(memory.0.absent.is_empty() && memory.1.absent_at == 0);
        }
        let web = Web::default().with("SHA256SUMS", 200, list(b"another"));
        let found = look(&web, &mut memory, NOW + 180);
        assert!(is_another(&found), "{status}");
    }
}

/// What is no list where the others are truly not there is nothing, and is asked for again.
#[test]
fn what_is_no_list_among_what_is_absent_is_nothing() {
    let roots = Roots::new();
    for (status, body) in PORTALS {
        let web = Web::default().with("SHA256SUMS", status, body);
        let mut habits = Habits::default();
        let found = see(&web, &mut habits, &roots, b"tool");
        assert!(found.is_complete(), "{status} {body}");
        web.asked.take();
        see(&web, &mut habits, &roots, b"tool");
        assert!(web.asked.take().contains(&format!("{DIRECTORY}SHA256SUMS")));
    }
}
