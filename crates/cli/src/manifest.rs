//! `assay manifest`: the text whose digest stands for a directory or a commit.

use crate::error::CliError;
use crate::exit::Exit;
use crate::output;
use crate::subject::{Subject, one_meaning};
use serde_json::json;

const MANIFEST_EXAMPLES: &str = "\
The SHA-256 of what is printed is the digest that is signed. Where a directory is unknown, compare its
manifest with that of whoever signed it.

Examples:
  assay manifest dist/ > dist.manifest
  assay manifest dist/ | diff dist.manifest -
  assay manifest git:. | sha256sum";

/// `assay manifest`.
#[derive(Debug, clap::Args)]
#[command(after_help = MANIFEST_EXAMPLES)]
pub struct ManifestArgs {
    /// A directory, or git:PATH.
    #[arg(value_name = "DIR")]
    pub subject: std::ffi::OsString,
    /// Leave out of the directory everything that is named .git.
    #[arg(long)]
    pub without_git: bool,
    /// Print JSON (schema assay.manifest.v1).
    #[arg(long)]
    pub json: bool,
}

/// Prints the manifest.
///
/// # Errors
/// When the directory or commit cannot be read, or either could be meant.
pub fn run(args: &ManifestArgs) -> Result<Exit, CliError> {
    one_meaning::require(&args.subject)?;
    let subject = match Subject::named(&args.subject) {
        Subject::Directory { path, .. } => Subject::Directory {
            path,
            without_git: args.without_git,
        },
        other => other,
    };
    let (manifest, about) = subject.manifest()?;
    if args.json {
        output::json(&json!({
            "schema": "assay.manifest.v1",
            "file": subject.name(),
            "kind": subject.kind(),
            "sha256": manifest.digest(),
            "about": about,
            "entries": manifest.entries(),
        }))?;
    } else {
        output::raw(&manifest.text())?;
        if let Some(false) = about.git.as_ref().and_then(|git| git.clean) {
            output::note("this is the commit; what is on the disk is something else");
        }
    }
    Ok(Exit::DONE)
}
