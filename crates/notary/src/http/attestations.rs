//! All that is known about an artifact, by its digest, as whole bundles.

use super::answer::{self, JSON};
use super::apart::apart;
use super::entries::{UUID_PATTERN, Uuid};
use super::flight::Room;
use super::query::{number, path, query, sha256};
use super::refusal::{Answer, Refusal, Schema};
use crate::notary::{
    Cursor, MAX_ANSWER_BYTES, MAX_ATTESTATIONS, Notary, Question, Reach, Selection,
};
use assay_core::digest::Sha256Digest;
use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{CACHE_CONTROL, ETAG, LINK};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use std::fmt::Write;
use std::sync::Arc;

/// What is known may be kept for a minute. It still holds then; only a newer statement would be
/// missed that long. That nothing is known may change with the next entry.
const KNOWN: HeaderValue = HeaderValue::from_static("max-age=60");

/// The longest type of a predicate that can be asked for, in bytes.
pub const MAX_PREDICATE_TYPE: usize = 512;

/// That nothing is known.
const NOTHING: &str = r#"{"attestations":[]}"#;

#[derive(Deserialize)]
pub struct PageQuery {
    predicate_type: Option<String>,
    per_page: Option<String>,
    after: Option<String>,
}

/// Writes the list of what was selected. One bundle after the other, so that they are not in memory
/// twice.
pub fn write_list(
    selection: Selection,
    notary: &Notary,
    body: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let next = selection.next;
    body.extend_from_slice(b"{\"attestations\":[");
    for (place, bundle) in selection.bundles(notary).enumerate() {
        body.extend_from_slice(match place {
            0 => b"{\"bundle\":",
            _ => b",{\"bundle\":",
        });
        serde_json::to_writer(&mut *body, &bundle?).map_err(Refusal::internal)?;
        body.push(b'}');
    }
    body.push(b']');
    if let Some(next) = next {
        body.extend_from_slice(format!(",\"truncated\":true,\"next\":\"{next}\"").as_bytes());
    }
    body.push(b'}');
    Ok(())
}

/// `GET /attestations/{digest}`
pub async fn by_digest(
    State(notary): State<Arc<Notary>>,
    digest: Result<Path<String>, PathRejection>,
    asked: Result<Query<PageQuery>, QueryRejection>,
    request: Request,
) -> Answer {
    let digest = sha256(&path(digest)?)?;
    let page = query(asked)?;
    let limit = per_page(page.per_page.as_deref())?;
    let after = page.after.as_deref().map(after).transpose()?;
    if let Some(wanted) = &page.predicate_type {
        check_predicate_type(wanted, "query")?;
    }
    let asked = move |reader: &Notary, wanted: Option<&str>, reach| {
        let question = Question {
            predicate_type: wanted,
            limit,
            after,
            ..Question::about(*digest.as_bytes())
        };
        reader.select(&question, reach)
    };
    let tags = Tags::of(request.headers());
    let wanted = page.predicate_type.clone();
    let found = match asked(&notary, wanted.as_deref(), Reach::Little)? {
        Some(selection) => Found::of(selection, &tags, &notary)?,
        None => {
            let room = Room::reserve(written_length(MAX_ANSWER_BYTES)).await?;
            let found = apart(move || {
                let selection = asked(&notary, wanted.as_deref(), Reach::Whole)?
                    .ok_or_else(|| Refusal::internal("nothing could be selected"))?;
                Found::of(selection, &tags, &notary)
            })
            .await?;
            return Ok(found.answer(&digest, &page, |body| room.hold(body)));
        }
    };
    Ok(found.answer(&digest, &page, Body::from))
}

/// `GET /attestations/entries/{uuid}`
pub async fn by_entry(
    State(notary): State<Arc<Notary>>,
    uuid: Result<Path<String>, PathRejection>,
) -> Answer {
    let uuid = path(uuid)?;
    let uuid = Uuid::parse(&uuid).ok_or_else(|| {
        let message = format!("entryUUID in path should match '{UUID_PATTERN}'");
        Refusal::schema(Schema::Pattern, message)
    })?;
    apart(move || {
        let found = uuid.find(&notary)?;
        let selection = match found {
            Some(found) => notary.select_entry(found.entry.index)?,
            None => None,
        };
        let Some(selection) = selection else {
            return Ok(answer::of(StatusCode::NOT_FOUND, JSON, NOTHING));
        };
        let mut body = Vec::with_capacity(written_length(selection.length()));
        write_list(selection, &notary, &mut body)?;
        Ok(answer::of(StatusCode::OK, JSON, body))
    })
    .await
}

/// What there is to answer.
enum Found {
    Nothing,
    /// What the client has is still good.
    Same {
        tag: String,
    },
    Page {
        body: Vec<u8>,
        tag: String,
        next: Option<Cursor>,
    },
}

impl Found {
    fn of(selection: Selection, tags: &Tags, notary: &Notary) -> Result<Self, Refusal> {
        if selection.is_empty() {
            return Ok(Self::Nothing);
        }
        let (entries, size) = (selection.tag(), selection.size());
        if let Some(tag) = tags.still_good(&entries, size) {
            return Ok(Self::Same { tag });
        }
        let next = selection.next;
        let mut body = Vec::with_capacity(written_length(selection.length()));
        write_list(selection, notary, &mut body)?;
        let tag = tag_of(&entries, size);
        Ok(Self::Page { body, tag, next })
    }

    fn answer(
        self,
        digest: &Sha256Digest,
        page: &PageQuery,
        hold: impl FnOnce(Vec<u8>) -> Body,
    ) -> Response {
        let (mut response, tag) = match self {
            Self::Nothing => {
                return answer::of(StatusCode::NOT_FOUND, JSON, NOTHING);
            }
            Self::Same { tag } => (answer::not_modified(), tag),
            Self::Page { body, tag, next } => {
                let mut response = answer::of(StatusCode::OK, JSON, hold(body));
                if let Some(next) = next {
                    answer::set(&mut response, LINK, &link(digest, page, next));
                }
                (response, tag)
            }
        };
        response.headers_mut().insert(CACHE_CONTROL, KNOWN);
        answer::set(&mut response, ETAG, &tag);
        response
    }
}

/// About how long entries are as bundles: base64, and a proof with each.
pub fn written_length(entries: usize) -> usize {
    entries * 2 + 4096
}

pub fn per_page(text: Option<&str>) -> Result<usize, Refusal> {
    let Some(asked) = number("per_page", text, 1)? else {
        return Ok(MAX_ATTESTATIONS);
    };
    usize::try_from(asked)
        .ok()
        .filter(|asked| *asked <= MAX_ATTESTATIONS)
        .ok_or_else(|| {
            let message =
                format!("per_page in query should be less than or equal to {MAX_ATTESTATIONS}");
            Refusal::schema(Schema::TooLarge, message)
        })
}

fn after(text: &str) -> Result<Cursor, Refusal> {
    text.parse()
        .map_err(|error| Refusal::schema(Schema::Pattern, format!("after in query: {error}")))
}

pub fn check_predicate_type(text: &str, place: &str) -> Result<(), Refusal> {
    match text.len() {
        0..=MAX_PREDICATE_TYPE => Ok(()),
        _ => Err(Refusal::schema(
            Schema::TooLong,
            format!("predicate_type in {place} should be at most {MAX_PREDICATE_TYPE} chars long"),
        )),
    }
}

/// The tag of an answer: which entries, proven in a log of which size.
fn tag_of(entries: &str, size: u64) -> String {
    format!("\"{entries}-{size}\"")
}

/// The tags of the answers that a client has.
struct Tags(Vec<String>);

impl Tags {
    fn of(headers: &HeaderMap) -> Self {
        Self(answer::known_tags(headers).map(str::to_owned).collect())
    }

    /// The one under which the client was given the entries that are selected now. What it has is
    /// one of the answers that this notary gives: the proofs in it lead to an earlier state of the
    /// log than a new answer's, and hold as well. So it is good for as long as no entry is added.
    fn still_good(&self, entries: &str, size: u64) -> Option<String> {
        let good = |given: &str| {
            if given == "*" {
                return Some(tag_of(entries, size));
            }
            let bare = given.strip_prefix('"')?.strip_suffix('"')?;
            let (then_entries, then) = bare.split_once('-')?;
            let then: u64 = then.parse().ok()?;
            (then_entries == entries && then <= size).then(|| tag_of(entries, then))
        };
        self.0.iter().find_map(|given| good(given))
    }
}

fn link(digest: &Sha256Digest, page: &PageQuery, next: Cursor) -> String {
    let mut link = format!("</attestations/sha256:{digest}?after={next}");
    if let Some(per_page) = &page.per_page {
        // A number, or it would have been refused.
        let _ = write!(link, "&per_page={}", per_page.trim_start_matches('+'));
    }
    if let Some(wanted) = &page.predicate_type {
        link.push_str("&predicate_type=");
        for byte in wanted.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    link.push(char::from(byte));
                }
                other => {
                    let _ = write!(link, "%{other:02X}");
                }
            }
        }
    }
    link.push_str(">; rel=\"next\"");
    link
}
