//! From a file, the environment and the command line to a [`Config`].

use super::Config;
use serde::Deserialize;
use std::io;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The names of all settings.
pub const KEYS: [&str; 26] = [
    "data",
    "lock",
    "listen",
    "address",
    "behind_proxy",
    "writing.open",
    "tls.certificate",
    "tls.key",
    "proxy.trusted",
    "limits.body_bytes",
    "limits.reads_per_minute",
    "limits.writes_per_minute",
    "limits.exempt",
    "limits.connections",
    "limits.connections_per_address",
    "limits.reads_at_once",
    "limits.writes_at_once",
    "limits.buffers_mib",
    "limits.head_seconds",
    "limits.request_seconds",
    "limits.answer_seconds",
    "metrics.listen",
    "metrics.public",
    "log.level",
    "log.format",
    "log.addresses",
];

/// A setting that was not made in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// Its value, as it was written.
    pub value: String,
    /// Where it was written, as errors name it.
    pub origin: String,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something in the file is wrong.
    #[error(
        "the configuration file {}, line {line}, {key:?}: {detail}. `assay notary config` prints \
         every setting with what it does",
        path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key in that line, or the line.
        key: String,
        /// What is wrong.
        detail: String,
    },
    /// A setting of the environment or the command line is wrong.
    #[error("{origin}: {detail}. `assay notary config` prints every setting with what it does")]
    Setting {
        /// Where it was made.
        origin: String,
        /// What is wrong.
        detail: String,
    },
    /// The settings do not go together.
    #[error("{0}")]
    Together(String),
}

/// The environment's variable for a setting: `ASSAY_NOTARY_LIMITS_BODY_BYTES`.
pub fn variable(key: &str) -> String {
    format!("ASSAY_NOTARY_{}", key.replace('.', "_").to_uppercase())
}

/// What else is set for clients and commands under names like the settings'.
const OTHERS: [&str; 3] = [
    "ASSAY_NOTARY_CONFIG",
    "ASSAY_NOTARY_TOKEN",
    "ASSAY_NOTARY_TOKEN_FILE",
];

/// Names one of the environment's variables that looks like a setting and is none. Those that
/// Kubernetes sets for a service named `assay-notary`, or `assay-notary-…`, do not.
///
/// # Errors
/// The first that is found.
pub fn refuse_unknown<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<(), ConfigError> {
    let known: Vec<String> = KEYS.iter().map(|key| variable(key)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let hosts = names.iter().copied();
    let services: Vec<&str> = hosts
        .filter_map(|name| name.strip_suffix(SERVICE_HOST))
        .collect();
    let unknown = names.into_iter().find(|name| {
        let is_known = known.iter().any(|known| known == name) || OTHERS.contains(name);
        let mut of_services = services.iter().filter_map(|one| name.strip_prefix(one));
        name.starts_with("ASSAY_NOTARY_") && !is_known && !of_services.any(is_of_service)
    });
    match unknown {
        None => Ok(()),
        Some(name) => Err(ConfigError::Setting {
            origin: format!("the environment's {name}"),
            detail: "there is no such setting".into(),
        }),
    }
}

/// What is set for every service, and so tells that what else is named after it is no setting.
const SERVICE_HOST: &str = "SERVICE_HOST";

/// Whether Kubernetes sets this, after a service's name, in the containers beside it: the variables of
/// services, and those of container links.
fn is_of_service(rest: &str) -> bool {
    if [SERVICE_HOST, "SERVICE_PORT", "PORT"].contains(&rest) || rest.starts_with("SERVICE_PORT_") {
        return true;
    }
    let Some((port, link)) = rest
        .strip_prefix("PORT_")
        .and_then(|rest| rest.split_once('_'))
    else {
        return false;
    };
    let (protocol, part) = link.split_once('_').unwrap_or((link, "ADDR"));
    port.parse::<u16>().is_ok()
        && ["TCP", "UDP", "SCTP"].contains(&protocol)
        && ["ADDR", "PORT", "PROTO"].contains(&part)
}

/// The settings that the environment makes; `value` reads a variable.
pub fn environment(value: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    let made = |key: &&str| {
        let variable = variable(key);
        Some(Setting {
            key: (*key).to_owned(),
            value: value(&variable)?,
            origin: format!("the environment's {variable}"),
        })
    };
    KEYS.iter().filter_map(made).collect()
}

/// Reads a configuration: the defaults, over them the file, over that the settings, in their order.
///
/// # Errors
/// When the file cannot be read, has a key that is not known, or a value cannot be used.
pub fn read(file: Option<&Path>, settings: &[Setting]) -> Result<Config, ConfigError> {
    let mut all = match file {
        Some(path) => from_file(path)?,
        None => Table::new(),
    };
    for setting in settings {
        merge(&mut all, checked(setting)?);
    }
    // Each part was checked with the place where it is from, so this cannot fail.
    let config = Config::deserialize(all).map_err(|error| {
        ConfigError::Together(format!("the configuration: {}", error.message()))
    })?;
    config.check()?;
    Ok(config)
}

fn from_file(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let wrong = |error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let line = before.matches('\n').count();
        let words = text.lines().nth(line).unwrap_or_default();
        let key = words.split('=').next().unwrap_or(words).trim();
        ConfigError::File {
            path: path.to_owned(),
            line: line + 1,
            key: key.to_owned(),
            detail: error.message().to_owned(),
        }
    };
    toml::from_str::<Config>(&text).map_err(wrong)?;
    toml::from_str(&text).map_err(wrong)
}

/// The setting as a table, if it alone would make a configuration.
fn checked(setting: &Setting) -> Result<Table, ConfigError> {
    let text = setting.value.trim();
    let string = table(&setting.key, Value::String(text.to_owned()));
    let guessed = match (list(text), text.parse::<bool>(), text.parse::<i64>()) {
        (Some(values), ..) => table(&setting.key, values),
        (_, Ok(value), _) => table(&setting.key, Value::Boolean(value)),
        (_, _, Ok(value)) => table(&setting.key, Value::Integer(value)),
        _ => string.clone(),
    };
    let failed = match Config::deserialize(guessed.clone()) {
        Ok(_) => return Ok(guessed),
        Err(error) => error,
    };
    // A directory may well be called 2026.
    match Config::deserialize(string.clone()) {
        Ok(_) => Ok(string),
        Err(_) => Err(ConfigError::Setting {
            origin: setting.origin.clone(),
            detail: failed.message().to_owned(),
        }),
    }
}

/// A list as the file has it, if it is written as one.
fn list(text: &str) -> Option<Value> {
    if !text.starts_with('[') {
        return None;
    }
    let mut read: Table = toml::from_str(&format!("list = {text}")).ok()?;
    read.remove("list")
}

fn table(key: &str, value: Value) -> Table {
    match key.split_once('.') {
        Some((section, rest)) => {
            Table::from_iter([(section.to_owned(), Value::Table(table(rest, value)))])
        }
        None => Table::from_iter([(key.to_owned(), value)]),
    }
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

impl Config {
    /// What no setting can say of itself alone.
    fn check(&self) -> Result<(), ConfigError> {
        if self.tls.certificate.is_some() != self.tls.key.is_some() {
            return Err(ConfigError::Together(
                "TLS needs both, the certificate (tls.certificate) and its key (tls.key); set the \
                 other one too, or neither"
                    .into(),
            ));
        }
        if self.behind_proxy && self.tls.key.is_some() {
            return Err(ConfigError::Together(
                "behind_proxy says that a proxy speaks TLS, and tls.key that the notary does; \
                 remove one of them"
                    .into(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{EXAMPLE, Level};
    use super::*;

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("notary.toml");
        std::fs::write(&path, text).unwrap();
        (directory, path)
    }

    fn setting(key: &str, value: &str) -> Setting {
        Setting {
            key: key.into(),
            value: value.into(),
            origin: format!("--set {key}"),
        }
    }

    #[test]
    fn a_list_is_written_as_in_the_file_or_with_commas() {
        let exempt =
            |value| read(None, &[setting("limits.exempt", value)]).map(|c| c.limits.exempt);
        for none in ["[]", " [ ] ", ""] {
            assert_eq!(exempt(none).unwrap(), [], "{none:?}");
        }
        let two = exempt(r#"["10.0.0.0/8", "::1"]"#).unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(exempt("10.0.0.0/8, ::1").unwrap(), two);
        for wrong in ["[", "[1]", r#"["nothing"]"#, "[]]"] {
            assert!(exempt(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_example_says_the_defaults_and_names_every_setting() {
        let (_directory, path) = written(EXAMPLE);
        assert_eq!(read(Some(&path), &[]).unwrap(), Config::default());
        let mut section = String::new();
        let mut named = Vec::new();
        for line in EXAMPLE.lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = format!("{}.", name.trim_end_matches(']'));
            }
            // A setting without a default is there behind `#`, without a space.
            let line = line.strip_prefix('#').unwrap_or(line);
            if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' ')) {
                named.push(format!("{section}{key}"));
            }
        }
        assert_eq!(named, KEYS);
        let all = EXAMPLE
            .replace("\n#data", "\ndata")
            .replace("\n#lock", "\nlock")
            .replace("\n#addr", "\naddr");
        let all = all.replace("\n#cert", "\ncert").replace("\n#key", "\nkey");
        let all = all.replace("\n#listen", "\nlisten");
        let (_directory, path) = written(&all);
        let full = read(Some(&path), &[]).unwrap();
        assert!(full.lock.is_some());
        assert!(full.address.is_some() && full.tls.key.is_some() && full.metrics.listen.is_some());
    }

    #[test]
    fn the_command_line_goes_before_the_environment_and_both_before_the_file() {
        let (_directory, path) = written("listen = \"127.0.0.1:1\"\n[limits]\nconnections = 5\n");
        let alone = read(Some(&path), &[]).unwrap();
        assert_eq!(alone.listen.port(), 1);
        assert_eq!(alone.limits.connections, 5);
        assert_eq!(alone.limits.head_seconds, 15);
        let mut settings = environment(|name| match name {
            "ASSAY_NOTARY_LISTEN" => Some("127.0.0.1:2".into()),
            "ASSAY_NOTARY_LIMITS_CONNECTIONS" => Some("6".into()),
            "ASSAY_NOTARY_PROXY_TRUSTED" => Some("127.0.0.1, 10.0.0.0/8".into()),
            "ASSAY_NOTARY_DATA" => Some("2026".into()),
            "ASSAY_NOTARY_TOKEN" => Some("for the clients".into()),
            _ => None,
        });
        settings.push(setting("listen", "127.0.0.1:3"));
        settings.push(setting("log.level", "debug"));
        settings.push(setting("writing.open", "true"));
        let config = read(Some(&path), &settings).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.limits.connections, 6);
        assert_eq!(config.proxy.trusted.len(), 2);
        assert_eq!(config.data, Path::new("2026"));
        assert_eq!(config.log.level, Level::Debug);
        assert!(config.writing.open);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_line() {
        for (text, line, words) in [
            (
                "listen = \"127.0.0.1:1\"\nlisen = 5\n",
                2,
                &["lisen", "unknown field"][..],
            ),
            (
                "[limits]\n\nconections = 5\n",
                3,
                &["conections", "unknown field"],
            ),
            (
                "[limits]\nconnections = 0\n",
                2,
                &["connections", "1 to 100000"],
            ),
            ("[limits]\nconnections = -1\n", 2, &["connections"]),
            (
                "[limits]\nconnections = \"a\"\n",
                2,
                &["connections", "invalid type"],
            ),
            ("listen = \"nowhere\"\n", 1, &["listen", "socket address"]),
            (
                "[proxy]\ntrusted = [\"10.0.0.0/40\"]\n",
                2,
                &["trusted", "10.0.0.0/40"],
            ),
            ("[log]\nlevel = \"loud\"\n", 2, &["level", "loud"]),
            ("[limts]\n", 1, &["limts"]),
            ("data = \n", 1, &["data"]),
        ] {
            let (_directory, path) = written(text);
            let error = read(Some(&path), &[]).unwrap_err().to_string();
            assert!(error.contains(&format!("line {line},")), "{text}: {error}");
            assert!(error.contains("notary.toml") && error.contains("assay notary config"));
            for word in words {
                assert!(error.contains(word), "{word}: {error}");
            }
        }
    }

    #[test]
    fn what_is_wrong_elsewhere_is_told_with_its_place() {
        for (key, value) in [
            ("limits.connections", "many"),
            ("limits.nothing", "1"),
            ("writing.open", "perhaps"),
            ("nothing", "1"),
        ] {
            let error = read(None, &[setting(key, value)]).unwrap_err().to_string();
            assert!(error.starts_with(&format!("--set {key}: ")), "{error}");
        }
        let missing = read(Some(Path::new("/nowhere/notary.toml")), &[]).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/notary.toml"));
    }

    #[test]
    fn a_variable_that_is_nearly_a_setting_is_refused() {
        let own = [
            "ASSAY_NOTARY",
            "ASSAY_NOTARY_LIMITS_EXEMPT",
            "ASSAY_KEY",
            "PATH",
        ];
        assert!(refuse_unknown([&own[..], &OTHERS].concat()).is_ok());
        for wrong in ["LIMITS_CONECTIONS", "LIMIT_BODY_BYTES", "NOSUCH"] {
            let name = format!("ASSAY_NOTARY_{wrong}");
            let error = refuse_unknown([name.as_str()]).unwrap_err().to_string();
            assert!(error.contains(wrong), "{error}");
        }
    }

    #[test]
    fn what_is_set_for_services_of_that_name_is_no_setting() {
        for service in ["ASSAY_NOTARY", "ASSAY_NOTARY_METRICS"] {
            let host = format!("{service}_SERVICE_HOST");
            for other in [
                "SERVICE_PORT",
                "SERVICE_PORT_HTTPS",
                "PORT",
                "PORT_443_TCP",
                "PORT_443_TCP_PROTO",
                "PORT_443_TCP_PORT",
                "PORT_443_TCP_ADDR",
                "PORT_53_UDP",
            ] {
                let name = format!("{service}_{other}");
                assert!(refuse_unknown([&*name, &*host]).is_ok(), "{name}");
                // Alone it is somebody's mistake.
                assert!(refuse_unknown([&*name]).is_err(), "{name}");
            }
            for wrong in ["PORTS", "PORT_TCP", "PORT_443", "PORT_443_TCP_X", "HOST"] {
                let name = format!("{service}_{wrong}");
                assert!(refuse_unknown([&*name, &*host]).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn no_limit_promises_more_than_the_api_takes() {
        let limits = Config::default().limits;
        assert_eq!(limits.body_bytes, crate::http::MAX_BODY as u64);
        assert_eq!(limits.request_seconds, crate::http::REQUEST_TIME.as_secs());
        for (key, value) in [
            ("limits.body_bytes", limits.body_bytes + 1),
            ("limits.request_seconds", limits.request_seconds + 1),
        ] {
            assert!(
                read(None, &[setting(key, &value.to_string())]).is_err(),
                "{key}"
            );
        }
    }

    #[test]
    fn half_of_tls_is_refused() {
        let error = read(None, &[setting("tls.key", "k")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("tls.certificate"), "{error}");
        let both = [setting("tls.key", "k"), setting("tls.certificate", "c")];
        assert!(read(None, &both).is_ok());
        let proxied = [&both[..], &[setting("behind_proxy", "true")]].concat();
        assert!(read(None, &proxied).is_err());
    }
}
