//! What keeps the log from forking, and a notary from a backup: with the real files.

mod backed_up;
mod backups;
mod clock;
#[path = "../common/mod.rs"]
mod common;
mod forking;
mod health;
mod not_undone;
mod restoring;

use assay_notary::Config;
use assay_notary::keys::SigningKey;
use common::{DataFolder, Running, hashed_rekord};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

struct World {
    data: DataFolder,
    key: SigningKey,
}

impl World {
    fn new() -> Self {
        Self {
            data: DataFolder::new(),
            key: SigningKey::generate().unwrap(),
        }
    }

    fn start(&self) -> Running {
        Running::start(self.data.path())
    }

    /// Logs a file with this content; returns the entry's name and the entry.
    fn log(&self, notary: &Running, content: &str) -> (String, Value) {
        let pem = self.key.public_pem();
        let answer = notary.add(&hashed_rekord(content.as_bytes(), &self.key, &pem));
        assert_eq!(answer.status, 201, "{}", answer.text);
        let answer = answer.json();
        let (id, entry) = answer.as_object().unwrap().iter().next().unwrap();
        (id.clone(), entry.clone())
    }

    fn lock(&self) -> PathBuf {
        self.data.beside("notary.lock")
    }

    /// The file with the checkpoint in the lock.
    fn locked(&self) -> PathBuf {
        let files = std::fs::read_dir(self.lock()).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        files
            .find(|path| path.extension().is_some_and(|e| e == "json"))
            .unwrap()
    }

    /// Another writes something else into the lock.
    fn fence(&self) {
        let locked = std::fs::read(self.locked()).unwrap();
        let mut locked: Value = serde_json::from_slice(&locked).unwrap();
        locked["checkpoint"] = json!("something else");
        std::fs::write(self.locked(), locked.to_string()).unwrap();
    }

    /// Why a notary with this data and this lock does not start.
    fn refused(&self, data: &Path, lock: Option<PathBuf>) -> String {
        let mut config = Config::on_loopback(data);
        config.lock = lock;
        match Running::try_start(config) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("it was started"),
        }
    }
}
