//! `cargo xtask screenshots`: pictures of the extension's pages, for the documentation and for a look.

use std::path::PathBuf;
use std::process::ExitCode;

use assay_tests::{Browser, Error, Options, Result, Scene, extension_folder, take_pictures};

/// The site's name in the pictures; it leads to this machine.
const HOST: &str = "downloads.aurora.example";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let out = match words.as_slice() {
        [] => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images")),
        [option, folder] if option == "--out" => PathBuf::from(folder),
        _ => {
            return Err(Error::Other(format!(
                "not understood: {} (known: --out DIR)",
                words.join(" ")
            )));
        }
    };
    let scene = Scene::set()?;
    let port = scene.site.url().replace("http://127.0.0.1:", "");
    let browser = Browser::launch(Options {
        strict: false,
        switches: vec![
            format!("--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{port}"),
            // Without TLS, downloads are held back except on this machine.
            format!("--unsafely-treat-insecure-origin-as-secure=http://{HOST}"),
        ],
        ..Options::with_extension(extension_folder()?)
    })?;
    let extension = browser.extension()?;
    scene.introduce(&extension)?;
    // The last one is on top of the list, and is the one whose details are shown.
    for offer in scene.offers.iter().rev() {
        browser.download(&format!("http://{HOST}/{}", offer.name))?;
        extension.wait_for_verdict(offer.name, offer.expected)?;
    }
    take_pictures(&extension, &out)?;
    println!("pictures are in {}", out.display());
    Ok(())
}
