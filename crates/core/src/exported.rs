//! The settings as a file: what the extension exports and imports, and what the command line takes as a
//! policy.

use crate::settings::Settings;
use serde::{Deserialize, Serialize};

/// What the file says it is.
pub const SCHEMA: &str = "assay.settings.v1";

/// Longer files, in bytes, are none.
pub const MAX_EXPORTED_BYTES: usize = 4 * 1024 * 1024;

/// The file. Its name for itself comes first, so that people see what they have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// [`SCHEMA`].
    pub schema: String,
    /// The settings, without what is secret in them.
    pub settings: Settings,
}

impl Exported {
    /// These settings as a file. A token is a secret of who has it, and no part of it.
    pub fn of(settings: Settings) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            settings: Settings {
                github_token: None,
                ..settings
            },
        }
    }

    /// The settings, where they can be used.
    ///
    /// # Errors
    /// The part that keeps them from it ([`Settings::problem`]), or what the file says it is, if that is
    /// something else.
    pub fn usable(self) -> Result<Settings, String> {
        if self.schema != SCHEMA {
            return Err(self.schema.chars().take(80).collect());
        }
        match self.settings.problem() {
            Some(problem) => Err(problem),
            None => Ok(self.settings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_exported_is_usable_and_has_no_secret() {
        let settings = Settings {
            github_token: Some("ghp_0123456789012345678901234567890123456".into()),
            rekors: vec!["https://rekor.example".into()],
            ..Settings::default()
        };
        let exported = Exported::of(settings.clone());
        let text = serde_json::to_string(&exported).unwrap();
        assert!(text.starts_with(r#"{"schema":"assay.settings.v1""#));
        let read: Exported = serde_json::from_str(&text).unwrap();
        let read = read.usable().unwrap();
        assert_eq!(read.github_token, None);
        assert_eq!(read.rekors, settings.rekors);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let mut exported = Exported::of(Settings::default());
        exported.settings.rekors.push("file:///etc".into());
        assert_eq!(exported.clone().usable(), Err("file:///etc".into()));
        exported.schema = "another".into();
        assert_eq!(exported.usable(), Err("another".into()));
    }
}
