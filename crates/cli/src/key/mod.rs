//! `assay key`, and the key that signs.

mod change;
mod cosign;
mod passphrase;
mod pem;

use crate::config;
use crate::contact_args::PrivateKey;
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::secret::{Secret, Shared};
use crate::sign_args::{KeyArgs, KeyCommand};
use assay_core::signer::key_fingerprint;
use assay_notary::exposure;
use assay_notary::files::{self, Mode};
use assay_notary::keys::{KeyError, SigningKey};
use p256::SecretKey;
use p256::elliptic_curve::Generate;
use pem::{Form, Unusable};
use serde_json::json;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// The variable with the key itself.
const VARIABLE: &str = "ASSAY_PRIVATE_KEY";

/// Shows the public key, or changes what the private one is kept with.
///
/// # Errors
/// When the key can neither be read nor made.
pub fn run(args: &KeyArgs) -> Result<Exit, CliError> {
    if let Some(KeyCommand::Passphrase(wanted)) = &args.command {
        return change::run(wanted);
    }
    let source = Source::of(&args.key)?;
    let key = source.load(&args.key)?;
    let fingerprint = key_fingerprint(key.public_der());
    if args.json {
        output::json(&json!({
            "schema": "assay.key.v1",
            "file": source.file().map(|path| path.to_string_lossy()),
            "fingerprint": fingerprint,
            "public_key": key.public_pem(),
        }))?;
    } else {
        // Only the key on standard output, so that it can be redirected into a file.
        output::say(key.public_pem().trim_end())?;
        output::note(&format!("fingerprint {fingerprint}"));
    }
    Ok(Exit::DONE)
}

/// The key to sign with: the one that was named, or the user's own, made on first use.
///
/// # Errors
/// When it can neither be read nor made, or its passphrase is not known.
pub fn load(args: &PrivateKey) -> Result<SigningKey, CliError> {
    Source::of(args)?.load(args)
}

/// The private key in the text of a file that was read already.
///
/// # Errors
/// When it is none, or its passphrase is not known.
pub fn of_text(text: &Secret, file: &Path, args: &PrivateKey) -> Result<SigningKey, CliError> {
    let (key, _) = Source::File(file.to_owned()).parse(text, args)?;
    Ok(SigningKey::of_secret(&key)?)
}

/// The key to sign with, where there is one already.
///
/// # Errors
/// When it cannot be read, or its passphrase is not known.
pub fn existing(args: &PrivateKey) -> Result<Option<SigningKey>, CliError> {
    let source = Source::of(args)?;
    match &source {
        Source::Own(path) if !path.exists() => Ok(None),
        _ => source.load(args).map(Some),
    }
}

/// A new key that is kept nowhere.
///
/// # Errors
/// When the system gives no randomness.
pub fn passing() -> Result<SigningKey, CliError> {
    Ok(SigningKey::generate()?)
}

/// Where a key is.
enum Source {
    /// In a file.
    File(PathBuf),
    /// The user's own.
    Own(PathBuf),
    /// In the environment.
    Environment(Secret),
    /// On standard input.
    Input,
}

impl Source {
    fn of(args: &PrivateKey) -> Result<Self, CliError> {
        match &args.key {
            Some(path) if path == OsStr::new("-") => Ok(Self::Input),
            Some(path) if path.to_string_lossy().contains("-----BEGIN") => {
                Err(CliError::Usage(format!(
                    "--key takes a file's name (or -), never the key itself, which others on this \
                     machine could see; {VARIABLE} takes the key"
                )))
            }
            Some(path) => Ok(Self::File(path.clone())),
            None => match Secret::of_environment(VARIABLE)? {
                Some(text) => Ok(Self::Environment(text)),
                None => Ok(Self::Own(config::directory()?.join("key.pem"))),
            },
        }
    }

    /// Its file, where it has one.
    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Own(path) => Some(path),
            Self::Environment(_) | Self::Input => None,
        }
    }

    /// What people call it.
    fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Own(path) => format!("the key {}", path.display()),
            Self::Environment(_) => format!("the key in {VARIABLE}"),
            Self::Input => "the key on standard input".to_owned(),
        }
    }

    fn load(&self, args: &PrivateKey) -> Result<SigningKey, CliError> {
        if let Self::Own(path) = self
            && let Some(made) = make_if_missing(path, args)?
        {
            return Ok(SigningKey::of_secret(&made)?);
        }
        let (key, _) = self.read(args)?;
        Ok(SigningKey::of_secret(&key)?)
    }

    /// The key, and how it is kept.
    fn read(&self, args: &PrivateKey) -> Result<(SecretKey, Form), CliError> {
        let text = match self {
            Self::File(path) | Self::Own(path) => read_file(path)?,
            Self::Environment(text) => text.clone(),
            Self::Input => Secret::of_input()?,
        };
        self.parse(&text, args)
    }

    /// The key in the text that this source has.
    fn parse(&self, text: &Secret, args: &PrivateKey) -> Result<(SecretKey, Form), CliError> {
        let unusable = |why: Unusable| CliError::Secret(format!("{}: {why}", self.name()));
        let form = Form::of(text).map_err(unusable)?;
        let key = match form {
            Form::Plain => {
                if self
                    .file()
                    .is_some_and(|path| exposure::check(path).is_err())
                {
                    output::note(&format!(
                        "warning: everybody on this machine can read {}, and sign with it",
                        self.name()
                    ));
                }
                pem::read(text).map_err(unusable)?
            }
            Form::Encrypted | Form::Cosign => {
                passphrase::of_key(args, &self.name(), |passphrase| {
                    pem::decrypt(text, form, passphrase).map_err(unusable)
                })?
            }
        };
        Ok((key, form))
    }
}

fn read_file(path: &Path) -> Result<Secret, CliError> {
    // The error of a file that is not there has its name.
    if let Err(source) = std::fs::metadata(path) {
        return Err(KeyError::File {
            path: path.to_owned(),
            source,
        }
        .into());
    }
    Secret::of_file(path, "--key", Shared::Taken)
}

/// Makes the user's own key; `None` where there is one. Several processes that do this at once end up
/// with one.
fn make_if_missing(path: &Path, args: &PrivateKey) -> Result<Option<SecretKey>, CliError> {
    let failed = |source| CliError::file(path, source);
    if path.try_exists().map_err(failed)? {
        return Ok(None);
    }
    let passphrase = passphrase::for_new_key(args, path)?;
    let key = SecretKey::try_generate().map_err(|error| KeyError::Generate(error.to_string()))?;
    let text = pem::write(&key, passphrase.as_ref())
        .ok_or_else(|| KeyError::Generate("it could not be written".into()))?;
    if let Some(directory) = path.parent() {
        files::private_directory(directory).map_err(|source| CliError::file(directory, source))?;
    }
    match files::create(path, text.as_bytes(), Mode::Private) {
        // Another process was faster, perhaps with another passphrase: its key counts.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(()) => {
            output::note(&match passphrase {
                Some(_) => format!("made your key {}; keep its passphrase", path.display()),
                None => format!(
                    "made your key {}, without a passphrase: whoever can read the file can sign as \
                     you (`assay key passphrase` sets one)",
                    path.display()
                ),
            });
            Ok(Some(key))
        }
    }
}
