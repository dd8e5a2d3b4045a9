use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, PublicKeyData, generate_simple_self_signed};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

use crate::{Error, Result};

/// A certificate that nobody vouches for; a browser is told to take it for right.
pub(crate) struct Certificate {
    pub(crate) acceptor: TlsAcceptor,
    /// Base64 of the SHA-256 of the public key, as Chromium's switch wants it.
    pub(crate) key_digest: String,
    /// The certificate itself, PEM.
    pub(crate) pem: String,
}

impl Certificate {
    /// One for these hosts.
    pub(crate) fn new(hosts: &[&str]) -> Result<Self> {
        let failed = |error: rcgen::Error| Error::Other(format!("no certificate: {error}"));
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(hosts).map_err(failed)?;
        let key_digest = STANDARD.encode(Sha256::digest(signing_key.subject_public_key_info()));
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let refused = |error: rustls::Error| Error::Other(format!("no TLS: {error}"));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(refused)?
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .map_err(refused)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            key_digest,
            pem: pem(cert.der()),
        })
    }
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

/// Takes connections over TLS. Who does not get through the handshake is not served.
pub(crate) struct TlsListener {
    pub(crate) listener: TcpListener,
    pub(crate) acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.listener).await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
