//! Has a notary log a signature, and believes nothing that it does not prove.

use crate::client::{self, Client};
use crate::client_token::ClientToken;
use crate::contact::KnownNotary;
use crate::error::CliError;
use crate::logs::{self, Comparing};
use crate::sign::content::Signed;
use assay_core::attestation::{Attestation, Logged};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Failure};
use assay_core::reason::Reason;
use assay_core::signer::{Identity, key_fingerprint};
use assay_notary::bundle::Bundle;
use assay_notary::keys::SigningKey;
use assay_notary::log_entry::ProvenEntry;
use assay_notary::proposal::Proposal;
use assay_notary::verifier::Verifier;
use assay_sources::HttpResponse;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Where entries are proposed.
const ENTRIES: &str = "/api/v1/log/entries";

/// Somebody who signs and logs with one notary.
pub struct Submitter<'a> {
    client: &'a Client,
    notary: &'a KnownNotary,
    /// The key.
    pub key: &'a SigningKey,
    /// What goes into the log: the notary's certificate for the key, or else the key. PEM.
    pub verifier: String,
    certified: bool,
    token: Option<ClientToken>,
    /// What logs show is compared one by one: whoever compares waits for everybody else, and says so.
    comparing: Mutex<()>,
}

/// A logged signature.
pub struct Submitted {
    /// What the notary's answer proves.
    pub attestation: Attestation,
    /// Where it is logged.
    pub logged: Logged,
    /// The bundle, JSON.
    pub bundle: String,
    /// Whether the log had it before.
    pub known: bool,
}

impl<'a> Submitter<'a> {
    /// Asks the notary whether it has named the key. `token` is what it asks of those who write.
    ///
    /// # Errors
    /// When it gives no usable answer, or its log has contradicted itself.
    pub fn new(
        client: &'a Client,
        notary: &'a KnownNotary,
        key: &'a SigningKey,
        token: Option<ClientToken>,
    ) -> Result<Self, CliError> {
        logs::refuse_alarmed(&notary.notary)?;
        let url = format!("{}/signers/sha256:{}", notary.notary.address, key.id());
        let response = client
            .get_json(&url)
            .map_err(|failure| no_answer(notary, failure))?;
        let verifier = match response.status {
            404 => None,
            200 => Some(
                certificate_for(key, &response)
                    .map_err(|detail| no_answer(notary, Failure::Malformed { detail }))?,
            ),
            status => return Err(no_answer(notary, Failure::Status { status })),
        };
        let own = key_fingerprint(key.public_der());
        let followed = notary.notary.followed.as_ref();
        let mut revoked = followed.iter().flat_map(|followed| &followed.revoked);
        // Under another name it may have been enrolled again.
        if verifier.is_none() && revoked.any(|one| one.key == own) {
            return Err(CliError::Log(format!(
                "{} has revoked this key: what it signs does not count. Have a new key enrolled",
                notary.notary.address
            )));
        }
        Ok(Self {
            client,
            notary,
            key,
            certified: verifier.is_some(),
            verifier: verifier.unwrap_or_else(|| key.public_pem()),
            token,
            comparing: Mutex::new(()),
        })
    }

    /// Compares what the log showed now with what is remembered of it, as whoever verifies does.
    fn compare(&self, attestation: &Attestation) -> Result<(), CliError> {
        let notary = &self.notary.notary;
        let _turn = self
            .comparing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let runtime = client::runtime()?;
        let comparing = Comparing::new(self.client, Some(notary), &self.notary.root)?;
        let mut evidence =
            Evidence::proving(&notary.address, &notary.name, vec![attestation.clone()]);
        let root = notary.root_id();
        let asked = Some((&root, notary.address.as_str()));
        runtime.block_on(comparing.compare(&mut evidence, asked));
        match evidence.withheld().first() {
            None => Ok(()),
            Some(withheld) => Err(CliError::Log(format!(
                "it was logged, and does not count: {} See `assay logs`.",
                Reason::withheld(&notary.name, withheld).message().english()
            ))),
        }
    }

    /// Proposes an entry for what was signed about the artifact with `digest`, and proves the answer.
    ///
    /// # Errors
    /// When the notary refuses, gives no usable answer, or does not prove that it logged just this.
    pub fn submit(&self, signed: &Signed, digest: &Sha256Digest) -> Result<Submitted, CliError> {
        let address = &self.notary.notary.address;
        let proposal = signed.proposal(&self.verifier).to_string();
        let expected = Proposal::parse(proposal.as_bytes())
            .map_err(|error| CliError::Internal(error.to_string()))?;
        let posted = self
            .client
            .post(
                &format!("{address}{ENTRIES}"),
                &proposal,
                self.token.as_ref(),
            )
            .map_err(|failure| no_answer(self.notary, failure))?;
        let (response, known) = match posted.response.status {
            201 => (posted.response, false),
            409 => (self.existing(posted.location)?, true),
            _ => return Err(self.refused(&posted.response)),
        };
        let not_proven = |detail: String| CliError::NotProven {
            address: address.clone(),
            detail,
        };
        let envelope = signed.envelope().map(String::into_bytes);
        let (proven, log_id) = ProvenEntry::from_json(&response.body, envelope)
            .map_err(|error| not_proven(error.to_string()))?;
        if proven.entry.body != expected.body {
            return Err(not_proven("it answered with another entry".into()));
        }
        let bundle = Bundle::of(&proven, &log_id)
            .ok()
            .flatten()
            .ok_or_else(|| CliError::Internal("the entry has no bundle".into()))?;
        let bundle = serde_json::to_string(&bundle)
            .map_err(|error| CliError::Internal(error.to_string()))?;
        let attestation = self
            .notary
            .root
            .prove(&bundle, digest)
            .map_err(|error| not_proven(error.to_string()))?;
        self.check_signer(&attestation.signer.identity)
            .map_err(not_proven)?;
        let logged = attestation
            .logged
            .clone()
            .ok_or_else(|| not_proven("it is in no log".into()))?;
        self.compare(&attestation)?;
        Ok(Submitted {
            attestation,
            logged,
            bundle,
            known,
        })
    }

    /// A certificate may say whatever name the notary gave; a bare key can only be itself.
    fn check_signer(&self, identity: &Identity) -> Result<(), String> {
        let own = key_fingerprint(self.key.public_der());
        match identity {
            Identity::Named { .. } if self.certified => Ok(()),
            Identity::Key { fingerprint } if !self.certified && *fingerprint == own => Ok(()),
            other => Err(format!("it proves another signer: {other:?}")),
        }
    }

    /// The entry that a conflict points at, which must be on the same notary.
    fn existing(&self, location: Option<String>) -> Result<HttpResponse, CliError> {
        let malformed = |detail: &str| {
            let detail = detail.to_owned();
            no_answer(self.notary, Failure::Malformed { detail })
        };
        let location = location.ok_or_else(|| malformed("a conflict without Location"))?;
        let id = location
            .rsplit('/')
            .next()
            .filter(|id| !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit()))
            .ok_or_else(|| malformed("a conflict whose Location names no entry"))?;
        let url = format!("{}{ENTRIES}/{id}", self.notary.notary.address);
        let response = self
            .client
            .get_json(&url)
            .map_err(|failure| no_answer(self.notary, failure))?;
        match response.status {
            200 => Ok(response),
            status => Err(no_answer(self.notary, Failure::Status { status })),
        }
    }

    fn refused(&self, response: &HttpResponse) -> CliError {
        if response.status == 401 {
            return CliError::Token {
                address: self.notary.notary.address.clone(),
                had_one: self.token.is_some(),
            };
        }
        let message = serde_json::from_slice::<Value>(&response.body)
            .ok()
            .and_then(|body| Some(body.get("message")?.as_str()?.to_owned()));
        match message {
            Some(message) if response.status < 500 => CliError::Refused {
                address: self.notary.notary.address.clone(),
                // Servers like to repeat what they were sent.
                message: match &self.token {
                    Some(token) => token.struck_from(&message),
                    None => message,
                },
            },
            _ => no_answer(
                self.notary,
                Failure::Status {
                    status: response.status,
                },
            ),
        }
    }
}

/// The certificate that the notary hands out for the key, if it is for this key.
fn certificate_for(key: &SigningKey, response: &HttpResponse) -> Result<String, String> {
    let verifier = Verifier::from_pem(&response.body).map_err(|error| error.to_string())?;
    if verifier.certificate().is_none() || verifier.key_der() != key.public_der() {
        return Err("the certificate that it has for this key is another key's".into());
    }
    Ok(verifier.canonical_pem())
}

fn no_answer(notary: &KnownNotary, failure: Failure) -> CliError {
    CliError::NoAnswer {
        address: notary.notary.address.clone(),
        failure,
    }
}
