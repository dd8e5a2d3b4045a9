//! What a notary runs with: a file, over it the environment, over that the command line.
//!
//! Every setting has one name, `section.key`. [`read`] is the only way from text to a [`Config`], so
//! a value is checked alike wherever it comes from.

mod read;

use crate::client_address::Network;
use serde::{Deserialize, Deserializer};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use read::{ConfigError, KEYS, Setting, environment, read, refuse_unknown, variable};

/// A configuration file that says of every setting what it does, with the values that hold anyway.
pub const EXAMPLE: &str = include_str!("example.toml");

/// What a notary runs with. `example.toml` says what each setting does.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data directory; made if it is not there. Empty: it was not set.
    pub data: PathBuf,
    /// The directory with the log's lock, outside the data. None: beside the data directory, its
    /// name with `.lock`.
    pub lock: Option<PathBuf>,
    /// Where to listen; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The public address, `https://host[:port]`; it stays what it was on the first start. None:
    /// as it was, or on the first start where it listens.
    pub address: Option<String>,
    /// Plain HTTP although others can reach the port, as a proxy in front speaks TLS.
    pub behind_proxy: bool,
    /// Who may write.
    pub writing: Writing,
    /// TLS of its own.
    pub tls: Tls,
    /// The proxies in front.
    pub proxy: Proxy,
    /// How much anybody may take.
    pub limits: Limits,
    /// What is measured, and who sees it.
    pub metrics: Metrics,
    /// What is said on standard error.
    pub log: Log,
}

/// Who may write.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Writing {
    /// Whether anybody may, without a token.
    pub open: bool,
}

/// TLS of its own: both files, or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those between it and its root, PEM.
    pub certificate: Option<PathBuf>,
    /// The certificate's private key, PEM.
    pub key: Option<PathBuf>,
}

/// The proxies in front.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Proxy {
    /// Those whose word about the client's address (`X-Forwarded-For`) counts.
    #[serde(deserialize_with = "networks")]
    pub trusted: Vec<Network>,
}

/// How much anybody may take. An address here is an IPv4 address or an IPv6 /64.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest body of a request, in bytes.
    #[serde(deserialize_with = "within::<_, 1024, 1_048_576>")]
    pub body_bytes: u64,
    /// Requests that read, a minute and address; a minute's worth may come at once.
    #[serde(deserialize_with = "within::<_, 1, 1_000_000>")]
    pub reads_per_minute: u64,
    /// Requests that write, a minute and address; a minute's worth may come at once.
    #[serde(deserialize_with = "within::<_, 1, 1_000_000>")]
    pub writes_per_minute: u64,
    /// Addresses to which neither the two above nor `connections_per_address` apply.
    #[serde(deserialize_with = "networks")]
    pub exempt: Vec<Network>,
    /// Connections at once, in all.
    #[serde(deserialize_with = "within::<_, 1, 100_000>")]
    pub connections: u64,
    /// Connections at once, an address.
    #[serde(deserialize_with = "within::<_, 1, 100_000>")]
    pub connections_per_address: u64,
    /// Requests that read and are worked on at once.
    #[serde(deserialize_with = "within::<_, 1, 10_000>")]
    pub reads_at_once: u64,
    /// Requests that write and are worked on at once.
    #[serde(deserialize_with = "within::<_, 1, 10_000>")]
    pub writes_at_once: u64,
    /// What bodies of requests and long answers may take of the memory together, in MiB.
    #[serde(deserialize_with = "within::<_, 16, 65_536>")]
    pub buffers_mib: u64,
    /// How long a request's head may take, and the silence between two requests, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 600>")]
    pub head_seconds: u64,
    /// How long a request may take from its head to the start of its answer, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 20>")]
    pub request_seconds: u64,
    /// How long a client may take to accept an answer, in seconds.
    #[serde(deserialize_with = "within::<_, 1, 600>")]
    pub answer_seconds: u64,
}

/// What is measured, and who sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// A port of its own for `/metrics` and `/healthz`, plain HTTP.
    pub listen: Option<SocketAddr>,
    /// Whether `/metrics` is also served to everybody, where the notary listens.
    pub public: bool,
}

/// What is said on standard error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// How much.
    pub level: Level,
    /// How a line looks.
    pub format: Format,
    /// How much of a client's address.
    pub addresses: Addresses,
}

/// How much is logged; each level also has what those above it have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Off,
    /// What the notary could not do.
    Error,
    /// What an administrator should look at, and requests that were turned away.
    Warn,
    /// All requests.
    #[default]
    Info,
    /// Their paths, which tell what somebody asked for.
    Debug,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A JSON object.
    #[default]
    Json,
    /// `key=value` pairs.
    Logfmt,
}

/// How much of a client's address is logged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addresses {
    /// The network only: 24 bits of IPv4, 48 of IPv6.
    #[default]
    Short,
    /// All.
    Full,
    /// Nothing.
    None,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::new(),
            lock: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 7340)),
            address: None,
            behind_proxy: false,
            writing: Writing::default(),
            tls: Tls::default(),
            proxy: Proxy::default(),
            limits: Limits::default(),
            metrics: Metrics::default(),
            log: Log::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            reads_per_minute: 6000,
            writes_per_minute: 600,
            exempt: vec![
                Network::new(IpAddr::from([127, 0, 0, 0]), 8),
                Network::new(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]), 128),
            ],
            connections: 800,
            connections_per_address: 64,
            reads_at_once: 256,
            writes_at_once: 512,
            buffers_mib: 64,
            head_seconds: 15,
            request_seconds: 20,
            answer_seconds: 60,
        }
    }
}

impl Config {
    /// A notary in `data` on any free port of the loopback interface, to which every program on
    /// this machine may write, and which logs nothing: for tests and tools.
    pub fn on_loopback(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            writing: Writing { open: true },
            log: Log {
                level: Level::Off,
                ..Log::default()
            },
            ..Self::default()
        }
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u64, const MOST: u64>(
    value: D,
) -> Result<u64, D::Error> {
    let value = u64::deserialize(value)?;
    match (LEAST..=MOST).contains(&value) {
        true => Ok(value),
        false => Err(serde::de::Error::custom(format!(
            "{value} is out of range; it may be {LEAST} to {MOST}"
        ))),
    }
}

/// A list of networks, or one text with commas between them, as the environment has it.
fn networks<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Network>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "expected a list of addresses like [\"10.0.0.0/8\"]"
    )]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    let texts = match OneOrMany::deserialize(value)? {
        OneOrMany::One(text) => text
            .split(',')
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect(),
        OneOrMany::Many(texts) => texts,
    };
    texts
        .iter()
        .map(|text| text.parse().map_err(serde::de::Error::custom))
        .collect()
}
