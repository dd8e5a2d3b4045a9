//! Bundles that are here already: beside a file, or named with `--bundle`. Nobody is asked for them, so
//! they prove what they prove without a network; where they lie proves nothing.

use crate::client::Client;
use crate::error::CliError;
use crate::input::{self, text};
use crate::roots::now;
use crate::subject::{Artifact, Subject};
use assay_core::artifact::ArtifactDigests;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::message::BroughtProof;
use assay_core::proof::{Check, MAX_BUNDLE_BYTES};
use assay_core::roots::Roots;
use assay_sources::brought::{self, Inquiry};
use assay_sources::driver;
use std::path::{Path, PathBuf};

/// Where bundles are looked for, and what they are proven with.
pub struct Bundles {
    /// The one that is named for the only subject there is.
    named: Option<PathBuf>,
    /// The trust roots that a bundle may belong to.
    pub roots: Roots,
}

impl Bundles {
    /// The bundle that is named, or else those beside the files.
    ///
    /// # Errors
    /// When the one that is named is not there, or is no file.
    pub fn new(named: Option<&Path>, roots: Roots) -> Result<Self, CliError> {
        if let Some(path) = named {
            let file = input::open(path).map_err(|error| CliError::file(path, error))?;
            if file.metadata().is_ok_and(|found| found.is_dir()) {
                let error = std::io::ErrorKind::IsADirectory.into();
                return Err(CliError::file(path, error));
            }
        }
        Ok(Self {
            named: named.map(Path::to_owned),
            roots,
        })
    }

    /// Whether there is one for any of these.
    pub fn has_any(&self, subjects: &[Subject]) -> bool {
        let mut places = subjects.iter().filter_map(Subject::bundle);
        self.named.is_some() || places.any(|place| place.symlink_metadata().is_ok())
    }

    /// What the bundle proves that is here for this one; `None` where there is none. One that cannot be
    /// read, or proves nothing, is told as such.
    ///
    /// # Errors
    /// When the subject has to be read once more, and cannot be or has changed.
    pub async fn prove(
        &self,
        client: &Client,
        artifact: &Artifact,
    ) -> Result<Option<Evidence>, CliError> {
        let read = match (&self.named, &artifact.bundle) {
            // It may be a pipe, which can be read only once, as there is only one subject.
            (Some(path), _) => Some((path, text(path, MAX_BUNDLE_BYTES))),
            (None, Some(path)) => lying(path).map(|read| (path, read)),
            (None, None) => None,
        };
        let Some((path, read)) = read else {
            return Ok(None);
        };
        let name = match path.file_name() {
            // What a shell puts in place of a command has no more than a number for its name.
            Some(name) if !path.starts_with("/dev") && !path.starts_with("/proc") => name,
            _ => path.as_os_str(),
        };
        let name = name.to_string_lossy().into_owned();
        match read {
            Ok(text) => {
                let proof = BroughtProof { name, text };
                self.prove_one(client, &proof, artifact).await.map(Some)
            }
            Err(error) => Ok(Some(unreadable(&name, &error))),
        }
    }

    /// What one bundle proves of this one, wherever it is from.
    ///
    /// # Errors
    /// As [`Self::prove`].
    pub async fn prove_one(
        &self,
        client: &Client,
        proof: &BroughtProof,
        artifact: &Artifact,
    ) -> Result<Evidence, CliError> {
        let ask = async |digests: ArtifactDigests| {
            let mut inquiry = Inquiry::of_bundle(proof);
            driver::ask(client, &mut inquiry, &self.roots, &digests, now()).await
        };
        let evidence = ask(artifact.digest.into()).await;
        // Where it cannot be read once more, that it is named by another digest is all there is to say.
        match artifact.file {
            Some(_) if wants_another_digest(proof, &evidence) => {
                Ok(ask(artifact.more_digests()?).await)
            }
            _ => Ok(evidence),
        }
    }
}

/// The bundle that lies at a place, if one does.
fn lying(path: &Path) -> Option<Result<String, CliError>> {
    match std::fs::metadata(path) {
        // A link that leads nowhere is none, either.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(CliError::file(path, error))),
        Ok(found) if found.is_file() => Some(text(path, MAX_BUNDLE_BYTES)),
        // Opening a pipe would wait for whoever writes to it.
        Ok(_) => Some(Err(CliError::WrongFile {
            path: path.to_owned(),
            detail: "this is no file".to_owned(),
        })),
    }
}

fn unreadable(name: &str, error: &CliError) -> Evidence {
    let problem = Check::Format.failed_for("a Sigstore bundle", error.to_string());
    let outcome = Outcome::Answered {
        proven: Vec::new(),
        rejected: vec![problem],
        truncated: false,
        withheld: Vec::new(),
    };
    Evidence::of(brought::ID, name, outcome)
}

/// Whether the bundle may name the subject by a digest that is not known yet: a statement may, of whose
/// subjects some are named by one digest and some by another.
fn wants_another_digest(proof: &BroughtProof, evidence: &Evidence) -> bool {
    let is_statement = || proof.text.contains("\"dsseEnvelope\"");
    let Outcome::Answered { rejected, .. } = &evidence.outcome else {
        return false;
    };
    rejected.iter().any(|problem| match problem.check {
        Check::KnownDigest => true,
        Check::ThisFile => is_statement(),
        _ => false,
    })
}
