//! What stands before the API: who may ask how much and write, what it costs, and what is told of
//! it. It knows nothing of logs and proofs, and the API nothing of clients.

mod admission;
mod arrival;
mod buffers;
mod exchange;
mod paced;
mod refused;
mod route;

pub use route::{label, writes};

use crate::client_address;
use crate::config::{Config, Level};
use crate::idle::Idle;
use crate::logging::Logger;
use crate::metrics::{self, Metrics, Now};
use crate::notary::Notary;
use crate::page::StatusPage;
use crate::rate_limit::RateLimit;
use crate::tokens::{self, Tokens};
use admission::Admission;
use arrival::Terms;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{AUTHORIZATION, EXPECT, X_CONTENT_TYPE_OPTIONS};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response};
use buffers::Asker;
use exchange::Exchange;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use refused::Refused;
use route::without_slash;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// How much of a body that is not wanted is read, in bytes.
const MAX_AWAY: usize = 4 * 1024 * 1024;
/// How long that may take.
const AWAY_TIME: Duration = Duration::from_secs(5);
/// How long it is waited for more of it.
const SILENCE: Duration = Duration::from_millis(500);

/// What is answered here and not by the API: paths, and their methods.
pub const OWN: [(&str, &[&str]); 2] = [(PAGE, OWN_METHODS), (METRICS, OWN_METHODS)];
/// The page for people.
const PAGE: &str = "/";
/// What is measured, if everybody may see it.
const METRICS: &str = "/metrics";
const OWN_METHODS: &[&str] = &["GET", "HEAD"];

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
    told: Told,
}

/// What is told once of the proxies.
#[derive(Debug, Default)]
struct Told {
    not_trusted: OnceLock<()>,
    no_client: OnceLock<()>,
}

/// Who is at the other end of a connection, and what is asked there.
#[derive(Clone)]
pub struct Connected {
    front: Arc<Front>,
    peer: IpAddr,
    port: Port,
    idle: Arc<Idle>,
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
            admission: Admission::new(&config.limits, !config.writing.open),
            config,
            metrics,
            logger,
            told: Told::default(),
        }
    }

    /// What to do for a client at `peer` who came in there.
    pub fn connected(self: &Arc<Self>, peer: IpAddr, port: Port, idle: Arc<Idle>) -> Connected {
        Connected {
            front: self.clone(),
            peer,
            port,
            idle,
        }
    }

    /// Whether the connections of an address are counted: a proxy has many users.
    pub fn counts_connections(&self, peer: IpAddr) -> bool {
        self.is_limited(peer) && !client_address::is_in(&self.config.proxy.trusted, peer)
    }

    fn is_limited(&self, client: IpAddr) -> bool {
        !client_address::is_in(&self.config.limits.exempt, client)
    }

    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let forwarded: Vec<_> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        let trusted = &self.config.proxy.trusted;
        let client = client_address::client(peer, forwarded.iter().copied(), trusted);
        if client == peer {
            self.tell_of_proxy(peer, !forwarded.is_empty());
        }
        client
    }

    /// Where a proxy is not believed, or says nothing of its clients, they all count as one.
    fn tell_of_proxy(&self, peer: IpAddr, forwards: bool) {
        let is_trusted = client_address::is_in(&self.config.proxy.trusted, peer);
        let (once, event) = match (is_trusted, forwards) {
            (false, true) => (&self.told.not_trusted, "proxy_not_trusted"),
            (true, true) => (&self.told.no_client, "trusted_proxy_names_no_client"),
            // Who administers the proxy's machine asks from there, too.
            (_, false) => return,
        };
        once.get_or_init(|| {
            let fields = [
                ("peer", peer.to_string().into()),
                ("do", "see proxy.trusted in the settings".into()),
            ];
            self.logger.tell(Level::Warn, event, &fields);
        });
    }

    async fn answer(&self, peer: IpAddr, request: Request<Incoming>) -> Response<Body> {
        let (head, mut body) = request.into_parts();
        let client = self.client(peer, &head.headers);
        let route = label(head.uri.path());
        let mut exchange = Exchange::begin(&self.metrics, &self.logger, client, route, &head);
        // Who waits to be told to go on has not sent the body.
        let waits = head.headers.contains_key(EXPECT);
        let mut response = match self.work(client, &mut exchange, head, &mut body).await {
            Ok(response) => response,
            Err(refused) => {
                exchange.refused(refused.reason());
                if !waits && refused.is_heard_after_the_body() {
                    read_away(&mut body).await;
                }
                refused.into_response()
            }
        };
        exchange.answered(response.status());
        response
            .headers_mut()
            .insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn work(
        &self,
        client: IpAddr,
        exchange: &mut Exchange,
        head: Parts,
        body: &mut Incoming,
    ) -> Result<Response<Body>, Refused> {
        let writes = writes(&head.method, head.uri.path());
        let limited = self.is_limited(client);
        if limited {
            let limit = if writes { &self.writes } else { &self.reads };
            let group = client_address::group(client);
            limit.take(group, Instant::now()).map_err(Refused::Rate)?;
        }
        let mut asker = Asker {
            client: limited.then_some(client),
            may_write: false,
        };
        if !self.config.writing.open {
            match self.writer(&head.headers) {
                Ok(name) => {
                    asker.may_write = true;
                    if writes {
                        exchange.wrote_as(name);
                    }
                }
                Err(refused) if writes => return Err(refused),
                // Reading needs none.
                Err(_) => {}
            }
        }
        let most = self.config.limits.body_bytes;
        if body.size_hint().lower() > most {
            return Err(Refused::TooLarge(most));
        }
        // Whether the notary lives must be told above all when it is busy.
        if label(head.uri.path()) == "/healthz" {
            return Ok(self.ask(Request::from_parts(head, Body::empty())).await);
        }
        if let Some(answer) = self.own(&head).await? {
            return Ok(answer);
        }
        let time = Duration::from_secs(self.config.limits.request_seconds);
        // Who sends slowly holds memory, of which it has a share, and no place.
        let terms = Terms { most, time };
        let (body, buffer) = arrival::whole(body, &self.admission, asker, terms).await?;
        let request = Request::from_parts(head, body);
        let admitted = self.admission.enter(writes).await?;
        let answering = tokio::time::timeout(time, self.ask(request));
        let response = answering
            .await
            .map_err(|_| Refused::TooSlow(time.as_secs()))?;
        drop(buffer);
        admitted.leave_with(asker, response).await
    }

    /// What is answered here: the page, and what is measured.
    async fn own(&self, head: &Parts) -> Result<Option<Response<Body>>, Refused> {
        let path = without_slash(head.uri.path());
        let is_own = path == PAGE || (path == METRICS && self.config.metrics.public);
        // Whether pages may ask is said in one place for all.
        if !is_own || head.method == Method::OPTIONS {
            return Ok(None);
        }
        if !matches!(head.method, Method::GET | Method::HEAD) {
            return Err(Refused::Method(head.method.clone()));
        }
        let mut response = match path {
            PAGE => {
                let page = self.page.read(&self.notary, self.config.writing.open).await;
                page.map_err(Refused::Broken)?.into_response()
            }
            _ => self.measured(),
        };
        if head.method == Method::HEAD {
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
        let now = Now {
            entries: self.notary.head().size,
            lines_dropped: self.logger.dropped(),
        };
        let text = self.metrics.text(now, self.notary.batches());
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

/// Reads what is left of a body, within bounds, and forgets it: a client that is still sending when
/// the connection is closed never sees the answer.
async fn read_away(body: &mut Incoming) {
    let reading = async {
        let mut left = MAX_AWAY;
        // Whoever announces more than they send is not waited for.
        while let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, body.frame()).await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // However far it came.
    let _ = tokio::time::timeout(AWAY_TIME, reading).await;
}

impl Service<Request<Incoming>> for Connected {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Self {
            front,
            peer,
            port,
            idle,
        } = self.clone();
        idle.work();
        Box::pin(async move {
            let response = match port {
                Port::Public => front.answer(peer, request).await,
                Port::Metrics => front.answer_metrics(request).await,
            };
            idle.rest();
            Ok(response)
        })
    }
}
