use assay_tests::{Browser, Options, Result, extension_folder, wait_until};

#[test]
fn the_extension_loads_and_its_service_worker_and_pages_report_no_error() -> Result<()> {
    let browser = Browser::launch(Options::with_extension(extension_folder()?))?;
    let extension = browser.extension()?;
    for page in [
        "popup.html",
        "history.html",
        "settings.html",
        "sources.html",
        "welcome.html",
    ] {
        let page = extension.open(page)?;
        wait_until("the page to show its words", || {
            let seen = page.text("body")?;
            if seen.trim().is_empty() {
                Err("an empty page".to_owned())
            } else {
                Ok(())
            }
        })?;
    }
    wait_until("the service worker to run", || {
        match extension.service_worker()? {
            Some(_) => Ok(()),
            None => Err(format!("{:?}", extension.targets()?)),
        }
    })?;
    assert_eq!(browser.problems(), []);
    Ok(())
}

#[test]
fn installing_warns_about_downloads_and_notifications_at_most() -> Result<()> {
    let browser = Browser::launch(Options::with_extension(extension_folder()?))?;
    let allowed = ["Manage your downloads", "Display notifications"];
    let warnings = browser.extension()?.permission_warnings()?;
    assert!(warnings.contains(&allowed[0].to_owned()), "{warnings:?}");
    assert!(
        warnings
            .iter()
            .all(|warning| allowed.contains(&warning.as_str())),
        "{warnings:?}"
    );
    Ok(())
}
