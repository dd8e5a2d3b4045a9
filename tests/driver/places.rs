use std::path::PathBuf;

use crate::{Error, Result};

/// The built extension: the folder in ASSAY_EXTENSION.
///
/// # Errors
/// The variable is not set.
pub fn extension_folder() -> Result<PathBuf> {
    named("ASSAY_EXTENSION")
}

/// The extension packaged for Firefox: the path in ASSAY_FIREFOX_PACKAGE.
///
/// # Errors
/// The variable is not set.
pub fn firefox_package() -> Result<PathBuf> {
    named("ASSAY_FIREFOX_PACKAGE")
}

/// The program `assay`: the path in ASSAY_PROGRAM.
///
/// # Errors
/// The variable is not set.
pub fn assay_program() -> Result<PathBuf> {
    named("ASSAY_PROGRAM")
}

/// Cargo's target folder, for what demo and benchmarks leave behind: the path in ASSAY_TARGET.
///
/// # Errors
/// The variable is not set.
pub fn target_folder() -> Result<PathBuf> {
    named("ASSAY_TARGET")
}

fn named(variable: &str) -> Result<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| Error::Missing {
            what: format!("the variable {variable}"),
            remedy: "start this through `cargo xtask`, which builds everything and sets it"
                .to_owned(),
        })
}
