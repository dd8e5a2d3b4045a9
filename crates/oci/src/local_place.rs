//! How a layout or an archive is named.

use std::path::{Path, PathBuf};

/// A layout or an archive, and perhaps which of its images is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPlace {
    /// The folder or file.
    pub path: PathBuf,
    /// The tag or the name of one.
    pub tag: Option<String>,
}

impl LocalPlace {
    /// `PATH` or `PATH:TAG`: the longest beginning that is there is the path.
    pub fn read(text: &str) -> Self {
        let mut end = text.len();
        loop {
            let (path, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            let tag = rest.strip_prefix(':').filter(|tag| !tag.is_empty());
            if Path::new(path).exists() {
                let (path, tag) = (path.into(), tag.map(str::to_owned));
                return Self { path, tag };
            }
            match path.rfind(':') {
                Some(place) if place > 0 => end = place,
                _ => {
                    let path = text.into();
                    return Self { path, tag: None };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_beginning_that_is_there_is_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display().to_string();
        let read = |rest: &str| {
            let place = LocalPlace::read(&format!("{path}{rest}"));
            let name = place.path.display().to_string();
            (name.strip_prefix(&path).unwrap().to_owned(), place.tag)
        };
        std::fs::write(folder.path().join("a.tar"), "").unwrap();
        std::fs::write(folder.path().join("b:1"), "").unwrap();
        assert_eq!(read("/a.tar"), ("/a.tar".into(), None));
        assert_eq!(read("/a.tar:x:1"), ("/a.tar".into(), Some("x:1".into())));
        assert_eq!(read("/a.tar:"), ("/a.tar".into(), None));
        assert_eq!(read("/b:1"), ("/b:1".into(), None));
        assert_eq!(read("/b:1:2"), ("/b:1".into(), Some("2".into())));
        assert_eq!(read("/c:1"), ("/c:1".into(), None));
    }
}
