//! Logs that grow, that give no proof of it, and that fork.

use crate::world::{PUBLISHER, World, appears, there, vanishes};
use assay_core::log_memory::{Contradiction, LogMemory};
use assay_core::message::{Request, Response};
use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use assay_tests::{HostileNotary, NotaryProcess, Page, Reply, Result, signer_named, wait_until};
use serde_json::{Value, json};

/// A world whose notary can be anything, and shows the log of a real one to begin with.
///
/// That log has three entries: as the next one is proven, it is remembered with a size that is no
/// power of two.
fn with_many_faces() -> Result<(World, HostileNotary)> {
    let world = World::without_notary()?;
    let shown = HostileNotary::start(world.notary.trusted_root()?)?;
    shown.show(&world.notary.url());
    world
        .extension
        .add_notary(&shown.url(), Some(world.notary.fingerprint()))?;
    world
        .extension
        .trust(signer_named(&world.notary, PUBLISHER))?;
    for number in 0..4 {
        world.sign(format!("logged before {number}").as_bytes())?;
    }
    Ok((world, shown))
}

/// A world whose log has forked: `good.bin` was verified in the history that is remembered, and
/// whatever is downloaded next is proven in the other one.
fn forked() -> Result<(World, HostileNotary, NotaryProcess)> {
    let (mut world, shown) = with_many_faces()?;
    let other = world.notary.split()?;
    world.download_signed("good.bin", b"in the history that is remembered")?;
    world.sees("good.bin", Verdict::Verified)?;
    // Whoever signs compares the log as well: this is somebody who never met it.
    world.publisher.forget_logs();
    for bytes in [b"in the other history".as_slice(), b"and one more"] {
        let file = world.file("in-the-fork", bytes)?;
        world.publisher.sign(&file, &other)?;
    }
    shown.show(&other.url());
    Ok((world, shown, other))
}

fn first_reason(record: &DownloadRecord) -> Message {
    let judgement = record.judgement.as_ref().expect("a judgement");
    judgement.reasons.first().expect("a reason").clone()
}

// Asked without any of the extension's pages being open: what is before the user's eyes is seen.
fn badge_becomes(world: &World, wanted: &str) -> Result<()> {
    wait_until(&format!("the toolbar to show {wanted:?}"), || {
        let badge = "() => chrome.action.getBadgeText({})";
        match world.extension.inside::<String>(badge, json!([]))? {
            text if text == wanted => Ok(()),
            text => Err(text),
        }
    })
}

fn notifications(world: &World) -> Result<Vec<String>> {
    world.extension.inside(
        "() => new Promise((done) => chrome.notifications.getAll((all) => done(Object.keys(all))))",
        json!([]),
    )
}

/// The evidence that the page's button saves.
fn exported(world: &World, page: &Page, selector: &str) -> Result<Contradiction> {
    page.click(selector)?;
    let folder = world.browser.download_folder();
    wait_until("the evidence on the disk", || {
        let found = std::fs::read_dir(&folder)
            .map_err(|error| error.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("log-contradiction-") && name.ends_with(".json")
            })
            .ok_or("no file")?;
        let text = std::fs::read_to_string(found).map_err(|error| error.to_string())?;
        Contradiction::parse(&text).map_err(|error| error.to_string())
    })
}

#[test]
fn a_fork_raises_the_alarm_and_the_log_proves_nothing_until_the_user_decides() -> Result<()> {
    let (world, _shown, other) = forked()?;
    // What is remembered is on the disk, and not in the worker.
    world.extension.stop_service_worker()?;
    world.download("other.bin", b"in the other history")?;
    let record = world
        .extension
        .wait_for_verdict("other.bin", Verdict::Unchecked)?;
    let reason = first_reason(&record);
    assert_eq!(reason.key, "reason_log_contradicted");
    assert!(record.retry.is_none(), "no waiting helps");

    // The toolbar and a notification tell of it, and nothing that it proved counts any more.
    badge_becomes(&world, "!1")?;
    let title = "() => chrome.action.getTitle({})";
    let title: String = world.extension.inside(title, json!([]))?;
    assert!(title.contains("contradicts itself"), "{title}");
    wait_until("the notification", || {
        match notifications(&world)?.as_slice() {
            [only] if only.starts_with("log/") => Ok(()),
            others => Err(format!("{others:?}")),
        }
    })?;
    let earlier = world
        .extension
        .wait_for_verdict("good.bin", Verdict::Unchecked)?;
    assert_eq!(first_reason(&earlier).key, "reason_log_contradicted");

    // The popup says which log, and saves evidence that holds by itself and has both checkpoints.
    let popup = world.popup()?;
    popup.wait_for("[data-banner=log-alarm]")?;
    let banner = popup.text("[data-banner=log-alarm]")?;
    assert!(banner.contains("127.0.0.1"), "{banner}");
    badge_becomes(&world, "")?;
    let seen = crate::world::read_entry(&popup, &record)?;
    assert_eq!(seen.verdict, Verdict::Unchecked.word());
    assert!(seen.text.contains("contradicted itself"), "{}", seen.text);
    let evidence = exported(&world, &popup, "[data-action=export-evidence]")?;
    assert_eq!(evidence.remembered.note, world.notary.checkpoint()?);
    assert_eq!(evidence.shown.note, other.checkpoint()?);
    assert_eq!((evidence.remembered.size, evidence.shown.size), (5, 6));
    let downloads = world.extension.records()?.len();
    assert_eq!(downloads, 2, "the evidence is not checked as a download");

    // The way to the decision leads through the popup, and can be gone without a mouse.
    popup.click("[data-action=decide-log]")?;
    let url = world.extension.url("sources.html#logs");
    let decision = world.browser.page_at(|open| open == url)?;
    decision.wait_for("#logs [data-action=trust-log]")?;
    let said = decision.text("#logs")?;
    assert!(
        said.contains("5 entries") && said.contains("6 entries"),
        "{said}"
    );
    decision.evaluate::<Value>("document.querySelector('[data-action=trust-log]').focus()")?;
    decision.press("Enter")?;
    decision.wait_for("[data-action=trust-log-cancel]:focus")?;
    decision.press_shift_tab()?;
    decision.wait_for("[data-action=trust-log-confirm]:focus")?;
    decision.press("Enter")?;

    // Then it goes on from the history that it showed last.
    for name in ["other.bin", "good.bin"] {
        let record = world.extension.wait_for_verdict(name, Verdict::Verified)?;
        assert_eq!(record.evidence[0].proven().len(), 1);
    }
    decision.wait_for_no("#logs")?;
    popup.wait_for_no("[data-banner=log-alarm]")?;
    decision.wait_for("#logs-decided [data-action=export-evidence]")?;
    assert!(notifications(&world)?.is_empty());
    world.download("more.bin", b"and one more")?;
    world.sees("more.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn removing_the_notary_ends_the_alarm_and_adding_it_again_brings_it_back() -> Result<()> {
    let (world, shown, _other) = forked()?;
    world.download("other.bin", b"in the other history")?;
    world
        .extension
        .wait_for_verdict("other.bin", Verdict::Unchecked)?;
    let settings = world.extension.open("sources.html")?;
    settings.wait_for("#logs")?;
    settings.click("#logs [data-action=remove-notary]")?;
    settings.click("#logs [data-action=remove-confirm]")?;
    settings.wait_for_no("#logs")?;
    badge_becomes(&world, "")?;
    assert!(world.extension.settings()?.notaries.is_empty());
    let popup = world.popup()?;
    popup.wait_for("li[data-record]")?;
    assert!(!popup.has("[data-banner=log-alarm]")?);

    world
        .extension
        .add_notary(&shown.url(), Some(world.notary.fingerprint()))?;
    settings.wait_for("#logs")?;
    shown.show(&world.notary.url());
    world.download("again.bin", b"in the history that is remembered")?;
    let record = world.extension.wait_for_judgement("again.bin")?;
    assert_eq!(first_reason(&record).key, "reason_log_contradicted");
    Ok(())
}

#[test]
fn a_decision_about_a_log_that_is_not_known_is_refused() -> Result<()> {
    let world = World::without_notary()?;
    let log = "00".repeat(16);
    let answer = world.extension.ask(&Request::TrustLogAgain { log })?;
    assert!(matches!(answer, Response::Refused { .. }), "{answer:?}");
    Ok(())
}

#[test]
fn an_alarm_that_was_cut_off_before_it_was_told_is_told() -> Result<()> {
    let (world, _shown, _other) = forked()?;
    world.download("other.bin", b"in the other history")?;
    wait_until("everything to be told", || {
        let logs = world.extension.logs()?;
        let told = |log: &LogMemory| log.alarm.as_ref().is_some_and(|alarm| alarm.told);
        match logs.iter().all(told) {
            true => Ok(()),
            false => Err(format!("{logs:?}")),
        }
    })?;
    // As it would be had the worker died right after it wrote the alarm down.
    world.extension.stop_service_worker()?;
    world.extension.inside::<Value>(UNTELL, json!([]))?;
    // Anything wakes the worker.
    world
        .extension
        .ask(&Request::Forget { id: String::new() })?;
    wait_until("the notification", || match notifications(&world)?.len() {
        1 => Ok(()),
        number => Err(number.to_string()),
    })
}

/// Takes the notifications away, and back that the alarm was told.
const UNTELL: &str = "async () => {
    const shown = await new Promise((done) => chrome.notifications.getAll(done));
    for (const id of Object.keys(shown)) {
        await new Promise((done) => chrome.notifications.clear(id, done));
    }
    await new Promise((done) => {
        const open = indexedDB.open('assay');
        open.onsuccess = () => {
            const transaction = open.result.transaction('logs', 'readwrite');
            const logs = transaction.objectStore('logs');
            logs.getAll().onsuccess = ({ target }) => {
                for (const log of target.result) {
                    log.alarm.told = false;
                    logs.put(log);
                }
            };
            transaction.oncomplete = () => { open.result.close(); done(null); };
        };
    });
    return null;
}";

#[test]
fn a_log_that_does_not_prove_that_it_grew_is_an_outage_and_no_alarm() -> Result<()> {
    let (world, shown) = with_many_faces()?;
    world.download_signed("first.bin", b"first")?;
    world.sees("first.bin", Verdict::Verified)?;
    let remembered = world.extension.logs()?;
    assert_eq!(remembered.len(), 1);
    world.sign(b"second")?;
    let settings = world.extension.open("sources.html")?;
    let hash = "5a".repeat(32);
    for (name, reply) in [
        ("missing.bin", Reply::Bytes(404, b"{}".to_vec())),
        ("broken.bin", Reply::Bytes(500, b"{}".to_vec())),
        ("garbage.bin", Reply::Bytes(200, b"\x00<html>".to_vec())),
        ("empty.bin", Reply::Json(json!({ "hashes": [] }))),
        (
            "made-up.bin",
            Reply::Json(json!({ "hashes": [hash, hash, hash, hash] })),
        ),
    ] {
        shown.reply_to("/api/v1/log/proof", reply);
        world.download(name, b"second")?;
        let seen = world.sees(name, Verdict::Unchecked)?;
        assert!(!seen.text.contains(PUBLISHER), "{name}: {}", seen.text);
        assert!(seen.text.contains("only grown"), "{name}: {}", seen.text);
        let record = world.extension.wait_for_judgement(name)?;
        let reason = first_reason(&record);
        let figure = reason.args.get(2).map(String::as_str);
        match name {
            "missing.bin" => assert_eq!((&*reason.key, figure), ("reason_log_status", Some("404"))),
            "broken.bin" => assert_eq!((&*reason.key, figure), ("reason_log_status", Some("500"))),
            _ => assert_eq!(reason.key, "reason_log_malformed"),
        }
        assert!(record.retry.is_some(), "{name} is tried again by itself");
    }
    assert_eq!(world.extension.logs()?, remembered, "nothing is remembered");
    badge_becomes(&world, "")?;
    assert!(notifications(&world)?.is_empty());
    assert!(!settings.has("#logs")?);
    // What is proven in the state that is remembered still counts.
    world.download("first-again.bin", b"first")?;

    shown.show(&world.notary.url());
    // The alarm comes after half a minute at the soonest; nobody presses anything.
    for name in ["missing.bin", "made-up.bin"] {
        world.sees(name, Verdict::Verified)?;
    }
    Ok(())
}

#[test]
fn downloads_at_the_same_time_share_one_proof() -> Result<()> {
    let (world, shown) = with_many_faces()?;
    world.download_signed("first.bin", b"first")?;
    world.sees("first.bin", Verdict::Verified)?;
    let files: Vec<String> = (0..4).map(|number| format!("file-{number}.bin")).collect();
    for name in &files {
        world.sign(name.as_bytes())?;
    }
    for name in &files {
        world.download(name, name.as_bytes())?;
    }
    for name in &files {
        world.extension.wait_for_verdict(name, Verdict::Verified)?;
    }
    let proofs = |requests: Vec<String>| {
        let mut requests = requests;
        requests.retain(|path| path.starts_with("/api/v1/log"));
        requests
    };
    assert_eq!(proofs(shown.requests()), ["/api/v1/log/proof"]);
    let logs = world.extension.logs()?;
    assert_eq!(logs[0].latest.note, world.notary.checkpoint()?);
    Ok(())
}
