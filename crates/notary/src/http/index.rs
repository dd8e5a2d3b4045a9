//! The search index: which entries there are about a digest, by a key, or by somebody with a name.

use super::answer::{self, TRUNCATED};
use super::apart::apart;
use super::body;
use super::refusal::{Answer, Refusal, Schema};
use crate::json_object;
use crate::log_entry::entry_id;
use crate::notary::{Notary, Operator, SearchTerm};
use crate::proposal::decode_base64;
use crate::terms;
use crate::verifier::Verifier;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use serde::Deserialize;
use std::sync::Arc;

const HASH_PATTERN: &str =
    "^(sha512:)?[0-9a-fA-F]{128}$|^(sha256:)?[0-9a-fA-F]{64}$|^(sha1:)?[0-9a-fA-F]{40}$";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    hash: Option<String>,
    email: Option<String>,
    subject: Option<String>,
    #[serde(deserialize_with = "json_object::perhaps")]
    public_key: Option<PublicKey>,
    operator: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PublicKey {
    format: Option<String>,
    content: Option<String>,
}

/// `POST /api/v1/index/retrieve`
pub async fn search(State(notary): State<Arc<Notary>>, request: Request) -> Answer {
    let body = body::read(request, "query").await?;
    let asked: Asked = body::parse(&body, "query")?;
    let operator = asked.operator()?;
    let terms = asked.terms()?;
    let tree = notary.identity().tree_id;
    let found = apart(move || Ok(notary.search(&terms, operator)?)).await?;
    let names: Vec<_> = found
        .leaves
        .iter()
        .map(|leaf| entry_id(tree, leaf))
        .collect();
    let mut response = answer::json(StatusCode::OK, &names)?;
    if found.truncated {
        // Rekor's answer is a list and nothing else.
        let headers = response.headers_mut();
        headers.insert(TRUNCATED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

impl Asked {
    fn operator(&self) -> Result<Operator, Refusal> {
        match self.operator.as_deref() {
            None | Some("" | "or") => Ok(Operator::Or),
            Some("and") => Ok(Operator::And),
            Some(_) => Err(Refusal::schema(
                Schema::Enumeration,
                "operator in body should be one of [and or]",
            )),
        }
    }

    /// What is searched for. A text that is empty is one that is not there, as in Rekor.
    fn terms(&self) -> Result<Vec<SearchTerm>, Refusal> {
        let mut found = Vec::new();
        if let Some(email) = given(&self.email) {
            found.push(SearchTerm::Other(of_email(email)?));
        }
        if let Some(hash) = given(&self.hash) {
            let term = of_hash(hash).ok_or_else(|| {
                let message = format!("hash in body should match '{HASH_PATTERN}'");
                Refusal::schema(Schema::Pattern, message)
            })?;
            found.push(term);
        }
        if let Some(key) = &self.public_key {
            found.push(SearchTerm::Other(key.term()?));
        }
        if let Some(subject) = given(&self.subject) {
            if subject.len() > terms::MAX_NAME {
                return Err(Refusal::schema(
                    Schema::TooLong,
                    format!(
                        "subject in body should be at most {} chars long",
                        terms::MAX_NAME
                    ),
                ));
            }
            found.push(SearchTerm::Other(terms::of_name(subject)));
        }
        Ok(found)
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn of_email(email: &str) -> Result<crate::merkle::Hash, Refusal> {
    let good = email.len() <= terms::MAX_NAME
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && matches!(email.rsplit_once('@'), Some((user, host)) if !user.is_empty() && !host.is_empty());
    match good {
        true => Ok(terms::of_name(email)),
        false => Err(Refusal::schema(
            Schema::Type,
            format!("email in body must be of type email: {email:?}"),
        )),
    }
}

/// A digest, with the name of its algorithm or known by its length.
fn of_hash(text: &str) -> Option<SearchTerm> {
    let (algorithm, digits) = match text.split_once(':') {
        Some((algorithm, digits)) => (Some(algorithm), digits),
        None => (None, text),
    };
    let digest = hex::decode(digits).ok()?;
    let by_length = match digest.len() {
        20 => "sha1",
        32 => "sha256",
        64 => "sha512",
        _ => return None,
    };
    if algorithm.is_some_and(|algorithm| algorithm != by_length) {
        return None;
    }
    match <[u8; 32]>::try_from(digest) {
        Ok(sha256) => Some(SearchTerm::Digest(sha256)),
        Err(digest) => Some(SearchTerm::Other(terms::of_digest(by_length, &digest))),
    }
}

impl PublicKey {
    fn term(&self) -> Result<crate::merkle::Hash, Refusal> {
        match self.format.as_deref() {
            Some("x509") => {}
            Some("pgp" | "minisign" | "ssh" | "tuf") => {
                return Err(Refusal::bad(
                    "the PKI format requested is not supported by this server, which logs x509 \
                     keys and certificates only",
                ));
            }
            Some(_) => {
                return Err(Refusal::schema(
                    Schema::Enumeration,
                    "publicKey.format in body should be one of [pgp x509 minisign ssh tuf]",
                ));
            }
            None => {
                let message = "publicKey.format in body is required";
                return Err(Refusal::schema(Schema::Required, message));
            }
        }
        let content = self.content.as_deref().unwrap_or_default();
        decode_base64("publicKey.content", content)
            .and_then(|pem| Verifier::from_pem(&pem))
            .map(|verifier| terms::of_verifier(&verifier))
            .map_err(|error| {
                Refusal::bad(format!("public key provided could not be parsed: {error}"))
            })
    }
}
