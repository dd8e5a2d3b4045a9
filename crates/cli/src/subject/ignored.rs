//! What a file in the syntax of gitignore leaves out, matched as git does.

use gix_ignore::glob::Pattern;
use gix_ignore::glob::pattern::Case;
use gix_ignore::glob::wildmatch::Mode;

/// The largest such file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The patterns of one file, in its order.
pub struct Ignored(Vec<Pattern>);

impl Ignored {
    /// Reads the patterns in a file. As in git, there is no wrong line: one that makes no sense matches
    /// nothing.
    pub fn parse(content: &[u8]) -> Self {
        let lines = gix_ignore::parse(content, Default::default());
        Self(lines.map(|(pattern, _, _)| pattern).collect())
    }

    /// Whether what lies at a path, seen from the directory that the file is in, is left out; `None`
    /// where nothing is said of it. Names have a slash between them.
    pub fn decides(&self, path: &[u8], is_directory: bool) -> Option<bool> {
        let slash = path.iter().rposition(|byte| *byte == b'/');
        let name = slash.map(|slash| slash + 1);
        // The last one that matches decides.
        let mut patterns = self.0.iter().rev();
        let decisive = patterns.find(|pattern| {
            pattern.matches_repo_relative_path(
                path.into(),
                name,
                Some(is_directory),
                Case::Sensitive,
                Mode::NO_MATCH_SLASH_LITERAL,
            )
        })?;
        Some(!decisive.is_negative())
    }
}
