//! The log as tiles over HTTP (C2SP tlog-tiles): only what the published head covers is there.

use super::answer::{self, set};
use super::apart::apart;
use super::refusal::{Answer, Refusal};
use crate::notary::Notary;
use crate::store::StoreError;
use crate::tiles::{self, Tile, TileKind};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, ETAG};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures_util::stream;
use std::sync::Arc;

const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// What lies under a tile's name changes only where a restore begins another tree, so it is not kept for
/// longer than whoever restores can wait. What is kept in between is told apart by its tag.
const LONG: &str = "public, max-age=86400";
/// A few seconds, so that a crowd of auditors is no burden; the log may grow at any time.
const SHORT: &str = "public, max-age=3";

/// `GET /checkpoint`
pub async fn checkpoint(State(notary): State<Arc<Notary>>) -> Answer {
    let note = apart(move || notary.tile_checkpoint().map_err(Refusal::internal)).await?;
    Ok(cached(answer::of(StatusCode::OK, TEXT, note), SHORT))
}

/// `GET /log.vkey`
pub async fn verifier_key(State(notary): State<Arc<Notary>>) -> Response {
    answer::of(StatusCode::OK, TEXT, format!("{}\n", notary.verifier_key()))
}

/// `GET /tile/…`
pub async fn tile(
    State(notary): State<Arc<Notary>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let tile = Tile::parse(&path).map_err(|error| Refusal::bad(error.to_string()))?;
    // In one tree, one name has one content.
    let tag = format!("\"{}\"", notary.identity().tree_id);
    let head = notary.head().size;
    if !tile.is_in(head) {
        // Named as it was asked for: an index too large for any log has no other form.
        return Err(Refusal::new(
            StatusCode::NOT_FOUND,
            format!("this log has {head} entries, and no tile {path:.200}"),
        ));
    }
    if answer::is_known(&headers, &tag) {
        return Ok(tagged(answer::not_modified(), &tag));
    }
    let body = match tile.kind {
        TileKind::Hashes { level } => {
            apart(move || {
                let (_, snapshot) = notary.published()?;
                let positions = tile.start()..tile.end();
                Ok(Body::from(tiles::hashes(level, positions, &*snapshot)?))
            })
            .await?
        }
        TileKind::Entries => entries(notary, tile).await?,
    };
    Ok(tagged(answer::of(StatusCode::OK, BYTES, body), &tag))
}

/// A bundle of small entries is answered whole. One of large entries is read piece by piece as the
/// client takes it, each time from a snapshot of its own, since entries never change: so a slow
/// client holds neither memory nor old pages of the store.
async fn entries(notary: Arc<Notary>, tile: Tile) -> Result<Body, Refusal> {
    let reader = notary.clone();
    let (first, next) = apart(move || Ok(read(&reader, tile.start(), tile.end())?)).await?;
    if next == tile.end() {
        return Ok(Body::from(first));
    }
    let rest = stream::try_unfold(next, move |next| part(notary.clone(), next, tile.end()));
    let first = stream::once(async { Ok(Bytes::from(first)) });
    Ok(Body::from_stream(stream::StreamExt::chain(first, rest)))
}

/// As many of these entries as there is room for, and the first one after them. A tile that the
/// published head covered once is there from then on.
fn read(notary: &Notary, next: u64, end: u64) -> Result<(Vec<u8>, u64), StoreError> {
    let (_, snapshot) = notary.published()?;
    tiles::entries(next, end, &*snapshot)
}

async fn part(
    notary: Arc<Notary>,
    next: u64,
    end: u64,
) -> Result<Option<(Bytes, u64)>, StoreError> {
    if next >= end {
        return Ok(None);
    }
    let (bytes, next) = tokio::task::spawn_blocking(move || read(&notary, next, end))
        .await
        .unwrap_or_else(|error| Err(StoreError::Failed(error.to_string())))?;
    Ok(Some((Bytes::from(bytes), next)))
}

fn tagged(response: Response, tag: &str) -> Response {
    let mut response = cached(response, LONG);
    set(&mut response, ETAG, tag);
    response
}

fn cached(mut response: Response, how_long: &str) -> Response {
    set(&mut response, CACHE_CONTROL, how_long);
    response
}
