//! The HTTP client.

use crate::client_token::ClientToken;
use crate::progress::Waiting;
use crate::roots::now;
use assay_core::evidence::Failure;
use assay_sources::notary::{SIZE_LIMIT, TIME_LIMIT};
use assay_sources::{HttpRequest, HttpResponse, Memory, Method, Transport, rate_limited};
use std::time::Duration;
use ureq::Agent;
use ureq::http::HeaderMap;
use ureq::tls::{RootCerts, TlsConfig};

/// An HTTP client that follows no redirect and keeps no cookies.
pub struct Client {
    agent: Agent,
    /// For plain HTTP, which is for this machine alone: no proxy has a part in it.
    direct: Agent,
}

/// The answer to a [`Client::post`].
pub struct Posted {
    /// Status and body.
    pub response: HttpResponse,
    /// Where the answer points.
    pub location: Option<String>,
}

impl Client {
    /// A client.
    pub fn new() -> Self {
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                // Those that the system trusts: an organisation may have an authority of its own.
                .tls_config(
                    TlsConfig::builder()
                        .root_certs(RootCerts::PlatformVerifier)
                        .build(),
                )
                .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        };
        Self {
            agent: config().build().into(),
            direct: config().proxy(None).build().into(),
        }
    }

    fn agent(&self, url: &str) -> &Agent {
        match url.starts_with("https://") {
            true => &self.agent,
            false => &self.direct,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn ask(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let _waiting = Waiting::new(&request.url);
        ask(self.agent(&request.url), request)
    }

    /// Sends a request on a thread of its own, and does not tell that it is waited for: whoever asks
    /// for much tells how far it is.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_quietly(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let (agent, request) = (self.agent(&request.url).clone(), request.clone());
        let asking = tokio::task::spawn_blocking(move || ask(&agent, &request));
        asking.await.unwrap_or(Err(Failure::Unreachable))
    }

    /// Reads JSON, within the usual limits.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn get_json(&self, url: &str) -> Result<HttpResponse, Failure> {
        self.ask(&HttpRequest {
            method: Method::Get,
            url: url.to_owned(),
            accept: "application/json",
            time_limit: TIME_LIMIT,
            bearer: None,
            size_limit: SIZE_LIMIT,
            memory: Memory::Asked,
        })
    }

    /// Sends JSON, within the usual limits, and the token, if there is one. No redirect is followed,
    /// so nobody else gets to see it.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn post(
        &self,
        url: &str,
        body: &str,
        token: Option<&ClientToken>,
    ) -> Result<Posted, Failure> {
        let _waiting = Waiting::new(url);
        let mut request = self.agent(url).post(url);
        if let Some(token) = token {
            request = request.header("Authorization", token.authorization());
        }
        let response = request
            .header("Accept", "application/json")
            .content_type("application/json")
            .config()
            .timeout_global(Some(TIME_LIMIT))
            .build()
            .send(body);
        let (response, headers) = read(response, TIME_LIMIT, SIZE_LIMIT)?;
        let location = headers
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Posted { response, location })
    }
}

impl Transport for Client {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let _waiting = Waiting::new(&request.url);
        // Several are sent at once.
        self.send_quietly(request).await
    }
}

fn ask(agent: &Agent, request: &HttpRequest) -> Result<HttpResponse, Failure> {
    let limit = Some(request.time_limit);
    let response = match &request.method {
        Method::Get => {
            let mut builder = agent.get(&request.url);
            if let Some(token) = &request.bearer {
                builder = builder.header("Authorization", format!("Bearer {token}"));
            }
            let builder = builder.header("Accept", request.accept).config();
            builder.timeout_global(limit).build().call()
        }
        Method::Post { json } => {
            let builder = agent.post(&request.url);
            let builder = builder.header("Accept", request.accept);
            let builder = builder.content_type("application/json").config();
            builder.timeout_global(limit).build().send(json)
        }
    };
    let (response, _) = read(response, request.time_limit, request.size_limit)?;
    Ok(response)
}

fn read(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    time_limit: Duration,
    size_limit: usize,
) -> Result<(HttpResponse, HeaderMap), Failure> {
    let failed = |error: ureq::Error| match error {
        ureq::Error::Timeout(_) => Failure::TimedOut {
            seconds: u32::try_from(time_limit.as_secs()).unwrap_or(u32::MAX),
        },
        ureq::Error::BodyExceedsLimit(limit) => Failure::TooLarge { limit },
        _ => Failure::Unreachable,
    };
    let mut response = response.map_err(failed)?;
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    if let Some(limited) = rate_limited(response.status().as_u16(), header, now()) {
        return Err(limited);
    }
    let body = response
        .body_mut()
        .with_config()
        .limit(size_limit as u64)
        .read_to_vec()
        .map_err(failed)?;
    let answer = HttpResponse {
        status: response.status().as_u16(),
        body,
    };
    Ok((answer, response.into_parts().0.headers))
}
