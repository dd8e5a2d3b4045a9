//! Where a passphrase comes from: the environment, a file, or a person at a terminal. Where there is
//! none of them, nothing waits for an answer that never comes.

use crate::ask;
use crate::contact_args::PrivateKey;
use crate::error::CliError;
use crate::secret::{Secret, Shared};
use std::path::Path;

/// The variable with the passphrase of the key.
pub const VARIABLE: &str = "ASSAY_PASSPHRASE";
/// The variable with the passphrase that it is to have.
const NEW_VARIABLE: &str = "ASSAY_NEW_PASSPHRASE";

/// So often a person may mistype it.
const ATTEMPTS: usize = 3;

/// The passphrase of a key that is there: what was given, else what a person says, as often as it is
/// wrong. `attempt` tries one out, and says nothing of why it is wrong.
///
/// # Errors
/// When there is none, or the last one is wrong: then that of `attempt`.
pub fn of_key<T>(
    args: &PrivateKey,
    name: &str,
    attempt: impl Fn(&Secret) -> Result<T, CliError>,
) -> Result<T, CliError> {
    if let Some(given) = given(args)? {
        return attempt(&given);
    }
    if !ask::is_possible() {
        return Err(CliError::Secret(format!(
            "{name} is encrypted, and there is no passphrase: name a file with it \
             (--passphrase-file), or set {VARIABLE}"
        )));
    }
    let mut tried = attempt(&ask::hidden(&format!("Passphrase of {name}"))?);
    for _ in 1..ATTEMPTS {
        if tried.is_ok() {
            break;
        }
        tried = attempt(&ask::hidden("Not this one. Passphrase")?);
    }
    tried
}

/// The passphrase that a new key is to have; `None` where it is to have none, which has to be said.
///
/// # Errors
/// When nothing says so, and nobody can be asked.
pub fn for_new_key(args: &PrivateKey, path: &Path) -> Result<Option<Secret>, CliError> {
    if args.no_passphrase {
        return Ok(None);
    }
    if let Some(given) = given(args)? {
        return not_empty(given).map(Some);
    }
    if !ask::is_possible() {
        return Err(CliError::Usage(format!(
            "there is no key yet ({}), and no passphrase to keep a new one with: name a file with it \
             (--passphrase-file) or set {VARIABLE}; --no-passphrase (ASSAY_NO_PASSPHRASE=1) makes a \
             key that anybody can use who can read its file",
            path.display()
        )));
    }
    let question = format!("Passphrase for your new key in {}", path.display());
    twice(&question).map(Some)
}

/// The passphrase that a key is to have from now on.
///
/// # Errors
/// As [`for_new_key`].
pub fn next(file: Option<&Path>) -> Result<Secret, CliError> {
    if let Some(file) = file {
        return not_empty(Secret::of_file(file, "--new-passphrase-file", Shared::Refused)?.line());
    }
    if let Some(given) = Secret::of_environment(NEW_VARIABLE)? {
        return Ok(given);
    }
    match ask::is_possible() {
        true => twice("New passphrase"),
        false => Err(CliError::Usage(format!(
            "there is no new passphrase: name a file with it (--new-passphrase-file) or set \
             {NEW_VARIABLE}; --remove keeps the key without one"
        ))),
    }
}

/// What was given. It may be empty: there are keys like that.
fn given(args: &PrivateKey) -> Result<Option<Secret>, CliError> {
    match &args.passphrase_file {
        Some(file) => {
            let text = Secret::of_file(file, "--passphrase-file", Shared::Refused)?;
            Ok(Some(text.line()))
        }
        None => Secret::of_environment(VARIABLE),
    }
}

fn not_empty(passphrase: Secret) -> Result<Secret, CliError> {
    match passphrase.is_empty() {
        true => Err(CliError::Secret("the passphrase is empty".into())),
        false => Ok(passphrase),
    }
}

/// Asks twice, as it is not shown: a passphrase that was mistyped is a key that is lost.
fn twice(question: &str) -> Result<Secret, CliError> {
    for _ in 0..ATTEMPTS {
        let first = not_empty(ask::hidden(question)?)?;
        let second = ask::hidden("Once more, as it is not shown")?;
        if first.expose() == second.expose() {
            return Ok(first);
        }
        crate::output::note("These are two.");
    }
    Err(CliError::Secret("no passphrase was given twice".into()))
}
