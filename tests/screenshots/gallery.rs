use std::path::Path;

use assay_tests::{Appearance, Gallery, POPUP, Result, Shown, languages};
use serde_json::Value;

/// The states that are shown in other ways, too: with few colours, with more contrast, at twice the
/// size, and from right to left.
const OTHERWISE: [&str; 12] = [
    "popup-every-verdict",
    "popup-held",
    "popup-open-verified",
    "popup-open-changed",
    "popup-site-rule",
    "popup-needs-access",
    "history-opened",
    "history-filtered",
    "settings-editor",
    "settings-import",
    "verify-opened",
    "welcome",
];

/// Pictures of every page in every state and language.
pub fn take(out: &Path) -> Result<()> {
    for language in languages()? {
        let mut taken = 0;
        // All languages have the same forms: the dark ones are looked at in one.
        let is_first = language == "en";
        let gallery = Gallery::open(&language)?;
        gallery.walk(&mut |shown: Shown<'_>| {
            let mut pictures = vec![("light", plain(shown.size))];
            if is_first {
                pictures.push(("dark", dark(shown.size)));
            }
            if OTHERWISE.contains(&shown.name) {
                pictures.extend(otherwise(shown.size));
            }
            for (way, appearance) in pictures {
                shown.page.appear(&appearance)?;
                let path = out
                    .join(&language)
                    .join(format!("{}-{way}.png", shown.name));
                if way == "rtl" {
                    direction(&shown, "rtl")?;
                }
                match shown.size == POPUP {
                    true => shown.page.screenshot(&path)?,
                    false => shown.page.screenshot_whole(&path)?,
                }
                if way == "rtl" {
                    direction(&shown, "ltr")?;
                }
                taken += 1;
            }
            shown.page.appear(&plain(shown.size))
        })?;
        println!("{language}: {taken} pictures");
    }
    Ok(())
}

/// A look at the page as languages from right to left have it.
fn direction(shown: &Shown<'_>, direction: &str) -> Result<()> {
    shown
        .page
        .call::<Value>(
            "(direction) => { document.documentElement.dir = direction; return null; }",
            serde_json::json!([direction]),
        )
        .map(drop)
}

fn plain((width, height): (u32, u32)) -> Appearance {
    Appearance {
        width,
        height,
        reduced_motion: true,
        ..Appearance::default()
    }
}

fn dark(size: (u32, u32)) -> Appearance {
    Appearance {
        dark: true,
        ..plain(size)
    }
}

fn otherwise(size: (u32, u32)) -> [(&'static str, Appearance); 5] {
    let (width, height) = size;
    [
        (
            "forced",
            Appearance {
                forced_colors: true,
                ..plain(size)
            },
        ),
        (
            "forced-dark",
            Appearance {
                forced_colors: true,
                ..dark(size)
            },
        ),
        (
            "contrast",
            Appearance {
                more_contrast: true,
                ..plain(size)
            },
        ),
        // What remains of the width at 200 %.
        (
            "zoom",
            Appearance {
                scale: 2.0,
                ..plain((width / 2, height / 2))
            },
        ),
        ("rtl", plain(size)),
    ]
}
