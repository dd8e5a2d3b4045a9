use std::fmt;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::Connection;
use crate::connection::{Event, lock};

/// An error that a page or an extension's context reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: an address, or "service worker".
    pub place: String,
    /// What it said.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.text)
    }
}

/// The errors of one browser, over all its runs.
#[derive(Clone, Default)]
pub(crate) struct Problems {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    found: Vec<Problem>,
    expected: Vec<String>,
}

impl Problems {
    /// Collects what the attached targets of `connection` report, until it ends.
    pub(crate) fn watch(&self, connection: &Connection) {
        let events = connection.events();
        let problems = self.clone();
        std::thread::spawn(move || {
            for event in events {
                problems.add(problem(&event));
            }
        });
    }

    pub(crate) fn add(&self, problems: impl IntoIterator<Item = Problem>) {
        let mut shared = lock(&self.shared);
        for problem in problems {
            if !shared.found.contains(&problem) {
                shared.found.push(problem);
            }
        }
    }

    pub(crate) fn expect(&self, text: &str) {
        lock(&self.shared).expected.push(text.to_owned());
    }

    pub(crate) fn unexpected(&self) -> Vec<Problem> {
        let shared = lock(&self.shared);
        let unexpected = |problem: &&Problem| {
            !shared
                .expected
                .iter()
                .any(|text| problem.text.contains(text) || problem.place.contains(text))
        };
        shared.found.iter().filter(unexpected).cloned().collect()
    }
}

fn problem(event: &Event) -> Option<Problem> {
    let params = &event.params;
    let (place, text) = match event.method.as_str() {
        "Runtime.exceptionThrown" => {
            let details = &params["exceptionDetails"];
            (&details["url"], exception(details))
        }
        "Runtime.consoleAPICalled" if params["type"] == "error" || params["type"] == "assert" => {
            let frames = &params["stackTrace"]["callFrames"];
            let words = params["args"].as_array().into_iter().flatten();
            (
                &frames[0]["url"],
                words.map(shown).collect::<Vec<_>>().join(" "),
            )
        }
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            let entry = &params["entry"];
            (
                &entry["url"],
                entry["text"].as_str().unwrap_or_default().to_owned(),
            )
        }
        _ => return None,
    };
    let place = place.as_str().unwrap_or("a page").to_owned();
    // What the browser's own pages say of themselves is not the extension's doing.
    if place.starts_with("chrome://") {
        return None;
    }
    Some(Problem { place, text })
}

/// A DevTools `ExceptionDetails` in words.
pub(crate) fn exception(details: &Value) -> String {
    let text = details["text"].as_str().unwrap_or_default();
    match details.get("exception") {
        Some(thrown) => format!("{text} {}", shown(thrown)),
        None => text.to_owned(),
    }
}

/// A DevTools `RemoteObject` in words.
fn shown(object: &Value) -> String {
    match (&object["description"], &object["value"]) {
        (Value::String(description), _) => description.clone(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}
