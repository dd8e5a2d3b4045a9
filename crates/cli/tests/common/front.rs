//! What stands before a notary: a server at an address that stays the same, which passes requests
//! on to the notary of the moment, holds some of them, or answers in its place.
#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// After so long a request that is waited for is taken to be missing: the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The server. It lives as long as the test.
pub struct Front {
    address: String,
    state: Arc<Mutex<State>>,
}

/// What was asked, and what becomes of the notary's answer: its status and body.
pub type Change = dyn Fn(&Asked, u16, Vec<u8>) -> (u16, Vec<u8>) + Send + Sync;

/// A request.
pub struct Asked {
    pub path: String,
    /// What was sent with it; empty for a GET.
    pub body: Vec<u8>,
}

/// A request that is held until this is dropped or released.
pub struct Held {
    asked: Receiver<()>,
    release: Option<Sender<()>>,
}

#[derive(Default)]
struct State {
    behind: String,
    asked: Vec<String>,
    rule: Option<(String, Rule)>,
}

enum Rule {
    /// This status, to all.
    Status(u16),
    /// The connection ends, for all.
    Silent,
    /// The first one is held, and passed on after that.
    Hold(Sender<()>, Receiver<()>),
    /// All are passed on, and their answers changed.
    Change(Arc<Change>),
}

impl Front {
    /// Before the notary at this URL.
    pub fn of(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            behind: behind.to_owned(),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Self { address, state }
    }

    /// Where the server listens.
    pub fn url(&self) -> String {
        self.address.clone()
    }

    /// Another notary stands behind from now on.
    pub fn show(&self, behind: &str) {
        self.state.lock().unwrap().behind = behind.to_owned();
    }

    /// Requests whose path has this in it are answered with a status.
    pub fn refuse(&self, part: &str, status: u16) {
        self.state.lock().unwrap().rule = Some((part.to_owned(), Rule::Status(status)));
    }

    /// Requests whose path has this in it are not answered.
    pub fn fall_silent(&self, part: &str) {
        self.state.lock().unwrap().rule = Some((part.to_owned(), Rule::Silent));
    }

    /// Answers to requests whose path has this in it are changed.
    pub fn change(
        &self,
        part: &str,
        change: impl Fn(&Asked, u16, Vec<u8>) -> (u16, Vec<u8>) + Send + Sync + 'static,
    ) {
        let rule = Rule::Change(Arc::new(change));
        self.state.lock().unwrap().rule = Some((part.to_owned(), rule));
    }

    /// The next request whose path has this in it is held.
    pub fn hold(&self, part: &str) -> Held {
        let (asked, was_asked) = channel();
        let (release, released) = channel();
        self.state.lock().unwrap().rule = Some((part.to_owned(), Rule::Hold(asked, released)));
        Held {
            asked: was_asked,
            release: Some(release),
        }
    }

    /// Everything is passed on again.
    pub fn let_pass(&self) {
        self.state.lock().unwrap().rule = None;
    }

    /// The paths that were asked for since this was called last, of those with this in it.
    pub fn asked(&self, part: &str) -> Vec<String> {
        let mut asked = std::mem::take(&mut self.state.lock().unwrap().asked);
        asked.retain(|path| path.contains(part));
        asked
    }
}

impl Held {
    /// Waits until the request is there.
    pub fn wait(&self) {
        let asked = self.asked.recv_timeout(PATIENCE);
        asked.expect("the request that is to be held");
    }

    /// Passes it on.
    pub fn release(mut self) {
        self.release = None;
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = reader.by_ref().lines();
    let Some(Ok(line)) = lines.next() else { return };
    let mut length = 0;
    for line in &mut lines {
        let Ok(line) = line else { return };
        if line.is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut parts = line.split(' ');
    let (Some(method), Some(path)) = (parts.next(), parts.next()) else {
        return;
    };
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let (behind, rule) = {
        let mut state = state.lock().unwrap();
        state.asked.push(path.to_owned());
        let rule = match &state.rule {
            Some((part, _)) if !path.contains(part.as_str()) => None,
            Some((_, Rule::Status(status))) => Some(Rule::Status(*status)),
            Some((_, Rule::Silent)) => Some(Rule::Silent),
            Some((_, Rule::Change(change))) => Some(Rule::Change(Arc::clone(change))),
            Some((_, Rule::Hold(..))) => state.rule.take().map(|(_, rule)| rule),
            None => None,
        };
        (state.behind.clone(), rule)
    };
    let mut change = None;
    match rule {
        Some(Rule::Status(status)) => return write(&mut stream, status, b"{}"),
        Some(Rule::Change(found)) => change = Some(found),
        Some(Rule::Silent) => return,
        Some(Rule::Hold(asked, released)) => {
            let _ = asked.send(());
            // It ends when the other side is dropped.
            let _ = released.recv();
        }
        None => {}
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let url = format!("{behind}{path}");
    let answered = match method {
        "POST" => {
            let request = agent.post(url).content_type("application/json");
            request.send(&body[..])
        }
        _ => agent.get(url).call(),
    };
    // A notary that is gone is as silent here as it is there.
    let Ok(mut answered) = answered else { return };
    let mut status = answered.status().as_u16();
    let mut answer = answered.body_mut().read_to_vec().unwrap();
    if let Some(change) = change {
        let path = path.to_owned();
        (status, answer) = change(&Asked { path, body }, status, answer);
    }
    write(&mut stream, status, &answer);
}

fn write(stream: &mut TcpStream, status: u16, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    // Whoever asked may be gone.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}
