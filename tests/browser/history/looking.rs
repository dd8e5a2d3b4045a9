//! Searching, filtering, turning pages, and what is shown of each.

use super::{enter, filled, finds, loaded, names, names_of, open};
use crate::world::World;
use assay_core::message::Request;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, wait_until};
use serde_json::{Value, json};

const MANY: usize = 10_000;

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
    page.wait_for("[data-field=log-entry]")?;
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
    page.wait_for_no(".details")
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
    page.wait_for("li[data-verdict=verified]")?;
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
    settings.wait_for("a[data-page-link=history][href='history.html']")?;
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
