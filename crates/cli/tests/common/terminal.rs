//! A terminal. `script` is it.
#![allow(dead_code, reason = "each test file uses a part")]

use super::common::PROGRAM;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A terminal in which the program runs; both are ended when it is dropped.
pub struct Terminal {
    child: Child,
    /// Where the program's number is written.
    number: PathBuf,
    pub shown: String,
}

impl Terminal {
    /// Runs the program with these arguments, as a shell reads them.
    pub fn run(config: &Path, arguments: &str) -> Self {
        Self::run_with(config, arguments, &[])
    }

    /// The same with some variables of the environment.
    pub fn run_with(config: &Path, arguments: &str, variables: &[(&str, &str)]) -> Self {
        Self::run_on("true", config, arguments, variables)
    }

    /// The same on a terminal with so many characters in a line.
    pub fn run_narrow(
        columns: u16,
        config: &Path,
        arguments: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let narrow = format!("stty cols {columns}");
        Self::run_on(&narrow, config, arguments, variables)
    }

    fn run_on(before: &str, config: &Path, arguments: &str, variables: &[(&str, &str)]) -> Self {
        let number = config.join("number");
        let child = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(format!(
                "{before}; echo $$ > {}; exec {PROGRAM} {arguments}",
                number.display()
            ))
            .arg("/dev/null")
            .env("ASSAY_CONFIG_DIR", config)
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            child,
            number,
            shown: String::new(),
        }
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    /// Reads on until this is shown, and fails when the program ends before.
    pub fn until(&mut self, text: &str) {
        let out = self.child.stdout.as_mut().unwrap();
        let mut piece = [0; 4096];
        while !self.shown.contains(text) {
            let read = out.read(&mut piece).unwrap();
            assert_ne!(read, 0, "{text:?} is not in {:?}", self.shown);
            self.shown
                .push_str(&String::from_utf8_lossy(&piece[..read]));
        }
    }

    /// What was shown until the program ended.
    pub fn end(mut self) -> String {
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
