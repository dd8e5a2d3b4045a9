//! The token with which a notary lets this user write. It is read from a file or the environment,
//! never from the command line, which others on the machine can see, and never printed.

use crate::error::CliError;
use crate::input;
use crate::login::Logins;
use crate::output;
use crate::secret::Secret;
use assay_notary::exposure;
use std::fmt;
use std::io::IsTerminal;
use std::path::Path;

/// The environment's variable with the token itself.
const VARIABLE: &str = "ASSAY_NOTARY_TOKEN";
/// How a notary's tokens begin.
const PREFIX: &str = "assay_";
/// The longest file that is read, in bytes.
const MAX_BYTES: usize = 4096;

const NO_TOKEN: &str = "it holds no token, which is one word like assay_…";

/// A token.
pub struct ClientToken(Secret);

impl ClientToken {
    /// The token in `file`, or else in the environment, or else the one that a login kept for the notary
    /// at just this address; `None` where there is none.
    ///
    /// # Errors
    /// When the file cannot be read, everybody can read it, or what is there is no token.
    pub fn find(file: Option<&Path>, address: &str) -> Result<Option<Self>, CliError> {
        match Self::given(file)? {
            Some(token) => Ok(Some(token)),
            None => Logins::read()?.token(address),
        }
    }

    /// The token in `file` (`-` is standard input), or else in the environment.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn given(file: Option<&Path>) -> Result<Option<Self>, CliError> {
        if file == Some(Path::new("-")) {
            return Self::read_input().map(Some);
        }
        if let Some(file) = file {
            let is_token = |name: &str| name.starts_with(PREFIX) && !file.exists();
            if file.to_str().is_some_and(is_token) {
                return Err(CliError::Usage(format!(
                    "--token-file takes a file's name, never the token itself, which others on this \
                     machine could see; {VARIABLE} takes the token"
                )));
            }
            return Self::read(file).map(Some);
        }
        match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            Some(value) => match Self::new(&value.to_string_lossy()) {
                Some(token) => Ok(Some(token)),
                None => Err(CliError::Usage(format!(
                    "{VARIABLE} holds no token, which is one word like assay_…"
                ))),
            },
            None => Ok(None),
        }
    }

    /// One that a login kept.
    pub fn kept(text: &str) -> Option<Self> {
        Self::new(text)
    }

    /// The token itself, to be kept where only this user can read it.
    pub fn secret(&self) -> &str {
        self.0.expose()
    }

    /// The value of the header `Authorization`.
    pub fn authorization(&self) -> String {
        format!("Bearer {}", self.0.expose())
    }

    /// Somebody else's words without the token in them.
    pub fn struck_from(&self, words: &str) -> String {
        self.0.struck_from(words)
    }

    fn read_input() -> Result<Self, CliError> {
        if std::io::stdin().is_terminal() {
            return Err(CliError::Usage(
                "a terminal would show the token: let another program write it to standard input, or \
                 name a file"
                    .into(),
            ));
        }
        Self::of_text(Path::new("-"))
    }

    fn read(file: &Path) -> Result<Self, CliError> {
        if exposure::check(file)?.is_some() {
            output::note(&format!(
                "others in your group can read the token in {}",
                output::plain(&file.to_string_lossy())
            ));
        }
        Self::of_text(file)
    }

    fn of_text(file: &Path) -> Result<Self, CliError> {
        let text = Secret::new(input::text_or_input(file, MAX_BYTES)?);
        Self::new(text.expose()).ok_or_else(|| CliError::WrongFile {
            path: match file == Path::new("-") {
                true => "standard input".into(),
                false => file.to_owned(),
            },
            detail: NO_TOKEN.into(),
        })
    }

    fn new(text: &str) -> Option<Self> {
        let token = text.trim();
        let visible = token.chars().all(|c| c.is_ascii_graphic());
        (visible && !token.is_empty()).then(|| Self(Secret::new(token.to_owned())))
    }
}

impl fmt::Debug for ClientToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClientToken(…)")
    }
}
