//! What is printed: text for people, in which nothing from outside can pose as something else, and
//! JSON for programs.

use crate::color;
use crate::error::CliError;
use crate::progress;
use serde::Serialize;
use std::io::Write;
use std::path::Path;

/// Text from outside (a file name, a signer's words), made harmless for a terminal: control
/// characters and those that reorder text are written as their code points.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            c if c.is_control() || reorders(c) => format!("\\u{{{:x}}}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

/// Says on standard error what went wrong.
pub fn complain(message: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "{} {}",
        color::error_word(),
        plain(message)
    );
}

/// Says something on standard error that is not the result.
pub fn note(message: &str) {
    progress::aside(|| {
        let _ = writeln!(std::io::stderr(), "{}", plain(message));
    });
}

/// Prints the result. Where whoever read standard output has gone (`| head -1`), there is nobody to tell:
/// the command goes on as it would, and ends as it would.
///
/// # Errors
/// When standard output cannot be written to.
pub fn say(text: &str) -> Result<(), CliError> {
    raw(&format!("{text}\n"))
}

/// Prints a text just as it is.
///
/// # Errors
/// As [`say`].
pub fn raw(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What came of writing to standard output.
///
/// # Errors
/// As [`say`].
pub fn written(done: std::io::Result<()>) -> Result<(), CliError> {
    match done {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|error| CliError::file(Path::new("standard output"), error)),
    }
}

/// Prints the result as JSON.
///
/// # Errors
/// As [`say`].
pub fn json(value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| CliError::Internal(error.to_string()))?;
    say(&text)
}

/// Unicode's bidirectional formatting characters (UAX 9) and line separators.
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_steer_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[2Jb\n\u{202e}c é"),
            "a\\u{1b}[2Jb\\u{a}\\u{202e}c é"
        );
    }
}
