//! The real program, run as people run it.
#![allow(dead_code, reason = "each test file uses a part")]

#[path = "../../../notary/tests/common/data_folder.rs"]
mod data_folder;
#[path = "documented.rs"]
pub mod documented;

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

pub mod little_server;
pub mod registry;
pub mod setting;

#[allow(unused_imports, reason = "each test file uses a part")]
pub use data_folder::{DataFolder, copy};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_assay");

/// A notary in a process of its own; killed when dropped.
pub struct Notary {
    child: Child,
    pub ready: Value,
}

impl Notary {
    pub fn start(data: &Path) -> Self {
        Self::start_on(data, "127.0.0.1:0")
    }

    pub fn start_on(data: &Path, listen: &str) -> Self {
        Self::start_with(data, listen, &["--open-writing", "--log-level", "warn"])
    }

    /// One that lets only those write who have a token.
    pub fn start_closed(data: &Path) -> Self {
        Self::start_with(data, "127.0.0.1:0", &["--log-level", "error"])
    }

    pub fn start_with(data: &Path, listen: &str, options: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["notary", "--json"])
            .args(options)
            .args(["--listen", listen, "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line}"));
        documented::hold(&ready);
        Self { ready, child }
    }

    pub fn url(&self) -> String {
        self.ready["listening"].as_str().unwrap().to_owned()
    }

    /// What it answers to whoever asks for that.
    pub fn get(&self, path: &str) -> Vec<u8> {
        let mut answer = ureq::get(format!("{}{path}", self.url())).call().unwrap();
        answer.body_mut().read_to_vec().unwrap()
    }

    pub fn socket(&self) -> String {
        self.url().replace("http://", "")
    }

    /// SIGKILL: the process gets no chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    #[cfg(unix)]
    pub fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Notary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A user with a home of their own.
pub struct User {
    pub home: tempfile::TempDir,
    /// What is set in the environment of each command of theirs.
    variables: Vec<(String, String)>,
}

pub struct Done {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Done {
    /// What was printed, which is as it is documented.
    #[track_caller]
    pub fn json(&self) -> Value {
        let value = serde_json::from_str(&self.out)
            .unwrap_or_else(|_| panic!("no JSON: {}{}", self.out, self.err));
        documented::hold(&value);
        value
    }

    /// The first result.
    #[track_caller]
    pub fn result(&self) -> Value {
        self.json()["results"][0].clone()
    }

    /// The verdict about the first subject.
    #[track_caller]
    pub fn verdict(&self) -> String {
        self.result()["verdict"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }
}

impl User {
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// Sets a variable in the environment of all commands from now on.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.variables.push((name.to_owned(), value.into()));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub fn read_json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        // Whoever runs the tests may have settings of their own.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ASSAY_") {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .current_dir(self.home.path())
            .env("ASSAY_CONFIG_DIR", self.path("config"))
            .env_remove("DOCKER_HOST")
            .env_remove("REGISTRY_AUTH_FILE")
            .env_remove("XDG_CONFIG_HOME")
            // What is in the real user's files is none of the tests' business.
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("DOCKER_CONFIG", self.path("docker"))
            // The tests may run at one of these providers, which would lend its name.
            .env_remove("GITHUB_ACTIONS")
            .env_remove("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
            .env_remove("ACTIONS_ID_TOKEN_REQUEST_URL")
            .env_remove("GITLAB_CI")
            .env_remove("SIGSTORE_ID_TOKEN")
            .env_remove("BUILDKITE")
            .env_remove("GCE_METADATA_HOST")
            .env("NO_GCE_CHECK", "true")
            // Keys of tests are worth nothing; what a passphrase does has tests of its own.
            .env("ASSAY_NO_PASSPHRASE", "1")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn run(&self, args: &[&str]) -> Done {
        done(self.command(args).output().unwrap())
    }

    /// Runs a command that needs a notary.
    pub fn with(&self, notary: &str, args: &[&str]) -> Done {
        let mut command = self.command(args);
        done(command.env("ASSAY_NOTARY", notary).output().unwrap())
    }
}

pub fn done(output: Output) -> Done {
    Done {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
