//! What stands before the API: who may ask how much and write, what it costs, and what is told of
//! it. It knows nothing of logs and proofs, and the API nothing of clients.

mod admission;
mod exchange;
mod paced;
mod refused;
mod route;

pub use route::{label, writes};

use crate::client_address;
use crate::config::{Config, Level};
use crate::logging::Logger;
use crate::metrics::{self, Metrics, Now};
use crate::notary::Notary;
use crate::page::StatusPage;
use crate::rate_limit::RateLimit;
use crate::tokens::{self, Tokens};
use admission::Admission;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::header::{AUTHORIZATION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response};
use exchange::Exchange;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use refused::Refused;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What all connections share.
pub struct Front {
    notary: Arc<Notary>,
    router: TowerToHyperService<Router>,
    page: StatusPage,
    config: Config,
    tokens: Tokens,
    reads: RateLimit,
    writes: RateLimit,
    admission: Admission,
    metrics: Arc<Metrics>,
    logger: Arc<Logger>,
}

/// Who is at the other end of a connection, and what is asked there.
#[derive(Clone)]
pub struct Connected {
    front: Arc<Front>,
    peer: IpAddr,
    port: Port,
}

/// Where a connection came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// Where the notary answers everybody.
    Public,
    /// Where only what is measured is told.
    Metrics,
}

impl Front {
    /// In front of `router`, which answers for `notary`.
    pub fn new(
        notary: Arc<Notary>,
        router: Router,
        config: Config,
        metrics: Arc<Metrics>,
        logger: Arc<Logger>,
    ) -> Self {
        Self {
            notary,
            router: TowerToHyperService::new(router),
            page: StatusPage::default(),
            tokens: Tokens::of(&config.data),
            reads: RateLimit::new(config.limits.reads_per_minute),
            writes: RateLimit::new(config.limits.writes_per_minute),
            admission: Admission::new(&config.limits),
            config,
            metrics,
            logger,
        }
    }

    /// What to do for a client at `peer` who came in there.
    pub fn connected(self: &Arc<Self>, peer: IpAddr, port: Port) -> Connected {
        Connected {
            front: self.clone(),
            peer,
            port,
        }
    }

    /// Whether limits apply to an address.
    pub fn is_limited(&self, client: IpAddr) -> bool {
        !client_address::is_in(&self.config.limits.exempt, client)
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded: Vec<_> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        client_address::client(peer, forwarded.into_iter(), &self.config.proxy.trusted)
    }

    async fn answer(&self, peer: IpAddr, request: Request<Incoming>) -> Response<Body> {
        let client = self.client(peer, request.headers());
        let route = label(request.uri().path());
        let mut exchange = Exchange::begin(&self.metrics, &self.logger, client, route, &request);
        let answered = self.work(client, route, &mut exchange, request).await;
        let mut response = answered.unwrap_or_else(|refused| {
            exchange.refused(refused.reason());
            refused.into_response()
        });
        exchange.answered(response.status());
        response
            .headers_mut()
            .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn work(
        &self,
        client: IpAddr,
        route: &'static str,
        exchange: &mut Exchange,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Refused> {
        let writes = writes(request.method(), request.uri().path());
        let limited = self.is_limited(client);
        if limited {
            let limit = if writes { &self.writes } else { &self.reads };
            let group = client_address::group(client);
            limit.take(group, Instant::now()).map_err(Refused::Rate)?;
        }
        if writes && !self.config.writing.open {
            exchange.wrote_as(self.writer(request.headers())?);
        }
        let most = self.config.limits.body_bytes;
        let hint = request.body().size_hint();
        let length = hint.upper().unwrap_or(most);
        if hint.lower() > most {
            return Err(Refused::TooLarge(most));
        }
        // Whether the notary lives must be told above all when it is busy.
        if route == "/healthz" {
            return Ok(self.ask(request.map(|_| Body::empty())).await);
        }
        if let Some(answer) = self.own(&request).await? {
            return Ok(answer);
        }
        let who = limited.then_some(client);
        let time = Duration::from_secs(self.config.limits.request_seconds);
        let too_slow = |_| Refused::TooSlow(time.as_secs());
        // Who sends slowly holds memory, of which it has a share, and no place.
        let buffer = self.admission.buffer(who, length.min(most)).await?;
        let whole = tokio::time::timeout(time, whole(request, most));
        let request = whole.await.map_err(too_slow)??;
        let admitted = self.admission.enter(writes).await?;
        let answering = tokio::time::timeout(time, self.ask(request));
        let response = answering.await.map_err(too_slow)?;
        drop(buffer);
        admitted.leave_with(who, response).await
    }

    /// What is answered here: the page, and what is measured.
    async fn own(&self, request: &Request<Incoming>) -> Result<Option<Response<Body>>, Refused> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Ok(None);
        }
        let mut response = match request.uri().path() {
            "/" => {
                let page = self.page.read(&self.notary).await;
                page.map_err(Refused::Broken)?.into_response()
            }
            "/metrics" if self.config.metrics.public => self.measured(),
            _ => return Ok(None),
        };
        if request.method() == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        Ok(Some(response))
    }

    async fn ask(&self, request: Request<Body>) -> Response<Body> {
        match self.router.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    /// Whose token it is.
    fn writer(&self, headers: &HeaderMap) -> Result<String, Refused> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let token = match (given.next(), given.next()) {
            (None, _) => return Err(Refused::NoToken),
            (Some(one), None) => one.to_str().ok().and_then(tokens::in_header),
            // Of two, nobody knows which was meant.
            (Some(_), Some(_)) => None,
        };
        let token = token.ok_or(Refused::WrongToken)?;
        match self.tokens.name_of(&token) {
            Ok(Some(name)) => Ok(name),
            Ok(None) => Err(Refused::WrongToken),
            Err(error) => {
                let fields = [("error", error.to_string().into())];
                self.logger.tell(Level::Error, "tokens_unusable", &fields);
                Err(Refused::NoTokens)
            }
        }
    }

    fn measured(&self) -> Response<Body> {
        let text = self.metrics.text(Now {
            entries: self.notary.head().size,
            lines_dropped: self.logger.dropped(),
        });
        let mut response = Response::new(Body::from(text));
        let kind = HeaderValue::from_static(metrics::TEXT);
        let headers = response.headers_mut();
        headers.insert(axum::http::header::CONTENT_TYPE, kind);
        response
    }

    async fn answer_metrics(&self, request: Request<Incoming>) -> Response<Body> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => self.measured(),
            (&Method::GET | &Method::HEAD, "/healthz") => {
                self.ask(request.map(|_| Body::empty())).await
            }
            _ => Refused::NotHere.into_response(),
        }
    }
}

/// The request with all of its body, of `most` bytes at most.
async fn whole(request: Request<Incoming>, most: u64) -> Result<Request<Body>, Refused> {
    let (head, body) = request.into_parts();
    if body.is_end_stream() {
        return Ok(Request::from_parts(head, Body::empty()));
    }
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let collected = Limited::new(body, limit).collect().await;
    let collected = collected.map_err(|error| match error.is::<LengthLimitError>() {
        true => Refused::TooLarge(most),
        false => Refused::Unreadable(error.to_string()),
    })?;
    Ok(Request::from_parts(head, Body::from(collected.to_bytes())))
}

impl Service<Request<Incoming>> for Connected {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Self { front, peer, port } = self.clone();
        Box::pin(async move {
            Ok(match port {
                Port::Public => front.answer(peer, request).await,
                Port::Metrics => front.answer_metrics(request).await,
            })
        })
    }
}
