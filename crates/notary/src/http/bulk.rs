//! What is known about many artifacts at once.

use super::answer::{self, JSON};
use super::apart::apart;
use super::attestations::{check_predicate_type, write_list, written_length};
use super::body;
use super::flight::Room;
use super::query::sha256;
use super::refusal::{Answer, Refusal, Schema};
use crate::notary::{MAX_ANSWER_BYTES, Notary, Question, Reach};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most digests in one question.
pub const MAX_DIGESTS: usize = 100;
/// The most bundles for each of them.
const MAX_EACH: usize = 30;

#[derive(Deserialize)]
struct Asked {
    digests: Option<Vec<String>>,
    predicate_type: Option<String>,
}

/// `POST /attestations/bulk`
pub async fn by_digests(State(notary): State<Arc<Notary>>, request: Request) -> Answer {
    let body = body::read(request, "query").await?;
    let asked: Asked = body::parse(&body, "query")?;
    let given = asked
        .digests
        .ok_or_else(|| Refusal::schema(Schema::Required, "digests in body is required"))?;
    if given.len() > MAX_DIGESTS {
        return Err(Refusal::schema(
            Schema::TooMany,
            format!("digests in body should have at most {MAX_DIGESTS} items"),
        ));
    }
    if let Some(wanted) = &asked.predicate_type {
        check_predicate_type(wanted, "body")?;
    }
    let digests = given.iter().map(|digest| sha256(digest));
    let digests: BTreeSet<_> = digests.collect::<Result<_, _>>()?;
    let room = Room::reserve(written_length(MAX_ANSWER_BYTES)).await?;
    let written = apart(move || {
        let mut written = b"{\"digests\":{".to_vec();
        let mut bytes = MAX_ANSWER_BYTES;
        for (done, digest) in digests.iter().enumerate() {
            // What one leaves over is for those after it, and none takes the share of another.
            let question = Question {
                predicate_type: asked.predicate_type.as_deref(),
                limit: MAX_EACH,
                bytes: bytes / (digests.len() - done),
                ..Question::about(*digest.as_bytes())
            };
            let selection = notary
                .select(&question, Reach::Whole)?
                .ok_or_else(|| Refusal::internal("nothing could be selected"))?;
            bytes = bytes.saturating_sub(selection.length());
            let comma = if done == 0 { "" } else { "," };
            written.extend_from_slice(format!("{comma}\"sha256:{digest}\":").as_bytes());
            write_list(selection, &notary, &mut written)?;
        }
        written.extend_from_slice(b"}}");
        Ok(written)
    })
    .await?;
    let mut response = answer::of(StatusCode::OK, JSON, room.hold(written));
    answer::set(&mut response, CACHE_CONTROL, "no-store");
    Ok(response)
}
