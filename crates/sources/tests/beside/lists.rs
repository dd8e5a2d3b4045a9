//! Checksum files, and what is none.

use crate::world::{DIRECTORY, NOW, Web, list, long_list, published, see, see_at, see_twice};
use assay_core::artifact::Sha512Digest;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Failure, Published};
use assay_core::file_digest::FileDigest;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, LISTED_FOR, MOST_KNOWN};

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
