//! Where this user's keys and pins are kept.

use crate::error::CliError;
use etcetera::BaseStrategy;
use std::path::PathBuf;

/// The configuration directory: `ASSAY_CONFIG_DIR`, or `assay` in the platform's place.
///
/// # Errors
/// When the platform names no place.
pub fn directory() -> Result<PathBuf, CliError> {
    if let Some(set) = std::env::var_os("ASSAY_CONFIG_DIR").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    etcetera::choose_base_strategy()
        .map(|strategy| strategy.config_dir().join("assay"))
        .map_err(|error| CliError::NoConfig(error.to_string()))
}
