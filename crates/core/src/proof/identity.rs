//! Who signed, read out of a verified certificate.

use super::check::Check;
use super::error::ProofError;
use super::release::Release;
use crate::attestation::Certified;
use crate::signer::{Identity, RootId, SubjectKind, key_fingerprint};
use sigstore_verify::{SubjectAltName, VerificationResult};

/// The name in the certificate with which GitHub signs the immutable releases of all repositories.
const RELEASES: &str = "https://dotcom.releases.github.com";

/// The longest text about a signer that is believed, in bytes: as long as a SPIFFE ID may be. What names
/// a workflow at GitHub has 700 at most: 39 of the owner, 100 of the repository, 255 each of the file and of
/// the ref, and what is between them.
///
/// Whoever runs a certificate authority can write what they like into certificates, and much that is
/// told of a file names its signers.
const MAX_NAME_BYTES: usize = 2048;

/// The signer, and what else the certificate says. `release` is the release that the signed
/// statement is about, where it is about one.
pub(super) fn identity_of(
    result: &VerificationResult,
    root: &RootId,
    release: Option<Release>,
) -> Result<(Identity, Certified), ProofError> {
    let (subject_kind, subject) = match result.identity() {
        Some(SubjectAltName::Email(subject)) => (SubjectKind::Email, subject.clone()),
        Some(SubjectAltName::Uri(subject)) => (SubjectKind::Uri, subject.clone()),
        _ => return Err(Check::Identity.failed("neither e-mail address nor URI")),
    };
    if subject.is_empty() {
        return Err(Check::Identity.failed("an empty name"));
    }
    let releases = *root == RootId::github() && subject == RELEASES;
    let issuer = match result.issuer() {
        // Nobody vouches for the name: it is GitHub's own, under GitHub's own root.
        None if releases => String::new(),
        Some(issuer) if !issuer.is_empty() => issuer.to_owned(),
        _ => {
            return Err(Check::Identity.failed("no issuer (extension 1.3.6.1.4.1.57264.1.8)"));
        }
    };
    let claims = result.certificate().map(|info| &info.ci_claims);
    let mut certified = Certified {
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
    if releases {
        let release = release.ok_or_else(|| {
            Check::Identity.failed_for(
                "a statement about a release, which names its repository",
                "a statement that names none",
            )
        })?;
        certified.source_ref = release.tag.map(|tag| format!("refs/tags/{tag}"));
        let identity = Identity::Release {
            repository: format!("https://github.com/{}", release.repository),
            repository_id: release.repository_id,
        };
        return short((identity, certified));
    }
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
    short((identity, certified))
}

/// Refuses what has a text that is longer than any honest one.
fn short(who: (Identity, Certified)) -> Result<(Identity, Certified), ProofError> {
    let (identity, certified) = &who;
    let (repository, repository_id, workflow) = match identity {
        Identity::Workflow {
            repository,
            repository_id,
            workflow,
            ..
        } => (Some(repository), repository_id.as_ref(), Some(workflow)),
        Identity::Release {
            repository,
            repository_id,
        } => (Some(repository), repository_id.as_ref(), None),
        Identity::Named { .. } | Identity::Key { .. } => (None, None, None),
    };
    let texts = [
        ("name", Some(&certified.subject)),
        ("issuer", Some(&certified.issuer)),
        ("repository", repository),
        ("repository's identifier", repository_id),
        ("workflow", workflow),
        ("ref", certified.source_ref.as_ref()),
        ("commit", certified.source_digest.as_ref()),
        ("runner", certified.runner.as_ref()),
        ("run", certified.run.as_ref()),
    ];
    for (what, text) in texts {
        let bytes = text.map_or(0, String::len);
        if bytes > MAX_NAME_BYTES {
            let expected = format!("at most {MAX_NAME_BYTES} bytes of each text about the signer");
            return Err(Check::Identity.failed_for(expected, format!("a {what} of {bytes} bytes")));
        }
    }
    Ok(who)
}

/// The workflow's path in its repository, without the ref: the same workflow at the next tag is
/// the same signer.
fn workflow_path(config: &str, repository: &str) -> String {
    // A file's name may have an `@` as well, and no slash.
    let at_ref = config.find("@refs/").or_else(|| config.rfind('@'));
    let without_ref = at_ref.and_then(|at| config.get(..at)).unwrap_or(config);
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
                "https://github.com/cli/cli/.github/workflows/release.yml@x.yml@refs/heads/a@b",
                ".github/workflows/release.yml@x.yml",
            ),
            (
                "https://github.com/cli/cli/.github/workflows/release.yml@0123abcd",
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
