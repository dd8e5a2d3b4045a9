//! The services that a deployment of Sigstore consists of, and which of them are used (Sigstore's
//! SigningConfig v0.2, and the client specification on choosing from it).

use crate::error::CliError;
use crate::input;
use assay_core::settings::notary_address;
use sigstore_trust_root::{
    SIGSTORE_PRODUCTION_SIGNING_CONFIG, ServiceConfiguration, ServiceEndpoint, ServiceSelector,
    SigningConfig,
};
use std::path::Path;

/// The largest signing configuration that is read, in bytes.
const MAX_CONFIG_BYTES: usize = 256 * 1024;
/// So many services of a kind are used at most: each is waited for.
const MOST: usize = 4;

/// The services that are used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Who certifies names: Fulcio.
    pub authority: String,
    /// Where a person logs in, if one can: an OIDC issuer, as it is written in the configuration.
    pub issuer: Option<String>,
    /// The logs of signatures.
    pub logs: Vec<LogService>,
    /// The timestamp authorities.
    pub timestamps: Vec<String>,
}

/// A log of signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogService {
    /// Its address.
    pub url: String,
    /// The version of its API: 1 or 2.
    pub version: u32,
}

impl Services {
    /// Those of a file, or else of Sigstore's public instance as they were when this program was made.
    ///
    /// # Errors
    /// When the file cannot be read, or names no services that this program can use.
    pub fn of(file: Option<&Path>) -> Result<Self, CliError> {
        let text = match file {
            Some(file) => input::text(file, MAX_CONFIG_BYTES)?,
            None => SIGSTORE_PRODUCTION_SIGNING_CONFIG.to_owned(),
        };
        Self::parse(&text).map_err(|detail| match file {
            Some(file) => CliError::WrongFile {
                path: file.to_owned(),
                detail,
            },
            None => CliError::Internal(detail),
        })
    }

    fn parse(json: &str) -> Result<Self, String> {
        let config = SigningConfig::from_json(json)
            .map_err(|error| format!("it is no signing configuration v0.2: {error}"))?;
        let any = ServiceConfiguration::default();
        let first = |services: &[ServiceEndpoint], what: &str| -> Result<String, String> {
            let chosen = choose(services, &any, &[1], what)?;
            let found = chosen.first().map(|one| one.url.clone());
            found.ok_or_else(|| format!("it names no {what} that is in service now"))
        };
        let logs = choose(
            &config.rekor_tlog_urls,
            &config.rekor_tlog_config,
            &[1, 2],
            "log",
        )?;
        if logs.is_empty() {
            return Err("it names no log that is in service now".into());
        }
        let logs: Result<Vec<_>, String> = logs
            .into_iter()
            .map(|log| {
                Ok(LogService {
                    url: address(&log.url)?,
                    version: log.major_api_version,
                })
            })
            .collect();
        let logs = logs?;
        let stamps = choose(
            &config.tsa_urls,
            &config.tsa_config,
            &[1],
            "timestamp authority",
        )?;
        let timestamps: Result<Vec<_>, String> =
            stamps.iter().map(|stamp| address(&stamp.url)).collect();
        let timestamps = timestamps?;
        if timestamps.is_empty() && logs.iter().all(|log| log.version == 2) {
            return Err(
                "its logs tell no time, and it names no timestamp authority that is in service now"
                    .into(),
            );
        }
        let issuer = first(&config.oidc_urls, "OIDC issuer").ok();
        if let Some(issuer) = &issuer {
            address(issuer)?;
        }
        Ok(Self {
            authority: address(&first(&config.ca_urls, "certificate authority")?)?,
            issuer,
            logs,
            timestamps,
        })
    }
}

/// The services to use: of those that are in service and whose version is known here, the newest
/// version of each operator, and of these as many as the selector says.
fn choose<'a>(
    services: &'a [ServiceEndpoint],
    config: &ServiceConfiguration,
    versions: &[u32],
    what: &str,
) -> Result<Vec<&'a ServiceEndpoint>, String> {
    let mut chosen: Vec<&ServiceEndpoint> = Vec::new();
    for service in services {
        if !service.is_valid() || !versions.contains(&service.major_api_version) {
            continue;
        }
        let same = |one: &&mut &ServiceEndpoint| one.operator == service.operator;
        match chosen.iter_mut().find(same) {
            Some(one) if one.major_api_version >= service.major_api_version => {}
            Some(one) => *one = service,
            None => chosen.push(service),
        }
    }
    let count = match config.selector {
        ServiceSelector::All => chosen.len(),
        ServiceSelector::Any => chosen.len().min(1),
        ServiceSelector::Exact => match config.count {
            Some(count) if count > 0 => usize::try_from(count).unwrap_or(usize::MAX),
            _ => {
                return Err(format!(
                    "it wants an exact number of each {what}, and names none"
                ));
            }
        },
        _ => return Err(format!("its selector for each {what} is not known here")),
    };
    if count > chosen.len() {
        return Err(format!(
            "it wants {count} of each {what}, of different operators, and names {} in service now",
            chosen.len()
        ));
    }
    if count > MOST {
        return Err(format!("it wants more than {MOST} of each {what}"));
    }
    chosen.truncate(count);
    Ok(chosen)
}

/// A service's address in the form that is asked: https, or http on this machine.
fn address(url: &str) -> Result<String, String> {
    match url.contains("://").then(|| notary_address(url)).flatten() {
        Some(address) => Ok(address),
        None => Err(format!(
            "{url:?} is no address of a service: it must be https, or http on this machine"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn service(url: &str, version: u32, operator: &str, until: Option<&str>) -> Value {
        let mut window = json!({ "start": "2020-01-01T00:00:00Z" });
        if let Some(until) = until {
            window["end"] = json!(until);
        }
        json!({
            "url": url, "majorApiVersion": version, "validFor": window, "operator": operator,
        })
    }

    fn config(logs: &[Value], log_config: Value) -> Value {
        json!({
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service("https://ca.example", 1, "a", None)],
            "oidcUrls": [],
            "rekorTlogUrls": logs,
            "rekorTlogConfig": log_config,
            "tsaUrls": [service("https://tsa.example/stamp", 1, "a", None)],
            "tsaConfig": { "selector": "ANY" },
        })
    }

    fn logs(logs: &[Value], log_config: Value) -> Result<Vec<(String, u32)>, String> {
        let services = Services::parse(&config(logs, log_config).to_string())?;
        Ok(services
            .logs
            .into_iter()
            .map(|log| (log.url, log.version))
            .collect())
    }

    #[test]
    fn the_public_instance_is_known() {
        let services = Services::of(None).unwrap();
        assert_eq!(services.authority, "https://fulcio.sigstore.dev");
        let issuer = services.issuer.as_deref();
        assert_eq!(issuer, Some("https://oauth2.sigstore.dev/auth"));
        assert_eq!(services.logs[0].url, "https://rekor.sigstore.dev");
        assert_eq!(services.timestamps.len(), 1);
    }

    #[test]
    fn of_each_operator_the_newest_version_in_service_is_used() {
        let named = [
            service("https://one.example", 1, "a", None),
            service("https://two.example", 2, "a", None),
            service("https://three.example", 3, "a", None),
            service("https://over.example", 2, "b", Some("2021-01-01T00:00:00Z")),
            service("https://b.example", 1, "b", None),
        ];
        let two = ("https://two.example".to_owned(), 2);
        let b = ("https://b.example".to_owned(), 1);
        let selected = |config| logs(&named, config);
        assert_eq!(selected(json!({"selector": "ANY"})), Ok(vec![two.clone()]));
        let both = Ok(vec![two.clone(), b]);
        assert_eq!(selected(json!({"selector": "ALL"})), both);
        let exact = |count: u32| selected(json!({"selector": "EXACT", "count": count}));
        assert_eq!(exact(1), Ok(vec![two]));
        assert_eq!(exact(2), both);
        assert!(exact(3).is_err() && exact(0).is_err());
        assert!(selected(json!({"selector": "SERVICE_SELECTOR_UNDEFINED"})).is_err());
    }

    #[test]
    fn what_is_out_of_service_or_in_the_clear_is_not_used() {
        let any = json!({"selector": "ANY"});
        let over = service("https://a.example", 1, "a", Some("2021-01-01T00:00:00Z"));
        assert!(logs(&[over], any.clone()).is_err());
        for url in [
            "http://rekor.example",
            "rekor.example",
            "ftp://a.example",
            "",
        ] {
            assert!(
                logs(&[service(url, 1, "a", None)], any.clone()).is_err(),
                "{url}"
            );
        }
        let here = service("http://127.0.0.1:1/", 1, "a", None);
        assert_eq!(logs(&[here], any).unwrap()[0].0, "http://127.0.0.1:1");
    }
}
