use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay_tests::{Error, Extension, Result, copy_folder, extension_folder, target_folder};
use serde::Deserialize;
use serde_json::json;

/// The third-party hash that the extension's is held against; it is no part of the product.
const PEER: &str = "hash-wasm@4.13.0";

/// Copies the built extension and puts the peer beside it.
pub fn extension_with_peer() -> Result<PathBuf> {
    let folder = target_folder()?.join("bench");
    let npm = folder.join("npm");
    fs::create_dir_all(&npm)?;
    let installed = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-save",
            "--prefix",
        ])
        .arg(&npm)
        .arg(PEER)
        .output()
        .map_err(|_| Error::Missing {
            what: "npm".to_owned(),
            remedy: format!(
                "the benchmark compares with {PEER}; install npm (Debian: apt-get install npm)"
            ),
        })?;
    if !installed.status.success() {
        return Err(Error::Other(format!(
            "npm could not install {PEER}: {}",
            String::from_utf8_lossy(&installed.stderr)
        )));
    }
    let extension = folder.join("extension");
    if extension.exists() {
        fs::remove_dir_all(&extension)?;
    }
    copy_folder(&extension_folder()?, &extension)?;
    fs::create_dir(extension.join("bench"))?;
    fs::copy(
        npm.join("node_modules/hash-wasm/dist/sha256.umd.min.js"),
        extension.join("bench/peer.js"),
    )?;
    fs::write(extension.join("bench/worker.js"), WORKER)?;
    Ok(extension)
}

/// How the Worker takes a file.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    /// Read and hashed by the peer, chunk by chunk.
    Peer,
    /// Only read, into one buffer that is used again.
    ReadOnly,
}

/// What the Worker found.
#[derive(Deserialize)]
pub struct Taken {
    pub seconds: f64,
    pub bytes: u64,
    pub digest: Option<String>,
}

/// Has a Worker of the extension take a file.
pub fn take(extension: &Extension, file: &Path, way: Way) -> Result<Taken> {
    let url = format!("file://{}", file.display());
    let way = match way {
        Way::Peer => "peer",
        Way::ReadOnly => "read",
    };
    extension.inside(
        r#"(url, way) => new Promise((done, failed) => {
            const worker = new Worker("/bench/worker.js");
            worker.onmessage = ({ data }) => { worker.terminate(); done(data); };
            worker.onerror = (event) => { worker.terminate(); failed(new Error(event.message)); };
            worker.postMessage({ url, way });
        })"#,
        json!([url, way]),
    )
}

/// The peer's documentation: create a hasher, update it with each chunk, take the digest.
const WORKER: &str = r#"importScripts("peer.js");
onmessage = async ({ data: { url, way } }) => {
  const start = performance.now();
  let bytes = 0, digest = null;
  const { body } = await fetch(url);
  if (way === "peer") {
    const hasher = await hashwasm.createSHA256();
    hasher.init();
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      hasher.update(value);
      bytes += value.byteLength;
    }
    digest = hasher.digest();
  } else {
    const reader = body.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(4 * 1024 * 1024);
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      bytes += value.byteLength;
      buffer = value.buffer;
    }
  }
  postMessage({ seconds: (performance.now() - start) / 1000, bytes, digest });
};
"#;
