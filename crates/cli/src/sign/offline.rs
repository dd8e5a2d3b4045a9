//! Signing without a log.

use super::content::Content;
use super::keyed::{hint_of, is_by};
use super::{Made, Signs};
use crate::contact_args::PrivateKey;
use crate::error::CliError;
use crate::report::SignerReport;
use crate::subject::Artifact;
use crate::{key, output};
use assay_core::signer::key_fingerprint;
use assay_notary::keys::SigningKey;
use serde_json::json;

/// What it costs.
const COST: &str = "\
signed without a log: nobody can tell when it was signed, nor what else was signed with the key. \
Assay and its extension do not accept it, nor does anybody who asks for a log; `assay verify-bundle \
--without-log --key` and `cosign verify-blob --insecure-ignore-tlog --key` do, for those who have your \
public key from elsewhere (`assay key`)";

/// A key, and nobody else.
pub struct Offline {
    key: SigningKey,
}

impl Offline {
    /// With the key that is named. Says what it costs.
    ///
    /// # Errors
    /// When the key cannot be used.
    pub fn of(args: &PrivateKey) -> Result<Self, CliError> {
        let key = key::load(args)?;
        output::note(COST);
        Ok(Self { key })
    }
}

impl Signs for Offline {
    fn is_own(&self, bundle: &[u8]) -> bool {
        is_by(bundle, &self.key)
    }

    fn sign(&self, _: &Artifact, content: Content) -> Result<Made, CliError> {
        let signed = content.sign(&self.key)?;
        let material = json!({ "publicKey": { "hint": hint_of(&self.key) } });
        Ok(Made {
            signer: SignerReport::of_key(key_fingerprint(self.key.public_der())),
            log: None,
            bundle: signed.bundle(material).to_string(),
            known: false,
        })
    }
}
