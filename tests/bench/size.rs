use std::fs;
use std::io::Write;
use std::path::PathBuf;

use assay_tests::{Error, Result, extension_folder};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::report::Report;

/// How much a person has to download.
pub fn measure(report: &mut Report) -> Result<()> {
    let mut wasm = 0;
    for entry in fs::read_dir(extension_folder()?.join("wasm"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "wasm") {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&fs::read(path)?)?;
            wasm += encoder.finish()?.len();
        }
    }
    let package = std::env::var_os("ASSAY_PACKAGE")
        .map(PathBuf::from)
        .ok_or_else(|| {
            Error::Other(
                "ASSAY_PACKAGE is not set: start this through `cargo xtask bench`".to_owned(),
            )
        })?;
    report.put("size.wasm_gzip_kib", wasm as f64 / 1024.0);
    report.put(
        "size.package_kib",
        fs::metadata(package)?.len() as f64 / 1024.0,
    );
    Ok(())
}
