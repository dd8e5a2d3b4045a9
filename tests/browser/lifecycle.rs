//! Workers and browsers that end in the middle: nothing is lost.

use crate::world::World;
use assay_core::message::Request;
use assay_core::record::Stage;
use assay_core::verdict::Verdict;
use assay_tests::{Content, Result, many_records, wait_until, write_generated};
use serde_json::{Value, json};

/// Takes a second or more to hash.
const LARGE: u64 = 768 * 1024 * 1024;

fn download_large_signed(world: &World, name: &str) -> Result<()> {
    let path = world.file(name, b"")?;
    write_generated(&path, LARGE)?;
    world.publisher.sign(&path, &world.notary)?;
    let url = world.site.put(name, Content::Generated { size: LARGE });
    world.browser.download(&url)?;
    wait_until("hashing to begin", || {
        match world.extension.record_of(name)? {
            Some(record) if record.stage == Stage::Hashing => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
}

#[test]
fn a_worker_that_is_stopped_while_hashing_goes_on() -> Result<()> {
    let world = World::new()?;
    download_large_signed(&world, "large.bin")?;
    world.extension.stop_service_worker()?;
    let record = world
        .extension
        .wait_for_verdict("large.bin", Verdict::Verified)?;
    assert_eq!(record.size, LARGE);
    world.sees("large.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn a_browser_that_is_killed_while_hashing_goes_on_at_the_next_start() -> Result<()> {
    let mut world = World::new()?;
    download_large_signed(&world, "large.bin")?;
    world.browser.kill();
    world.browser.start()?;
    world.extension = world.browser.extension()?;
    world.sees("large.bin", Verdict::Verified)?;
    Ok(())
}

/// Stores settings in which nobody is trusted, as the background does before it judges anything again.
fn store_distrust(world: &World) -> Result<()> {
    let mut settings = world.extension.settings()?;
    settings.trusted.clear();
    let store = "(settings) => chrome.storage.local.set({ settings })";
    world
        .extension
        .inside::<Value>(store, json!([settings]))
        .map(drop)
}

/// Waits until no file is verified any more.
fn wait_for_nothing_verified(world: &World) -> Result<()> {
    wait_until("every file to be judged again", || {
        let mut records = world.extension.records()?;
        records.retain(|record| record.verdict() == Some(Verdict::Verified));
        match records.len() {
            0 => Ok(()),
            left => Err(format!("{left} are verified")),
        }
    })
}

#[test]
fn a_worker_that_is_stopped_before_it_judges_again_does_so_when_it_is_woken() -> Result<()> {
    let world = World::new()?;
    world.download_signed("tool.bin", b"by somebody who is not trusted any more")?;
    world.sees("tool.bin", Verdict::Verified)?;
    store_distrust(&world)?;
    world.extension.stop_service_worker()?;
    // Any event wakes it.
    world.extension.ask(&Request::AlarmsSeen)?;
    world.sees("tool.bin", Verdict::Signed)?;
    Ok(())
}

#[test]
fn a_worker_that_is_stopped_while_it_judges_again_goes_on_to_the_last() -> Result<()> {
    let world = World::new()?;
    world.download_signed("real.bin", b"a real one")?;
    let real = world
        .extension
        .wait_for_verdict("real.bin", Verdict::Verified)?;
    world.extension.put_records(&many_records(&real, 600))?;
    let mut settings = Box::new(world.extension.settings()?);
    let base = settings.clone();
    settings.trusted.clear();
    // Nobody waits for the answer of a worker that is stopped.
    world.extension.inside::<Value>(
        "(request) => { chrome.runtime.sendMessage(request).catch(() => {}); return null; }",
        json!([Request::ReplaceSettings { settings, base }]),
    )?;
    wait_until("some to be judged again", || {
        let is_judged = |name: &str| -> Result<bool> {
            let record = world.extension.record_of(name)?;
            Ok(record.is_some_and(|record| record.verdict() == Some(Verdict::Signed)))
        };
        match is_judged("real.bin")? {
            true => Ok(()),
            false => Err("none is".to_owned()),
        }
    })?;
    world.extension.stop_service_worker()?;
    // Nothing but its own alarm wakes it.
    wait_for_nothing_verified(&world)
}

#[test]
fn what_completes_while_the_worker_sleeps_is_checked() -> Result<()> {
    let world = World::new()?;
    world.sign(b"first half, second half")?;
    let url = world.site.put(
        "slow.bin",
        Content::Held {
            first: b"first half, ".to_vec(),
            rest: b"second half".to_vec(),
        },
    );
    world.browser.download(&url)?;
    wait_until("the request", || match world.site.requests("slow.bin") {
        0 => Err("none".to_owned()),
        _ => Ok(()),
    })?;
    assert!(world.extension.record_of("slow.bin")?.is_none());
    world.extension.stop_service_worker()?;
    world.site.release("slow.bin");
    world.sees("slow.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn what_completes_while_nobody_looks_is_found_later() -> Result<()> {
    let world = World::new()?;
    let manager = world.browser.open("chrome://extensions/")?;
    let enable = |enabled: bool| {
        manager.call::<Value>(
            "(id, enabled) => chrome.management.setEnabled(id, enabled)",
            json!([world.extension.id(), enabled]),
        )
    };
    enable(false)?;
    world.download_signed("meanwhile.bin", b"meanwhile")?;
    let path = world.browser.download_folder().join("meanwhile.bin");
    wait_until("the file on the disk", || match path.exists() {
        true => Ok(()),
        false => Err(format!("{path:?} is not there")),
    })?;
    enable(true)?;
    world.sees("meanwhile.bin", Verdict::Verified)?;
    Ok(())
}

#[test]
fn what_another_page_starts_by_itself_is_checked_and_a_broken_download_is_left_alone() -> Result<()>
{
    let world = World::new()?;
    world.sign(b"started by a script")?;
    let url = world.site.put(
        "script.bin",
        Content::Bytes(b"started by a script".to_vec()),
    );
    let broken = world.site.put(
        "broken.bin",
        Content::Broken {
            sent: b"only a part".to_vec(),
            promised: 1000,
        },
    );
    let settings = world.extension.open("settings.html")?;
    let start = |url: &str| {
        settings.call::<Value>("(url) => chrome.downloads.download({ url })", json!([url]))
    };
    start(&broken)?;
    // The browser tries a broken download again by itself, and now and then loses another one that
    // begins meanwhile: it takes the answer from the network and never makes a download of it. So
    // the second begins when the first has been given up.
    wait_until("the broken download to be interrupted", || {
        let states: Vec<String> = settings.call(
            "async (url) => (await chrome.downloads.search({ url })).map((item) => item.state)",
            json!([broken]),
        )?;
        match states.as_slice() {
            [state] if state == "interrupted" => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    start(&url)?;
    world.sees("script.bin", Verdict::Verified)?;
    assert_eq!(world.extension.records()?.len(), 1);
    Ok(())
}

#[test]
fn what_the_browser_holds_back_is_left_alone_until_it_is_accepted() -> Result<()> {
    let world = World::new()?;
    let bytes = b"not really an extension";
    // The one kind of file that this browser holds back on every system. Once accepted it takes the
    // file away to install it, so which verdict there is depends on who is first.
    let url = world.site.put("held.crx", Content::Bytes(bytes.to_vec()));
    let settings = world.extension.open("settings.html")?;
    settings.call::<Value>("(url) => chrome.downloads.download({ url })", json!([url]))?;
    wait_until("the browser to hold it back", || {
        let dangers: Vec<String> = settings.call(
            "async (url) => (await chrome.downloads.search({ url })).map((item) => item.danger)",
            json!([url]),
        )?;
        match dangers.as_slice() {
            [danger] if danger == "file" => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    // A record made too early would be there by the time that another download has its verdict.
    world.download("other.bin", b"other")?;
    world.sees("other.bin", Verdict::Unknown)?;
    assert_eq!(world.extension.records()?.len(), 1);
    world.browser.accept_dangerous_download("held.crx")?;
    let record = world.extension.wait_for_judgement("held.crx")?;
    assert_eq!(record.size, bytes.len() as u64);
    Ok(())
}

#[test]
fn thirty_downloads_at_once_are_all_checked() -> Result<()> {
    let world = World::new()?;
    world.sign(b"one of thirty: 7")?;
    for number in 0..30 {
        let bytes = format!("one of thirty: {number}");
        world.download(&format!("file-{number}.bin"), bytes.as_bytes())?;
    }
    for number in 0..30 {
        let wanted = match number {
            7 => Verdict::Verified,
            _ => Verdict::Unknown,
        };
        world
            .extension
            .wait_for_verdict(&format!("file-{number}.bin"), wanted)?;
    }
    let popup = world.popup()?;
    wait_until("all entries", || {
        let shown: usize =
            popup.evaluate("document.querySelectorAll('li[data-stage=done]').length")?;
        match shown {
            30 => Ok(()),
            other => Err(other.to_string()),
        }
    })
}

#[test]
fn private_windows_leave_nothing_on_the_disk() -> Result<()> {
    let world = World::new()?;
    world.extension.set_incognito(true)?;
    world.sign(b"in private")?;
    let url = world
        .site
        .put("private.bin", Content::Bytes(b"in private".to_vec()));
    let settings = world.extension.open("settings.html")?;
    settings.evaluate::<Value>(
        "chrome.windows.create({ incognito: true, url: 'about:blank#private' }).then(() => null)",
    )?;
    let private = world
        .browser
        .page_at(|open| open == "about:blank#private")?;
    // Without a window to ask in, the browser cancels a private window's downloads unless it is
    // told where to put them.
    private.command(
        "Page.setDownloadBehavior",
        json!({ "behavior": "allow", "downloadPath": world.browser.download_folder() }),
    )?;
    private.call::<Value>(
        "(url) => { location.href = url; return null; }",
        json!([url]),
    )?;
    let record = world.extension.wait_for_judgement("private.bin")?;
    assert!(record.incognito);
    world.sees("private.bin", Verdict::Verified)?;
    let stored: usize = settings.evaluate(
        "new Promise((done) => {
            const open = indexedDB.open('assay');
            open.onsuccess = () => {
                const count = open.result.transaction('downloads').objectStore('downloads').count();
                count.onsuccess = () => { open.result.close(); done(count.result); };
            };
        })",
    )?;
    assert_eq!(stored, 0);
    assert_eq!(world.extension.logs()?, [], "nor when its log was met");
    Ok(())
}
