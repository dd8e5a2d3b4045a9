//! The log itself: its head, its key, and proofs that it only grows.

use super::answer::{self, PEM, about_now};
use super::apart::apart;
use super::query::{number, query};
use super::refusal::{Answer, Refusal, Schema};
use crate::checkpoint;
use crate::identity::Identity;
use crate::notary::Notary;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// `GET /api/v1/log`
pub async fn info(State(notary): State<Arc<Notary>>) -> Response {
    let head = notary.head();
    about_now(answer::json(
        StatusCode::OK,
        &json!({
            "inactiveShards": inactive_shards(notary.identity()),
            "rootHash": hex::encode(head.root),
            "signedTreeHead": head.checkpoint,
            "treeID": notary.identity().tree_id.to_string(),
            "treeSize": head.size,
        }),
    ))
}

/// The trees in whose place restores put the present one; `null` if there are none, as Rekor says
/// it.
fn inactive_shards(identity: &Identity) -> Option<Vec<serde_json::Value>> {
    let shards = identity.past.iter().map(|past| {
        let last = checkpoint::read(past.last_known());
        let root = last.as_ref().map(|said| hex::encode(said.root));
        json!({
            "lostEntries": past.lost(),
            "restoredSize": past.size,
            "rootHash": root.unwrap_or_default(),
            "signedTreeHead": past.last_known(),
            "treeID": past.tree_id.to_string(),
            "treeSize": last.map_or(past.size, |said| said.size),
        })
    });
    let shards: Vec<_> = shards.collect();
    (!shards.is_empty()).then_some(shards)
}

#[derive(Deserialize)]
pub struct TreeQuery {
    #[serde(rename = "treeID")]
    tree_id: Option<String>,
}

/// `GET /api/v1/log/publicKey`
pub async fn public_key(
    State(notary): State<Arc<Notary>>,
    asked: Result<Query<TreeQuery>, QueryRejection>,
) -> Response {
    let key = || {
        // All its trees have one key.
        tree_size(&notary, query(asked)?.tree_id.as_deref())?;
        Ok(answer::of(StatusCode::OK, PEM, notary.log_key_pem()))
    };
    about_now(key())
}

/// The size of the tree that is asked about: the present one, or one that a restore ended, whose
/// entries are the first ones of the present one.
fn tree_size(notary: &Notary, tree_id: Option<&str>) -> Result<u64, Refusal> {
    let size = notary.head().size;
    let identity = notary.identity();
    let ended = |id: &str| {
        let mut past = identity.past.iter();
        past.find(|tree| tree.tree_id.to_string() == id)
    };
    match tree_id {
        None | Some("") => Ok(size),
        Some(id) if !id.bytes().all(|byte| byte.is_ascii_digit()) => Err(Refusal::schema(
            Schema::Pattern,
            "treeID in query should match '^[0-9]+$'",
        )),
        Some(id) if id == identity.tree_id.to_string() => Ok(size),
        Some(id) => match ended(id) {
            Some(tree) => Ok(tree.size.min(size)),
            None => Err(Refusal::bad(format!("this log has no tree {id}"))),
        },
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofQuery {
    first_size: Option<String>,
    last_size: Option<String>,
    #[serde(rename = "treeID")]
    tree_id: Option<String>,
}

/// `GET /api/v1/log/proof`
pub async fn consistency(
    State(notary): State<Arc<Notary>>,
    asked: Result<Query<ProofQuery>, QueryRejection>,
) -> Response {
    about_now(proof(notary, asked).await)
}

async fn proof(notary: Arc<Notary>, asked: Result<Query<ProofQuery>, QueryRejection>) -> Answer {
    let asked = query(asked)?;
    let last = number("lastSize", asked.last_size.as_deref(), 1)?
        .ok_or_else(|| Refusal::schema(Schema::Required, "lastSize in query is required"))?;
    let first = number("firstSize", asked.first_size.as_deref(), 1)?.unwrap_or(1);
    let size = tree_size(&notary, asked.tree_id.as_deref())?;
    if first > last {
        return Err(Refusal::bad(format!(
            "firstSize({first}) must be less than lastSize({last})"
        )));
    }
    if last > size {
        return Err(Refusal::bad(format!(
            "the tree size requested({last}) was greater than what is currently observable({size})"
        )));
    }
    let proof = apart(move || Ok(notary.consistency(first, last)?)).await?;
    answer::json(
        StatusCode::OK,
        &json!({
            "rootHash": hex::encode(proof.root),
            "hashes": proof.path.iter().map(hex::encode).collect::<Vec<_>>(),
        }),
    )
}
