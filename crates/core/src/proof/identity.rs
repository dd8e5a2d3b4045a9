//! Who signed, read out of a verified certificate.

use super::check::Check;
use super::error::ProofError;
use crate::attestation::Certified;
use crate::signer::{Identity, SubjectKind, key_fingerprint};
use sigstore_verify::{SubjectAltName, VerificationResult};

/// The signer, and what else the certificate says.
pub(super) fn identity_of(
    result: &VerificationResult,
) -> Result<(Identity, Certified), ProofError> {
    let issuer = result
        .issuer()
        .filter(|issuer| !issuer.is_empty())
        .ok_or_else(|| Check::Identity.failed("no issuer (extension 1.3.6.1.4.1.57264.1.8)"))?
        .to_owned();
    let (subject_kind, subject) = match result.identity() {
        Some(SubjectAltName::Email(subject)) => (SubjectKind::Email, subject.clone()),
        Some(SubjectAltName::Uri(subject)) => (SubjectKind::Uri, subject.clone()),
        _ => return Err(Check::Identity.failed("neither e-mail address nor URI")),
    };
    if subject.is_empty() {
        return Err(Check::Identity.failed("an empty name"));
    }
    let claims = result.certificate().map(|info| &info.ci_claims);
    let certified = Certified {
        issuer: issuer.clone(),
        subject: subject.clone(),
        key: result
            .certificate()
            .map(|info| key_fingerprint(info.public_key.as_bytes()))
            .unwrap_or_default(),
        source_ref: claims.and_then(|claims| claims.source_repository_ref.clone()),
        source_digest: claims.and_then(|claims| claims.source_repository_digest.clone()),
        runner: claims.and_then(|claims| claims.runner_environment.clone()),
        run: claims.and_then(|claims| claims.run_invocation_uri.clone()),
    };
    let workflow = claims.and_then(|claims| {
        Some(Identity::Workflow {
            issuer: issuer.clone(),
            repository: claims.source_repository_uri.clone()?,
            repository_id: claims.source_repository_identifier.clone(),
            workflow: workflow_path(
                claims.build_config_uri.as_ref()?,
                claims.source_repository_uri.as_ref()?,
            ),
        })
    });
    let identity = workflow.unwrap_or(Identity::Named {
        issuer,
        subject_kind,
        subject,
    });
    Ok((identity, certified))
}

/// The workflow's path in its repository, without the ref: the same workflow at the next tag is
/// the same signer.
fn workflow_path(config: &str, repository: &str) -> String {
    let without_ref = config.split_once('@').map_or(config, |(path, _)| path);
    without_ref
        .strip_prefix(repository)
        .and_then(|path| path.strip_prefix('/'))
        .unwrap_or(without_ref)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ref_is_not_part_of_the_workflow() {
        let repository = "https://github.com/cli/cli";
        for (config, path) in [
            (
                "https://github.com/cli/cli/.github/workflows/release.yml@refs/tags/v2",
                ".github/workflows/release.yml",
            ),
            (
                "https://github.com/cli/cli-evil/.github/workflows/release.yml@refs/tags/v2",
                "https://github.com/cli/cli-evil/.github/workflows/release.yml",
            ),
        ] {
            assert_eq!(workflow_path(config, repository), path);
        }
    }
}
