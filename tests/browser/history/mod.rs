//! The history: thousands of downloads, searched, filtered, checked again, forgotten and exported.

mod acting;
mod exporting;
mod looking;

use crate::world::World;
use assay_core::record::DownloadRecord;
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, many_records, wait_until};
use serde_json::{Value, json};

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
