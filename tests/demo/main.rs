//! `cargo xtask demo`: a notary, a download site and a browser with the extension.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use assay_core::record::DownloadRecord;
use assay_tests::{
    Browser, Extension, Options, Result, SIGNER, Scene, exit_code, extension_folder, take_pictures,
    target_folder,
};

fn main() -> ExitCode {
    exit_code(run())
}

fn run() -> Result<bool> {
    let mut out = target_folder()?.join("demo");
    let mut headless = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()));
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), argument.strip_prefix("--out=")) {
            ("--headless", _) => headless = true,
            (_, Some(folder)) => out = PathBuf::from(folder),
            ("--out", _) => out = arguments.next().map(PathBuf::from).unwrap_or(out),
            _ => {
                return Err(assay_tests::Error::Other(format!(
                    "not understood: {argument} (known: --headless, --out DIR)"
                )));
            }
        }
    }
    say("starting the notary, signing, filling the download site");
    let scene = Scene::set()?;
    println!("    notary  {}", scene.notary.url());
    println!("    root    {}", scene.notary.fingerprint());
    println!("    site    {}", scene.site.url());
    say("starting Chromium with the extension");
    let mut browser = Browser::launch(Options {
        headless,
        strict: false,
        ..Options::with_extension(extension_folder()?)
    })?;
    let extension = browser.extension()?;
    scene.introduce(&extension)?;
    println!("    the extension asks that notary and trusts {SIGNER}");
    if headless {
        let as_expected = download_everything(&scene, &browser, &extension)?;
        take_pictures(&extension, &out)?;
        println!("pictures are in {}", out.display());
        for problem in browser.problems() {
            eprintln!("the extension reported: {problem}");
        }
        return Ok(as_expected);
    }
    let mut index = browser.open(&format!("{}/", scene.site.url()))?;
    index.keep_open();
    drop((index, extension));
    say(
        "the browser is yours: download the files, open Assay in the toolbar; closing it ends the demo",
    );
    browser.wait_for_exit();
    Ok(true)
}

fn download_everything(scene: &Scene, browser: &Browser, extension: &Extension) -> Result<bool> {
    say("downloading everything");
    for offer in &scene.offers {
        browser.download(&scene.url_of(offer))?;
    }
    let mut rows = vec![["file", "expected", "verdict", "signer", "to verdict"].map(str::to_owned)];
    let mut as_expected = true;
    for offer in &scene.offers {
        let record = extension.wait_for_judgement(offer.name)?;
        let right = record.verdict() == Some(offer.expected);
        as_expected &= right;
        rows.push([
            offer.name.to_owned(),
            offer.expected.word().to_owned(),
            format!(
                "{}{}",
                record.verdict().map_or("none", |verdict| verdict.word()),
                if right { "" } else { "  << not expected" }
            ),
            signer_of(&record),
            format!(
                "{:.0} ms",
                record.judged_at.unwrap_or(f64::NAN) - record.completed_at
            ),
        ]);
    }
    print_table(&rows);
    if as_expected {
        println!("every verdict is as expected");
    } else {
        println!("NOT every verdict is as expected");
    }
    Ok(as_expected)
}

fn signer_of(record: &DownloadRecord) -> String {
    record
        .judgement
        .as_ref()
        .and_then(|judgement| judgement.signer.as_ref())
        .map_or_else(|| "-".to_owned(), |signer| signer.name())
}

fn print_table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) {
    let widths: Vec<usize> = (0..COLUMNS)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        println!("{}", line.join("  ").trim_end());
    }
}

fn say(what: &str) {
    println!("==> {what}");
    if std::io::stdout().is_terminal() {
        // Whoever reads along sees it now; nothing is lost if they do not.
        let _ = std::io::stdout().flush();
    }
}
