use std::path::PathBuf;

use anyhow::{Result, bail};

/// The words after `cargo xtask`: a command, then options in any order.
pub struct Arguments {
    words: Vec<String>,
}

impl Arguments {
    pub fn from_environment() -> Self {
        Self {
            words: std::env::args().skip(1).collect(),
        }
    }

    /// Takes the command, which comes first.
    pub fn command(&mut self) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.remove(0))
    }

    /// Takes `name` if it is there.
    pub fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    /// Takes `name VALUE` or `name=VALUE`.
    pub fn text(&mut self, name: &str) -> Result<Option<String>> {
        let with_equals = format!("{name}=");
        let Some(at) = self
            .words
            .iter()
            .position(|word| word == name || word.starts_with(&with_equals))
        else {
            return Ok(None);
        };
        let word = self.words.remove(at);
        if let Some(value) = word.strip_prefix(&with_equals) {
            return Ok(Some(value.to_owned()));
        }
        if at >= self.words.len() {
            bail!("{name} needs a value after it");
        }
        Ok(Some(self.words.remove(at)))
    }

    pub fn path(&mut self, name: &str) -> Result<Option<PathBuf>> {
        Ok(self.text(name)?.map(PathBuf::from))
    }

    /// Refuses what nobody took.
    pub fn finish(&self) -> Result<()> {
        if self.words.is_empty() {
            return Ok(());
        }
        bail!("not understood: {}", self.words.join(" "));
    }

    pub fn rest(self) -> Vec<String> {
        self.words
    }
}
