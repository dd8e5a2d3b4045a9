//! Typing without being shown, where the terminal is not a Unix one.

use crate::secret::Secret;
use console::Term;
use std::io;

/// Shows the question, and reads a line.
///
/// # Errors
/// When the terminal cannot be read.
pub fn hidden(question: &str) -> io::Result<Secret> {
    let terminal = Term::stderr();
    terminal.write_str(question)?;
    Ok(Secret::new(terminal.read_secure_line()?))
}
