//! Where a notary keeps its data in tests.

use std::fs;
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

/// Copies a folder with all the files in it. What is no file, such as the socket of a notary that was
/// killed, stays behind.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.is_file() {
            fs::copy(&path, &copied).unwrap();
        }
    }
}
