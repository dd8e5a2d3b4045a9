//! Under which names something is looked for beside a file, and in which order: what was found on a
//! host before comes first, then what its declaration makes likely, then the others in turn.
//!
//! That one file has nothing beside it says little about the next one. So only names that a whole
//! directory has in common count as absent there for a while, and only where a server said so:
//! what was not answered is asked for again.

use super::names::{ALL, LIKELY, Likely, MINISIG_OF_FILE, SIGNED_LIST, applies};
use serde::{Deserialize, Serialize};

/// So many requests are made to a host that is known, at most, unless a signature is missed.
pub const MOST_KNOWN: usize = 3;

/// So long all names are not tried once more on a host, and a name that was not found in a directory
/// is not tried there, in seconds: a week.
pub const ABSENT_FOR: i64 = 7 * 24 * 60 * 60;

/// So many names that are not in their directories are remembered of a host.
const MOST_ABSENT: usize = 128;

/// What is remembered of a host, so that it is asked for few names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Under which names something was found, the last first.
    pub found: Vec<String>,
    /// When all names were tried, in seconds since 1970.
    pub tried_at: i64,
    /// Whether minisign's were among them.
    #[serde(default)]
    pub minisig: bool,
    /// Whose turn it is next of the names that are not tried each time, by the place in their order.
    #[serde(default)]
    pub turn: usize,
    /// The names of lists that were not in a directory since all names were tried, each after the
    /// directory's mark.
    #[serde(default)]
    pub absent: Vec<String>,
    /// Whether there was nothing but pages the last time, whatever was asked for. Then all names are tried
    /// once a few of them get another answer.
    #[serde(default)]
    pub pages: bool,
}

impl Habits {
    /// Whether all usual names are to be tried on this host. `now` is in seconds since 1970.
    pub(super) fn is_due(&self, keyed: bool, now: i64) -> bool {
        let age = now - self.tried_at;
        !(0..ABSENT_FOR).contains(&age) || keyed && !self.minisig
    }

    /// The names to try on a host that is known, so many at most, and how many of them are not there by
    /// their turn. `place` is the directory's mark.
    pub(super) fn names(
        &self,
        most: usize,
        likely: Likely,
        place: &str,
    ) -> (Vec<&'static str>, usize) {
        let mut names: Vec<&'static str> = Vec::new();
        let mut add = |name: &str, most: usize| {
            // Those that are known are static, whatever was stored.
            if let Some(name) = ALL.into_iter().find(|known| *known == name)
                && applies(name, likely)
                && names.len() < most
                && !names.contains(&name)
                && !self.absent.contains(&mark(place, name))
            {
                names.push(name);
            }
            names.len()
        };
        if let Some(first) = self.found.first() {
            add(first, most);
        }
        if likely.keyed {
            add(MINISIG_OF_FILE, most);
        }
        if likely.named {
            add(ALL[0], most);
        }
        for name in &self.found {
            add(name, most);
        }
        let mut fixed = add("", most);
        for name in LIKELY {
            // The last one is for those whose turn it is.
            fixed = fixed.max(add(name, most.saturating_sub(1)));
        }
        for (place, name) in ALL.into_iter().enumerate() {
            if place >= self.turn {
                add(name, most);
            }
        }
        for name in ALL {
            add(name, most);
        }
        (names, fixed)
    }

    /// Whether files from this host are known by SHA-512: then it is found out in one go with SHA-256.
    pub fn needs_sha512(&self) -> bool {
        self.found
            .iter()
            .any(|found| found.to_ascii_lowercase().contains("sha512"))
    }

    /// Whether lists were seen signed on this host, and later than files were.
    pub(super) fn signs_lists(&self) -> bool {
        let place = |wanted: &str| self.found.iter().position(|name| name == wanted);
        match (place(SIGNED_LIST), place(MINISIG_OF_FILE)) {
            (Some(list), file) => file.is_none_or(|file| list < file),
            (None, _) => false,
        }
    }

    /// Notes what was found now, of what was asked for: what was not there is less likely next time.
    pub(super) fn note(&mut self, found: &[String], asked: &[&str]) {
        let mut order = found.to_vec();
        for is_missed in [false, true] {
            for known in &self.found {
                if asked.contains(&known.as_str()) == is_missed && !order.contains(known) {
                    order.push(known.clone());
                }
            }
        }
        self.found = order;
    }

    /// Notes that the name after this one has its turn next.
    pub(super) fn pass_turn(&mut self, after: &str) {
        if let Some(place) = ALL.iter().position(|name| *name == after) {
            self.turn = place + 1;
        }
    }

    /// Notes that this name's turn is next.
    pub(super) fn give_turn(&mut self, name: &str) {
        if let Some(place) = ALL.iter().position(|known| *known == name) {
            self.turn = place;
        }
    }

    /// Notes whether a list is in this directory.
    pub(super) fn note_list(&mut self, place: &str, name: &str, is_there: bool) {
        let mark = mark(place, name);
        self.absent.retain(|known| *known != mark);
        if !is_there {
            self.absent.push(mark);
            // The oldest makes room.
            if self.absent.len() > MOST_ABSENT {
                self.absent.remove(0);
            }
        }
    }
}

fn mark(place: &str, name: &str) -> String {
    format!("{place}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(habits: &Habits, most: usize, likely: Likely) -> Vec<&'static str> {
        habits.names(most, likely, "here").0
    }

    fn having(found: &[&str]) -> Habits {
        Habits {
            found: found.iter().map(|&name| name.to_owned()).collect(),
            ..Habits::default()
        }
    }

    #[test]
    fn what_was_found_comes_first_then_what_is_declared_then_what_is_likely() {
        let likely = Likely::default();
        let nothing = Habits::default();
        let first = ["SHA256SUMS", "*.sha256", "*.sigstore.json"];
        assert_eq!(names(&nothing, 3, likely), first);
        let keyed = Likely {
            keyed: true,
            ..Likely::default()
        };
        let first = ["*.minisig", "SHA256SUMS", "*.sigstore.json"];
        assert_eq!(names(&nothing, 3, keyed), first);
        let both = Likely {
            keyed: true,
            named: true,
            ..Likely::default()
        };
        let lists = having(&["checksums.txt", "*.sha512", "SHA256SUMS"]);
        let first = ["checksums.txt", "*.minisig", "*.sigstore.json"];
        assert_eq!(names(&lists, 3, both), first);
        let first = ["checksums.txt", "*.sha512", "SHA256SUMS"];
        assert_eq!(names(&lists, 3, likely), first);
        // Whatever was stored, only names of this version are asked for, and minisign's with a key.
        let odd = having(&["../../secret", "*.minisig", "SHA512SUMS"]);
        assert_eq!(names(&odd, 1, likely), ["SHA512SUMS"]);
        assert!(names(&odd, 0, both).is_empty());
    }

    #[test]
    fn the_others_have_their_turn_one_after_the_other() {
        let mut habits = having(&["*.sha256"]);
        let mut seen = Vec::new();
        for _ in 0..ALL.len() {
            let (names, fixed) = habits.names(3, Likely::default(), "here");
            assert_eq!((names.len(), fixed), (3, 2), "{names:?}");
            habits.pass_turn(names.last().unwrap());
            seen.extend(names);
        }
        for name in ALL {
            let is_there = name != "*.minisig" && !name.starts_with('+');
            assert_eq!(seen.contains(&name), is_there, "{name}");
        }
        habits.give_turn("*.sigstore");
        assert_eq!(
            names(&habits, 3, Likely::default()).last(),
            Some(&"*.sigstore")
        );
    }

    #[test]
    fn lists_of_a_version_are_for_files_whose_names_tell_it() {
        let versioned = Likely {
            versioned: true,
            ..Likely::default()
        };
        let known = having(&["+_checksums.txt", "SHA256SUMS"]);
        assert_eq!(names(&known, 1, versioned), ["+_checksums.txt"]);
        assert_eq!(names(&known, 1, Likely::default()), ["SHA256SUMS"]);
    }

    #[test]
    fn a_list_is_absent_in_its_directory_and_only_there() {
        let mut habits = Habits::default();
        habits.note_list("here", "SHA256SUMS", false);
        let at = |place: &str| {
            let (names, _) = habits.names(3, Likely::default(), place);
            names.contains(&"SHA256SUMS")
        };
        assert!(!at("here") && at("there"));
        habits.note_list("here", "SHA256SUMS", true);
        assert!(habits.absent.is_empty());
        for number in 0..2 * MOST_ABSENT {
            habits.note_list(&number.to_string(), "SHA256SUMS", false);
        }
        assert_eq!(habits.absent.len(), MOST_ABSENT);
    }

    #[test]
    fn what_is_missed_is_less_likely_the_next_time() {
        let mut habits = having(&["*.minisig", "SHA256SUMS", "*.sha256"]);
        habits.note(&["checksums.txt".into()], &["*.minisig", "checksums.txt"]);
        let order = ["checksums.txt", "SHA256SUMS", "*.sha256", "*.minisig"];
        assert_eq!(habits.found, order);
        assert!(!habits.signs_lists());
        habits.note(&["SHA512SUMS".into(), SIGNED_LIST.into()], &[]);
        assert!(habits.signs_lists() && habits.needs_sha512());
    }
}
