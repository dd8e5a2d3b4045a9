use std::fs;
use std::io::Write;
use std::path::PathBuf;

use assay_tests::{Error, Result, extension_folder};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::report::Report;

/// How much a person has to download.
pub fn measure(report: &mut Report) -> Result<()> {
    // The pages' own module has none of the proofs, and is loaded with a page only; that of the Worker
    // which hashes what the user brings, with one of the pages; the list of public suffixes, when a
    // rule is made; what looks after trust roots, when that is due.
    let (mut background, mut pages, mut digests, mut suffixes, mut roots) = (0, 0, 0, 0, 0);
    for entry in fs::read_dir(extension_folder()?.join("wasm"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "wasm") {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&fs::read(&path)?)?;
            let size = encoder.finish()?.len();
            match path.file_stem().and_then(|stem| stem.to_str()) {
                Some("pages_bg") => pages += size,
                Some("digests_bg") => digests += size,
                Some("suffixes_bg") => suffixes += size,
                Some("roots_bg") => roots += size,
                _ => background += size,
            }
        }
    }
    let package = std::env::var_os("ASSAY_PACKAGE")
        .map(PathBuf::from)
        .ok_or_else(|| {
            Error::Other(
                "ASSAY_PACKAGE is not set: start this through `cargo xtask bench`".to_owned(),
            )
        })?;
    report.put("size.wasm_gzip_kib", background as f64 / 1024.0);
    report.put("size.pages_wasm_gzip_kib", pages as f64 / 1024.0);
    report.put("size.digests_wasm_gzip_kib", digests as f64 / 1024.0);
    report.put("size.suffixes_wasm_gzip_kib", suffixes as f64 / 1024.0);
    report.put("size.roots_wasm_gzip_kib", roots as f64 / 1024.0);
    report.put(
        "size.package_kib",
        fs::metadata(package)?.len() as f64 / 1024.0,
    );
    Ok(())
}
