//! What follows from what lies beside a file, beyond what its bundles prove.

use super::inquiry::{Inquiry, List};
use super::names::BY_SHA512;
use super::question::Question;
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
        self.add_minisigned(evidence, digests, is_recent);
        let lists = self.lists.iter();
        let is_same = |list: &&List| list.digest.of_file(digests) == Some(list.digest);
        // A list that a known key signed outweighs one that nobody did.
        let signed = lists.clone().filter(|list| is_recent && list.is_signed());
        let signed = signed
            .filter(|list| list.is_named)
            .find_map(|list| other(list.digest, digests));
        evidence.published = match lists.clone().any(|list| is_same(&list)) {
            _ if signed.is_some() => signed,
            true => Some(Published::Same),
            false if is_recent => {
                let mut named = lists.clone().filter(|list| list.is_named);
                named.find_map(|list| other(list.digest, digests))
            }
            false => None,
        };
        // What is left to be found out of them; that an old file is another one says nothing.
        let is_open = |list: &&List| match list.digest.of_file(digests) {
            None => true,
            Some(own) => is_recent && own != list.digest && !list.is_named,
        };
        let matters = |list: &&List| list.signed.is_some() || evidence.published.is_none();
        let open = lists.filter(is_open).filter(matters);
        self.wanted.listed = open.map(|list| list.wanted(self.question)).collect();
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

    /// Adds what minisign's keys prove.
    fn add_minisigned(&mut self, evidence: &mut Evidence, digests: &ArtifactDigests, recent: bool) {
        let declared = self.word.minisign_keys();
        let mut keys = self.keys.clone();
        keys.extend(declared.iter().filter_map(|key| MinisignKey::parse(key)));
        let project = evidence.declaration.as_ref();
        let project = project.map(|declared| declared.project.clone());
        let declared = |key: &String| project.clone().filter(|_| declared.contains(key));
        // Each once, however often this is called.
        if let Some(text) = self.signature.take() {
            let mut wanted = minisigned::add(&text, &keys, digests, recent, evidence);
            for one in &mut wanted {
                one.declared = declared(&one.key);
            }
            self.wanted.signatures.extend(wanted);
        }
        for list in &mut self.lists {
            let Some(signature) = list.signature.take() else {
                continue;
            };
            let Some((key, holds)) = minisigned::signed(&signature, &keys, &list.bytes) else {
                continue;
            };
            let text = key.text();
            list.is_forged = !holds;
            list.signed = Some(KeyedSignature {
                declared: declared(&text),
                key: text,
                signature,
            });
            // What it lists of the file is another one's, or that is not known yet.
            if list.digest.of_file(digests) == Some(list.digest) {
                minisigned::note_of_list(&list.wanted(self.question), recent, evidence);
            }
        }
    }
}

impl List {
    /// Whether a key that is known signed it.
    fn is_signed(&self) -> bool {
        self.signed.is_some() && !self.is_forged
    }

    /// What it lists, as what the file is to be read for.
    fn wanted(&self, question: &Question) -> ListedDigest {
        ListedDigest {
            digest: self.digest,
            list: question.named(self.name),
            is_named: self.is_named,
            signed: self.signed.clone(),
            is_forged: self.is_forged,
        }
    }
}

/// That the file has another digest than this one, where it is known.
fn other(expected: FileDigest, digests: &ArtifactDigests) -> Option<Published> {
    let found = expected.of_file(digests)?;
    (found != expected).then_some(Published::Other { expected, found })
}
