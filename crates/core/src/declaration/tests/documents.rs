//! The schema and the manual for publishers, held against what is read.

use super::*;

const SCHEMA: &str = include_str!("../../../../../docs/download-signers.schema.json");
const MANUAL: &str = include_str!("../../../../../docs/publishers.md");

#[test]
fn the_schema_says_what_is_read() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let at = |place: &str| schema.pointer(place).unwrap_or_else(|| panic!("{place}"));
    let examples = at("/examples").as_array().unwrap();
    assert!(!examples.is_empty());
    for example in examples {
        parse(example).expect("an example");
    }
    for (place, limit) in [
        ("/properties/version/const", 1),
        ("/properties/downloads/maxItems", MAX_DOWNLOADS),
        ("/$defs/download/properties/paths/minItems", 1),
        ("/$defs/download/properties/paths/maxItems", MAX_PATHS),
        ("/$defs/download/properties/signers/minItems", 1),
        ("/$defs/download/properties/signers/maxItems", MAX_SIGNERS),
        ("/$defs/text/minLength", 1),
        ("/$defs/text/maxLength", MAX_TEXT_BYTES),
    ] {
        assert_eq!(*at(place), json!(limit), "{place}");
    }
    assert_eq!(VERSION, 1);
    let described = at("/description").as_str().unwrap();
    for words in [
        PATH.to_owned(),
        format!("at most {MAX_DECLARATION_BYTES} bytes"),
        format!("at most {MAX_TEXT_BYTES} bytes"),
    ] {
        assert!(described.contains(&words), "{words}");
    }
}

#[test]
fn what_the_schema_requires_is_required() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let required = |place: &str| {
        let names = schema.pointer(place).and_then(Value::as_array);
        let names = names.unwrap_or_else(|| panic!("{place}"));
        let names = names.iter().map(|name| name.as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let example = schema.pointer("/examples/0").unwrap();
    let without = |place: &str, name: &str| {
        let mut example = example.clone();
        let fields = example.pointer_mut(place).and_then(Value::as_object_mut);
        fields.unwrap().remove(name).expect("it is in the example");
        parse(&example)
    };
    for name in required("/required") {
        without("", &name).expect_err(&name);
    }
    for name in required("/$defs/download/required") {
        without("/downloads/0", &name).expect_err(&name);
    }
    // The kinds in the schema, in the order of the signers in its example; the last is any other.
    for (kind, signer) in [(0, 0), (0, 2), (1, 1), (2, 3), (3, 4)] {
        let names = required(&format!("/$defs/signer/oneOf/{kind}/required"));
        for (index, name) in names.iter().enumerate() {
            let read = without(&format!("/downloads/0/signers/{signer}"), name);
            // Without the field that tells its kind, it is of another.
            assert_eq!(read.is_ok(), index == 0, "{name}");
        }
    }
    // What the example has and the schema does not require can be left out.
    without("/downloads/0/signers/1", "workflow").expect("a repository");
    without("/downloads/0/signers/2", "root").expect("a name");
}

#[test]
fn the_example_in_the_manual_is_a_declaration() {
    let (_, rest) = MANUAL.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let declaration = Declaration::parse(example).expect("the example");
    assert_eq!(declaration.signers_for("/tool/tool.zip").len(), 3);
    // And its patterns stand for what its table says.
    let rows = MANUAL.lines().filter(|line| line.starts_with("| `/"));
    let mut seen = 0;
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, pattern, meant, others, _] = cells[..] else {
            panic!("{row}");
        };
        let paths = |cell: &str| {
            let paths = cell.split('`').filter(|text| text.starts_with('/'));
            paths.map(str::to_owned).collect::<Vec<_>>()
        };
        let pattern = pattern.trim_matches('`');
        for path in paths(meant) {
            assert!(pattern::matches(pattern, &path), "{row}");
            seen += 1;
        }
        for path in paths(others) {
            assert!(!pattern::matches(pattern, &path), "{row}");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
    for words in [
        PATH.to_owned(),
        format!("at most {} KiB", MAX_DECLARATION_BYTES / 1024),
        format!("{MAX_DOWNLOADS} entries"),
        format!("1 to {MAX_PATHS} paths"),
        format!("1 to {MAX_SIGNERS}\nsigners"),
        format!("1 to {MAX_TEXT_BYTES} bytes"),
    ] {
        assert!(MANUAL.contains(&words), "{words}");
    }
}
