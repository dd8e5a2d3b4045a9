//! Where a notary keeps its data in tests.

use std::path::{Path, PathBuf};

/// A folder for a notary's data, with room for its lock beside it.
pub struct DataFolder {
    around: tempfile::TempDir,
    data: PathBuf,
}

impl DataFolder {
    pub fn new() -> Self {
        let around = tempfile::tempdir().unwrap();
        Self {
            data: around.path().join("notary"),
            around,
        }
    }

    pub fn path(&self) -> &Path {
        &self.data
    }

    /// Another path beside the data.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }
}
