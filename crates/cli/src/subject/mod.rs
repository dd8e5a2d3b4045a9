//! What commands are about: files, and everything else that is known by a digest.

mod about;
mod args;
mod directory;
mod expand;
mod git;
mod ignored;
mod image;
mod image_access;
mod input;
pub mod manifest;
pub mod one_meaning;
mod walk;

pub use about::About;
pub use args::Subjects;
pub use expand::Links;
pub use git::Checkout;
pub use image::{AttachedPlace, ImageArtifact, ImageSubject, NOT_ATTACHABLE};

use crate::error::CliError;
use crate::hash;
use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::{Found, Wanted};
use assay_core::digest::Sha256Digest;
use manifest::Manifest;
use serde::Serialize;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a command is about, as it was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A file.
    File(PathBuf),
    /// The bytes on standard input.
    Input,
    /// Something that is not here, by its digest (`sha256:` and hexadecimal digits in any case).
    Digest(String),
    /// A directory with all that is in it.
    Directory {
        /// The directory.
        path: PathBuf,
        /// Whether everything in it that is named `.git` is left out.
        without_git: bool,
    },
    /// The commit that is checked out of a git repository.
    Git {
        /// The top of its working tree, or a repository without one.
        path: PathBuf,
        /// Whether what is on the disk may be something else.
        allow_dirty: bool,
    },
    /// A link below a folder, which is not followed: it fails by itself.
    Link(PathBuf),
    /// What an argument was to stand for, and is not there or cannot be looked at: it fails by itself.
    Nothing {
        /// What was named.
        named: String,
        /// What is the matter with it.
        problem: String,
    },
    /// A container image.
    Image(ImageSubject),
}

/// Of what kind a subject is. The word for it in JSON never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file.
    File,
    /// Standard input.
    Input,
    /// A link that is not followed.
    Link,
    /// Nothing but a digest.
    Digest,
    /// A directory.
    Directory,
    /// A commit.
    Git,
    /// A container image in a registry.
    Image,
    /// A container image on this machine's Docker or Podman.
    Docker,
    /// A container image in a layout or an archive.
    Oci,
}

/// A subject as it is now: what is signed, and what others are asked about.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// By what everybody knows it.
    pub digest: Sha256Digest,
    /// Its name in a statement about it: a file's, without its folders.
    pub title: String,
    /// The file, where its bytes can be read once more.
    pub file: Option<PathBuf>,
    /// Where its own bundle lies, or is to lie.
    pub bundle: Option<PathBuf>,
    /// What more is to be told of it.
    pub about: About,
    /// What else there is to a container image.
    pub image: Option<ImageArtifact>,
}

impl Subject {
    /// What was named by one argument of the command line.
    pub fn named(argument: &OsStr) -> Self {
        if argument == "-" {
            return Self::Input;
        }
        if let Some(path) = after(argument, "git:") {
            let allow_dirty = false;
            return Self::Git { path, allow_dirty };
        }
        if let Some(image) = argument.to_str().and_then(ImageSubject::named) {
            return Self::Image(image);
        }
        let path = PathBuf::from(argument);
        match path.is_dir() {
            true => Self::Directory {
                path,
                without_git: false,
            },
            false => Self::File(path),
        }
    }

    /// Its name for people, as it was given. May hold text from outside.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) | Self::Link(path) | Self::Directory { path, .. } => {
                path.to_string_lossy().into_owned()
            }
            Self::Git { path, .. } => format!("git:{}", path.to_string_lossy()),
            Self::Input => "-".to_owned(),
            Self::Digest(text) => text.clone(),
            Self::Nothing { named, .. } => named.clone(),
            Self::Image(image) => image.name().to_owned(),
        }
    }

    /// Of what kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::File(_) | Self::Nothing { .. } => Kind::File,
            Self::Link(_) => Kind::Link,
            Self::Input => Kind::Input,
            Self::Digest(_) => Kind::Digest,
            Self::Directory { .. } => Kind::Directory,
            Self::Git { .. } => Kind::Git,
            Self::Image(image) => image.kind(),
        }
    }

    /// Where its bundle lies or is to lie, if it has a place of its own.
    pub fn bundle(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(bundle_beside(path)),
            Self::Directory { path, .. } => Some(bundle_beside(&named(path)?)),
            // Beside what stands for the directory.
            Self::Git { path, .. } => {
                let mut name = OsString::from(named(path)?);
                name.push(".commit");
                Some(bundle_beside(Path::new(&name)))
            }
            Self::Link(_)
            | Self::Input
            | Self::Digest(_)
            | Self::Image(_)
            | Self::Nothing { .. } => None,
        }
    }

    /// The text whose digest stands for a directory or a commit, and what more is to be told of it.
    ///
    /// # Errors
    /// When it cannot be read, or changes meanwhile; of anything else, that it has none.
    pub fn manifest(&self) -> Result<(Manifest, About), CliError> {
        match self {
            Self::Directory { path, without_git } => {
                let (manifest, report) = directory::read(path, *without_git)?;
                Ok((manifest, About::directory(report)))
            }
            Self::Git { path, .. } => {
                let (manifest, checkout) = git::read(path)?;
                Ok((manifest, About::git(checkout)))
            }
            Self::File(path) if path.symlink_metadata().is_err() => {
                let missing = std::io::ErrorKind::NotFound.into();
                Err(CliError::file(path, missing))
            }
            Self::File(_)
            | Self::Link(_)
            | Self::Input
            | Self::Digest(_)
            | Self::Image(_)
            | Self::Nothing { .. } => Err(CliError::Usage(format!(
                "{} has no manifest: only directories and git:PATH have one",
                self.name()
            ))),
        }
    }

    /// Reads it, and computes its digest.
    ///
    /// # Errors
    /// When it cannot be read, changes meanwhile, or is no digest.
    pub fn resolve(&self) -> Result<Artifact, CliError> {
        let of = |digest, title: String, file| Artifact {
            digest,
            title,
            file,
            bundle: self.bundle(),
            about: About::default(),
            image: None,
        };
        Ok(match self {
            Self::File(path) => of(hash::file(path)?, title(path), Some(path.clone())),
            Self::Input => of(input::digest()?, "-".to_owned(), None),
            Self::Digest(text) => of(sha256(text)?, text.to_ascii_lowercase(), None),
            Self::Image(image) => image.resolve()?,
            Self::Link(path) => {
                return Err(CliError::NotFollowed {
                    path: path.clone(),
                    target: std::fs::read_link(path).unwrap_or_default(),
                });
            }
            Self::Nothing { named, problem } => {
                return Err(CliError::WrongFile {
                    path: named.into(),
                    detail: problem.clone(),
                });
            }
            Self::Directory { path, .. } | Self::Git { path, .. } => {
                let (manifest, about) = self.manifest()?;
                self.require_clean(path, &about)?;
                let title = title(&walk::real_path(path)?);
                let artifact = of(manifest.digest(), title, None);
                Artifact { about, ..artifact }
            }
        })
    }

    /// Refuses a commit where something else is on the disk, unless that is allowed.
    fn require_clean(&self, path: &Path, about: &About) -> Result<(), CliError> {
        match (self, &about.git) {
            (Self::Git { allow_dirty, .. }, Some(checkout)) if !allow_dirty => {
                match checkout.clean {
                    Some(false) => Err(CliError::NotClean {
                        path: path.to_owned(),
                        checkout: Box::new(checkout.clone()),
                    }),
                    _ => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

impl Artifact {
    /// Its digests in a statement about it, by their names there.
    pub fn subject_digests(&self) -> serde_json::Value {
        let mut digests = serde_json::json!({ "sha256": self.digest.to_hex() });
        if let (Some(git), Some(digests)) = (&self.about.git, digests.as_object_mut()) {
            digests.insert("gitCommit".to_owned(), git.commit.clone().into());
        }
        digests
    }

    /// All its digests.
    ///
    /// # Errors
    /// When its bytes cannot be read once more, or are others by now.
    pub fn more_digests(&self) -> Result<ArtifactDigests, CliError> {
        hash::more_digests(self.bytes()?, &self.digest)
    }

    /// What a closer look at it finds out; nothing where nothing is wanted.
    ///
    /// # Errors
    /// As [`Self::more_digests`].
    pub fn closer(&self, wanted: &Wanted) -> Result<Option<Found>, CliError> {
        match *wanted == Wanted::default() {
            true => Ok(None),
            false => hash::closer(self.bytes()?, wanted, &self.digest),
        }
    }

    /// By what it is asked about: all that it is known by, each once.
    pub fn digests(&self) -> Vec<Sha256Digest> {
        let also = self.image.iter().flat_map(|image| &image.also);
        std::iter::once(&self.digest).chain(also).copied().collect()
    }

    /// The file that is to be read once more.
    fn bytes(&self) -> Result<&Path, CliError> {
        self.file.as_deref().ok_or_else(|| {
            CliError::Usage("its bytes would have to be read once more: save it as a file".into())
        })
    }
}

/// A path's last name.
fn title(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The path of a directory by its own name; `None` where it has none, as the root.
fn named(path: &Path) -> Option<PathBuf> {
    let path = walk::real_path(path).ok()?;
    path.file_name().is_some().then_some(path)
}

/// What follows a prefix.
fn after(argument: &OsStr, prefix: &str) -> Option<PathBuf> {
    let rest = argument
        .as_encoded_bytes()
        .strip_prefix(prefix.as_bytes())?;
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Some(PathBuf::from(OsStr::from_bytes(rest)))
    }
    #[cfg(not(unix))]
    {
        std::str::from_utf8(rest).ok().map(PathBuf::from)
    }
}

/// How the names of bundles end.
pub const BUNDLE_ENDING: &str = ".sigstore.json";

/// `FILE.sigstore.json`.
pub fn bundle_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(BUNDLE_ENDING);
    PathBuf::from(name)
}

fn sha256(text: &str) -> Result<Sha256Digest, CliError> {
    let read: Option<ArtifactDigests> = text.to_ascii_lowercase().parse().ok();
    read.and_then(|read| read.sha256).ok_or_else(|| {
        let shown: String = text.chars().take(160).collect();
        CliError::Usage(format!(
            "{shown:?} is no SHA-256 digest, which is sha256: and 64 hexadecimal digits"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_in_any_case_and_nothing_else_is_one() {
        let hex = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        for text in [format!("sha256:{hex}"), format!("SHA256:{hex}")] {
            let artifact = Subject::Digest(text).resolve().unwrap();
            assert_eq!(artifact.digest, Sha256Digest::of(b""));
            assert_eq!((artifact.file, artifact.bundle), (None, None));
        }
        let sha512 = format!("sha512:{}", "0".repeat(128));
        for text in ["", "sha256:", hex, "sha256:00", "md5:00", &sha512] {
            assert!(
                Subject::Digest(text.to_owned()).resolve().is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn subjects_are_told_apart_by_how_they_are_named() {
        assert_eq!(Subject::named("-".as_ref()), Subject::Input);
        let file = Subject::named("./-".as_ref());
        assert_eq!(file, Subject::File("./-".into()));
        assert_eq!(file.bundle(), Some("./-.sigstore.json".into()));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let beside = |ending: &str| {
            let mut name = OsString::from(&path);
            name.push(ending);
            Some(PathBuf::from(name))
        };
        let named = Subject::named(path.as_os_str());
        assert_eq!(named.kind(), Kind::Directory);
        assert_eq!(named.bundle(), beside(".sigstore.json"));
        let commit = format!("git:{}", path.display());
        let named = Subject::named(commit.as_ref());
        assert_eq!((named.kind(), named.name()), (Kind::Git, commit));
        assert_eq!(named.bundle(), beside(".commit.sigstore.json"));
        let file = Subject::named("./git:x".as_ref());
        assert_eq!(file, Subject::File("./git:x".into()));
        assert_eq!(Subject::named("/".as_ref()).bundle(), None);
    }
}
