//! Commits of git repositories as subjects, with repositories that the real git makes. Where there is no
//! git these tests say so and do nothing; in CI that is a failure.

mod common;
#[path = "common/git.rs"]
mod git;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{DataFolder, Done, Notary, User};
use git::{commit, git, git_command, head};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A user with a notary, and with repositories.
struct Setting {
    notary: Notary,
    _data: DataFolder,
    user: User,
}

impl Setting {
    /// `None` without git.
    fn new() -> Option<Self> {
        if !git::is_there() {
            return None;
        }
        let data = DataFolder::new();
        Some(Self {
            notary: Notary::start(data.path()),
            _data: data,
            user: User::new(),
        })
    }

    fn run(&self, args: &[&str]) -> Done {
        self.user.with(&self.notary.url(), args)
    }

    /// A repository with two commits.
    fn repository(&self, name: &str, format: &str) -> PathBuf {
        let path = self.user.path(name);
        fs::create_dir(&path).unwrap();
        git(
            &path,
            &["init", "-q", "-b", "main", "--object-format", format],
        );
        fs::create_dir_all(path.join("src/deep")).unwrap();
        fs::write(path.join("README"), "first\n").unwrap();
        let long: String = (0..2000).map(|line| format!("line {line}\n")).collect();
        fs::write(path.join("src/long"), &long).unwrap();
        commit(&path, "one");
        fs::write(path.join("src/long"), format!("{long}more\n")).unwrap();
        fs::write(path.join("src/deep/a-b"), "1").unwrap();
        fs::write(path.join("src/deep.txt"), "2").unwrap();
        fs::write(path.join(".gitignore"), "*.o\n/out/\n").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::write(path.join("run"), "#!/bin/sh\n").unwrap();
            fs::set_permissions(path.join("run"), fs::Permissions::from_mode(0o755)).unwrap();
            std::os::unix::fs::symlink("../README", path.join("src/link")).unwrap();
            fs::write(path.join("odd\n\u{e9}"), "").unwrap();
        }
        commit(&path, "two");
        path
    }

    /// The one result of a command with `--json`.
    fn result(&self, args: &[&str], code: i32) -> Value {
        let mut args = args.to_vec();
        args.push("--json");
        self.run(&args).expect(code).json()["results"][0].clone()
    }

    /// What verifying tells of a commit that is signed: whether its disk is clean, and what differs.
    #[track_caller]
    fn expect_dirty(&self, subject: &str, difference: &str) {
        let told = self.result(&["verify", subject], 14);
        assert_eq!(told["verdict"], "unchecked");
        assert_eq!(told["reasons"][0]["code"], "not_clean");
        assert_eq!(told["git"]["clean"], false);
        let text = told["reasons"][0]["text"].as_str().unwrap();
        assert!(text.contains(difference), "{difference} is not in {text}");
        let refused = self.result(&["sign", subject], 1);
        assert!(refused["error"].as_str().unwrap().contains("--allow-dirty"));
        let allowed = self.result(&["verify", subject, "--allow-dirty"], 11);
        assert_eq!(allowed["git"]["clean"], false);
        let signed = self.run(&["sign", subject, "--allow-dirty"]).expect(0);
        assert!(signed.out.contains(difference), "{}", signed.out);
    }
}

/// The manifest of the commit that is checked out, as git's own output has it.
fn expected_manifest(path: &Path) -> String {
    let content = |kind: &str, id: &str| {
        let output = git_command(path, &["cat-file", kind, id]).output().unwrap();
        assert!(output.status.success());
        output.stdout
    };
    let id = head(path);
    let body = content("commit", &id);
    let mut whole = format!("commit {}\0", body.len()).into_bytes();
    whole.extend(body);
    let digest = hex::encode(Sha256::digest(whole));
    let mut text = format!("assay git manifest 1\ncommit\t{id}\t{digest}\n");
    let listed = git_command(path, &["ls-tree", "-r", "-z", "HEAD"])
        .output()
        .unwrap()
        .stdout;
    let mut lines = Vec::new();
    for entry in listed.split(|byte| *byte == 0).filter(|e| !e.is_empty()) {
        let tab = entry.iter().position(|byte| *byte == b'\t').unwrap();
        let (fields, name) = (&entry[..tab], &entry[tab + 1..]);
        let fields: Vec<&str> = std::str::from_utf8(fields).unwrap().split(' ').collect();
        let sha256 = || hex::encode(Sha256::digest(content("blob", fields[2])));
        let (kind, value) = match fields[0] {
            "100644" => ("file", sha256()),
            "100755" => ("executable", sha256()),
            "120000" => {
                let target = content("blob", fields[2]);
                ("link", String::from_utf8(target).unwrap())
            }
            "160000" => ("submodule", fields[2].to_owned()),
            other => panic!("{other}"),
        };
        let mut shown = String::new();
        for byte in name {
            match byte {
                b' '..=b'~' if *byte != b'\\' => shown.push(char::from(*byte)),
                _ => shown.push_str(&format!("\\x{byte:02x}")),
            }
        }
        lines.push((name.to_owned(), format!("{kind}\t{value}\t{shown}\n")));
    }
    lines.sort();
    text.extend(lines.into_iter().map(|(_, line)| line));
    text
}

#[test]
fn a_commit_is_signed_and_verified_and_its_manifest_is_gits() {
    let Some(s) = Setting::new() else { return };
    for format in ["sha1", "sha256"] {
        let path = s.repository(format, format);
        git(&path, &["tag", "light"]);
        git(&path, &["tag", "-a", "-m", "t", "annotated"]);
        git(&path, &["tag", "old", "HEAD~1"]);
        let subject = format!("git:{format}");
        let expected = expected_manifest(&path);
        let shown = s.user.run(&["manifest", &subject]).expect(0).out;
        assert_eq!(shown, expected);
        let signed = s.result(&["sign", &subject], 0);
        assert_eq!(signed["kind"], "git");
        assert_eq!(signed["sha256"], hex::encode(Sha256::digest(&expected)));
        let told = &signed["git"];
        assert_eq!(told["commit"], head(&path));
        assert_eq!(told["branch"], "main");
        assert_eq!(told["tags"], serde_json::json!(["annotated", "light"]));
        assert_eq!(told["clean"], true);
        let bundle = format!("{format}.commit.sigstore.json");
        assert!(s.user.path(&bundle).exists());
        let verified = s.result(&["verify", &subject], 11);
        assert_eq!(verified["git"], *told);
        // As a pack, with deltas and a list of refs.
        git(&path, &["gc", "-q", "--aggressive"]);
        assert!(
            fs::read_dir(path.join(".git/objects/pack"))
                .unwrap()
                .next()
                .is_some()
        );
        assert_eq!(s.result(&["verify", &subject], 11)["git"], *told);
        git(&path, &["multi-pack-index", "write"]);
        assert_eq!(s.result(&["verify", &subject], 11)["git"], *told);
        // Another commit is another artifact, also on a detached head.
        git(&path, &["checkout", "-q", "HEAD~1"]);
        let other = s.result(&["verify", &subject], 14);
        assert_eq!(other["git"]["branch"], Value::Null);
        assert_eq!(other["git"]["tags"], serde_json::json!(["old"]));
        assert_eq!(
            expected_manifest(&path),
            s.user.run(&["manifest", &subject]).out
        );
    }
}

#[test]
fn it_is_the_same_commit_wherever_it_is_checked_out() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("origin", "sha1");
    s.run(&["sign", "git:origin"]).expect(0);
    let home = s.user.home.path();
    git(home, &["clone", "-q", "--bare", "origin", "bare"]);
    git(home, &["clone", "-q", "--shared", "origin", "shared"]);
    let address = format!("file://{}", path.display());
    git(home, &["clone", "-q", "--depth", "1", &address, "shallow"]);
    git(&path, &["worktree", "add", "-q", "--detach", "../more"]);
    for name in ["shared", "shallow", "more"] {
        let told = s.result(&["verify", &format!("git:{name}")], 11);
        assert_eq!(told["git"]["clean"], true, "{name}");
    }
    let bare = s.result(&["verify", "git:bare"], 11);
    assert_eq!(bare["git"]["clean"], Value::Null);
    let told = s.run(&["verify", "git:bare"]).expect(11).out;
    assert!(told.contains("no working tree"), "{told}");
    // A name that begins so can still be a file's.
    fs::write(s.user.path("git:file"), "x").unwrap();
    let file = s.result(&["verify", "./git:file"], 13);
    assert_eq!(file["kind"], "file");
}

#[test]
fn a_statement_about_a_commit_names_it_as_git_does() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("r", "sha1");
    let key = s.user.run(&["key", "--json"]).expect(0).json();
    let fingerprint = key["fingerprint"].as_str().unwrap();
    let said = s.result(&["untrust", "git:r", "--reason", "broken"], 0);
    let told = s.result(&["verify", "git:r", "--signer", fingerprint], 19);
    assert_eq!(told["sha256"], said["sha256"]);
    let digest = said["sha256"].as_str().unwrap();
    let address = format!("{}/attestations/sha256:{digest}", s.notary.url());
    let mut answer = ureq::get(&address).call().unwrap();
    let answer = answer.body_mut().read_to_string().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let payload = answer["attestations"][0]["bundle"]["dsseEnvelope"]["payload"].as_str();
    let payload = STANDARD.decode(payload.unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    let expected = serde_json::json!({ "sha256": digest, "gitCommit": head(&path) });
    assert_eq!(statement["subject"][0]["digest"], expected);
    assert_eq!(statement["subject"][0]["name"], "r");
}

#[test]
fn whatever_differs_on_the_disk_is_told() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("r", "sha1");
    s.run(&["sign", "git:r"]).expect(0);
    let reset = || {
        git(&path, &["reset", "-q", "--hard"]);
        git(&path, &["clean", "-q", "-fdx"]);
        s.result(&["verify", "git:r"], 11);
    };
    // Of the same length, at the same time, and with git told to look away.
    let readme = path.join("README");
    let before = fs::metadata(&readme).unwrap().modified().unwrap();
    git(&path, &["update-index", "--assume-unchanged", "README"]);
    fs::write(&readme, "First\n").unwrap();
    let file = fs::File::options().write(true).open(&readme).unwrap();
    file.set_modified(before).unwrap();
    s.expect_dirty("git:r", "changed: README");
    git(&path, &["update-index", "--no-assume-unchanged", "README"]);
    reset();
    fs::remove_file(&readme).unwrap();
    s.expect_dirty("git:r", "missing: README");
    reset();
    fs::write(path.join("new\nfile"), "x").unwrap();
    s.expect_dirty("git:r", "untracked: new\\x0afile");
    reset();
    // Staged, and put back on the disk.
    fs::write(&readme, "staged\n").unwrap();
    git(&path, &["add", "README"]);
    fs::write(&readme, "first\n").unwrap();
    s.expect_dirty("git:r", "staged: README");
    reset();
    git(&path, &["rm", "-q", "--cached", "README"]);
    s.expect_dirty("git:r", "staged: README");
    reset();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let run = path.join("run");
        fs::set_permissions(&run, fs::Permissions::from_mode(0o644)).unwrap();
        s.expect_dirty("git:r", "changed: run");
        reset();
        // The same content by way of a link is not the same.
        fs::rename(&run, s.user.path("run")).unwrap();
        std::os::unix::fs::symlink("../run", &run).unwrap();
        s.expect_dirty("git:r", "changed: run");
        fs::remove_file(&run).unwrap();
        reset();
    }
    #[cfg(unix)]
    {
        let made = Command::new("mkfifo").arg(path.join("src/pipe")).status();
        assert!(made.unwrap().success());
        s.expect_dirty("git:r", "untracked: src/pipe");
        fs::remove_file(path.join("src/pipe")).unwrap();
        // An index that is spread over two files is read whole.
        git(&path, &["update-index", "--split-index"]);
        s.result(&["verify", "git:r"], 11);
        git(&path, &["update-index", "--no-split-index"]);
    }
    // Ignored by what is in the commit: told, and no difference.
    fs::create_dir(path.join("out")).unwrap();
    fs::write(path.join("out/.gitignore"), "!*\n").unwrap();
    fs::write(path.join("src/a.o"), "").unwrap();
    assert_eq!(s.result(&["verify", "git:r"], 11)["git"]["ignored"], 2);
    // Ignored by what is not.
    fs::write(path.join(".git/info/exclude"), "*\n").unwrap();
    fs::create_dir(path.join("hidden")).unwrap();
    fs::write(path.join("hidden/.gitignore"), "*\n").unwrap();
    fs::write(path.join("hidden/evil"), "").unwrap();
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    s.expect_dirty("git:r", "untracked: hidden/.gitignore, hidden/evil");
}

/// Nothing compares files with the commit where there is no working tree.
#[test]
fn in_a_repository_without_a_working_tree_lies_nothing_but_what_is_gits() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("r", "sha1");
    s.run(&["sign", "git:r"]).expect(0);
    let home = s.user.home.path();
    git(home, &["clone", "-q", "--bare", "r", "bare"]);
    let bare = home.join("bare");
    s.result(&["verify", "git:bare"], 11);
    let refused = |words: &str| {
        let refused = s.run(&["verify", "git:bare"]).expect(14);
        assert!(refused.out.contains(words), "{}", refused.out);
        assert!(refused.out.contains("working tree"), "{}", refused.out);
        s.run(&["sign", "git:bare", "--allow-dirty"]).expect(1);
    };
    for file in ["Makefile", ".envrc", "head", "hooks.lock"] {
        fs::write(bare.join(file), "all:").unwrap();
        refused(file);
        fs::remove_file(bare.join(file)).unwrap();
    }
    // A folder of its own, and one with the name of a file of git's.
    for folder in ["src", "index"] {
        fs::create_dir(bare.join(folder)).unwrap();
        refused(folder);
        fs::remove_dir(bare.join(folder)).unwrap();
    }
    s.result(&["verify", "git:bare"], 11);
    // All that git itself has written meanwhile is no harm.
    fs::write(path.join("README"), "other").unwrap();
    git(&path, &["stash", "-q"]);
    git(&path, &["gc", "-q"]);
    s.result(&["verify", "git:r/.git"], 11);
}

#[test]
fn submodules_are_looked_into() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("r", "sha1");
    s.repository("library", "sha1");
    let home = s.user.path("library");
    git(
        &path,
        &["submodule", "add", "-q", home.to_str().unwrap(), "lib"],
    );
    commit(&path, "three");
    assert_eq!(
        expected_manifest(&path),
        s.user.run(&["manifest", "git:r"]).out
    );
    s.run(&["sign", "git:r"]).expect(0);
    fs::write(path.join("lib/README"), "other").unwrap();
    s.expect_dirty("git:r", "lib (changed: README)");
    git(&path.join("lib"), &["checkout", "-q", "HEAD~1", "--force"]);
    s.expect_dirty("git:r", "lib (at another commit");
    fs::remove_dir_all(path.join("lib")).unwrap();
    fs::create_dir(path.join("lib")).unwrap();
    s.result(&["verify", "git:r"], 11);
    fs::write(path.join("lib/evil"), "").unwrap();
    s.expect_dirty("git:r", "lib (");
    // What looks like a repository without a working tree is no submodule that is there.
    fs::remove_dir_all(path.join("lib")).unwrap();
    let at = git(&path, &["rev-parse", ":lib"]);
    git(&path, &["clone", "-q", "--bare", "../library", "lib"]);
    assert_eq!(git(&path.join("lib"), &["rev-parse", "HEAD"]), at);
    s.expect_dirty("git:r", "lib (a repository without a working tree)");
    fs::write(path.join("lib/evil"), "").unwrap();
    s.expect_dirty("git:r", "evil lies in it");
}

#[cfg(unix)]
#[test]
fn nothing_that_a_repository_names_is_run() {
    let Some(s) = Setting::new() else { return };
    let path = s.repository("r", "sha1");
    let trap = s.user.path("trap.sh");
    let sprung = s.user.path("sprung");
    fs::write(
        &trap,
        format!(
            "#!/bin/sh\necho \"$0 $*\" >> {}\nexit 1\n",
            sprung.display()
        ),
    )
    .unwrap();
    fs::set_permissions(&trap, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let trap = trap.to_str().unwrap();
    fs::write(
        path.join(".gitattributes"),
        "* filter=evil diff=evil merge=evil\n",
    )
    .unwrap();
    commit(&path, "attributes");
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
        "core.editor",
        "core.pager",
        "core.askPass",
        "credential.helper",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "merge.evil.driver",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "gpg.program",
        "core.alternateRefsCommand",
        "uploadpack.packObjectsHook",
    ] {
        git(&path, &["config", key, trap]);
    }
    git(&path, &["config", "include.path", "../included"]);
    git(&path, &["config", "core.worktree", "/"]);
    git(&path, &["config", "core.hooksPath", "hooks"]);
    fs::create_dir_all(path.join(".git/hooks")).unwrap();
    for hook in [
        "post-checkout",
        "post-index-change",
        "reference-transaction",
        "fsmonitor-watchman",
    ] {
        fs::copy(trap, path.join(".git/hooks").join(hook)).unwrap();
    }
    fs::create_dir_all(path.join(".git/objects/info")).unwrap();
    fs::write(
        path.join(".git/objects/info/alternates"),
        "/etc\n../../nowhere\n",
    )
    .unwrap();
    // A changed file has to be read, through a filter if there is one.
    let signed = s.result(&["sign", "git:r"], 0);
    assert_eq!(signed["git"]["clean"], true);
    s.result(&["verify", "git:r"], 11);
    s.user.run(&["manifest", "git:r"]).expect(0);
    s.user.run(&["manifest", "r"]).expect(0);
    fs::write(path.join("README"), "changed\n").unwrap();
    s.expect_dirty("git:r", "changed: README");
    assert!(!sprung.exists(), "{}", fs::read_to_string(&sprung).unwrap());
    // They are traps: git itself falls into them.
    git(&path, &["config", "--unset", "core.worktree"]);
    let _ = git_command(&path, &["status"])
        .stderr(Stdio::null())
        .output();
    assert!(sprung.exists());
}

#[test]
fn what_is_no_whole_repository_is_told() {
    let Some(s) = Setting::new() else { return };
    fs::create_dir(s.user.path("plain")).unwrap();
    let told = |subject: &str, words: &str| {
        let refused = s.user.run(&["manifest", subject]).expect(1);
        assert!(refused.err.contains(words), "{}", refused.err);
    };
    told("git:plain", "no git repository");
    told("git:absent", "no git repository");
    let path = s.repository("r", "sha1");
    told("git:r/src", "name the top directory");
    // Another file's content under the id of the first.
    let object = |name: &str| {
        let id = git(&path, &["rev-parse", &format!("HEAD:{name}")]);
        let (folder, rest) = id.trim().split_at(2);
        path.join(".git/objects").join(folder).join(rest)
    };
    let (one, other) = (object("README"), object("src/deep.txt"));
    let kept = fs::read(&one).unwrap();
    fs::remove_file(&one).unwrap();
    told("git:r", "is not here");
    fs::copy(&other, &one).unwrap();
    told("git:r", "object ");
    fs::remove_file(&one).unwrap();
    fs::write(&one, &kept[..kept.len() / 2]).unwrap();
    told("git:r", "object ");
    fs::remove_file(&one).unwrap();
    fs::write(&one, &kept).unwrap();
    s.user.run(&["manifest", "git:r"]).expect(0);
    for (head, words) in [
        ("ref: ../../secret", "names no ref"),
        ("ref: refs/heads/../../../secret", "names no ref"),
        ("ref: refs/heads/unborn", "no commit yet"),
        ("secret", "neither a ref nor a commit"),
        (&"1".repeat(40), "is not here"),
        (&"1".repeat(64), "is not here"),
    ] {
        fs::write(path.join(".git/HEAD"), head).unwrap();
        told("git:r", words);
    }
    fs::write(path.join(".git/HEAD"), "ref: refs/heads/a").unwrap();
    fs::write(path.join(".git/refs/heads/a"), "ref: refs/heads/a").unwrap();
    told("git:r", "without an end");
    fs::write(path.join(".git/HEAD"), "ref: refs/heads/main").unwrap();
    #[cfg(unix)]
    for pipe in [
        "objects/pack/pack-1.idx",
        "objects/12/34",
        "sharedindex.1",
        "index.pipe",
    ] {
        let pipe = path.join(".git").join(pipe);
        fs::create_dir_all(pipe.parent().unwrap()).unwrap();
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        match pipe.ends_with("index.pipe") {
            true => drop(s.user.run(&["manifest", "git:r"]).expect(0)),
            false => told("git:r", "neither a file nor a directory"),
        }
        fs::remove_file(&pipe).unwrap();
    }
    // An index that is cut off is no clean one.
    let index = fs::read(path.join(".git/index")).unwrap();
    fs::write(path.join(".git/index"), &index[..index.len() / 2]).unwrap();
    let refused = s.run(&["verify", "git:r"]).expect(14);
    assert!(refused.out.contains("index"), "{}", refused.out);
}
