use std::collections::BTreeMap;
use std::path::Path;

use axum::body::{Body, Bytes};
use axum::http::Response;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Error, Result};

/// The answers of one service, in the shapes that it documents: `shapes/<service>.json`. Each says where
/// its shape is documented; what differs from answer to answer is left open as `${name}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    /// The service, and which version of it.
    pub service: String,
    /// The shapes by their names.
    pub shapes: BTreeMap<String, Shape>,
}

/// One answer, or a part of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Where it is documented.
    pub source: String,
    /// The status; of a part of an answer none.
    #[serde(default)]
    pub status: u16,
    /// The headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body: JSON, or a text as it is.
    #[serde(default)]
    pub body: Value,
    /// How it is sent.
    #[serde(default)]
    pub manner: Manner,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// All of it.
    #[default]
    Whole,
    /// Half of the body, then the connection ends.
    Broken,
    /// Status and headers; the body never comes.
    Silent,
}

/// An answer with all that was left open.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How it is sent.
    pub manner: Manner,
}

/// What stands for what was left open.
pub type Fill<'a> = &'a [(&'a str, Value)];

impl Shapes {
    /// The shapes of a service.
    ///
    /// # Errors
    /// There is no such file, or it has another form.
    pub fn of(service: &str) -> Result<Self> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("driver/shapes")
            .join(format!("{service}.json"));
        let text = std::fs::read_to_string(&file).map_err(Error::path("read", &file))?;
        Ok(serde_json::from_str(&text)?)
    }

    /// An answer, with this for what was left open.
    ///
    /// # Errors
    /// There is no such shape, or something is left open.
    pub fn replay(&self, name: &str, fill: Fill<'_>) -> Result<Replay> {
        let shape = self.shape(name)?;
        let mut headers = Vec::new();
        for (header, value) in &shape.headers {
            headers.push((header.clone(), text(&filled_text(value, fill)?)));
        }
        Ok(Replay {
            status: shape.status,
            headers,
            body: text(&self.part(name, fill)?).into_bytes(),
            manner: shape.manner,
        })
    }

    /// The body of an answer, or a part of one, with this for what was left open.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn part(&self, name: &str, fill: Fill<'_>) -> Result<Value> {
        filled(&self.shape(name)?.body, fill)
    }

    fn shape(&self, name: &str) -> Result<&Shape> {
        let missing = || Error::Other(format!("{}: no shape {name}", self.service));
        self.shapes.get(name).ok_or_else(missing)
    }
}

impl Replay {
    /// It, sent in other words or with another status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn response(self) -> Response<Body> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = match self.manner {
            Manner::Whole => Body::from(self.body),
            Manner::Broken => {
                response = response.header("content-length", self.body.len());
                let half = self.body.len() / 2;
                broken(self.body.into_iter().take(half).collect())
            }
            Manner::Silent => Body::from_stream(stream::pending::<std::io::Result<Bytes>>()),
        };
        response.body(body).unwrap_or_default()
    }
}

/// These bytes, and then the end of the connection.
pub(crate) fn broken(sent: Vec<u8>) -> Body {
    let parts = [Ok(Bytes::from(sent)), Err("the connection breaks")];
    Body::from_stream(stream::unfold(parts.into_iter(), |mut parts| async move {
        let part = parts.next()?;
        if part.is_err() {
            // What came before leaves the buffer only while there is nothing to add to it.
            tokio::task::yield_now().await;
        }
        Some((part, parts))
    }))
}

fn filled(value: &Value, fill: Fill<'_>) -> Result<Value> {
    Ok(match value {
        Value::String(open) => filled_text(open, fill)?,
        Value::Array(items) => {
            let items = items.iter().map(|item| filled(item, fill));
            Value::Array(items.collect::<Result<_>>()?)
        }
        Value::Object(fields) => {
            let mut known = Map::new();
            for (name, value) in fields {
                known.insert(text(&filled_text(name, fill)?), filled(value, fill)?);
            }
            Value::Object(known)
        }
        other => other.clone(),
    })
}

/// What stands for the whole text may be any value; within a text it is one.
fn filled_text(open: &str, fill: Fill<'_>) -> Result<Value> {
    let mut known = open.to_owned();
    for (name, value) in fill {
        let place = format!("${{{name}}}");
        if open == place {
            return Ok(value.clone());
        }
        known = known.replace(&place, &text(value));
    }
    match open.contains("${") && known.contains("${") {
        true => Err(Error::Other(format!("nothing for {known}"))),
        false => Ok(Value::String(known)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
