//! Typing without being shown, on a Unix terminal.
//!
//! The terminal hands over every key here, those that would end the program among them: so it is
//! always put back as it was.

use crate::secret::Secret;
use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::io::{self, Read, Write, stderr, stdin};
use zeroize::Zeroizing;

/// The longest line, in bytes.
const LONGEST: usize = 1024;

/// The terminal as it was, which it is again when this is dropped.
struct Before(Termios);

impl Drop for Before {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// Shows the question, and reads a line.
///
/// # Errors
/// When the terminal cannot be read, or the person ended it.
pub fn hidden(question: &str) -> io::Result<Secret> {
    let input = stdin();
    let before = Before(tcgetattr(&input)?);
    let mut quiet = before.0.clone();
    let shown = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
    quiet.local_modes.remove(shown);
    quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
    quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
    // Before the question is there: whoever sees it may type at once.
    tcsetattr(&input, OptionalActions::Now, &quiet)?;
    let mut err = stderr();
    err.write_all(question.as_bytes())?;
    err.flush()?;
    line(&mut input.lock())
}

/// Reads a line, with the keys that take something back or end it.
fn line(input: &mut impl Read) -> io::Result<Secret> {
    // Never grown, so that no copy of it is left behind.
    let mut typed = Zeroizing::new(Vec::with_capacity(LONGEST));
    let mut key = Zeroizing::new([0u8; 1]);
    loop {
        let read = match input.read(&mut *key) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        match key[0] {
            _ if read == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            b'\n' | b'\r' => break,
            // Control-C and Control-D.
            3 | 4 => return Err(io::Error::other("it was ended")),
            // Backspace, in both of its forms: a whole character.
            8 | 127 => while typed.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            // Control-U.
            21 => typed.clear(),
            _ if typed.len() == LONGEST => return Err(io::Error::other("it is too long")),
            byte => typed.push(byte),
        }
    }
    match std::str::from_utf8(&typed) {
        Ok(text) => Ok(Secret::new(text.to_owned())),
        Err(_) => Err(io::Error::other("it is no text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_back_is_not_there() {
        let typed = |keys: &str| line(&mut keys.as_bytes()).map(|line| line.expose().to_owned());
        for (keys, text) in [
            ("a b\r", "a b"),
            ("ab\u{7f}\u{7f}\u{7f}c\n", "c"),
            ("aé\u{8}b\nrest", "ab"),
            ("wrong\u{15}right\n", "right"),
        ] {
            assert_eq!(typed(keys).unwrap(), text);
        }
        for keys in ["", "a", "a\u{3}\n", "a\u{4}\n", &"a".repeat(LONGEST + 1)] {
            assert!(typed(keys).is_err(), "{keys:?}");
        }
    }
}
