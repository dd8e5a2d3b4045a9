//! Exit codes. Scripts rely on them: they are documented in docs/cli.md and never change meaning.

use assay_core::verdict::Verdict;
use std::process::ExitCode;

/// How the program ends. Where several files end differently, the largest code wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exit(u8);

impl Exit {
    /// All was done; of `verify`: every file is verified.
    pub const DONE: Self = Self(0);
    /// Something could not be done: a file, the disk.
    pub const FAILED: Self = Self(1);
    /// A wrong command line, which clap ends with, too.
    pub const USAGE: Self = Self(2);
    /// The notary's trust root is not the one that was pinned.
    pub const OTHER_TRUST_ROOT: Self = Self(3);
    /// The notary gave no usable answer.
    pub const NO_ANSWER: Self = Self(4);
    /// A log is not what it has to be.
    pub const LOG_DIFFERS: Self = Self(5);
    /// A fault of this program (EX_SOFTWARE in sysexits.h).
    pub const INTERNAL: Self = Self(70);

    /// The code of a verdict: 0 for verified only, the worse the larger.
    pub fn of(verdict: Verdict) -> Self {
        Self(match verdict {
            Verdict::Verified => 0,
            Verdict::Authentic => 10,
            Verdict::Signed => 11,
            Verdict::Intact => 12,
            Verdict::Unknown => 13,
            Verdict::Unchecked => 14,
            Verdict::Unsupported => 15,
            Verdict::Changed => 16,
            Verdict::Mismatch => 17,
            Verdict::Forged => 18,
            Verdict::Untrusted => 19,
        })
    }

    /// The number.
    pub fn code(self) -> u8 {
        self.0
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verified_ends_well_and_each_verdict_has_its_own_code() {
        let mut codes: Vec<_> = Verdict::ALL.iter().map(|v| Exit::of(*v).code()).collect();
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1);
        assert_eq!(Exit::of(Verdict::Verified), Exit::DONE);
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Verdict::ALL.len());
        assert!(codes.iter().all(|code| ![1, 2, 3, 4, 5, 70].contains(code)));
        // A fault of the program outweighs whatever it found out about other files.
        assert!(Verdict::ALL.iter().all(|v| Exit::of(*v) < Exit::INTERNAL));
    }
}
