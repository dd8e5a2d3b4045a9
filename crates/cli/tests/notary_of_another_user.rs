//! An administrator's command that root runs where the notary runs as another user.
#![cfg(unix)]

mod common;

use assay_notary::keys::SigningKey;
use common::{DataFolder, Notary, User};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

/// Of the user and group that a machine has for nobody; any but root's will do.
const OTHER: u32 = 65_534;

fn all_in(directory: &Path) -> Vec<PathBuf> {
    let mut found = vec![directory.to_owned()];
    for item in std::fs::read_dir(directory).unwrap() {
        let path = item.unwrap().path();
        match path.is_dir() {
            true => found.extend(all_in(&path)),
            false => found.push(path),
        }
    }
    found
}

/// Whether this is root, who alone can give files away.
fn gave(data: &DataFolder) -> bool {
    for directory in ["notary", "notary.lock"] {
        for path in all_in(&data.beside(directory)) {
            if chown(&path, Some(OTHER), Some(OTHER)).is_err() {
                return false;
            }
        }
    }
    true
}

#[track_caller]
fn all_are_the_others(directory: &Path) {
    for path in all_in(directory) {
        let found = std::fs::symlink_metadata(&path).unwrap();
        let owner = (found.uid(), found.gid());
        assert_eq!(owner, (OTHER, OTHER), "{}", path.display());
    }
}

#[test]
fn what_root_makes_in_the_data_of_another_user_is_that_users() {
    let data = DataFolder::new();
    Notary::start(data.path()).kill();
    if !gave(&data) {
        eprintln!("not tested: only root can make files that are another user's");
        return;
    }
    let user = User::new();
    let key = SigningKey::generate().unwrap();
    user.write("release.pub", key.public_pem());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let folder = text(data.path());
    let run = |command: &[&str]| {
        let args = [&["notary"], command, &["--data", &folder]].concat();
        user.run(&args).expect(0);
        all_are_the_others(data.path());
        all_are_the_others(&data.beside("notary.lock"));
    };
    run(&["token", "add", "ci"]);
    run(&["token", "add", "me"]);
    run(&["token", "remove", "me"]);
    run(&["signer", "add", "release@example.org", "release.pub"]);
    run(&[
        "signer",
        "revoke",
        "release@example.org",
        "--since",
        "2026-01-01",
    ]);
    run(&["rotate"]);

    // The lock store is the notary's user's, so what is restored with it is, too.
    let (backup, new) = (text(&data.beside("backup")), text(&data.beside("new")));
    run(&["backup", "--to", &backup]);
    let lock = data.beside("notary.lock");
    std::fs::remove_file(lock.join(format!("{}.json", tree(data.path())))).unwrap();
    let restore = [
        "notary",
        "restore",
        &backup,
        "--data",
        &new,
        "--lock",
        &text(&lock),
    ];
    user.run(&restore).expect(0);
    all_are_the_others(Path::new(&new));
    all_are_the_others(&lock);
    assert_ne!(tree(data.path()), tree(Path::new(&new)));
}

fn tree(data: &Path) -> String {
    let identity = std::fs::read(data.join("notary.json")).unwrap();
    let identity: serde_json::Value = serde_json::from_slice(&identity).unwrap();
    identity["tree_id"].as_str().unwrap().to_owned()
}
