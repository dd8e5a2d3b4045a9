//! Programs that keep credentials (`docker-credential-NAME`), by the protocol of
//! docker-credential-helpers: `get` takes the registry on standard input and answers with JSON.

use crate::credentials::Login;
use crate::error::OciError;
use serde::Deserialize;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// How a program of this name is to be run: without what it must not see.
pub type Start = fn(&str) -> Command;

/// How long such a program may take: it may have to ask the user.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How many bytes of its answer are read at most.
const MAX_BYTES: u64 = 256 * 1024;

/// What it calls a user whose secret is a token.
const TOKEN_USER: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// What the program keeps for a registry; `None` where that is nothing.
///
/// # Errors
/// When it cannot be run, or gives no usable answer.
pub fn get(name: &str, registry: &str, program_named: Start) -> Result<Option<Login>, OciError> {
    let program = format!("docker-credential-{name}");
    let unusable = |detail: &str| OciError::Credentials {
        place: program.clone(),
        detail: detail.to_owned(),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    // It is looked for on the PATH, and is no path itself.
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(unusable(
            "this is no name of a program that keeps credentials",
        ));
    }
    let mut child = program_named(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| unusable(&format!("it cannot be run: {error}")))?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (answered, answer) = channel();
    let registry = registry.to_owned();
    // On a thread that ends with the program, whatever the program does.
    thread::spawn(move || {
        if let Some(mut input) = input {
            // One that does not read it answers all the same, or does not.
            let _ = input.write_all(registry.as_bytes());
        }
        let mut text = Vec::new();
        if let Some(output) = output {
            let _ = output.take(MAX_BYTES).read_to_end(&mut text);
        }
        let _ = answered.send(text);
    });
    let text = answer.recv_timeout(TIME_LIMIT);
    if text.is_err() {
        let _ = child.kill();
    }
    let Ok(text) = text else {
        let _ = child.wait();
        return Err(unusable("it did not answer in time"));
    };
    // It closed its output, and has nothing more to do.
    let ended = wait(&mut child).ok_or_else(|| unusable("it answered, and does not end"))?;
    if !ended {
        let said = String::from_utf8_lossy(&text);
        // The protocol's words for this, which come in two forms.
        return match said.contains("credentials not found") {
            true => Ok(None),
            false => Err(unusable(
                "it failed, and said no reason that can be repeated",
            )),
        };
    }
    let answer: Answer = serde_json::from_slice(&text)
        .map_err(|_| unusable("its answer is not of the form that it must be"))?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    Ok(Some(match answer.username.as_str() {
        TOKEN_USER => Login::Identity(answer.secret),
        user => Login::password(user, &answer.secret),
    }))
}

/// Whether it ended well. `None`, and an end, for one that goes on.
fn wait(child: &mut std::process::Child) -> Option<bool> {
    const STEP: Duration = Duration::from_millis(10);
    for _ in 0..TIME_LIMIT.as_millis() / STEP.as_millis() {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) => thread::sleep(STEP),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}
