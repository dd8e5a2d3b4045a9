//! Single changes to bundles: each makes one thing wrong and nothing else, or makes something
//! unusual that is right.
//!
//! A change reaches into the making where the thing is made, so all that is signed later is signed
//! over what it has become. Where several checks can find the same fault (a log entry that was
//! altered breaks both the promise and the proof), there is one change for each, on bundles where
//! only that one can.

mod certificate;
mod content;
mod entry;
mod form;
mod harmless;
mod log;
mod time;
mod trust;

use crate::checkpoint::CheckpointDraft;
use crate::ct::SctDraft;
use crate::entry::Envelope;
use crate::hand::{Facts, Hand, Moments, Order, Submission};
use crate::instance::{Instance, Manner};
use crate::recipe::{Content, Recipe, Version};
use crate::rekor::PromiseDraft;
use crate::tsa::TokenDraft;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// A change to a bundle.
pub struct Change {
    /// What is changed.
    pub id: &'static str,
    /// The check that must fail, by the name that refusals give it; none for what is right.
    pub breaks: Option<&'static str>,
    on: On,
    reaches: Vec<Reach>,
}

/// What changes are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// Bundles that are none.
    Form,
    /// What is signed, and the signature.
    Content,
    /// The signer's certificate, and whoever vouches for it.
    Certificate,
    /// When it was signed.
    Time,
    /// The place in the log: path, checkpoint, promise.
    Log,
    /// What was logged.
    Entry,
    /// Trust roots that cannot be used.
    Trust,
}

/// Which bundles a change can be made to.
type On = fn(&Recipe) -> bool;

/// One place where a change reaches in; see [`Hand`].
enum Reach {
    Recipe(fn(&mut Recipe)),
    Instance(fn(&mut Instance)),
    Moments(fn(&mut Moments)),
    Order(fn(&mut Order)),
    Sct(fn(&mut SctDraft)),
    Scts(fn(&mut Vec<Vec<u8>>)),
    LoggedOrder(fn(&mut Order)),
    Certificate(fn(&mut Vec<u8>)),
    Statement(fn(&mut Value)),
    Envelope(fn(&mut Envelope)),
    Signed(fn(&mut Vec<u8>)),
    Signature(fn(&mut Vec<u8>)),
    Submission(fn(&mut Submission)),
    Body(fn(&mut Value)),
    CanonicalBody(fn(&mut Vec<u8>)),
    Promise(fn(&mut PromiseDraft)),
    Checkpoint(fn(&mut CheckpointDraft, &Facts)),
    Entry(fn(&mut Value, &Facts)),
    Stamped(fn(&mut Vec<u8>)),
    Token(fn(&mut TokenDraft, &Facts)),
    TokenBytes(fn(&mut Vec<u8>)),
    Bundle(fn(&mut Value, &Facts)),
    TrustedRoot(fn(&mut Value, &Facts)),
    Artifact(fn(&mut Vec<u8>)),
}

impl Topic {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Form,
        Self::Content,
        Self::Certificate,
        Self::Time,
        Self::Log,
        Self::Entry,
        Self::Trust,
    ];

    /// The changes about it that make a bundle worthless.
    pub fn defects(self) -> Vec<Change> {
        match self {
            Self::Form => form::defects(),
            Self::Content => content::defects(),
            Self::Certificate => certificate::defects(),
            Self::Time => time::defects(),
            Self::Log => log::defects(),
            Self::Entry => entry::defects(),
            Self::Trust => trust::defects(),
        }
    }
}

impl Change {
    /// All changes that make a bundle worthless.
    pub fn defects() -> Vec<Self> {
        Topic::ALL.into_iter().flat_map(Topic::defects).collect()
    }

    /// Changes that do no harm: unusual, and right.
    pub fn harmless() -> Vec<Self> {
        harmless::all()
    }

    /// Whether it can be made to this kind of bundle.
    pub fn is_possible(&self, recipe: &Recipe) -> bool {
        (self.on)(recipe)
    }

    fn reach(&self) -> impl Iterator<Item = &Reach> {
        self.reaches.iter()
    }
}

fn defect<const N: usize>(
    id: &'static str,
    breaks: &'static str,
    on: On,
    reaches: [Reach; N],
) -> Change {
    Change {
        id,
        breaks: Some(breaks),
        on,
        reaches: reaches.into(),
    }
}

macro_rules! hand {
    ($($method:ident($reach:ident, $what:ty $(, $facts:ident)?);)*) => {
        impl Hand for Change {
            $(fn $method(&self, it: $what $(, $facts: &Facts)?) {
                for reach in self.reach() {
                    if let Reach::$reach(change) = reach {
                        change(it $(, $facts)?);
                    }
                }
            })*
        }
    };
}

hand! {
    recipe(Recipe, &mut Recipe);
    instance(Instance, &mut Instance);
    moments(Moments, &mut Moments);
    order(Order, &mut Order);
    sct(Sct, &mut SctDraft);
    scts(Scts, &mut Vec<Vec<u8>>);
    logged_order(LoggedOrder, &mut Order);
    certificate(Certificate, &mut Vec<u8>);
    statement(Statement, &mut Value);
    envelope(Envelope, &mut Envelope);
    signed(Signed, &mut Vec<u8>);
    signature(Signature, &mut Vec<u8>);
    submission(Submission, &mut Submission);
    body(Body, &mut Value);
    canonical_body(CanonicalBody, &mut Vec<u8>);
    promise(Promise, &mut PromiseDraft);
    checkpoint(Checkpoint, &mut CheckpointDraft, facts);
    entry(Entry, &mut Value, facts);
    stamped(Stamped, &mut Vec<u8>);
    token(Token, &mut TokenDraft, facts);
    token_bytes(TokenBytes, &mut Vec<u8>);
    bundle(Bundle, &mut Value, facts);
    trusted_root(TrustedRoot, &mut Value, facts);
    artifact(Artifact, &mut Vec<u8>);
}

// Which bundles. "Last" is the last entry, as that is the one that hands reach into.

fn any(_: &Recipe) -> bool {
    true
}

fn certified(recipe: &Recipe) -> bool {
    recipe.certified()
}

fn vouched(recipe: &Recipe) -> bool {
    recipe.certified() && !recipe.release()
}

fn release(recipe: &Recipe) -> bool {
    recipe.release()
}

fn keyed(recipe: &Recipe) -> bool {
    !recipe.certified()
}

fn certified_chain(recipe: &Recipe) -> bool {
    recipe.certified() && recipe.version != Version::V03
}

fn certified_alone(recipe: &Recipe) -> bool {
    recipe.certified() && recipe.version == Version::V03
}

fn public(recipe: &Recipe) -> bool {
    recipe.certified() && recipe.manner == Manner::Public
}

fn private(recipe: &Recipe) -> bool {
    recipe.certified() && recipe.manner == Manner::Private
}

fn github(recipe: &Recipe) -> bool {
    recipe.manner == Manner::GitHub
}

fn statement(recipe: &Recipe) -> bool {
    recipe.statement()
}

fn message(recipe: &Recipe) -> bool {
    !recipe.statement()
}

fn states_digest(recipe: &Recipe) -> bool {
    matches!(recipe.content, Content::Message { stated: Some(_) })
}

fn logged(recipe: &Recipe) -> bool {
    !recipe.entries.is_empty()
}

fn in_v1(recipe: &Recipe) -> bool {
    recipe.last_entry().is_some_and(|kind| !kind.is_v2())
}

fn in_v2(recipe: &Recipe) -> bool {
    recipe.last_entry().is_some_and(|kind| kind.is_v2())
}

fn proven(recipe: &Recipe) -> bool {
    logged(recipe) && recipe.proof
}

fn proven_v1(recipe: &Recipe) -> bool {
    proven(recipe) && in_v1(recipe)
}

fn proven_v2(recipe: &Recipe) -> bool {
    proven(recipe) && in_v2(recipe)
}

fn promised(recipe: &Recipe) -> bool {
    recipe.promise && in_v1(recipe)
}

/// With only one thing that says when it was signed.
fn timed_once(recipe: &Recipe) -> bool {
    usize::from(recipe.promise) + recipe.timestamps == 1
}

fn stamped(recipe: &Recipe) -> bool {
    recipe.timestamps > 0
}

/// In a log, and without anything that says when.
fn untimed(recipe: &Recipe) -> bool {
    proven(recipe) && !recipe.promise && recipe.timestamps == 0
}

// What changes have in common.

/// Changes the last byte of something in base64.
fn flip(value: &mut Value) {
    let text = value.as_str().expect("base64");
    let mut bytes = STANDARD.decode(text).expect("base64");
    *bytes.last_mut().expect("something") ^= 1;
    *value = STANDARD.encode(bytes).into();
}

/// Where the trust root has the log of the last entry.
fn last_log<'a>(root: &'a mut Value, facts: &Facts) -> &'a mut Value {
    &mut root["tlogs"][usize::from(in_v2(facts.recipe))]
}

/// Where the bundle has its last entry.
fn last_entry(bundle: &mut Value) -> &mut Value {
    bundle["verificationMaterial"]["tlogEntries"]
        .as_array_mut()
        .and_then(|entries| entries.last_mut())
        .expect("an entry")
}
