//! Asking a service. Nobody is followed elsewhere: what is sent is for this service alone.

use crate::client::{Client, Posting};
use crate::error::CliError;
use crate::secret::Secret;
use assay_core::evidence::Failure;
use assay_sources::HttpResponse;
use serde_json::Value;
use std::time::Duration;

/// How long a service may take: those that seal their log from time to time take some seconds.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The largest answer that is read, in bytes.
const SIZE_LIMIT: usize = 1024 * 1024;

/// A service.
pub struct Service<'a> {
    /// What it is for, in words.
    pub what: &'static str,
    /// Its address.
    pub address: &'a str,
    /// Who asks.
    pub client: &'a Client,
}

/// What is sent.
pub struct Sent<'a> {
    /// The path below the service's address.
    pub path: &'a str,
    /// The media type of the body.
    pub content_type: &'a str,
    /// What media type is asked for.
    pub accept: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// What nobody may see of it, should the service repeat it.
    pub secrets: &'a [&'a Secret],
}

impl Service<'_> {
    /// Sends something.
    ///
    /// # Errors
    /// When there is no answer, or it says no.
    pub fn post(&self, sent: &Sent<'_>) -> Result<HttpResponse, CliError> {
        let response = self.client.send_bytes(&Posting {
            url: &format!("{}{}", self.address, sent.path),
            content_type: sent.content_type,
            accept: sent.accept,
            body: sent.body,
            time_limit: TIME_LIMIT,
            size_limit: SIZE_LIMIT,
        });
        self.checked(response, sent.secrets)
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub fn get(&self, path: &str) -> Result<HttpResponse, CliError> {
        let url = format!("{}{path}", self.address);
        self.checked(self.client.get_json(&url), &[])
    }

    /// Reads an answer as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self, response: &HttpResponse) -> Result<Value, CliError> {
        serde_json::from_slice(&response.body).map_err(|error| {
            // The words of the error alone: it never repeats what was read.
            self.malformed(format!("it is no JSON (line {})", error.line()))
        })
    }

    /// That its answer cannot be used.
    pub fn malformed(&self, detail: impl Into<String>) -> CliError {
        self.failed(Failure::Malformed {
            detail: detail.into(),
        })
    }

    fn failed(&self, failure: Failure) -> CliError {
        CliError::Service {
            service: self.what,
            address: self.address.to_owned(),
            failure,
        }
    }

    fn checked(
        &self,
        response: Result<HttpResponse, Failure>,
        secrets: &[&Secret],
    ) -> Result<HttpResponse, CliError> {
        let response = response.map_err(|failure| self.failed(failure))?;
        match response.status {
            200..=299 => Ok(response),
            400..=499 => Err(CliError::ServiceRefused {
                service: self.what,
                address: self.address.to_owned(),
                status: response.status,
                message: told(&response, secrets),
            }),
            status => Err(self.failed(Failure::Status { status })),
        }
    }
}

/// The longest words of a service that are repeated, in characters.
const LONGEST: usize = 500;

/// What a service says about why it refuses.
fn told(response: &HttpResponse, secrets: &[&Secret]) -> String {
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let field = |name: &str| {
        let value = body.as_ref()?.get(name)?.as_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let words = field("message")
        .or_else(|| field("error_description"))
        .or_else(|| field("error"))
        .unwrap_or_else(|| "it does not say why".into());
    // Before it is cut: half a secret is one, too.
    let words = secrets
        .iter()
        .fold(words, |words, secret| secret.struck_from(&words));
    words.chars().take(LONGEST).collect()
}
