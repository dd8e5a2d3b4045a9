//! Minisign signatures that lie beside a file, over it or over a checksum file that lists it.

use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::{Found, KeyedSignature, Wanted};
use assay_core::evidence::{Evidence, Outcome};
use assay_core::minisign::{Form, MinisignKey, MinisignSignature};
use assay_core::settings::Settings;
use assay_core::signer::RootId;

/// What such a signature is over.
#[derive(Debug)]
pub enum Over {
    /// The file itself.
    File,
    /// A checksum file with this text. It is over the file as well, where that is listed.
    List {
        /// The text.
        text: String,
        /// Whether the file is listed with the digest that it has.
        is_listed: bool,
    },
}

/// The keys that the user trusts: they brought them.
pub fn keys(settings: &Settings) -> Vec<MinisignKey> {
    let trusted = settings.trusted.iter().map(|trusted| &trusted.signer);
    let keys = trusted.filter(|signer| signer.root == RootId::minisign());
    keys.filter_map(|signer| MinisignKey::parse(&signer.name()))
        .collect()
}

/// Adds what a signature proves. One by a key that nobody knows says nothing; one by a known key that
/// does not fit the file is told as what it is. Given back is what the file must be read for first.
///
/// A file that was downloaded long ago may have been replaced since: then a signature that does not
/// fit tells nothing (`is_recent`).
pub fn add(
    text: &str,
    over: &Over,
    keys: &[MinisignKey],
    digests: &ArtifactDigests,
    is_recent: bool,
    evidence: &mut Evidence,
) -> Vec<KeyedSignature> {
    let mut wanted = Vec::new();
    let Some(read) = MinisignSignature::parse(text) else {
        return wanted;
    };
    // Of keys that have one number, the one that signed.
    let mut own = None;
    for key in keys.iter().filter(|key| read.is_by(key)) {
        let holds = match (over, read.form(), &digests.blake2b) {
            // What it lists of the file is another one's.
            (
                Over::List {
                    is_listed: false, ..
                },
                ..,
            ) => continue,
            (Over::List { text, .. }, ..) => read.signs(key, text.as_bytes()),
            (Over::File, Form::Prehashed, Some(digest)) => read.signs_digest(key, digest),
            (Over::File, ..) => {
                wanted.push(KeyedSignature {
                    key: key.text(),
                    signature: text.to_owned(),
                    declared: None,
                });
                continue;
            }
        };
        if holds || own.is_none() {
            own = Some((key, holds));
        }
    }
    if let Some((key, holds)) = own {
        note(key, &read, text, holds, is_recent, evidence);
    }
    wanted
}

/// Adds what was found out of signatures by reading the file for them.
pub fn settle(wanted: &Wanted, found: &Found, is_recent: bool, evidence: &mut Evidence) {
    for one in &wanted.signatures {
        let key = MinisignKey::parse(&one.key);
        let read = MinisignSignature::parse(&one.signature);
        let (Some(key), Some(read)) = (key, read) else {
            continue;
        };
        let holds = found.signatures.contains(one);
        let same = |other: &KeyedSignature| other.signature == one.signature;
        if !holds && found.signatures.iter().any(same) {
            // It is by another key with the same number.
            continue;
        }
        note(&key, &read, &one.signature, holds, is_recent, evidence);
        if let (Some(project), Outcome::Answered { proven, .. }) =
            (&one.declared, &mut evidence.outcome)
        {
            let signer = key.signer();
            for attestation in proven.iter_mut().filter(|made| made.signer == signer) {
                attestation.declared = Some(project.clone());
            }
        }
    }
}

fn note(
    key: &MinisignKey,
    read: &MinisignSignature,
    text: &str,
    holds: bool,
    is_recent: bool,
    evidence: &mut Evidence,
) {
    match (&mut evidence.outcome, holds) {
        (Outcome::Answered { proven, .. }, true) => proven.push(read.attestation(key, text)),
        (_, false) if is_recent => evidence.forged = Some(key.signer()),
        _ => {}
    }
}
