//! The socket by which the administrator's program asks a running notary for a backup.
//!
//! It lies in the data directory, in a directory that only the notary's own user may enter; there
//! is no way to it from the network. A request is a line; the answer to `backup` is the backup.

use crate::backup::{self, ADMIN_DIRECTORY};
use crate::error::NotaryError;
use crate::files;
use crate::store::Store;
use std::io::{self, BufRead, BufReader, BufWriter, Read};
use std::net::Shutdown;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// The socket's name in its directory.
const SOCKET: &str = "socket";
/// The only request.
const BACKUP: &str = "backup\n";
/// How long the other side may be silent, or not take what it is sent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Answers on the socket until it is dropped.
#[derive(Debug)]
pub struct Admin {
    data: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    /// The connection that is being answered: there is one at a time.
    current: Mutex<Option<UnixStream>>,
}

impl Admin {
    /// Starts to answer for the notary in `data`, whose log is in `store`.
    ///
    /// # Errors
    /// When there can be no socket.
    pub fn start(data: &Path, store: Store) -> Result<Self, NotaryError> {
        let directory = data.join(ADMIN_DIRECTORY);
        let failed = |source| NotaryError::file(&directory, source);
        files::private_directory(&directory).map_err(failed)?;
        // One that a killed notary left behind; there is no other, as the store is ours.
        match std::fs::remove_file(directory.join(SOCKET)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let listener = at_socket(data, |path| UnixListener::bind(path)).map_err(failed)?;
        let shared = Arc::new(Shared::default());
        let (own, folder) = (shared.clone(), data.to_owned());
        let thread = std::thread::Builder::new()
            .name("admin".into())
            .spawn(move || answer_all(&listener, &folder, &store, &own))
            .map_err(failed)?;
        Ok(Self {
            data: data.to_owned(),
            shared,
            thread: Some(thread),
        })
    }
}

impl Drop for Admin {
    /// Cuts off a backup that is being made: its reader sees that the end is missing.
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let current = self.shared.current.lock();
        if let Some(stream) = current.unwrap_or_else(PoisonError::into_inner).as_ref() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes it if it waits for somebody to come.
        let woken = at_socket(&self.data, |path| UnixStream::connect(path)).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken) {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(self.data.join(ADMIN_DIRECTORY).join(SOCKET));
    }
}

fn answer_all(listener: &UnixListener, data: &Path, store: &Store, shared: &Shared) {
    for stream in listener.incoming() {
        if shared.stopping.load(Ordering::SeqCst) {
            return;
        }
        match stream {
            Ok(stream) => {
                let set = |stream| {
                    *shared
                        .current
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner) = stream;
                };
                set(stream.try_clone().ok());
                // The stop may have come before the connection was known to it.
                if !shared.stopping.load(Ordering::SeqCst) {
                    // How it ended is seen by whoever asked.
                    let _ = answer(&stream, data, store);
                }
                set(None);
            }
            // Out of file descriptors, most likely.
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn answer(stream: &UnixStream, data: &Path, store: &Store) -> Result<(), NotaryError> {
    let failed = |source| NotaryError::file(data, source);
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
    let mut request = String::new();
    let limit = BACKUP.len() as u64;
    BufReader::new(stream.take(limit))
        .read_line(&mut request)
        .map_err(failed)?;
    match request.as_str() {
        BACKUP => backup::write(data, store, &mut BufWriter::new(stream)),
        _ => Ok(()),
    }
}

/// Asks the notary that runs on `data` for a backup; `None` if none runs there.
///
/// # Errors
/// When it cannot be asked.
pub fn ask_for_backup(data: &Path) -> io::Result<Option<UnixStream>> {
    let mut stream = match at_socket(data, |path| UnixStream::connect(path)) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                // A killed one leaves its socket behind.
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Ok(None),
                _ => Err(error),
            };
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    io::Write::write_all(&mut stream, BACKUP.as_bytes())?;
    Ok(Some(stream))
}

/// Does something with the path of the socket. The system takes about a hundred bytes at most, so
/// a longer one goes by way of its open directory.
fn at_socket<T>(data: &Path, work: impl Fn(&Path) -> io::Result<T>) -> io::Result<T> {
    let directory = data.join(ADMIN_DIRECTORY);
    let path = directory.join(SOCKET);
    if path.as_os_str().len() < 100 || cfg!(not(target_os = "linux")) {
        return work(&path);
    }
    let directory = std::fs::File::open(directory)?;
    work(Path::new(&format!(
        "/proc/self/fd/{}/{SOCKET}",
        directory.as_raw_fd()
    )))
}
