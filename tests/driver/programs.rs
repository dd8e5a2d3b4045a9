use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::process::{stop_group, terminate};
use crate::{Error, Result, assay_program};

/// The real notary, run as a program, with data of its own.
pub struct NotaryProcess {
    /// Where its data are, and all that it keeps beside them.
    home: PathBuf,
    /// The same, where it is removed with it.
    _temporary: Option<TempDir>,
    port: u16,
    address: String,
    child: Option<Child>,
    fingerprint: String,
}

impl NotaryProcess {
    /// Starts a new notary on a free port.
    ///
    /// # Errors
    /// The program is missing or did not get ready.
    pub fn start() -> Result<Self> {
        // Its address names the port and is fixed on the first start, so the port is chosen here.
        let port = free_port()?;
        let temporary = folder("assay-notary-")?;
        let mut notary = Self {
            home: temporary.path().to_owned(),
            _temporary: Some(temporary),
            port,
            address: format!("http://127.0.0.1:{port}"),
            child: None,
            fingerprint: String::new(),
        };
        notary.restart()?;
        Ok(notary)
    }

    /// Starts one on a free port, with its data in `notary` in this folder, which stays. What is there
    /// already must be a notary's that says it has the same address.
    ///
    /// # Errors
    /// The program is missing or did not get ready.
    pub fn start_in(home: &Path, address: &str) -> Result<Self> {
        let mut notary = Self {
            home: home.to_owned(),
            _temporary: None,
            port: free_port()?,
            address: address.to_owned(),
            child: None,
            fingerprint: String::new(),
        };
        notary.restart()?;
        Ok(notary)
    }

    /// Starts a second notary with a copy of this one's keys and log, which says that it has this
    /// one's address and answers at another. From here on each logs what it is sent: the log forks.
    ///
    /// # Errors
    /// The data could not be copied, or one of them did not get ready.
    pub fn split(&mut self) -> Result<Self> {
        self.stop();
        let temporary = folder("assay-notary-")?;
        let mut copy = Self {
            home: temporary.path().to_owned(),
            _temporary: Some(temporary),
            port: free_port()?,
            address: self.address.clone(),
            child: None,
            fingerprint: String::new(),
        };
        copy_folder(&self.home, &copy.home)?;
        self.restart()?;
        copy.restart()?;
        Ok(copy)
    }

    /// Starts it again, at the same address with the same data.
    ///
    /// # Errors
    /// It did not get ready.
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        let listen = format!("127.0.0.1:{}", self.port);
        let mut child = assay()?
            .args([
                "notary",
                "--json",
                "--open-writing",
                "--log-level",
                "warn",
                "--listen",
                &listen,
                "--address",
                &self.address,
            ])
            .arg("--data")
            .arg(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(Error::io("the notary could not be started"))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output)
                .read_line(&mut line)
                .map_err(Error::io("the notary's ready line"))?;
        }
        self.child = Some(child);
        let ready: Value = serde_json::from_str(&line).map_err(|_| {
            Error::Other(format!("the notary did not get ready; it said: {line:?}"))
        })?;
        self.fingerprint = ready["trust_root_fingerprint"]
            .as_str()
            .ok_or_else(|| Error::Other(format!("no trust root fingerprint in {line}")))?
            .to_owned();
        Ok(())
    }

    /// Puts what it had when this backup was made in the place of its data, as docs/notary.md says, and
    /// starts it again.
    ///
    /// # Errors
    /// It does not run, cannot be restored from that, or did not get ready.
    pub fn restore(&mut self, backup: &Path) -> Result<()> {
        self.terminate()?;
        let restored = self.home.join("notary-new");
        let mut command = assay()?;
        command.args(["notary", "restore"]).arg(backup);
        command.arg("--data").arg(&restored);
        command.arg("--lock").arg(self.home.join("notary.lock"));
        let output = command
            .output()
            .map_err(Error::io("the notary was not restored"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::Other(format!("the notary was not restored: {said}")));
        }
        let failed = || Error::io("the restored data cannot be put in place");
        std::fs::rename(self.folder(), self.home.join("notary-old")).map_err(failed())?;
        std::fs::rename(&restored, self.folder()).map_err(failed())?;
        self.restart()
    }

    /// Its data; its lock lies beside it.
    fn folder(&self) -> PathBuf {
        self.home.join("notary")
    }

    /// Ends it at once: connections are refused.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            stop_group(&mut child);
        }
    }

    /// Asks it to stop (SIGTERM), and waits until it has.
    ///
    /// # Errors
    /// It does not run, or did not end well.
    pub fn terminate(&mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Err(Error::Other("the notary does not run".to_owned()));
        };
        terminate(&child);
        let status = child.wait().map_err(Error::io("the notary's end"))?;
        match status.success() {
            true => Ok(()),
            false => Err(Error::Other(format!("the notary ended with {status}"))),
        }
    }

    /// Its process, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Its port on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The fingerprint of its trust root, as it printed it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Its trusted root.
    ///
    /// # Errors
    /// It does not run.
    pub fn trusted_root(&self) -> Result<Value> {
        crate::http::get_json(&format!("{}/trusted_root.json", self.url()))
    }

    /// The signed checkpoint of its log as it is now.
    ///
    /// # Errors
    /// It does not run.
    pub fn checkpoint(&self) -> Result<String> {
        let log = crate::http::get_json(&format!("{}/api/v1/log", self.url()))?;
        crate::browser::text(&log, "signedTreeHead")
    }

    /// What it answers about a digest (64 hexadecimal digits).
    ///
    /// # Errors
    /// It does not run.
    pub fn attestations(&self, sha256: &str) -> Result<Value> {
        crate::http::get_json(&format!("{}/attestations/sha256:{sha256}", self.url()))
    }

    /// Enrols a person's key under a name, so that the notary vouches for it.
    ///
    /// # Errors
    /// The program refused.
    pub fn enrol(&self, name: &str, person: &Person) -> Result<()> {
        let key = person.home.path().join("public.pem");
        std::fs::write(&key, person.public_key()?).map_err(Error::path("written", &key))?;
        self.enrol_key(name, &key)
    }

    /// Runs a command of its administrator's (`assay notary …`).
    ///
    /// # Errors
    /// The program refused.
    pub fn administer(&self, command: &[&str]) -> Result<()> {
        let mut administer = assay()?;
        administer.arg("notary").args(command);
        administer.arg("--data").arg(self.folder());
        output_of(&mut administer).map(drop)
    }

    /// The same with a public key in a file (PEM).
    ///
    /// # Errors
    /// The program refused.
    pub fn enrol_key(&self, name: &str, key: &Path) -> Result<()> {
        let mut add = assay()?;
        add.args(["notary", "signer", "add", name]).arg(key);
        add.arg("--data").arg(self.folder());
        output_of(&mut add).map(drop)
    }
}

impl Drop for NotaryProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Somebody who signs files with the program `assay` and a key of their own.
pub struct Person {
    home: TempDir,
}

impl Person {
    /// Somebody new.
    ///
    /// # Errors
    /// No temporary folder could be made.
    pub fn new() -> Result<Self> {
        Ok(Self {
            home: folder("assay-person-")?,
        })
    }

    /// Their public key (PEM); the key pair is made on first use.
    ///
    /// # Errors
    /// The program refused.
    pub fn public_key(&self) -> Result<String> {
        output_of(self.assay()?.arg("key"))
    }

    /// Signs a file and logs the signature.
    ///
    /// # Errors
    /// The program refused, or the notary is down.
    pub fn sign(&self, file: &Path, notary: &NotaryProcess) -> Result<()> {
        let mut sign = self.assay()?;
        sign.arg("sign").arg(file).args(["--notary", &notary.url()]);
        output_of(&mut sign).map(drop)
    }

    /// What `assay verify` says of a file to them, who trust these signers.
    ///
    /// # Errors
    /// The program could not be started, or said nothing.
    pub fn verify(&self, file: &Path, notary: &NotaryProcess, signers: &[&str]) -> Result<Value> {
        let mut verify = self.assay()?;
        verify.args(["verify", "--json", "--notary", &notary.url()]);
        for signer in signers {
            verify.args(["--signer", signer]);
        }
        // Its exit code says the verdict, which is in the answer, too.
        let output = verify.arg(file).output();
        let output = output.map_err(Error::io("the program could not be started"))?;
        let mut said: Value = serde_json::from_slice(&output.stdout)?;
        Ok(said["results"][0].take())
    }

    /// Forgets what they remember of logs.
    pub fn forget_logs(&self) {
        // Where there is nothing, nothing is remembered.
        let _ = std::fs::remove_dir_all(self.home.path().join("logs"));
    }

    /// Makes a statement about a file: `standing` is "untrust", "unsupport" or "trust".
    ///
    /// # Errors
    /// The program refused, or the notary is down.
    pub fn declare(
        &self,
        standing: &str,
        file: &Path,
        reason: &str,
        notary: &NotaryProcess,
    ) -> Result<()> {
        let mut declare = self.assay()?;
        declare.arg(standing).arg(file);
        declare.args(["--reason", reason, "--notary", &notary.url()]);
        output_of(&mut declare).map(drop)
    }

    fn assay(&self) -> Result<Command> {
        let mut command = assay()?;
        command
            .env("ASSAY_CONFIG_DIR", self.home.path())
            // Made for one test, and worth nothing.
            .env("ASSAY_NO_PASSPHRASE", "1");
        Ok(command)
    }
}

/// The program, without what this person's own environment says to it.
fn assay() -> Result<Command> {
    let program: PathBuf = assay_program()?;
    let mut command = Command::new(&program);
    for variable in ["NOTARY", "FINGERPRINT", "KEY", "NOTARY_DATA", "CONFIG_DIR"] {
        command.env_remove(format!("ASSAY_{variable}"));
    }
    Ok(command)
}

/// What a program prints on standard output; an error with all that it said if it fails.
///
/// # Errors
/// It could not be started, or failed.
pub fn output_of(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io(shown.clone()))?;
    if !output.status.success() {
        return Err(Error::Other(format!(
            "{shown} failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::io("no free port"))
}

/// Copies a folder with all the files in it.
///
/// # Errors
/// Something cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).map_err(Error::path("made", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::path("read", from))? {
        let path = entry.map_err(Error::path("read", from))?.path();
        let copied = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &copied)?;
        } else if path.is_file() {
            std::fs::copy(&path, &copied).map_err(Error::path("copied", &path))?;
        }
    }
    Ok(())
}

fn folder(prefix: &str) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(prefix)
        .tempdir()
        .map_err(Error::io("no temporary folder"))
}
