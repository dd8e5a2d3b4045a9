//! Package indexes: what they answer as documented, with real attestations where those are there.

use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Failure, Outcome};
use assay_core::roots::Roots;
use assay_core::signer::{Identity, RootId};
use assay_core::trust_root::TrustRoot;
use assay_sources::index::{Inquiry, Question};
use assay_sources::{HttpRequest, HttpResponse, Transport, driver};
use assay_test_authority::recipe;
use assay_test_authority::subject::Subject;
use assay_test_authority::{Curve, Honest, Instance, Manner, Recipe};
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

const INDEX: &str = "https://index.example";

struct Wire {
    status: u16,
    body: String,
    asked: RefCell<Vec<HttpRequest>>,
}

impl Transport for Wire {
    async fn send(&self, request: &HttpRequest) -> Result<HttpResponse, Failure> {
        self.asked.borrow_mut().push(request.clone());
        Ok(HttpResponse {
            status: self.status,
            body: self.body.clone().into_bytes(),
        })
    }
}

fn ask(url: &str, status: u16, body: &Value, content: &[u8]) -> Evidence {
    let mut roots = Roots::new();
    // The wheel was signed at Sigstore's instance for trials.
    for id in [RootId::sigstore(), RootId::sigstore_staging()] {
        roots.add(TrustRoot::embedded(id).unwrap()).unwrap();
    }
    ask_with(&roots, url, status, body, content)
}

fn ask_with(roots: &Roots, url: &str, status: u16, body: &Value, content: &[u8]) -> Evidence {
    let wire = Wire {
        status,
        body: body.to_string(),
        asked: RefCell::default(),
    };
    let question = Question::about(INDEX, url).unwrap();
    let mut inquiry = Inquiry::new(&question);
    let digests = ArtifactDigests::of(content);
    let asking = driver::ask(&wire, &mut inquiry, roots, &digests, 1_800_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let evidence = runtime.unwrap().block_on(asking);
    assert_eq!(wire.asked.borrow().len(), 1);
    evidence
}

fn fixtures() -> Option<PathBuf> {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let fixtures = checkout.join("../shared/fixtures");
    if fixtures.is_dir() {
        return Some(fixtures);
    }
    let message = format!("the packages are not there: {}", fixtures.display());
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
    let _ = writeln!(std::io::stderr(), "NOT RUN: {message}");
    None
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The repository of the only signer, and as whose file it counts.
fn signer(evidence: &Evidence) -> (String, Option<String>) {
    let [proven] = evidence.proven() else {
        panic!("{evidence:?}");
    };
    match &proven.signer.identity {
        Identity::Workflow { repository, .. } => (repository.clone(), proven.declared.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_real_wheel_is_proven_by_its_real_attestation() {
    let Some(fixtures) = fixtures() else {
        return;
    };
    let name = "rfc8785-0.1.2-py3-none-any.whl";
    let wheel = std::fs::read(fixtures.join("pypi").join(name)).unwrap();
    let file = format!("pypi/{name}.publish.attestation");
    let attestation = read_json(&fixtures.join(file));
    let url = format!("{INDEX}/packages/{name}");
    let provenance = |repository: &str| {
        json!({ "version": 1, "attestation_bundles": [{
            "publisher": { "kind": "GitHub", "repository": repository, "workflow": "release.yml" },
            "attestations": [attestation],
        }]})
    };
    let evidence = ask(&url, 200, &provenance("trailofbits/rfc8785.py"), &wheel);
    let [proven] = evidence.proven() else {
        panic!("{evidence:?}");
    };
    // A person signed it, at the instance for trials: not the repository that the index names.
    assert_eq!(proven.signer.root, RootId::sigstore_staging());
    let told = proven.signer_message().english();
    assert_eq!(told, "william@yossarian.net (GitHub)");
    assert_eq!(proven.declared, None);
    let evidence = ask(&url, 200, &provenance("a/b"), b"another file");
    assert!(evidence.proven().is_empty() && evidence.has_refused());
}

/// A bundle's content under the names that PEP 740 has for it.
fn attestation(bundle: &str) -> Value {
    let bundle: Value = serde_json::from_str(bundle).unwrap();
    let material = &bundle["verificationMaterial"];
    let envelope = &bundle["dsseEnvelope"];
    json!({
        "version": 1,
        "verification_material": {
            "certificate": material["certificate"]["rawBytes"],
            "transparency_entries": material["tlogEntries"],
        },
        "envelope": {
            "statement": envelope["payload"],
            "signature": envelope["signatures"][0]["sig"],
        },
    })
}

#[test]
fn whom_the_index_names_as_publisher_is_the_packages_own_signer() {
    let mut instance = Instance::new(Manner::Public, Curve::P256, "index");
    let recipes = Recipe::all();
    let recipe = recipes
        .iter()
        .find(|one| one.name == "v0.3, statement, dsse, P-384");
    let recipe = Recipe {
        signer: recipe::Signer::Certified(Subject::Workflow {
            repository: "example/tool".into(),
            source_ref: "refs/tags/v1".into(),
            called: None,
        }),
        ..recipe.unwrap().clone()
    };
    let made = recipe.make_by(&mut instance, 0, &Honest);
    let mut roots = Roots::new();
    let root = instance.trusted_root().to_string();
    roots
        .add(TrustRoot::parse(RootId::sigstore(), &root).unwrap())
        .unwrap();
    let ask = |repository: &str| {
        let body = json!({ "version": 1, "attestation_bundles": [{
            "publisher": { "kind": "GitHub", "repository": repository },
            "attestations": [attestation(&made.bundle)],
        }]});
        let url = format!("{INDEX}/simple/tool-1.0-py3-none-any.whl");
        ask_with(&roots, &url, 200, &body, &made.artifact)
    };
    let repository = "https://github.com/example/tool".to_owned();
    let published = Some("index.example/tool".to_owned());
    assert_eq!(
        signer(&ask("Example/tool")),
        (repository.clone(), published)
    );
    // The index names another: proven, and a stranger's.
    assert_eq!(signer(&ask("evil/tool")), (repository, None));
}

#[test]
fn a_real_package_of_npm_is_proven_by_its_real_bundle() {
    let Some(fixtures) = fixtures() else {
        return;
    };
    let folder = fixtures.join("github");
    let package = std::fs::read(folder.join("sigstore-js-2.1.0.tgz")).unwrap();
    let bundle = read_json(&folder.join("sigstore-js-2.1.0-bundle.json"));
    let list = json!({ "attestations": [{
        "predicateType": "https://slsa.dev/provenance/v0.2", "bundle": bundle,
    }]});
    let own = "https://index.example/sigstore/-/sigstore-2.1.0.tgz";
    let evidence = ask(own, 200, &list, &package);
    let repository = "https://github.com/sigstore/sigstore-js".to_owned();
    let published = Some("index.example/sigstore".to_owned());
    assert_eq!(signer(&evidence), (repository.clone(), published));
    // The statement is about this version of this package, and no other.
    for url in [
        "https://index.example/sigstore/-/sigstore-2.1.1.tgz",
        "https://index.example/evil/-/evil-2.1.0.tgz",
    ] {
        let evidence = ask(url, 200, &list, &package);
        assert_eq!(signer(&evidence), (repository.clone(), None));
    }
}

#[test]
fn an_index_that_knows_nothing_is_told_apart_from_one_in_trouble() {
    let url = format!("{INDEX}/simple/tool-1.0-py3-none-any.whl");
    let nothing = json!({});
    assert!(ask(&url, 404, &nothing, b"").is_complete());
    let empty = json!({ "version": 1, "attestation_bundles": [] });
    assert!(ask(&url, 200, &empty, b"").is_complete());
    for (status, body) in [
        (500, nothing.clone()),
        (302, nothing),
        (200, json!([])),
        (200, json!({ "attestation_bundles": 7 })),
    ] {
        let evidence = ask(&url, status, &body, b"");
        assert!(
            matches!(evidence.outcome, Outcome::Failed { .. }),
            "{status} {body}"
        );
    }
    let odd = json!({ "attestation_bundles": [{ "attestations": [{ "version": 2 }] }] });
    assert!(ask(&url, 200, &odd, b"").lacks_something());
}
