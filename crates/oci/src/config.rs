//! The files in which Docker and Podman keep credentials (`config.json`, `auth.json`).

use crate::credentials::Login;
use crate::error::OciError;
use crate::reference::{DOCKER_HUB, Reference};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;

/// The largest such file that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// What such a file says about registries.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    auths: HashMap<String, Auth>,
    creds_store: Option<String>,
    cred_helpers: HashMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

impl Config {
    /// What a file says; `None` where there is no file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(path: &Path) -> Result<Option<Self>, OciError> {
        let unusable = |detail: String| OciError::Credentials {
            place: path.display().to_string(),
            detail,
        };
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unusable(error.to_string())),
        };
        let mut text = Vec::new();
        let read = file.take(MAX_BYTES + 1).read_to_end(&mut text);
        read.map_err(|error| unusable(error.to_string()))?;
        if text.len() as u64 > MAX_BYTES {
            return Err(unusable("too large to be a file with credentials".into()));
        }
        // Where in the file, and nothing of what stands there.
        let config = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            unusable(format!(
                "not as Docker or Podman writes it (line {line}, column {column})"
            ))
        })?;
        Ok(Some(config))
    }

    /// The program that keeps a registry's credentials, and what it knows the registry by.
    pub fn helper(&self, registry: &str) -> Option<(&str, String)> {
        let of_this = |(key, _): &(&String, &String)| place(key) == registry;
        let own = self.cred_helpers.iter().find(of_this);
        let program = own.map(|(_, name)| name).or(self.creds_store.as_ref())?;
        let key = match registry {
            DOCKER_HUB => "https://index.docker.io/v1/".to_owned(),
            other => own.map_or(other, |(key, _)| key).to_owned(),
        };
        (!program.is_empty()).then_some((program.as_str(), key))
    }

    /// What stands in the file itself for a repository, or for the whole registry.
    ///
    /// # Errors
    /// In words, when it cannot be read. They hold nothing of it.
    pub fn login(&self, reference: &Reference) -> Result<Option<Login>, &'static str> {
        let own = reference.place();
        let mut place_of = own.as_str();
        loop {
            let all = self.auths.iter();
            let mut found: Vec<_> = all.filter(|(key, _)| place(key) == place_of).collect();
            // Beside a registry's own address Docker keeps those of its tokens, which are longer.
            found.sort_by_key(|(key, _)| (key.len(), *key));
            for (_, auth) in found {
                if let Some(login) = auth.login()? {
                    return Ok(Some(login));
                }
            }
            match place_of.rsplit_once('/') {
                Some((wider, _)) => place_of = wider,
                None => return Ok(None),
            }
        }
    }
}

impl Auth {
    fn login(&self) -> Result<Option<Login>, &'static str> {
        let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = some(&self.registrytoken) {
            return Ok(Some(Login::Bearer(token)));
        }
        if let Some(token) = some(&self.identitytoken) {
            return Ok(Some(Login::Identity(token)));
        }
        if let Some(auth) = some(&self.auth) {
            let decoded = STANDARD.decode(auth.trim()).ok();
            let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            let text = text.ok_or("an entry under auths is no base64")?;
            let text = text.trim_end_matches('\0');
            let (user, password) = text
                .split_once(':')
                .ok_or("an entry under auths has no password")?;
            return Ok(Some(Login::password(user, password)));
        }
        Ok(some(&self.username)
            .zip(some(&self.password))
            .map(|(user, password)| Login::password(&user, &password)))
    }
}

/// A key of the file as a host, perhaps with a part of a repository's name. Older programs wrote addresses,
/// of which the host alone counts.
fn place(key: &str) -> String {
    let schemes = ["https://", "http://"];
    let after_scheme = schemes.iter().find_map(|scheme| key.strip_prefix(scheme));
    let after_scheme = after_scheme.or_else(|| {
        // With a slash at its end it is no repository's name.
        let ends = ["/v1/", "/v2/"];
        ends.iter().any(|end| key.ends_with(end)).then_some(key)
    });
    let (text, is_host) = match after_scheme {
        Some(text) => (text, true),
        None => (key.trim_end_matches('/'), false),
    };
    let (host, rest) = match text.split_once('/') {
        Some((host, rest)) => (host, Some(rest)),
        None => (text, None),
    };
    let host = match host.to_ascii_lowercase() {
        hub if hub == "index.docker.io" || hub == "registry-1.docker.io" => DOCKER_HUB.to_owned(),
        other => other,
    };
    match rest.filter(|_| !is_host) {
        Some(rest) => format!("{host}/{rest}"),
        None => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(config: &str, reference: &str) -> Option<(String, String)> {
        let config: Config = serde_json::from_str(config).unwrap();
        match config.login(&reference.parse().unwrap()).unwrap()? {
            Login::Password { user, password } => Some((user, password)),
            Login::Identity(token) | Login::Bearer(token) => Some((String::new(), token)),
        }
    }

    fn found(user: &str, password: &str) -> Option<(String, String)> {
        Some((user.into(), password.into()))
    }

    #[test]
    fn an_entry_is_for_its_registry_alone() {
        // "a:b" and "c:d:e".
        let config = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},
            "R.example:5000":{"auth":"YzpkOmU="},"https://old.example/v1/":{"auth":"YTpi"}}}"#;
        assert_eq!(login(config, "debian"), found("a", "b"));
        assert_eq!(login(config, "r.example:5000/x"), found("c", "d:e"));
        assert_eq!(login(config, "old.example/x"), found("a", "b"));
        for other in ["r.example/x", "x.r.example:5000/x", "docker.io.example/x"] {
            assert_eq!(login(config, other), None, "{other}");
        }
    }

    #[test]
    fn the_entry_of_a_registry_counts_before_those_of_its_tokens() {
        let config = r#"{"auths":{"https://index.docker.io/v1/access-token":{"auth":"Yzpk"},
            "https://index.docker.io/v1/":{"auth":"YTpi"},
            "https://index.docker.io/v1/refresh-token":{"auth":"Yzpk"}}}"#;
        // The order of a map is another one each time.
        for _ in 0..20 {
            assert_eq!(login(config, "debian"), found("a", "b"));
        }
        let config = r#"{"auths":{"r.example":{},"https://r.example":{"auth":"YTpi"}}}"#;
        assert_eq!(login(config, "r.example/x"), found("a", "b"));
    }

    #[test]
    fn the_nearest_entry_counts() {
        let config = r#"{"auths":{"r.example":{"auth":"YTpi"},"r.example/team":{"auth":"Yzpk"},
            "r.example/team/app":{}}}"#;
        assert_eq!(login(config, "r.example/x"), found("a", "b"));
        assert_eq!(login(config, "r.example/team/app"), found("c", "d"));
        assert_eq!(login(config, "r.example/team2/app"), found("a", "b"));
        // A repository's name that could be a version is one all the same.
        let config = r#"{"auths":{"r.example/team/v2":{"auth":"YTpi"},"index.docker.io/v1/":
            {"auth":"Yzpk"}}}"#;
        assert_eq!(login(config, "r.example/team/v2"), found("a", "b"));
        assert_eq!(login(config, "r.example/team/app"), None);
        assert_eq!(login(config, "debian"), found("c", "d"));
    }

    #[test]
    fn tokens_count_before_passwords() {
        let config = r#"{"auths":{"r.example":{"auth":"YTpi","identitytoken":"t"}}}"#;
        assert_eq!(login(config, "r.example/x"), found("", "t"));
        let plain = r#"{"auths":{"r.example":{"username":"u","password":"p"}}}"#;
        assert_eq!(login(plain, "r.example/x"), found("u", "p"));
    }

    #[test]
    fn helpers_are_those_that_the_file_names() {
        let config: Config = serde_json::from_str(
            r#"{"credsStore":"store","credHelpers":{"https://r.example":"own"}}"#,
        )
        .unwrap();
        let own = Some(("own", "https://r.example".to_owned()));
        assert_eq!(config.helper("r.example"), own);
        let hub = Some(("store", "https://index.docker.io/v1/".to_owned()));
        assert_eq!(config.helper("docker.io"), hub);
        assert_eq!(Config::default().helper("r.example"), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_what_stands_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert!(Config::read(&path).unwrap().is_none());
        std::fs::write(&path, r#"{"auths":{"r.example":{"auth":"secret""#).unwrap();
        let error = Config::read(&path).err().unwrap().to_string();
        assert!(
            error.contains("config.json") && !error.contains("secret"),
            "{error}"
        );
        let wrong = r#"{"auths":{"r.example":{"auth":"secret!"}}}"#;
        let config: Config = serde_json::from_str(wrong).unwrap();
        let error = config.login(&"r.example/x".parse().unwrap()).err().unwrap();
        assert!(!error.contains("secret"), "{error}");
    }
}
