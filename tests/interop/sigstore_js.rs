//! npm's `@sigstore/sign` with its `RekorWitness`, and `@sigstore/verify` with the notary's trust
//! root.

use std::path::{Path, PathBuf};

use crate::{NAME, assert_verified, trusted_root};
use assay_tests::{Client, NotaryProcess, Result, Stranger, output_of, statement};
use serde_json::Value;

struct World {
    modules: PathBuf,
    notary: NotaryProcess,
    stranger: Stranger,
    root: PathBuf,
}

impl World {
    fn new() -> Result<Option<Self>> {
        let Some(modules) = Client::SigstoreJs.find()? else {
            return Ok(None);
        };
        let (notary, stranger) = (NotaryProcess::start()?, Stranger::new()?);
        let root = trusted_root(&stranger, &notary)?;
        Ok(Some(Self {
            modules,
            notary,
            stranger,
            root,
        }))
    }

    fn sign(&self, file: &Path, dsse: bool, certificate: Option<&Path>) -> Result<Value> {
        self.stranger
            .sign_in_js(&self.modules, &self.notary, file, dsse, certificate)
    }

    /// Whom `@sigstore/verify` proves to have signed.
    fn verify(&self, bundle: &Value, arguments: &[&Path]) -> Result<String> {
        let bundle = self.stranger.write("bundle.json", bundle.to_string())?;
        let mut verify = self.stranger.script(&self.modules, "verify.cjs");
        verify.arg(&self.root).arg(bundle).args(arguments);
        Ok(output_of(&mut verify)?.trim().to_owned())
    }

    /// The bundles that the notary answers with.
    fn served(&self, artifact: &[u8]) -> Result<Vec<Value>> {
        let digest = assay_core::digest::Sha256Digest::of(artifact).to_hex();
        let answer = self.notary.attestations(&digest)?;
        let all = answer["attestations"].as_array().cloned();
        let all = all.unwrap_or_default().into_iter();
        Ok(all.map(|mut one| one["bundle"].take()).collect())
    }
}

#[test]
fn a_key_signs_and_both_its_bundle_and_the_notarys_verify() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let file = world.stranger.write("file.bin", b"by a key")?;
    let bundle = world.sign(&file, false, None)?;
    let key = world.stranger.path("public.pem");
    assert_eq!(world.verify(&bundle, &[&file, &key])?, "key");
    let [served] = &world.served(b"by a key")?[..] else {
        panic!("one bundle");
    };
    assert_eq!(world.verify(served, &[&file, &key])?, "key");
    assert_verified(&file, &world.notary, &world.stranger.fingerprint())?;
    let other = world.stranger.write("other.bin", b"another file")?;
    let refused = world.verify(&bundle, &[&other, &key]);
    assert!(refused.is_err(), "{refused:?}");
    Ok(())
}

#[test]
fn a_name_that_the_notary_gave_is_the_signer_for_both() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let certificate = world.stranger.enrol(NAME, &world.notary)?;
    let file = world.stranger.write("file.bin", b"by a name")?;
    let bundle = world.sign(&file, false, Some(&certificate))?;
    assert_eq!(world.verify(&bundle, &[&file])?, NAME);
    let [served] = &world.served(b"by a name")?[..] else {
        panic!("one bundle");
    };
    assert_eq!(world.verify(served, &[&file])?, NAME);
    assert_verified(&file, &world.notary, NAME)
}

#[test]
fn a_statement_is_found_by_its_subject_and_verifies() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let certificate = world.stranger.enrol(NAME, &world.notary)?;
    let statement = statement(b"stated").to_string();
    let statement = world.stranger.write("statement.json", statement)?;
    let bundle = world.sign(&statement, true, Some(&certificate))?;
    assert_eq!(world.verify(&bundle, &[])?, NAME);
    let [served] = &world.served(b"stated")?[..] else {
        panic!("one bundle");
    };
    assert_eq!(world.verify(served, &[])?, NAME);
    let file = world.stranger.write("file.bin", b"stated")?;
    assert_verified(&file, &world.notary, NAME)
}

#[test]
fn what_is_in_the_log_already_is_fetched_from_it() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    // RSA with PKCS #1 makes the same signature again, so that the entry is the same.
    let made = world
        .stranger
        .command("node")
        .args(["--eval", RSA])
        .output()?;
    assert!(made.status.success(), "{made:?}");
    let file = world.stranger.write("file.bin", b"twice")?;
    let first = world.sign(&file, false, None)?;
    let second = world.sign(&file, false, None)?;
    let body = "/verificationMaterial/tlogEntries/0/canonicalizedBody";
    assert_eq!(first.pointer(body), second.pointer(body));
    assert!(first.pointer(body).is_some());
    assert_eq!(world.served(b"twice")?.len(), 1);
    Ok(())
}

const RSA: &str = r#"const { generateKeyPairSync } = require("node:crypto");
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
require("node:fs").writeFileSync("private.pem", pem);"#;
