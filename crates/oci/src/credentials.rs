//! Whom to be for a registry.

use crate::config::Config;
use crate::credential_helper::{self, Start};
use crate::error::OciError;
use crate::reference::Reference;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::path::PathBuf;

/// Where credentials are looked for.
#[derive(Debug)]
pub struct Credentials {
    given: Option<Given>,
    /// The files, in order: the first that has any for a registry counts.
    files: Vec<PathBuf>,
    start: Start,
}

/// Credentials that were given for one registry.
#[derive(Clone)]
pub struct Given {
    /// The registry, as references name it.
    pub registry: String,
    /// The name.
    pub user: String,
    /// The password or token.
    pub password: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Given({}, …)", self.registry)
    }
}

/// What proves who one is. There is no way to print it.
#[derive(Clone)]
pub enum Login {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token with which others are had (OAuth 2.0, `refresh_token`).
    Identity(String),
    /// A token for the registry itself.
    Bearer(String),
}

impl Login {
    /// A name and a password.
    pub fn password(user: &str, password: &str) -> Self {
        Self::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    /// The header `Authorization` for a name and a password (RFC 7617).
    pub fn basic(&self) -> Option<String> {
        match self {
            Self::Password { user, password } => {
                let encoded = STANDARD.encode(format!("{user}:{password}"));
                Some(format!("Basic {encoded}"))
            }
            Self::Identity(_) | Self::Bearer(_) => None,
        }
    }
}

impl Credentials {
    /// Those that were given for one registry, and for the others what this user's Podman and Docker
    /// have. Programs that keep credentials are run as `start` says, so that they see none of the caller's
    /// secrets.
    pub fn of_this_user(given: Option<Given>, start: Start) -> Self {
        let variable = |name: &str| {
            let set = std::env::var_os(name).filter(|set| !set.is_empty());
            set.map(PathBuf::from)
        };
        let home = std::env::home_dir();
        let under_home = |name: &str| home.as_ref().map(|home| home.join(name));
        let podman = "containers/auth.json";
        let files = [
            variable("REGISTRY_AUTH_FILE"),
            variable("XDG_RUNTIME_DIR").map(|folder| folder.join(podman)),
            variable("XDG_CONFIG_HOME")
                .or_else(|| under_home(".config"))
                .map(|folder| folder.join(podman)),
            variable("DOCKER_CONFIG")
                .or_else(|| under_home(".docker"))
                .map(|folder| folder.join("config.json")),
        ];
        Self {
            given,
            files: files.into_iter().flatten().collect(),
            start,
        }
    }

    /// Those for a repository. `None` where there are none: then nobody in particular asks.
    ///
    /// # Errors
    /// When a file or a program that keeps credentials cannot be used.
    pub fn find(&self, reference: &Reference) -> Result<Option<Login>, OciError> {
        if let Some(given) = &self.given
            && given.registry == reference.registry
        {
            return Ok(Some(Login::password(&given.user, &given.password)));
        }
        for path in &self.files {
            let Some(config) = Config::read(path)? else {
                continue;
            };
            if let Some((program, key)) = config.helper(&reference.registry)
                && let Some(login) = credential_helper::get(program, &key, self.start)?
            {
                return Ok(Some(login));
            }
            let login = config.login(reference);
            let login = login.map_err(|detail| OciError::Credentials {
                place: path.display().to_string(),
                detail: detail.to_owned(),
            })?;
            if login.is_some() {
                return Ok(login);
            }
        }
        Ok(None)
    }
}
