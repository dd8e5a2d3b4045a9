//! Entries of the log: adding one, and reading one by its index or its name.

use super::answer::{self, JSON, about_now, set};
use super::apart::apart;
use super::body;
use super::query::{number, path, query};
use super::refusal::{Answer, Refusal, Schema};
use crate::log_entry::ProvenEntry;
use crate::merkle::Hash;
use crate::notary::Notary;
use crate::proposal::Proposal;
use crate::sequencer::Placed;
use crate::store::StoreError;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{ETAG, LOCATION};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

/// The form of an entry's name, as Rekor's schema has it.
pub const UUID_PATTERN: &str = "^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$";

/// `POST /api/v1/log/entries`
pub async fn add(State(notary): State<Arc<Notary>>, request: Request) -> Answer {
    let body = body::read(request, "proposedEntry").await?;
    let preparer = notary.clone();
    let submission =
        apart(move || Ok(preparer.prepare(Proposal::parse(body.as_bytes())?)?)).await?;
    let (status, index) = match notary.add(submission).await? {
        Placed::New(index) => (StatusCode::CREATED, index),
        Placed::Known(index) => (StatusCode::CONFLICT, index),
    };
    let entry = notary.entry(index)?;
    let mut entry = entry.ok_or_else(|| StoreError::Failed(format!("entry {index} is missing")))?;
    let id = entry.id(notary.identity());
    let location = format!("/api/v1/log/entries/{id}");
    let mut response = match status {
        StatusCode::CREATED => {
            // Who just sent the statement is not sent it again.
            entry.entry.envelope = None;
            one(status, &notary, &entry)?
        }
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexQuery {
    log_index: Option<String>,
}

/// `GET /api/v1/log/entries?logIndex=`
pub async fn by_index(
    State(notary): State<Arc<Notary>>,
    asked: Result<Query<IndexQuery>, QueryRejection>,
) -> Response {
    let find = || {
        let index = number("logIndex", query(asked)?.log_index.as_deref(), 0)?
            .ok_or_else(|| Refusal::schema(Schema::Required, "logIndex in query is required"))?;
        one_or_none(&notary, notary.entry(index)?)
    };
    about_now(find())
}

/// `GET /api/v1/log/entries/{uuid}`
pub async fn by_uuid(
    State(notary): State<Arc<Notary>>,
    uuid: Result<Path<String>, PathRejection>,
) -> Response {
    let find = || {
        let uuid = Uuid::parse(&path(uuid)?).ok_or_else(|| {
            let message = format!("entryUUID in path should match '{UUID_PATTERN}'");
            Refusal::schema(Schema::Pattern, message)
        })?;
        one_or_none(&notary, uuid.find(&notary)?)
    };
    about_now(find())
}

/// An entry's name: its leaf hash, perhaps with the number of its tree.
pub struct Uuid {
    tree: Option<u64>,
    leaf: Hash,
}

impl Uuid {
    /// 64 or 80 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let start = match bytes.len() {
            32 | 40 => bytes.len() - 32,
            _ => return None,
        };
        let leaf = bytes.get(start..)?.try_into().ok()?;
        let tree = bytes.first_chunk().filter(|_| start > 0);
        let tree = tree.map(|tree| u64::from_be_bytes(*tree));
        Some(Self { tree, leaf })
    }

    /// The entry, if this log has it.
    pub fn find(&self, notary: &Notary) -> Result<Option<ProvenEntry>, StoreError> {
        let identity = notary.identity();
        let found = notary.entry_by_leaf(&self.leaf)?;
        Ok(found.filter(|found| {
            let index = found.entry.index;
            self.tree
                .is_none_or(|tree| identity.is_in_tree(index, tree))
        }))
    }
}

fn one(status: StatusCode, notary: &Notary, entry: &ProvenEntry) -> Answer {
    let log_id = notary.log_id_of(entry.entry.index);
    answer::json(status, &entry.to_json(notary.identity(), &log_id))
}

fn one_or_none(notary: &Notary, entry: Option<ProvenEntry>) -> Answer {
    match entry {
        Some(entry) => one(StatusCode::OK, notary, &entry),
        // Without a body, as Rekor answers.
        None => Ok(answer::of(StatusCode::NOT_FOUND, JSON, "")),
    }
}
