//! Sentences for people: a key into the interface's messages and what is filled in.
//!
//! The words themselves are in `extension/_locales`, one file a language, in the browser's
//! format. The extension asks the browser for them; the command line takes the English ones.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A sentence that is not yet in any language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The key in `_locales/*/messages.json`.
    pub key: String,
    /// What is filled in for `$1`, `$2` and so on, in order. Hostile text is kept as it is: who
    /// shows it must show it as text.
    pub args: Vec<String>,
}

impl Message {
    /// A message with what is filled in.
    pub fn new<T: Into<String>>(key: &str, args: impl IntoIterator<Item = T>) -> Self {
        Self {
            key: key.to_owned(),
            args: args.into_iter().map(Into::into).collect(),
        }
    }

    /// A message with nothing to fill in.
    pub fn bare(key: &str) -> Self {
        Self::new(key, std::iter::empty::<String>())
    }

    /// The English sentence. A key without words stands for itself.
    pub fn english(&self) -> String {
        match english_messages().get(&self.key) {
            Some(entry) => entry.fill(&self.args),
            None => self.key.clone(),
        }
    }
}

/// One entry of a `messages.json` of browser extensions.
#[derive(Debug, Deserialize)]
pub struct LocaleEntry {
    /// The sentence, with named placeholders between dollar signs.
    pub message: String,
    /// What each named placeholder stands for: `$1`, `$2` and so on.
    #[serde(default)]
    pub placeholders: BTreeMap<String, Placeholder>,
}

/// What a named placeholder of a [`LocaleEntry`] stands for.
#[derive(Debug, Deserialize)]
pub struct Placeholder {
    /// `$1`, `$2` and so on.
    pub content: String,
}

impl LocaleEntry {
    /// The sentence with its placeholders filled in, as a browser does it.
    pub fn fill(&self, args: &[String]) -> String {
        let mut filled = String::new();
        let mut rest = self.message.as_str();
        while let Some((before, after)) = rest.split_once('$') {
            filled.push_str(before);
            match after.split_once('$') {
                Some((name, tail)) if self.argument(name, args).is_some() => {
                    filled.push_str(self.argument(name, args).unwrap_or_default());
                    rest = tail;
                }
                _ => {
                    filled.push('$');
                    rest = after;
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// How many arguments the sentence takes.
    pub fn arity(&self) -> usize {
        self.placeholders
            .values()
            .filter_map(Placeholder::position)
            .max()
            .unwrap_or(0)
    }

    fn argument<'a>(&self, name: &str, args: &'a [String]) -> Option<&'a str> {
        let placeholder = self.placeholders.get(&name.to_ascii_lowercase())?;
        let index = placeholder.position()?.checked_sub(1)?;
        Some(args.get(index).map_or("", String::as_str))
    }
}

impl Placeholder {
    fn position(&self) -> Option<usize> {
        self.content.strip_prefix('$')?.parse().ok()
    }
}

/// The English messages, by key.
pub fn english_messages() -> &'static BTreeMap<String, LocaleEntry> {
    static MESSAGES: OnceLock<BTreeMap<String, LocaleEntry>> = OnceLock::new();
    MESSAGES.get_or_init(|| {
        serde_json::from_str(include_str!("../../../extension/_locales/en/messages.json"))
            .unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_and_hostile_text_is_kept() {
        let entry: LocaleEntry = serde_json::from_str(
            r#"{"message":"$WHO$ signed $what$ for $5","placeholders":{"who":{"content":"$1"},"what":{"content":"$2"}}}"#,
        )
        .expect("a valid entry");
        assert_eq!(entry.arity(), 2);
        assert_eq!(
            entry.fill(&["$what$".into(), "<b>".into()]),
            "$what$ signed <b> for $5"
        );
        assert_eq!(entry.fill(&[]), " signed  for $5");
    }

    #[test]
    fn the_english_messages_can_be_read() {
        assert!(!english_messages().is_empty());
    }
}
