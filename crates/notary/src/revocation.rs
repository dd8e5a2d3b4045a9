//! Keys that the notary no longer vouches for: each revocation is a statement by the notary's
//! authority, written down first and then logged like every entry.
//!
//! The statement is a file of the data directory, so that a key can be revoked while the notary runs:
//! from the moment that it is there no certificate of that key is handed out and none is logged. The
//! running notary finds it, logs it, and adds a link to the succession of its trust roots, by which
//! clients learn of it. Doing any of that twice changes nothing.

use crate::authority::Authority;
use crate::clock::now;
use crate::dsse::{self, Envelope, EnvelopeSignature, IN_TOTO};
use crate::error::NotaryError;
use crate::files::{self, Mode};
use crate::final_acts::FinalActs;
use crate::identity::Identity;
use crate::proposal::decode_base64;
use crate::signer_name;
use crate::signers::{Signer, Signers};
use crate::trust::TrustState;
use assay_core::digest::Sha256Digest;
use assay_core::revocation::{REVOCATION_PREDICATE, Revocation};
use assay_core::root_store::day;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// The longest reason, in bytes.
const MAX_REASON: usize = 1000;

/// The revocations of a data directory.
#[derive(Debug, Clone)]
pub struct Revocations {
    directory: PathBuf,
}

/// A revocation as it was written down.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it says.
    pub revocation: Revocation,
    /// SHA-256 of the key (DER, SubjectPublicKeyInfo).
    pub key: Sha256Digest,
    /// The proposal (JSON) to log it.
    pub proposal: Vec<u8>,
}

impl Revocations {
    /// Those of a data directory.
    pub fn of(data: &Path) -> Self {
        Self {
            directory: data.join("revocations"),
        }
    }

    /// Whether this key (SHA-256 of its DER) was revoked under this name.
    pub fn has(&self, key: &Sha256Digest, name: &str) -> bool {
        // What cannot be told is taken to be so: nothing is vouched for by mistake.
        self.file(key, name).try_exists().unwrap_or(true)
    }

    /// All of them, in the order of their files' names.
    ///
    /// # Errors
    /// When they cannot be listed or one of them cannot be read.
    pub fn all(&self) -> Result<Vec<Statement>, NotaryError> {
        let files = self.files()?;
        files.iter().map(|file| Statement::read(file)).collect()
    }

    /// The files that they are in, in the order of their names.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn files(&self) -> Result<Vec<PathBuf>, NotaryError> {
        let mut files = files::listed(&self.directory, "json")?;
        files.sort();
        Ok(files)
    }

    /// Writes a statement down, if none about this key and name is there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, statement: &Statement) -> Result<(), NotaryError> {
        files::private_directory(&self.directory)
            .map_err(|source| NotaryError::file(&self.directory, source))?;
        let file = self.file(&statement.key, &statement.revocation.name);
        match files::create(&file, &statement.proposal, Mode::Shared) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other.map_err(|source| NotaryError::file(&file, source)),
        }
    }

    /// The statement about this key and name.
    fn read(&self, key: &Sha256Digest, name: &str) -> Result<Statement, NotaryError> {
        Statement::read(&self.file(key, name))
    }

    /// One for each key and name.
    fn file(&self, key: &Sha256Digest, name: &str) -> PathBuf {
        let both = [key.as_bytes(), name.as_bytes()].concat();
        let id = Sha256Digest::of(&both);
        self.directory.join(format!("{id}.json"))
    }
}

impl Statement {
    /// Reads one.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(file: &Path) -> Result<Self, NotaryError> {
        let proposal = std::fs::read(file).map_err(|source| NotaryError::file(file, source))?;
        Self::parse(file, proposal)
    }

    /// Reads one from what is in `file`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(file: &Path, proposal: Vec<u8>) -> Result<Self, NotaryError> {
        let (revocation, key) = revocation_in(&proposal).map_err(|detail| NotaryError::Data {
            path: file.to_owned(),
            detail,
        })?;
        Ok(Self {
            revocation,
            key,
            proposal,
        })
    }

    /// The key and the name that it is about.
    pub fn about(&self) -> (Sha256Digest, String) {
        (self.key, self.revocation.name.clone())
    }
}

/// A revocation that is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// From when on nothing counts that is logged (seconds since the Unix epoch); else from now on.
    pub since: Option<u64>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// Revokes the key of a signer of the notary in `data`, which may be running and whose lock store is
/// `lock`, or else the one with which it ran last: `who` is the name, or the key's fingerprint.
///
/// When this returns, the statement is on disk; [`crate::Notary::catch_up`] logs it. Of a key that is
/// revoked already, the statement is the one that is there.
///
/// # Errors
/// When there is no such signer, or several; when it was revoked otherwise; when the day has not come
/// yet; when the lock store is not there, or something cannot be written. Then nothing has changed.
pub fn revoke(
    data: &Path,
    lock: Option<&Path>,
    who: &str,
    wanted: Wanted<'_>,
) -> Result<Statement, NotaryError> {
    let identity = Identity::of_notary(data)?;
    let acts = FinalActs::of_notary(data, &identity, lock)?;
    let signer = one_of(Signers::of(data).all()?, who)?;
    let revocations = Revocations::of(data);
    if signer.revoked.is_some() {
        let statement = revocations.read(&signer.key, &signer.name)?;
        return agreeing(statement, wanted);
    }
    let time = now();
    let since = wanted.since.unwrap_or(time);
    if since > time {
        return Err(NotaryError::Revoke(
            "a key cannot be revoked from a day on that is still to come".into(),
        ));
    }
    if wanted
        .reason
        .is_some_and(|reason| reason.len() > MAX_REASON)
    {
        return Err(NotaryError::Revoke(format!(
            "the reason is too long; at most {MAX_REASON} bytes are possible"
        )));
    }
    let revocation = Revocation {
        key: signer.fingerprint.clone(),
        name: signer.name.clone(),
        since: i64::try_from(since).unwrap_or(i64::MAX),
        reason: wanted.reason.map(str::to_owned),
    };
    let state = TrustState::load(data, &identity)?;
    let authority = Authority::open(data, &identity, &state.authority)?;
    let statement = acts.record_revocation(&statement(&signer, &revocation, &authority)?)?;
    revocations.write(&statement)?;
    agreeing(statement, wanted)
}

/// A statement that says what was asked for: it cannot be made to say something else.
fn agreeing(statement: Statement, wanted: Wanted<'_>) -> Result<Statement, NotaryError> {
    let is = &statement.revocation;
    let since = wanted
        .since
        .map(|since| i64::try_from(since).unwrap_or(i64::MAX));
    let differs = since.is_some_and(|since| since != is.since)
        || wanted
            .reason
            .is_some_and(|reason| is.reason.as_deref() != Some(reason));
    if differs {
        return Err(NotaryError::Revoke(format!(
            "the key {} of {} is revoked already, from {} on, and a revocation cannot be changed",
            is.key,
            is.name,
            day(is.since)
        )));
    }
    Ok(statement)
}

/// The one signer that is meant: one that is not revoked yet, or else the one that is.
fn one_of(all: Vec<Signer>, who: &str) -> Result<Signer, NotaryError> {
    let normal = signer_name::normal(who);
    let is_meant = |signer: &Signer| {
        // Those from before names had one form are meant as well.
        signer_name::normal(&signer.name) == normal
            || signer.fingerprint == who
            || signer.key.to_hex() == who
    };
    let meant: Vec<Signer> = all.into_iter().filter(is_meant).collect();
    let (revoked, valid): (Vec<Signer>, Vec<Signer>) =
        meant.into_iter().partition(|one| one.revoked.is_some());
    match (valid.as_slice(), revoked.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], []) => Err(NotaryError::Revoke(format!(
            "{who:?} is no signer here; `assay notary signer list` shows their names and fingerprints"
        ))),
        ([], _) => Err(NotaryError::Revoke(format!(
            "all keys of {who:?} are revoked already"
        ))),
        (several, _) => {
            let keys: Vec<&str> = several.iter().map(|one| one.fingerprint.as_str()).collect();
            Err(NotaryError::Revoke(format!(
                "{who:?} has several keys; name the one to revoke by its fingerprint: {}",
                keys.join(", ")
            )))
        }
    }
}

/// The proposal to log the statement: about the key, as its holder's name tells, by the authority.
fn statement(
    signer: &Signer,
    revocation: &Revocation,
    authority: &Authority,
) -> Result<String, NotaryError> {
    let payload = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": signer.name, "digest": { "sha256": signer.key.to_hex() } }],
        "predicateType": REVOCATION_PREDICATE,
        "predicate": revocation,
    })
    .to_string();
    let message = dsse::pre_authentication_encoding(IN_TOTO, payload.as_bytes());
    let envelope = Envelope {
        payload: STANDARD.encode(&payload),
        payload_type: IN_TOTO.into(),
        signatures: vec![EnvelopeSignature {
            sig: STANDARD.encode(authority.key().sign(&message)?),
            keyid: None,
        }],
    };
    dsse::proposal(&envelope, &[authority.key().public_pem()])
        .map_err(|error| NotaryError::Revoke(error.to_string()))
}

/// What a statement says, and the key that it is about.
fn revocation_in(proposal: &[u8]) -> Result<(Revocation, Sha256Digest), String> {
    #[derive(Deserialize)]
    struct Stated {
        subject: [Subject; 1],
        predicate: Revocation,
    }
    #[derive(Deserialize)]
    struct Subject {
        digest: Digest,
    }
    #[derive(Deserialize)]
    struct Digest {
        sha256: Sha256Digest,
    }
    let proposal: Value = serde_json::from_slice(proposal).map_err(|error| error.to_string())?;
    let envelope = proposal
        .pointer("/spec/proposedContent/envelope")
        .and_then(Value::as_str)
        .ok_or("it holds no envelope")?;
    let envelope: Envelope = serde_json::from_str(envelope).map_err(|error| error.to_string())?;
    let payload = decode_base64("the payload", &envelope.payload).map_err(|e| e.to_string())?;
    let stated: Stated = serde_json::from_slice(&payload).map_err(|error| error.to_string())?;
    let [subject] = stated.subject;
    Ok((stated.predicate, subject.digest.sha256))
}
