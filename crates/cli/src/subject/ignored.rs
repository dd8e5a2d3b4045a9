//! What a file in the syntax of gitignore leaves out.

use crate::error::CliError;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;

/// The largest such file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The patterns of one file.
pub struct Ignored(Gitignore);

impl Ignored {
    /// Reads the patterns in a file's text.
    ///
    /// # Errors
    /// When any line is no pattern: without it something else would be left out.
    pub fn parse(place: &Path, text: &str) -> Result<Self, CliError> {
        let wrong = |detail: String| CliError::WrongFile {
            path: place.to_owned(),
            detail,
        };
        let mut builder = GitignoreBuilder::new("");
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in (1..).zip(text.lines()) {
            builder
                .add_line(None, line)
                .map_err(|error| wrong(format!("line {number} is no pattern: {error}")))?;
        }
        let patterns = builder.build();
        Ok(Self(patterns.map_err(|error| {
            wrong(format!("its patterns cannot be used: {error}"))
        })?))
    }

    /// Whether what lies at a path, seen from the directory that the file is in, is left out; `None`
    /// where nothing is said of it.
    pub fn decides(&self, path: &Path, is_directory: bool) -> Option<bool> {
        let found = self.0.matched(path, is_directory);
        match (found.is_ignore(), found.is_whitelist()) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}
