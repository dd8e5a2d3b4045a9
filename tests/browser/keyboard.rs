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
    page.wait_for("[data-action=toggle], [data-action=edit-rule]")?;
    page.evaluate::<serde_json::Value>(
        "void document.querySelector('[data-action=toggle], [data-action=edit-rule]').click()",
    )?;
    page.wait_for("[data-field=reasons], [data-editor]")?;
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
    popup.wait_for("li[data-record]")?;

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
    popup.wait_for("li:nth-child(1) [data-field=reasons]")?;
    rests_on(&popup, newer)?;

    // Trust: the offer vanishes, and the focus stays with the file.
    tab_to(&popup, "[data-action=trust-everywhere]")?;
    popup.press("Enter")?;
    world
        .extension
        .wait_for_verdict("newer.bin", Verdict::Verified)?;
    popup.wait_for_no("[data-action=trust-everywhere]")?;
    rests_on(&popup, newer)?;

    // The rule for the site is above the list. An arrow changes it.
    tab_back_to(&popup, "#site-mode-warn")?;
    popup.press("ArrowRight")?;
    popup.wait_for(".modes[data-chosen=require]")?;
    rests_on(&popup, "#site-mode-require")?;
    popup.press("ArrowLeft")?;
    popup.wait_for(".modes[data-chosen=warn]")?;
    rests_on(&popup, "#site-mode-warn")?;
    popup.press("ArrowRight")?;
    popup.wait_for(".modes[data-chosen=require]")?;

    // A file that is held up is kept, another is deleted.
    world.download("held.bin", b"not good enough")?;
    held(&world, "held.bin", Hold::Asking)?;
    tab_to(&popup, "[data-action=hold-keep]")?;
    popup.press("Enter")?;
    held(&world, "held.bin", Hold::Kept)?;
    popup.wait_for("[data-hold=kept]")?;
    rests_on(&popup, newer)?;
    world.download("bad.bin", b"not good at all")?;
    held(&world, "bad.bin", Hold::Asking)?;
    tab_back_to(&popup, "[data-action=hold-remove]")?;
    popup.press(" ")?;
    held(&world, "bad.bin", Hold::Removed)?;
    popup.wait_for("[data-hold=removed]")?;
    rests_on(&popup, newer)?;

    // A rule is taken back where it was made.
    tab_back_to(&popup, "[data-action=remove-rule]")?;
    popup.press("Enter")?;
    popup.wait_for_no("[data-action=remove-rule]")?;
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
    popup.wait_for_no("[data-action=delete-confirm]")?;
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
    page.wait_for("body[data-state=ready]")?;

    // A mode for all sites.
    tab_to(&page, "#everywhere-warn")?;
    page.press("ArrowLeft")?;
    page.wait_for("[data-field=everywhere] .modes[data-chosen=badge]")?;
    rests_on(&page, "#everywhere-badge")?;

    // A rule for one, which is changed at once.
    tab_to(&page, "#rule-host")?;
    page.type_text("https://Example.org/downloads/")?;
    page.press("Enter")?;
    page.wait_for("[data-editor='example.org']")?;
    rests_on(&page, "#rule-host")?;
    tab_to(&page, "#rule-require")?;
    tab_to(&page, "[data-editor] [data-field=remove]")?;
    page.press(" ")?;
    page.wait_for("[data-editor] [data-field=remove]:checked")?;
    rests_on(&page, "[data-editor] [data-field=remove]")?;
    tab_to(&page, "[data-editor] [data-field=pin]")?;
    page.press(" ")?;
    page.wait_for("[data-editor] [data-field=pin]:checked")?;
    rests_on(&page, "[data-editor] [data-field=pin]")?;
    tab_back_to(&page, "#rule-require")?;
    page.press("ArrowLeft")?;
    page.wait_for("[data-editor] .modes[data-chosen=warn]")?;
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
    page.wait_for_no("[data-editor]")?;
    rests_on(&page, "[data-action=edit-rule]")?;

    // It is deleted, and brought back.
    tab_to(&page, "[data-action=delete-rule]")?;
    page.press(" ")?;
    page.wait_for_no("[data-rule]")?;
    rests_on(&page, "[data-action=undo-rule]")?;
    page.press("Enter")?;
    page.wait_for("[data-rule='example.org']")?;
    page.wait_for_no("[data-action=undo-rule]")?;
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
    page.wait_for_no("[data-trusted]")?;
    rests_on(&page, "#signers .card-title")?;

    // Of how much the system tells.
    tab_to(&page, "[data-notices=warnings]")?;
    page.press("ArrowDown")?;
    page.wait_for("[data-notices=all]:checked")?;
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
    page.wait_for("[data-action=edit-rule]")?;
    page.click("[data-action=edit-rule]")?;
    page.wait_for("[data-editor]")?;
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
    page.wait_for("[data-editor] [data-field=remove]:checked")?;
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
