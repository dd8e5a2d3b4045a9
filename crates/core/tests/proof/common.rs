//! What the tests of proofs share.

use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Attestation;
use assay_core::proof::{ProofError, Prover};
use assay_core::signer::RootId;
use assay_core::trust_root::TrustRoot;
use assay_test_authority::{Made, Manner};

/// Under which name the trust root of such an instance is known.
pub fn root_id(manner: Manner) -> RootId {
    match manner {
        Manner::Public => RootId::sigstore(),
        Manner::Private => RootId::notary("test"),
        Manner::GitHub => RootId::github(),
    }
}

/// The prover for a bundle's own trust root.
pub fn prover(made: &Made) -> Result<Prover, ProofError> {
    let root = TrustRoot::parse(root_id(made.recipe.manner), &made.trusted_root).unwrap();
    Prover::new(root)
}

/// Proves a bundle under its own trust root.
pub fn prove(made: &Made) -> Result<Attestation, ProofError> {
    prover(made)?.prove(&made.bundle, ArtifactDigests::of(&made.artifact))
}
