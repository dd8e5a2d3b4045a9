//! What was proven once can be taken back, and downloads are asked about again.

use crate::world::World;
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, wait_until};
use serde_json::{Value, json};

/// Makes all records as old as two weeks.
const AGE: &str = "() => new Promise((done, fail) => {
    const request = indexedDB.open('assay');
    request.onerror = () => fail(request.error);
    request.onsuccess = () => {
        const database = request.result;
        const transaction = database.transaction('downloads', 'readwrite');
        transaction.oncomplete = () => { database.close(); done(null); };
        const records = transaction.objectStore('downloads');
        records.getAll().onsuccess = ({ target }) => {
            for (const record of target.result) {
                record.judged_at -= 14 * 24 * 3600 * 1000;
                records.put(record);
            }
        };
    };
})";

/// Has the browser wake the background for the next round.
fn go_round(world: &World) -> Result<()> {
    let wake = "() => chrome.alarms.create('standing', { when: Date.now() }).then(() => null)";
    world.extension.inside::<Value>(wake, json!([]))?;
    Ok(())
}

fn notification(page: &Page, id: &str) -> Result<bool> {
    page.call(
        "(id) => new Promise((done) => chrome.notifications.getAll((all) => done(id in all)))",
        json!([id]),
    )
}

#[test]
fn a_file_that_its_signer_takes_back_later_is_told_as_withdrawn() -> Result<()> {
    let world = World::new()?;
    world.download_signed("tool.bin", b"has a hole that nobody knows of")?;
    world.download("other.bin", b"nobody signed this")?;
    world.sees("tool.bin", Verdict::Verified)?;
    world.sees("other.bin", Verdict::Unknown)?;
    let file = world.file("tool", b"has a hole that nobody knows of")?;
    world
        .publisher
        .declare("untrust", &file, "CVE-2026-0002", &world.notary)?;

    // What was asked about this week is left alone.
    go_round(&world)?;
    wait_until("the round to go on", || {
        let next: Option<f64> = world.extension.inside(
            "() => chrome.alarms.get('standing').then((alarm) => alarm?.scheduledTime ?? null)",
            json!([]),
        )?;
        let now: f64 = world.extension.inside("() => Date.now()", json!([]))?;
        match next {
            Some(next) if next > now + 60_000.0 => Ok(()),
            next => Err(format!("{next:?}")),
        }
    })?;
    world
        .extension
        .wait_for_verdict("tool.bin", Verdict::Verified)?;
    let other = world.extension.record_of("other.bin")?.expect("a record");

    world.extension.inside::<Value>(AGE, json!([]))?;
    // The first round came to its end; this one begins anew.
    go_round(&world)?;
    let forget = "() => chrome.storage.local.remove('standing/position').then(() => null)";
    world.extension.inside::<Value>(forget, json!([]))?;
    go_round(&world)?;
    let record = world
        .extension
        .wait_for_verdict("tool.bin", Verdict::Untrusted)?;
    let popup = world.popup()?;
    wait_until("the notification", || {
        match notification(&popup, &record.id)? {
            true => Ok(()),
            false => Err("none".to_owned()),
        }
    })?;
    let seen = world.sees("tool.bin", Verdict::Untrusted)?;
    assert!(seen.text.contains("CVE-2026-0002"), "{}", seen.text);
    // Nobody proved the other one: nobody is asked about it again.
    let later = world.extension.record_of("other.bin")?.expect("a record");
    assert_eq!(later.evidence, other.evidence);
    assert!(!later.again);
    Ok(())
}
