//! What the user brought along with a file, or what lies beside it on the disk: Sigstore bundles and
//! minisign signatures. Nobody is asked for it, so it proves without a network what it proves at all.

use crate::{Answer, Candidates, HttpRequest, Next, Source, Weighing, minisigned};
use assay_core::closer_look::Found;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::message::BroughtProof;
use assay_core::minisign::{MinisignKey, MinisignSignature};
use assay_core::proof::{Check, ProofError};
use assay_core::record::DownloadRecord;
use assay_core::settings::Settings;

/// The id of what was brought among the sources. For people, each is named as its file is.
pub const ID: &str = "brought";

/// Something that was brought, as a source of its own. A minisign signature was verified while the file was
/// read, with the keys that the user trusts.
pub struct Inquiry<'a> {
    proof: &'a BroughtProof,
    found: Option<&'a Found>,
    signature: Option<MinisignSignature>,
    keys: Vec<MinisignKey>,
}

impl<'a> Inquiry<'a> {
    /// What was brought with this file.
    pub fn new(proof: &'a BroughtProof, file: &'a DownloadRecord, settings: &Settings) -> Self {
        Self {
            proof,
            found: file.found.as_ref(),
            signature: MinisignSignature::parse(&proof.text),
            keys: minisigned::keys(settings),
        }
    }

    /// What was brought, where it can be nothing but a bundle.
    pub fn of_bundle(proof: &'a BroughtProof) -> Self {
        Self {
            proof,
            found: None,
            signature: None,
            keys: Vec::new(),
        }
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        (ID, &self.proof.name)
    }

    fn next(&mut self, _answers: Vec<Answer>) -> Next {
        Ok(Vec::new())
    }

    fn offered(&mut self) -> Candidates {
        let text = Some(self.proof.text.clone());
        Candidates {
            bundles: text
                .filter(|_| self.signature.is_none())
                .into_iter()
                .collect(),
            ..Candidates::default()
        }
    }

    fn weigh(&mut self, evidence: &mut Evidence, _weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        if let (
            Some(signature),
            Outcome::Answered {
                proven, rejected, ..
            },
        ) = (&self.signature, &mut evidence.outcome)
        {
            match holder(&self.proof.text, self.found) {
                Some(key) => proven.push(key.attestation(&self.proof.text)),
                None => rejected.push(refusal(signature, &self.keys)),
            }
        }
        Vec::new()
    }
}

/// Whose signature it was found to be.
fn holder(text: &str, found: Option<&Found>) -> Option<MinisignKey> {
    let mut held = found?.signatures.iter();
    MinisignKey::parse(&held.find(|one| one.signature == text)?.key)
}

/// Why a signature proves nothing. By whom it comes to be with a file is not known, so one that does
/// not fit says nothing against the file, either.
fn refusal(signature: &MinisignSignature, keys: &[MinisignKey]) -> ProofError {
    match keys.iter().any(|key| signature.is_by(key)) {
        true => Check::Signature.failed("a minisign signature over other bytes"),
        false => Check::KnownRoot.failed_for(
            "a minisign key that you trust",
            "a signature by another key",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HttpResponse, Transport, driver};
    use assay_core::closer_look::{CloserLook, KeyedSignature, Wanted};
    use assay_core::digest::Sha256Digest;
    use assay_core::evidence::Failure;
    use assay_core::roots::Roots;
    use assay_core::settings::Scope;
    use assay_test_authority::minisign::MinisignPair;
    use futures_util::FutureExt;

    const BYTES: &[u8] = b"tool";

    fn brought(text: &str, trusted: &[&MinisignPair]) -> Evidence {
        let mut settings = Settings::default();
        let mut wanted = Wanted {
            digests: true,
            ..Wanted::default()
        };
        for pair in trusted {
            let key = MinisignKey::parse(&pair.public()).expect("a key");
            settings.trust(key.signer(), Scope::Everywhere);
            wanted.signatures.push(KeyedSignature {
                key: key.text(),
                signature: text.to_owned(),
                declared: None,
            });
        }
        let mut look = CloserLook::begin(&wanted).expect("something is wanted");
        look.update(BYTES);
        let file = DownloadRecord {
            digest: Some(Sha256Digest::of(BYTES)),
            found: Some(look.end()),
            ..DownloadRecord::brought("tool".into(), BYTES.len() as u64)
        };
        let proof = BroughtProof {
            name: "tool.minisig".into(),
            text: text.to_owned(),
        };
        let mut inquiry = Inquiry::new(&proof, &file, &settings);
        let (roots, digests) = (Roots::new(), file.digests());
        let asked = driver::ask(&Nobody, &mut inquiry, &roots, &digests, 0);
        asked.now_or_never().expect("there is nobody to wait for")
    }

    /// Nobody is asked for what was brought.
    struct Nobody;

    impl Transport for Nobody {
        async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
            panic!("{} is asked", request.url)
        }
    }

    fn check(evidence: &Evidence) -> Option<Check> {
        match &evidence.outcome {
            Outcome::Answered { rejected, .. } => rejected.first().map(|problem| problem.check),
            Outcome::Failed { .. } => None,
        }
    }

    #[test]
    fn a_signature_by_a_trusted_key_holds_in_both_forms() {
        let (own, other) = (MinisignPair::new(1), MinisignPair::new(2));
        for signature in [own.sign(BYTES, 7), own.sign_legacy(BYTES, 7)] {
            let evidence = brought(&signature, &[&other, &own]);
            let key = MinisignKey::parse(&own.public()).expect("a key");
            assert_eq!(evidence.proven().len(), 1, "{evidence:?}");
            assert_eq!(evidence.proven()[0].signer, key.signer());
            assert_eq!(check(&evidence), None);
        }
    }

    #[test]
    fn any_other_signature_proves_nothing_and_accuses_nobody() {
        let (own, other) = (MinisignPair::new(1), MinisignPair::new(2));
        for (text, expected) in [
            (own.sign(b"another", 7), Check::Signature),
            (own.sign_legacy(b"another", 7), Check::Signature),
            (other.sign(BYTES, 7), Check::KnownRoot),
            ("no signature".to_owned(), Check::Format),
        ] {
            let evidence = brought(&text, &[&own]);
            assert!(evidence.proven().is_empty());
            assert_eq!(check(&evidence), Some(expected));
            assert_eq!(evidence.forged, None);
            assert_eq!(evidence.name, "tool.minisig");
        }
    }
}
