use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::{Error, Result, assay_program};

/// A way from the program `assay` to a server on this machine that has the names of others: a proxy
/// that leads every connection there, and a file with the certificate that is to be trusted.
pub struct Tunnel {
    address: String,
    folder: TempDir,
}

impl Tunnel {
    /// Leads to this port, where a server with this certificate (PEM) answers.
    ///
    /// # Errors
    /// No port is free, or there is no place for the certificate.
    pub(crate) fn to(port: u16, certificate: &str) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("no port"))?;
        let address = listener.local_addr().map_err(Error::io("no port"))?;
        let folder = tempfile::tempdir().map_err(Error::io("no folder"))?;
        std::fs::write(folder.path().join("trusted.pem"), certificate)
            .map_err(Error::io("no certificate"))?;
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || lead(stream, port));
            }
        });
        Ok(Self {
            address: format!("http://{address}"),
            folder,
        })
    }

    /// The program, ready to be run by a user who has their configuration in [`Self::config`].
    ///
    /// # Errors
    /// It was not built.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(assay_program()?);
        command
            .args(arguments)
            .env("ASSAY_CONFIG_DIR", self.config())
            .env("HTTPS_PROXY", &self.address)
            .env("SSL_CERT_FILE", self.folder.path().join("trusted.pem"))
            .env_remove("ASSAY_NO_MEMORY")
            .env_remove("NO_PROXY")
            .env_remove("no_proxy");
        command.env("ASSAY_NO_PASSPHRASE", "1");
        Ok(command)
    }

    /// Where the program keeps what it remembers.
    pub fn config(&self) -> &Path {
        self.folder.path()
    }

    /// Runs the program; what it prints on standard output, and how it ends.
    ///
    /// # Errors
    /// It could not be started.
    pub fn run(&self, arguments: &[&str]) -> Result<(String, Option<i32>)> {
        let output = self
            .command(arguments)?
            .output()
            .map_err(Error::io("the program could not be started"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((text, output.status.code()))
    }
}

/// Answers one CONNECT (RFC 9110, section 9.3.6), and passes on what follows.
fn lead(stream: TcpStream, port: u16) {
    let Ok(mut reader) = stream.try_clone().map(BufReader::new) else {
        return;
    };
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
        line.clear();
    }
    let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return;
    };
    let (Ok(mut to_server), Ok(mut to_client)) = (server.try_clone(), stream.try_clone()) else {
        return;
    };
    if to_client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").is_err() {
        return;
    }
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Write);
    });
    let mut from_server = server;
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = from_server.read(&mut buffer) {
        if to_client.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to_client.shutdown(std::net::Shutdown::Both);
}
