//! Signatures by minisign's keys, of the file and of lists.

use crate::world::{NOW, Web, ask, list, long_list, question, see_twice, see_twice_by};
use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::CloserLook;
use assay_core::evidence::{Evidence, Published};
use assay_core::minisign::MinisignKey;
use assay_core::roots::Roots;
use assay_sources::beside::{Habits, Inquiry, LISTED_FOR, MOST_KNOWN};
use assay_sources::minisigned;
use assay_sources::site_word::SiteMemory;
use assay_test_authority::minisign::MinisignPair;

/// What is proven and published where these keys are known.
fn see_with(web: &Web, key: &MinisignKey, content: &[u8]) -> Evidence {
    let question = question();
    let (site, keys) = (SiteMemory::default(), vec![key.clone()]);
    let mut inquiry = Inquiry::new(&question, &Habits::default(), site, keys, NOW);
    let digests = ArtifactDigests::of(content);
    ask(web, &mut inquiry, &Roots::new(), &digests, NOW)
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

    // Whichever of the two is of which algorithm, and whether or not it says so.
    let short = |name: &'static str| (name, list as fn(&[u8]) -> String);
    let long = |name: &'static str| (name, long_list as fn(&[u8]) -> String);
    for ((signed, by), (plain, listed)) in [
        (short("SHA256SUMS"), short("checksums.txt")),
        (long("SHA512SUMS"), short("SHA256SUMS")),
        (short("checksums.txt"), short("SHA256SUMS")),
        (long("checksums.txt"), short("SHA256SUMS")),
        (short("SHA256SUMS"), long("SHA512SUMS")),
    ] {
        let text = by(b"tool");
        let mut habits = Habits {
            found: vec![signed.into(), plain.into(), "list.minisig".into()],
            tried_at: NOW,
            minisig: true,
            ..Habits::default()
        };
        let web = Web::default()
            .with(signed, 200, &*text)
            .with(plain, 200, listed(b"evil"))
            .with(
                &format!("{signed}.minisig"),
                200,
                own.sign(text.as_bytes(), 1),
            );
        let keys = std::slice::from_ref(&key);
        let found = see_twice_by(&web, &mut habits, keys, b"evil", NOW).published;
        assert!(
            matches!(found, Some(Published::Other { .. })),
            "{signed} {plain}"
        );
        // What is missing may be what has the file: nobody is accused, and nothing is said to be whole.
        let web = web.failing("tool%20one.zip.minisig");
        let found = see_twice_by(&web, &mut habits, keys, b"evil", NOW).published;
        assert_eq!(found, None, "{signed} {plain}");
    }
}

/// A signature of an earlier list is the list's fault, which is named; also where the file must be read
/// before it is known that the list has it.
#[test]
fn a_signature_that_does_not_fit_its_list_is_told_of_the_list() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
    for (name, text, told) in [
        ("SHA256SUMS", list(b"tool"), "SHA256SUMS"),
        ("SHA512SUMS", long_list(b"tool"), "SHA512SUMS"),
        ("checksums.txt", long_list(b"tool"), "checksums.txt"),
        (
            "tool%20one.zip.sha256",
            list(b"tool"),
            "tool one.zip.sha256",
        ),
    ] {
        let web = Web::default().with(name, 200, text).with(
            &format!("{name}.minisig"),
            200,
            own.sign(b"an earlier list", 1),
        );
        let keys = std::slice::from_ref(&key);
        let first = see_twice(&web, keys, b"tool", NOW);
        assert_eq!(first.forged, Some(key.signer()), "{name}");
        // And on a host where such lists were signed before.
        let mut habits = Habits {
            found: vec![name.replace("tool%20one.zip", "*"), "list.minisig".into()],
            tried_at: NOW,
            minisig: true,
            ..Habits::default()
        };
        let found = see_twice_by(&web, &mut habits, keys, b"tool", NOW);
        assert_eq!(found.forged, Some(key.signer()), "{name}");
        assert_eq!(found.forged_list.as_deref(), Some(told));
        assert!(found.proven().is_empty());
        // Of another file's entry it says nothing that the list does not say.
        let other = see_twice_by(&web, &mut habits, keys, b"another", NOW);
        assert_eq!(other.forged, None, "{name}");
        assert!(matches!(other.published, Some(Published::Other { .. })));
        // Nor of what was downloaded long ago.
        let old = see_twice_by(&web, &mut habits, keys, b"tool", NOW + LISTED_FOR);
        assert_eq!(old.forged, None, "{name}");
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
            let mut evidence = ask(&web, &mut inquiry, &Roots::new(), &digests, NOW);
            let wanted = inquiry.wanted().clone();
            assert_eq!(!wanted.signatures.is_empty(), is_deferred);
            if let Some(mut look) = CloserLook::begin(&wanted) {
                look.update(b"tool");
                minisigned::settle(&wanted, &look.end(), &digests, true, &mut evidence);
            }
            assert_eq!(evidence.proven().len(), 1, "{trouble}");
            assert!(evidence.missing.is_some() && evidence.forged.is_none());
        }
    }
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
                    let found = ask(&web, &mut inquiry, &Roots::new(), &digests, NOW + visit);
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

/// Of two lists the one that has the file counts.
#[test]
fn of_two_lists_the_one_that_has_the_file_counts() {
    let own = MinisignPair::new(1);
    let key = MinisignKey::parse(&own.public()).unwrap();
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
