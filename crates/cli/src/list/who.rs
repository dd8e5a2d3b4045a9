//! Whose entries are listed: a key, and the name that the notary gave it.

use super::args::ListArgs;
use crate::client::Client;
use crate::contact::KnownNotary;
use crate::contact_args::PrivateKey;
use crate::error::CliError;
use crate::secret::Secret;
use crate::{input, key};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Failure;
use assay_core::signer::{is_key_fingerprint, key_fingerprint};
use assay_notary::authority::named_in;
use assay_notary::keys::public_pem;
use assay_notary::verifier::Verifier;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::path::Path;

/// Nothing is said of a private key beside its file: a passphrase is in the environment, or asked for.
const NO_OPTIONS: PrivateKey = PrivateKey {
    key: None,
    passphrase_file: None,
    no_passphrase: false,
};

/// A key, and its name.
pub struct Who {
    /// The public key, PEM.
    pub pem: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// The name under which the notary enrolled it, or had.
    pub name: Option<String>,
}

impl Who {
    /// The one that was named; without that, this user's own.
    ///
    /// # Errors
    /// When there is none, or the notary gives no usable answer.
    pub fn of(args: &ListArgs, client: &Client, notary: &KnownNotary) -> Result<Self, CliError> {
        let (id, der) = match (&args.signer, &args.key) {
            (Some(fingerprint), _) => (id_of(fingerprint)?, None),
            (None, Some(file)) => known(public_key(file)?),
            (None, None) => {
                let own = key::existing(&NO_OPTIONS)?;
                let own = own.ok_or_else(|| {
                    CliError::Usage(
                        "you have no key yet (`assay key` makes one); name one with --key FILE or \
                         --signer FINGERPRINT"
                            .to_owned(),
                    )
                })?;
                known(own.public_der().to_vec())
            }
        };
        let certificate = certificate(&id, client, notary)?;
        let der = match (&certificate, der) {
            (_, Some(der)) => der,
            (Some(certificate), None) => certificate.key_der().to_vec(),
            (None, None) => {
                return Err(CliError::Usage(format!(
                    "{} has enrolled no key with this fingerprint, and a log cannot be searched by a \
                     fingerprint alone: name the public key with --key FILE",
                    notary.notary.address
                )));
            }
        };
        let fingerprint = key_fingerprint(&der);
        let followed = notary.notary.followed.as_ref();
        let mut revoked = followed.iter().flat_map(|followed| &followed.revoked);
        let name = certificate
            .as_ref()
            .and_then(|certificate| Some(named_in(certificate.certificate()?)?.0))
            .or_else(|| Some(revoked.find(|one| one.key == fingerprint)?.name.clone()));
        Ok(Self {
            pem: public_pem(&der),
            fingerprint,
            name,
        })
    }
}

fn known(der: Vec<u8>) -> (Sha256Digest, Option<Vec<u8>>) {
    (Sha256Digest::of(&der), Some(der))
}

fn id_of(fingerprint: &str) -> Result<Sha256Digest, CliError> {
    let wrong = || {
        CliError::Usage(format!(
            "--signer {fingerprint}: give a key's fingerprint, SHA256: and 43 characters, as `assay \
             key` shows it"
        ))
    };
    let digits = fingerprint
        .strip_prefix("SHA256:")
        .filter(|_| is_key_fingerprint(fingerprint));
    let digits = STANDARD_NO_PAD
        .decode(digits.ok_or_else(wrong)?)
        .map_err(|_| wrong())?;
    let digest = format!("sha256:{}", hex::encode(digits));
    digest.parse().map_err(|_| wrong())
}

/// The public key in a file, or that of the private key in it.
fn public_key(file: &Path) -> Result<Vec<u8>, CliError> {
    let text = input::text(file, input::MAX_KEY_BYTES)?;
    match Verifier::from_pem(text.as_bytes()) {
        Ok(verifier) => Ok(verifier.key_der().to_vec()),
        Err(_) if text.contains("PRIVATE KEY") => {
            let key = key::of_text(&Secret::new(text), file, &NO_OPTIONS)?;
            Ok(key.public_der().to_vec())
        }
        Err(error) => Err(CliError::WrongFile {
            path: file.to_owned(),
            detail: error.to_string(),
        }),
    }
}

/// The certificate that the notary hands out for a key.
fn certificate(
    id: &Sha256Digest,
    client: &Client,
    notary: &KnownNotary,
) -> Result<Option<Verifier>, CliError> {
    let no_answer = |failure| CliError::NoAnswer {
        address: notary.notary.address.clone(),
        failure,
    };
    let url = format!("{}/signers/sha256:{id}", notary.notary.address);
    let response = client.get_json(&url).map_err(no_answer)?;
    match response.status {
        404 => return Ok(None),
        200 => {}
        status => return Err(no_answer(Failure::Status { status })),
    }
    let malformed = |detail: String| no_answer(Failure::Malformed { detail });
    let verifier =
        Verifier::from_pem(&response.body).map_err(|error| malformed(error.to_string()))?;
    if verifier.certificate().is_none() || Sha256Digest::of(verifier.key_der()) != *id {
        let detail = "the certificate that it has for this key is another key's".to_owned();
        return Err(malformed(detail));
    }
    Ok(Some(verifier))
}
