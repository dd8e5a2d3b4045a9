//! The address on this machine at which the browser ends a login (RFC 8252, section 7.3).

use super::form;
use crate::error::CliError;
use crate::secret::Secret;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

/// So long a person may take to log in.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// So long a browser may take to say what it wants.
const PATIENCE_WITH_BROWSER: Duration = Duration::from_secs(10);
/// The longest request that is read, in bytes.
const MAX_REQUEST: usize = 16 * 1024;
/// Where the login ends. Sigstore's issuer knows this path.
const CALLBACK: &str = "/auth/callback";
const START: &str = "/start";

const DONE: &str =
    "You are logged in. This page can be closed; the signing goes on in the terminal.";
const REFUSED: &str = "The login failed. The terminal says why.";
const NOTHING: &str = "There is nothing here.";

/// A listener on this machine, for one login.
pub struct Loopback {
    runtime: Runtime,
    listener: TcpListener,
    port: u16,
}

/// What a connection needs to know.
struct Login {
    address: String,
    state: Secret,
    begun: AtomicBool,
    ended: mpsc::Sender<Result<Secret, CliError>>,
}

impl Loopback {
    /// Listens at a port that is free.
    ///
    /// # Errors
    /// When there is none.
    pub fn open() -> Result<Self, CliError> {
        let failed = |error: std::io::Error| {
            CliError::Secret(format!(
                "the login has no address on this machine to end at: {error}"
            ))
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(failed)?;
        let listener = runtime
            .block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        Ok(Self {
            runtime,
            listener,
            port,
        })
    }

    /// Where the issuer sends the browser in the end.
    pub fn redirect(&self) -> String {
        format!("http://localhost:{}{CALLBACK}", self.port)
    }

    /// Where the browser begins: it is led on to the login, the first time only.
    pub fn start(&self) -> String {
        format!("http://localhost:{}{START}", self.port)
    }

    /// Waits until the person has logged in, and returns the code that the issuer gave.
    ///
    /// # Errors
    /// When they do not in time, or the issuer refuses.
    pub fn wait(self, login: &str, state: &Secret) -> Result<Secret, CliError> {
        let (ended, mut end) = mpsc::channel(1);
        let login = Arc::new(Login {
            address: login.to_owned(),
            state: state.clone(),
            begun: AtomicBool::new(false),
            ended,
        });
        let listener = self.listener;
        let result = self.runtime.block_on(async {
            let serving = async {
                loop {
                    // A connection that keeps silent keeps nobody else waiting.
                    let Ok((stream, _)) = listener.accept().await else {
                        continue;
                    };
                    let login = Arc::clone(&login);
                    tokio::spawn(async move {
                        let answering = answer(stream, &login);
                        let _ = tokio::time::timeout(PATIENCE_WITH_BROWSER, answering).await;
                    });
                }
            };
            tokio::select! {
                result = end.recv() => result,
                () = serving => None,
                () = tokio::time::sleep(PATIENCE) => None,
            }
        });
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        result.unwrap_or_else(|| {
            Err(CliError::Secret(format!(
                "nobody logged in within {} minutes",
                PATIENCE.as_secs() / 60
            )))
        })
    }
}

/// Answers one request.
async fn answer(mut stream: TcpStream, login: &Login) {
    let Some(target) = target(&mut stream).await else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (head, text, result) = match path {
        START if !login.begun.swap(true, Ordering::Relaxed) => {
            // Made here: it has no line ends.
            let head = format!("302 Found\r\nLocation: {}", login.address);
            (head, "", None)
        }
        CALLBACK => match returned(query, &login.state) {
            None => ("400 Bad Request".to_owned(), NOTHING, None),
            Some(Ok(code)) => ("200 OK".to_owned(), DONE, Some(Ok(code))),
            Some(Err(error)) => ("200 OK".to_owned(), REFUSED, Some(Err(error))),
        },
        _ => ("404 Not Found".to_owned(), NOTHING, None),
    };
    let answer = format!(
        "HTTP/1.1 {head}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{text}",
        text.len()
    );
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    if let Some(result) = result {
        let _ = login.ended.try_send(result);
    }
}

/// What the issuer sends back; `None` for what is not the answer to this login.
fn returned(query: &str, state: &Secret) -> Option<Result<Secret, CliError>> {
    if form::field(query, "state").as_deref() != Some(state.expose()) {
        return None;
    }
    if let Some(code) = form::field(query, "code").filter(|code| !code.is_empty()) {
        return Some(Ok(Secret::new(code)));
    }
    let words = form::field(query, "error_description").or_else(|| form::field(query, "error"));
    let words: String = words.unwrap_or_default().chars().take(300).collect();
    Some(Err(CliError::Secret(format!(
        "the login was refused: {words}"
    ))))
}

/// The target of a GET request (RFC 9112, section 3), once all of its head is there.
async fn target(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0u8; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.ok()?;
        let more = piece.get(..read).filter(|more| !more.is_empty())?;
        head.extend_from_slice(more);
        if head.len() > MAX_REQUEST {
            return None;
        }
    }
    let head = String::from_utf8(head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    match (words.next(), words.next()) {
        (Some("GET"), Some(target)) => Some(target.to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_login_is_taken() {
        let state = Secret::new("right".into());
        let code = |query: &str| match returned(query, &state) {
            Some(Ok(code)) => Some(code.expose().to_owned()),
            _ => None,
        };
        assert_eq!(code("code=a%20b&state=right").as_deref(), Some("a b"));
        for other in [
            "",
            "code=a",
            "code=a&state=wrong",
            "code=a&state=right&state=right",
        ] {
            assert!(returned(other, &state).is_none(), "{other}");
        }
        let refused = returned("error=access_denied&state=right", &state);
        let refused = refused.unwrap().unwrap_err().to_string();
        assert!(refused.contains("access_denied"), "{refused}");
    }
}
