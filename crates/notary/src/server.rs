//! The server: sockets, limits, and a stop that loses nothing.

use crate::error::NotaryError;
use crate::http;
use crate::notary::Notary;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;

/// How many connections may be open at once; whoever comes then waits in the system's queue.
const MAX_CONNECTIONS: usize = 1024;
/// How long a client may take to send a request's head, or stay silent between two requests.
const HEAD_TIME: Duration = Duration::from_secs(15);
/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// How long requests may go on after the stop.
const STOP_TIME: Duration = Duration::from_secs(10);
/// How often it is looked for what was revoked.
const KEEPER_PAUSE: Duration = Duration::from_millis(500);
/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a notary needs to run.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory; made if it is not there.
    pub data: PathBuf,
    /// The directory with the log's lock, outside the data. None: beside the data directory, its
    /// name with `.lock`.
    pub lock: Option<PathBuf>,
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The public address, `https://host[:port]`; it stays what it was on the first start. None:
    /// as it was, or on the first start `http://` and where it listens.
    pub address: Option<String>,
}

impl Config {
    /// A notary in `data` on any free port of the loopback interface.
    pub fn on_loopback(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            lock: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            address: None,
        }
    }
}

/// A running notary.
pub struct Handle {
    // Dropped before the notary is, as it reads its log.
    #[cfg(unix)]
    admin: crate::admin::Admin,
    notary: Arc<Notary>,
    local: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

/// Starts a notary. When this returns, it answers.
///
/// # Errors
/// When it cannot listen, or its data cannot be used.
pub async fn serve(config: Config) -> Result<Handle, NotaryError> {
    let failed = |source| NotaryError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    let default = format!("http://{local}");
    let notary = Arc::new(Notary::open(
        &config.data,
        config.lock.as_deref(),
        config.address.as_deref(),
        &default,
    )?);
    notary.settle().await?;
    #[cfg(unix)]
    let admin = crate::admin::Admin::start(&config.data, notary.store().clone())?;
    let keeper = tokio::spawn(keep(notary.clone()));
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(run(listener, notary.clone(), stopped));
    Ok(Handle {
        #[cfg(unix)]
        admin,
        notary,
        local,
        stop,
        task,
        keeper,
    })
}

/// Sees to what is revoked while the notary runs.
async fn keep(notary: Arc<Notary>) {
    loop {
        tokio::time::sleep(KEEPER_PAUSE).await;
        // It is tried again, and told by whoever waits for it.
        let _ = notary.catch_up().await;
    }
}

impl Handle {
    /// The notary that is served.
    pub fn notary(&self) -> &Notary {
        &self.notary
    }

    /// The socket's address.
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// Where the notary is reached on this machine: `http://` and the socket's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.local)
    }

    /// Stops: no new connections, running requests are finished, all that was accepted is on disk
    /// and the data directory is free when this returns.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
        // What it has not finished is finished at the next start.
        self.keeper.abort();
        let _ = self.keeper.await;
        // The last owner waits for the writer, which may wait for the disk.
        let _ = tokio::task::spawn_blocking(move || {
            #[cfg(unix)]
            drop(self.admin);
            drop(self.notary);
        })
        .await;
    }
}

async fn run(listener: TcpListener, notary: Arc<Notary>, mut stopped: oneshot::Receiver<()>) {
    let router = http::router(notary);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            break;
        };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => {
                    // Out of file descriptors, most likely; going on at once would only burn.
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
            _ = &mut stopped => break,
        };
        connect(stream, router.clone(), place, &graceful);
    }
    drop(listener);
    let _ = tokio::time::timeout(STOP_TIME, graceful.shutdown()).await;
}

fn connect(
    stream: TcpStream,
    router: axum::Router,
    place: OwnedSemaphorePermit,
    graceful: &GracefulShutdown,
) {
    // Answers are small and whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // How a connection ended is the client's business.
        let _ = connection.await;
        drop(place);
    });
}
