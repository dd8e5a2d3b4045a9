//! Tokens for a registry, from where it says that they are had (the distribution project's token and
//! OAuth 2.0 specifications).

use crate::challenge::Challenge;
use crate::credentials::Login;
use crate::error::OciError;
use crate::origin::Origin;
use crate::reference::Reference;
use crate::transport::{Answer, Asked, Transport};
use assay_core::address::encode;
use assay_core::evidence::Failure;
use serde::Deserialize;

/// How many bytes of an answer are read at most.
const MAX_BYTES: usize = 1024 * 1024;

#[derive(Deserialize)]
struct Given {
    token: Option<String>,
    access_token: Option<String>,
}

/// The header `Authorization` that a challenge asks for. `None` where it asks for credentials and
/// there are none.
///
/// # Errors
/// When no token is to be had.
pub fn authorization(
    transport: &Transport,
    (reference, server): (&Reference, &str),
    challenge: &Challenge,
    actions: &str,
    login: Option<&Login>,
) -> Result<Option<String>, OciError> {
    if let Some(Login::Bearer(token)) = login {
        return Ok(Some(format!("Bearer {token}")));
    }
    let Challenge::Bearer {
        realm,
        service,
        scope,
    } = challenge
    else {
        return Ok(login.and_then(Login::basic));
    };
    let failed = |failure| OciError::NoAnswer {
        registry: reference.registry.clone(),
        what: "a token for it".to_owned(),
        failure,
    };
    let refused = |detail: &str| {
        failed(Failure::Malformed {
            detail: detail.to_owned(),
        })
    };
    // A password goes there: over https, or on this machine for a registry on this machine.
    let server = Origin::of(server);
    let server = server.ok_or_else(|| refused("it has no address"))?;
    let place = Origin::of(realm).filter(|place| server.may_lead_to(place));
    if place.is_none() || realm.contains('#') {
        return Err(refused("it sends to where no credentials are sent"));
    }
    let own_scope = format!("repository:{}:{actions}", reference.repository);
    let scope = scope.as_deref().unwrap_or(&own_scope);
    let mut parameters = vec![("scope", scope)];
    parameters.extend(service.as_deref().map(|service| ("service", service)));
    let answer = match login {
        Some(Login::Identity(token)) => {
            parameters.extend([
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("client_id", "assay"),
            ]);
            let form = form(&parameters);
            transport.send(&Asked {
                method: "POST",
                url: realm.clone(),
                accept: "application/json",
                authorization: None,
                body: Some(("application/x-www-form-urlencoded", form.as_bytes())),
                limit: MAX_BYTES,
            })
        }
        _ => {
            let basic = login.and_then(Login::basic);
            let mark = if realm.contains('?') { '&' } else { '?' };
            transport.send(&Asked {
                method: "GET",
                url: format!("{realm}{mark}{}", form(&parameters)),
                accept: "application/json",
                authorization: basic.as_deref(),
                body: None,
                limit: MAX_BYTES,
            })
        }
    };
    let answer = answer.map_err(failed)?;
    match answer.status {
        200 => {}
        401 | 403 => {
            return Err(OciError::Refused {
                registry: reference.registry.clone(),
                what: reference.to_string(),
                had_some: login.is_some(),
            });
        }
        status => return Err(failed(Failure::Status { status })),
    }
    let token = read(&answer).ok_or_else(|| refused("there is no token in it"))?;
    Ok(Some(format!("Bearer {token}")))
}

fn read(answer: &Answer) -> Option<String> {
    let given: Given = serde_json::from_slice(&answer.body).ok()?;
    let is_token = |token: &String| {
        // What would end the header is no token.
        !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let mut both = [given.token, given.access_token].into_iter().flatten();
    both.find(is_token)
}

/// The fields of a form (application/x-www-form-urlencoded).
fn form(fields: &[(&str, &str)]) -> String {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    fields.join("&")
}
