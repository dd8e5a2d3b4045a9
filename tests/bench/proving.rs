//! How many bundles a second are proven, beside what the clients of others reach on the same ones.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::digest::Sha256Digest;
use assay_test_authority::recipe::Signer;
use assay_test_authority::{Curve, Instance, Manner, Recipe};
use assay_tests::{Error, Extension, Result, target_folder};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::report::{Report, quantile};

/// Enough that nothing is won by remembering an answer.
const BUNDLES: usize = 504;
const ROUNDS: usize = 5;

const JS_PEERS: [&str; 3] = [
    "@sigstore/verify@4.1.3",
    "@sigstore/bundle@5.0.1",
    "@sigstore/protobuf-specs@0.5.2",
];
const PYTHON_PEER: &str = "sigstore==4.5.1";

/// Puts what the browser runs into the copied extension.
pub fn equip(extension: &Path) -> Result<()> {
    let from = PathBuf::from(variable("ASSAY_SPEED_WASM")?);
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let Some(name) = path.file_name() {
            fs::copy(&path, extension.join("bench").join(name))?;
        }
    }
    fs::copy(load()?, extension.join("bench/load.json"))?;
    Ok(())
}

/// All in turn, so that a machine that slows down slows all of them.
pub fn measure(extension: &Extension, report: &mut Report) -> Result<()> {
    let file = load()?;
    let native = variable("ASSAY_SPEED")?;
    let js = js_peer()?;
    let python = python_peer()?;
    let mut rates: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    let mut took = |key, rate| rates.entry(key).or_default().push(rate);
    for _ in 0..ROUNDS {
        took("verify.wasm_per_s", in_the_browser(extension)?);
        took(
            "verify.native_per_s",
            rate(Command::new(&native).arg(&file))?,
        );
        if let Some(script) = &js {
            took(
                "verify.sigstore_js_per_s",
                rate(Command::new("node").arg(script).arg(&file))?,
            );
        }
        if let Some((python, script)) = &python {
            took(
                "verify.sigstore_python_per_s",
                rate(Command::new(python).arg(script).arg(&file))?,
            );
        }
    }
    for (key, rates) in rates {
        report.put(key, quantile(rates, 0.5));
    }
    Ok(())
}

/// Different bundles of the kinds that all peers know, of an instance as Sigstore's public one:
/// authorities with P-384, signers with P-256.
fn load() -> Result<PathBuf> {
    let file = folder()?.join("load.json");
    let recipes: Vec<Recipe> = Recipe::all()
        .into_iter()
        .filter(|recipe| {
            recipe.manner == Manner::Public
                && matches!(recipe.signer, Signer::Certified(_))
                && recipe.curve == Curve::P256
                && recipe.promise
                && recipe.proof
                && recipe.timestamps == 0
                && recipe.entries.len() == 1
                && [
                    "v0.3, message",
                    "v0.2, message",
                    "v0.3, statement, dsse, several subjects",
                ]
                .contains(&recipe.name)
        })
        .collect();
    let mut instance = Instance::new(Manner::Public, Curve::P384, "bench");
    let mut bundles = Vec::new();
    let mut trusted_root = String::new();
    for number in 0..BUNDLES {
        let Some(recipe) = recipes.get(number % recipes.len().max(1)) else {
            return Err(Error::Other("no recipe fits".to_owned()));
        };
        let made = recipe.make(&mut instance, number as u64);
        trusted_root = made.trusted_root;
        bundles.push(json!({
            "bundle": made.bundle,
            "sha256": Sha256Digest::of(&made.artifact),
            "artifact": STANDARD.encode(&made.artifact),
        }));
    }
    let load = json!({ "trusted_root": trusted_root, "bundles": bundles });
    fs::write(&file, load.to_string())?;
    Ok(file)
}

fn in_the_browser(extension: &Extension) -> Result<f64> {
    extension.inside(
        r#"async () => {
            const { default: start, Proving } = await import("/bench/assay_speed.js");
            await start();
            const proving = new Proving(await (await fetch("/bench/load.json")).text());
            const begun = performance.now();
            const proven = proving.prove();
            return proven / ((performance.now() - begun) / 1000);
        }"#,
        json!([]),
    )
}

/// What a program prints: bundles a second.
fn rate(command: &mut Command) -> Result<f64> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| {
        let error = String::from_utf8_lossy(&output.stderr);
        Error::Other(format!("{command:?}: {said} {error}"))
    })
}

/// `None` where npm or Node are missing.
fn js_peer() -> Result<Option<PathBuf>> {
    let npm = folder()?.join("npm");
    fs::create_dir_all(&npm)?;
    let installed = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--no-save", "--prefix"])
        .arg(&npm)
        .args(JS_PEERS)
        .output();
    let script = npm.join("peer.cjs");
    fs::write(&script, JS)?;
    found(installed, "npm", script)
}

/// Python with the peer, and the script that measures it. `None` where Python or its packages are
/// missing.
pub fn python_peer() -> Result<Option<(PathBuf, PathBuf)>> {
    let venv = folder()?.join("python");
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&venv)
            .output();
        if found(made, "python3", ())?.is_none() {
            return Ok(None);
        }
    }
    let installed = Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", PYTHON_PEER])
        .output();
    let script = folder()?.join("peer.py");
    fs::write(&script, PYTHON)?;
    found(installed, PYTHON_PEER, (python, script))
}

/// A peer that cannot be had is told, and is no reason not to measure the rest.
fn found<T>(
    installed: std::io::Result<std::process::Output>,
    what: &str,
    peer: T,
) -> Result<Option<T>> {
    let problem = match installed {
        Ok(output) if output.status.success() => return Ok(Some(peer)),
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    if std::env::var("CI").as_deref() == Ok("true") {
        return Err(Error::Other(format!("{what} is missing: {problem}")));
    }
    eprintln!("    not compared, as {what} is missing: {problem}");
    Ok(None)
}

fn folder() -> Result<PathBuf> {
    let folder = target_folder()?.join("bench/verify");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| Error::Missing {
        what: format!("the variable {name}"),
        remedy: "start this through `cargo xtask bench`".to_owned(),
    })
}

const JS: &str = r#"const { Verifier, toSignedEntity, toTrustMaterial } = require("@sigstore/verify");
const { bundleFromJSON } = require("@sigstore/bundle");
const { TrustedRoot } = require("@sigstore/protobuf-specs");
const load = JSON.parse(require("fs").readFileSync(process.argv[2]));
const root = TrustedRoot.fromJSON(JSON.parse(load.trusted_root));
const verifier = new Verifier(toTrustMaterial(root));
const items = load.bundles.map(({ bundle, artifact }) => [bundle, Buffer.from(artifact, "base64")]);
const begun = performance.now();
for (const [bundle, artifact] of items) {
  verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), artifact));
}
console.log(items.length / ((performance.now() - begun) / 1000));
"#;

const PYTHON: &str = r#"import base64, json, sys, time
from sigstore.hashes import Hashed
from sigstore_models.common.v1 import HashAlgorithm
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy

load = json.load(open(sys.argv[1]))
root = sys.argv[1] + ".root.json"
open(root, "w").write(load["trusted_root"])
verifier = Verifier(trusted_root=TrustedRoot.from_file(root))
anyone = policy.UnsafeNoOp()
items = [(one["bundle"], base64.b64decode(one["artifact"])) for one in load["bundles"]]
begun = time.perf_counter()
for text, artifact in items:
    bundle = Bundle.from_json(text)
    if "dsseEnvelope" in text:
        verifier.verify_dsse(bundle, anyone)
    else:
        verifier.verify_artifact(artifact, bundle, anyone)
print(len(items) / (time.perf_counter() - begun))
"#;
