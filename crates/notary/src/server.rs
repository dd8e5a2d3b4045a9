//! The server: sockets, TLS, and a stop that loses nothing.

use crate::config::{Config, Level};
use crate::error::NotaryError;
use crate::exposure::{self, ByGroup};
use crate::file_lock::FileLock;
use crate::front::{Connected, Front, Port};
use crate::http;
use crate::identity;
use crate::idle::{Connections, Registered};
use crate::logging::Logger;
use crate::metrics::{Metrics, Open};
use crate::notary::Notary;
use crate::patience::Patience;
use crate::sequencer::SequencerError;
use crate::shares::{Share, Shares};
use crate::tls::Certificate;
use crate::tokens;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// How long requests may go on after the stop.
const STOP_TIME: Duration = Duration::from_secs(10);
/// How often it is looked for what was revoked.
const KEEPER_PAUSE: Duration = Duration::from_millis(500);
/// How long to wait when the system has no more sockets to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Connections at once on the port for metrics.
const METRICS_CONNECTIONS: usize = 16;

/// A running notary.
pub struct Handle {
    // Dropped before the notary is, as it reads its log.
    #[cfg(unix)]
    admin: crate::admin::Admin,
    notary: Arc<Notary>,
    local: SocketAddr,
    metrics: Option<SocketAddr>,
    secure: bool,
    logger: Arc<Logger>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
    keeper: JoinHandle<()>,
}

/// Starts a notary. When this returns, it answers.
///
/// # Errors
/// When others could read what is sent to it, it cannot listen, or its data cannot be used.
pub async fn serve(config: Config) -> Result<Handle, NotaryError> {
    let logger = Arc::new(Logger::new(&config.log));
    let certificate = certificate(&config)?;
    let secure = certificate.is_some();
    warn_of_exposed(&config, &logger)?;
    let (listener, local) = bind(config.listen).await?;
    let side = match config.metrics.listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let scheme = if secure { "https" } else { "http" };
    if local.ip().is_unspecified()
        && config.address.is_none()
        && !config.data.join(identity::FILE).exists()
    {
        return Err(NotaryError::NoAddress);
    }
    let notary = Arc::new(Notary::open(
        &config.data,
        config.lock.as_deref(),
        config.address.as_deref(),
        &format!("{scheme}://{local}"),
    )?);
    let settled = match notary.settle().await {
        Ok(()) => true,
        // It can be read, and what is to be logged is once the clock is right.
        Err(NotaryError::Sequencer(SequencerError::Clock(_))) => false,
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    let admin = crate::admin::Admin::start(&config.data, notary.store().clone())?;
    let keeper = tokio::spawn(keep(notary.clone(), logger.clone(), settled));
    let metrics = Arc::new(Metrics::default());
    let front = Arc::new(Front::new(
        notary.clone(),
        http::router(notary.clone()),
        config.clone(),
        metrics.clone(),
        logger.clone(),
    ));
    let (stop, stopped) = watch::channel(false);
    let limits = &config.limits;
    let places = |number: u64| usize::try_from(number).unwrap_or(1);
    let door = |port, certificate, places| Door {
        port,
        certificate,
        front: front.clone(),
        metrics: metrics.clone(),
        logger: logger.clone(),
        places: Arc::new(Semaphore::new(places)),
        connections: Connections::new(),
        shares: Shares::new(limits.connections_per_address),
        head_time: Duration::from_secs(limits.head_seconds),
        answer_time: Duration::from_secs(limits.answer_seconds),
    };
    let main = door(Port::Public, certificate, places(limits.connections));
    let mut tasks = vec![tokio::spawn(main.keep(listener, stopped.clone()))];
    let side_address = side.as_ref().map(|(_, address)| *address);
    if let Some((listener, _)) = side {
        let side = door(Port::Metrics, None, METRICS_CONNECTIONS);
        tasks.push(tokio::spawn(side.keep(listener, stopped)));
    }
    let started = [
        ("address", notary.identity().address.as_str().into()),
        ("listening", format!("{scheme}://{local}").into()),
        ("open_writing", config.writing.open.into()),
    ];
    logger.tell(Level::Info, "started", &started);
    let is_proxied = !secure && notary.identity().address.starts_with("https:");
    if is_proxied && config.proxy.trusted.is_empty() {
        let fields = [("do", "name the proxy in proxy.trusted".into())];
        logger.tell(Level::Warn, "all_clients_count_as_the_proxy", &fields);
    }
    if !config.writing.open && tokens::list(&config.data)?.is_empty() {
        let fields = [("do", "assay notary token add NAME --data DIR".into())];
        logger.tell(Level::Info, "nobody_can_write", &fields);
    }
    Ok(Handle {
        #[cfg(unix)]
        admin,
        notary,
        local,
        metrics: side_address,
        secure,
        logger,
        stop,
        tasks,
        keeper,
    })
}

/// Sees to what is revoked while the notary runs, and tells of what could not be logged.
async fn keep(notary: Arc<Notary>, logger: Arc<Logger>, mut settled: bool) {
    let (mut told, mut cosigned) = (None, None);
    let (mut failed, mut trouble) = (notary.failed(), notary.trouble());
    if trouble.borrow().is_some() {
        // What it began with is told, too.
        trouble.mark_changed();
    }
    let mut pause = tokio::time::interval(KEEPER_PAUSE);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Ok(()) = failed.changed() => {
                if let Some(batch) = failed.borrow_and_update().as_ref() {
                    let fields = [
                        ("entries", batch.entries.into()),
                        ("error", batch.error.to_string().into()),
                    ];
                    logger.tell(Level::Error, "entries_not_logged", &fields);
                }
                continue;
            }
            _ = pause.tick() => {}
        }
        notary.look_after_the_log();
        if trouble.has_changed().unwrap_or(false) {
            match trouble.borrow_and_update().as_ref() {
                Some(error) => {
                    let fields = [("error", error.to_string().into())];
                    logger.tell(Level::Error, "log_not_writable", &fields);
                }
                None => logger.tell(Level::Info, "log_writable_again", &[]),
            }
        }
        let unusable = notary.unusable_cosignatures();
        if unusable != cosigned {
            if let Some(detail) = &unusable {
                let fields = [("error", detail.as_str().into())];
                logger.tell(Level::Warn, "cosigned_checkpoint_unusable", &fields);
            }
            cosigned = unusable;
        }
        if trouble.borrow().is_some() {
            // Told above: what cannot be written is not tried.
            continue;
        }
        // It is tried again, and told once for each reason.
        let done = match settled {
            true => notary.catch_up().await,
            false => notary.settle().await,
        };
        settled |= done.is_ok();
        let error = done.err().map(|error| error.to_string());
        if error != told
            && let Some(error) = &error
        {
            let fields = [("error", error.as_str().into())];
            logger.tell(Level::Error, "revocation_not_logged", &fields);
        }
        told = error;
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

    /// Where what is measured is told, if it has a port of its own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// Where the notary is reached on this machine: `http://` or `https://` and the socket's
    /// address.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.local)
    }

    /// Stops: no new connections, running requests are finished, all that was accepted is on disk
    /// and the data directory is free when this returns.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            let _ = task.await;
        }
        // What it has not finished is finished at the next start.
        self.keeper.abort();
        let _ = self.keeper.await;
        let (logger, notary) = (self.logger, self.notary);
        // The last owner waits for the writer, which may wait for the disk.
        let _ = tokio::task::spawn_blocking(move || {
            #[cfg(unix)]
            drop(self.admin);
            drop(notary);
            logger.tell(Level::Info, "stopped", &[]);
            logger.flush();
        })
        .await;
    }
}

fn certificate(config: &Config) -> Result<Option<Arc<Certificate>>, NotaryError> {
    match (&config.tls.certificate, &config.tls.key) {
        (Some(certificate), Some(key)) => Ok(Some(Arc::new(Certificate::open(certificate, key)?))),
        _ if config.behind_proxy || config.listen.ip().to_canonical().is_loopback() => Ok(None),
        _ => Err(NotaryError::PlainHttp {
            address: config.listen,
        }),
    }
}

fn warn_of_exposed(config: &Config, logger: &Logger) -> Result<(), NotaryError> {
    let mut exposed = exposure::check_data(&config.data)?;
    let lock = config.lock.clone();
    let lock = lock.unwrap_or_else(|| FileLock::default_for(&config.data));
    exposed.extend(exposure::check_directory(&lock)?);
    if let Some(key) = &config.tls.key {
        exposed.extend(exposure::check(key)?);
    }
    for found in exposed {
        let (event, name, path) = match &found {
            ByGroup::Readable(path) => ("secret_readable_by_group", "file", path),
            ByGroup::Writable(path) => ("directory_writable_by_group", "directory", path),
        };
        let fields = [(name, path.to_string_lossy().into())];
        logger.tell(Level::Warn, event, &fields);
    }
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), NotaryError> {
    let failed = |source| NotaryError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    Ok((listener, local))
}

/// One port, and what is needed to answer there.
struct Door {
    port: Port,
    certificate: Option<Arc<Certificate>>,
    front: Arc<Front>,
    metrics: Arc<Metrics>,
    logger: Arc<Logger>,
    places: Arc<Semaphore>,
    connections: Arc<Connections>,
    shares: Arc<Shares>,
    head_time: Duration,
    answer_time: Duration,
}

/// What a connection holds as long as it is open.
struct Held {
    _place: Option<OwnedSemaphorePermit>,
    _share: Option<Share>,
    _open: Open,
    registered: Registered,
}

impl Door {
    async fn keep(self, listener: TcpListener, mut stopped: watch::Receiver<bool>) {
        let graceful = GracefulShutdown::new();
        loop {
            let (stream, peer) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(_) => {
                        // Out of file descriptors, most likely; going on at once would only burn.
                        self.metrics.refused("accept");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                        continue;
                    }
                },
                () = told(&mut stopped) => break,
            };
            let peer = peer.ip().to_canonical();
            let share = match self.front.counts_connections(peer) {
                true => match self.shares.take(peer, 1) {
                    Some(share) => Some(share),
                    // Closed at once: an answer would need a place of its own.
                    None => {
                        self.metrics.refused("connections");
                        continue;
                    }
                },
                false => None,
            };
            let place = tokio::select! {
                place = self.place() => place,
                () = told(&mut stopped) => break,
            };
            let held = Held {
                _place: place,
                _share: share,
                _open: self.metrics.open(),
                registered: self.connections.register(),
            };
            self.let_in(stream, peer, held, &graceful, &stopped);
        }
        drop(listener);
        let _ = tokio::time::timeout(STOP_TIME, graceful.shutdown()).await;
    }

    /// A place for one more connection. Where all are taken, the one that is idle longest gives way;
    /// where none is idle, whoever comes waits, and those after them in the system's queue.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if let Ok(place) = self.places.clone().try_acquire_owned() {
                return Some(place);
            }
            if self.connections.give_way() {
                self.metrics.refused("idle");
            }
            let free = self.places.clone().acquire_owned();
            if let Ok(place) = tokio::time::timeout(ACCEPT_PAUSE, free).await {
                return place.ok();
            }
        }
    }

    fn let_in(
        &self,
        stream: TcpStream,
        peer: IpAddr,
        held: Held,
        graceful: &GracefulShutdown,
        stopped: &watch::Receiver<bool>,
    ) {
        // Answers are small and whole; waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        let idle = held.registered.idle().clone();
        let connected = self.front.connected(peer, self.port, idle.clone());
        let (head_time, answer_time) = (self.head_time, self.answer_time);
        let watcher = graceful.watcher();
        match self.acceptor() {
            None => {
                let stream = Patience::new(stream, answer_time, idle);
                tokio::spawn(talk(stream, connected, held, watcher, head_time));
            }
            Some(acceptor) => {
                let (metrics, mut stopped) = (self.metrics.clone(), stopped.clone());
                tokio::spawn(async move {
                    let shaking = tokio::time::timeout(head_time, acceptor.accept(stream));
                    let shaken = tokio::select! {
                        shaken = shaking => shaken,
                        () = told(&mut stopped) => return,
                        () = idle.gives_way() => return,
                    };
                    match shaken {
                        Ok(Ok(stream)) => {
                            let stream = Patience::new(stream, answer_time, idle);
                            talk(stream, connected, held, watcher, head_time).await;
                        }
                        _ => metrics.refused("handshake"),
                    }
                });
            }
        }
    }

    fn acceptor(&self) -> Option<TlsAcceptor> {
        let (acceptor, renewal) = self.certificate.as_ref()?.acceptor();
        match renewal {
            None => {}
            Some(Ok(())) => self.logger.tell(Level::Info, "certificate_renewed", &[]),
            Some(Err(error)) => {
                let fields = [("error", error.to_string().into())];
                self.logger
                    .tell(Level::Error, "certificate_not_renewed", &fields);
            }
        }
        Some(acceptor)
    }
}

/// Returns when the notary is to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    // Whoever could still tell is gone where this fails.
    let told = stopped.wait_for(|stopped| *stopped).await;
    drop(told);
}

async fn talk<S>(stream: S, connected: Connected, held: Held, watcher: Watcher, head_time: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), connected);
    let idle = held.registered.idle().clone();
    tokio::select! {
        // How a connection ended is the client's business.
        _ = watcher.watch(connection) => {}
        () = idle.gives_way() => {}
    }
    drop(held);
}
