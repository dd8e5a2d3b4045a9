use std::path::Path;

use crate::{Appearance, Extension, Page, Result, wait_until};

/// A window as wide as the popup.
const POPUP: Appearance = Appearance {
    width: 400,
    height: 484,
    scale: 2.0,
    dark: false,
    reduced_motion: true,
    forced_colors: false,
    more_contrast: false,
};
const PAGE: Appearance = Appearance {
    width: 960,
    height: 900,
    ..POPUP
};

/// Takes pictures of the extension's pages as they are now, light and dark, into `folder`.
///
/// # Errors
/// A page stays empty, or a file could not be written.
pub fn take_pictures(extension: &Extension, folder: &Path) -> Result<()> {
    for (name, appearance) in [
        ("popup", POPUP),
        ("history", PAGE),
        ("welcome", PAGE),
        ("sources", PAGE),
        ("settings", PAGE),
        ("verify", PAGE),
    ] {
        let page = extension.open(&format!("{name}.html"))?;
        wait_until(&format!("{name} to show itself"), || {
            let state: Option<String> = page.evaluate("document.body.dataset.state ?? null")?;
            let seen = page.text("body")?;
            if state.as_deref() == Some("loading") || seen.trim().is_empty() {
                Err(format!("{state:?} {seen}"))
            } else {
                Ok(())
            }
        })?;
        take_both(&page, &appearance, folder, name)?;
        if name == "popup" && page.evaluate("!!document.querySelector('.entry-head')")? {
            page.appear(&Appearance {
                height: 600,
                ..appearance
            })?;
            page.click(".entry-head")?;
            take_both(
                &page,
                &Appearance {
                    height: 600,
                    ..appearance
                },
                folder,
                "popup-details",
            )?;
            // What remains of the width at a zoom of 200 %.
            let zoomed = Appearance {
                width: 320,
                height: 560,
                ..appearance
            };
            page.appear(&zoomed)?;
            page.screenshot(&folder.join("popup-narrow.png"))?;
        }
    }
    Ok(())
}

fn take_both(page: &Page, light: &Appearance, folder: &Path, name: &str) -> Result<()> {
    page.appear(light)?;
    page.screenshot(&folder.join(format!("{name}.png")))?;
    page.appear(&Appearance {
        dark: true,
        ..*light
    })?;
    page.screenshot(&folder.join(format!("{name}-dark.png")))
}
