use assay_core::site_rule::{Demand, Mode, SiteRule};
use assay_tests::{Error, Extension, Page, Result};
use serde_json::{Value, json};

use crate::latency::opened;
use crate::report::{Report, quantile};

/// How often each kind of interaction is repeated, from one state to the other and back.
const TURNS: usize = 20;

/// How long a person waits from an input until what it leads to is painted, over interactions of
/// several kinds. The popup is full, with fifty downloads.
pub fn measure(extension: &Extension, report: &mut Report) -> Result<()> {
    let mut waits = Vec::new();
    let popup = opened(extension, "popup.html", ".entry")?;
    popup.wait_for(".entry:nth-child(50)")?;
    let toggle = ".entry:nth-child(25) [data-action=toggle]";
    let details = ".entry:nth-child(25) [data-field=reasons]";
    for _ in 0..TURNS {
        waits.push(click(&popup, toggle, details, true)?);
        waits.push(click(&popup, toggle, details, false)?);
    }
    // The site's bar is there while a download from a site is open.
    let with_site = ".entry:has([data-field=site]) [data-action=toggle]";
    click(&popup, with_site, "#site-mode-badge", true)?;
    for _ in 0..TURNS {
        for mode in ["badge", "require"] {
            let input = format!("#site-mode-{mode}");
            let painted = format!(".modes[data-chosen={mode}]");
            waits.push(click(&popup, &input, &painted, true)?);
        }
    }

    extension.change_settings(|settings| {
        for number in 0..40 {
            settings.set_rule(SiteRule {
                host: format!("site-{number}.example.org"),
                below: true,
                demand: Demand {
                    mode: Mode::Require,
                    ..Demand::default()
                },
                signers: Vec::new(),
            });
        }
    })?;
    let settings = opened(extension, "settings.html", "[data-rule]")?;
    settings.wait_for("[data-rule='site-39.example.org']")?;
    let edit = "[data-rule='site-20.example.org'] [data-action=edit-rule]";
    for _ in 0..TURNS {
        waits.push(click(&settings, edit, "[data-editor]", true)?);
        waits.push(click(&settings, edit, "[data-editor]", false)?);
    }

    let history = opened(extension, "history.html", ".line")?;
    history.wait_for("body[data-loaded=true]")?;
    let line = "#lines li:nth-child(20) [data-action=toggle]";
    let opened_line = "#lines li:nth-child(20) [data-field=reasons]";
    for _ in 0..TURNS {
        waits.push(click(&history, line, opened_line, true)?);
        waits.push(click(&history, line, opened_line, false)?);
    }
    eprintln!("    {} interactions", waits.len());
    report.put("pages.interaction_ms_p95", quantile(waits, 0.95));
    Ok(())
}

fn click(page: &Page, selector: &str, result: &str, appears: bool) -> Result<f64> {
    let waited: Value = page.call(CLICK, json!([selector, result, appears]))?;
    waited
        .as_f64()
        .ok_or_else(|| Error::Other(format!("{selector} is not there")))
}

/// From the event of a click until the frame with what it leads to is painted, in milliseconds.
const CLICK: &str = r##"(selector, result, appears) => new Promise((done) => {
  const target = document.querySelector(selector);
  if (!target) return done(null);
  const isThere = () => (document.querySelector(result) !== null) === appears;
  const painted = () => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => done(performance.now() - begun);
    channel.port2.postMessage(0);
  });
  const observer = new MutationObserver(() => {
    if (!isThere()) return;
    observer.disconnect();
    painted();
  });
  observer.observe(document, { childList: true, subtree: true, attributes: true });
  const begun = performance.now();
  target.click();
})"##;
