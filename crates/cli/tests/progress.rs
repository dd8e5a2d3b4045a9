//! What a person at a terminal sees of what takes long. `script` is the terminal.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/front.rs"]
mod front;

use common::{DataFolder, Notary, PROGRAM};
use front::Front;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A terminal in which the program runs; both are ended when it is dropped.
struct Terminal {
    child: Child,
    /// Where the program's number is written.
    number: PathBuf,
    shown: String,
}

impl Terminal {
    fn run(config: &Path, arguments: &str) -> Self {
        let number = config.join("number");
        let child = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(format!(
                "echo $$ > {}; exec {PROGRAM} {arguments}",
                number.display()
            ))
            .arg("/dev/null")
            .env("ASSAY_CONFIG_DIR", config)
            .env("TERM", "xterm")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            number,
            shown: String::new(),
        }
    }

    /// Reads on until this is shown, and fails when the program ends before.
    fn until(&mut self, text: &str) {
        let out = self.child.stdout.as_mut().unwrap();
        let mut piece = [0; 4096];
        while !self.shown.contains(text) {
            let read = out.read(&mut piece).unwrap();
            assert_ne!(read, 0, "{text:?} is not in {:?}", self.shown);
            self.shown
                .push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }

    fn end(mut self) -> String {
        let mut rest = Vec::new();
        let out = self.child.stdout.as_mut().unwrap();
        out.read_to_end(&mut rest).unwrap();
        self.shown.push_str(&String::from_utf8_lossy(&rest));
        std::mem::take(&mut self.shown)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nothing less is sure to end it: who started the tests may have had the other signals
        // ignored, which the program inherits.
        if let Ok(number) = std::fs::read_to_string(&self.number) {
            let mut kill = Command::new("kill");
            let _ = kill
                .args(["-9", number.trim()])
                .stderr(Stdio::null())
                .status();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn whom_it_waits_for_is_told_until_the_answer_comes() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "content").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let mut terminal = Terminal::run(
        home.path(),
        &format!("verify {} --notary http://{address}", file.display()),
    );
    let (asked, _) = silent.accept().unwrap();
    terminal.until(&format!("waiting for {address} ("));
    drop(asked);
    drop(silent);
    let shown = terminal.end();
    let last = shown.rsplit('\r').find(|line| !line.trim().is_empty());
    assert!(last.unwrap().contains("error: "), "{shown:?}");
}

#[test]
fn how_much_of_a_file_was_read_is_told() {
    let home = tempfile::tempdir().unwrap();
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let file = home.path().join("large\u{202e}name");
    // Takes no room on the disk, and longer than any machine reads in a second.
    std::fs::File::create(&file)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let url = notary.url();
    let mut terminal = Terminal::run(
        home.path(),
        &format!("verify {} --notary {url}", file.display()),
    );
    terminal.until(" left");
    let shown = terminal.shown.clone();
    assert!(shown.contains("large\\u{202e}name"), "{shown:?}");
    assert!(shown.contains("of 1.00 TiB, "), "{shown:?}");
}

#[test]
fn one_line_tells_how_many_of_several_are_done() {
    let home = tempfile::tempdir().unwrap();
    let data = DataFolder::new();
    let notary = Notary::start(data.path());
    let front = Front::of(&notary.url());
    for name in ["a", "b", "c"] {
        std::fs::write(home.path().join(name), name).unwrap();
    }
    let held = front.hold("/attestations/");
    let folder = home.path().display();
    let arguments = format!("verify '{folder}/[abc]' --notary {}", front.url());
    let mut terminal = Terminal::run(home.path(), &arguments);
    held.wait();
    terminal.until("2 of 3 done");
    held.release();
    let shown = terminal.end();
    // No line but that one tells who is waited for, and it is gone.
    assert!(!shown.contains("waiting for"), "{shown:?}");
    let last = shown.rsplit('\r').find(|line| line.contains("unknown"));
    assert!(last.is_some_and(|line| !line.contains("done")), "{shown:?}");
}

#[test]
fn nothing_of_it_reaches_a_pipe() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    std::fs::write(&file, "content").unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let child = Command::new(PROGRAM)
        .arg("verify")
        .arg(&file)
        .args(["--notary", &format!("http://{address}")])
        .env("ASSAY_CONFIG_DIR", home.path())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (asked, _) = silent.accept().unwrap();
    // One that began later has a terminal, and tells it by now.
    let mut terminal = Terminal::run(
        home.path(),
        &format!("verify {} --notary http://{address}", file.display()),
    );
    let (asked_later, _) = silent.accept().unwrap();
    terminal.until(&format!("waiting for {address} ("));
    drop((asked, asked_later));
    drop(silent);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.starts_with("error: "), "{told:?}");
}
