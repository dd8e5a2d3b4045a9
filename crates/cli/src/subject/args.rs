//! How subjects are named on the command line.

use super::expand::{Links, expand};
use super::image_access::{ImageAccess, ImageArgs};
use super::{BUNDLE_ENDING, Subject, one_meaning};
use crate::error::CliError;
use crate::output;
use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The subjects of a command.
#[derive(Debug, clap::Args)]
pub struct Subjects {
    /// What it is about: files; directories, each as a whole; git:PATH, the commit that is checked out
    /// there; image:REF, docker:REF and oci:PATH[:TAG], container images; - reads standard input. A
    /// pattern that the shell did not expand, such as 'dist/**/*.tar.gz', stands for the files that
    /// match.
    #[arg(value_name = "FILE")]
    pub named: Vec<OsString>,
    /// A folder stands for all files below it: links in it are not followed, and the bundles of the
    /// files (FILE.sigstore.json) are left out.
    #[arg(long, short = 'r')]
    pub recursive: bool,
    /// The digest of something that is not here, as sha256:HEX. Can be given several times.
    #[arg(long, value_name = "DIGEST")]
    pub digest: Vec<String>,
    /// Leave out of directories everything that is named .git. Whoever verifies must do the same.
    #[arg(long)]
    pub without_git: bool,
    /// Take the commit of git:PATH even where something else is on the disk.
    #[arg(long)]
    pub allow_dirty: bool,
    #[command(flatten)]
    pub images: ImageArgs,
}

impl Subjects {
    /// All of them, in the order in which they were named. An argument that stands for nothing is among
    /// them, and fails by itself.
    ///
    /// # Errors
    /// When they cannot go together, or one could be two things.
    pub fn all(&self, links: Links) -> Result<Vec<Subject>, CliError> {
        for argument in &self.named {
            one_meaning::require(argument)?;
        }
        let recursive = self.recursive.then_some(links);
        let named = self.named.iter();
        let named = named.flat_map(|argument| expand(argument, recursive));
        let named = named.map(|subject| self.with_options(subject));
        if self.named.iter().any(|named| named == "git:") {
            return Err(CliError::Usage(
                "git: names nothing: the repository follows it, as in git:.".to_owned(),
            ));
        }
        for text in &self.digest {
            super::sha256(text)?;
        }
        let digests = self.digest.iter().cloned().map(Subject::Digest);
        let mut all: Vec<Subject> = named.chain(digests).collect();
        leave_out_bundles(&mut all);
        if all.iter().any(|one| matches!(one, Subject::Image(_))) {
            let access = self.access(&all)?;
            for subject in &mut all {
                if let Subject::Image(image) = subject {
                    image.access = Arc::clone(&access);
                }
            }
        }
        if all.is_empty() {
            return Err(CliError::Usage(
                "name what it is about: files, - for standard input, --digest, or container images"
                    .to_owned(),
            ));
        }
        Ok(all)
    }

    /// A subject as the options say.
    fn with_options(&self, subject: Subject) -> Subject {
        match subject {
            Subject::Directory { path, .. } => Subject::Directory {
                path,
                without_git: self.without_git,
            },
            Subject::Git { path, .. } => Subject::Git {
                path,
                allow_dirty: self.allow_dirty,
            },
            other => other,
        }
    }

    /// How images are asked for.
    ///
    /// # Errors
    /// As [`ImageAccess::new`].
    pub fn access(&self, all: &[Subject]) -> Result<Arc<ImageAccess>, CliError> {
        let mut registries: Vec<String> = all
            .iter()
            .filter_map(|subject| match subject {
                Subject::Image(image) => image.registry(),
                _ => None,
            })
            .collect();
        registries.sort();
        registries.dedup();
        ImageAccess::new(&self.images, &registries).map(Arc::new)
    }
}

/// So many names are told of what is left out.
const MOST_NAMES: usize = 3;

/// Leaves out the bundles of what is named beside them: a shell makes both of `dist/*`, and who signs or
/// verifies all that is there means what the bundles are for. What only has the name of a bundle, and is
/// of nothing that is named, is a file like others: nothing would be said of its content otherwise.
fn leave_out_bundles(all: &mut Vec<Subject>) {
    let has_its_name = |one: &Subject| match one {
        Subject::File(path) => path.to_string_lossy().ends_with(BUNDLE_ENDING),
        _ => false,
    };
    if !all.iter().any(has_its_name) {
        return;
    }
    let bundles = all.iter().filter_map(|one| absolute(&one.bundle()?));
    let bundles: HashSet<PathBuf> = bundles.collect();
    // Of a.sigstore.json.sigstore.json beside a.sigstore.json and a, the one in the middle is left out,
    // so that the other one is the bundle of nothing.
    let is_one = |path: &Path| {
        let mut place = absolute(path);
        let mut is_one = false;
        while let Some(here) = place.filter(|place| bundles.contains(place)) {
            is_one = !is_one;
            place = here
                .to_str()
                .and_then(|here| here.strip_suffix(BUNDLE_ENDING))
                .map(PathBuf::from);
        }
        is_one
    };
    let mut out = Vec::new();
    all.retain(|one| match one {
        Subject::File(path) if has_its_name(one) && is_one(path) => {
            out.push(one.name());
            false
        }
        _ => true,
    });
    if !out.is_empty() {
        let names: Vec<&str> = out.iter().take(MOST_NAMES).map(String::as_str).collect();
        let more = match out.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        output::note(&format!(
            "left out, as bundles of what is named with them: {}{more}",
            names.join(", ")
        ));
    }
}

/// A path that is the same however the folder is named.
fn absolute(path: &Path) -> Option<PathBuf> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Some(folder.canonicalize().ok()?.join(path.file_name()?))
}
