//! JSON as docs/cli.schema.json has it.

#[path = "../../../notary/tests/common/schema.rs"]
mod schema;

use serde_json::Value;
use std::sync::OnceLock;

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = include_str!("../../../../docs/cli.schema.json");
        let mut document = serde_json::from_str(text).expect("docs/cli.schema.json is JSON");
        close(&mut document);
        document
    })
}

/// Fails where a document is not as it is described, or has a field that is not described.
#[track_caller]
pub fn hold(value: &Value) {
    let name = value["schema"]
        .as_str()
        .expect("a document names its schema");
    let described = document()["$defs"].get(name);
    let described = described.unwrap_or_else(|| panic!("{name} is not in docs/cli.schema.json"));
    let wrong = schema::problems(document(), described, value);
    assert!(
        wrong.is_empty(),
        "{name} in docs/cli.schema.json: {wrong:#?}"
    );
}

/// For whoever reads it, later versions may have more fields. Of this version all are described.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && fields.get("type") == Some(&"object".into()) {
                fields.entry("additionalProperties").or_insert(false.into());
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
