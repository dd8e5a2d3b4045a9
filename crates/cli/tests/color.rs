//! Colours: on a terminal, and for who asks for them.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/terminal.rs"]
mod terminal;

use common::{DataFolder, Notary, User, done};
use terminal::Terminal;

/// What begins a colour (ECMA-48, SGR).
const ESCAPE: &str = "\u{1b}[";

#[test]
fn there_are_colours_on_a_terminal_and_nowhere_else() {
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let user = User::new();
    user.write("a.txt", "content");
    let config = user.path("config");
    std::fs::create_dir(&config).unwrap();
    let file = user.path("a.txt").display().to_string();
    let url = notary.url();
    user.run(&["sign", "a.txt", "--notary", &url]).expect(0);
    let line = format!("verify {file} --notary {url}");
    let shown = |arguments: &str, variables: &[(&str, &str)]| {
        Terminal::run_with(&config, arguments, variables).end()
    };
    let coloured = |text: &str| text.contains("a.txt: \u{1b}[1msigned\u{1b}[0m");
    assert!(coloured(&shown(&line, &[])), "{}", shown(&line, &[]));
    for plain in [
        shown(&line, &[("NO_COLOR", "1")]),
        shown(&line, &[("ASSAY_COLOR", "never")]),
        shown(&format!("{line} --color never"), &[("CLICOLOR_FORCE", "1")]),
        shown(&format!("--color=never {line}"), &[]),
    ] {
        assert!(plain.contains("a.txt: signed"), "{plain:?}");
    }
    let help = shown("help verify", &[]);
    assert!(help.contains(ESCAPE) && help.contains("Usage:"), "{help:?}");
    let wrong = shown("verify --nope", &[]);
    assert!(
        wrong.contains(ESCAPE) && wrong.contains("--nope"),
        "{wrong:?}"
    );
    // In a pipe.
    let piped = |more: &[&str], variables: &[(&str, &str)]| {
        let mut command = user.command(&["verify", "a.txt", "--notary", &url]);
        command
            .args(more)
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE");
        done(command.envs(variables.iter().copied()).output().unwrap()).out
    };
    assert!(!piped(&[], &[]).contains(ESCAPE));
    assert!(coloured(&piped(&[], &[("CLICOLOR_FORCE", "1")])));
    assert!(coloured(&piped(
        &["--color", "always"],
        &[("NO_COLOR", "1")]
    )));
    // JSON is for programs, whatever is wanted.
    assert!(!piped(&["--color", "always", "--json"], &[]).contains(ESCAPE));
    let mut help = user.command(&["help", "verify"]);
    assert!(!done(help.output().unwrap()).out.contains(ESCAPE));
}
