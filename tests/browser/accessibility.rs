//! Every page in every state, looked at by a checker of accessibility.

use assay_tests::{Appearance, Axe, Gallery, Result, Shown, languages};

/// What the checker needs cannot be had everywhere: the test says so, and in CI it fails.
fn checker() -> Option<Axe> {
    match Axe::fetch() {
        Ok(axe) => Some(axe),
        Err(error) => {
            let said = format!("not checked: {error}");
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{said}");
            eprintln!("{said}");
            None
        }
    }
}

#[test]
fn no_page_violates_a_rule_of_accessibility_in_any_state() -> Result<()> {
    let Some(axe) = checker() else { return Ok(()) };
    let (mut looked_at, mut violations) = (0, Vec::new());
    for language in languages()? {
        // The schemes have their colours whatever the language.
        let schemes: &[bool] = match language == "en" {
            true => &[false, true],
            false => &[false],
        };
        Gallery::open(&language)?.walk(&mut |shown: Shown<'_>| {
            for dark in schemes.iter().copied() {
                shown.page.appear(&Appearance {
                    width: shown.size.0,
                    height: shown.size.1,
                    dark,
                    // A colour on its way to another is none of either.
                    reduced_motion: true,
                    ..Appearance::default()
                })?;
                let scheme = if dark { "dark" } else { "light" };
                for violation in axe.violations(shown.page)? {
                    violations.push(format!(
                        "{} ({language}, {scheme}): {violation}",
                        shown.name
                    ));
                }
                looked_at += 1;
            }
            Ok(())
        })?;
    }
    assert!(looked_at > 80, "{looked_at}");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    Ok(())
}

/// WCAG 2.2, 1.4.10: at 320 CSS pixels, as at a zoom of 400 % on a small screen, nothing has to be read by
/// scrolling to the side.
#[test]
fn no_page_is_wider_than_a_narrow_screen_in_any_state() -> Result<()> {
    const NARROW: u32 = 320;
    let (mut looked_at, mut wide) = (0, Vec::new());
    for language in languages()? {
        Gallery::open(&language)?.walk(&mut |shown: Shown<'_>| {
            shown.page.appear(&Appearance {
                width: NARROW,
                height: shown.size.1,
                reduced_motion: true,
                ..Appearance::default()
            })?;
            let widest: Vec<String> = shown.page.evaluate(
                "(() => {
                    const root = document.documentElement;
                    if (root.scrollWidth <= root.clientWidth) return [];
                    return [...document.querySelectorAll('body *')]
                        .filter((one) => {
                            const { left, right } = one.getBoundingClientRect();
                            return right > root.clientWidth + 0.5 || left < -0.5;
                        })
                        .map((one) => `${one.tagName}.${one.className} of ${root.scrollWidth}`);
                })()",
            )?;
            if !widest.is_empty() {
                wide.push(format!(
                    "{} ({language}): {}",
                    shown.name,
                    widest.join(", ")
                ));
            }
            looked_at += 1;
            Ok(())
        })?;
    }
    assert!(looked_at > 80, "{looked_at}");
    assert!(wide.is_empty(), "{}", wide.join("\n"));
    Ok(())
}

#[test]
fn the_checker_finds_what_is_wrong() -> Result<()> {
    let Some(axe) = checker() else { return Ok(()) };
    let browser = assay_tests::Browser::launch(assay_tests::Options::plain())?;
    let page =
        browser.open("data:text/html,<title>x</title><img src='x'><p style='color:%23aaa'>pale")?;
    let violations = axe.violations(&page)?.join("\n");
    assert!(violations.contains("image-alt"), "{violations}");
    assert!(violations.contains("color-contrast"), "{violations}");
    Ok(())
}
