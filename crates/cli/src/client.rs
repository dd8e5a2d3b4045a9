//! The HTTP client.

use crate::cache::{Cache, Kept};
use crate::client_token::ClientToken;
use crate::progress::Waiting;
use crate::roots::now;
use assay_core::evidence::Failure;
use assay_sources::notary::{SIZE_LIMIT, TIME_LIMIT};
use assay_sources::{
    HttpRequest, HttpResponse, Memory, Method, Transport, oversized, rate_limited,
};
use std::io::Read;
use std::time::Duration;
use ureq::Agent;
use ureq::http::HeaderMap;
use ureq::tls::{RootCerts, TlsConfig};

/// An HTTP client that follows no redirect and keeps no cookies.
pub struct Client {
    agent: Agent,
    /// For plain HTTP, which is for this machine alone: no proxy has a part in it.
    direct: Agent,
    /// Answers of earlier runs.
    cache: Option<Cache>,
}

/// What is sent to somebody as it is.
pub struct Posting<'a> {
    /// The whole address.
    pub url: &'a str,
    /// The media type of the body.
    pub content_type: &'a str,
    /// What media type is asked for.
    pub accept: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// How long the whole exchange may take.
    pub time_limit: Duration,
    /// How many bytes of the answer are read at most.
    pub size_limit: usize,
}

/// The answer to a [`Client::post`].
pub struct Posted {
    /// Status and body.
    pub response: HttpResponse,
    /// Where the answer points.
    pub location: Option<String>,
}

impl Client {
    /// A client that keeps answers for later runs, as far as their servers let it.
    pub fn keeping() -> Self {
        Self {
            cache: Cache::of_this_user(),
            ..Self::new()
        }
    }

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
            cache: None,
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
        ask(self.agent(&request.url), request, self.cache.as_ref())
    }

    /// Sends a request on a thread of its own, and does not tell that it is waited for: whoever asks
    /// for much tells how far it is.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_quietly(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        let (agent, request) = (self.agent(&request.url).clone(), request.clone());
        let cache = self.cache.clone();
        let asking = tokio::task::spawn_blocking(move || ask(&agent, &request, cache.as_ref()));
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

    /// Reads what a service has that asks for a header of its own.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn get_with(
        &self,
        url: &str,
        (name, value): (&str, &str),
        time_limit: Duration,
        size_limit: usize,
    ) -> Result<HttpResponse, Failure> {
        let _waiting = Waiting::new(url);
        let request = self.agent(url).get(url).header(name, value).config();
        let response = request.timeout_global(Some(time_limit)).build().call();
        read(response, time_limit, size_limit).map(|(response, _)| response)
    }

    /// Sends something as it is. No redirect is followed, so nobody else gets to see it.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub fn send_bytes(&self, posting: &Posting<'_>) -> Result<HttpResponse, Failure> {
        let _waiting = Waiting::new(posting.url);
        let response = self
            .agent(posting.url)
            .post(posting.url)
            .header("Accept", posting.accept)
            .content_type(posting.content_type)
            .config()
            .timeout_global(Some(posting.time_limit))
            .build()
            .send(posting.body);
        read(response, posting.time_limit, posting.size_limit).map(|(response, _)| response)
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

/// So many redirects are followed at most, where any are.
const MOST_REDIRECTS: usize = 3;

/// Sends a request, where no answer that is kept will do.
fn ask(
    agent: &Agent,
    request: &HttpRequest,
    cache: Option<&Cache>,
) -> Result<HttpResponse, Failure> {
    let Some(cache) = cache else {
        return follow(agent, request, None).map(|(response, _)| response);
    };
    let kept = cache.read(request);
    if let Some(fresh) = kept.as_ref().and_then(|kept| kept.fresh(request, now())) {
        return Ok(fresh);
    }
    let etag = kept.as_ref().and_then(Kept::etag);
    let (response, headers) = follow(agent, request, etag)?;
    let answer = match (&kept, response.status) {
        (Some(kept), NOT_MODIFIED) => kept.answer(),
        _ => response,
    };
    let header = |name: &str| match (name, etag, headers.get(name)) {
        // That it is the same need not be said with its name.
        ("etag", Some(etag), None) => Some(etag.to_owned()),
        (_, _, value) => Some(value?.to_str().ok()?.to_owned()),
    };
    cache.keep(request, &answer, header, now());
    Ok(answer)
}

/// The status that says that what is kept is still the same (RFC 9110, section 15.4.5).
const NOT_MODIFIED: u16 = 304;

/// Sends a request, and where it may be followed, what it leads to.
fn follow(
    agent: &Agent,
    request: &HttpRequest,
    etag: Option<&str>,
) -> Result<(HttpResponse, HeaderMap), Failure> {
    let (mut response, mut headers) = ask_once(agent, request, etag)?;
    let mut request = request.clone();
    for _ in 0..MOST_REDIRECTS {
        let location = headers
            .get("location")
            .and_then(|value| value.to_str().ok());
        let is_redirect = matches!(response.status, 301 | 302 | 307 | 308);
        let Some(to) = location.filter(|to| is_redirect && request.follows(to)) else {
            break;
        };
        request.url = to.to_owned();
        (response, headers) = ask_once(agent, &request, etag)?;
    }
    Ok((response, headers))
}

fn ask_once(
    agent: &Agent,
    request: &HttpRequest,
    etag: Option<&str>,
) -> Result<(HttpResponse, HeaderMap), Failure> {
    let limit = Some(request.time_limit);
    let response = match &request.method {
        Method::Get => {
            let mut builder = agent.get(&request.url);
            if let Some(token) = &request.bearer {
                builder = builder.header("Authorization", format!("Bearer {token}"));
            }
            if let Some(etag) = etag {
                builder = builder.header("If-None-Match", etag);
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
    read(response, request.time_limit, request.size_limit)
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
        _ => Failure::Unreachable,
    };
    let mut response = response.map_err(failed)?;
    let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    if let Some(limited) = rate_limited(response.status().as_u16(), header, now()) {
        return Err(limited);
    }
    let (status, kind) = (response.status().as_u16(), header("content-type"));
    let mut body = Vec::new();
    // One byte more, to know that there are more.
    let most = size_limit as u64 + 1;
    let reader = response.body_mut().with_config().limit(u64::MAX).reader();
    let read = reader.take(most).read_to_end(&mut body);
    read.map_err(|error| failed(error.into()))?;
    let answer = match body.len() > size_limit {
        true => oversized(status, kind, &body, size_limit)?,
        false => HttpResponse { status, body },
    };
    Ok((answer, response.into_parts().0.headers))
}
