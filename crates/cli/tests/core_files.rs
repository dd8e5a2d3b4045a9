//! What is in memory does not get onto the disk by a fault.
#![cfg(target_os = "linux")]

mod common;

use common::{DataFolder, PROGRAM};
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

#[test]
fn a_notary_that_is_aborted_leaves_no_core_file_whatever_the_limit_is() {
    let data = DataFolder::new();
    // As far as it may be raised here.
    let line = "ulimit -S -c \"$(ulimit -H -c)\"; exec \"$0\" \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", line, PROGRAM, "notary", "--json", "--open-writing"])
        .args(["--log-level", "off", "--listen", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .current_dir(data.path().parent().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    said.read_line(&mut ready).unwrap();
    assert!(ready.contains("assay.notary.ready.v1"), "{ready}");
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let soft = core.unwrap().split_whitespace().nth(4);
    assert_eq!(soft, Some("0"), "{limits}");
    let killed = Command::new("kill")
        .args(["-ABRT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.signal(), Some(6));
    assert!(!ended.core_dumped());
}
