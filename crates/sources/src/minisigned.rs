//! Minisign signatures that lie beside a file, over it or over a checksum file that lists it.

use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::{Found, KeyedSignature, ListedDigest, Wanted};
use assay_core::evidence::{Evidence, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::{Form, MinisignKey, MinisignSignature};
use assay_core::settings::Settings;
use assay_core::signer::RootId;

/// The keys that the user trusts: they brought them.
pub fn keys(settings: &Settings) -> Vec<MinisignKey> {
    let trusted = settings.trusted.iter().map(|trusted| &trusted.signer);
    let keys = trusted.filter(|signer| signer.root == RootId::minisign());
    keys.filter_map(|signer| MinisignKey::parse(&signer.name()))
        .collect()
}

/// The key by which a signature over these bytes says to be, and whether it is: of keys that have one
/// number, the one that signed. `None` where no key is known.
pub fn signed<'a>(
    text: &str,
    keys: &'a [MinisignKey],
    bytes: &[u8],
) -> Option<(&'a MinisignKey, bool)> {
    let read = MinisignSignature::parse(text)?;
    by_known(&read, keys, |key| read.signs(key, bytes))
}

fn by_known<'a>(
    read: &MinisignSignature,
    keys: &'a [MinisignKey],
    holds: impl Fn(&MinisignKey) -> bool,
) -> Option<(&'a MinisignKey, bool)> {
    let mut known = keys.iter().filter(|key| read.is_by(key));
    let first = known.clone().next()?;
    let own = known.find(|key| holds(key));
    Some((own.unwrap_or(first), own.is_some()))
}

/// Adds what a signature over the file proves. One by a key that nobody knows says nothing; one by a
/// known key that does not fit the file is told as what it is. Given back is what the file must be
/// read for first.
///
/// A file that was downloaded long ago may have been replaced since: then a signature that does not
/// fit tells nothing (`is_recent`).
pub fn add(
    text: &str,
    keys: &[MinisignKey],
    digests: &ArtifactDigests,
    is_recent: bool,
    evidence: &mut Evidence,
) -> Vec<KeyedSignature> {
    let Some(read) = MinisignSignature::parse(text) else {
        return Vec::new();
    };
    match (read.form(), &digests.blake2b) {
        (Form::Prehashed, Some(digest)) => {
            let known = by_known(&read, keys, |key| read.signs_digest(key, digest));
            if let Some((key, holds)) = known {
                note(key, text, holds, is_recent, evidence);
            }
            Vec::new()
        }
        _ => {
            let known = keys.iter().filter(|key| read.is_by(key));
            let wanted = known.map(|key| KeyedSignature {
                key: key.text(),
                signature: text.to_owned(),
                declared: None,
            });
            wanted.collect()
        }
    }
}

/// Adds what was found out of signatures and lists by reading the file for them.
pub fn settle(
    wanted: &Wanted,
    found: &Found,
    digests: &ArtifactDigests,
    is_recent: bool,
    evidence: &mut Evidence,
) {
    for one in &wanted.signatures {
        let Some(key) = MinisignKey::parse(&one.key) else {
            continue;
        };
        let holds = found.signatures.contains(one);
        let same = |other: &KeyedSignature| other.signature == one.signature;
        if !holds && found.signatures.iter().any(same) {
            // It is by another key with the same number.
            continue;
        }
        note_keyed(one, &key, holds, is_recent, evidence);
    }
    // Whatever it was read for, its own SHA-512 is known then.
    let own = FileDigest::Sha512(found.sha512);
    let is_same = |one: &&ListedDigest| one.digest == own || found.listed.contains(&one.digest);
    for one in wanted.listed.iter().filter(is_same) {
        evidence.published = Some(Published::Same);
        note_of_list(one, is_recent, evidence);
    }
    // One that a known key signed outweighs those that nobody did.
    let outweighs = |one: &&ListedDigest| {
        let is_signed = one.signed.is_some() && !one.is_forged;
        is_signed || evidence.published.is_none()
    };
    let mut others = wanted.listed.iter().filter(|one| !is_same(one));
    if let Some(other) = others.find(outweighs).filter(|_| is_recent) {
        let missing = evidence.missing.as_ref();
        let may_be_a_list = missing.is_some_and(|one| !one.is_of_one_file());
        let digests = ArtifactDigests {
            sha512: Some(found.sha512),
            ..*digests
        };
        let found = other.digest.of_file(&digests).filter(|_| !may_be_a_list);
        let expected = other.digest;
        evidence.published = found.map(|found| Published::Other { expected, found });
    }
}

/// Adds what was found of the signature of a list that has the file, where it is by a known key.
pub fn note_of_list(one: &ListedDigest, is_recent: bool, evidence: &mut Evidence) {
    if let Some(signed) = &one.signed
        && let Some(key) = MinisignKey::parse(&signed.key)
    {
        let before = evidence.forged.clone();
        note_keyed(signed, &key, !one.is_forged, is_recent, evidence);
        // It is the list that it does not fit.
        if before.is_none() && evidence.forged.is_some() {
            evidence.forged_list = Some(one.list.clone());
        }
    }
}

/// Adds what was found of a signature, which may be by a key that the site declares.
fn note_keyed(
    one: &KeyedSignature,
    key: &MinisignKey,
    holds: bool,
    is_recent: bool,
    evidence: &mut Evidence,
) {
    note(key, &one.signature, holds, is_recent, evidence);
    if let (Some(project), Outcome::Answered { proven, .. }) =
        (&one.declared, &mut evidence.outcome)
    {
        let signer = key.signer();
        for attestation in proven.iter_mut().filter(|made| made.signer == signer) {
            attestation.declared = Some(project.clone());
        }
    }
}

/// Adds what was found of a signature by a known key.
fn note(key: &MinisignKey, text: &str, holds: bool, is_recent: bool, evidence: &mut Evidence) {
    match (&mut evidence.outcome, holds) {
        (Outcome::Answered { proven, .. }, true) => proven.push(key.attestation(text)),
        (_, false) if is_recent => evidence.forged = Some(key.signer()),
        _ => {}
    }
}
