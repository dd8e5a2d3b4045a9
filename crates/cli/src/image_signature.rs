//! Signatures of container images: as cosign makes them, and attached to the image where it is.

use crate::error::CliError;
use crate::output;
use crate::sign::Made;
use crate::subject::{Artifact, Kind, NOT_ATTACHABLE, Subject};

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

/// Attaches a logged signature to its image, and tells where that is.
///
/// # Errors
/// When the registry does not take it. It is logged all the same.
pub fn attach(artifact: &Artifact, made: &Made, predicate_type: &str) -> Result<String, CliError> {
    let Some(image) = &artifact.image else {
        return Err(CliError::Usage(NOT_ATTACHABLE.to_owned()));
    };
    let attached = image.attach(&artifact.digest, &made.bundle, predicate_type);
    attached
        .map(|published| format!("{}@sha256:{}", artifact.title, published.digest))
        .inspect_err(|_| {
            output::note(
                "the signature is logged, and not attached: the same command attaches it, once what is \
                 in the way is gone",
            );
        })
}
