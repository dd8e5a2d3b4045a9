//! The command line of `assay notary` itself, and the configuration that it makes.

use crate::error::CliError;
use assay_notary::Config;
use assay_notary::config::{self, Setting};
use std::path::PathBuf;

/// `assay notary` without a further command: run it.
///
/// Each setting can also be made in the configuration file and by the environment; the command line
/// goes first, then the environment, then the file.
#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    /// Configuration file (TOML); `assay notary config` prints one with every setting.
    #[arg(long, env = "ASSAY_NOTARY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The notary's data directory; made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The directory with the log's lock: outside the data directory and its backups, best on
    /// another disk [default: beside the data directory, its name with .lock].
    #[arg(long, value_name = "DIR")]
    pub lock: Option<PathBuf>,
    /// Where to listen; 127.0.0.1:7340 where nothing is said.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// The public address under which clients know the notary. It is fixed on the first start.
    #[arg(long, value_name = "URL")]
    pub address: Option<String>,
    /// Let anybody write, without a token.
    #[arg(long)]
    pub open_writing: bool,
    /// Speak plain HTTP where others can reach it, as a proxy in front speaks TLS.
    #[arg(long)]
    pub behind_proxy: bool,
    /// TLS: the certificate chain (PEM). Read again when it changes.
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// TLS: the private key (PEM).
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Proxies whose X-Forwarded-For counts: addresses or networks, with commas between them.
    #[arg(long, value_name = "ADDRS")]
    pub trusted_proxies: Option<String>,
    /// A port of its own for /metrics and /healthz.
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// What is said on standard error: off, error, warn, info or debug.
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
    /// Any setting of the configuration file, such as limits.writes_per_minute=60.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Print the ready line as JSON (schema assay.notary.ready.v1).
    #[arg(long)]
    pub json: bool,
}

impl ServeArgs {
    /// What the file, the environment and the command line say together.
    ///
    /// # Errors
    /// When one of them cannot be used, or no data directory is named.
    pub fn configuration(&self) -> Result<Config, CliError> {
        let names: Vec<_> = std::env::vars_os()
            .filter_map(|(name, _)| name.into_string().ok())
            .collect();
        config::refuse_unknown(names.iter().map(String::as_str))?;
        let mut settings = config::environment(|name| std::env::var(name).ok());
        settings.extend(self.settings()?);
        let config = config::read(self.config.as_deref(), &settings)?;
        if config.data.as_os_str().is_empty() {
            return Err(CliError::Usage(
                "where is the notary's data to be? Name a directory with --data DIR, \
                 ASSAY_NOTARY_DATA, or `data` in a configuration file (--config FILE)"
                    .into(),
            ));
        }
        Ok(config)
    }

    /// What the command line says.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn settings(&self) -> Result<Vec<Setting>, CliError> {
        let setting = |flag: &str, key: &str, value: &str| Setting {
            key: key.to_owned(),
            value: value.to_owned(),
            origin: flag.to_owned(),
        };
        let mut settings = Vec::new();
        for all in &self.set {
            let (key, value) = all.split_once('=').ok_or_else(|| {
                CliError::Usage(format!(
                    "--set {all}: write KEY=VALUE, such as limits.writes_per_minute=60"
                ))
            })?;
            let key = key.trim();
            settings.push(setting(&format!("--set {key}"), key, value));
        }
        let path = |path: &Option<PathBuf>| {
            path.as_ref()
                .map(|path| path.to_string_lossy().into_owned())
        };
        let yes = |set: bool| set.then(|| "true".to_owned());
        for (flag, key, value) in [
            ("--data", "data", path(&self.data)),
            ("--lock", "lock", path(&self.lock)),
            ("--listen", "listen", self.listen.clone()),
            ("--address", "address", self.address.clone()),
            ("--open-writing", "writing.open", yes(self.open_writing)),
            ("--behind-proxy", "behind_proxy", yes(self.behind_proxy)),
            (
                "--tls-certificate",
                "tls.certificate",
                path(&self.tls_certificate),
            ),
            ("--tls-key", "tls.key", path(&self.tls_key)),
            (
                "--trusted-proxies",
                "proxy.trusted",
                self.trusted_proxies.clone(),
            ),
            (
                "--metrics-listen",
                "metrics.listen",
                self.metrics_listen.clone(),
            ),
            ("--log-level", "log.level", self.log_level.clone()),
        ] {
            settings.extend(value.map(|value| setting(flag, key, &value)));
        }
        Ok(settings)
    }
}
