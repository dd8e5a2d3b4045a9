//! What commands are about: files, and everything else that is known by a digest.

mod args;
mod image;
mod image_access;
mod input;

pub use args::Subjects;
pub use image::{AttachedPlace, ImageArtifact, ImageSubject, NOT_ATTACHABLE};

use crate::error::CliError;
use crate::hash;
use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::{Found, Wanted};
use assay_core::digest::Sha256Digest;
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
    /// A container image.
    Image(ImageSubject),
}

/// Of what kind a subject is. The word for it in JSON never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A file.
    File,
    /// Standard input.
    Input,
    /// Nothing but a digest.
    Digest,
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
    /// What else there is to a container image.
    pub image: Option<ImageArtifact>,
}

impl Subject {
    /// What was named by one argument of the command line.
    pub fn named(argument: &OsStr) -> Self {
        match argument.to_str() {
            Some("-") => Self::Input,
            Some(text) => match ImageSubject::named(text) {
                Some(image) => Self::Image(image),
                None => Self::File(argument.into()),
            },
            None => Self::File(argument.into()),
        }
    }

    /// Its name for people, as it was given. May hold text from outside.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.to_string_lossy().into_owned(),
            Self::Input => "-".to_owned(),
            Self::Digest(text) => text.clone(),
            Self::Image(image) => image.name().to_owned(),
        }
    }

    /// Of what kind it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::File(_) => Kind::File,
            Self::Input => Kind::Input,
            Self::Digest(_) => Kind::Digest,
            Self::Image(image) => image.kind(),
        }
    }

    /// Where its bundle lies or is to lie, if it has a place of its own.
    pub fn bundle(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(bundle_beside(path)),
            Self::Input | Self::Digest(_) | Self::Image(_) => None,
        }
    }

    /// Reads it, and computes its digest.
    ///
    /// # Errors
    /// When it cannot be read, changes meanwhile, or is no digest.
    pub fn resolve(&self) -> Result<Artifact, CliError> {
        let (digest, title, file) = match self {
            Self::File(path) => {
                let name = path.file_name().unwrap_or_default();
                let title = name.to_string_lossy().into_owned();
                (hash::file(path)?, title, Some(path.clone()))
            }
            Self::Input => (input::digest()?, "-".to_owned(), None),
            Self::Digest(text) => (sha256(text)?, text.to_ascii_lowercase(), None),
            Self::Image(image) => return image.resolve(),
        };
        Ok(Artifact {
            digest,
            title,
            file,
            bundle: self.bundle(),
            image: None,
        })
    }
}

impl Artifact {
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

/// `FILE.sigstore.json`.
pub fn bundle_beside(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".sigstore.json");
    PathBuf::from(name)
}

fn sha256(text: &str) -> Result<Sha256Digest, CliError> {
    let lower = text.to_ascii_lowercase();
    let digests: ArtifactDigests = lower.parse()?;
    digests.sha256.ok_or_else(|| {
        CliError::Usage(format!(
            "{text}: only SHA-256 digests (sha256: and 64 hexadecimal digits) can be asked about"
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
    fn a_dash_is_standard_input_and_all_else_a_file() {
        assert_eq!(Subject::named("-".as_ref()), Subject::Input);
        let file = Subject::named("./-".as_ref());
        assert_eq!(file, Subject::File("./-".into()));
        assert_eq!(file.bundle(), Some("./-.sigstore.json".into()));
    }
}
