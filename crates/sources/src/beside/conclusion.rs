//! What follows from what lies beside a file, beyond what its bundles prove.

use super::inquiry::{Inquiry, List};
use super::names::{BY_SHA512, is_of_any_kind};
use crate::{Weighing, minisigned};
use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::{KeyedSignature, ListedDigest};
use assay_core::evidence::{Evidence, Outcome, Published};
use assay_core::file_digest::FileDigest;
use assay_core::minisign::MinisignKey;
use assay_core::proof::{Check, ProofError};

impl Inquiry<'_> {
    /// Adds what was found to what was proven.
    pub(super) fn conclude(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) {
        let digests = weighing.digests;
        let is_recent = self.question.is_recent(weighing.now);
        self.wanted.listed.retain(|one| one.signed.is_some());
        self.add_minisigned(evidence, digests, is_recent);
        // A list that a known key signed outweighs one that nobody did.
        let signed = self.contradicted.filter(|_| is_recent);
        let signed = signed.and_then(|expected| other(expected, digests));
        let is_same = |list: &List| list.digest.of_file(digests) == Some(list.digest);
        evidence.published = match self.lists.iter().any(is_same) {
            _ if signed.is_some() => signed,
            true => Some(Published::Same),
            false if is_recent => self.accusing(digests),
            false => None,
        };
        if evidence.published.is_none() {
            let lists = self.lists.iter();
            let unknown = lists.filter(|list| list.digest.of_file(digests).is_none());
            self.wanted.listed.extend(unknown.map(|list| ListedDigest {
                digest: list.digest,
                accuses: !is_of_any_kind(list.name),
                signed: None,
            }));
        }
        self.word.mark(std::slice::from_mut(evidence));
        // Once the file is read for it, a bundle may name it that names it by SHA-512 alone.
        let is_unknown = |problem: &ProofError| problem.check == Check::KnownDigest;
        if digests.sha512.is_none()
            && let Outcome::Answered { rejected, .. } = &evidence.outcome
            && rejected.iter().any(is_unknown)
        {
            self.wanted.digests = true;
            self.under.push(BY_SHA512.to_owned());
        }
    }

    /// A list that says that the file is another one: by its name it is of the algorithm by which its
    /// digests look.
    fn accusing(&self, digests: &ArtifactDigests) -> Option<Published> {
        let mut lists = self.lists.iter().filter(|list| !is_of_any_kind(list.name));
        lists.find_map(|list| other(list.digest, digests))
    }

    /// Adds what minisign's keys prove.
    fn add_minisigned(&mut self, evidence: &mut Evidence, digests: &ArtifactDigests, recent: bool) {
        let declared = self.word.minisign_keys();
        let mut keys = self.keys.clone();
        keys.extend(declared.iter().filter_map(|key| MinisignKey::parse(key)));
        let project = evidence.declaration.as_ref();
        let project = project.map(|declared| declared.project.clone());
        // Each once, however often this is called.
        if let Some(text) = self.signature.take() {
            let mut wanted = minisigned::add(&text, &keys, digests, recent, evidence);
            for one in &mut wanted {
                let is_declared = declared.contains(&one.key);
                one.declared = project.clone().filter(|_| is_declared);
            }
            self.wanted.signatures.extend(wanted);
        }
        for list in &mut self.lists {
            let Some(signature) = &list.signature.take() else {
                continue;
            };
            let signed = minisigned::signed(signature, &keys, &list.bytes);
            let own = list.digest.of_file(digests);
            match signed {
                Some((key, true)) if own.is_none() => {
                    let key = key.text();
                    let declared = declared.contains(&key).then(|| project.clone());
                    self.wanted.listed.push(ListedDigest {
                        digest: list.digest,
                        accuses: !is_of_any_kind(list.name),
                        signed: Some(KeyedSignature {
                            key,
                            signature: signature.clone(),
                            declared: declared.flatten(),
                        }),
                    });
                }
                // What it lists of the file is another one's, if it is of the algorithm by which it
                // looks.
                Some((_, true)) if own != Some(list.digest) && !is_of_any_kind(list.name) => {
                    self.contradicted = Some(list.digest);
                }
                Some((key, holds)) if own == Some(list.digest) => {
                    let before = evidence.forged.clone();
                    minisigned::note(key, signature, holds, recent, evidence);
                    // It is the list that it does not fit.
                    if before.is_none() && evidence.forged.is_some() {
                        evidence.forged_list = Some(self.question.named(list.name));
                    }
                }
                _ => {}
            }
        }
    }
}

/// That the file has another digest than this one, where it is known.
fn other(expected: FileDigest, digests: &ArtifactDigests) -> Option<Published> {
    let found = expected.of_file(digests)?;
    (found != expected).then_some(Published::Other { expected, found })
}
