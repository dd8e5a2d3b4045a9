//! Names that differ in nothing but the case of their letters. Many disks do not tell them apart: who
//! unpacks or copies an image there has one of two files, and not the one that was checked.

use std::collections::HashMap;

/// What lies at the top of a layout or an archive and says which images are in it.
const AT_THE_TOP: [&str; 5] = [
    "index.json",
    "manifest.json",
    "oci-layout",
    "repositories",
    "blobs",
];

/// Refuses a name at the top of a layout or an archive that is one of those that say which images are in
/// it, but for the case of its letters.
///
/// # Errors
/// In words.
pub fn check_top(name: &str) -> Result<(), String> {
    let meant = folded(name);
    match AT_THE_TOP.iter().find(|known| **known == meant) {
        Some(known) if *known != name => Err(format!(
            "{name:?} is in it, which some systems take for {known}: remove it, or save the image again"
        )),
        _ => Ok(()),
    }
}

/// Refuses paths of which two, or the folders that they lead through, differ only in the case of letters.
///
/// # Errors
/// In words.
pub fn check_paths<'a>(paths: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for path in paths {
        for part in around(path).chain([path]) {
            let other = *seen.entry(folded(part)).or_insert(part);
            if other != part {
                let (one, other) = (part.min(other), part.max(other));
                return Err(format!(
                    "{one:?} and {other:?} are in it, which some systems take for the same: save the image \
                     again"
                ));
            }
        }
    }
    Ok(())
}

/// The folders that a path leads through.
pub fn around(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/');
    ends.filter_map(|(end, _)| path.get(..end))
}

/// The same for all names that a system may take for one another.
fn folded(name: &str) -> String {
    // Both ways, as some letters have a second small or large form.
    name.to_uppercase().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_the_case_of_letters_are_refused() {
        for fine in ["index.json", "blobs", "README", "index.json.bak"] {
            check_top(fine).unwrap();
        }
        for wrong in ["INDEX.JSON", "Blobs", "repo\u{17f}itories", "OCI-layout"] {
            assert!(check_top(wrong).is_err(), "{wrong}");
        }
        let paths = |all: &[&'static str]| check_paths(all.iter().copied());
        paths(&["a", "a/b", "a/c", "c/b", "A1"]).unwrap();
        for wrong in [["a/b", "a/B"], ["a/b", "A/c"], ["\u{212a}", "k"]] {
            assert!(paths(&wrong).is_err(), "{wrong:?}");
        }
    }
}
