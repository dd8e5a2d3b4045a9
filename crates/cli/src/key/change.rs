//! `assay key passphrase`: sets, changes or removes the passphrase with which a key is kept.

use super::{Source, passphrase, pem};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::sign_args::KeyPassphraseArgs;
use assay_core::signer::key_fingerprint;
use assay_notary::files::{self, Mode};
use assay_notary::keys::{KeyError, SigningKey};
use serde_json::json;

/// Writes the key anew, as a whole: whatever happens, the file holds it the old way or the new one.
///
/// # Errors
/// When the key is in no file, cannot be read, or cannot be written.
pub fn run(args: &KeyPassphraseArgs) -> Result<Exit, CliError> {
    let source = Source::of(&args.key)?;
    let Some(path) = source.file() else {
        return Err(CliError::Usage(format!(
            "{} is in no file, so there is nothing to keep it in another way",
            source.name()
        )));
    };
    let (key, before) = source.read(&args.key)?;
    let next = match args.remove {
        true => None,
        false => Some(passphrase::next(args.new_passphrase_file.as_deref())?),
    };
    let text = pem::write(&key, next.as_ref())
        .ok_or_else(|| KeyError::Generate("it could not be written".into()))?;
    files::replace(path, text.as_bytes(), Mode::Private)
        .map_err(|error| CliError::file(path, error))?;
    let outcome = match (before, &next) {
        (pem::Form::Plain, Some(_)) => "set",
        (pem::Form::Encrypted | pem::Form::Cosign, Some(_)) => "changed",
        (_, None) => "removed",
    };
    if args.json {
        let fingerprint = key_fingerprint(SigningKey::of_secret(&key)?.public_der());
        output::json(&json!({
            "schema": "assay.key.passphrase.v1",
            "file": path.to_string_lossy(),
            "fingerprint": fingerprint,
            "outcome": outcome,
        }))?;
    } else {
        let file = output::plain(&path.to_string_lossy());
        output::say(&format!("{file}: passphrase {outcome}"))?;
    }
    Ok(Exit::DONE)
}
