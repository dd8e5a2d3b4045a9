//! The repository over HTTP, on this machine.

use crate::repository::Repository;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A server on a port of its own, until the test ends.
pub struct Server {
    shared: Arc<Mutex<Shared>>,
    address: String,
}

struct Shared {
    repository: Repository,
    endless: BTreeSet<String>,
    asked: Vec<String>,
}

impl Server {
    /// Serves a repository.
    ///
    /// # Panics
    /// When there is no port to be had.
    pub fn start(repository: Repository) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Mutex::new(Shared {
            repository,
            endless: BTreeSet::new(),
            asked: Vec::new(),
        }));
        let served = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                // Whoever hangs up early is no news.
                std::thread::spawn(move || answer(&served, stream).ok());
            }
        });
        Self { shared, address }
    }

    /// Where it is.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Changes what is served.
    pub fn change(&self, change: impl FnOnce(&mut Repository)) {
        change(&mut lock(&self.shared).repository);
    }

    /// Answers a path with a body that never ends.
    pub fn make_endless(&self, path: &str) {
        lock(&self.shared).endless.insert(path.to_owned());
    }

    /// The paths that were asked for since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.shared).asked)
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(shared: &Mutex<Shared>, mut stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let path = path.trim_start_matches('/').to_owned();
    let (file, endless) = {
        let mut shared = lock(shared);
        shared.asked.push(path.clone());
        let file = shared.repository.files.get(&path).cloned();
        (file, shared.endless.contains(&path))
    };
    if endless {
        stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
        loop {
            stream.write_all(&[b' '; 4096])?;
        }
    }
    let (status, body) = match file {
        Some(file) => ("200 OK", file),
        None => ("404 Not Found", b"no such file".to_vec()),
    };
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}
