//! Directories as subjects: what stands for them, and that they are signed and verified as a whole.

mod common;

use common::{DataFolder, Done, Notary, User};
use std::fs;
use std::path::Path;

struct Setting {
    notary: Notary,
    _data: DataFolder,
    user: User,
}

impl Setting {
    fn new() -> Self {
        let data = DataFolder::new();
        Self {
            notary: Notary::start(data.path()),
            _data: data,
            user: User::new(),
        }
    }

    fn run(&self, args: &[&str]) -> Done {
        self.user.with(&self.notary.url(), args)
    }

    fn fingerprint(&self) -> String {
        let key = self.user.run(&["key", "--json"]).expect(0).json();
        key["fingerprint"].as_str().unwrap().to_owned()
    }
}

/// The tree of the worked example in docs/directory-manifest.md.
fn example(root: &Path) {
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    fs::write(root.join(".assayignore"), "*.tmp\n").unwrap();
    fs::write(root.join("notes.tmp"), "left out").unwrap();
    fs::write(root.join("bin-notes"), "").unwrap();
    fs::write(root.join("größe.txt"), "hello\n").unwrap();
    fs::write(root.join("bin/run"), "#!/bin/sh\n").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("bin/run", root.join("start")).unwrap();
        mode(&root.join("bin/run"), 0o755);
    }
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn manifest(user: &User, directory: &str) -> String {
    user.run(&["manifest", directory]).expect(0).out
}

fn digest(user: &User, directory: &str) -> String {
    let shown = user.run(&["manifest", directory, "--json"]).expect(0);
    shown.json()["sha256"].as_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn the_documented_example_is_what_the_program_makes() {
    let user = User::new();
    example(&user.path("tree"));
    let text = manifest(&user, "tree");
    let document = include_str!("../../../docs/directory-manifest.md");
    assert!(document.contains(&text), "{text}");
    let digest = digest(&user, "tree");
    assert!(document.contains(&digest), "{digest}");
    user.write("kept", &text);
    user.run(&["manifest", "absent"]).expect(1);
    let of_file = user.run(&["manifest", "kept"]).expect(2);
    assert!(of_file.err.contains("only directories"), "{}", of_file.err);
}

#[test]
fn a_directory_is_signed_and_verified_as_a_whole() {
    let s = Setting::new();
    let tree = s.user.path("tree");
    example(&tree);
    // With a slash at the end, as shells complete it.
    let signed = s.run(&["sign", "tree/", "--json"]).expect(0).json();
    let result = &signed["results"][0];
    assert_eq!(result["kind"], "directory");
    assert_eq!(result["sha256"], digest(&s.user, "tree"));
    assert_eq!(result["directory"]["left_out"], 1);
    let bundle = s.user.read_json("tree.sigstore.json");
    assert!(bundle["mediaType"].is_string());
    let fingerprint = s.fingerprint();
    let verify = |code| {
        s.run(&["verify", "tree", "--signer", &fingerprint])
            .expect(code)
    };
    verify(0);
    // What is left out does not matter; everything else does.
    fs::write(tree.join("more.tmp"), "x").unwrap();
    verify(0);
    fs::write(tree.join("more"), "x").unwrap();
    verify(14);
    fs::remove_file(tree.join("more")).unwrap();
    verify(0);
    fs::remove_dir(tree.join("empty")).unwrap();
    verify(14);
    fs::create_dir(tree.join("empty")).unwrap();
    fs::write(tree.join(".assayignore"), "*.tmp\nmore\n").unwrap();
    verify(14);
    fs::write(tree.join(".assayignore"), "*.tmp\n").unwrap();
    verify(0);
    s.run(&["untrust", "tree"]).expect(0);
    verify(19);
}

#[cfg(unix)]
#[test]
fn nothing_is_written_in_the_directory() {
    let s = Setting::new();
    let tree = s.user.path("tree");
    example(&tree);
    for directory in ["bin", "empty", ""] {
        mode(&tree.join(directory), 0o555);
    }
    let state = || {
        let changed = |name: &str| fs::metadata(tree.join(name)).unwrap().modified().unwrap();
        (changed(""), changed("bin"), changed("empty"))
    };
    let before = state();
    s.run(&["sign", "tree"]).expect(0);
    s.run(&["verify", "tree"]).expect(11);
    assert_eq!(before, state());
    // From within, its own name is found.
    let within = |args: &[&str]| {
        let mut command = s.user.command(args);
        command
            .current_dir(&tree)
            .env("ASSAY_NOTARY", s.notary.url());
        common::done(command.output().unwrap())
    };
    fs::remove_file(s.user.path("tree.sigstore.json")).unwrap();
    let signed = within(&["sign", ".", "--json"]).expect(0).json();
    assert_eq!(signed["results"][0]["outcome"], "already_signed");
    assert!(s.user.path("tree.sigstore.json").exists());
    assert_eq!(before, state());
    for directory in ["bin", "empty", ""] {
        mode(&tree.join(directory), 0o755);
    }
}

#[test]
fn a_bundle_that_has_no_place_is_told_before_anything_is_logged() {
    let s = Setting::new();
    example(&s.user.path("tree"));
    let root = s.run(&["sign", "/", "--json"]).expect(2);
    assert!(root.out.contains("--bundle FILE"), "{}", root.out);
    let absent = s
        .run(&["sign", "tree", "--bundle", "absent/b.json"])
        .expect(1);
    assert!(absent.err.contains("--bundle FILE"), "{}", absent.err);
    s.run(&["verify", "tree"]).expect(13);
    let two = s.run(&["sign", "tree", "tree", "--bundle", "b.json"]);
    two.expect(2);
    s.run(&["sign", "tree", "--bundle", "b.json"]).expect(0);
    assert!(s.user.path("b.json").exists());
    assert!(!s.user.path("tree.sigstore.json").exists());
    s.run(&["verify", "tree"]).expect(11);
}

#[cfg(unix)]
#[test]
fn no_name_forges_a_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let user = User::new();
    let plain = user.path("plain");
    fs::create_dir(&plain).unwrap();
    fs::write(plain.join("a"), "").unwrap();
    fs::write(plain.join("b"), "").unwrap();
    let line = manifest(&user, "plain").lines().last().unwrap().to_owned();
    let forged = user.path("forged");
    fs::create_dir(&forged).unwrap();
    // A name that holds what would be the second line, but for the slash that no name can hold.
    fs::write(forged.join(format!("a\n{line}")), "").unwrap();
    fs::write(forged.join("tab\tback\\x0a"), "").unwrap();
    fs::write(forged.join(OsStr::from_bytes(b"\xff\xfe")), "").unwrap();
    // Both are an e with an accent, to people.
    fs::write(forged.join("\u{e9}"), "").unwrap();
    fs::write(forged.join("e\u{301}"), "").unwrap();
    let text = manifest(&user, "forged");
    assert!(text.is_ascii());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 6, "{text}");
    let paths: Vec<&str> = lines[1..]
        .iter()
        .map(|line| line.split('\t').nth(2).unwrap())
        .collect();
    let first = format!("a\\x0a{}", line.replace('\t', "\\x09"));
    assert_eq!(
        paths,
        [
            &first,
            "e\\xcc\\x81",
            "tab\\x09back\\x5cx0a",
            "\\xc3\\xa9",
            "\\xff\\xfe"
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_never_followed() {
    let user = User::new();
    let (tree, outside) = (user.path("tree"), user.path("outside"));
    fs::create_dir(&tree).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "1").unwrap();
    for (target, name) in [
        ("../outside", "out"),
        (".", "loop"),
        ("nowhere\n", "dangling"),
    ] {
        std::os::unix::fs::symlink(target, tree.join(name)).unwrap();
    }
    let before = manifest(&user, "tree");
    let expected = "assay directory manifest 1\nlink\tnowhere\\x0a\tdangling\nlink\t.\tloop\n\
                    link\t../outside\tout\n";
    assert_eq!(before, expected);
    fs::write(outside.join("secret"), "2").unwrap();
    assert_eq!(before, manifest(&user, "tree"));
    // What is named on the command line is meant, wherever it leads.
    std::os::unix::fs::symlink("tree", user.path("link")).unwrap();
    assert_eq!(before, manifest(&user, "link"));
}

#[cfg(unix)]
#[test]
fn what_is_neither_file_nor_link_nor_directory_is_named() {
    let user = User::new();
    fs::create_dir_all(user.path("tree/in")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(user.path("tree/in/pipe"))
        .status();
    assert!(made.unwrap().success());
    let refused = user.run(&["manifest", "tree"]).expect(1);
    assert!(refused.err.contains("tree/in/pipe"), "{}", refused.err);
    fs::write(user.path("tree/.assayignore"), "in/\n").unwrap();
    assert!(manifest(&user, "tree").contains("\t.assayignore\n"));
}

#[cfg(unix)]
#[test]
fn only_what_counts_changes_the_digest() {
    let user = User::new();
    let tree = user.path("tree");
    fs::create_dir(&tree).unwrap();
    fs::write(tree.join("f"), "x").unwrap();
    mode(&tree.join("f"), 0o600);
    let before = digest(&user, "tree");
    mode(&tree.join("f"), 0o664);
    let file = fs::File::options()
        .write(true)
        .open(tree.join("f"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    fs::write(tree.join("g"), "").unwrap();
    fs::rename(tree.join("g"), user.path("g")).unwrap();
    assert_eq!(before, digest(&user, "tree"));
    mode(&tree.join("f"), 0o744);
    assert_ne!(before, digest(&user, "tree"));
}

#[test]
fn what_is_named_git_counts_unless_it_is_left_out() {
    let s = Setting::new();
    let tree = s.user.path("tree");
    fs::create_dir_all(tree.join(".git/hooks")).unwrap();
    fs::create_dir_all(tree.join("module")).unwrap();
    fs::write(tree.join("file"), "x").unwrap();
    fs::write(tree.join("module/.git"), "gitdir: x").unwrap();
    fs::write(tree.join(".git/hooks/post-checkout"), "x").unwrap();
    s.run(&["sign", "tree"]).expect(0);
    s.run(&["verify", "tree"]).expect(11);
    s.run(&["verify", "tree", "--without-git"]).expect(14);
    fs::remove_file(s.user.path("tree.sigstore.json")).unwrap();
    let signed = s.run(&["sign", "tree", "--without-git", "--json"]);
    assert_eq!(
        signed.expect(0).json()["results"][0]["directory"]["left_out"],
        2
    );
    fs::remove_dir_all(tree.join(".git")).unwrap();
    s.run(&["verify", "tree", "--without-git"]).expect(11);
    // That it was left out is part of what was signed.
    s.run(&["verify", "tree"]).expect(14);
    let text = s.user.run(&["manifest", "tree", "--without-git"]).expect(0);
    let expected = "assay directory manifest 1\nleft-out\t.git\n";
    assert!(text.out.starts_with(expected), "{}", text.out);
}

#[test]
fn patterns_are_those_of_gitignore() {
    let user = User::new();
    let tree = user.path("tree");
    for directory in ["build/deep", "src/build", "keep"] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    for file in [
        "build/deep/a",
        "src/build/b",
        "src/x.o",
        "keep.o",
        "keep/c",
        "#d",
    ] {
        fs::write(tree.join(file), "").unwrap();
    }
    let patterns =
        "\u{feff}# what is made\r\n/build/\r\n*.o\r\n!keep.o\r\n\\#d\r\n.assayignore\r\n";
    fs::write(tree.join(".assayignore"), patterns).unwrap();
    let text = manifest(&user, "tree");
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert_eq!(listed, [".assayignore", "keep.o", "keep/c", "src/build/b"]);
    // As in git, a line without sense matches nothing, and a line is bytes.
    fs::write(tree.join(".assayignore"), b"[a\n\xff*\nkeep*\n").unwrap();
    assert!(!manifest(&user, "tree").contains("keep"));
    fs::remove_file(tree.join(".assayignore")).unwrap();
    fs::create_dir(tree.join(".assayignore")).unwrap();
    let refused = user.run(&["manifest", "tree"]).expect(1);
    assert!(refused.err.contains("must be a file"), "{}", refused.err);
}

#[test]
fn git_leaves_out_the_same() {
    if std::process::Command::new("git")
        .arg("--version")
        .output()
        .is_err()
    {
        let message = "there is no git: patterns were not compared with its own";
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
        eprintln!("{message}");
        return;
    }
    let user = User::new();
    let tree = user.path("tree");
    let files = [
        "a",
        "a.o",
        "b/a",
        "b/a.o",
        "b/c/a",
        "b/c/d/e.log",
        "doc/a.txt",
        "doc/x/a.txt",
        "x/doc/b.txt",
        "foo/bar/baz",
        "foo/x/y/baz",
        "foobar",
        "space ",
        "#hash",
        "!bang",
        "[x]",
        "back\\slash",
        "ab1",
        "abz",
        "ab/cd",
        "out/keep",
        "out/other",
        "\u{e9}",
        "Case",
    ];
    for file in files {
        let path = tree.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(args).current_dir(&tree);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
        let output = git.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    };
    git(&["init", "-q"]);
    for patterns in [
        "*.o",
        "/a",
        "a",
        "b/",
        "b/c",
        "/b/*\n!/b/c",
        "doc/*.txt",
        "doc/**/*.txt",
        "**/doc",
        "foo/**/baz",
        "foo/**",
        "foo*",
        "space\\ ",
        "space ",
        "\\#hash",
        "#hash",
        "\\!bang",
        "!bang\na",
        "[[]x]",
        "back\\\\slash",
        "ab[0-9]",
        "ab[!0-9]",
        "ab[[:digit:]]",
        "ab?cd",
        "ab*cd",
        "*\n!*/\n!*.txt",
        "out/*\n!out/keep",
        "out\n!out/keep",
        "\u{e9}",
        "?",
        "case",
        "*[",
        "a**b",
        "/*/a",
        "**",
        "/",
    ] {
        fs::write(tree.join(".assayignore"), patterns).unwrap();
        let text = user
            .run(&["manifest", "tree", "--without-git"])
            .expect(0)
            .out;
        let mut listed: Vec<String> = text
            .lines()
            .skip(2)
            .filter(|line| !line.starts_with("directory"))
            .map(|line| line.split('\t').nth(2).unwrap().to_owned())
            .collect();
        let others = git(&["ls-files", "-z", "--others", "--exclude-from=.assayignore"]);
        let others = others
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        let mut expected: Vec<String> = others
            .map(|name| {
                let name = String::from_utf8(name.to_owned()).unwrap();
                name.replace('\\', "\\x5c").replace('\u{e9}', "\\xc3\\xa9")
            })
            .collect();
        // The file itself is listed in any case.
        for names in [&mut listed, &mut expected] {
            names.retain(|name| name != ".assayignore");
            names.sort();
        }
        assert_eq!(listed, expected, "{patterns:?}");
    }
}

#[test]
fn ten_thousand_files_are_one_directory() {
    let s = Setting::new();
    for outer in 0..100 {
        let folder = s.user.path(&format!("tree/{outer}"));
        fs::create_dir_all(&folder).unwrap();
        for inner in 0..100 {
            fs::write(folder.join(inner.to_string()), format!("{outer} {inner}")).unwrap();
        }
    }
    let signed = s.run(&["sign", "tree", "--json"]).expect(0).json();
    assert_eq!(signed["results"][0]["directory"]["entries"], 10_000);
    s.run(&["verify", "tree"]).expect(11);
    let text = manifest(&s.user, "tree");
    let paths: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    assert!(paths.is_sorted());
    fs::write(s.user.path("tree/99/99"), "99 98").unwrap();
    // Its bundle is another one's by now.
    s.run(&["verify", "tree"]).expect(14);
}
