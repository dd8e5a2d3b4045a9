//! Where an answer by digest ended, and the next goes on.

use crate::store::MentionKind;
use std::fmt;
use std::str::FromStr;

/// A place in the list of an artifact's entries: those of its kind before an index, and all of the
/// kinds after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    pub(super) kind: MentionKind,
    pub(super) below: u64,
}

/// The order of the list.
pub(super) const KINDS: [MentionKind; 2] = [MentionKind::Named, MentionKind::Other];

impl Cursor {
    pub(super) const START: Self = Self {
        kind: MentionKind::Named,
        below: u64::MAX,
    };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            MentionKind::Named => 'n',
            _ => 'o',
        };
        write!(f, "{kind}{}", self.below)
    }
}

/// Why a text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be the `next` of an answer about the same artifact")]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (kind, below) = match (text.strip_prefix('n'), text.strip_prefix('o')) {
            (Some(below), _) => (MentionKind::Named, below),
            (_, Some(below)) => (MentionKind::Other, below),
            _ => return Err(NoCursor),
        };
        let below = below.parse().map_err(|_| NoCursor)?;
        Ok(Self { kind, below })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        for kind in KINDS {
            let cursor = Cursor { kind, below: 7 };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in ["", "n", "7", "x7", "n-7", "o7x", "n99999999999999999999999"] {
            assert_eq!(wrong.parse::<Cursor>(), Err(NoCursor), "{wrong:?}");
        }
    }
}
