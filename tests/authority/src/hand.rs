//! Where a hand can reach into the making of a bundle.
//!
//! Everything is handed over right before it is signed or used, so that what comes after it is
//! made from what it has become: only what the hand did is wrong.

use crate::certificate::{Draft, Issuer};
use crate::checkpoint::CheckpointDraft;
use crate::ct::SctDraft;
use crate::entry::{Envelope, Kind};
use crate::instance::Instance;
use crate::recipe::Recipe;
use crate::rekor::PromiseDraft;
use crate::time::Window;
use crate::tsa::TokenDraft;
use serde_json::Value;

/// The times of a signature, in seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moments {
    /// From when until when the certificate holds.
    pub certificate: Window,
    /// When the log of certificates saw it.
    pub certificate_logged: u64,
    /// When the log integrated the entry, where it says so.
    pub integrated: Option<u64>,
    /// When the timestamp authority saw the signature.
    pub stamped: u64,
}

/// A certificate that is asked for.
pub struct Order {
    /// Who issues it.
    pub issuer: Issuer,
    /// What it will say.
    pub draft: Draft,
}

/// What is logged.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The kind of entry.
    pub kind: Kind,
    /// The artifact's SHA-256, for a message.
    pub digest: Vec<u8>,
    /// The envelope, for a statement.
    pub envelope: Option<Envelope>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The certificate, DER, if there is one.
    pub certificate: Option<Vec<u8>>,
    /// Whose key it is; see [`crate::key::Key::new`].
    pub key_label: String,
}

/// What a hand may want to know where it reaches in late.
pub struct Facts<'a> {
    /// What is made.
    pub recipe: &'a Recipe,
    /// When.
    pub moments: &'a Moments,
    /// By which instance.
    pub instance: &'a Instance,
}

/// Something that reaches into the making of bundles. All of it is optional.
#[allow(unused_variables)]
pub trait Hand {
    /// What is made.
    fn recipe(&self, recipe: &mut Recipe) {}
    /// The instance that makes it.
    fn instance(&self, instance: &mut Instance) {}
    /// The times.
    fn moments(&self, moments: &mut Moments) {}
    /// The certificate, before it is logged and signed.
    fn order(&self, order: &mut Order) {}
    /// The promise of the log of certificates.
    fn sct(&self, draft: &mut SctDraft) {}
    /// All such promises, serialized.
    fn scts(&self, list: &mut Vec<Vec<u8>>) {}
    /// The certificate after it was logged and before it is signed.
    fn logged_order(&self, order: &mut Order) {}
    /// The certificate, signed.
    fn certificate(&self, der: &mut Vec<u8>) {}
    /// The statement.
    fn statement(&self, statement: &mut Value) {}
    /// The envelope, not yet signed.
    fn envelope(&self, envelope: &mut Envelope) {}
    /// What the signer signs.
    fn signed(&self, message: &mut Vec<u8>) {}
    /// The signature.
    fn signature(&self, signature: &mut Vec<u8>) {}
    /// What is proposed to the last log.
    fn submission(&self, submission: &mut Submission) {}
    /// The entry of the last log.
    fn body(&self, body: &mut Value) {}
    /// That entry in its canonical form.
    fn canonical_body(&self, body: &mut Vec<u8>) {}
    /// The promise of that log.
    fn promise(&self, draft: &mut PromiseDraft) {}
    /// The checkpoint of that log.
    fn checkpoint(&self, draft: &mut CheckpointDraft, facts: &Facts) {}
    /// The entry with its proof, as the bundle has it.
    fn entry(&self, entry: &mut Value, facts: &Facts) {}
    /// What the last timestamp is over.
    fn stamped(&self, message: &mut Vec<u8>) {}
    /// The last timestamp.
    fn token(&self, draft: &mut TokenDraft, facts: &Facts) {}
    /// That timestamp, signed.
    fn token_bytes(&self, token: &mut Vec<u8>) {}
    /// The bundle.
    fn bundle(&self, bundle: &mut Value, facts: &Facts) {}
    /// The trust root that it is verified with.
    fn trusted_root(&self, root: &mut Value, facts: &Facts) {}
    /// The artifact that it is verified with.
    fn artifact(&self, artifact: &mut Vec<u8>) {}
}

/// A hand that leaves everything as it should be.
pub struct Honest;

impl Hand for Honest {}
