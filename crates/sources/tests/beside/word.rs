//! The site's own word.

use crate::world::{FILE, NOW, Web, look_at};
use assay_sources::beside::Habits;
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
