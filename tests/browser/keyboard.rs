//! The popup and the settings with the keyboard alone: everything is reached in the order in which it
//! is read, the focus is seen, and no deed loses it.

use crate::world::{PUBLISHER, World};
use assay_core::record::{DownloadRecord, Hold};
use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_core::verdict::Verdict;
use assay_tests::{Page, Result, signer_named, wait_until};
use serde::Deserialize;
use serde_json::json;

/// More stops than any of the pages has.
const MOST: usize = 150;

/// What has the focus.
#[derive(Debug, Deserialize)]
struct Focused {
    /// The element's beginning, as it is written.
    what: String,
    /// Whether it is what is looked for.
    wanted: bool,
    /// Whether the focus is nowhere.
    lost: bool,
    /// Whether a ring is seen.
    ring: bool,
}

fn focused(page: &Page, selector: &str) -> Result<Focused> {
    page.call(
        "(selector) => {
            const active = document.activeElement;
            // A control without looks of its own shows it at its words.
            const shown = [active, active?.nextElementSibling, active?.closest('label')];
            const ring = shown.some((one) => {
                if (!one) return false;
                const { outlineStyle, outlineWidth } = getComputedStyle(one);
                return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
            });
            return {
                what: active?.cloneNode(false).outerHTML.slice(0, 160) ?? '',
                wanted: active?.matches(selector) ?? false,
                lost: !active || active === document.body,
                ring,
            };
        }",
        json!([selector]),
    )
}

/// Presses Tab until the focus is there. On the way every stop shows that it has the focus.
fn tab_to(page: &Page, selector: &str) -> Result<()> {
    walk_to(page, selector, Page::press_tab)
}

/// The same, backwards.
fn tab_back_to(page: &Page, selector: &str) -> Result<()> {
    walk_to(page, selector, Page::press_shift_tab)
}

fn walk_to(page: &Page, selector: &str, step: impl Fn(&Page) -> Result<()>) -> Result<()> {
    let mut seen = Vec::new();
    for _ in 0..MOST {
        step(page)?;
        let now = focused(page, selector)?;
        // From the last stop it goes through the browser's own controls to the first.
        assert!(now.lost || now.ring, "not seen: {}", now.what);
        if now.wanted {
            return Ok(());
        }
        seen.push(now.what);
    }
    panic!("{selector} is not reached:\n{}", seen.join("\n"));
}

/// Waits until the focus is there, and is seen.
fn rests_on(page: &Page, selector: &str) -> Result<()> {
    wait_until(&format!("the focus on {selector}"), || {
        match focused(page, selector)? {
            now if now.wanted && now.ring => Ok(()),
            now => Err(format!("{now:?}")),
        }
    })
}

/// Waits until something is on the page, or is not.
fn is_there(page: &Page, selector: &str, wanted: bool) -> Result<()> {
    wait_until(&format!("{selector}: {wanted}"), || {
        let there: bool = page.call(
            "(selector) => document.querySelector(selector) !== null",
            json!([selector]),
        )?;
        match there == wanted {
            true => Ok(()),
            false => Err(page.text("main")?),
        }
    })
}

/// Every stop from the page's beginning to its end, in order: below or beside the one before.
fn stops(page: &Page) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Stop {
        name: String,
        lost: bool,
        follows: bool,
    }
    // From the page's beginning, with something opened.
    page.reload()?;
    is_there(page, "[data-action=toggle], [data-action=edit-rule]", true)?;
    page.evaluate::<serde_json::Value>(
        "void document.querySelector('[data-action=toggle], [data-action=edit-rule]').click()",
    )?;
    is_there(page, "[data-field=reasons], [data-editor]", true)?;
    let mut names = Vec::new();
    for _ in 0..MOST {
        page.press("Tab")?;
        let stop: Stop = page.evaluate(
            "(() => {
                const active = document.activeElement;
                const before = globalThis.before;
                globalThis.before = active;
                const box = active.getBoundingClientRect();
                const above = before?.getBoundingClientRect();
                const follows = !before
                    || (before.compareDocumentPosition(active) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0
                        && box.bottom > above.top;
                return {
                    name: active.id || active.dataset.action || active.dataset.pageLink || active.tagName,
                    lost: active === document.body,
                    follows,
                };
            })()",
        )?;
        if stop.lost {
            break;
        }
        if names.first() == Some(&stop.name) && !stop.follows {
            break;
        }
        assert!(stop.follows, "{} comes after {names:?}", stop.name);
        names.push(stop.name);
    }
    Ok(names)
}

fn held(world: &World, name: &str, hold: Hold) -> Result<DownloadRecord> {
    wait_until("the record", || match world.extension.record_of(name)? {
        Some(record) if record.hold == Some(hold) && !record.removing => Ok(record),
        other => Err(format!("{other:?}")),
    })
}

#[test]
fn the_popup_is_used_without_a_mouse() -> Result<()> {
    let world = World::without_notary()?;
    let notary = (world.notary.url(), world.notary.fingerprint());
    world.extension.add_notary(&notary.0, Some(notary.1))?;
    world.download("older.bin", b"unknown to everybody")?;
    world
        .extension
        .wait_for_verdict("older.bin", Verdict::Unknown)?;
    world.download_signed("newer.bin", b"signed by a stranger")?;
    world
        .extension
        .wait_for_verdict("newer.bin", Verdict::Signed)?;
    let popup = world.popup()?;
    popup.command("Page.bringToFront", json!({}))?;
    is_there(&popup, "li[data-record]", true)?;

    // The list is walked with the arrows, and opened with Enter and Space.
    let (newer, older) = (
        "li:nth-child(1) [data-action=toggle]",
        "li:nth-child(2) [data-action=toggle]",
    );
    tab_to(&popup, newer)?;
    popup.press("ArrowDown")?;
    rests_on(&popup, older)?;
    popup.press("Home")?;
    rests_on(&popup, newer)?;
    popup.press("End")?;
    rests_on(&popup, older)?;
    popup.press("ArrowUp")?;
    popup.press(" ")?;
    is_there(&popup, "li:nth-child(1) [data-field=reasons]", true)?;
    rests_on(&popup, newer)?;

    // Trust: the offer vanishes, and the focus stays with the file.
    tab_to(&popup, "[data-action=trust-everywhere]")?;
    popup.press("Enter")?;
    world
        .extension
        .wait_for_verdict("newer.bin", Verdict::Verified)?;
    is_there(&popup, "[data-action=trust-everywhere]", false)?;
    rests_on(&popup, newer)?;

    // The rule for the site is above the list. An arrow changes it.
    tab_back_to(&popup, "#site-mode-warn")?;
    popup.press("ArrowRight")?;
    is_there(&popup, ".modes[data-chosen=require]", true)?;
    rests_on(&popup, "#site-mode-require")?;
    popup.press("ArrowLeft")?;
    is_there(&popup, ".modes[data-chosen=warn]", true)?;
    rests_on(&popup, "#site-mode-warn")?;
    popup.press("ArrowRight")?;
    is_there(&popup, ".modes[data-chosen=require]", true)?;

    // A file that is held up is kept, another is deleted.
    world.download("held.bin", b"not good enough")?;
    held(&world, "held.bin", Hold::Asking)?;
    tab_to(&popup, "[data-action=hold-keep]")?;
    popup.press("Enter")?;
    held(&world, "held.bin", Hold::Kept)?;
    is_there(&popup, "[data-hold=kept]", true)?;
    rests_on(&popup, newer)?;
    world.download("bad.bin", b"not good at all")?;
    held(&world, "bad.bin", Hold::Asking)?;
    tab_back_to(&popup, "[data-action=hold-remove]")?;
    popup.press(" ")?;
    held(&world, "bad.bin", Hold::Removed)?;
    is_there(&popup, "[data-hold=removed]", true)?;
    rests_on(&popup, newer)?;

    // A rule is taken back where it was made.
    tab_back_to(&popup, "[data-action=remove-rule]")?;
    popup.press("Enter")?;
    is_there(&popup, "[data-action=remove-rule]", false)?;
    assert!(!focused(&popup, "*")?.lost);

    // A question is answered with no, and then with yes.
    tab_to(&popup, "[data-action=delete]")?;
    popup.press("Enter")?;
    rests_on(&popup, "[data-action=delete-cancel]")?;
    popup.press("Enter")?;
    rests_on(&popup, "[data-action=delete]")?;
    popup.press("Enter")?;
    rests_on(&popup, "[data-action=delete-cancel]")?;
    tab_back_to(&popup, "[data-action=delete-confirm]")?;
    popup.press("Enter")?;
    wait_until("the file to be deleted", || {
        match world.extension.record_of("newer.bin")? {
            Some(record) if record.deleted => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })?;
    is_there(&popup, "[data-action=delete-confirm]", false)?;
    assert!(!focused(&popup, "*")?.lost);

    let stops = stops(&popup)?;
    let footer = [
        "open-welcome",
        "open-history",
        "open-verify-page",
        "open-settings",
    ];
    assert!(
        stops
            .iter()
            .map(String::as_str)
            .filter(|stop| footer.contains(stop))
            .eq(footer),
        "{stops:?}"
    );
    Ok(())
}

#[test]
fn the_settings_are_used_without_a_mouse() -> Result<()> {
    let world = World::new()?;
    let page = world.extension.open("settings.html")?;
    page.command("Page.bringToFront", json!({}))?;
    is_there(&page, "body[data-state=ready]", true)?;

    // A mode for all sites.
    tab_to(&page, "#everywhere-warn")?;
    page.press("ArrowLeft")?;
    is_there(
        &page,
        "[data-field=everywhere] .modes[data-chosen=badge]",
        true,
    )?;
    rests_on(&page, "#everywhere-badge")?;

    // A rule for one, which is changed at once.
    tab_to(&page, "#rule-host")?;
    page.type_text("https://Example.org/downloads/")?;
    page.press("Enter")?;
    is_there(&page, "[data-editor='example.org']", true)?;
    rests_on(&page, "#rule-host")?;
    tab_to(&page, "#rule-require")?;
    tab_to(&page, "[data-editor] [data-field=remove]")?;
    page.press(" ")?;
    is_there(&page, "[data-editor] [data-field=remove]:checked", true)?;
    rests_on(&page, "[data-editor] [data-field=remove]")?;
    tab_to(&page, "[data-editor] [data-field=pin]")?;
    page.press(" ")?;
    is_there(&page, "[data-editor] [data-field=pin]:checked", true)?;
    rests_on(&page, "[data-editor] [data-field=pin]")?;
    tab_back_to(&page, "#rule-require")?;
    page.press("ArrowLeft")?;
    is_there(&page, "[data-editor] .modes[data-chosen=warn]", true)?;
    rests_on(&page, "#rule-warn")?;
    let rule = SiteRule {
        host: "example.org".into(),
        below: true,
        demand: Demand {
            mode: Mode::Warn,
            accept_authentic: false,
            remove: true,
        },
        signers: vec![signer_named(&world.notary, PUBLISHER)],
    };
    let wanted = std::slice::from_ref(&rule);
    wait_until("all three changes", || {
        match world.extension.settings()?.rules {
            rules if rules == wanted => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })?;
    tab_back_to(&page, "[data-action=edit-rule]")?;
    page.press("Enter")?;
    is_there(&page, "[data-editor]", false)?;
    rests_on(&page, "[data-action=edit-rule]")?;

    // It is deleted, and brought back.
    tab_to(&page, "[data-action=delete-rule]")?;
    page.press(" ")?;
    is_there(&page, "[data-rule]", false)?;
    rests_on(&page, "[data-action=undo-rule]")?;
    page.press("Enter")?;
    is_there(&page, "[data-rule='example.org']", true)?;
    is_there(&page, "[data-action=undo-rule]", false)?;
    assert!(!focused(&page, "*")?.lost);
    assert_eq!(world.extension.settings()?.rules, [rule]);
    tab_to(&page, "[data-action=sort-mode]")?;
    page.press("Enter")?;
    rests_on(&page, "[aria-sort=ascending] [data-action=sort-mode]")?;

    // A signer is removed only after a question.
    tab_to(&page, "[data-action=remove-trusted]")?;
    page.press("Enter")?;
    rests_on(&page, "[data-action=remove-cancel]")?;
    page.press("Enter")?;
    rests_on(&page, "[data-action=remove-trusted]")?;
    page.press("Enter")?;
    rests_on(&page, "[data-action=remove-cancel]")?;
    tab_back_to(&page, "[data-action=remove-confirm]")?;
    page.press("Enter")?;
    is_there(&page, "[data-trusted]", false)?;
    rests_on(&page, "#signers .card-title")?;

    // Of how much the system tells.
    tab_to(&page, "[data-notices=warnings]")?;
    page.press("ArrowDown")?;
    is_there(&page, "[data-notices=all]:checked", true)?;
    rests_on(&page, "[data-notices=all]")?;

    let stops = stops(&page)?;
    for one in [
        "settings",
        "rule-host",
        "edit-rule",
        "export-settings",
        "import-settings",
    ] {
        assert!(stops.iter().any(|stop| stop == one), "{one}: {stops:?}");
    }
    Ok(())
}

#[test]
fn a_press_ends_on_what_took_the_controls_place() -> Result<()> {
    let world = World::new()?;
    let rule = SiteRule {
        host: "example.org".into(),
        below: true,
        demand: Demand {
            mode: Mode::Require,
            ..Demand::default()
        },
        signers: Vec::new(),
    };
    let set = |rule: SiteRule| world.extension.change_settings(|now| now.set_rule(rule));
    set(rule.clone())?;
    let page = world.extension.open("settings.html")?;
    page.command("Page.bringToFront", json!({}))?;
    is_there(&page, "[data-action=edit-rule]", true)?;
    page.click("[data-action=edit-rule]")?;
    is_there(&page, "[data-editor]", true)?;
    page.evaluate::<serde_json::Value>(
        "void (globalThis.pressed = document.querySelector('[data-field=accept-authentic]')).focus()",
    )?;
    let key = |kind: &str| {
        let space = json!({
            "type": kind, "key": " ", "code": "Space", "text": " ", "windowsVirtualKeyCode": 32,
        });
        page.command("Input.dispatchKeyEvent", space)
    };
    key("keyDown")?;
    set(SiteRule {
        demand: Demand {
            remove: true,
            ..rule.demand
        },
        ..rule
    })?;
    is_there(&page, "[data-editor] [data-field=remove]:checked", true)?;
    assert!(!page.evaluate::<bool>("globalThis.pressed.isConnected")?);
    key("keyUp")?;
    wait_until("the press", || {
        let rules = world.extension.settings()?.rules;
        match rules[0].demand.accept_authentic && rules[0].demand.remove {
            true => Ok(()),
            false => Err(format!("{rules:?}")),
        }
    })
}
