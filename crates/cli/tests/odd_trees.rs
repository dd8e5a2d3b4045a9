//! Commits whose trees git would not write: what one program shows in another way than the next must not be
//! signed as if it were one thing.

mod common;
#[path = "common/git.rs"]
mod git;

use common::User;
use git::{git, git_command};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// An entry of a tree, as it is written.
type Entry<'a> = (&'a str, &'a str, &'a str);

/// A repository with a commit of a tree with these entries, made as it stands; `None` without git.
fn repository(user: &User, name: &str, entries: &[Entry<'_>]) -> PathBuf {
    let path = user.path(name);
    std::fs::create_dir(&path).unwrap();
    git(&path, &["init", "-q", "--bare"]);
    let tree = tree(&path, entries);
    let commit = git(&path, &["commit-tree", "-m", "odd", &tree]);
    git(&path, &["update-ref", "HEAD", commit.trim()]);
    path
}

fn tree(path: &Path, entries: &[Entry<'_>]) -> String {
    let mut written = Vec::new();
    for (mode, name, id) in entries {
        written.extend(format!("{mode} {name}\0").into_bytes());
        written.extend(hex::decode(id).unwrap());
    }
    object(path, "tree", &written)
}

/// Writes an object, whatever is in it.
fn object(path: &Path, kind: &str, content: &[u8]) -> String {
    let args = ["hash-object", "-w", "--literally", "--stdin", "-t", kind];
    let mut command = git_command(path, &args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_tree_that_git_would_not_write_is_refused() {
    if !git::is_there() {
        return;
    }
    let user = User::new();
    let around = user.path("around");
    std::fs::create_dir(&around).unwrap();
    git(&around, &["init", "-q", "--bare"]);
    let blob = "ce013625030ba8dba906f756967f9e9ca394464a";
    let empty = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let file = |name| ("100644", name, blob);
    let folder = |name| ("40000", name, empty);
    let make = |name: &str, entries: &[Entry<'_>]| {
        let path = repository(&user, name, entries);
        // What the trees name is there.
        object(&path, "blob", b"hello\n");
        object(&path, "tree", b"");
        format!("git:{}", path.display())
    };
    let sorted = [
        file("a"),
        ("100755", "b", blob),
        folder("d"),
        ("120000", "l", blob),
        ("160000", "s", blob),
    ];
    user.run(&["manifest", &make("sorted", &sorted)]).expect(0);
    // Folders are sorted as if their names ended with a slash.
    let folders = [file("a-b"), folder("a"), file("a0")];
    user.run(&["manifest", &make("folders", &folders)])
        .expect(0);
    let cases: [(&str, &[Entry<'_>], &str); 14] = [
        ("group", &[("100664", "a", blob)], "mode"),
        ("set-user-id", &[("104755", "a", blob)], "mode"),
        ("no-rights", &[("100000", "a", blob)], "mode"),
        ("short", &[("0", "a", blob)], "mode"),
        ("zeros", &[("0100644", "a", blob)], "mode"),
        ("zero", &[("040000", "d", empty)], "mode"),
        ("link", &[("120777", "l", blob)], "mode"),
        ("submodule", &[("160755", "s", blob)], "mode"),
        ("unsorted", &[file("b"), file("a")], "not sorted"),
        ("unsorted-folder", &[folder("a"), file("a-b")], "not sorted"),
        ("twice", &[file("a"), file("a")], "name"),
        (
            "file-and-folder",
            &[file("a"), file("a.x"), folder("a")],
            "name",
        ),
        ("dot-git", &[folder(".GIT")], "name"),
        ("slash", &[file("a/b")], "name"),
    ];
    for (name, entries, words) in cases {
        let subject = make(name, entries);
        for command in ["manifest", "sign"] {
            let refused =
                user.run(&[command, &subject, "--offline"][..2 + usize::from(command == "sign")]);
            assert_eq!(refused.code, 1, "{name}: {}{}", refused.out, refused.err);
            assert!(refused.err.contains(words), "{name}: {}", refused.err);
        }
    }
}
