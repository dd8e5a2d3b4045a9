use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Error, Result};

/// A command may run a long script, so this only catches a browser that hangs.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

/// What the browser reports on its own.
#[derive(Clone, Debug)]
pub struct Event {
    /// The attached target it came from; `None` for the browser itself.
    pub session: Option<String>,
    /// The DevTools event, such as `Target.targetCreated`.
    pub method: String,
    /// The event's parameters.
    pub params: Value,
}

/// A DevTools connection over the browser's own pipe (`--remote-debugging-pipe`).
///
/// A pipe needs no port, nobody else can speak on it, and the browser ends itself when it closes.
#[derive(Clone)]
pub struct Connection {
    shared: Arc<Shared>,
}

struct Shared {
    writer: Mutex<Box<dyn Write + Send>>,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    closed: bool,
    waiting: HashMap<u64, Sender<std::result::Result<Value, String>>>,
    listeners: Vec<Sender<Event>>,
}

impl Connection {
    pub(crate) fn new(
        reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            writer: Mutex::new(Box::new(writer)),
            next: AtomicU64::new(1),
            state: Mutex::default(),
        });
        let receiving = Arc::downgrade(&shared);
        std::thread::spawn(move || {
            for message in BufReader::new(reader).split(0) {
                let (Ok(message), Some(shared)) = (message, receiving.upgrade()) else {
                    break;
                };
                if let Ok(message) = serde_json::from_slice::<Value>(&message) {
                    shared.receive(message);
                }
            }
            if let Some(shared) = receiving.upgrade() {
                let mut state = lock(&shared.state);
                state.closed = true;
                state.waiting.clear();
                state.listeners.clear();
            }
        });
        Self { shared }
    }

    /// Sends a command to the browser (no session) or to an attached target, and waits for its answer.
    ///
    /// # Errors
    /// [`Error::Refused`] with the browser's words; [`Error::NoAnswer`] when it has ended or hangs.
    pub fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        let no_answer = |reason: &str| Error::NoAnswer {
            method: method.to_owned(),
            reason: reason.to_owned(),
        };
        let id = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = Value::from(session);
        }
        let (answer, answered) = mpsc::channel();
        {
            let mut state = lock(&self.shared.state);
            if state.closed {
                return Err(no_answer("it has ended"));
            }
            state.waiting.insert(id, answer);
        }
        let mut bytes = serde_json::to_vec(&message)?;
        bytes.push(0);
        {
            let mut writer = lock(&self.shared.writer);
            writer
                .write_all(&bytes)
                .and_then(|()| writer.flush())
                .map_err(|_| no_answer("it has ended"))?;
        }
        match answered.recv_timeout(ANSWER_LIMIT) {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(message)) => Err(Error::Refused {
                method: method.to_owned(),
                message,
            }),
            Err(RecvTimeoutError::Disconnected) => Err(no_answer("it ended meanwhile")),
            Err(RecvTimeoutError::Timeout) => Err(no_answer("it took too long")),
        }
    }

    /// Every event from now on.
    pub fn events(&self) -> Receiver<Event> {
        let (sender, receiver) = mpsc::channel();
        lock(&self.shared.state).listeners.push(sender);
        receiver
    }
}

impl Shared {
    fn receive(&self, mut message: Value) {
        let mut state = lock(&self.state);
        if let Some(id) = message["id"].as_u64() {
            if let Some(answer) = state.waiting.remove(&id) {
                let error = &message["error"];
                let result = if error.is_null() {
                    Ok(message["result"].take())
                } else {
                    Err(error["message"].as_str().unwrap_or_default().to_owned())
                };
                // Whoever gave up waiting does not mind.
                let _ = answer.send(result);
            }
            return;
        }
        let event = Event {
            session: message["sessionId"].as_str().map(str::to_owned),
            method: message["method"].as_str().unwrap_or_default().to_owned(),
            params: message["params"].take(),
        };
        state
            .listeners
            .retain(|listener| listener.send(event.clone()).is_ok());
    }
}

/// A panicking test must not hide its own message behind a poisoned lock.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
