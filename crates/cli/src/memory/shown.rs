//! What is remembered, as it is printed.

use super::files::{Kept, Site};
use crate::output::plain;
use crate::report::{DownloadReport, SignerReport};
use assay_core::declaration::Declaration;
use assay_core::project::Project;
use assay_core::root_store::day;
use serde::Serialize;

/// A project.
#[derive(Debug, Serialize)]
pub struct ShownProject {
    /// Its name: `github.com/OWNER/NAME`, or a host and the pattern of paths that it declares.
    name: String,
    /// Who signs for it.
    signers: Vec<SignerReport>,
    /// When the first file that they signed was verified, in seconds since 1970.
    since: i64,
    /// The endings of the names of files that were signed.
    endings: Vec<String>,
}

/// A site.
#[derive(Debug, Serialize)]
pub struct ShownSite {
    /// Its host.
    host: String,
    /// What it declares, as far as that counts; `null` where it declares nothing.
    declared: Option<Vec<DownloadReport>>,
    /// When that was first seen or made, in seconds since 1970.
    since: Option<i64>,
    /// That it declares something else now, or nothing (`vanished`), which does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    offered: Option<&'static str>,
    /// Under which names something was found beside its files.
    found: Vec<String>,
}

impl From<&Kept<Project>> for ShownProject {
    fn from(kept: &Kept<Project>) -> Self {
        let project = &kept.known;
        let endings = project.endings.iter();
        Self {
            name: kept.name.clone(),
            signers: project.signers.iter().map(Into::into).collect(),
            since: (project.since / 1000.0) as i64,
            endings: endings.map(|(ending, _)| ending.clone()).collect(),
        }
    }
}

impl From<&Kept<Site>> for ShownSite {
    fn from(kept: &Kept<Site>) -> Self {
        let word = &kept.known.word;
        let text = word.declaration.as_deref();
        let declared = text.and_then(|text| Declaration::parse(text).ok());
        let downloads = |one: &Declaration| one.downloads().iter().map(Into::into).collect();
        Self {
            host: kept.name.clone(),
            declared: declared.as_ref().map(downloads),
            since: text.map(|_| word.since),
            offered: word.offered.as_deref().map(|text| match text.is_empty() {
                true => "vanished",
                false => "swapped",
            }),
            found: kept.known.habits.found.clone(),
        }
    }
}

impl ShownProject {
    /// The lines that list it.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![plain(&self.name)];
        for signer in &self.signers {
            let workflow = signer.workflow.iter();
            let workflow: String = workflow.map(|path| format!(" ({path})")).collect();
            let told = format!("{}{workflow}, {}", signer.name, signer.trust_root);
            lines.push(format!("  signer      {}", plain(&told)));
        }
        let endings: Vec<String> = self.endings.iter().map(|one| plain(one)).collect();
        lines.push(format!("  since       {}", day(self.since)));
        lines.push(format!("  signed      {}", named(&endings)));
        lines.join("\n")
    }
}

impl ShownSite {
    /// The lines that list it.
    pub(super) fn text(&self) -> String {
        let mut lines = vec![plain(&self.host)];
        for download in self.declared.iter().flatten() {
            let signers = download.signers.iter();
            let signers = signers.map(|signer| signer.name.as_deref().unwrap_or(signer.kind));
            let signers: Vec<&str> = signers.collect();
            let told = format!("{} by {}", download.paths.join(", "), signers.join(", "));
            lines.push(format!("  declares    {}", plain(&told)));
        }
        match self.since {
            Some(since) => lines.push(format!("  since       {}", day(since))),
            None => lines.push("  declares    nothing".to_owned()),
        }
        match self.offered {
            Some("vanished") => lines.push("  CHANGED     it declares nothing any more".to_owned()),
            Some(_) => lines.push("  CHANGED     it declares something else now".to_owned()),
            None => {}
        }
        if !self.found.is_empty() {
            let found = self.found.join(", ");
            lines.push(format!("  beside      {}", plain(&found)));
        }
        lines.join("\n")
    }
}

/// Endings, and the names of files without one, each after a slash.
fn named(endings: &[String]) -> String {
    let told = endings.iter().map(|ending| match ending.strip_prefix('/') {
        Some(name) => format!("files named {name}, without an ending"),
        None => format!(".{ending}"),
    });
    match endings.is_empty() {
        true => "nothing of which it says something that it is not".to_owned(),
        false => told.collect::<Vec<String>>().join(", "),
    }
}
