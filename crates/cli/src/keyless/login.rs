//! A login with a browser: OAuth 2.0's authorization code with PKCE (RFC 6749, RFC 7636), as a native
//! application does it (RFC 8252), for an identity token (OpenID Connect Core 1.0).

use super::form;
use super::loopback::Loopback;
use super::service::{Sent, Service};
use super::token::IdentityToken;
use crate::client::Client;
use crate::error::CliError;
use crate::output;
use crate::secret::{Secret, child};
use assay_core::digest::Sha256Digest;
use assay_core::settings::notary_address;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use std::ffi::OsString;
use std::process::Stdio;

const WHAT: &str = "the identity service";

/// Has a person log in with this issuer, and returns the token.
///
/// # Errors
/// When the issuer cannot be used, the person does not log in in time, or what comes back is not the
/// answer to what was asked.
pub fn token(client: &Client, issuer: &str, client_id: &str) -> Result<Secret, CliError> {
    let service = Service {
        what: WHAT,
        address: issuer.trim_end_matches('/'),
        client,
    };
    let places = Places::of(&service, issuer)?;
    let loopback = Loopback::open()?;
    let redirect = loopback.redirect();
    let [state, nonce, verifier] = [random()?, random()?, random()?];
    let challenge = Sha256Digest::of(verifier.expose().as_bytes());
    let query = form::of(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", &redirect),
        ("scope", "openid email"),
        ("state", state.expose()),
        ("nonce", nonce.expose()),
        (
            "code_challenge",
            &URL_SAFE_NO_PAD.encode(challenge.as_bytes()),
        ),
        ("code_challenge_method", "S256"),
    ]);
    let joint = if places.login.contains('?') { '&' } else { '?' };
    let login = format!("{}{joint}{query}", places.login);
    output::note(&match open(&loopback.start()) {
        true => format!("log in in your browser; if it shows nothing, open {login}"),
        false => format!("open this in a browser on this machine to log in: {login}"),
    });
    let code = loopback.wait(&login, &state)?;
    let body = Secret::new(form::of(&[
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", &redirect),
        ("client_id", client_id),
        ("code_verifier", verifier.expose()),
    ]));
    let exchange = Service {
        what: WHAT,
        address: &places.exchange,
        client,
    };
    let response = exchange.post(&Sent {
        path: "",
        content_type: "application/x-www-form-urlencoded",
        accept: "application/json",
        body: body.expose().as_bytes(),
        secrets: &[&code, &verifier],
    })?;
    let answer = exchange.json(&response)?;
    let text = answer.get("id_token").and_then(Value::as_str);
    let text = text.ok_or_else(|| exchange.malformed("there is no identity token in it"))?;
    let text = Secret::new(text.to_owned());
    let token = IdentityToken::parse(&text)?;
    // The exchange was with the issuer itself, over TLS: who signed the token needs no proof here
    // (OpenID Connect Core, section 3.1.3.7), but that it is of this login does.
    let is_ours = token.claim("nonce") == Some(nonce.expose())
        && token.claim("iss") == Some(issuer)
        && token.is_for(client_id);
    match is_ours {
        true => Ok(text),
        false => Err(exchange.malformed("the identity token is not of this login")),
    }
}

/// Where one logs in (OpenID Connect Discovery 1.0).
struct Places {
    login: String,
    exchange: String,
}

impl Places {
    fn of(service: &Service<'_>, issuer: &str) -> Result<Self, CliError> {
        let response = service.get("/.well-known/openid-configuration")?;
        let answer = service.json(&response)?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
        if text("issuer") != issuer {
            return Err(service.malformed("it says to be another issuer"));
        }
        let address = |name: &str| {
            let url = text(name);
            let path = url.split(['?', '#']).next().unwrap_or_default();
            // It is passed on to the browser in a header.
            let is_plain = url.chars().all(|c| c.is_ascii_graphic() && c != '#');
            match path.contains("://") && notary_address(path).is_some() && is_plain {
                true => Ok(url.to_owned()),
                false => Err(service.malformed(format!("its {name} is no address over https"))),
            }
        };
        Ok(Self {
            login: address("authorization_endpoint")?,
            exchange: address("token_endpoint")?,
        })
    }
}

/// 256 bits that nobody can guess, in 43 characters.
fn random() -> Result<Secret, CliError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| CliError::Internal(error.to_string()))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
}

/// Opens an address in the person's browser; whether that could be tried. What is in the address is
/// seen by everybody on this machine, so it is one of this program that leads on.
fn open(address: &str) -> bool {
    // It may also be a list, of which the system's opener knows more.
    let is_one =
        |browser: &OsString| !browser.is_empty() && !browser.to_string_lossy().contains(':');
    let named = std::env::var_os("BROWSER").filter(is_one);
    let mut command = match named {
        Some(browser) => child(browser),
        None if cfg!(target_os = "macos") => child("open"),
        None if cfg!(windows) => {
            let mut command = child("rundll32");
            command.arg("url.dll,FileProtocolHandler");
            command
        }
        None => child("xdg-open"),
    };
    let opened = command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    opened.is_ok()
}
