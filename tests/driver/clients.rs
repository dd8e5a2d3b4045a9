use std::path::{Path, PathBuf};
use std::process::Command;

use assay_core::digest::Sha256Digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::programs::{NotaryProcess, output_of};
use crate::{Error, Result};

/// A client of others that the notary is tested with. `cargo xtask test --interop` installs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// npm's `@sigstore/sign` and `@sigstore/verify`: the folder with the installed packages.
    SigstoreJs,
    /// PyPI's `sigstore`: the interpreter that finds it.
    SigstorePython,
    /// The program `cosign`.
    Cosign,
    /// The program `rekor-cli`.
    RekorCli,
}

impl Client {
    /// Where it is. `None`, and a word about it, where it was not installed; the test has to end
    /// then. In CI that is an error.
    ///
    /// # Errors
    /// [`Error::Missing`] in CI.
    pub fn find(self) -> Result<Option<PathBuf>> {
        let variable = match self {
            Self::SigstoreJs => "ASSAY_SIGSTORE_JS",
            Self::SigstorePython => "ASSAY_SIGSTORE_PYTHON",
            Self::Cosign => "ASSAY_COSIGN",
            Self::RekorCli => "ASSAY_REKOR_CLI",
        };
        if let Some(place) = std::env::var_os(variable) {
            return Ok(Some(PathBuf::from(place)));
        }
        let missing = Error::Missing {
            what: format!("the client {self:?} of others"),
            remedy: "start the tests by `cargo xtask test --interop`, which installs it".to_owned(),
        };
        if std::env::var_os("CI").is_some_and(|set| set == "true") {
            return Err(missing);
        }
        eprintln!("not run: {missing}");
        Ok(None)
    }
}

/// Somebody who signs with a client of others: an ECDSA P-256 key of their own, and a folder.
pub struct Stranger {
    folder: TempDir,
    key: KeyPair,
}

impl Stranger {
    /// Somebody new, whose key pair is in the folder.
    ///
    /// # Errors
    /// No key or no folder could be made.
    pub fn new() -> Result<Self> {
        let failed = |error: rcgen::Error| Error::Other(format!("no key: {error}"));
        let stranger = Self {
            folder: tempfile::tempdir().map_err(Error::io("no folder"))?,
            key: KeyPair::generate().map_err(failed)?,
        };
        stranger.write(
            "private.pem",
            pem("PRIVATE KEY", stranger.key.serialized_der()),
        )?;
        stranger.write("public.pem", stranger.public_pem())?;
        Ok(stranger)
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// It could not be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, content).map_err(Error::path("written", &path))?;
        Ok(path)
    }

    /// A command that runs in the folder and has it for its home.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path());
        command
    }

    /// The public key, PEM.
    fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.key.subject_public_key_info())
    }

    /// The key as `assay` names it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.key.subject_public_key_info())
    }

    /// An ECDSA signature (DER) of these bytes.
    ///
    /// # Errors
    /// The key refused.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let failed = |error: rcgen::Error| Error::Other(format!("no signature: {error}"));
        self.key.sign(bytes).map_err(failed)
    }

    /// Proposes a signature of an artifact: a `hashedrekord`.
    ///
    /// # Errors
    /// The key refused.
    pub fn propose(&self, artifact: &[u8]) -> Result<Value> {
        Ok(json!({
            "apiVersion": "0.0.1",
            "kind": "hashedrekord",
            "spec": {
                "data": { "hash": {
                    "algorithm": "sha256",
                    "value": Sha256Digest::of(artifact).to_hex(),
                } },
                "signature": {
                    "content": STANDARD.encode(self.sign(artifact)?),
                    "publicKey": { "content": STANDARD.encode(self.public_pem()) },
                },
            },
        }))
    }

    /// A DSSE envelope with a statement about an artifact.
    ///
    /// # Errors
    /// The key refused.
    pub fn envelope(&self, artifact: &[u8]) -> Result<Value> {
        let payload = statement(artifact).to_string();
        // Its "pre-authentication encoding".
        let encoded = format!(
            "DSSEv1 {} {IN_TOTO} {} {payload}",
            IN_TOTO.len(),
            payload.len()
        );
        Ok(json!({
            "payloadType": IN_TOTO,
            "payload": STANDARD.encode(&payload),
            "signatures": [{ "sig": STANDARD.encode(self.sign(encoded.as_bytes())?) }],
        }))
    }

    /// Proposes such an envelope: a `dsse`.
    ///
    /// # Errors
    /// The key refused.
    pub fn propose_dsse(&self, artifact: &[u8]) -> Result<Value> {
        Ok(json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": { "proposedContent": {
                "envelope": self.envelope(artifact)?.to_string(),
                "verifiers": [STANDARD.encode(self.public_pem())],
            } },
        }))
    }

    /// Has the notary name the key, and writes the certificate (PEM) that it made for it.
    ///
    /// # Errors
    /// The notary refused.
    pub fn enrol(&self, name: &str, notary: &NotaryProcess) -> Result<PathBuf> {
        notary.enrol_key(name, &self.path("public.pem"))?;
        let key = Sha256Digest::of(&self.key.subject_public_key_info());
        let url = format!("{}/signers/sha256:{key}", notary.url());
        let (status, certificate) = crate::http::get(&url)?;
        if status != 200 {
            return Err(Error::Other(format!("{url} answered {status}")));
        }
        self.write("certificate.pem", certificate)
    }

    /// Signs a file with `@sigstore/sign` and its `RekorWitness`, and returns the bundle. With a
    /// certificate the signer has its name. An in-toto statement is signed as `dsse`.
    ///
    /// # Errors
    /// The client failed.
    pub fn sign_in_js(
        &self,
        modules: &Path,
        notary: &NotaryProcess,
        file: &Path,
        dsse: bool,
        certificate: Option<&Path>,
    ) -> Result<Value> {
        let mut sign = self.script(modules, "sign.cjs");
        sign.arg(notary.url())
            .arg(self.path("private.pem"))
            .arg(match dsse {
                true => "dsse",
                false => "message",
            })
            .arg(file)
            .args(certificate);
        Ok(serde_json::from_str(&output_of(&mut sign)?)?)
    }

    /// Signs a file with `cosign` and a key that it makes. It is told of the log by a signing
    /// configuration, and whom to trust by a trusted root, both of its own making. Returns the key's fingerprint; the
    /// bundle is `cosign.sigstore.json`, the trusted root `cosign-root.json`, the key `cosign.pub`.
    ///
    /// # Errors
    /// The client failed.
    pub fn sign_with_cosign(
        &self,
        cosign: &Path,
        notary: &NotaryProcess,
        file: &Path,
    ) -> Result<String> {
        self.prepare_cosign(cosign, notary)?;
        output_of(
            self.cosign(cosign)
                .args(["sign-blob", "--key", "cosign.key", "--yes"])
                .args(["--signing-config", "signing-config.json"])
                .args(["--bundle", "cosign.sigstore.json"])
                .arg(file),
        )?;
        self.cosign_fingerprint()
    }

    /// Signs a container image with `cosign` and a key that it makes, as [`Self::sign_with_cosign`] signs
    /// files. What it makes is attached to the image: a bundle, or as it did before there were any.
    ///
    /// # Errors
    /// The client failed.
    pub fn sign_image_with_cosign(
        &self,
        cosign: &Path,
        notary: &NotaryProcess,
        image: &str,
        with_bundle: bool,
    ) -> Result<String> {
        self.prepare_cosign(cosign, notary)?;
        let mut sign = self.cosign(cosign);
        sign.args(["sign", "--key", "cosign.key", "--yes"]);
        match with_bundle {
            true => sign.args(["--signing-config", "signing-config.json"]),
            false => sign
                .args(["--new-bundle-format=false", "--use-signing-config=false"])
                .args(["--rekor-url", &notary.url()]),
        };
        output_of(sign.arg(image))?;
        self.cosign_fingerprint()
    }

    /// Has `cosign` make a key and be told of the notary's log, once.
    fn prepare_cosign(&self, cosign: &Path, notary: &NotaryProcess) -> Result<()> {
        if !self.path("cosign.key").is_file() {
            output_of(self.cosign(cosign).arg("generate-key-pair"))?;
            let (_, key) = crate::http::get(&format!("{}/api/v1/log/publicKey", notary.url()))?;
            self.write("log.pub", key)?;
            let (url, since) = (notary.url(), "start-time=2024-01-01T00:00:00Z");
            output_of(self.cosign(cosign).args([
                "signing-config",
                "create",
                "--rekor",
                &format!("url={url},api-version=1,{since},operator=notary"),
                "--rekor-config=ANY",
                "--no-default-rekor",
                "--no-default-fulcio",
                "--no-default-oidc",
                "--no-default-tsa",
                "--out",
                "signing-config.json",
            ]))?;
            output_of(self.cosign(cosign).args([
                "trusted-root",
                "create",
                "--rekor",
                &format!("url={url},public-key=log.pub,{since}"),
                "--out",
                "cosign-root.json",
            ]))?;
        }
        Ok(())
    }

    fn cosign_fingerprint(&self) -> Result<String> {
        let path = self.path("cosign.pub");
        let pem = std::fs::read_to_string(&path).map_err(Error::path("read", &path))?;
        let lines: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD
            .decode(lines)
            .map_err(|error| Error::Other(format!("cosign's key: {error}")))?;
        Ok(fingerprint(&der))
    }

    /// `cosign`, with the password of its key.
    pub fn cosign(&self, program: &Path) -> Command {
        let mut cosign = self.command(program);
        cosign.env("COSIGN_PASSWORD", "of a test");
        cosign
    }

    /// One of the scripts in `tests/interop/npm`, with the packages in `modules`.
    pub fn script(&self, modules: &Path, name: &str) -> Command {
        let mut node = self.command("node");
        node.env("NODE_PATH", modules)
            .arg(interop("npm").join(name));
        node
    }
}

/// The media type of in-toto's statements.
const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A statement about an artifact.
pub fn statement(artifact: &[u8]) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{
            "name": "artifact",
            "digest": { "sha256": Sha256Digest::of(artifact).to_hex() },
        }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    })
}

/// A key (SubjectPublicKeyInfo) as `assay` names it.
fn fingerprint(key: &[u8]) -> String {
    let digest = Sha256Digest::of(key);
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest.as_bytes()))
}

/// RFC 7468.
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).collect();
    let lines = String::from_utf8_lossy(&lines.join(&b"\n"[..])).into_owned();
    format!("-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n")
}

/// A folder in `tests/interop`.
pub fn interop(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("interop")
        .join(name)
}
