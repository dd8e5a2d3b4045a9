use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::thread::JoinHandle;

use axum::Router;
use futures_util::future::select;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::tls::TlsListener;
use crate::{Error, Result};

/// A web server on this machine with a thread of its own; dropping it cuts every connection.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on `port` of the loopback address, or on a free one (0).
    pub(crate) fn start(port: u16, routes: Router) -> Result<Self> {
        Self::start_with(port, routes, None)
    }

    /// The same on a free port, over TLS.
    pub(crate) fn start_tls(routes: Router, acceptor: TlsAcceptor) -> Result<Self> {
        Self::start_with(0, routes, Some(acceptor))
    }

    fn start_with(port: u16, routes: Router, acceptor: Option<TlsAcceptor>) -> Result<Self> {
        let failed = || Error::io(format!("no web server on port {port}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(failed())?;
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind(wanted))
            .map_err(failed())?;
        let address = listener.local_addr().map_err(failed())?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let serving = pin!(async {
                    match acceptor {
                        None => axum::serve(listener, routes).await,
                        Some(acceptor) => {
                            axum::serve(TlsListener { listener, acceptor }, routes).await
                        }
                    }
                });
                select(serving, stopped).await;
            });
            runtime.shutdown_background();
        });
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended already.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
