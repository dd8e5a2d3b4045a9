//! Checksum files, and what is none.

use crate::world::{DIRECTORY, NOW, Web, list, long_list, published, see, see_at, see_twice};
use assay_core::artifact::{ArtifactDigests, Sha512Digest};
use assay_core::closer_look::{CloserLook, ListedDigest, Wanted};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure, Published};
use assay_core::file_digest::FileDigest;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, LISTED_FOR, MOST_KNOWN};
use assay_sources::minisigned;

/// What `b2sum -l 256`, BLAKE2s, `b3sum`, SHA3-256, SHA-512/256, `b2sum` and SHA3-512 say of "tool".
const OTHERS: [&str; 7] = [
    "a825ca1e68578d4948da0ea03b53ebe8e9c5b030a42d807ea364025dd1fa0e7f",
    "6dd4bc92edfccb48106543fc11ae0324e72a3607679899e18025b664f054ae31",
    "5c9cc8c53d49a31722f68557e0ef0f12ec15232a4fb43c284e92b22367927e99",
    "3475fea270df04150876039349b7cd857de5a89d32c8ce7400787a8496aa426d",
    "55802ceb5892587a2145f86c6d09a8b03bdd75091b162f3e461a49644b751751",
    "841bfc68a59b337e95578db86bbba2fed5b6cea89cff4fdb1755203d980bb5796949ee4aeb26417982f1fe4689eebdf3ea31bac8c7f340e625441fe39e7120e3",
    "bc8d6515d0df8dcfa078e0c929b5955db7e8300325e18c7b4fa57597617a3b31a084300fd319034f51c3b997290492df4136e18ffbceb21ef0831c0ae0ce0616",
];

/// For whatever a file was read once more, its own digest by SHA-512 is known then.
#[test]
fn a_file_that_was_read_for_something_else_is_the_listed_one() {
    let mut wanted = Wanted {
        digests: true,
        ..Wanted::default()
    };
    let mut look = CloserLook::begin(&wanted).unwrap();
    look.update(b"tool");
    wanted.listed.push(ListedDigest {
        digest: FileDigest::Sha512(Sha512Digest::of(b"tool")),
        list: "SHA512SUMS".into(),
        is_named: true,
        signed: None,
        is_forged: false,
    });
    let mut evidence = Evidence::proving("beside", "dl.example.org", Vec::new());
    let digests = ArtifactDigests::from(Sha256Digest::of(b"tool"));
    minisigned::settle(&wanted, &look.end(), &digests, true, &mut evidence);
    assert_eq!(evidence.published, Some(Published::Same));
}

#[test]
fn a_checksum_file_says_whether_the_file_is_the_listed_one() {
    let expected = Some(Published::Other {
        expected: FileDigest::Sha256(Sha256Digest::of(b"another")),
        found: FileDigest::Sha256(Sha256Digest::of(b"tool")),
    });
    for name in [
        "tool%20one.zip.sha256",
        "SHA256SUMS",
        "checksums.txt",
        "SHA256SUMS.txt",
    ] {
        let listed = Web::default().with(name, 200, list(b"tool"));
        assert_eq!(published(&listed), Some(Published::Same), "{name}");
        let other = Web::default().with(name, 200, list(b"another"));
        // A list that does not say of which algorithm it is accuses nobody before it is found out.
        let at_once = expected.clone().filter(|_| name != "checksums.txt");
        assert_eq!(published(&other), at_once, "{name}");
        other.asked.take();
        let found = see_twice(&other, &[], b"tool", NOW);
        assert_eq!(found.published, expected, "{name}");
        // In the lines of BSD it says so.
        let digest = Sha256Digest::of(b"another");
        let line = format!("SHA256 (tool one.zip) = {digest}\n");
        let named = Web::default().with(name, 200, line);
        assert_eq!(published(&named), expected, "{name}");
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
        assert_eq!(found.published, Some(expected.clone()), "{name}");
        let digest = FileDigest::Sha512(Sha512Digest::of(b"another"));
        let line = format!("SHA512 (tool one.zip) = {digest}\n");
        let named = Web::default().with(name, 200, line);
        let found = see_twice(&named, &[], b"tool", NOW);
        assert_eq!(found.published, Some(expected), "{name}");
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

/// A list that names no algorithm can be by any with digests as long: such a one is no list of another
/// file.
#[test]
fn a_list_by_another_algorithm_is_held_against_the_file_by_that_one() {
    for digest in OTHERS {
        let web = Web::default().with("checksums.txt", 200, format!("{digest}  tool one.zip\n"));
        let found = see_twice(&web, &[], b"tool", NOW);
        assert_eq!(found.published, Some(Published::Same), "{digest}");
        let changed = see_twice(&web, &[], b"t00l", NOW).published;
        assert!(matches!(changed, Some(Published::Other { .. })), "{digest}");
        // One that says that it is of SHA-256 or SHA-512 is by no other.
        let name = match digest.len() {
            64 => "SHA256SUMS",
            _ => "SHA512SUMS",
        };
        let web = Web::default().with(name, 200, format!("{digest}  tool one.zip\n"));
        let found = see_twice(&web, &[], b"tool", NOW).published;
        assert!(matches!(found, Some(Published::Other { .. })), "{digest}");
    }
}

/// Only a list in the file's own directory speaks of it, and only of the very name.
#[test]
fn what_is_listed_elsewhere_or_of_another_name_accuses_nobody() {
    for name in ["checksums.txt", "SHA256SUMS"] {
        let line = |file: &str| format!("{}  {file}\n", Sha256Digest::of(b"another"));
        for file in [
            "Tool one.zip",
            "tool one.zip.sig",
            "dir/tool one.zip",
            "../tool one.zip",
            "tool%20one.zip",
            "tool one.zip extra",
        ] {
            let web = Web::default().with(name, 200, line(file));
            let found = see_twice(&web, &[], b"tool", NOW);
            assert_eq!(found.published, None, "{name} {file}");
        }
        let mut web = Web::default();
        for above in ["https://dl.example.org/tool/", "https://dl.example.org/"] {
            let list = Ok((200, line("tool one.zip")));
            web.files.insert(format!("{above}{name}"), list);
        }
        let found = see_twice(&web, &[], b"tool", NOW);
        assert_eq!(found.published, None, "{name}");
    }
}
