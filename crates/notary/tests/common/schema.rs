//! JSON Schema, as far as the API's description uses it. A keyword that is not known here is an
//! error of the description, so that nothing passes because it was not looked at.

use regex_lite::Regex;
use serde_json::Value;

/// What in `value` does not fit `schema`; references are looked up in `document`.
pub fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "$", &mut found);
    found
}

/// What a local reference names.
pub fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            let pointer = reference.strip_prefix('#').expect("a local reference");
            let target = document.pointer(pointer);
            target.unwrap_or_else(|| panic!("{reference} is not in the document"))
        }
        None => value,
    }
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema is an object") {
        let mut expect = |holds: bool| {
            if !holds {
                found.push(format!("{at}: {keyword} {wanted} and not {value}"));
            }
        };
        let number = || wanted.as_i64().expect("a number");
        let at_most = |length: Option<usize>| {
            length.is_none_or(|length| i64::try_from(length).unwrap() <= number())
        };
        let at_least = |length: Option<usize>| {
            length.is_none_or(|length| i64::try_from(length).unwrap() >= number())
        };
        let items = || value.as_array().map(Vec::len);
        let fields = || value.as_object().map(serde_json::Map::len);
        match keyword.as_str() {
            "description" | "default" => {}
            "$ref" => check(document, resolve(document, schema), value, at, found),
            "type" => match wanted {
                Value::Array(kinds) => expect(kinds.iter().any(|kind| is(kind, value))),
                kind => expect(is(kind, value)),
            },
            "enum" => expect(wanted.as_array().unwrap().contains(value)),
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                expect(value.as_str().is_none_or(|text| pattern.is_match(text)));
            }
            "minimum" => expect(value.as_i64().is_none_or(|value| value >= number())),
            "maximum" => expect(value.as_i64().is_none_or(|value| value <= number())),
            "maxLength" => expect(at_most(value.as_str().map(|text| text.chars().count()))),
            "minItems" => expect(at_least(items())),
            "maxItems" => expect(at_most(items())),
            "minProperties" => expect(at_least(fields())),
            "maxProperties" => expect(at_most(fields())),
            "required" => {
                for name in wanted.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    if value.is_object() && value.get(name).is_none() {
                        found.push(format!("{at}: no {name}"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in wanted.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        check(document, inner, value, &format!("{at}.{name}"), found);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let Some(fields) = value.as_object() else {
                    continue;
                };
                for (name, value) in fields {
                    let at = format!("{at}.{name}");
                    match wanted {
                        _ if known.is_some_and(|known| known.contains_key(name)) => {}
                        Value::Bool(false) => found.push(format!("{at}: not described")),
                        inner => check(document, inner, value, &at, found),
                    }
                }
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(document, wanted, item, &format!("{at}[{place}]"), found);
                }
            }
            "oneOf" => {
                let fitting = |inner: &&Value| problems(document, inner, value).is_empty();
                let count = wanted.as_array().unwrap().iter().filter(fitting).count();
                expect(count == 1);
            }
            other => panic!("{at}: the keyword {other} is not known here"),
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}
