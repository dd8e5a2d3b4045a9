//! Identity tokens of CI providers, which say so in the environment, and of machines in a cloud.

use super::google;
use crate::client::Client;
use crate::error::CliError;
use crate::secret::{Secret, child};
use assay_core::address::encode;
use assay_core::evidence::Failure;
use assay_core::settings::notary_address;
use assay_sources::{HttpRequest, Memory, Method};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;

const GITHUB: &str = "GitHub Actions";
const BUILDKITE: &str = "Buildkite";
const GITHUB_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
const GITHUB_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";
const GITLAB_TOKEN: &str = "SIGSTORE_ID_TOKEN";

/// The token of the CI provider or the cloud that this runs at; `None` where it runs at none that is known.
///
/// # Errors
/// When the provider gives none.
pub fn token(client: &Client, audience: &str) -> Result<Option<Secret>, CliError> {
    if let Some(token) = Secret::of_environment(GITHUB_TOKEN)? {
        return github(client, &token, audience).map(Some);
    }
    if is_set("GITHUB_ACTIONS") {
        return Err(CliError::Secret(
            "GitHub Actions gives this job no identity token: let its permissions have \
             `id-token: write`"
                .into(),
        ));
    }
    // Made for one audience by the pipeline's own configuration.
    if let Some(token) = Secret::of_environment(GITLAB_TOKEN)? {
        return Ok(Some(token));
    }
    if is_set("GITLAB_CI") {
        return Err(CliError::Secret(format!(
            "GitLab gives this job no identity token: let its id_tokens have {GITLAB_TOKEN} with \
             `aud: {audience}`"
        )));
    }
    if is_set("BUILDKITE") {
        return buildkite(audience).map(Some);
    }
    google::token(client, audience)
}

/// That a provider's own service gave no token.
pub fn no_token(provider: &str, failure: Failure) -> CliError {
    CliError::Service {
        service: "the identity service of",
        address: provider.to_owned(),
        failure,
    }
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "true")
}

/// <https://docs.github.com/en/actions/reference/security/oidc>
fn github(client: &Client, token: &Secret, audience: &str) -> Result<Secret, CliError> {
    let wrong = || CliError::Secret(format!("{GITHUB_URL} holds no address, which is https"));
    let url = std::env::var(GITHUB_URL).map_err(|_| wrong())?;
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    // Whatever the address is, the token is sent in the clear on this machine alone.
    if !url.contains("://") || notary_address(path).is_none() {
        return Err(wrong());
    }
    let joint = if query.is_empty() { "?" } else { "&" };
    let failed = |failure: Failure| no_token(GITHUB, failure);
    let url = url.trim_end_matches(['?', '&']);
    let response = client.ask(&HttpRequest {
        method: Method::Get,
        url: format!("{url}{joint}audience={}", encode(audience)),
        accept: "application/json",
        time_limit: Duration::from_secs(20),
        bearer: Some(token.expose().to_owned()),
        size_limit: 64 * 1024,
        memory: Memory::Asked,
    });
    let response = response.map_err(failed)?;
    if response.status != 200 {
        let status = response.status;
        return Err(failed(Failure::Status { status }));
    }
    let answer: Option<Value> = serde_json::from_slice(&response.body).ok();
    let value = answer.as_ref().and_then(|answer| answer.get("value"));
    match value.and_then(Value::as_str) {
        Some(token) => Ok(Secret::new(token.to_owned())),
        None => Err(failed(Failure::Malformed {
            detail: "no token in it".into(),
        })),
    }
}

/// <https://buildkite.com/docs/agent/v3/cli-oidc>
fn buildkite(audience: &str) -> Result<Secret, CliError> {
    let failed = |detail: &dyn std::fmt::Display| {
        CliError::Secret(format!(
            "{BUILDKITE} gives this job no identity token: {detail}"
        ))
    };
    let output = child("buildkite-agent")
        .args(["oidc", "request-token", "--audience", audience])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|error| failed(&format!("buildkite-agent: {error}")))?;
    if !output.status.success() {
        return Err(failed(&format!(
            "buildkite-agent ended with {}",
            output.status
        )));
    }
    match String::from_utf8(output.stdout) {
        Ok(text) => Ok(Secret::new(text)),
        Err(_) => Err(failed(&"what buildkite-agent printed is no text")),
    }
}
