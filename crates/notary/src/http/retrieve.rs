//! Several entries at once, by name, by index, or by what was proposed.

use super::answer;
use super::apart::apart;
use super::body;
use super::entries::{UUID_PATTERN, Uuid};
use super::refusal::{Answer, Refusal, Schema};
use crate::merkle;
use crate::notary::Notary;
use crate::proposal::Proposal;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

/// The most entries that can be asked for at once; Rekor's limit.
const MAX_ASKED: usize = 10;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    #[serde(rename = "entryUUIDs", default)]
    entry_uuids: Option<Vec<String>>,
    #[serde(default)]
    log_indexes: Option<Vec<i64>>,
    #[serde(borrow, default)]
    entries: Option<Vec<&'a RawValue>>,
}

/// `POST /api/v1/log/entries/retrieve`
pub async fn retrieve(State(notary): State<Arc<Notary>>, request: Request) -> Answer {
    let body = body::read(request, "entry").await?;
    // Proposals are verified before they are looked for, as they are in Rekor.
    let found = apart(move || find(&notary, &body)).await?;
    Ok(answer::of(StatusCode::OK, answer::JSON, found))
}

fn find(notary: &Notary, body: &str) -> Result<Vec<u8>, Refusal> {
    let asked: Asked<'_> = body::parse(body, "entry")?;
    let uuids = asked.entry_uuids.unwrap_or_default();
    let indexes = asked.log_indexes.unwrap_or_default();
    let proposals = asked.entries.unwrap_or_default();
    check_count("entryUUIDs", uuids.len())?;
    check_count("logIndexes", indexes.len())?;
    check_count("entries", proposals.len())?;
    if uuids.len() + indexes.len() + proposals.len() > MAX_ASKED {
        return Err(Refusal::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            format!("more than max allowed {MAX_ASKED} entries in request"),
        ));
    }
    let mut found = Vec::new();
    for (place, uuid) in uuids.iter().enumerate() {
        let uuid = Uuid::parse(uuid).ok_or_else(|| {
            let message = format!("entryUUIDs.{place} in body should match '{UUID_PATTERN}'");
            Refusal::schema(Schema::Pattern, message)
        })?;
        found.extend(uuid.find(notary)?);
    }
    for proposal in proposals {
        let body = Proposal::body_of(proposal.get().as_bytes())
            .map_err(|error| Refusal::bad(error.to_string()))?;
        found.extend(notary.entry_by_leaf(&merkle::leaf_hash(&body))?);
    }
    for (place, index) in indexes.into_iter().enumerate() {
        let index = u64::try_from(index).map_err(|_| {
            let message =
                format!("logIndexes.{place} in body should be greater than or equal to 0");
            Refusal::schema(Schema::TooSmall, message)
        })?;
        found.extend(notary.entry(index)?);
    }
    let list: Vec<_> = found
        .iter()
        .map(|entry| {
            let log_id = notary.log_id_of(entry.entry.index);
            entry.to_json(notary.identity(), &log_id)
        })
        .collect();
    serde_json::to_vec(&list).map_err(Refusal::internal)
}

fn check_count(name: &str, count: usize) -> Result<(), Refusal> {
    match count {
        0..=MAX_ASKED => Ok(()),
        _ => Err(Refusal::schema(
            Schema::TooMany,
            format!("{name} in body should have at most {MAX_ASKED} items"),
        )),
    }
}
