//! The HTTP API: Rekor v1's for writing and proofs, GitHub's shape for reading by digest.

use crate::log_entry::{ProvenEntry, entry_id};
use crate::merkle::Hash;
use crate::notary::Notary;
use crate::proposal::{Proposal, ProposalError};
use crate::sequencer::{Placed, SequencerError};
use crate::store::StoreError;
use assay_core::digest::Sha256Digest;
use assay_core::succession::SUCCESSION_PATH;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, Path, Query, Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tower_http::cors::{Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;

/// The largest request body, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;
/// The longest that a request may take, its body's arrival included.
pub const REQUEST_TIME: Duration = Duration::from_secs(20);
/// How long a browser may remember that it may ask, in seconds.
const PREFLIGHT_SECONDS: u64 = 3600;

const JSON: &str = "application/json";
const PEM: &str = "application/x-pem-file";

/// The routes of a notary.
pub fn router(notary: Arc<Notary>) -> Router {
    // Reading is for everybody and nothing depends on cookies, so any page and any extension may.
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(Any)
        .expose_headers([ETAG, LOCATION])
        .allow_private_network(true)
        .max_age(Duration::from_secs(PREFLIGHT_SECONDS));
    Router::new()
        .route("/api/v1/log", get(log_info))
        .route("/api/v1/log/publicKey", get(public_key))
        .route("/api/v1/log/proof", get(consistency))
        .route("/api/v1/log/entries", get(entry_by_index).post(add_entry))
        .route("/api/v1/log/entries/{uuid}", get(entry_by_uuid))
        .route("/attestations/{digest}", get(attestations))
        .route("/trusted_root.json", get(trusted_root))
        .route(SUCCESSION_PATH, get(succession))
        .route("/signers/{key}", get(signer))
        .route("/healthz", get(healthz))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_TIME,
        ))
        .layer(cors)
        .with_state(notary)
}

/// An answer that says what was wrong, in Rekor's shape.
#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    /// Rekor's own codes (600 and up) say more than the status.
    code: u16,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            code: status.as_u16(),
            status,
            message: message.into(),
        }
    }

    /// A parameter that does not fit the API's schema.
    fn schema(code: u16, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code,
            message: message.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.code, "message": self.message });
        answer(self.status, JSON, body.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<SequencerError> for Refusal {
    fn from(error: SequencerError) -> Self {
        let status = match error {
            SequencerError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

impl From<ProposalError> for Refusal {
    fn from(error: ProposalError) -> Self {
        match error {
            ProposalError::Kind(_) => Self::schema(422, error.to_string()),
            _ => Self::new(
                StatusCode::BAD_REQUEST,
                format!("error processing entry: {error}"),
            ),
        }
    }
}

type Answer = Result<Response, Refusal>;

/// Runs what reads files or verifies signatures where it does not hold up other requests.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            Err(Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("the request could not be worked on: {error}"),
            ))
        })
}

async fn log_info(State(notary): State<Arc<Notary>>) -> Answer {
    let head = notary.head();
    json_answer(
        StatusCode::OK,
        &json!({
            "inactiveShards": null,
            "rootHash": hex::encode(head.root),
            "signedTreeHead": head.checkpoint,
            "treeID": notary.identity().tree_id.to_string(),
            "treeSize": head.size,
        }),
    )
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TreeQuery {
    #[serde(rename = "treeID")]
    tree_id: Option<String>,
}

async fn public_key(
    State(notary): State<Arc<Notary>>,
    query: Result<Query<TreeQuery>, QueryRejection>,
) -> Answer {
    check_tree(&notary, query.ok().and_then(|Query(query)| query.tree_id))?;
    Ok(answer(StatusCode::OK, PEM, notary.log_key_pem()))
}

fn check_tree(notary: &Notary, tree_id: Option<String>) -> Result<(), Refusal> {
    match tree_id {
        Some(id) if id != notary.identity().tree_id.to_string() => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            format!("this log has no tree {id:?}"),
        )),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProofQuery {
    first_size: Option<String>,
    last_size: Option<String>,
    #[serde(rename = "treeID")]
    tree_id: Option<String>,
}

async fn consistency(
    State(notary): State<Arc<Notary>>,
    query: Result<Query<ProofQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|error| Refusal::schema(422, error.body_text()))?;
    let last = number("lastSize", query.last_size.as_deref(), 1)?
        .ok_or_else(|| Refusal::schema(602, "lastSize in query is required"))?;
    let first = number("firstSize", query.first_size.as_deref(), 1)?.unwrap_or(1);
    check_tree(&notary, query.tree_id)?;
    let size = notary.head().size;
    let bad = |message| Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    if first > last {
        return bad(format!(
            "firstSize({first}) must be less than lastSize({last})"
        ));
    }
    if last > size {
        return bad(format!(
            "the tree size requested({last}) was greater than what is currently observable({size})"
        ));
    }
    let proof = apart(move || Ok(notary.consistency(first, last)?)).await?;
    json_answer(
        StatusCode::OK,
        &json!({
            "rootHash": hex::encode(proof.root),
            "hashes": proof.path.iter().map(hex::encode).collect::<Vec<_>>(),
        }),
    )
}

/// A whole number in a query.
fn number(name: &str, text: Option<&str>, least: u64) -> Result<Option<u64>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let too_small = || {
        Refusal::schema(
            609,
            format!("{name} in query should be greater than or equal to {least}"),
        )
    };
    match text.parse::<i128>() {
        Ok(value) if value < i128::from(least) => Err(too_small()),
        Ok(value) => Ok(Some(u64::try_from(value).unwrap_or(u64::MAX))),
        Err(_) => Err(Refusal::schema(
            601,
            format!("{name} in query must be of type int64: {text:?}"),
        )),
    }
}

async fn add_entry(State(notary): State<Arc<Notary>>, request: Request) -> Answer {
    let kind = request.headers().get(CONTENT_TYPE).cloned();
    let body = match Bytes::from_request(request, &()).await {
        Ok(body) => body,
        Err(rejection) => return Err(unreadable(&rejection)),
    };
    if body.is_empty() {
        return Err(Refusal::schema(602, "proposedEntry in body is required"));
    }
    check_media_type(kind.as_ref())?;
    let preparer = notary.clone();
    let submission = apart(move || Ok(preparer.prepare(Proposal::parse(&body)?)?)).await?;
    let (status, index) = match notary.add(submission).await? {
        Placed::New(index) => (StatusCode::CREATED, index),
        Placed::Known(index) => (StatusCode::CONFLICT, index),
    };
    let reader = notary.clone();
    let entry = apart(move || Ok(reader.entry(index)?)).await?;
    let entry = entry.ok_or_else(|| StoreError::Failed(format!("entry {index} is missing")))?;
    let id = entry.id(notary.identity());
    let location = format!("/api/v1/log/entries/{id}");
    let mut response = match status {
        StatusCode::CREATED => entry_answer(status, &notary, &entry)?,
        _ => Refusal::new(
            status,
            format!("an equivalent entry already exists in the transparency log with UUID {id}"),
        )
        .into_response(),
    };
    set(&mut response, LOCATION, &location);
    if status == StatusCode::CREATED {
        // Without quotes, as Rekor sends it and its clients read it.
        set(&mut response, ETAG, &id);
    }
    Ok(response)
}

fn unreadable(rejection: &BytesRejection) -> Refusal {
    let status = rejection.status();
    Refusal::new(
        status,
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                format!("the entry is too large; at most {MAX_BODY} bytes are accepted")
            }
            _ => rejection.body_text(),
        },
    )
}

fn check_media_type(kind: Option<&HeaderValue>) -> Result<(), Refusal> {
    let kind = kind.map_or(Ok(JSON), HeaderValue::to_str).unwrap_or("");
    let essence = kind.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case(JSON) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        format!("unsupported media type {kind:?}, only [{JSON}] are allowed"),
    ))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexQuery {
    log_index: Option<String>,
}

async fn entry_by_index(
    State(notary): State<Arc<Notary>>,
    query: Result<Query<IndexQuery>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|error| Refusal::schema(422, error.body_text()))?;
    let index = number("logIndex", query.log_index.as_deref(), 0)?
        .ok_or_else(|| Refusal::schema(602, "logIndex in query is required"))?;
    let reader = notary.clone();
    let entry = apart(move || Ok(reader.entry(index)?)).await?;
    entry_or_absent(&notary, entry)
}

async fn entry_by_uuid(State(notary): State<Arc<Notary>>, Path(uuid): Path<String>) -> Answer {
    let malformed = || {
        Refusal::schema(
            605,
            "entryUUID in path should match '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$'",
        )
    };
    let bytes = hex::decode(&uuid).map_err(|_| malformed())?;
    let leaf: Hash = match bytes.len() {
        32 | 40 => bytes
            .get(bytes.len() - 32..)
            .and_then(|leaf| leaf.try_into().ok())
            .ok_or_else(malformed)?,
        _ => return Err(malformed()),
    };
    if bytes.len() == 40 && entry_id(notary.identity().tree_id, &leaf) != uuid.to_ascii_lowercase()
    {
        return entry_or_absent(&notary, None);
    }
    let reader = notary.clone();
    let entry = apart(move || Ok(reader.entry_by_leaf(&leaf)?)).await?;
    entry_or_absent(&notary, entry)
}

fn entry_or_absent(notary: &Notary, entry: Option<ProvenEntry>) -> Answer {
    match entry {
        Some(entry) => entry_answer(StatusCode::OK, notary, &entry),
        None => Ok(answer(StatusCode::NOT_FOUND, JSON, "")),
    }
}

fn entry_answer(status: StatusCode, notary: &Notary, entry: &ProvenEntry) -> Answer {
    json_answer(
        status,
        &entry.to_json(notary.identity(), &notary.log_id_of(entry.entry.index)),
    )
}

#[derive(Serialize)]
struct AttestationList {
    attestations: Vec<AttestationItem>,
    /// Only there if it holds.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
}

#[derive(Serialize)]
struct AttestationItem {
    bundle: crate::bundle::Bundle,
}

async fn attestations(State(notary): State<Arc<Notary>>, Path(digest): Path<String>) -> Answer {
    let digest = *sha256_in_path(&digest)?.as_bytes();
    let found = apart(move || Ok(notary.attestations(&digest)?)).await?;
    let status = match found.bundles.is_empty() {
        true => StatusCode::NOT_FOUND,
        false => StatusCode::OK,
    };
    let list = AttestationList {
        attestations: found
            .bundles
            .into_iter()
            .map(|bundle| AttestationItem { bundle })
            .collect(),
        truncated: found.truncated,
    };
    json_answer(status, &list)
}

/// `sha256:` and 64 hexadecimal digits; nothing else names an artifact here.
fn sha256_in_path(text: &str) -> Result<Sha256Digest, Refusal> {
    text.strip_prefix("sha256:")
        .filter(|digits| digits.len() == 64)
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| {
            Refusal::new(
                StatusCode::BAD_REQUEST,
                "the digest must be sha256: and 64 hexadecimal digits",
            )
        })
}

async fn trusted_root(State(notary): State<Arc<Notary>>) -> Response {
    answer(StatusCode::OK, JSON, notary.trusted_root().to_owned())
}

async fn succession(State(notary): State<Arc<Notary>>) -> Response {
    answer(StatusCode::OK, JSON, notary.trust().succession.clone())
}

async fn signer(State(notary): State<Arc<Notary>>, Path(key): Path<String>) -> Answer {
    let key = sha256_in_path(&key)?;
    let certificate = apart(move || {
        notary
            .signers()
            .certificate(&key)
            .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))
    })
    .await?;
    match certificate {
        Some(pem) => Ok(answer(StatusCode::OK, PEM, pem)),
        None => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "this key is not enrolled with this notary",
        )),
    }
}

async fn healthz(State(notary): State<Arc<Notary>>) -> Answer {
    // Reads from the store, so that a broken disk is not called healthy.
    apart(move || Ok(notary.entry(0)?)).await?;
    Ok(answer(StatusCode::OK, "text/plain", "ok\n"))
}

async fn not_found(request: Request) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        format!("path {} was not found", request.uri().path()),
    )
}

async fn method_not_allowed(request: Request) -> Response {
    let path = request.uri().path();
    let allowed = match path {
        "/api/v1/log/entries" => "GET,HEAD,POST",
        _ => "GET,HEAD",
    };
    let mut response = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!(
            "method {} is not allowed, but [{allowed}] are",
            request.method()
        ),
    )
    .into_response();
    set(&mut response, ALLOW, allowed);
    response
}

fn json_answer(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body)
        .map_err(|error| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(answer(status, JSON, body))
}

fn answer(status: StatusCode, kind: &'static str, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    set(&mut response, CONTENT_TYPE, kind);
    // A proof made yesterday still holds, but a file may have been declared untrusted since.
    set(&mut response, CACHE_CONTROL, "no-cache");
    response
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
