//! Signing without a key of one's own: a name takes its place, which an identity service vouches for,
//! Sigstore's certificate authority certifies for a key of the moment, and a public log keeps.
//!
//! Nothing of what these services answer is believed before the whole bundle is proven, against the
//! trust root, to be by just this signer, with just this key, about just this artifact.

mod ambient;
pub mod args;
mod certificate;
mod consent;
mod form;
mod google;
mod log;
mod login;
mod loopback;
mod service;
mod services;
mod stamp;
mod token;

use crate::ask;
use crate::client::Client;
use crate::error::CliError;
use crate::input;
use crate::logs::Comparing;
use crate::output;
use crate::roots;
use crate::secret::{Secret, Shared};
use crate::sign::content::Content;
use crate::sign::{Made, Signs};
use crate::subject::Artifact;
use args::KeylessArgs;
use assay_core::attestation::Attestation;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, LogDoubt};
use assay_core::reason::Reason;
use assay_core::roots::Roots;
use assay_core::signer::{RootId, key_fingerprint};
use assay_core::trust_root::{MAX_TRUST_ROOT_BYTES, TrustRoot};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificate::Certified;
use serde_json::{Value, json};
use service::Service;
use services::Services;
use sigstore_crypto::x509::parse_certificate_info;
use sigstore_types::DerCertificate;
use std::sync::{Arc, Mutex, PoisonError};
use token::{Expected, IdentityToken};

const AUTHORITY: &str = "the certificate authority";
const LOG: &str = "the log";
const STAMPS: &str = "the timestamp authority";

/// The variable with the identity token itself.
const VARIABLE: &str = "ASSAY_IDENTITY_TOKEN";

/// Somebody with a name.
pub struct Keyless {
    client: Client,
    services: Services,
    roots: Roots,
    root: RootId,
    token: IdentityToken,
    signer: Expected,
    certified: Mutex<Option<Arc<Certified>>>,
    /// What logs show is compared one by one.
    comparing: Mutex<()>,
}

impl Keyless {
    /// Finds out who signs, and whether they agree to what that means.
    ///
    /// # Errors
    /// When there is no identity token, or no trust root, or it is not agreed to.
    pub fn begin(args: &KeylessArgs) -> Result<Self, CliError> {
        let services = Services::of(args.signing_config.as_deref())?;
        let root = trust_root(args)?;
        let id = root.id().clone();
        let mut roots = Roots::new();
        roots
            .add(root)
            .map_err(|problem| CliError::TrustRoot(problem.to_string()))?;
        let client = Client::new();
        let token = IdentityToken::parse(&identity(args, &client, &services)?)?;
        let mut signer = token.expected();
        if let Some(name) = &args.identity {
            signer.subject.clone_from(name);
        }
        let logs: Vec<&str> = services.logs.iter().map(|log| log.url.as_str()).collect();
        consent::ask(args.yes, &token, &signer, &logs.join(" and "))?;
        Ok(Self {
            client,
            services,
            roots,
            root: id,
            token,
            signer,
            certified: Mutex::new(None),
            comparing: Mutex::new(()),
        })
    }

    /// What is told beside the results.
    pub fn head(&self) -> Value {
        let logs: Vec<&str> = self
            .services
            .logs
            .iter()
            .map(|log| log.url.as_str())
            .collect();
        json!({
            "mode": "keyless",
            "trust_root": self.root.as_str(),
            "logs": logs,
        })
    }

    fn service<'a>(&'a self, what: &'static str, address: &'a str) -> Service<'a> {
        Service {
            what,
            address,
            client: &self.client,
        }
    }

    /// A certified key: the same for all that is signed within some minutes.
    fn certified(&self) -> Result<Arc<Certified>, CliError> {
        let mut held = self
            .certified
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(certified) = held.as_ref().filter(|one| one.holds()) {
            return Ok(Arc::clone(certified));
        }
        let authority = self.service(AUTHORITY, &self.services.authority);
        let certified = Arc::new(Certified::new(&authority, &self.token)?);
        *held = Some(Arc::clone(&certified));
        Ok(certified)
    }

    /// Proves the bundle, and that it says what it was made to say.
    fn prove(
        &self,
        bundle: &str,
        digest: &Sha256Digest,
        by: &Certified,
    ) -> Result<Attestation, CliError> {
        let unproven = |detail: String| CliError::Unproven(detail);
        let attestation = self
            .roots
            .prove(bundle, digest)
            .map_err(|problem| unproven(problem.to_string()))?;
        let Expected { subject, issuer } = &self.signer;
        attestation
            .require_certified(subject, issuer)
            .map_err(|problem| {
                unproven(format!(
                    "{problem}. If that is you all the same, say so with --identity"
                ))
            })?;
        let own = key_fingerprint(by.key.public_der());
        let certified = attestation.certified.as_ref();
        match certified.is_some_and(|certified| certified.key == own) {
            true => Ok(attestation),
            false => Err(unproven("it is by another key".into())),
        }
    }

    /// Compares what the log showed with what is remembered of it. A log that contradicted itself
    /// proves nothing; one that cannot be asked now proves this all the same.
    fn compare(&self, attestation: &Attestation) -> Result<(), CliError> {
        let _turn = self
            .comparing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(log) = self.services.logs.first() else {
            return Ok(());
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| CliError::Internal(error.to_string()))?;
        let comparing = Comparing::new(&self.client, None, &self.roots)?;
        let mut evidence = Evidence::proving(&log.url, &log.url, vec![attestation.clone()]);
        let asked = (log.version == 1).then_some((&self.root, log.url.as_str()));
        runtime.block_on(comparing.compare(&mut evidence, asked));
        let Some(withheld) = evidence.withheld().first() else {
            return Ok(());
        };
        let words = Reason::withheld(&log.url, withheld).message().english();
        match withheld.doubt {
            LogDoubt::Unchecked { .. } => {
                output::note(&format!("warning: {words}"));
                Ok(())
            }
            _ => Err(CliError::Log(format!(
                "it was logged, and does not count: {words} See `assay logs`."
            ))),
        }
    }
}

impl Signs for Keyless {
    fn is_own(&self, bundle: &[u8]) -> bool {
        names_in(bundle).is_some_and(|named| named == self.signer)
    }

    fn sign(&self, artifact: &Artifact, content: Content) -> Result<Made, CliError> {
        let by = self.certified()?;
        let signed = content.sign(&by.key)?;
        let mut stamps = Vec::new();
        for address in &self.services.timestamps {
            let token = stamp::over(&self.service(STAMPS, address), signed.signature())?;
            stamps.push(json!({ "signedTimestamp": token }));
        }
        let mut entries = Vec::new();
        for one in &self.services.logs {
            let service = self.service(LOG, &one.url);
            entries.push(log::propose(&service, one.version, &signed, &by)?);
        }
        let mut material = json!({
            "certificate": { "rawBytes": STANDARD.encode(&by.certificate) },
            "tlogEntries": entries,
        });
        if !stamps.is_empty() {
            material["timestampVerificationData"] = json!({ "rfc3161Timestamps": stamps });
        }
        let bundle = signed.bundle(material).to_string();
        let attestation = self.prove(&bundle, &artifact.digest, &by)?;
        self.compare(&attestation)?;
        Ok(Made {
            signer: (&attestation.signer).into(),
            log: attestation.logged.as_ref().map(Into::into),
            bundle,
            known: false,
        })
    }
}

/// Whom the certificate in a bundle names, and who vouches for it. Nothing of it is proven.
fn names_in(bundle: &[u8]) -> Option<Expected> {
    let bundle: Value = serde_json::from_slice(bundle).ok()?;
    let material = bundle.get("verificationMaterial")?;
    let certificate = material
        .pointer("/certificate/rawBytes")
        .or_else(|| material.pointer("/x509CertificateChain/certificates/0/rawBytes"))?;
    let certificate = STANDARD.decode(certificate.as_str()?).ok()?;
    let info = parse_certificate_info(&DerCertificate::new(certificate)).ok()?;
    Some(Expected {
        subject: info.identity?.as_str().to_owned(),
        issuer: info.issuer?,
    })
}

/// What the answers are proven against: Sigstore's public root, or that of the deployment.
fn trust_root(args: &KeylessArgs) -> Result<TrustRoot, CliError> {
    match (&args.trusted_root, &args.signing_config) {
        (Some(path), _) => roots::recognise(path, &input::text(path, MAX_TRUST_ROOT_BYTES)?),
        (None, Some(_)) => Err(CliError::Usage(
            "--signing-config names services of another deployment: name what they are proven \
             against, too, with --trusted-root"
                .into(),
        )),
        (None, None) => {
            let (root, stale) = roots::in_use(&RootId::sigstore())?;
            if let Some(stale) = stale {
                output::note(&Reason::StaleRoot { stale }.message().english());
            }
            Ok(root)
        }
    }
}

/// The identity token: the one that was given, else the CI provider's, else that of a login.
fn identity(args: &KeylessArgs, client: &Client, services: &Services) -> Result<Secret, CliError> {
    if let Some(file) = &args.identity_token {
        if token::looks_like_one(&file.to_string_lossy()) {
            return Err(CliError::Usage(format!(
                "--identity-token takes a file's name (or -), never the token itself, which others on \
                 this machine could see; {VARIABLE} takes the token"
            )));
        }
        return Secret::of_file(file, "--identity-token", Shared::Taken);
    }
    if let Some(token) = Secret::of_environment(VARIABLE)? {
        return Ok(token);
    }
    if let Some(token) = ambient::token(client, &args.oidc_client_id)? {
        return Ok(token);
    }
    if !ask::is_possible() {
        return Err(CliError::Usage(format!(
            "there is no identity token, and nobody who could log in: name a file with one \
             (--identity-token) or set {VARIABLE}; GitHub Actions, GitLab, Buildkite and Google Cloud \
             give one to jobs and machines that may have it"
        )));
    }
    match &services.issuer {
        Some(issuer) => login::token(client, issuer, &args.oidc_client_id),
        None => Err(CliError::Usage(
            "the signing configuration names nobody to log in with: use --identity-token".into(),
        )),
    }
}
