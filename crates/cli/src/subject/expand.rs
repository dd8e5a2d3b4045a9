//! What an argument stands for: a pattern that no shell expanded, or with `--recursive` a folder.
//!
//! Nothing is left out silently: what cannot be read, and what stands for nothing, is a subject that
//! fails by itself, so that it hides no other one and is hidden by none.

use super::{BUNDLE_ENDING, Subject};
use crate::output;
use glob::{MatchOptions, Pattern};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use walkdir::{DirEntry, WalkDir};

/// As shells match: a star stops at a slash, and a name that begins with a dot is not meant unless the
/// pattern says so.
const AS_SHELLS: MatchOptions = MatchOptions {
    case_sensitive: cfg!(not(windows)),
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// What becomes of a link below a folder of which all files are meant. None is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// One that leads to what is not below the folder is a subject, and fails by itself: whoever uses
    /// the folder follows it.
    Told,
    /// It is left out, which is said.
    LeftOut,
}

/// The subjects that an argument stands for, in the order of their names within each folder. Where
/// something really has a pattern's own text for its name, it is one of them, and takes nothing else's
/// place: whoever can put a file there must not keep the others from being looked at. A folder stands for
/// all files below it where it is said what becomes of links there.
pub fn expand(argument: &OsStr, recursive: Option<Links>) -> Vec<Subject> {
    let subject = Subject::named(argument);
    if subject == Subject::Input {
        return vec![subject];
    }
    let path = Path::new(argument);
    let is_there = path.symlink_metadata().is_ok();
    let itself = match recursive {
        Some(links) if path.is_dir() => below(path, links),
        _ => vec![subject.clone()],
    };
    match (&subject, argument.to_str()) {
        (Subject::File(_), Some(text)) if super::sha256(text).is_ok() && !is_there => {
            vec![nothing(
                text,
                "there is no such file; a digest is given with --digest",
            )]
        }
        (Subject::File(_) | Subject::Directory { .. }, Some(text))
            if text.contains(['*', '?', '[']) =>
        {
            let found = Glob::parse(text).map(|glob| glob.matching(recursive));
            match (found, is_there) {
                (Ok(found), true) => once(itself.into_iter().chain(found)),
                (Err(_), true) => itself,
                (Ok(found), false) if found.is_empty() => {
                    let problem = "there is no such file, and none matches it as a pattern";
                    vec![nothing(text, problem)]
                }
                (Ok(found), false) => found,
                (Err(problem), false) => vec![nothing(text, &problem)],
            }
        }
        _ => itself,
    }
}

/// Each file once.
fn once(found: impl Iterator<Item = Subject>) -> Vec<Subject> {
    let mut seen = HashSet::new();
    let is_new = |subject: &Subject| match subject {
        Subject::File(path) | Subject::Link(path) => seen.insert(path.clone()),
        _ => true,
    };
    found.filter(is_new).collect()
}

/// All files below a folder. Links in it are not followed.
fn below(folder: &Path, links: Links) -> Vec<Subject> {
    let mut found = Vec::new();
    let mut left_out = 0;
    let real = folder.canonicalize().ok();
    for entry in WalkDir::new(folder).min_depth(1).sort_by_file_name() {
        match entry {
            Err(error) => found.push(unread(folder, &error)),
            Ok(entry) if entry.file_type().is_symlink() => {
                match links == Links::LeftOut || stays(real.as_deref(), entry.path()) {
                    true => left_out += 1,
                    false => found.push(Subject::Link(entry.into_path())),
                }
            }
            Ok(entry) if entry.file_type().is_dir() => {}
            // Pipes and devices, too: they are told as what they are.
            Ok(entry) => found.push(Subject::File(entry.into_path())),
        }
    }
    let name = folder.to_string_lossy();
    if left_out > 0 {
        output::note(&format!(
            "{name}: links in it are not followed ({left_out})"
        ));
    }
    if found.is_empty() {
        found.push(nothing(&name, "there is no file in it"));
    }
    found
}

/// Whether a link leads to what is below a folder and is looked at there, as bundles may not be.
fn stays(folder: Option<&Path>, link: &Path) -> bool {
    let leads_to = link.canonicalize().ok();
    let pair = folder.zip(leads_to.as_deref());
    pair.is_some_and(|(folder, to)| {
        to.starts_with(folder) && !to.to_string_lossy().ends_with(BUNDLE_ENDING)
    })
}

/// A pattern, divided where its first special character is.
struct Glob {
    /// The folder below which all matches are, as it was written.
    base: PathBuf,
    /// What is matched with the path below that.
    pattern: Pattern,
    /// So deep are matches at most.
    depth: usize,
    /// Whether it speaks of names that begin with a dot.
    hidden: bool,
}

impl Glob {
    fn parse(text: &str) -> Result<Self, String> {
        let mut base = PathBuf::new();
        let mut rest: Vec<String> = Vec::new();
        for part in Path::new(text).components() {
            let name = part.as_os_str().to_string_lossy();
            let is_plain = !name.contains(['*', '?', '[']);
            match part {
                Component::ParentDir if !rest.is_empty() => {
                    return Err("a pattern cannot lead back with ..".to_owned());
                }
                _ if rest.is_empty() && is_plain => base.push(part),
                _ => rest.push(name.into_owned()),
            }
        }
        let pattern = Pattern::new(&rest.join("/"))
            .map_err(|error| format!("no such file, and no pattern: {error}"))?;
        Ok(Self {
            depth: match rest.iter().any(|part| part == "**") {
                true => usize::MAX,
                false => rest.len(),
            },
            hidden: rest.iter().any(|part| part.starts_with('.')),
            base,
            pattern,
        })
    }

    fn matching(&self, recursive: Option<Links>) -> Vec<Subject> {
        let here = Path::new(".");
        let is_here = self.base.as_os_str().is_empty();
        let root = if is_here { here } else { &self.base };
        let mut found = Vec::new();
        let walk = WalkDir::new(root).max_depth(self.depth);
        let walk = walk.sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| self.hidden || !is_hidden(entry)) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) if error.depth() > 0 => {
                    found.push(unread(root, &error));
                    continue;
                }
                // Where the folder is not there, nothing matches.
                Err(_) => break,
            };
            let below_root = entry.path().strip_prefix(root).unwrap_or(here);
            if entry.depth() == 0 || !self.matches(below_root) {
                continue;
            }
            let path = if is_here { below_root } else { entry.path() };
            match (path.is_dir(), recursive) {
                (true, Some(Links::Told)) if entry.file_type().is_symlink() => {
                    found.push(Subject::Link(path.to_owned()));
                }
                (true, Some(Links::LeftOut)) if entry.file_type().is_symlink() => {
                    let name = path.to_string_lossy();
                    output::note(&format!("{name}: a link to a folder is not followed"));
                }
                (true, Some(links)) => found.extend(below(path, links)),
                (true, None) => {}
                (false, _) => found.push(Subject::File(path.to_owned())),
            }
        }
        once(found.into_iter())
    }

    fn matches(&self, path: &Path) -> bool {
        let parts = path.components().map(Component::as_os_str);
        // A name that is no Unicode is matched by what stands in its place.
        let parts: Vec<_> = parts.map(OsStr::to_string_lossy).collect();
        self.pattern.matches_with(&parts.join("/"), AS_SHELLS)
    }
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn nothing(name: &str, problem: &str) -> Subject {
    Subject::Nothing {
        named: name.to_owned(),
        problem: problem.to_owned(),
    }
}

fn unread(folder: &Path, error: &walkdir::Error) -> Subject {
    let path = error.path().unwrap_or(folder);
    let problem = match error.io_error() {
        Some(error) => error.to_string(),
        None => "it cannot be read".to_owned(),
    };
    nothing(&path.to_string_lossy(), &problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with files, in which the paths are.
    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, file).expect("a file");
        }
        folder
    }

    /// What an argument below the folder stands for, below the folder; in brackets what fails.
    fn expanded(folder: &Path, argument: &str, recursive: bool) -> Vec<String> {
        expanded_with(folder, argument, recursive.then_some(Links::LeftOut))
    }

    fn expanded_with(folder: &Path, argument: &str, recursive: Option<Links>) -> Vec<String> {
        let found = expand(folder.join(argument).as_os_str(), recursive);
        let name = |path: &Path| {
            let below = path.strip_prefix(folder).expect("a path in the folder");
            below.to_string_lossy().into_owned()
        };
        let named = found.iter().map(|subject| match subject {
            Subject::File(path) => name(path),
            Subject::Link(path) => format!("[{}]", name(path)),
            Subject::Nothing { named, .. } => format!("[{}]", name(Path::new(named))),
            other => panic!("{other:?}"),
        });
        named.collect()
    }

    const FILES: [&str; 9] = [
        "b.tar.gz",
        "a.tar.gz",
        "a.tar.gz.sigstore.json",
        "c.zip",
        "dist/x.tar.gz",
        "dist/deep/y.tar.gz",
        "dist/.hidden",
        ".git/z.tar.gz",
        "[1].zip",
    ];

    #[test]
    fn a_pattern_is_expanded_as_shells_do() {
        let files = folder(&FILES);
        let of = |pattern: &str| expanded(files.path(), pattern, false);
        assert_eq!(of("*.tar.gz"), ["a.tar.gz", "b.tar.gz"]);
        assert_eq!(of("?.tar.gz"), ["a.tar.gz", "b.tar.gz"]);
        // Bundles are left out where it is known what else is named.
        let both = ["a.tar.gz", "a.tar.gz.sigstore.json"];
        assert_eq!(of("a*"), both);
        assert_eq!(of("[bc].*"), ["b.tar.gz", "c.zip"]);
        assert_eq!(of("dist/*"), ["dist/x.tar.gz"]);
        assert_eq!(of("dist/.*"), ["dist/.hidden"]);
        assert_eq!(of("*/*.gz"), ["dist/x.tar.gz"]);
        let all = [
            "a.tar.gz",
            "b.tar.gz",
            "dist/deep/y.tar.gz",
            "dist/x.tar.gz",
        ];
        assert_eq!(of("**/*.tar.gz"), all);
        assert_eq!(of("dist/**"), ["dist/deep/y.tar.gz", "dist/x.tar.gz"]);
        assert_eq!(of("*.sigstore.json"), ["a.tar.gz.sigstore.json"]);
        // A file of that name is one of them.
        assert_eq!(of("[1].zip"), ["[1].zip"]);
        std::fs::write(files.path().join("1.zip"), "").expect("a file");
        assert_eq!(of("[1].zip"), ["[1].zip", "1.zip"]);
        assert_eq!(of("c.zip"), ["c.zip"]);
    }

    #[test]
    fn what_stands_for_nothing_fails_by_itself() {
        let files = folder(&FILES);
        std::fs::create_dir(files.path().join("empty")).expect("a folder");
        let of = |pattern: &str| expanded(files.path(), pattern, true);
        for pattern in ["*.exe", "absent/*", "a**b", "[", "*/../c.zip"] {
            assert_eq!(of(pattern), [format!("[{pattern}]")]);
        }
        assert_eq!(of("empty"), ["[empty]"]);
        // Without special characters it is a file's name, whether it is there or not.
        assert_eq!(of("absent"), ["absent"]);
    }

    #[test]
    fn a_folder_stands_for_all_files_below_it_once() {
        let files = folder(&FILES);
        let dist = ["dist/.hidden", "dist/deep/y.tar.gz", "dist/x.tar.gz"];
        assert_eq!(expanded(files.path(), "dist", true), dist);
        assert_eq!(expanded(files.path(), "d*", true), dist);
        let all = expanded(files.path(), "", true);
        assert_eq!(all.len(), FILES.len(), "{all:?}");
        let twice = expanded(files.path(), "dist/**", true);
        assert_eq!(twice, ["dist/deep/y.tar.gz", "dist/x.tar.gz"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_below_a_folder_are_not_followed_and_those_that_are_named_are() {
        let files = folder(&["in/a", "out/b"]);
        let link = |to: &str, from: &str| {
            let path = |name: &str| files.path().join(name);
            std::os::unix::fs::symlink(path(to), path(from)).expect("a link");
        };
        link("out", "in/folder");
        link("out/b", "in/file");
        link("in", "in/loop");
        link("in", "named");
        assert_eq!(expanded(files.path(), "in", true), ["in/a"]);
        assert_eq!(expanded(files.path(), "named", true), ["named/a"]);
        // Those that lead out of it are told where somebody relies on what is there.
        link("in/a", "in/inside");
        link("absent", "in/nowhere");
        let told = |named: &str| expanded_with(files.path(), named, Some(Links::Told));
        let expected = ["in/a", "[in/file]", "[in/folder]", "[in/nowhere]"];
        assert_eq!(told("in"), expected);
        assert_eq!(told("named/fold*"), ["[named/folder]"]);
        for more in ["inside", "nowhere"] {
            std::fs::remove_file(files.path().join("in").join(more)).expect("a link");
        }
        assert_eq!(expanded(files.path(), "in/**", false), ["in/a", "in/file"]);
    }
}
