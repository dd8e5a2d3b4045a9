//! What the list knows of a download: enough to show a line and to search, and no more. Records
//! carry their proofs, so that reading thousands of them whole would take many seconds.

use crate::js::{field, from_js};
use crate::pages::words::{self, say};
use assay_core::record::Stage;
use assay_core::signer::Signer;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// A line of the list. What many lines have in common is there once.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The record's key.
    pub id: Rc<str>,
    /// The file's name. Hostile text.
    pub name: String,
    /// The host that it came from, where there is one.
    pub site: Option<Rc<str>>,
    /// Who decided, in plain words.
    pub signer: Option<Rc<str>>,
    /// Why the verdict is what it is, in a sentence.
    pub because: Rc<str>,
    /// The outcome, once there is one.
    pub verdict: Option<Verdict>,
    /// Its word, which may name the publisher.
    pub word: Rc<str>,
    /// How far the check has come.
    pub stage: Stage,
    /// The file's size in bytes.
    pub size: f64,
    /// When the download completed, in milliseconds since 1970.
    pub at: f64,
    /// Whether the file was deleted from here.
    pub deleted: bool,
    /// Whether it is held up to the user.
    pub held: bool,
    /// The digest in hexadecimal; empty where it is not known.
    pub digest: String,
    /// What words are looked for in, in lower case.
    pub text: String,
}

impl Row {
    /// Whether nothing is going on about it.
    pub fn is_done(&self) -> bool {
        self.stage == Stage::Done
    }
}

/// Text as it is searched: in lower case, composed, without the marks that keep names from changing
/// the direction of what stands around them.
pub fn searchable(text: &str) -> String {
    let composed = match text.is_ascii() {
        true => String::new(),
        false => js_sys::JsString::from(text).normalize("NFC").into(),
    };
    let text = if composed.is_empty() { text } else { &composed };
    let is_mark = |c: &char| ('\u{2066}'..='\u{2069}').contains(c);
    text.chars()
        .filter(|c| !is_mark(c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Makes rows of stored records.
#[derive(Default)]
pub struct Reader {
    known: HashMap<String, Rc<str>>,
    names: HashMap<&'static str, JsValue>,
}

impl Reader {
    /// The line of a record as it is stored. `None` for what is no record.
    pub fn row(&mut self, record: &JsValue) -> Option<Row> {
        let id: Rc<str> = self.get(record, "id").as_string()?.into();
        let at = self.get(record, "completed_at").as_f64()?;
        let name = self.get(record, "file_name").as_string()?;
        let stage = match self.get(record, "stage").as_string()?.as_str() {
            "hashing" => Stage::Hashing,
            "asking" => Stage::Asking,
            _ => Stage::Done,
        };
        let judgement = self.get(record, "judgement");
        let reasons = self.get(&judgement, "reasons");
        let first = js_sys::Reflect::get_u32(&reasons, 0).unwrap_or(JsValue::UNDEFINED);
        let verdict = self
            .get(&judgement, "verdict")
            .as_string()
            .filter(|_| stage == Stage::Done)
            .and_then(|word| Verdict::ALL.into_iter().find(|known| known.word() == word));
        let signer = self.get(&judgement, "signer");
        let signer = self.once("signer", &signer, |signer| {
            from_js::<Signer>(signer.clone()).map(|signer| words::signer(&signer))
        });
        let because = self.once("because", &first, |first| {
            from_js::<Message>(first.clone()).map(|first| say(&first))
        });
        let word = match (verdict, stage) {
            (Some(Verdict::Authentic), _) => self.once("authentic", &first, |first| {
                from_js::<Message>(first.clone())
                    .map(|first| words::verdict_because(Verdict::Authentic, Some(&first)))
            }),
            (Some(verdict), _) => Some(self.named(verdict.word(), || words::verdict(verdict))),
            (None, Stage::Asking) => Some(self.named("stage_asking", || words::t("stage_asking"))),
            (None, _) => Some(self.named("stage_waiting", || words::t("stage_waiting"))),
        };
        let site = self.get(record, "site").as_string();
        let site = site.map(|site| self.named(&site, || site.clone()));
        let mut text = searchable(&name);
        for more in [site.as_deref(), signer.as_deref()].into_iter().flatten() {
            text.push('\n');
            text.push_str(&searchable(more));
        }
        Some(Row {
            size: self.get(record, "size").as_f64().unwrap_or(0.0),
            digest: self.get(record, "digest").as_string().unwrap_or_default(),
            deleted: self.get(record, "deleted").is_truthy(),
            held: self.get(record, "hold").as_string().as_deref() == Some("asking"),
            because: because.unwrap_or_else(|| "".into()),
            word: word.unwrap_or_else(|| "".into()),
            id,
            name,
            site,
            signer,
            verdict,
            stage,
            at,
            text,
        })
    }

    fn get(&mut self, value: &JsValue, name: &'static str) -> JsValue {
        if !value.is_object() {
            return JsValue::UNDEFINED;
        }
        let name = self
            .names
            .entry(name)
            .or_insert_with(|| JsValue::from_str(name));
        js_sys::Reflect::get(value, name).unwrap_or(JsValue::UNDEFINED)
    }

    /// What is said of a value, found out once for all values of this content.
    fn once<E>(
        &mut self,
        kind: &str,
        value: &JsValue,
        tell: impl FnOnce(&JsValue) -> Result<String, E>,
    ) -> Option<Rc<str>> {
        if !value.is_object() {
            return None;
        }
        let content = js_sys::JSON::stringify(value).ok()?;
        let key = format!("{kind} {}", String::from(content));
        if let Some(known) = self.known.get(&key) {
            return Some(Rc::clone(known));
        }
        let told: Rc<str> = tell(value).ok()?.into();
        self.known.insert(key, Rc::clone(&told));
        Some(told)
    }

    fn named(&mut self, key: &str, tell: impl FnOnce() -> String) -> Rc<str> {
        if let Some(known) = self.known.get(key) {
            return Rc::clone(known);
        }
        let told: Rc<str> = tell().into();
        self.known.insert(key.to_owned(), Rc::clone(&told));
        told
    }
}

/// The key of a stored record.
pub fn id_of(record: &JsValue) -> Option<String> {
    field(record, "id").as_string()
}
