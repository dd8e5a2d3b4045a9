//! `assay login` and `assay logout`: the notary that commands use, and the token for it.

pub mod args;
mod kept;

pub use kept::{Logins, is_name};

use crate::client::Client;
use crate::client_token::ClientToken;
use crate::contact::{self, contact_if};
use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use args::{LoginArgs, LogoutArgs};
use assay_core::evidence::Failure;
use assay_core::settings::Notary;
use kept::Login;
use serde_json::json;
use std::io::{IsTerminal, Write};

/// Where entries are proposed. An empty proposal is refused by whoever takes proposals.
const ENTRIES: &str = "/api/v1/log/entries";

/// Who may write to a notary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// Everybody.
    Open,
    /// Whoever has a token; none was given.
    NeedsToken,
    /// Whoever has a token, as this user has.
    Accepted,
}

/// Logs in, or shows the logins.
///
/// # Errors
/// When the notary cannot be reached, is not accepted, or does not know the token; nothing is changed
/// then.
pub fn run(args: &LoginArgs) -> Result<Exit, CliError> {
    let Some(typed) = &args.notary else {
        return list(args.json);
    };
    if let Some(name) = args.name.as_deref().filter(|name| !is_name(name)) {
        return Err(CliError::Usage(format!(
            "--name {name}: write letters, digits, - and _ only, at most 64"
        )));
    }
    let address = contact::address(typed)?;
    // Before the notary is asked: a file that cannot be read is no reason to pin anything.
    let given = ClientToken::given(args.token_file.as_deref())?;
    let token = match given {
        Some(token) => Some(token),
        None => Logins::read()?.token(&address)?,
    };
    let client = Client::new();
    let known = contact_if(
        &client,
        &address,
        args.fingerprint.as_deref(),
        |shown| match args.yes || args.fingerprint.is_some() {
            true => Ok(()),
            false => confirm(shown),
        },
    )?;
    let writing = who_writes(&client, &address, token.as_ref())?;
    let name = Logins::change(|logins| {
        let before = logins
            .logins
            .iter()
            .position(|login| login.notary == address);
        let before = before.map(|place| logins.logins.remove(place));
        let name = args.name.clone().or(before.and_then(|login| login.name));
        for other in &mut logins.logins {
            // One name, one notary: the last who was given it.
            if other.name == name {
                other.name = None;
            }
        }
        logins.default = Some(address.clone());
        logins.logins.push(Login {
            notary: address.clone(),
            name: name.clone(),
            token: token.as_ref().map(|token| token.secret().to_owned()),
        });
        name
    })?;
    let fingerprint = &known.notary.fingerprint;
    if args.json {
        output::json(&json!({
            "schema": "assay.login.v1",
            "notary": address,
            "name": name,
            "trust_root_fingerprint": fingerprint,
            "writing": writing.word(),
            "token": token.is_some(),
        }))?;
    } else {
        output::say(&format!(
            "logged in to {address}\n  trust root {fingerprint}\n  {}",
            writing.sentence(token.is_some())
        ))?;
    }
    Ok(Exit::DONE)
}

/// Logs out.
///
/// # Errors
/// When what is kept cannot be read or written.
pub fn log_out(args: &LogoutArgs) -> Result<Exit, CliError> {
    let named = match contact::chosen(args.notary.as_deref())? {
        Some(named) => Some(contact::address(&named)?),
        None => None,
    };
    let removed = match &named {
        None => false,
        Some(address) => Logins::change(|logins| {
            let before = logins.logins.len();
            logins.logins.retain(|login| login.notary != *address);
            if logins.default.as_ref() == Some(address) {
                logins.default = None;
            }
            logins.logins.len() < before
        })?,
    };
    let pin = match &named {
        None => "none",
        Some(address) if args.forget => match contact::forget(address)? {
            true => "forgotten",
            false => "none",
        },
        Some(address) => match contact::is_pinned(address)? {
            true => "kept",
            false => "none",
        },
    };
    if args.json {
        output::json(&json!({
            "schema": "assay.logout.v1",
            "notary": named,
            "outcome": if removed { "logged_out" } else { "unchanged" },
            "pin": pin,
        }))?;
        return Ok(Exit::DONE);
    }
    let about_pin = match pin {
        "kept" => "\n  its trust root stays pinned; --forget forgets it, too",
        "forgotten" => "\n  its trust root is forgotten: the next contact is the first",
        _ => "",
    };
    output::say(&match (&named, removed) {
        (Some(address), true) => {
            format!("logged out of {address}; the token for it is forgotten{about_pin}")
        }
        (Some(address), false) => format!("you were not logged in to {address}{about_pin}"),
        (None, _) => {
            "no notary is the one that commands use, so there is none to log out of".to_owned()
        }
    })?;
    let left = Logins::read()?;
    if let (None, [first, ..]) = (&left.default, &left.logins[..]) {
        output::note(&format!(
            "commands use no notary now; you are logged in to {}, and `assay login {}` has them use it",
            count(left.logins.len()),
            first.notary
        ));
    }
    Ok(Exit::DONE)
}

fn count(notaries: usize) -> String {
    match notaries {
        1 => "another one".to_owned(),
        several => format!("{several} others"),
    }
}

fn list(as_json: bool) -> Result<Exit, CliError> {
    let Logins { default, logins } = Logins::read()?;
    if as_json {
        let logins = logins.iter().map(|login| {
            json!({
                "notary": login.notary,
                "name": login.name,
                "token": login.token.is_some(),
            })
        });
        output::json(&json!({
            "schema": "assay.logins.v1",
            "notary": default,
            "logins": logins.collect::<Vec<_>>(),
        }))?;
        return Ok(Exit::DONE);
    }
    for login in &logins {
        let name = login.name.as_ref().map(|name| format!(" ({name})"));
        let token = match login.token {
            Some(_) => ", with a token",
            None => "",
        };
        let used = match default.as_ref() == Some(&login.notary) {
            true => ", used by commands",
            false => "",
        };
        let name = name.unwrap_or_default();
        output::say(&format!("{}{name}{token}{used}", login.notary))?;
    }
    if logins.is_empty() {
        output::note("you are not logged in to any notary; `assay login URL` does that");
    }
    Ok(Exit::DONE)
}

/// Has the user confirm what a notary shows that was never met before.
fn confirm(shown: &Notary) -> Result<(), CliError> {
    let (address, fingerprint) = (&shown.address, &shown.fingerprint);
    let input = std::io::stdin();
    if !input.is_terminal() || !std::io::stderr().is_terminal() {
        return Err(CliError::Usage(format!(
            "this is the first contact with {address}, whose trust root has the fingerprint \
             {fingerprint}. Compare it with what its administrator publishes, and give it with \
             --fingerprint; or take it as it is with --yes"
        )));
    }
    output::note(&format!("This is the first contact with {address}."));
    output::note(&format!("Its trust root has the fingerprint {fingerprint}"));
    output::note("Compare it with what the notary's administrator publishes.");
    let mut error = std::io::stderr();
    let _ = write!(error, "Pin it, and log in? [y/N] ");
    let _ = error.flush();
    let mut answer = String::new();
    input
        .read_line(&mut answer)
        .map_err(|source| CliError::file("standard input".as_ref(), source))?;
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(CliError::TrustRoot(
            "not logged in: the fingerprint was not confirmed".to_owned(),
        )),
    }
}

/// Whether the notary lets everybody write, or whoever has this token. It is asked to log what cannot be
/// logged, so that nothing is.
fn who_writes(
    client: &Client,
    address: &str,
    token: Option<&ClientToken>,
) -> Result<Writing, CliError> {
    let url = format!("{address}{ENTRIES}");
    let takes = |token: Option<&ClientToken>| -> Result<bool, CliError> {
        let no_answer = |failure| CliError::NoAnswer {
            address: address.to_owned(),
            failure,
        };
        let status = client.post(&url, "{}", token).map_err(no_answer)?;
        match status.response.status {
            401 => Ok(false),
            400 | 415 | 422 => Ok(true),
            status => Err(no_answer(Failure::Status { status })),
        }
    };
    if takes(None)? {
        return Ok(Writing::Open);
    }
    match token {
        None => Ok(Writing::NeedsToken),
        Some(token) if takes(Some(token))? => Ok(Writing::Accepted),
        Some(_) => Err(CliError::Token {
            address: address.to_owned(),
            had_one: true,
        }),
    }
}

impl Writing {
    /// The word for it in JSON.
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NeedsToken => "token_needed",
            Self::Accepted => "token_accepted",
        }
    }

    fn sentence(self, has_token: bool) -> &'static str {
        match self {
            Self::Open if has_token => {
                "everybody may write there, so that nobody looked at the token, which is kept"
            }
            Self::Open => "everybody may write there",
            Self::NeedsToken => {
                "whoever writes there needs a token: log in again with --token-file to sign"
            }
            Self::Accepted => "the token was accepted, and is kept for this notary alone",
        }
    }
}
