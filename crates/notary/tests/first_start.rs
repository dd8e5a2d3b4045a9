//! A first start that is killed leaves a directory on which the next start goes on.

#![cfg(unix)]

mod common;

use common::{DataFolder, Running};
use std::path::Path;
use std::process::{Command, Stdio};

/// Names the data directory to the process that is to be killed.
const CHILD: &str = "ASSAY_NOTARY_FIRST_START";
const NAME: &str = "a_kill_at_any_moment_of_the_first_start_leaves_what_starts";
/// How many are killed.
const ROUNDS: usize = 120;

/// The files and directories below a directory.
fn files_in(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        found.push(item.file_name().into_string().unwrap());
        if item.path().is_dir() {
            found.extend(files_in(&item.path()));
        }
    }
    found
}

#[test]
fn a_kill_at_any_moment_of_the_first_start_leaves_what_starts() {
    if let Some(data) = std::env::var_os(CHILD) {
        let _running = Running::start(Path::new(&data));
        loop {
            std::thread::park();
        }
    }
    for round in 0..ROUNDS {
        let data = DataFolder::new();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME])
            .env(CHILD, data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // At each number of files, and then a little later each time.
        let least = round % 12;
        let is_set_up = || data.path().join("set-up-complete").exists();
        while files_in(data.path()).len() < least && !is_set_up() {
            std::thread::yield_now();
        }
        for _ in 0..(round / 12) * 100 {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let left = files_in(data.path());
        let started = Running::try_start(assay_notary::Config::on_loopback(data.path()));
        let notary = started.unwrap_or_else(|error| panic!("{left:?}: {error}"));
        assert_eq!(notary.get("/api/v1/log").status, 200);
        notary.stop();
        let now = files_in(data.path());
        assert!(!now.iter().any(|name| name.ends_with(".part")), "{now:?}");
    }
}
