//! The page on which any file can be checked by hand.

mod downloads;
mod files;
mod proofs;

use crate::world::World;
use assay_core::verdict::Verdict;
use assay_tests::{Extension, Page, Result, wait_until};
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};

const FILES: &str = "[data-field=files]";
const FOLDER: &str = "[data-field=folder]";
const ZONE: &str = "[data-field=zone]";

/// What the page shows of one thing.
#[derive(Debug, Deserialize)]
struct Seen {
    verdict: Option<String>,
    text: String,
    /// By the names of the fields.
    digest: Option<String>,
    sha512: Option<String>,
    sha1: Option<String>,
    md5: Option<String>,
}

fn page(world: &World) -> Result<Page> {
    page_of(&world.extension)
}

fn page_of(extension: &Extension) -> Result<Page> {
    let page = extension.open("verify.html")?;
    ready(&page)?;
    Ok(page)
}

fn ready(page: &Page) -> Result<()> {
    wait_until("the page to be ready", || {
        match page.evaluate::<String>("document.body.dataset.state ?? ''")? {
            state if state == "ready" => Ok(()),
            state => Err(state),
        }
    })
}

/// Waits until a thing is checked, opens its row, and reads it.
fn read(page: &Page, path: &str) -> Result<Seen> {
    const READ: &str = "(path) => {
        const row = [...document.querySelectorAll('li[data-row]')]
            .find((row) => row.dataset.file === path);
        if (row?.dataset.stage !== 'done' || row.dataset.asking) return null;
        if (!row.querySelector('[data-field=reasons]')) {
            row.querySelector('[data-action=toggle]').click();
        }
        if (!row.querySelector('[data-field=reasons]')) return null;
        const field = (name) => row.querySelector(`[data-field=${name}]`)?.textContent ?? null;
        return {
            verdict: row.dataset.verdict ?? null, text: row.innerText, digest: field('digest'),
            sha512: field('sha512'), sha1: field('sha1'), md5: field('md5'),
        };
    }";
    wait_until(&format!("{path} to be checked"), || {
        match page.call::<Option<Seen>>(READ, json!([path]))? {
            Some(seen) => Ok(seen),
            None => Err(page.text("body")?),
        }
    })
}

fn sees(page: &Page, path: &str, verdict: Verdict) -> Result<Seen> {
    let seen = read(page, path)?;
    assert_eq!(seen.verdict.as_deref(), Some(verdict.word()), "{seen:?}");
    Ok(seen)
}

fn count(page: &Page, selector: &str) -> Result<usize> {
    page.call(
        "(selector) => document.querySelectorAll(selector).length",
        json!([selector]),
    )
}

fn wait_for_count(page: &Page, selector: &str, wanted: usize) -> Result<()> {
    wait_until(&format!("{wanted} of {selector}"), || {
        match count(page, selector)? {
            found if found == wanted => Ok(()),
            found => Err(format!("{found}: {}", page.text("body")?)),
        }
    })
}

fn bundle_of(file: &Path) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".sigstore.json");
    path.into()
}

/// Waits until what was brought later counts.
fn becomes_verified(page: &Page, path: &str) -> Result<()> {
    wait_until(&format!("{path} to be verified"), || {
        match read(page, path)?.verdict.as_deref() {
            Some("verified") => Ok(()),
            seen => Err(format!("{seen:?}")),
        }
    })
}
