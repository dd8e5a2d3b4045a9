//! Rules for sites: what is done about downloads from there, as the user decided.

use crate::world::{PUBLISHER, World, read_entry};
use assay_core::message::{NOTICE_CHANNEL, Notice, Request, Response};
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Hold, Stage};
use assay_core::settings::{Notifications, Settings};
use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, signer_named, wait_until};
use serde_json::{Value, json};
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
    let answer = world
        .extension
        .change_settings(|settings| settings.set_rule(rule))?;
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
fn a_file_is_deleted_only_as_the_download_that_it_is() -> Result<()> {
    let world = World::new()?;
    set(&world, rule(Mode::Require))?;
    world.download("held.bin", b"not good enough")?;
    let held_up = wait_for(&world, "held.bin", held(Hold::Asking))?;
    world.download_signed("important.bin", b"the user's own work")?;
    world.sees("important.bin", Verdict::Verified)?;
    let important = world
        .extension
        .record_of("important.bin")?
        .expect("a record");
    let delete = |record: &DownloadRecord| {
        let id = record.id.clone();
        world.extension.ask(&Request::DeleteFile { id })
    };
    let is_refused = |answer: Response, because: &str| match answer {
        Response::Refused { message } => assert_eq!(message.key, because),
        other => panic!("{other:?}"),
    };
    // The browser gives the number of a download that was taken out of its list to another.
    let taken = DownloadRecord {
        browser_id: important.browser_id,
        ..held_up.clone()
    };
    world.extension.put_records(std::slice::from_ref(&taken))?;
    is_refused(delete(&taken)?, "refused_forgotten");
    assert!(Path::new(&important.path).exists() && Path::new(&held_up.path).exists());
    world
        .extension
        .put_records(std::slice::from_ref(&held_up))?;
    let popup = world.popup()?;
    popup.evaluate::<Value>("chrome.downloads.erase({}).then(() => null)")?;
    popup.click("[data-action=hold-remove]")?;
    read_entry(&popup, &held_up)?;
    popup.wait_for_text("[data-field=note]", "no longer has this download")?;
    assert!(Path::new(&held_up.path).exists());

    // What was never read cannot be compared.
    set(&world, rule(Mode::Off))?;
    world.download("unread.bin", b"as it was downloaded")?;
    let unread = wait_for(&world, "unread.bin", |record| record.stage == Stage::Done)?;
    std::fs::write(&unread.path, b"the user's own work").expect("a file");
    is_refused(delete(&unread)?, "refused_not_read");
    assert!(Path::new(&unread.path).exists());
    Ok(())
}

#[test]
fn what_waits_for_the_user_is_shown_however_old_and_let_go_when_the_rule_is() -> Result<()> {
    let world = World::new()?;
    set(&world, rule(Mode::Require))?;
    world.download("held.bin", b"not good enough")?;
    let record = wait_for(&world, "held.bin", held(Hold::Asking))?;
    let history = world.extension.open("history.html")?;
    history.wait_for_text("[data-held=true]", "keep it or delete it")?;
    let newer: Vec<DownloadRecord> = (1..=60)
        .map(|number| DownloadRecord {
            id: format!("newer/{number}"),
            file_name: format!("newer-{number}.bin"),
            completed_at: record.completed_at + f64::from(number),
            hold: None,
            unseen_alarm: None,
            ..record.clone()
        })
        .collect();
    world.extension.put_records(&newer)?;
    let popup = world.popup()?;
    popup.wait_for_text("li:nth-child(1) [data-field=name]", "held.bin")?;
    popup.wait_for_text("li:nth-child(2) [data-field=name]", "newer-60.bin")?;

    set(&world, rule(Mode::Warn))?;
    wait_for(&world, "held.bin", |record| record.hold.is_none())?;
    popup.wait_for_no("[data-hold=asking]")
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
fn what_the_user_is_about_to_press_stays_while_other_things_change() -> Result<()> {
    let world = World::without_notary()?;
    let notary = (world.notary.url(), world.notary.fingerprint());
    world.extension.add_notary(&notary.0, Some(notary.1))?;
    set(&world, rule(Mode::Require))?;
    world.download_signed("asked.bin", b"signed by a stranger")?;
    let record = wait_for(&world, "asked.bin", held(Hold::Asking))?;
    let popup = world.popup()?;
    read_entry(&popup, &record)?;
    let offered = "['hold-remove', 'hold-keep', 'trust-everywhere', 'copy-digest', 'check-again', \
         'forget', 'delete'].map((action) => document.querySelector(`[data-action=${action}]`))";
    popup.evaluate::<Value>(&format!("void (globalThis.offered = {offered})"))?;
    assert!(popup.evaluate::<bool>("globalThis.offered.every((one) => one !== null)")?);

    // The record is written again, with differences that no button is about.
    let other = DownloadRecord {
        size: 5_000_000,
        unseen_alarm: record.judged_at,
        cut_off: record.cut_off + 1,
        ..record
    };
    world.extension.put_records(std::slice::from_ref(&other))?;
    let notice = Notice::RecordChanged { id: other.id };
    popup.call::<Value>(
        "(channel, notice) => new BroadcastChannel(channel).postMessage(notice) ?? null",
        json!([NOTICE_CHANNEL, notice]),
    )?;
    popup.wait_for_text("li[data-record] [data-field=size]", "5 MB")?;
    assert!(popup.evaluate::<bool>("globalThis.offered.every((one) => one.isConnected)")?);
    Ok(())
}

#[test]
fn a_rule_made_later_removes_nothing_when_a_file_is_checked_again() -> Result<()> {
    let world = World::new()?;
    world.download("old.bin", b"unknown to everybody")?;
    let old = world
        .extension
        .wait_for_verdict("old.bin", Verdict::Unknown)?;
    let mut removing = rule(Mode::Require);
    removing.demand.remove = true;
    set(&world, removing)?;
    world
        .extension
        .ask(&Request::CheckAgain { id: old.id.clone() })?;
    let again = wait_for(&world, "old.bin", |record| {
        record.stage == Stage::Done && record.judged_at > old.judged_at
    })?;
    assert_eq!(
        (again.hold, again.removing, again.deleted),
        (None, false, false)
    );
    assert!(Path::new(&old.path).exists());
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

#[test]
fn rules_are_added_edited_searched_sorted_deleted_and_brought_back() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("settings.html")?;
    let rules = || world.extension.settings().map(|settings| settings.rules);
    let wait = |what: &str, wanted: &dyn Fn(&[SiteRule]) -> bool| {
        wait_until(what, || match rules()? {
            rules if wanted(&rules) => Ok(()),
            rules => Err(format!("{rules:?}")),
        })
    };
    let add = |typed: &str| -> Result<()> {
        page.click("#rule-host")?;
        page.type_text(typed)?;
        page.click("[data-action=add-rule]")
    };
    add("not a host")?;
    page.wait_for_text("#rule-host-problem", "not the name of a site")?;
    page.evaluate::<Value>("document.querySelector('#rule-host').value = '', null")?;
    add("https://Example.ORG/downloads?x")?;
    wait("the rule", &|rules| {
        matches!(rules, [one] if one.host == "example.org" && one.below
            && one.demand.mode == Mode::Require)
    })?;
    // Everybody can have a host below this one.
    page.wait_for_text("[data-field=undo]", "example.org")?;
    add("co.uk")?;
    wait("the rule for a public suffix", &|rules| {
        rules.iter().any(|one| one.host == "co.uk" && !one.below)
    })?;
    page.wait_for_text("[data-rule='co.uk']", "Not for the hosts below it")?;

    // Edited: the second one is open.
    page.click("[data-editor='co.uk'] [data-field=accept-authentic]")?;
    wait("the change", &|rules| {
        rules
            .iter()
            .any(|one| one.host == "co.uk" && one.demand.accept_authentic)
    })?;
    page.click("[data-editor='co.uk'] [data-field=pin]")?;
    wait("the signer", &|rules| {
        rules
            .iter()
            .any(|one| one.host == "co.uk" && one.signers.len() == 1)
    })?;
    page.wait_for_text("[data-rule='co.uk']", crate::world::PUBLISHER)?;
    page.click("[data-editor='co.uk'] [data-mode=badge]")?;
    wait("the mode", &|rules| {
        rules
            .iter()
            .any(|one| one.host == "co.uk" && one.demand.mode == Mode::Badge)
    })?;
    page.click("[data-rule='co.uk'] [data-action=edit-rule]")?;

    // Deleted, and brought back.
    let before = rules()?;
    page.click("[data-rule='co.uk'] [data-action=delete-rule]")?;
    wait("the rule to go", &|rules| rules.len() == 1)?;
    page.wait_for_text("[data-field=undo]", "Rule for")?;
    page.click("[data-action=undo-rule]")?;
    wait("the rule to come back", &|rules| rules == before)?;

    // Sorted and searched.
    for host in [
        "a.example",
        "b.example",
        "c.example",
        "d.example",
        "e.example",
    ] {
        add(host)?;
        wait("the next rule", &|rules| {
            rules.iter().any(|one| one.host == host)
        })?;
    }
    let shown = || -> Result<Vec<String>> {
        page.evaluate(
            "[...document.querySelectorAll('[data-rule]')].map((row) => row.dataset.rule)",
        )
    };
    let wait_shown = |wanted: &[&str]| {
        wait_until("the rows", || match shown()? {
            rows if rows == wanted => Ok(()),
            rows => Err(format!("{rows:?}")),
        })
    };
    let all = [
        "a.example",
        "b.example",
        "c.example",
        "co.uk",
        "d.example",
        "e.example",
        "example.org",
    ];
    wait_shown(&all)?;
    page.click("[data-action=sort-site]")?;
    let mut reversed = all;
    reversed.reverse();
    wait_shown(&reversed)?;
    page.click("[data-action=sort-mode]")?;
    wait_until("the least strict first", || match shown()?.first() {
        Some(first) if first == "co.uk" => Ok(()),
        other => Err(format!("{other:?}")),
    })?;
    page.click("#rules-search")?;
    page.type_text("EXAMPLE.ORG")?;
    wait_shown(&["example.org"])?;
    Ok(())
}

#[test]
fn what_holds_for_all_sites_and_notifications_are_chosen_in_the_settings() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("settings.html")?;
    page.click("[data-field=everywhere] [data-mode=require]")?;
    page.wait_for_text(
        "[data-field=everywhere]",
        "Delete other files without asking",
    )?;
    page.click("[data-field=everywhere] [data-field=remove]")?;
    page.click("[data-notices=all]")?;
    wait_until("the settings", || {
        let settings = world.extension.settings()?;
        let demand = settings.everywhere;
        match demand.mode == Mode::Require && demand.remove {
            true if settings.notifications == Notifications::All => Ok(()),
            _ => Err(format!("{settings:?}")),
        }
    })
}

#[test]
fn settings_are_exported_previewed_imported_and_taken_back() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("settings.html")?;
    set(&world, rule(Mode::Require))?;
    page.wait_for_text(&format!("[data-rule='{SITE}']"), "Require")?;
    page.click("[data-action=export-settings]")?;
    let file = world.browser.download_folder().join("assay-settings.json");
    let text = wait_until("the file", || {
        std::fs::read_to_string(&file)
            .ok()
            .filter(|text| text.trim_end().ends_with('}'))
            .ok_or_else(|| "no file".to_owned())
    })?;
    let mut exported: Value = serde_json::from_str(&text)?;
    assert_eq!(exported["schema"], "assay.settings.v1");
    let before = world.extension.settings()?;

    // Changed in an editor, and brought back.
    exported["settings"]["rules"] = json!([]);
    exported["settings"]["trusted"] = json!([]);
    exported["settings"]["retention_days"] = json!(7);
    let changed = world.file("changed.json", exported.to_string().as_bytes())?;
    page.choose_files("#import-settings", &[&changed])?;
    page.wait_for_text(
        "[data-field=preview]",
        "Rules for sites: 0 added, 1 removed",
    )?;
    page.wait_for_text(
        "[data-field=preview]",
        "Trusted signers: 0 added, 1 removed",
    )?;
    // By name, and what cannot be undone.
    page.wait_for_text("[data-field=preview]", PUBLISHER)?;
    page.wait_for_text("[data-field=preview]", "remembered for 7 days")?;
    assert_eq!(world.extension.settings()?, before, "nothing changed yet");
    page.click("[data-action=apply-settings]")?;
    wait_until("the import", || match world.extension.settings()? {
        settings if settings.rules.is_empty() && settings.trusted.is_empty() => Ok(()),
        settings => Err(format!("{settings:?}")),
    })?;
    page.click("[data-action=undo-settings]")?;
    wait_until("the way back", || match world.extension.settings()? {
        settings if settings == before => Ok(()),
        settings => Err(format!("{settings:?}")),
    })?;

    // What cannot be used is refused with what is wrong.
    exported["settings"]["rekors"] = json!(["javascript:alert(1)"]);
    for (content, wanted) in [
        (exported.to_string(), "javascript:alert(1)"),
        ("{}".to_owned(), "schema"),
        (text.replace("settings.v1", "settings.v9"), "settings.v9"),
    ] {
        let wrong = world.file("wrong.json", content.as_bytes())?;
        page.choose_files("#import-settings", &[&wrong])?;
        page.wait_for_text("[data-field=transfer-problem]", wanted)?;
    }
    Ok(())
}
