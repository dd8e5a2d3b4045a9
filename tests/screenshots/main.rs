//! `cargo xtask screenshots`: pictures of every page of the extension in every state, for a look; with
//! `--docs` those of the documentation.

mod gallery;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use assay_tests::{
    Browser, Error, Options, Result, Scene, exit_code, extension_folder, take_pictures,
    target_folder,
};

/// The site's name in the pictures; it leads to this machine.
const HOST: &str = "downloads.aurora.example";

fn main() -> ExitCode {
    exit_code(run().map(|()| true))
}

fn run() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (docs, out) = match words.as_slice() {
        [] => (false, target_folder()?.join("screenshots")),
        [docs] if docs == "--docs" => {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/images");
            (true, PathBuf::from(folder))
        }
        [option, folder] if option == "--out" => (false, PathBuf::from(folder)),
        [docs, option, folder] if docs == "--docs" && option == "--out" => {
            (true, PathBuf::from(folder))
        }
        _ => {
            return Err(Error::Other(format!(
                "not understood: {} (known: --docs, --out DIR)",
                words.join(" ")
            )));
        }
    };
    match docs {
        true => take_for_documentation(&out)?,
        false => gallery::take(&out)?,
    }
    println!("pictures are in {}", out.display());
    Ok(())
}

/// Of real downloads.
fn take_for_documentation(out: &Path) -> Result<()> {
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
    take_pictures(&extension, out)
}
