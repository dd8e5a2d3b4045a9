//! TLS by the notary itself, and plain HTTP only where it is safe.

mod common;

use assay_notary::{Config, NotaryError};
use common::{Running, raw};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Puts another certificate and its key in place, as the tools that renew them do.
    fn renew(&self) -> CertificateDer<'static> {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        self.replace("key.pem", &signing_key.serialize_pem());
        self.replace("cert.pem", &cert.pem());
        cert.der().clone()
    }

    fn replace(&self, name: &str, text: &str) {
        let path = self.path("new");
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        }
        std::fs::rename(path, self.path(name)).unwrap();
    }

    fn config(&self, data: &Path) -> Config {
        let mut config = Config::on_loopback(data);
        config.tls.certificate = Some(self.path("cert.pem"));
        config.tls.key = Some(self.path("key.pem"));
        config
    }
}

/// What a client that trusts this certificate alone gets: the protocol and the answer.
fn ask(
    address: SocketAddr,
    certificate: &CertificateDer<'static>,
) -> Result<(Vec<u8>, String), std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = tokio_rustls::rustls::crypto::ring::default_provider();
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let protocol = stream.conn.alpn_protocol().unwrap_or_default().to_vec();
    Ok((protocol, raw::ask(stream, &raw::get("/api/v1/log"))))
}

#[test]
fn a_renewed_certificate_is_used_and_a_broken_one_is_not() {
    let (files, data) = (Files::new(), common::DataFolder::new());
    let first = files.renew();
    let notary = Running::start_with(files.config(data.path()));
    let address = notary.handle().local_address();
    assert_eq!(notary.handle().url(), format!("https://{address}"));
    assert_eq!(
        notary.handle().notary().identity().address,
        notary.handle().url()
    );
    let (protocol, answer) = ask(address, &first).unwrap();
    assert_eq!(protocol, b"http/1.1");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let second = files.renew();
    assert!(ask(address, &first).is_err());
    assert!(ask(address, &second).is_ok());

    for broken in [
        "",
        "rubbish",
        &std::fs::read_to_string(files.path("key.pem")).unwrap(),
    ] {
        files.replace("cert.pem", broken);
        assert!(ask(address, &second).is_ok(), "the one before goes on");
    }
    std::fs::remove_file(files.path("key.pem")).unwrap();
    assert!(ask(address, &second).is_ok());
    let third = files.renew();
    assert!(ask(address, &third).is_ok());

    // Who speaks plain HTTP there gets nothing, and harms nobody.
    let plain = raw::ask(TcpStream::connect(address).unwrap(), &raw::get("/"));
    assert!(!plain.contains("HTTP/1.1 200"), "{plain}");
    assert!(ask(address, &third).is_ok());
    notary.stop();
}

fn start(config: Config) -> Result<(), NotaryError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = runtime.block_on(assay_notary::serve(config));
    started.map(|handle| runtime.block_on(handle.stop()))
}

#[cfg(unix)]
#[test]
fn keys_that_everybody_can_read_are_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let (files, data) = (Files::new(), tempfile::tempdir().unwrap());
    let data = data.path().join("notary");
    files.renew();
    let everybody = |path: &Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    };
    everybody(&files.path("key.pem"), 0o644);
    let refused = start(files.config(&data)).unwrap_err().to_string();
    assert!(
        refused.contains("key.pem") && refused.contains("chmod 600"),
        "{refused}"
    );
    everybody(&files.path("key.pem"), 0o640);
    start(files.config(&data)).unwrap();
    everybody(&data.join("keys/log.pem"), 0o604);
    let refused = start(files.config(&data)).unwrap_err().to_string();
    assert!(refused.contains("log.pem"), "{refused}");
    everybody(&data.join("keys/log.pem"), 0o600);
    start(files.config(&data)).unwrap();
}

#[test]
fn plain_http_is_for_this_machine_or_behind_a_proxy() {
    let data = tempfile::tempdir().unwrap();
    let mut config = Config::on_loopback(data.path().join("notary"));
    config.listen = "0.0.0.0:0".parse().unwrap();
    let refused = start(config.clone()).unwrap_err().to_string();
    assert!(
        refused.contains("tls.certificate") && refused.contains("--behind-proxy"),
        "{refused}"
    );
    config.behind_proxy = true;
    let refused = start(config.clone()).unwrap_err().to_string();
    assert!(refused.contains("--address"), "{refused}");
    config.address = Some("https://notary.example".into());
    start(config.clone()).unwrap();
    // From then on it is known.
    config.address = None;
    start(config).unwrap();
}
