//! What nobody else may see: passphrases, private keys, tokens. A secret comes from a file, from
//! standard input, from the environment or from a terminal, never from the command line, which
//! others on the machine can read. It is wiped from memory when it is not needed any more, and has
//! no form in which it could be printed by mistake.

use crate::error::CliError;
use crate::input;
use assay_notary::exposure;
use std::ffi::OsStr;
use std::fmt;
use std::io::{Read, stdin};
use std::path::Path;
use std::process::Command;
use zeroize::Zeroizing;

/// The longest secret that is read, in bytes: a private key has some hundred, a token some thousand.
const MAX_BYTES: u64 = 64 * 1024;

/// What stands for a secret in words of somebody else.
const STRUCK: &str = "(secret)";

/// A secret text.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes it over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for whoever needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same without the line end, or any white space, around it.
    pub fn trimmed(&self) -> Self {
        Self::new(self.0.trim().to_owned())
    }

    /// The same without the one line end after it: the rest of a passphrase counts.
    pub fn line(&self) -> Self {
        let text = self.0.strip_suffix('\n').unwrap_or(&self.0);
        Self::new(text.strip_suffix('\r').unwrap_or(text).to_owned())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The secret in a variable of the environment; `None` where it is not set, or empty.
    ///
    /// # Errors
    /// When it is no text.
    pub fn of_environment(name: &'static str) -> Result<Option<Self>, CliError> {
        let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        match value.into_string() {
            Ok(text) => Ok(Some(Self::new(text))),
            Err(_) => Err(CliError::Usage(format!("{name} holds no text"))),
        }
    }

    /// All that standard input holds.
    ///
    /// # Errors
    /// When it cannot be read, or is too long for a secret.
    pub fn of_input() -> Result<Self, CliError> {
        Self::read(stdin().lock(), "what standard input holds")
    }

    /// What a file holds that `option` names, or standard input for `-`. That everybody can read it
    /// is no obstacle where `shared` says so.
    ///
    /// # Errors
    /// When it cannot be read, or everybody can read it. No error says what was named: somebody may
    /// have taken the option for one that takes the secret itself.
    pub fn of_file(path: &Path, option: &'static str, shared: Shared) -> Result<Self, CliError> {
        if path == OsStr::new("-") {
            return Self::of_input();
        }
        let what = format!("what {option} names");
        let unreadable = |error: &dyn fmt::Display| {
            CliError::Secret(format!(
                "{what} cannot be read as a file: {error}. It takes a file's name (or -), never the \
                 secret itself, which others on this machine could see"
            ))
        };
        let file = input::open(path).map_err(|error| unreadable(&error))?;
        let exposed = exposure::check(path);
        if shared == Shared::Refused && exposed.is_err() {
            return Err(CliError::Secret(format!(
                "{what} can be read by everybody on this machine: let only its owner read it \
                 (chmod 600)"
            )));
        }
        Self::read(file, &what)
    }

    fn read(from: impl Read, what: &str) -> Result<Self, CliError> {
        let mut text = Zeroizing::new(String::new());
        let read = from.take(MAX_BYTES + 1).read_to_string(&mut text);
        match read {
            Ok(bytes) if bytes as u64 > MAX_BYTES => Err(CliError::Secret(format!(
                "{what} has more than {MAX_BYTES} bytes, and is no secret"
            ))),
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(CliError::Secret(format!("{what} cannot be read: {error}"))),
        }
    }

    /// Somebody else's words without this secret in them: servers like to repeat what they were sent.
    pub fn struck_from(&self, words: &str) -> String {
        let mut words = words.to_owned();
        let parts = self.0.split(|c: char| c == '.' || c.is_whitespace());
        for part in std::iter::once(self.0.as_str()).chain(parts) {
            // What is shorter is in many words that tell nothing.
            if part.len() >= 8 {
                words = words.replace(part, STRUCK);
            }
        }
        words
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Whether a file with a secret may be one that everybody can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// It may: others put it there for some minutes, as the machines of CI providers do.
    Taken,
    /// It may not.
    Refused,
}

/// A program to be run that gets none of the secrets in this program's environment.
pub fn child(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("ASSAY_") || OTHERS.contains(&text.as_ref()) {
            command.env_remove(&name);
        }
    }
    command
}

/// Secrets of others that this program knows of.
const OTHERS: [&str; 3] = [
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SIGSTORE_ID_TOKEN",
    "COSIGN_PASSWORD",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed_and_struck_from_what_others_say() {
        let secret = Secret::new("header.payload-of-it.signature-of-it".into());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let words = "no such thing: header.payload-of-it.signature-of-it, nor payload-of-it";
        let struck = secret.struck_from(words);
        assert_eq!(struck, "no such thing: (secret), nor (secret)");
        assert_eq!(secret.struck_from("nothing"), "nothing");
    }

    #[test]
    fn of_a_passphrase_only_the_line_end_is_taken_away() {
        for (text, line) in [
            (" a b \n", " a b "),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("", ""),
        ] {
            assert_eq!(Secret::new(text.into()).line().expose(), line);
        }
    }

    #[test]
    fn what_is_no_file_is_not_repeated() {
        let error = Secret::of_file(Path::new("hunter2"), "--passphrase-file", Shared::Refused);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("--passphrase-file") && !error.contains("hunter2"));
    }
}
