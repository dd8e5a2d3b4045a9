//! What is done with many downloads: checking again, forgetting, and not keeping them for ever.

use super::{enter, filled, finds, grouped, names, open, stored};
use crate::world::World;
use assay_core::message::Request;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use assay_tests::{Result, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn many_are_checked_again_even_if_the_worker_ends_in_between() -> Result<()> {
    let world = World::new()?;
    for number in 0..30 {
        let bytes = format!("number {number}");
        world.download(&format!("file-{number}.bin"), bytes.as_bytes())?;
    }
    for number in 0..30 {
        world
            .extension
            .wait_for_verdict(&format!("file-{number}.bin"), Verdict::Unknown)?;
    }
    let before = stored(&world)?;
    let latest = before
        .iter()
        .filter_map(|record| record.judged_at)
        .fold(0.0, f64::max);
    // Signed in the meantime.
    for number in [3, 17] {
        world.sign(format!("number {number}").as_bytes())?;
    }
    let page = open(&world, "history.html")?;
    finds(&page, 30, 30)?;
    page.click("[data-action=pick-all]")?;
    page.wait_for_text("[data-field=picked]", "Selected: 30")?;
    page.click("[data-action=check-all]")?;
    page.wait_for("[data-field=work]")?;
    world.extension.stop_service_worker()?;
    wait_until("all to be checked again", || {
        let records = stored(&world)?;
        let open: Vec<_> = records
            .iter()
            .filter(|one| one.stage != Stage::Done || one.judged_at <= Some(latest))
            .map(|one| (&one.file_name, one.stage))
            .collect();
        match open.is_empty() {
            true => Ok(()),
            false => Err(format!("{open:?} {}", page.text(".bulk")?)),
        }
    })?;
    page.click("[data-action=filter-verdict][data-verdict=verified]")?;
    finds(&page, 2, 30)?;
    let found: BTreeSet<String> = names(&page)?.into_iter().collect();
    assert_eq!(
        found,
        BTreeSet::from(["file-17.bin".to_owned(), "file-3.bin".to_owned()])
    );
    page.wait_for_no("[data-field=work]")
}

#[test]
fn what_is_forgotten_comes_back_as_it_was_and_not_by_itself() -> Result<()> {
    let (world, records) = filled(400)?;
    let page = open(&world, "history.html#q=real.bin")?;
    // One, from its details.
    page.click("#lines [data-action=toggle]")?;
    page.click("[data-action=forget]")?;
    page.wait_for_text("[data-field=undo]", "Removed from the list: 1")?;
    finds(&page, 0, 400)?;
    assert!(world.extension.record_of("real.bin")?.is_none());
    let focus: String = page.evaluate("document.activeElement.dataset.action")?;
    assert_eq!(focus, "undo");
    page.press("Enter")?;
    finds(&page, 1, 401)?;
    assert_eq!(
        world.extension.record_of("real.bin")?.as_ref(),
        Some(&records[0])
    );

    // All: not before the user says so once more.
    enter(&page, "#search", "")?;
    finds(&page, 401, 401)?;
    page.click("[data-action=pick-all]")?;
    page.click("[data-action=forget-all]")?;
    page.wait_for_text(".bulk", "Remove 401 from the list?")?;
    page.click("[data-action=forget-all-cancel]")?;
    assert_eq!(stored(&world)?.len(), 401);
    page.click("[data-action=forget-all]")?;
    page.click("[data-action=forget-all-confirm]")?;
    page.wait_for_text("main", "No downloads yet")?;
    page.wait_for_text("[data-field=undo]", "Removed from the list: 401")?;
    assert_eq!(stored(&world)?.len(), 0);
    // The browser's own list has the real one still. It is not taken in again.
    world.extension.stop_service_worker()?;
    world.extension.ask(&Request::AlarmsSeen)?;
    assert_eq!(stored(&world)?.len(), 0);
    page.click("[data-action=undo]")?;
    finds(&page, 401, 401)?;
    assert_eq!(stored(&world)?, records);

    // Some: by their boxes, and only what is in sight.
    page.click("#lines li:nth-child(2) [data-action=pick]")?;
    page.click("#lines li:nth-child(3) [data-action=pick]")?;
    page.wait_for_text("[data-field=picked]", "Selected: 2")?;
    enter(&page, "#search", &records[1].file_name)?;
    page.wait_for_text("[data-field=picked]", "Selected: 1")?;
    page.click("[data-action=forget-all]")?;
    page.click("[data-action=forget-all-confirm]")?;
    finds(&page, 0, 400)?;
    let left = stored(&world)?;
    assert_eq!(left.len(), 400);
    assert!(left.iter().all(|record| record.id != records[1].id));
    // Under other settings the old judgement may be wrong, so it does not come back.
    page.wait_for("[data-action=undo]")?;
    world
        .extension
        .change_settings(|settings| settings.github = false)?;
    page.wait_for_no("[data-action=undo]")
}

#[test]
fn old_downloads_are_forgotten_but_no_unseen_alarm_and_nothing_unfinished() -> Result<()> {
    let (world, mut records) = filled(2000)?;
    let now = records[0].completed_at;
    const DAY: f64 = 24.0 * 3_600_000.0;
    let is_old = |record: &DownloadRecord| record.completed_at < now - 30.0 * DAY;
    let first_old = records.iter().position(is_old).expect("an old one");
    // Many that are kept stand before others that are not.
    let kept = first_old..first_old + 150;
    for record in &mut records[kept.clone()] {
        record.unseen_alarm = Some(now);
    }
    records[1999].unseen_alarm = Some(now);
    world.extension.put_records(&records[kept])?;
    world.extension.put_records(&records[1999..2000])?;
    world.extension.inside::<Value>(
        "() => chrome.storage.local.set({ 'project/example.org': { signers: [], since: 1, endings: [] } })",
        json!([]),
    )?;
    let page = open(&world, "history.html")?;
    finds(&page, 2001, 2001)?;
    let old = records.iter().filter(|one| is_old(one)).count();
    enter(&page, "#keep", "30")?;
    page.wait_for_text(
        "#retention",
        &format!("{} downloads are older", grouped(old)),
    )?;
    assert_eq!(
        stored(&world)?.len(),
        2001,
        "nothing happens before it is confirmed"
    );
    page.click("[data-action=keep-cancel]")?;
    let value: String = page.evaluate("document.querySelector('#keep').value")?;
    assert_eq!(value, "");
    enter(&page, "#keep", "30")?;
    // The background does not know of this one yet, and so leaves it as it is.
    records[1998].stage = Stage::Asking;
    world.extension.put_records(&records[1998..1999])?;
    page.click("[data-action=keep-confirm]")?;
    finds(&page, 2001 - old + 152, 2001 - old + 152)?;
    assert_eq!(world.extension.settings()?.retention_days, Some(30));
    let left = stored(&world)?;
    let expected: Vec<DownloadRecord> = records
        .iter()
        .filter(|one| !is_old(one) || one.unseen_alarm.is_some() || one.stage != Stage::Done)
        .cloned()
        .collect();
    assert_eq!(left, expected);
    let id = records[1998].id.clone();
    world.extension.ask(&Request::Forget { id })?;
    let project: Value = world.extension.inside(
        "async () => (await chrome.storage.local.get('project/example.org'))['project/example.org'].since",
        json!([]),
    )?;
    assert_eq!(project, json!(1), "what is remembered of projects stays");

    // From then on it happens by itself.
    world.extension.ask(&Request::AlarmsSeen)?;
    let alarm = |name: &str| -> Result<f64> {
        world.extension.inside(
            "async (name) => (await chrome.alarms.get(name))?.scheduledTime ?? 0",
            json!([name]),
        )
    };
    assert!(alarm("retention")? > now + 0.9 * DAY);
    world.extension.inside::<Value>(
        "() => chrome.alarms.create('retention', { when: Date.now() })",
        json!([]),
    )?;
    finds(&page, 2001 - old, 2001 - old)?;
    // Or no more.
    enter(&page, "#keep", "")?;
    wait_until("the alarm to be taken back", || match alarm("retention")? {
        0.0 => Ok(()),
        at => Err(at.to_string()),
    })?;
    assert_eq!(world.extension.settings()?.retention_days, None);
    Ok(())
}
