//! Questions to a person, asked on a terminal only.

use crate::error::CliError;
use crate::output;
use crate::secret::Secret;
use std::io::{IsTerminal, Write, stderr, stdin};
use std::path::Path;

#[cfg_attr(unix, path = "ask/unix.rs")]
#[cfg_attr(not(unix), path = "ask/other.rs")]
mod typed;

/// Whether there is a person to ask: standard input and standard error are a terminal.
pub fn is_possible() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks for something that is not shown while it is typed.
///
/// # Errors
/// When the terminal cannot be read, or the person ended it.
pub fn hidden(question: &str) -> Result<Secret, CliError> {
    let failed = |error| CliError::file(Path::new("the terminal"), error);
    let question = format!("{}: ", output::plain(question));
    let typed = typed::hidden(&question).map_err(failed);
    let mut err = stderr();
    // The line end was not shown either.
    writeln!(err).map_err(failed)?;
    typed
}

/// Asks whether something is to be done; anything but a plain yes means no.
///
/// # Errors
/// When the terminal cannot be read.
pub fn agrees(question: &str) -> Result<bool, CliError> {
    let failed = |error| CliError::file(Path::new("the terminal"), error);
    let mut err = stderr();
    write!(err, "{} [y/N] ", output::plain(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut answer = String::new();
    stdin().read_line(&mut answer).map_err(failed)?;
    let answer = answer.trim();
    Ok(["y", "yes"]
        .iter()
        .any(|yes| answer.eq_ignore_ascii_case(yes)))
}
