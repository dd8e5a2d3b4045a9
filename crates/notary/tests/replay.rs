//! What a real Rekor v1 answered, request by request, is what the notary answers: the same status,
//! the same headers, the same shape of body.
//!
//! The exchanges are not part of this repository. Where the folder `shared` is not beside the
//! checkout, the test says so; in CI that is a failure.

mod common;

use assay_notary::keys::SigningKey;
use common::{Answer, Running, hashed_rekord};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// Where the notary answers otherwise on purpose: name of the exchange, status here, and why.
const BETTER: [(&str, u16, &str); 2] = [
    (
        "malformed json",
        400,
        "JSON that ends too early is the sender's mistake and no fault of the server",
    ),
    (
        "options",
        200,
        "any page may ask what it may do (CORS), with whatever headers it asks",
    ),
];

/// Headers that are not compared: those of the connection, which are not the answer's, and `Vary`,
/// as here an answer is the same whichever origin asks, so that a cache may keep it for all.
const NOT_COMPARED: [&str; 4] = ["connection", "content-length", "transfer-encoding", "vary"];

/// So many entries are in the log before, so that proofs have something to prove.
const BEFORE: u64 = 9;

/// What stands in the exchanges, and what stands for it here.
#[derive(Default)]
struct Learnt {
    /// Number of the tree, in an entry's name.
    trees: Option<(String, String)>,
    /// By how much indexes and sizes are larger there.
    offset: Option<u64>,
}

impl Learnt {
    /// From an entry that was added there and here.
    fn learn(&mut self, there: &Value, here: &Value) {
        let (there_id, there) = only(there);
        let (here_id, here) = only(here);
        // The same bytes are logged, so they have the same leaf hash.
        assert_eq!(there["body"], here["body"]);
        assert_eq!(there_id[16..], here_id[16..]);
        self.trees = Some((there_id[..16].to_owned(), here_id[..16].to_owned()));
        let index = |entry: &Value| entry["logIndex"].as_u64().unwrap();
        self.offset = Some(index(there) - index(here));
    }

    fn names(&self, text: &str) -> String {
        match &self.trees {
            Some((there, here)) => text.replace(there, here),
            None => text.to_owned(),
        }
    }

    fn number(&self, there: u64) -> u64 {
        match self.offset {
            // Small numbers and those that no log has are meant as they are.
            Some(offset) if (offset..offset + 1000).contains(&there) => there - offset,
            _ => there,
        }
    }

    fn path(&self, path: &str) -> String {
        let path = self.names(path);
        let Some((path, query)) = path.split_once('?') else {
            return path;
        };
        let pairs = query.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            let value = value
                .parse()
                .map_or_else(|_| value.to_owned(), |n| self.number(n).to_string());
            format!("{name}={value}")
        });
        format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
    }

    fn body(&self, body: &Value) -> Option<Vec<u8>> {
        match body {
            Value::Null => None,
            Value::String(text) => Some(self.names(text).into_bytes()),
            other => {
                let mut body = other.clone();
                if let Some(indexes) = body.pointer_mut("/logIndexes") {
                    for index in indexes.as_array_mut().unwrap() {
                        *index = self.number(index.as_u64().unwrap()).into();
                    }
                }
                Some(self.names(&body.to_string()).into_bytes())
            }
        }
    }
}

fn only(entry: &Value) -> (&str, &Value) {
    let mut entries = entry.as_object().unwrap().iter();
    let (id, entry) = entries.next().unwrap();
    assert!(entries.next().is_none());
    (id, entry)
}

#[test]
fn everything_is_answered_as_a_real_rekor_answers_it() {
    let Some(exchanges) = exchanges() else { return };
    let data = common::DataFolder::new();
    let notary = Running::start(data.path());
    let key = SigningKey::generate().unwrap();
    for number in 0..BEFORE {
        let file = number.to_be_bytes();
        notary.add(&hashed_rekord(&file, &key, &key.public_pem()));
    }
    let mut learnt = Learnt::default();
    let mut better = BTreeSet::new();
    for exchange in &exchanges {
        let name = exchange["name"].as_str().unwrap();
        let answer = send(&notary, &learnt, &exchange["request"]);
        let status = match BETTER.iter().find(|(better, ..)| *better == name) {
            Some((name, status, _)) => {
                better.insert(*name);
                assert_eq!(answer.status, *status, "{name}: {}", answer.text);
                continue;
            }
            None => exchange["status"].as_u64().unwrap(),
        };
        assert_eq!(u64::from(answer.status), status, "{name}: {}", answer.text);
        if status == 201 {
            learnt.learn(&exchange["body"], &answer.json());
        }
        same_headers(name, &learnt, &exchange["headers"], &answer);
        match &exchange["body"] {
            Value::String(text) if text.is_empty() => assert_eq!(answer.text, "", "{name}"),
            Value::String(_) => assert!(!answer.text.is_empty(), "{name}"),
            there => same_shape(name, &learnt, there, &answer.json()),
        }
    }
    assert!(exchanges.len() >= 54, "all that were recorded");
    assert_eq!(better.len(), BETTER.len(), "each difference was met");
}

fn send(notary: &Running, learnt: &Learnt, request: &Value) -> Answer {
    let text = |name: &str| request[name].as_str();
    let mut headers = vec![("accept", text("accept").unwrap())];
    headers.extend(text("content_type").map(|kind| ("content-type", kind)));
    let path = learnt.path(text("path").unwrap());
    let body = learnt.body(&request["body"]);
    // A POST without a body says so.
    let body = match (text("method"), body) {
        (Some("POST"), None) => Some(Vec::new()),
        (_, body) => body,
    };
    let method = text("method").unwrap();
    notary.send(method, &path, &headers, body.as_deref())
}

fn same_headers(name: &str, learnt: &Learnt, there: &Value, answer: &Answer) {
    for (header, there) in there.as_object().unwrap() {
        let header = header.to_ascii_lowercase();
        if NOT_COMPARED.contains(&header.as_str()) {
            continue;
        }
        let here = answer.header(&header);
        let here = here.unwrap_or_else(|| panic!("{name}: no header {header}"));
        let there = learnt.names(there.as_str().unwrap());
        let list = |text: &str| -> BTreeSet<String> {
            let items = text.split(',').map(|item| item.trim().to_ascii_lowercase());
            items.collect()
        };
        match header.as_str() {
            // More may be allowed: HEAD is.
            "allow" => assert!(list(here).is_superset(&list(&there)), "{name}: {here}"),
            "content-type" => assert_eq!(here.split(';').next(), Some(&*there), "{name}"),
            _ => assert_eq!(here, there, "{name}: {header}"),
        }
    }
}

/// The same keys and the same types, all the way down.
fn same_shape(name: &str, learnt: &Learnt, there: &Value, here: &Value) {
    match (there, here) {
        (Value::Object(there), Value::Object(here)) => {
            let theirs: BTreeSet<_> = there.keys().map(|key| learnt.names(key)).collect();
            let ours: BTreeSet<_> = here.keys().cloned().collect();
            assert_eq!(ours, theirs, "{name}");
            for (key, there) in there {
                let here = &here[&learnt.names(key)];
                if key == "code" || key == "body" {
                    assert_eq!(here, there, "{name}: {key}");
                }
                same_shape(name, learnt, there, here);
            }
        }
        (Value::Array(there), Value::Array(here)) => {
            // Entries are the same ones; of proofs, the log decides how long they are.
            let names = |list: &[Value]| -> Option<BTreeSet<String>> {
                let text = |item: &Value| item.as_str().map(|text| learnt.names(text));
                let ids = list.iter().map(text).collect::<Option<BTreeSet<_>>>()?;
                ids.iter().all(|id| id.len() == 80).then_some(ids)
            };
            if let Some(theirs) = names(there) {
                assert_eq!(names(here), Some(theirs), "{name}");
            } else if let Some(there) = there.first() {
                assert!(!here.is_empty(), "{name}");
                for here in here {
                    same_shape(name, learnt, there, here);
                }
            }
        }
        _ => {
            let kind = std::mem::discriminant;
            assert_eq!(kind(here), kind(there), "{name}: {there} is {here}");
        }
    }
}

fn exchanges() -> Option<Vec<Value>> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let file = checkout.join("../shared/fixtures/rekor-v1/exchanges.jsonl");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Some(
            text.lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect(),
        );
    }
    let message = format!("the exchanges are not there: {}", file.display());
    assert!(std::env::var("CI").is_err(), "{message}");
    let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
    None
}
