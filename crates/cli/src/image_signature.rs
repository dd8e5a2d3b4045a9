//! Signatures of container images: as cosign makes them, and attached to the image where it is.

use crate::error::CliError;
use crate::output;
use crate::statement::Statement;
use crate::subject::{Artifact, Kind, NOT_ATTACHABLE, Subject};
use crate::submit::{Submitted, Submitter};
use assay_core::attestation::COSIGN_SIGNATURE;
use serde_json::json;

/// Refuses to attach what cannot be attached, before anything is logged.
///
/// # Errors
/// For subjects that are in no registry.
pub fn check_attachable(subject: &Subject) -> Result<(), CliError> {
    match subject.kind() {
        Kind::Image => Ok(()),
        _ => Err(CliError::Usage(NOT_ATTACHABLE.to_owned())),
    }
}

/// Signs an image, and has that logged: a statement that says nothing but that the image is signed. It
/// names the image by its digest alone, so that it is the same by whatever name the image goes.
///
/// # Errors
/// As [`Statement::log`].
pub fn sign(submitter: &Submitter<'_>, artifact: &Artifact) -> Result<Submitted, CliError> {
    Statement {
        name: None,
        digests: artifact.subject_digests(),
        digest: artifact.digest,
        predicate_type: COSIGN_SIGNATURE,
        predicate: json!({}),
        is_new_each_time: false,
    }
    .log(submitter)
}

/// Attaches a logged signature to its image, and tells where that is.
///
/// # Errors
/// When the registry does not take it. It is logged all the same.
pub fn attach(artifact: &Artifact, submitted: &Submitted) -> Result<String, CliError> {
    let Some(image) = &artifact.image else {
        return Err(CliError::Usage(NOT_ATTACHABLE.to_owned()));
    };
    let attached = image.attach(&artifact.digest, &submitted.bundle, COSIGN_SIGNATURE);
    attached
        .map(|published| format!("{}@sha256:{}", artifact.title, published.digest))
        .inspect_err(|_| {
            output::note(
                "the signature is logged, and not attached: the same command attaches it, once what is \
                 in the way is gone",
            );
        })
}
