//! The history: thousands of downloads, searched, filtered, checked again, forgotten and exported.

use crate::world::World;
use assay_core::message::Request;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, many_records, wait_until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MANY: usize = 10_000;

/// A browser in which one signed file was downloaded and so many records were written besides, and
/// all of them, newest first.
fn filled(count: usize) -> Result<(World, Vec<DownloadRecord>)> {
    let world = World::new()?;
    world.download_signed("real.bin", b"a real one")?;
    let real = world
        .extension
        .wait_for_verdict("real.bin", Verdict::Verified)?;
    let mut records = many_records(&real, count);
    world.extension.put_records(&records)?;
    records.insert(0, real);
    Ok((world, records))
}

/// The history in a tab, with all that there is.
fn open(world: &World, address: &str) -> Result<Page> {
    let page = world.extension.open(address)?;
    page.command("Page.bringToFront", json!({}))?;
    loaded(&page)?;
    Ok(page)
}

fn loaded(page: &Page) -> Result<()> {
    wait_until("the history to be read", || {
        let seen: Option<String> = page.evaluate("document.body.dataset.loaded ?? null")?;
        seen.map(drop).ok_or(page.text("body")?)
    })
}

/// Waits until the page says that it found so many of so many.
fn finds(page: &Page, found: usize, all: usize) -> Result<()> {
    let wanted = match found == all {
        true => format!("Downloads: {}", grouped(all)),
        false => format!("Downloads: {} of {}", grouped(found), grouped(all)),
    };
    wait_until(&format!("“{wanted}”"), || {
        let seen = page.text("[data-field=count]")?;
        match seen == wanted {
            true => Ok(()),
            false => Err(seen),
        }
    })
}

fn grouped(number: usize) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

/// Types or chooses something, over what was there.
fn enter(page: &Page, selector: &str, value: &str) -> Result<()> {
    page.call::<Value>(
        "(selector, value) => {
            const field = document.querySelector(selector);
            field.focus();
            field.value = value;
            field.dispatchEvent(new Event('input', { bubbles: true }));
            field.dispatchEvent(new Event('change', { bubbles: true }));
            return null;
        }",
        json!([selector, value]),
    )
    .map(drop)
}

/// The names in the list, as they stand there.
fn names(page: &Page) -> Result<Vec<String>> {
    page.evaluate(
        "[...document.querySelectorAll('#lines [data-field=name]')].map((name) => name.textContent)",
    )
}

fn names_of<'a>(records: impl IntoIterator<Item = &'a DownloadRecord>) -> Vec<String> {
    let names = records.into_iter().map(|record| record.file_name.clone());
    names.collect()
}

fn stored(world: &World) -> Result<Vec<DownloadRecord>> {
    let mut records = world.extension.records()?;
    records.sort_by(|one, other| other.completed_at.total_cmp(&one.completed_at));
    Ok(records)
}

/// Waits until something is there.
fn appears(page: &Page, selector: &str) -> Result<()> {
    wait_until(selector, || {
        let there: bool = page.call(
            "(selector) => document.querySelector(selector) !== null",
            json!([selector]),
        )?;
        match there {
            true => Ok(()),
            false => Err(page.text("body")?),
        }
    })
}

#[test]
fn ten_thousand_downloads_are_searched_and_filtered() -> Result<()> {
    let (world, records) = filled(MANY)?;
    let all = records.len();
    let page = open(&world, "history.html")?;
    finds(&page, all, all)?;
    assert_eq!(names(&page)?, names_of(&records[..50]));

    // Words are looked for in names, sites and signers, in any case; all have to be there.
    let expect = |holds: &dyn Fn(&DownloadRecord) -> bool| -> Result<Vec<&DownloadRecord>> {
        let expected: Vec<&DownloadRecord> = records.iter().filter(|one| holds(one)).collect();
        finds(&page, expected.len(), all)?;
        assert_eq!(names(&page)?, names_of(expected.iter().copied().take(50)));
        Ok(expected)
    };
    enter(&page, "#search", "AURORA-1")?;
    assert!(expect(&|one| one.file_name.starts_with("aurora-1"))?.len() > 50);
    enter(&page, "#search", "geschäftsführung mail.example")?;
    let site = |one: &DownloadRecord, wanted: &str| one.site.as_deref() == Some(wanted);
    expect(&|one| one.file_name.contains("Geschäftsführung") && site(one, "mail.example.com"))?;
    let is_signed = |one: &DownloadRecord| {
        let judgement = one.judgement.as_ref();
        judgement.is_some_and(|judgement| judgement.signer.is_some())
    };
    enter(&page, "#search", "release@example.org")?;
    expect(&is_signed)?;
    let digest = records[4321].digest.expect("a digest").to_hex();
    enter(&page, "#search", &digest[..12])?;
    expect(&|one| one.digest.is_some_and(|known| known.to_hex() == digest))?;
    enter(&page, "#search", "there is no such file")?;
    finds(&page, 0, all)?;
    page.wait_for_text("[data-field=nothing]", "Nothing matches")?;
    page.click("[data-field=nothing] [data-action=clear-filters]")?;
    finds(&page, all, all)?;

    // Filters hold together with the words and with each other.
    page.click("[data-action=filter-verdict][data-verdict=untrusted]")?;
    expect(&|one| one.verdict() == Some(Verdict::Untrusted))?;
    page.click("[data-action=filter-verdict][data-verdict=signed]")?;
    let warned =
        |one: &DownloadRecord| matches!(one.verdict(), Some(Verdict::Untrusted | Verdict::Signed));
    expect(&warned)?;
    enter(&page, "#site", "dl.example")?;
    expect(&|one| warned(one) && site(one, "dl.example.org"))?;
    let count = "[data-verdict=verified] .chip-count";
    let verified = records
        .iter()
        .filter(|one| one.verdict() == Some(Verdict::Verified) && site(one, "dl.example.org"))
        .count();
    page.wait_for_text(count, &verified.to_string())?;
    page.click("[data-action=clear-filters]")?;
    enter(&page, "#signer", "RELEASE@")?;
    expect(&is_signed)?;
    page.click("[data-action=clear-filters]")?;

    // Days are those of the user's clock.
    enter(&page, "#when", "6")?;
    let week: f64 = page.evaluate("new Date().setHours(0, 0, 0, 0) - 6 * 86400000")?;
    expect(&|one| one.completed_at >= week)?;
    enter(&page, "#when", "between")?;
    finds(&page, all, all)?;
    let days: [String; 2] = page.evaluate(
        "[40, 30].map((days) => new Date(Date.now() - days * 86400000).toLocaleDateString('sv'))",
    )?;
    enter(&page, "#from", &days[0])?;
    enter(&page, "#to", &days[1])?;
    let [from, until]: [f64; 2] = page.call(
        "(from, to) => {
            const day = new Date(`${to}T00:00:00`);
            day.setDate(day.getDate() + 1);
            return [new Date(`${from}T00:00:00`).getTime(), day.getTime()];
        }",
        json!(days),
    )?;
    let between = |one: &DownloadRecord| (from..until).contains(&one.completed_at);
    assert!(expect(&between)?.len() > 200);

    // All of it is still there when the page is loaded again, and in a link.
    enter(&page, "#search", "pdf")?;
    page.click("[data-action=filter-verdict][data-verdict=unknown]")?;
    let chosen = |one: &DownloadRecord| {
        let is_pdf = one.file_name.ends_with("pdf");
        between(one) && is_pdf && one.verdict() == Some(Verdict::Unknown)
    };
    let expected = expect(&chosen)?.len();
    wait_until("the address to tell it", || {
        let hash: String = page.evaluate("location.hash")?;
        let parts = ["q=pdf", "verdict=unknown", "from=", "to="];
        match parts.iter().all(|part| hash.contains(part)) {
            true => Ok(()),
            false => Err(hash),
        }
    })?;
    page.evaluate::<Value>("(location.reload(), null)")?;
    wait_until("the page again", || {
        match page.text("[data-field=count]")? {
            seen if seen.starts_with(&format!("Downloads: {expected} of ")) => Ok(()),
            seen => Err(seen),
        }
    })?;
    loaded(&page)?;
    finds(&page, expected, all)?;
    let shown: Vec<String> = page.evaluate(
        "['#search', '#when', '#from', '#to'].map((field) => document.querySelector(field).value)",
    )?;
    assert_eq!(shown, ["pdf", "between", &days[0], &days[1]]);
    Ok(())
}

#[test]
fn pages_are_turned_and_hold_all_downloads_once() -> Result<()> {
    let (world, records) = filled(130)?;
    let page = open(&world, "history.html")?;
    let mut seen = names(&page)?;
    for place in ["Page 2 of 3", "Page 3 of 3"] {
        page.click("[data-action=page-on]")?;
        page.wait_for_text("[data-field=page]", place)?;
        seen.extend(names(&page)?);
    }
    assert_eq!(seen, names_of(&records));
    let end: String =
        page.evaluate("document.querySelector('[data-action=page-last]').ariaDisabled")?;
    assert_eq!(end, "true");
    let focus: String = page.evaluate("document.activeElement.id")?;
    assert_eq!(focus, "lines", "reading goes on at the top of the new page");
    page.click("[data-action=page-first]")?;
    page.wait_for_text("[data-field=page]", "Page 1 of 3")?;
    // What is looked for begins at its first page.
    page.click("[data-action=page-last]")?;
    enter(&page, "#search", "example")?;
    let found = records.iter().filter(|one| one.site.is_some()).count();
    let pages = found.div_ceil(50);
    page.wait_for_text("[data-field=page]", &format!("Page 1 of {pages}"))?;
    Ok(())
}

#[test]
fn a_line_opens_to_all_that_is_known_and_can_be_checked_again() -> Result<()> {
    let (world, records) = filled(5)?;
    let page = open(&world, "history.html#q=real.bin")?;
    finds(&page, 1, 6)?;
    page.click("#lines [data-action=toggle]")?;
    page.wait_for_text("[data-field=reasons]", "whom you trust")?;
    let digest = records[0].digest.expect("a digest").to_hex();
    let shown: String =
        page.evaluate("document.querySelector('[data-field=digest]').textContent")?;
    assert_eq!(shown, digest);
    appears(&page, "[data-field=log-entry]")?;
    page.click("[data-action=check-again]")?;
    let before = records[0].judged_at;
    wait_until("another judgement", || {
        match world.extension.record_of("real.bin")? {
            Some(record) if record.stage == Stage::Done && record.judged_at > before => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })?;
    // The line was never built anew: it is still open.
    page.wait_for_text("[data-field=reasons]", "whom you trust")?;
    page.click("#lines [data-action=toggle]")?;
    wait_until("the details to go", || {
        match page.evaluate("document.querySelector('.details') === null")? {
            true => Ok(()),
            false => Err("they are there".to_owned()),
        }
    })
}

#[test]
fn what_happens_meanwhile_is_shown() -> Result<()> {
    let world = World::new()?;
    let page = open(&world, "history.html")?;
    page.wait_for_text("main", "No downloads yet")?;
    world.download_signed("first.bin", b"first")?;
    world
        .extension
        .wait_for_verdict("first.bin", Verdict::Verified)?;
    appears(&page, "li[data-verdict=verified]")?;
    finds(&page, 1, 1)?;
    world.download("second.bin", b"second")?;
    world
        .extension
        .wait_for_verdict("second.bin", Verdict::Unknown)?;
    finds(&page, 2, 2)?;
    assert_eq!(names(&page)?, ["second.bin", "first.bin"]);
    let id = world.extension.record_of("first.bin")?.expect("it").id;
    world.extension.ask(&Request::Forget { id })?;
    finds(&page, 1, 1)?;
    // The way here leads through the popup and the settings.
    drop(page);
    let popup = world.popup()?;
    popup.click("[data-action=open-history]")?;
    let history = world.extension.url("history.html");
    world.browser.page_at(|open| open == history)?;
    let settings = world.extension.open("settings.html")?;
    appears(&settings, "a[data-page-link=history][href='history.html']")?;
    Ok(())
}

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
    appears(&page, "[data-field=work]")?;
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
    wait_until("the work to end", || {
        match page.evaluate("document.querySelector('[data-field=work]') === null")? {
            true => Ok(()),
            false => Err(page.text(".bulk")?),
        }
    })
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
    appears(&page, "[data-action=undo]")?;
    world
        .extension
        .change_settings(|settings| settings.github = false)?;
    wait_until("the offer to go", || {
        match page.evaluate("document.querySelector('[data-action=undo]') === null")? {
            true => Ok(()),
            false => Err(page.text(".undo")?),
        }
    })
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

/// The file that an export leaves.
fn exported(world: &World, page: &Page, form: &str) -> Result<String> {
    page.click(&format!("[data-action=export-{form}]"))?;
    let folder = world.browser.download_folder();
    wait_until("the export on the disk", || {
        let found = std::fs::read_dir(&folder)
            .map_err(|error| error.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with("assay-history-") && name.ends_with(&format!(".{form}"))
            })
            .ok_or("no file")?;
        std::fs::read_to_string(found).map_err(|error| error.to_string())
    })
}

/// The cells of a CSV file (RFC 4180).
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let row = rows.last_mut().expect("a row");
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                row.last_mut().expect("a cell").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {
                assert_eq!(rest.next(), Some('\n'));
                rows.push(vec![String::new()]);
            }
            other => row.last_mut().expect("a cell").push(other),
        }
    }
    assert_eq!(
        rows.pop(),
        Some(vec![String::new()]),
        "the last line ends, too"
    );
    rows
}

/// Names that strangers could choose.
const HOSTILE: [&str; 6] = [
    "=HYPERLINK(\"http://evil.example\",\"open\").csv",
    "+1,\"two\"\n three.txt",
    "@SUM(A1:A9).xlsx",
    "<img src=x onerror=\"document.title='owned'\">.html",
    "invoice\u{202E}fdp.exe",
    "-2+3 cmd|' /C calc'!A0.txt",
];

#[test]
fn exports_say_what_the_page_shows_and_names_stay_text() -> Result<()> {
    let (world, mut records) = filled(60)?;
    for (record, name) in records[1..].iter_mut().zip(HOSTILE) {
        record.file_name = name.to_owned();
        record.site = Some("evil.example".to_owned());
    }
    world.extension.put_records(&records[1..=HOSTILE.len()])?;
    let page = open(&world, "history.html#site=evil")?;
    finds(&page, HOSTILE.len(), records.len())?;
    let shown = names(&page)?;
    for (shown, name) in shown.iter().zip(HOSTILE) {
        assert_eq!(
            *shown,
            name.replace('\u{202E}', "⟨U+202E⟩")
                .replace('\n', "⟨U+000A⟩")
        );
    }
    let title: String = page.evaluate("document.title")?;
    let images: usize = page.evaluate("document.querySelectorAll('main img').length")?;
    assert_eq!((title.as_str(), images), ("History", 0));

    // The table has what was found, and not a cell that a spreadsheet would run.
    let csv = exported(&world, &page, "csv")?;
    let table = cells(csv.strip_prefix('\u{FEFF}').expect("the mark of UTF-8"));
    assert_eq!(table.len(), HOSTILE.len() + 1);
    let column = |name: &str| {
        let head = table[0].iter().position(|cell| cell == name);
        head.unwrap_or_else(|| panic!("no column {name}"))
    };
    for (row, (record, name)) in table[1..].iter().zip(records[1..].iter().zip(HOSTILE)) {
        let harmless = match name.starts_with(['=', '+', '-', '@']) {
            true => format!("'{name}"),
            false => name.to_owned(),
        };
        assert_eq!(row[column("file_name")], harmless);
        let digest = record.digest.expect("a digest").to_hex();
        assert_eq!(row[column("sha256")], digest);
        assert_eq!(row[column("size")], record.size.to_string());
        let verdict = record.verdict().expect("a verdict").word();
        assert_eq!(row[column("verdict")], verdict);
        for cell in row {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }

    // The other file has all, after the filter is gone, and says itself what it is.
    page.click("[data-action=clear-filters]")?;
    finds(&page, records.len(), records.len())?;
    let text = exported(&world, &page, "json")?;
    let told: Value = serde_json::from_str(&text)?;
    assert_eq!(told["schema"], "assay.history.v1");
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/history.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).expect("it"))?;
    let described = |kind: &str| -> BTreeSet<String> {
        let required = schema["$defs"][kind]["required"].as_array();
        let names = required.into_iter().flatten();
        names
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    };
    let fields = |value: &Value| -> BTreeSet<String> {
        value
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let download = &told["downloads"][0];
    assert_eq!(fields(download), described("download"));
    assert_eq!(fields(&download["signer"]), described("signer"));
    assert_eq!(
        fields(&download["attestations"][0]),
        described("attestation")
    );
    let downloads = told["downloads"].as_array().expect("downloads");
    assert_eq!(downloads.len(), records.len());
    for (told, record) in downloads.iter().zip(&records) {
        assert_eq!(told["file_name"], record.file_name);
        assert_eq!(told["sha256"], record.digest.expect("a digest").to_hex());
        assert_eq!(told["site"], json!(record.site));
        assert_eq!(told["url"], record.url);
        assert_eq!(told["size"], record.size);
        assert_eq!(told["verdict"], json!(record.verdict()));
        let time: f64 = page.call("(time) => Date.parse(time)", json!([told["completed_at"]]))?;
        assert_eq!(time, record.completed_at.floor());
        let judgement = record.judgement.as_ref().expect("a judgement");
        let reasons = told["reasons"].as_array().expect("reasons");
        assert_eq!(reasons.len(), judgement.reasons.len());
        assert_eq!(told["signer"].is_null(), judgement.signer.is_none());
        if let Some(signer) = &judgement.signer {
            assert_eq!(told["signer"]["identity"], json!(signer.identity));
        }
    }
    let first = &downloads[0];
    assert_eq!(
        first["reasons"][0],
        "Signed by release@example.org, whom you trust."
    );
    assert_eq!(first["attestations"][0]["log_index"], 0);
    assert!(!text.contains("verificationMaterial"), "no bundles");
    assert!(!text.contains(&records[0].path), "and no paths");
    assert_eq!(
        stored(&world)?.len(),
        records.len(),
        "exports are not checked as downloads"
    );
    Ok(())
}

#[test]
fn the_history_is_searched_and_acted_upon_without_a_mouse() -> Result<()> {
    let (world, records) = filled(120)?;
    let page = open(&world, "history.html")?;
    let focus = |page: &Page| -> Result<String> {
        page.evaluate("document.activeElement.dataset.action ?? document.activeElement.id ?? ''")
    };
    let tab_to = |wanted: &str| -> Result<()> {
        for _ in 0..40 {
            if focus(&page)? == wanted {
                return Ok(());
            }
            page.press("Tab")?;
        }
        panic!("no way to {wanted}");
    };
    tab_to("search")?;
    page.type_text("aurora")?;
    let found: Vec<&DownloadRecord> = records
        .iter()
        .filter(|one| {
            let site = one.site.as_deref().unwrap_or_default();
            one.file_name.contains("aurora") || site.contains("aurora")
        })
        .collect();
    finds(&page, found.len(), records.len())?;
    tab_to("filter-verdict")?;
    tab_to("pick-all")?;
    page.press(" ")?;
    page.wait_for_text("[data-field=picked]", &format!("Selected: {}", found.len()))?;
    page.press(" ")?;
    page.wait_for_text("[data-field=picked]", "Select all")?;
    tab_to("toggle")?;
    page.press("ArrowDown")?;
    page.press("Enter")?;
    wait_until("the second line to be open", || {
        let opened: Option<String> =
            page.evaluate("document.querySelector('li[data-open]')?.dataset.record ?? null")?;
        match opened.as_deref() == Some(&found[1].id) {
            true => Ok(()),
            false => Err(format!("{opened:?}")),
        }
    })?;
    tab_to("forget")?;
    page.press("Enter")?;
    page.wait_for_text("[data-field=undo]", "Removed")?;
    wait_until("the focus on the way back", || {
        match focus(&page)?.as_str() {
            "undo" => Ok(()),
            other => Err(other.to_owned()),
        }
    })?;
    page.press("Enter")?;
    finds(&page, found.len(), records.len())?;
    // Every field and button has a name.
    let nameless: Vec<String> = page.evaluate(
        "[...document.querySelectorAll('button, input, select')].filter((one) =>
            !(one.ariaLabel || one.labels?.length || one.innerText.trim()))
            .map((one) => one.outerHTML)",
    )?;
    assert_eq!(nameless, Vec::<String>::new());
    Ok(())
}

#[test]
fn downloads_of_private_windows_never_appear() -> Result<()> {
    let (world, records) = filled(3)?;
    let mut private = records[0].clone();
    private.id = "private one".to_owned();
    private.incognito = true;
    private.file_name = "private.bin".to_owned();
    world.extension.inside::<Value>(
        "(record) => chrome.storage.session.set({ [`private/${record.id}`]: record })",
        json!([private]),
    )?;
    let page = open(&world, "history.html")?;
    finds(&page, 4, 4)?;
    // Nor when something about it is told to all pages.
    world.extension.ask(&Request::AlarmsSeen)?;
    world.extension.inside::<Value>(
        "(id) => { new BroadcastChannel('assay-notices').postMessage({ record_changed: { id } }); return null; }",
        json!([private.id]),
    )?;
    world.download("after.bin", b"after")?;
    finds(&page, 5, 5)?;
    assert!(!page.text("body")?.contains("private.bin"));
    Ok(())
}
