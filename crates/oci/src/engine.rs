//! Images on this machine's Docker or Podman, by the API that both answer on a Unix socket (Docker
//! Engine API, `/images/json` and `/images/NAME/json`).

use crate::error::OciError;
use crate::image::Image;
use crate::reference::Reference;
use assay_core::digest::Sha256Digest;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;

/// How long an answer may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// How many bytes of an answer are read at most. A line of a list has about a kilobyte.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Docker or Podman on this machine.
#[derive(Debug, Clone)]
pub struct Engine {
    socket: PathBuf,
}

/// An image that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineImage {
    /// The image's own digest: of its configuration, or of its manifest, as the engine keeps it.
    pub id: Sha256Digest,
    /// Its names, with their tags.
    pub tags: Vec<String>,
    /// By what digests registries know it, with the repository.
    pub digests: Vec<(String, Sha256Digest)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    repo_digests: Option<Vec<String>>,
}

impl Engine {
    /// The one that `DOCKER_HOST` names, or else the first of Docker's and Podman's usual sockets that
    /// somebody listens on.
    ///
    /// # Errors
    /// When nobody does.
    pub fn find() -> Result<Self, OciError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(host) = set("DOCKER_HOST") {
            let host = host.to_string_lossy();
            let socket = host.strip_prefix("unix://");
            let socket = socket.ok_or_else(|| OciError::Engine {
                socket: "DOCKER_HOST".to_owned(),
                detail: format!("{host} is no unix:// socket, and only those are asked"),
            })?;
            return Ok(Self::at(Path::new(socket)));
        }
        let own = set("XDG_RUNTIME_DIR").map(PathBuf::from);
        let usual = [
            Some(PathBuf::from("/var/run/docker.sock")),
            own.as_ref().map(|folder| folder.join("docker.sock")),
            own.as_ref().map(|folder| folder.join("podman/podman.sock")),
            Some(PathBuf::from("/run/podman/podman.sock")),
        ];
        let mut tried = Vec::new();
        for socket in usual.into_iter().flatten() {
            match std::os::unix::net::UnixStream::connect(&socket) {
                Ok(_) => return Ok(Self::at(&socket)),
                Err(error) => tried.push(format!("{}: {error}", socket.display())),
            }
        }
        Err(OciError::Engine {
            socket: "neither Docker nor Podman answers on this machine".to_owned(),
            detail: format!("{}; DOCKER_HOST names another socket", tried.join("; ")),
        })
    }

    /// The one that listens there.
    pub fn at(socket: &Path) -> Self {
        let socket = socket.to_owned();
        Self { socket }
    }

    /// Its socket, for people.
    pub fn name(&self) -> String {
        self.socket.display().to_string()
    }

    /// All images that it has, in its order.
    ///
    /// # Errors
    /// When it gives no usable answer.
    pub fn images(&self) -> Result<Vec<EngineImage>, OciError> {
        let body = self.get("/images/json")?;
        let body = body.ok_or_else(|| self.failed("it does not know the call /images/json"))?;
        let listed: Vec<Listed> = serde_json::from_slice(&body)
            .map_err(|error| self.failed(&format!("its answer cannot be read: {error}")))?;
        listed.into_iter().map(|one| self.read(one)).collect()
    }

    /// The image with a name or an id.
    ///
    /// # Errors
    /// When there is none, or it gives no usable answer.
    pub fn image(&self, name: &str) -> Result<EngineImage, OciError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && name.chars().all(is_plain)
            && !name.contains("..")
            && !name.contains("//");
        if !is_name {
            return Err(OciError::Reference {
                text: name.chars().take(160).collect(),
                problem: "a name or an id is of letters, digits and . _ - / : @",
            });
        }
        let body = self.get(&format!("/images/{name}/json"))?;
        let body = body.ok_or_else(|| self.failed(&format!("there is no image {name}")))?;
        let found: Listed = serde_json::from_slice(&body)
            .map_err(|error| self.failed(&format!("its answer cannot be read: {error}")))?;
        self.read(found)
    }

    fn read(&self, found: Listed) -> Result<EngineImage, OciError> {
        let id = found.id.parse();
        let id = id.map_err(|_| self.failed("an image's id is no SHA-256 digest"))?;
        let tags = found.repo_tags.unwrap_or_default();
        let mut digests = Vec::new();
        for one in found.repo_digests.unwrap_or_default() {
            // What has no digest there stands as `<none>@<none>`.
            if let Some((repository, digest)) = one.split_once('@')
                && let Some(digest) = crate::digest::parse(digest)
            {
                digests.push((repository.to_owned(), digest));
            }
        }
        Ok(EngineImage {
            id,
            tags: tags.into_iter().filter(|tag| !tag.contains('<')).collect(),
            digests,
        })
    }

    /// What it answers; `None` for what it does not have.
    fn get(&self, path: &str) -> Result<Option<Bytes>, OciError> {
        // On a thread of its own: whoever asks may be on a runtime.
        let asking = std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| error.to_string())?;
                let asking = async { tokio::time::timeout(TIME_LIMIT, self.ask(path)).await };
                let answered = runtime.block_on(asking);
                answered.map_err(|_| "it did not answer in time".to_owned())?
            });
            asking.join()
        });
        let (status, body) = asking
            .unwrap_or_else(|_| Err("asking it came to a sudden end".to_owned()))
            .map_err(|detail| self.failed(&detail))?;
        match status {
            200 => Ok(Some(body)),
            404 => Ok(None),
            status => Err(self.failed(&format!("it answered with HTTP status {status}"))),
        }
    }

    async fn ask(&self, path: &str) -> Result<(u16, Bytes), String> {
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                "this user may not ask it (Docker: join the group docker)".to_owned()
            }
            _ => error.to_string(),
        })?;
        let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| error.to_string())?;
        let request = hyper::Request::get(path)
            .header("Host", "localhost")
            .header("Accept", "application/json")
            .header("Connection", "close")
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        // It ends with the runtime, whatever the engine does.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_BYTES).collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    }

    fn failed(&self, detail: &str) -> OciError {
        OciError::Engine {
            socket: self.name(),
            detail: detail.to_owned(),
        }
    }
}

impl EngineImage {
    /// The image by its digests: first by the one that its repository of this name knows it by, if that
    /// is just one, and else by its own.
    pub fn known_as(&self, name: &str) -> Image {
        let place = |text: &str| text.parse::<Reference>().ok().map(|one| one.place());
        let own = place(name);
        let mut of_this: Vec<Sha256Digest> = self
            .digests
            .iter()
            .filter(|(repository, _)| own.is_some() && place(repository) == own)
            .map(|(_, digest)| *digest)
            .collect();
        of_this.sort();
        of_this.dedup();
        let mut image = Image::of(match of_this.as_slice() {
            [one] => *one,
            _ => self.id,
        });
        for (_, digest) in &self.digests {
            image.add(*digest);
        }
        image.add(self.id);
        image
    }

    /// Its names; its repositories with digests where it has no tag, or its own digest.
    pub fn names(&self) -> Vec<String> {
        if !self.tags.is_empty() {
            return self.tags.clone();
        }
        let by_digest = self.digests.iter();
        let named: Vec<String> = by_digest
            .map(|(repository, digest)| format!("{repository}@sha256:{digest}"))
            .collect();
        match named.is_empty() {
            true => vec![format!("sha256:{}", self.id)],
            false => named,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(digests: &[(&str, &[u8])]) -> EngineImage {
        EngineImage {
            id: Sha256Digest::of(b"config"),
            tags: vec!["app:1".into()],
            digests: digests
                .iter()
                .map(|(repository, bytes)| ((*repository).into(), Sha256Digest::of(bytes)))
                .collect(),
        }
    }

    #[test]
    fn an_image_is_known_by_its_repositorys_one_digest_and_else_by_its_own() {
        let id = Sha256Digest::of(b"config");
        let (a, b) = (Sha256Digest::of(b"a"), Sha256Digest::of(b"b"));
        let one = image(&[("r.example/app", b"a"), ("other.example/app", b"b")]);
        let known = one.known_as("r.example/app:1");
        assert_eq!((known.digest, known.also), (a, vec![b, id]));
        let known = one.known_as("third.example/app:1");
        assert_eq!((known.digest, known.also), (id, vec![a, b]));
        // Twice the same one is one.
        let twice = image(&[("app", b"a"), ("docker.io/library/app", b"a")]);
        assert_eq!(twice.known_as("app:1").digest, a);
        // Of two nobody knows which is meant.
        let two = image(&[("r.example/app", b"a"), ("r.example/app", b"b")]);
        assert_eq!(two.known_as("r.example/app").digest, id);
        // An id names no repository.
        assert_eq!(one.known_as(&id.to_hex()).digest, id);
        assert_eq!(image(&[]).known_as("app").also, vec![]);
    }
}
