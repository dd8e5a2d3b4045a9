//! HTTP as registries need it: bounded in bytes and time, and redirects that take no credentials along.

use crate::error::OciError;
use crate::origin::{self, Origin};
use assay_core::evidence::Failure;
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{HeaderMap, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// How long a registry may take for one answer, with all that it redirects to.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How long it may take to find out whether a registry on this machine speaks TLS.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// So many redirects are followed at most.
const MOST_REDIRECTS: usize = 5;

/// Sends requests.
pub struct Transport {
    agent: Agent,
    /// For this machine alone: no proxy has a part in it.
    direct: Agent,
    /// For finding out whether somebody speaks TLS on this machine.
    direct_tls: Agent,
}

/// A request.
pub struct Asked<'a> {
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// What kinds of answers can be read.
    pub accept: &'a str,
    /// The header `Authorization`. It goes to the origin of `url` alone.
    pub authorization: Option<&'a str>,
    /// What is sent, and of what kind it is.
    pub body: Option<(&'a str, &'a [u8])>,
    /// How many bytes of the answer are read at most.
    pub limit: usize,
}

/// An answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// Where it came from in the end.
    pub url: String,
}

impl Answer {
    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Transport {
    /// One that trusts the authorities of this system, and beside them those in `authority` (PEM),
    /// which was read from `place`.
    ///
    /// # Errors
    /// When there is no certificate in it.
    pub fn new(authority: Option<(&str, &[u8])>) -> Result<Self, OciError> {
        let roots = match authority {
            None => RootCerts::PlatformVerifier,
            Some((place, pem)) => {
                let own = parse_pem(pem).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                let mut all: Vec<Certificate<'static>> = own.collect();
                if all.is_empty() {
                    return Err(OciError::malformed(place, "no certificate (PEM) in it"));
                }
                // What the system has and cannot be read is missed where it is needed.
                let system = rustls_native_certs::load_native_certs().certs;
                all.extend(
                    system
                        .iter()
                        .map(|one| Certificate::from_der(one).to_owned()),
                );
                RootCerts::new_with_certs(&all)
            }
        };
        let config = || {
            Agent::config_builder()
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .timeout_global(Some(TIME_LIMIT))
                .tls_config(TlsConfig::builder().root_certs(roots.clone()).build())
                .user_agent(concat!("assay/", env!("CARGO_PKG_VERSION")))
        };
        Ok(Self {
            agent: config().build().into(),
            direct: config().proxy(None).build().into(),
            direct_tls: config()
                .proxy(None)
                .timeout_global(Some(PROBE_LIMIT))
                .build()
                .into(),
        })
    }

    /// Whether somebody answers at an address, whatever they say.
    pub fn answers(&self, url: &str) -> bool {
        let asking = self.direct_tls.get(url).call();
        asking.is_ok()
    }

    /// Sends a request, and a `GET` on to where it is redirected: without credentials where that is
    /// another origin.
    ///
    /// # Errors
    /// When there is no answer, or none that may be read.
    pub fn send(&self, asked: &Asked<'_>) -> Result<Answer, Failure> {
        let refused = |detail: &str| Failure::Malformed {
            detail: detail.to_owned(),
        };
        let first = Origin::of(&asked.url)
            .ok_or_else(|| refused("its address is neither https nor http on this machine"))?;
        let mut url = asked.url.clone();
        let end = Instant::now() + TIME_LIMIT;
        for _ in 0..=MOST_REDIRECTS {
            let now = Origin::of(&url).filter(|now| first.may_lead_to(now));
            let now = now.ok_or_else(|| refused("it redirects to where nobody is sent from it"))?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(timed_out());
            }
            let answer = self.send_once(asked, url, now == first, left)?;
            let is_redirect = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            if !is_redirect || asked.method != "GET" {
                return Ok(answer);
            }
            let to = answer.header("location");
            url = to
                .and_then(|to| origin::resolve(&answer.url, to))
                .ok_or_else(|| refused("it redirects to no address that can be followed"))?;
        }
        Err(refused("it redirects again and again"))
    }

    fn send_once(
        &self,
        asked: &Asked<'_>,
        url: String,
        is_own: bool,
        left: Duration,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder()
            .method(asked.method)
            .uri(&url)
            .header("Accept", asked.accept);
        if let (Some(authorization), true) = (asked.authorization, is_own) {
            request = request.header("Authorization", authorization);
        }
        let agent = match Origin::of(&url).is_some_and(|origin| origin.is_here()) {
            true => &self.direct,
            false => &self.agent,
        };
        let unsendable = |error: ureq::http::Error| Failure::Malformed {
            detail: error.to_string(),
        };
        let (kind, bytes) = asked.body.unzip();
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        let response = match bytes {
            None => {
                let request = agent.configure_request(request.body(()).map_err(unsendable)?);
                agent.run(request.timeout_global(Some(left)).build())
            }
            Some(bytes) => {
                let request = agent.configure_request(request.body(bytes).map_err(unsendable)?);
                agent.run(request.timeout_global(Some(left)).build())
            }
        };
        let mut response = response.map_err(|error| failed(&error))?;
        let mut body = Vec::new();
        let reader = response.body_mut().with_config().limit(u64::MAX).reader();
        // One byte more, to know that there are more.
        let read = reader.take(asked.limit as u64 + 1).read_to_end(&mut body);
        read.map_err(|error| failed(&error.into()))?;
        if body.len() > asked.limit {
            let limit = asked.limit as u64;
            return Err(Failure::TooLarge { limit });
        }
        let (parts, _) = response.into_parts();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            url,
        })
    }
}

fn failed(error: &ureq::Error) -> Failure {
    match error {
        ureq::Error::Timeout(_) => timed_out(),
        _ => Failure::Unreachable,
    }
}

fn timed_out() -> Failure {
    Failure::TimedOut {
        seconds: u32::try_from(TIME_LIMIT.as_secs()).unwrap_or(u32::MAX),
    }
}
