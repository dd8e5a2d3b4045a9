//! Rules for sites: what is done about downloads from there, as the user decided.

use crate::world::{World, read_entry};
use assay_core::message::{Request, Response};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Hold};
use assay_core::settings::Settings;
use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, signer_named, wait_until};
use std::path::Path;

/// Where the tests' files come from.
const SITE: &str = "127.0.0.1";

fn rule(mode: Mode) -> SiteRule {
    SiteRule {
        host: SITE.into(),
        below: true,
        demand: Demand {
            mode,
            ..Demand::default()
        },
        signers: Vec::new(),
    }
}

fn set(world: &World, rule: SiteRule) -> Result<()> {
    let answer = world.extension.ask(&Request::SetRule { rule })?;
    assert_eq!(answer, Response::Done);
    Ok(())
}

/// Waits until a record is as it should be.
fn wait_for(
    world: &World,
    name: &str,
    wanted: impl Fn(&DownloadRecord) -> bool,
) -> Result<DownloadRecord> {
    wait_until("the record", || match world.extension.record_of(name)? {
        Some(record) if wanted(&record) => Ok(record),
        other => Err(format!("{other:?}")),
    })
}

fn held(hold: Hold) -> impl Fn(&DownloadRecord) -> bool {
    move |record| record.hold == Some(hold) && !record.removing
}

fn notifications(page: &Page) -> Result<Vec<String>> {
    page.evaluate(
        "new Promise((done) => chrome.notifications.getAll((all) => done(Object.keys(all))))",
    )
}

#[test]
fn a_rule_is_made_in_the_popup_with_one_click_and_says_where_it_comes_from() -> Result<()> {
    let world = World::new()?;
    world.download("first.bin", b"unknown to everybody")?;
    let record = world
        .extension
        .wait_for_verdict("first.bin", Verdict::Unknown)?;
    let popup = world.popup()?;
    read_entry(&popup, &record)?;
    popup.wait_for_text("[data-field=rule-origin]", "As for all sites")?;
    popup.wait_for_text(".site-host", SITE)?;
    popup.click("[data-mode=require]")?;
    popup.wait_for_text("[data-field=rule-origin]", "Your rule for this site")?;
    popup.wait_for_text(".modes-meaning", "Only verified files are fine")?;
    let Settings { rules, .. } = world.extension.settings()?;
    assert_eq!(rules, [rule(Mode::Require)]);

    // Held up from now on, and nothing that was there before.
    assert_eq!(world.extension.record_of("first.bin")?, Some(record));
    world.download("second.bin", b"unknown as well")?;
    let record = wait_for(&world, "second.bin", held(Hold::Asking))?;
    wait_until("the notification", || {
        let shown = notifications(&popup)?;
        match shown == [format!("held/{}", record.id)] {
            true => Ok(()),
            false => Err(format!("{shown:?}")),
        }
    })?;
    popup.wait_for_text("[data-hold=asking]", "requires verified files")?;
    popup.click("[data-action=hold-keep]")?;
    wait_for(&world, "second.bin", held(Hold::Kept))?;
    popup.wait_for_text("[data-hold=kept]", "You kept this file")?;
    assert_eq!(notifications(&popup)?, Vec::<String>::new());
    assert!(Path::new(&record.path).exists());

    // What meets it is not asked about.
    world.download_signed("good.bin", b"as it was built")?;
    world.sees("good.bin", Verdict::Verified)?;
    let good = world.extension.record_of("good.bin")?.expect("a record");
    assert_eq!(good.hold, None);

    // And back again.
    popup.click("[data-action=remove-rule]")?;
    popup.wait_for_text("[data-field=rule-origin]", "As for all sites")?;
    assert_eq!(world.extension.settings()?.rules, []);
    Ok(())
}

#[test]
fn a_file_that_is_removed_is_the_one_that_was_checked_and_no_other() -> Result<()> {
    let world = World::new()?;
    set(&world, rule(Mode::Require))?;
    world.download("bad.bin", b"not good enough")?;
    let record = wait_for(&world, "bad.bin", held(Hold::Asking))?;
    let popup = world.popup()?;
    popup.click("[data-action=hold-remove]")?;
    let removed = wait_for(&world, "bad.bin", held(Hold::Removed))?;
    assert!(removed.deleted && !Path::new(&record.path).exists());
    popup.wait_for_text("[data-hold=removed]", "Deleted")?;

    world.download("swapped.bin", b"what was downloaded")?;
    let record = wait_for(&world, "swapped.bin", held(Hold::Asking))?;
    std::fs::write(&record.path, b"the user's own work").expect("a file");
    popup.click("[data-action=hold-remove]")?;
    let kept = wait_for(&world, "swapped.bin", held(Hold::Replaced))?;
    assert!(!kept.deleted);
    assert_eq!(
        std::fs::read(&record.path).ok().as_deref(),
        Some(&b"the user's own work"[..])
    );
    popup.wait_for_text("[data-hold=replaced]", "another file had taken its place")?;
    Ok(())
}

#[test]
fn removal_without_a_question_is_a_choice_of_its_own_and_an_outage_removes_nothing() -> Result<()> {
    let mut world = World::new()?;
    let removing = SiteRule {
        demand: Demand {
            mode: Mode::Require,
            accept_authentic: false,
            remove: true,
        },
        ..rule(Mode::Require)
    };
    set(&world, removing)?;
    world.download("bad.bin", b"not good enough")?;
    let removed = wait_for(&world, "bad.bin", held(Hold::Removed))?;
    assert!(removed.deleted && !Path::new(&removed.path).exists());

    world.notary.stop();
    world.download("later.bin", b"nobody answers")?;
    let record = wait_for(&world, "later.bin", held(Hold::Asking))?;
    assert_eq!(record.verdict(), Some(Verdict::Unchecked));
    assert!(Path::new(&record.path).exists());
    Ok(())
}

#[test]
fn what_is_turned_off_is_not_checked_until_the_user_asks_for_it() -> Result<()> {
    let world = World::new()?;
    set(&world, rule(Mode::Off))?;
    world.download_signed("quiet.bin", b"as it was built")?;
    let seen = world.sees("quiet.bin", Verdict::Unchecked)?;
    assert!(
        seen.text.contains("you turned checks off for"),
        "{}",
        seen.text
    );
    let record = world.extension.record_of("quiet.bin")?.expect("a record");
    let off = Reason::TurnedOff {
        site: Some(SITE.into()),
    };
    assert!(record.judgement.expect("one").is_because_of(&off));
    assert_eq!(record.digest, None);
    world
        .extension
        .ask(&Request::CheckAgain { id: record.id })?;
    world.sees("quiet.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_rule_that_names_signers_lets_no_other_vouch() -> Result<()> {
    let world = World::new()?;
    let publisher = signer_named(&world.notary, crate::world::PUBLISHER);
    let other = signer_named(&world.notary, "somebody@example.org");
    let named = |signers| SiteRule {
        signers,
        ..rule(Mode::Warn)
    };
    set(&world, named(vec![other]))?;
    world.download_signed("tool.bin", b"as it was built")?;
    let seen = world.sees("tool.bin", Verdict::Signed)?;
    assert!(seen.text.contains("names others"), "{}", seen.text);
    set(&world, named(vec![publisher]))?;
    world.sees("tool.bin", Verdict::Verified)?;
    Ok(())
}
