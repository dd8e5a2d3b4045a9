//! `assay verify --all-images`: every image that this machine's Docker or Podman has, in a table.

use crate::error::CliError;
use crate::output;
use crate::subject::{ImageSubject, Subject};
use crate::verify_args::VerifyArgs;
use assay_core::digest::Sha256Digest;
use assay_core::verdict::Verdict;
use assay_oci::{Engine, OciError};

/// So many digits of a digest are shown, as Docker does.
const SHORT: usize = 12;

/// A line of the table.
pub struct Line<'a> {
    /// The image, as it was named.
    pub name: &'a str,
    /// The digest that decided, or else its first.
    pub digest: Option<Sha256Digest>,
    /// The verdict.
    pub verdict: Verdict,
    /// Who decided it.
    pub signer: Option<&'a str>,
    /// The first reason, in words.
    pub reason: Option<&'a str>,
}

/// All images, each by each of its names: whoever starts one does so by a name.
///
/// # Errors
/// When neither Docker nor Podman gives a usable answer.
pub fn subjects(args: &VerifyArgs) -> Result<Vec<Subject>, CliError> {
    let engine = Engine::find()?;
    let access = args.subjects.access(&[])?;
    let mut all = Vec::new();
    for image in engine.images()? {
        for name in image.names() {
            all.push(Subject::Image(ImageSubject::listed(
                name, image.id, &access,
            )));
        }
    }
    match all.is_empty() {
        // That all of none are verified is what nobody wants to hear.
        true => Err(CliError::Image(OciError::Engine {
            socket: engine.name(),
            detail: "it has no images".to_owned(),
        })),
        false => Ok(all),
    }
}

/// Prints the table. Why an image could not be checked is told beside it.
///
/// # Errors
/// When standard output cannot be written to.
pub fn print(lines: Vec<Line<'_>>) -> Result<(), CliError> {
    let mut rows = vec![["IMAGE", "DIGEST", "VERDICT", "SIGNER"].map(str::to_owned)];
    for line in &lines {
        let name = line.name.strip_prefix("docker:").unwrap_or(line.name);
        let digest = line.digest.map(|digest| digest.to_hex());
        let digest = digest.as_deref().and_then(|digest| digest.get(..SHORT));
        rows.push([
            output::plain(name),
            digest.unwrap_or("-").to_owned(),
            line.verdict.word().to_owned(),
            output::plain(line.signer.unwrap_or("-")),
        ]);
    }
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths = [width(0), width(1), width(2)];
    for [name, digest, verdict, signer] in &rows {
        let [first, second, third] = widths;
        output::say(&format!(
            "{name:first$}  {digest:second$}  {verdict:third$}  {signer}"
        ))?;
    }
    for line in lines
        .iter()
        .filter(|line| line.verdict == Verdict::Unchecked)
    {
        if let Some(reason) = line.reason {
            output::note(&format!("{}: {reason}", line.name));
        }
    }
    Ok(())
}
