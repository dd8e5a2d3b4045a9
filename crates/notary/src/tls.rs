//! TLS of the notary's own, with a certificate that can be renewed while it runs.

use crate::error::NotaryError;
use crate::exposure;
use crate::tokens::Stamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A certificate and its key, as their files are now.
pub struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
    used: Mutex<Used>,
}

struct Used {
    /// Of the files that were read last, whether they could be used or not.
    stamps: [Stamp; 2],
    acceptor: TlsAcceptor,
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    /// When they cannot be used, or everybody can read the key.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, NotaryError> {
        exposure::check(key)?;
        Ok(Self {
            used: Mutex::new(Used {
                stamps: stamps(certificate, key)?,
                acceptor: acceptor(certificate, key)?,
            }),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        })
    }

    /// What takes the next connection. The files are read again if they have changed; where they
    /// cannot be used, what was used before goes on, and it is told once why.
    pub fn acceptor(&self) -> (TlsAcceptor, Option<Renewal>) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let renewal = match stamps(&self.certificate, &self.key) {
            Ok(stamps) if stamps == used.stamps => None,
            Ok(stamps) => {
                used.stamps = stamps;
                let renewed =
                    exposure::check(&self.key).and_then(|_| acceptor(&self.certificate, &self.key));
                Some(renewed.map(|acceptor| used.acceptor = acceptor))
            }
            // Being replaced right now: the next connection sees what it is.
            Err(_) => None,
        };
        (used.acceptor.clone(), renewal)
    }
}

/// Whether changed files could be used.
pub type Renewal = Result<(), NotaryError>;

fn stamps(certificate: &Path, key: &Path) -> Result<[Stamp; 2], NotaryError> {
    let stamp = |path: &Path| match std::fs::metadata(path) {
        Ok(metadata) => Ok(Stamp::of(&metadata)),
        Err(error) => Err(NotaryError::file(path, error)),
    };
    Ok([stamp(certificate)?, stamp(key)?])
}

fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, NotaryError> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| NotaryError::file(path, error));
    let wrong = |path: &Path, detail: String| NotaryError::Data {
        path: path.to_owned(),
        detail,
    };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(certificate)?)
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(certificate, format!("it must be PEM: {error}")))?;
    if chain.is_empty() {
        return Err(wrong(certificate, "it holds no certificate (PEM)".into()));
    }
    // The error of the parser says what is missing, and quotes nothing.
    let private = PrivateKeyDer::from_pem_slice(&read(key)?)
        .map_err(|error| wrong(key, format!("it must hold one private key, PEM: {error}")))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| {
            let key = key.display();
            wrong(certificate, format!("with the key {key}: {error}"))
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
