//! Debian's docker-registry on this machine, and images made by the test.
#![allow(dead_code, reason = "each test file uses a part")]

use assay_core::digest::Sha256Digest;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The user of a registry that asks for one, and the password.
pub const USER: &str = "ali";
pub const PASSWORD: &str = "open sesame";

/// The password as `htpasswd` keeps it (bcrypt).
const HTPASSWD: &str = "ali:$2b$04$VJw6gpKcdNyJ2Qt1BKVS0O65eErRmZc3hLYp/40paerifsLLQL.sC";

/// A registry in a process of its own; killed when dropped.
pub struct Registry {
    child: Child,
    _folder: tempfile::TempDir,
    /// Its host and port.
    pub host: String,
    scheme: &'static str,
    has_password: bool,
}

/// What a registry asks for.
#[derive(Default)]
pub struct Asking<'a> {
    pub password: bool,
    /// Files with its certificate and key (PEM).
    pub tls: Option<(&'a Path, &'a Path)>,
}

/// The program; `None`, and a word about it, where it is not installed. In CI that is a failure.
pub fn program(name: &str, variable: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let found = named.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    });
    if found.is_none() {
        let missing = format!(
            "{name} is not installed (Debian has it in the package {name}); {variable} names it"
        );
        assert!(
            std::env::var_os("CI").is_none_or(|set| set != "true"),
            "{missing}"
        );
        eprintln!("not run: {missing}");
    }
    found
}

impl Registry {
    pub fn start() -> Option<Self> {
        Self::start_asking(&Asking::default())
    }

    pub fn start_asking(asking: &Asking<'_>) -> Option<Self> {
        let program = program("docker-registry", "ASSAY_DOCKER_REGISTRY")?;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut config = json!({
            "version": "0.1",
            "log": { "level": "info" },
            "storage": { "filesystem": { "rootdirectory": at("data") } },
            "http": { "addr": "127.0.0.1:0" },
        });
        if asking.password {
            std::fs::write(at("htpasswd"), HTPASSWD).unwrap();
            config["auth"] = json!({ "htpasswd": { "realm": "test", "path": at("htpasswd") } });
        }
        if let Some((certificate, key)) = asking.tls {
            config["http"]["tls"] = json!({ "certificate": certificate, "key": key });
        }
        // YAML has JSON in it.
        std::fs::write(at("config.yml"), config.to_string()).unwrap();
        let mut child = Command::new(program)
            .args(["serve", &at("config.yml")])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let host = loop {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "the registry ended");
            if let Some((_, rest)) = line.split_once("listening on ") {
                let end = rest.find([',', '"']).unwrap();
                break rest[..end].to_owned();
            }
        };
        // What it goes on to say would fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Some(Self {
            child,
            _folder: folder,
            host,
            scheme: if asking.tls.is_some() {
                "https"
            } else {
                "http"
            },
            has_password: asking.password,
        })
    }

    /// A reference of what is there, as it is given to `assay`.
    pub fn image(&self, rest: &str) -> String {
        format!("image:{}/{rest}", self.host)
    }

    /// Pushes an image under a tag.
    pub fn push(&self, repository: &str, tag: &str, image: &TestImage) {
        for blob in [&image.config, &image.layer] {
            self.push_blob(repository, blob);
        }
        self.push_manifest(repository, tag, OCI_MANIFEST, &image.manifest);
    }

    /// Pushes an index of images, with their platforms.
    pub fn push_index(
        &self,
        repository: &str,
        tag: &str,
        images: &[(&str, &TestImage)],
    ) -> Sha256Digest {
        for (_, image) in images {
            self.push(repository, &image.digest().to_hex(), image);
        }
        let index = index(images);
        self.push_manifest(repository, tag, OCI_INDEX, &index);
        Sha256Digest::of(&index)
    }

    pub fn push_manifest(&self, repository: &str, name: &str, kind: &str, bytes: &[u8]) {
        let url = format!("{}/v2/{repository}/manifests/{name}", self.url());
        let request = self.agent().put(url).header("Authorization", self.basic());
        let answer = request.content_type(kind).send(bytes).unwrap();
        assert_eq!(answer.status(), 201);
    }

    pub fn push_blob(&self, repository: &str, bytes: &[u8]) {
        let url = format!("{}/v2/{repository}/blobs/uploads/", self.url());
        let request = self.agent().post(url).header("Authorization", self.basic());
        let answer = request.send_empty().unwrap();
        let place = answer.headers()["location"].to_str().unwrap();
        let place = format!("{place}&digest=sha256:{}", Sha256Digest::of(bytes));
        let request = self
            .agent()
            .put(place)
            .header("Authorization", self.basic());
        let answer = request.send(bytes).unwrap();
        assert_eq!(answer.status(), 201);
    }

    /// Something as it is there.
    pub fn get(&self, path: &str) -> Option<Value> {
        let request = self.agent().get(format!("{}/v2/{path}", self.url()));
        let request = request.header("Authorization", self.basic());
        let mut answer = request
            .header("Accept", format!("{OCI_INDEX}, {OCI_MANIFEST}"))
            .call();
        let answer = answer.as_mut().ok()?;
        Some(serde_json::from_slice(&answer.body_mut().read_to_vec().unwrap()).unwrap())
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    fn basic(&self) -> String {
        use base64::Engine;
        let pair = match self.has_password {
            true => format!("{USER}:{PASSWORD}"),
            false => ":".to_owned(),
        };
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        format!("Basic {pair}")
    }

    fn agent(&self) -> ureq::Agent {
        // The test pushes without looking at the certificate: what it tests is who does.
        let tls = ureq::tls::TlsConfig::builder().disable_verification(true);
        ureq::Agent::config_builder()
            .tls_config(tls.build())
            .build()
            .into()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An image with one layer.
#[derive(Clone)]
pub struct TestImage {
    pub config: Vec<u8>,
    pub layer: Vec<u8>,
    pub manifest: Vec<u8>,
}

impl TestImage {
    /// One that holds this text.
    pub fn of(text: &str) -> Self {
        Self::for_platform("linux/amd64", text)
    }

    pub fn for_platform(platform: &str, text: &str) -> Self {
        let (os, architecture) = platform.split_once('/').unwrap();
        let mut layer = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        layer
            .append_data(&mut header, "text", text.as_bytes())
            .unwrap();
        let layer = layer.into_inner().unwrap();
        let config = json!({
            "os": os,
            "architecture": architecture,
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": [sha256(&layer)] },
        })
        .to_string()
        .into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer)],
        })
        .to_string()
        .into_bytes();
        Self {
            config,
            layer,
            manifest,
        }
    }

    pub fn digest(&self) -> Sha256Digest {
        Sha256Digest::of(&self.manifest)
    }

    pub fn id(&self) -> Sha256Digest {
        Sha256Digest::of(&self.config)
    }
}

/// An index of images, with their platforms.
pub fn index(images: &[(&str, &TestImage)]) -> Vec<u8> {
    let manifests: Vec<Value> = images
        .iter()
        .map(|(platform, image)| {
            let (os, architecture) = platform.split_once('/').unwrap();
            let mut one = descriptor(OCI_MANIFEST, &image.manifest);
            one["platform"] = json!({ "os": os, "architecture": architecture });
            one
        })
        .collect();
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests })
        .to_string()
        .into_bytes()
}

pub fn descriptor(kind: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": kind, "digest": sha256(bytes), "size": bytes.len() })
}

pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", Sha256Digest::of(bytes))
}
