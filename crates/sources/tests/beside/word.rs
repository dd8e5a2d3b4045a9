//! The site's own word.

use crate::world::{DIRECTORY, FILE, NOW, Web, known_to_be_silent, list, look_at};
use assay_sources::beside::{ABSENT_FOR, Habits, MOST_KNOWN};
use assay_sources::site_word::SiteMemory;
use assay_test_authority::minisign::MinisignPair;

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

/// What is remembered of a host where nothing is, where a list is, and where a signed list is.
fn known_hosts() -> [Habits; 3] {
    [&[][..], &["SHA256SUMS"], &["SHA256SUMS", "list.minisig"]].map(|found| Habits {
        found: found.iter().map(|&name| name.to_owned()).collect(),
        tried_at: NOW,
        minisig: true,
        ..Habits::default()
    })
}

/// A declaration that a known host comes to have: what it names is asked for at once, within what such a
/// host is asked for.
#[test]
fn whom_a_new_declaration_names_is_looked_for_at_once() {
    let own = MinisignPair::new(1);
    let key = own.public();
    let key = key.lines().last().unwrap_or_default();
    for mut habits in known_hosts() {
        let mut web = Web::default().with("SHA256SUMS", 200, list(b"tool")).with(
            "tool%20one.zip.minisig",
            200,
            own.sign(b"tool", 1),
        );
        if habits.found.len() > 1 {
            let signature = own.sign(list(b"tool").as_bytes(), 1);
            web = web.with("SHA256SUMS.minisig", 200, signature);
        }
        web.files
            .insert(WORD.into(), Ok((200, declared_by(&[key]))));
        let week_ago = SiteMemory {
            absent_at: NOW - ABSENT_FOR,
            ..SiteMemory::default()
        };
        let (found, site) = look_at(FILE, &web, &mut habits, week_ago, &[]);
        let asked = web.asked.take();
        assert!(asked.len() <= MOST_KNOWN, "{asked:?}");
        let proven = found.proven().first();
        assert!(
            proven.is_some_and(|made| made.declared.is_some()),
            "{asked:?}"
        );
        assert!(site.declaration.is_some());
    }
    // An identity signs a bundle.
    let downloads = r#"[{"paths":["/**"],"signers":[{"identity":"a@b.example","issuer":"https://b.example"}]}]"#;
    for mut habits in known_hosts() {
        let mut web = Web::default();
        let declaration = format!(r#"{{"version":1,"downloads":{downloads}}}"#);
        web.files.insert(WORD.into(), Ok((200, declaration)));
        look_at(FILE, &web, &mut habits, SiteMemory::default(), &[]);
        let asked = web.asked.take();
        assert!(asked.len() <= MOST_KNOWN, "{asked:?}");
        let bundle = format!("{DIRECTORY}tool%20one.zip.sigstore.json");
        assert!(asked.contains(&bundle), "{asked:?}");
    }
}

/// Where one is replaced, the statement about the new one is one request more.
#[test]
fn a_declaration_that_changes_costs_one_request_more() {
    let (own, next) = (MinisignPair::new(1), MinisignPair::new(2));
    let keys = [&own, &next].map(|pair| {
        let key = pair.public();
        key.lines().last().unwrap_or_default().to_owned()
    });
    let [first, second] = keys.each_ref().map(String::as_str);
    let new = declared_by(&[first, second]);
    for mut habits in known_hosts() {
        let mut web = Web::default().with("SHA256SUMS", 200, list(b"tool"));
        let at = u64::try_from(NOW).unwrap_or_default();
        let statement = own.sign(new.as_bytes(), at);
        web.files
            .insert(format!("{WORD}.minisig"), Ok((200, statement)));
        web.files.insert(WORD.into(), Ok((200, new.clone())));
        let site = SiteMemory {
            declaration: Some(declared_by(&[first])),
            since: NOW,
            ..SiteMemory::default()
        };
        let (found, site) = look_at(FILE, &web, &mut habits, site, &[]);
        let asked = web.asked.take();
        assert!(asked.len() <= MOST_KNOWN + 1, "{asked:?}");
        assert_eq!(site.declaration.as_ref(), Some(&new));
        assert!(found.declaration.is_some_and(|one| one.change.is_none()));
    }
}

/// A host that is known to declare nothing is asked for three names, and for nothing else.
#[test]
fn what_waits_for_a_declaration_is_asked_for_where_there_is_none() {
    for site in [SiteMemory::default(), known_to_be_silent()] {
        for mut habits in known_hosts() {
            let web = Web::default();
            look_at(FILE, &web, &mut habits, site.clone(), &[]);
            assert_eq!(web.asked.take().len(), MOST_KNOWN);
        }
    }
}
