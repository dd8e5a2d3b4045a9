//! What is kept of logins: one file, which only this user can read, replaced as a whole.

use crate::client_token::ClientToken;
use crate::config;
use crate::error::CliError;
use crate::sealed::{self, Lock};
use assay_core::settings::notary_address;
use assay_notary::exposure;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

const SCHEMA: &str = "assay.logins.kept.v1";

/// All logins. There are tokens in it: it is printed nowhere.
#[derive(Default, Serialize, Deserialize)]
pub struct Logins {
    /// The address of the notary that commands use.
    pub default: Option<String>,
    /// One for each notary.
    pub logins: Vec<Login>,
}

/// A login.
#[derive(Serialize, Deserialize)]
pub struct Login {
    /// The notary's address.
    pub notary: String,
    /// What this user calls it.
    pub name: Option<String>,
    /// The token for it.
    pub token: Option<String>,
}

/// Whether a text can be the name of a login, and is no address with a host that others could have.
pub fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !text.is_empty() && text.len() <= 64 && text.chars().all(plain)
}

impl Logins {
    /// As they are now.
    ///
    /// # Errors
    /// When the file cannot be read, or others can read it.
    pub fn read() -> Result<Self, CliError> {
        Self::read_file(&file(&folder()?))
    }

    /// Changes them. Nobody else does meanwhile, and whoever reads sees all of the change or nothing.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub fn change<T>(change: impl FnOnce(&mut Self) -> T) -> Result<T, CliError> {
        let folder = folder()?;
        let turn = Lock::take(&folder, || ())?;
        let mut logins = Self::read_file(&file(&folder))?;
        let told = change(&mut logins);
        sealed::write(&file(&folder), SCHEMA, &logins)?;
        drop(turn);
        Ok(told)
    }

    /// The login at just this address.
    pub fn of(&self, address: &str) -> Option<&Login> {
        let address = notary_address(address)?;
        self.logins.iter().find(|login| login.notary == address)
    }

    /// The address of the notary that this user calls so; the name itself where there is none.
    pub fn named(&self, name: &str) -> String {
        let is_it = |login: &&Login| login.name.as_deref() == Some(name);
        let found = self.logins.iter().find(is_it);
        found.map_or_else(|| name.to_owned(), |login| login.notary.clone())
    }

    /// The token for the notary at just this address.
    ///
    /// # Errors
    /// When what is kept is no token.
    pub fn token(&self, address: &str) -> Result<Option<ClientToken>, CliError> {
        let Some(text) = self.of(address).and_then(|login| login.token.as_deref()) else {
            return Ok(None);
        };
        match ClientToken::kept(text) {
            Some(token) => Ok(Some(token)),
            None => Err(damaged(&file(&folder()?), "a token that is none")),
        }
    }

    fn read_file(file: &Path) -> Result<Self, CliError> {
        exposure::check(file)?;
        match std::fs::read(file) {
            Ok(text) => sealed::parse(SCHEMA, &text).map_err(|detail| damaged(file, &detail)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(CliError::file(file, error)),
        }
    }
}

fn damaged(file: &Path, detail: &str) -> CliError {
    CliError::WrongFile {
        path: file.to_owned(),
        detail: format!(
            "what is kept of logins cannot be read ({detail}); remove the file and log in again"
        ),
    }
}

fn folder() -> Result<PathBuf, CliError> {
    Ok(config::directory()?.join("login"))
}

fn file(folder: &Path) -> PathBuf {
    folder.join("logins").with_extension(sealed::ENDING)
}
