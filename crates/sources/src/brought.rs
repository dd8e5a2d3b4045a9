//! What the user brought along with a file: Sigstore bundles and minisign signatures. Nobody is asked
//! for it, so it proves without a network what it proves at all.

use crate::{Candidates, minisigned, proving};
use assay_core::closer_look::Found;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::message::BroughtProof;
use assay_core::minisign::{MinisignKey, MinisignSignature};
use assay_core::proof::{Check, ProofError};
use assay_core::record::DownloadRecord;
use assay_core::roots::Roots;
use assay_core::settings::Settings;

/// The id of what was brought among the sources. For people, each is named as its file is.
pub const ID: &str = "brought";

/// Proves what was brought, as a source of its own. A minisign signature was verified while the file was
/// read, with the keys that the user trusts. `now` is in seconds since 1970.
pub fn prove(
    proof: &BroughtProof,
    file: &DownloadRecord,
    settings: &Settings,
    roots: &Roots,
    now: i64,
) -> Evidence {
    let named = (ID, proof.name.as_str());
    let Some(signature) = MinisignSignature::parse(&proof.text) else {
        let candidates = Candidates {
            bundles: vec![proof.text.clone()],
            ..Candidates::default()
        };
        return proving::prove(named, &candidates, roots, &file.digests(), now);
    };
    let mut evidence = Evidence::proving(named.0, named.1, Vec::new());
    if let Outcome::Answered {
        proven, rejected, ..
    } = &mut evidence.outcome
    {
        match holder(&proof.text, file.found.as_ref()) {
            Some(key) => proven.push(key.attestation(&proof.text)),
            None => rejected.push(refusal(&signature, settings)),
        }
    }
    evidence
}

/// Whose signature it was found to be.
fn holder(text: &str, found: Option<&Found>) -> Option<MinisignKey> {
    let mut held = found?.signatures.iter();
    MinisignKey::parse(&held.find(|one| one.signature == text)?.key)
}

/// Why a signature proves nothing. By whom it comes to be with a file is not known, so one that does
/// not fit says nothing against the file, either.
fn refusal(signature: &MinisignSignature, settings: &Settings) -> ProofError {
    let keys = minisigned::keys(settings);
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
    use assay_core::closer_look::{CloserLook, KeyedSignature, Wanted};
    use assay_core::digest::Sha256Digest;
    use assay_core::settings::Scope;
    use assay_test_authority::minisign::MinisignPair;

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
        prove(&proof, &file, &settings, &Roots::new(), 0)
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
