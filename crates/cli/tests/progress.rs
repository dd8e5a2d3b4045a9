//! What a person at a terminal sees of what takes long. `script` is the terminal.
#![cfg(target_os = "linux")]

mod common;
#[path = "common/front.rs"]
mod front;
#[path = "common/terminal.rs"]
mod terminal;

use common::{DataFolder, Notary, PROGRAM};
use front::Front;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use terminal::Terminal;

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
    assert!(last.unwrap().contains("error:"), "{shown:?}");
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
    // More than a second has gone by, so no more than what was read was read in one.
    let (read, rate) = shown.split_once(" of 1.00 TiB, ").unwrap();
    let read: Vec<&str> = read.rsplitn(3, ' ').collect();
    let rate = rate.split_once("/s,").unwrap().0;
    let (number, unit) = rate.split_once(' ').unwrap();
    assert!(bytes(number, unit) <= bytes(read[1], read[0]), "{shown:?}");
}

fn bytes(number: &str, unit: &str) -> f64 {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let power = units.iter().position(|one| *one == unit).unwrap();
    number.parse::<f64>().unwrap() * 1024_f64.powi(power as i32)
}

#[test]
fn how_much_of_a_directory_was_read_is_told_of_it_as_a_whole() {
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    std::fs::create_dir(&tree).unwrap();
    for name in ["a", "b"] {
        let file = std::fs::File::create(tree.join(name)).unwrap();
        file.set_len(1 << 40).unwrap();
    }
    let mut terminal = Terminal::run(home.path(), &format!("manifest {}", tree.display()));
    terminal.until(" left");
    let shown = terminal.shown.clone();
    assert!(shown.contains("tree "), "{shown:?}");
    assert!(shown.contains("of 2.00 TiB, "), "{shown:?}");
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
