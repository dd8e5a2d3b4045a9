//! Completions in real shells, and manual pages in real readers; of those that are there.
#![cfg(unix)]

mod common;

use common::{PROGRAM, User};
use std::path::Path;
use std::process::Command;

/// Whether a program can be run here. Where it is not, the test says so; in CI, bash and man have to be.
fn is_there(program: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
    });
    let needed = std::env::var_os("CI").is_some() && ["bash", "man"].contains(&program);
    assert!(found || !needed, "{program} is not there");
    if !found {
        eprintln!("not run: {program} is not there");
    }
    found
}

fn script(user: &User, shell: &str) -> String {
    user.run(&["completions", shell]).expect(0).out
}

/// What bash offers for the last of these words.
fn offered(user: &User, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let last = words.len() - 1;
    let line = format!(
        "source ./assay.bash; COMP_WORDS=({}); COMP_CWORD={last}; _assay assay '{}' '{}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words[last],
        words[last - 1]
    );
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", &line])
        .current_dir(user.home.path())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let offered = String::from_utf8(output.stdout).unwrap();
    offered.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_words() {
    if !is_there("bash") {
        return;
    }
    let user = User::new();
    user.write("assay.bash", script(&user, "bash"));
    user.write("app.tar.gz", "");
    assert_eq!(offered(&user, &["assay", "unt"]), ["untrust"]);
    assert_eq!(
        offered(&user, &["assay", "verify", "--no-m"]),
        ["--no-memory"]
    );
    assert_eq!(
        offered(&user, &["assay", "notary", "signer", "rev"]),
        ["revoke"]
    );
    let sources = offered(&user, &["assay", "verify", "--source", "gi"]);
    assert_eq!(sources, ["github"]);
    assert_eq!(
        offered(&user, &["assay", "sign", "--key", "app"]),
        ["app.tar.gz"]
    );
}

#[test]
fn each_shell_reads_its_script() {
    let user = User::new();
    for (shell, program, check) in [
        ("bash", "bash", &["-n"][..]),
        ("zsh", "zsh", &["-n"]),
        ("fish", "fish", &["--no-execute"]),
    ] {
        let script = script(&user, shell);
        assert!(script.contains("assay"));
        user.write(shell, script);
        if is_there(program) {
            let output = Command::new(program)
                .args(check)
                .arg(user.path(shell))
                .output()
                .unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{shell}: {errors}");
        }
    }
    for shell in ["powershell", "elvish"] {
        assert!(script(&user, shell).contains("'--no-memory'") || shell == "elvish");
        assert!(script(&user, shell).contains("untrust"));
    }
    user.run(&["completions", "csh"]).expect(2);
}

fn pages(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut pages: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

#[test]
fn each_command_has_a_manual_page_that_can_be_read() {
    let user = User::new();
    user.run(&["man", "man1"]).expect(0);
    let pages = pages(&user.path("man1"));
    let name = |page: &Path| page.file_name().unwrap().to_string_lossy().into_owned();
    let names: Vec<String> = pages.iter().map(|page| name(page)).collect();
    for expected in ["assay.1", "assay-verify.1", "assay-notary-signer-revoke.1"] {
        assert!(names.iter().any(|name| name == expected), "{names:?}");
    }
    // Again, over those that are there.
    user.run(&["man", "man1"]).expect(0);
    assert_eq!(pages.len(), self::pages(&user.path("man1")).len());
    if is_there("mandoc") {
        for page in &pages {
            let mut lint = Command::new("mandoc");
            lint.args(["-Tlint", "-W", "error"]).arg(page);
            let output = lint.output().unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stdout)
            );
        }
    }
    if is_there("man") {
        for page in &pages {
            let mut man = Command::new("man");
            man.arg("--warnings")
                .arg(page)
                .env("MANWIDTH", "100")
                .env("LC_ALL", "C.UTF-8");
            let output = man.env("MANPAGER", "cat").output().unwrap();
            let (text, errors) = (
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr),
            );
            assert!(
                output.status.success() && errors.is_empty(),
                "{}: {errors}",
                name(page)
            );
            assert!(text.contains("SYNOPSIS"), "{text}");
        }
    }
}

#[test]
fn a_manual_page_has_what_help_has() {
    if !is_there("man") {
        return;
    }
    let user = User::new();
    user.run(&["man", "man1"]).expect(0);
    let mut man = Command::new("man");
    man.arg(user.path("man1/assay-verify.1"))
        .env("MANWIDTH", "400")
        .env("LC_ALL", "C.UTF-8");
    let output = man.env("MANPAGER", "cat").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    // The examples are lines of their own, as they are in the help.
    let help = Command::new(PROGRAM)
        .args(["help", "verify"])
        .output()
        .unwrap();
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let examples: Vec<&str> = help
        .lines()
        .filter(|line| line.starts_with("  assay "))
        .collect();
    assert!(examples.len() > 1, "{help}");
    for example in examples {
        let example = example.trim().replace('\\', "");
        let shown = text
            .lines()
            .any(|line| line.trim().replace('\\', "") == example);
        assert!(shown, "{example}");
    }
    assert!(text.contains("[env: ASSAY_NOTARY]"), "{text}");
}
