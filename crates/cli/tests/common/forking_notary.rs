//! A notary whose log can fork, and somebody who uses it.
#![allow(dead_code, reason = "each test file uses a part")]

use crate::common::{DataFolder, Done, Notary, User, done};
use crate::front::{Front, Held};
use assay_core::digest::Sha256Digest;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The path of the request for a consistency proof.
pub const PROOF: &str = "/api/v1/log/proof";

/// A notary and a fork of it, with the same keys, of which one is shown.
pub struct World {
    pub branches: [Notary; 2],
    _data: [DataFolder; 2],
    pub front: Front,
    pub user: User,
    pub signer: String,
}

impl World {
    /// Both logs have `common.txt`; then each gets so many entries more. `first.txt` is in the one
    /// that is shown first, `second.txt` in the other.
    pub fn new(more: [usize; 2]) -> Self {
        let data = [DataFolder::new(), DataFolder::new()];
        let user = User::new();
        let key = user.run(&["key", "--json"]).expect(0).json();
        let signer = key["fingerprint"].as_str().unwrap().to_owned();
        let first = Notary::start(data[0].path());
        sign(&user, &first, "common.txt");
        first.kill();
        // A notary that lies copies its lock, too.
        copy(data[0].path(), data[1].path());
        copy(
            &data[0].beside("notary.lock"),
            &data[1].beside("notary.lock"),
        );
        let branches = [0, 1].map(|i: usize| Notary::start(data[i].path()));
        for (i, name) in ["first", "second"].iter().enumerate() {
            for entry in 1..more[i] {
                sign(&user, &branches[i], &format!("{name} {entry}"));
            }
            if more[i] > 0 {
                sign(&user, &branches[i], &format!("{name}.txt"));
            }
        }
        // What was signed above made the user know the notaries by their own addresses.
        let _ = std::fs::remove_dir_all(user.path("config/notaries"));
        Self {
            front: Front::of(&branches[0].url()),
            branches,
            _data: data,
            user,
            signer,
        }
    }

    pub fn show(&self, branch: usize) {
        self.front.show(&self.branches[branch].url());
    }

    pub fn sign(&self, branch: usize, file: &str) {
        sign(&self.user, &self.branches[branch], file);
    }

    /// Holds the notary's answer about a file, whose content is its name.
    pub fn hold_answer(&self, file: &str) -> Held {
        self.front.hold(&Sha256Digest::of(file.as_bytes()).to_hex())
    }

    pub fn command(&self, files: &[&str]) -> std::process::Command {
        let args = ["verify", "--json", "--signer", &self.signer];
        let mut command = self.user.command(&args);
        command.args(files).env("ASSAY_NOTARY", self.front.url());
        command
    }

    pub fn verify(&self, files: &[&str]) -> Done {
        done(self.command(files).output().unwrap())
    }

    /// Verifies, offline, the bundle of the file.
    pub fn verify_bundle(&self, file: &str) -> Done {
        let root = format!("{}/trusted_root.json", self.branches[0].url());
        let root = ureq::get(root).call().unwrap().body_mut().read_to_vec();
        self.user.write("root.json", root.unwrap());
        let key = self.user.run(&["key", "--json"]).expect(0).json();
        self.user
            .write("key.pub", key["public_key"].as_str().unwrap());
        let bundle = set_aside(file);
        let bundle = ["verify-bundle", "--json", "--bundle", &bundle];
        let by = ["--key", "key.pub", "--trusted-root", "root.json", file];
        self.user.run(&[&bundle[..], &by].concat())
    }

    pub fn logs(&self) -> Value {
        let listed = self.user.run(&["logs", "--json"]).expect(0).json();
        assert_eq!(listed["schema"], "assay.logs.v1");
        listed["logs"].clone()
    }

    pub fn log(&self) -> Value {
        let logs = self.logs();
        assert_eq!(logs.as_array().unwrap().len(), 1, "{logs}");
        logs[0].clone()
    }

    /// Waits until a log has contradicted itself.
    pub fn wait_for_alarm(&self) {
        let is_raised = || {
            let logs = self.logs();
            logs.as_array()
                .unwrap()
                .iter()
                .any(|log| log["alarm"].is_object())
        };
        while !is_raised() {
            std::thread::yield_now();
        }
    }

    /// The file with what is remembered of the only log.
    pub fn memory(&self) -> PathBuf {
        let inside = |folder: PathBuf| {
            let entries = std::fs::read_dir(folder).unwrap();
            entries.map(|entry| entry.unwrap().path())
        };
        inside(self.user.path("config/logs"))
            .flat_map(inside)
            .find(|file| file.extension().is_some_and(|ending| ending == "jsonl"))
            .unwrap()
    }
}

pub fn sign(user: &User, notary: &Notary, file: &str) {
    user.write(file, file);
    done(sign_elsewhere(user, notary, file).output().unwrap()).expect(0);
    // These tests are about what the notary says: beside the file it would count by itself.
    let bundle = user.path(&format!("{file}.sigstore.json"));
    std::fs::rename(bundle, user.path(&set_aside(file))).unwrap();
}

/// Where a file's bundle is kept.
pub fn set_aside(file: &str) -> String {
    format!("{file}.bundle")
}

/// Signs with the user's key, as somebody who remembers nothing of any log.
pub fn sign_elsewhere(user: &User, notary: &Notary, file: &str) -> std::process::Command {
    let memory = user.path("config-elsewhere");
    let _ = std::fs::remove_dir_all(&memory);
    let mut command = user.command(&["sign", file]);
    command
        .env("ASSAY_NOTARY", notary.url())
        .env("ASSAY_CONFIG_DIR", memory)
        .env("ASSAY_KEY", user.path("config/key.pem"));
    command
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else if path.is_file() {
            std::fs::copy(&path, copied).unwrap();
        }
    }
}

/// The codes of the reasons for the verdict about one file.
pub fn codes(result: &Value) -> Vec<&str> {
    let reasons = result["reasons"].as_array().unwrap();
    reasons
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}
