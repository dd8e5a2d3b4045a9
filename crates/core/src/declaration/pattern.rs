//! Patterns of paths, as declarations have them.

/// Longer patterns and paths match nothing, so that what a match may cost is bounded.
const MAX_BYTES: usize = 1024;

/// Whether a path means one place: it begins at the root and nowhere leads upwards. A segment like
/// that can come out of an encoded slash.
pub(super) fn is_plain(path: &str) -> bool {
    path.starts_with('/') && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// Whether a pattern stands for the whole path: `*` for any characters but a slash, `**` for any
/// characters, everything else for itself.
///
/// It goes through the pattern once, and for each character of it through the path once.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    if pattern.len() > MAX_BYTES || path.len() > MAX_BYTES {
        return false;
    }
    // For each length: whether so much of the path is what the pattern so far can stand for.
    let mut reached = vec![false; path.len() + 1];
    if let Some(nothing) = reached.first_mut() {
        *nothing = true;
    }
    let mut rest = pattern.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        // The second star of two is then one that changes nothing.
        let crosses_slashes = rest.first() == Some(&b'*');
        // Whether the length before is reached: by the pattern with this character if that is a
        // star, which can take one byte more, and otherwise by the pattern without.
        let mut before = false;
        // No byte leads to the length of nothing, and nothing lies before it.
        let bytes = std::iter::once(&0).chain(path.as_bytes());
        for (reached, byte) in reached.iter_mut().zip(bytes) {
            if *first == b'*' {
                *reached |= before && (crosses_slashes || *byte != b'/');
                before = *reached;
            } else {
                let now = before && byte == first;
                before = std::mem::replace(reached, now);
            }
        }
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, as it would be said in one sentence, and exponential.
    fn is_meant(pattern: &[u8], path: &[u8]) -> bool {
        match (pattern, path) {
            ([], _) => path.is_empty(),
            ([b'*', b'*', rest @ ..], _) => {
                (0..=path.len()).any(|taken| is_meant(rest, &path[taken..]))
            }
            ([b'*', rest @ ..], _) => {
                let segment = path.iter().take_while(|byte| **byte != b'/').count();
                (0..=segment).any(|taken| is_meant(rest, &path[taken..]))
            }
            ([c, rest @ ..], [d, tail @ ..]) => c == d && is_meant(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn patterns_mean_what_the_reference_says() {
        // A linear congruential generator (Knuth's MMIX): the same texts in every run.
        let mut state: u64 = 7;
        let mut below = |most: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let mut found = [0, 0];
        for _ in 0..60_000 {
            let mut text = |most: u64, letters: &[u8]| {
                let length = below(most);
                let letters: Vec<u8> = (0..length)
                    .map(|_| letters[below(letters.len() as u64) as usize])
                    .collect();
                String::from_utf8(letters).unwrap()
            };
            let pattern = text(9, b"ab/***");
            let path = text(9, b"ab/");
            let expected = is_meant(pattern.as_bytes(), path.as_bytes());
            assert_eq!(matches(&pattern, &path), expected, "{pattern} {path}");
            found[usize::from(expected)] += 1;
        }
        assert!(found.iter().all(|count| *count > 3_000), "{found:?}");
    }

    #[test]
    fn one_star_stays_in_its_segment_and_two_do_not() {
        for (pattern, path) in [
            ("/a", "/a"),
            ("/", "/"),
            ("/tool/*", "/tool/a.zip"),
            ("/tool/*", "/tool/"),
            ("/tool/*.zip", "/tool/.zip"),
            ("/*/tool-*.tar.*", "/v1/tool-1.tar.gz"),
            ("/releases/**", "/releases/"),
            ("/releases/**", "/releases/v1/a/b.zip"),
            ("/**/a", "/x/y/a"),
            ("/**/a", "//a"),
            ("/**.zip", "/a.zip"),
            ("/**.zip", "/x/a.zip"),
            ("/a/***", "/a/b/c"),
            ("/a/****b", "/a/x/b"),
            ("/é/*", "/é/✓"),
            ("/**✓", "/é/✓"),
        ] {
            assert!(matches(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("", "/"),
            ("/a", "/A"),
            ("/a", "/ab"),
            ("/a", "/"),
            ("/a", "/b/a"),
            ("/tool/*", "/tool"),
            ("/tool/*", "/tools/a"),
            ("/tool/*", "/tool/x/a"),
            ("/tool/*", "/x/tool/a"),
            ("/tool/*.zip", "/tool/a.zip.exe"),
            ("/releases/**", "/releases"),
            ("/**/a", "/a"),
            ("/a.b", "/axb"),
            ("/a?", "/ab"),
            ("/[ab]", "/a"),
            ("/a%20b", "/a b"),
        ] {
            assert!(!matches(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_made_to_take_long_does_not() {
        let path = format!("/{}", "a".repeat(MAX_BYTES - 1));
        let pattern = format!("/{}b", "**a".repeat(MAX_BYTES / 3 - 1));
        let start = std::time::Instant::now();
        assert!(!matches(&pattern, &path));
        let took = start.elapsed();
        // It takes a fraction of a second even where nothing is optimised; with every way tried it
        // would never end.
        assert!(took.as_secs() < 10, "{took:?}");
        assert!(matches("/**", &path));
        assert!(!matches("/**", &format!("{path}a")));
        assert!(!matches(&format!("/{}", "*".repeat(MAX_BYTES)), "/a"));
    }

    #[test]
    fn a_path_that_leads_upwards_is_not_plain() {
        for path in ["/", "/a", "/a/b.c", "//", "/...", "/.a", "/a/..b"] {
            assert!(is_plain(path), "{path}");
        }
        for path in ["", "a", "/..", "/a/../b", "/./a", "/a/.", "../a"] {
            assert!(!is_plain(path), "{path}");
        }
    }
}
