use super::*;
use assay_test_authority::recipe::{Recipe, Signer};
use assay_test_authority::{Curve, Honest, Instance, Manner as Authority, log_entry};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// What real services answered, and published. It is not part of this repository.
fn fixtures() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let fixtures = checkout.join("../shared/fixtures");
    if fixtures.is_dir() {
        return Some(fixtures);
    }
    let message = format!("the real answers are not there: {}", fixtures.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
    None
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// Where two values differ in their fields or types; `None` where they do not. What is open may be
/// anything; of a list the first item counts, and a path of no steps has none.
fn difference(at: &str, ours: &Value, real: &Value) -> Option<String> {
    match (ours, real) {
        (Value::String(open), _) if open.starts_with("${") && open.ends_with('}') => None,
        (Value::Object(ours), Value::Object(real)) => {
            let names = |fields: &Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
            if let ([our], [_]) = (&names(ours)[..], &names(real)[..])
                && our.starts_with("${")
            {
                // By a name that is open.
                let (ours, real) = (ours.values().next()?, real.values().next()?);
                return difference(&format!("{at}.*"), ours, real);
            }
            let missing = ours.keys().find(|name| !real.contains_key(*name));
            let unknown = real.keys().find(|name| !ours.contains_key(*name));
            if let Some(name) = missing.or(unknown) {
                return Some(format!("{at}.{name} is not in both"));
            }
            let mut fields = ours.iter();
            fields.find_map(|(name, our)| difference(&format!("{at}.{name}"), our, &real[name]))
        }
        (Value::Array(ours), Value::Array(real)) => {
            let (our, real) = (ours.first()?, real.first()?);
            difference(&format!("{at}[0]"), our, real)
        }
        _ => {
            let same = std::mem::discriminant(ours) == std::mem::discriminant(real);
            (!same).then(|| format!("{at} is {ours} here, and {real} there"))
        }
    }
}

fn all() -> Vec<Shapes> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("driver/shapes");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the shapes") {
        let path = entry.expect("a file").path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        all.push(Shapes::of(&name).unwrap_or_else(|error| panic!("{name}: {error}")));
    }
    assert!(all.len() >= 4);
    all
}

#[test]
fn each_shape_says_where_it_is_documented() {
    for shapes in all() {
        for (name, shape) in &shapes.shapes {
            let source = &shape.source;
            let is_named = source.starts_with("https://") || source.starts_with("RFC ");
            assert!(is_named && !shapes.service.is_empty(), "{name}: {source}");
            let is_part = shape.status == 0;
            assert!(is_part || (200..600).contains(&shape.status), "{name}");
            assert!(!is_part || shape.manner == Manner::Whole, "{name}");
        }
    }
}

#[test]
fn what_is_left_open_is_filled_or_an_error() {
    let shapes = Shapes::of("beside").expect("shapes");
    let fill = [("digest", json!("00")), ("name", json!("tool.zip"))];
    let list = shapes.replay("list", &fill).expect("a list");
    assert_eq!(list.body, b"00  tool.zip\n");
    assert!(shapes.replay("list", &fill[..1]).is_err());
    assert!(shapes.replay("no such shape", &fill).is_err());
    let entries = Shapes::of("rekor").expect("shapes");
    let found = entries.replay("found", &[("ids", json!(["00"]))]);
    assert_eq!(found.expect("ids").body, br#"["00"]"#);
}

#[test]
fn a_field_that_is_missing_or_of_another_type_is_a_difference() {
    let ours = json!({ "a": [{ "b": 1 }], "${id}": "${id}" });
    assert_eq!(
        difference("", &ours, &json!({ "a": [{ "b": 2 }], "${id}": 7 })),
        None
    );
    for real in [
        json!({ "a": [{ "b": "1" }], "${id}": 7 }),
        json!({ "a": [{}], "${id}": 7 }),
        json!({ "a": [{ "b": 1, "c": 1 }], "${id}": 7 }),
        json!({ "a": {}, "${id}": 7 }),
        json!({ "${id}": 7 }),
    ] {
        assert!(difference("", &ours, &real).is_some(), "{real}");
    }
}

/// Each pair of a shape and what was really answered.
fn assert_held(pairs: &[(&str, &Value, &Value)]) {
    for (name, ours, real) in pairs {
        assert_eq!(difference(name, ours, real), None);
    }
}

#[test]
fn the_shapes_of_rekor_are_those_that_a_real_one_answers_with() {
    let Some(fixtures) = fixtures() else { return };
    let recorded = std::fs::read_to_string(fixtures.join("rekor-v1/exchanges.jsonl"));
    let mut exchanges = Vec::<Value>::new();
    for line in recorded.expect("the exchanges").lines() {
        exchanges.push(serde_json::from_str(line).expect("JSON"));
    }
    let of = |name: &str| {
        let found = exchanges.iter().find(|one| one["name"] == name);
        let found = found
            .unwrap_or_else(|| panic!("no exchange {name}"))
            .clone();
        assert_eq!(found["headers"]["Content-Type"], "application/json");
        found
    };
    let shapes = Shapes::of("rekor").expect("shapes");
    let entry = json!([shapes.shapes["entry"].body]);
    let ids = shapes
        .part("found", &[("ids", json!(["00"]))])
        .expect("ids");
    let error = shapes
        .part("error", &[("code", json!(500))])
        .expect("an error");
    let (found, entries) = (of("index by hash"), of("retrieve by uuid"));
    assert_eq!(found["status"], shapes.shapes["found"].status);
    assert_eq!(entries["status"], shapes.shapes["entries"].status);
    assert_held(&[
        ("found", &ids, &found["body"]),
        ("entries", &entry, &entries["body"]),
        ("error", &error, &of("retrieve eleven")["body"]),
    ]);
    // And what the test authority logs fills it as a real log does.
    let mut instance = Instance::new(Authority::Public, Curve::P256, "shapes");
    let recipes = Recipe::all();
    let recipe = recipes
        .iter()
        .find(|one| one.name == "v0.1, message, promise and proof");
    let made = recipe.expect("a recipe").make_by(&mut instance, 0, &Honest);
    let real = entries["body"][0].as_object().expect("entries by id");
    let real = real.values().next().expect("an entry");
    assert_held(&[("entry", &log_entry(&made.bundle), real)]);
}

#[test]
fn attestations_have_the_shapes_of_real_ones() {
    let Some(fixtures) = fixtures() else { return };
    let name = "pypi/rfc8785-0.1.2-py3-none-any.whl.publish.attestation";
    let real = read(&fixtures.join(name));
    let shapes = Shapes::of("index").expect("shapes");
    assert_held(&[("attestation", &shapes.shapes["attestation"].body, &real)]);

    // What the test authority makes stands for real bundles in the answers of GitHub and npm.
    let real = read(&fixtures.join("github/sigstore-js-2.1.0-bundle.json"));
    let mut instance = Instance::new(Authority::Public, Curve::P256, "shapes");
    let recipes = Recipe::all();
    let recipe = recipes
        .iter()
        .find(|one| one.name == "v0.3, statement, dsse, P-384");
    let recipe = Recipe {
        signer: Signer::Certified(assay_test_authority::subject::Subject::Workflow {
            repository: "example/tool".into(),
            source_ref: "refs/tags/v1".into(),
            called: None,
        }),
        ..recipe.expect("a recipe").clone()
    };
    let made = recipe.make_by(&mut instance, 0, &Honest);
    let ours: Value = serde_json::from_str(&made.bundle).expect("a bundle");
    assert_held(&[("bundle", &ours, &real)]);
}
