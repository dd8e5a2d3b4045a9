//! The result of `assay verify` for one subject, as it is printed.

use crate::all_images;
use crate::color;
use crate::error::CliError;
use crate::exit::Exit;
use crate::judging::Recalled;
use crate::output;
use crate::report::{ReasonReport, SignerReport, SourceReport};
use crate::subject::{About, Kind, Subject};
use assay_core::attestation::{Attestation, Claim};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::policy::Judgement;
use assay_core::standing::Standing;
use assay_core::verdict::Verdict;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;

/// The result for one subject.
#[derive(Serialize)]
pub struct Verified {
    /// Its name, as it was given.
    pub file: String,
    /// Of what kind it is.
    pub kind: Kind,
    /// Its digest, where it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Sha256Digest>,
    /// Other digests of the same container image, which were asked about, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Sha256Digest>,
    /// What more is told of it.
    #[serde(flatten)]
    pub about: About,
    /// The outcome.
    pub verdict: Verdict,
    /// How the program would end if it were the only one.
    #[serde(rename = "exit_code", serialize_with = "code")]
    pub exit: Exit,
    /// Who decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<SignerReport>,
    /// Of several digests, the one about which it was said that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<Sha256Digest>,
    /// Why; the first decided.
    pub reasons: Vec<ReasonReport>,
    /// What each source proved.
    pub sources: Vec<SourceReport>,
    /// What a policy demands and the verdict does not meet, although the user would accept it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmet: Option<String>,
    /// The project that the file belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// What is remembered of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Recalled>,
    /// The change that was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<&'static str>,
}

impl Verified {
    /// The result of a judgement.
    pub fn of(
        subject: &Subject,
        sha256: Option<Sha256Digest>,
        judgement: &Judgement,
        evidence: &[Evidence],
    ) -> Self {
        Self {
            file: subject.name(),
            kind: subject.kind(),
            sha256,
            also: Vec::new(),
            about: About::default(),
            verdict: judgement.verdict,
            exit: Exit::of(judgement.verdict),
            signer: judgement.signer.as_ref().map(Into::into),
            decided_by: deciding(judgement, evidence),
            reasons: judgement.reasons.iter().map(Into::into).collect(),
            sources: evidence.iter().map(Into::into).collect(),
            unmet: None,
            project: None,
            memory: None,
            accepted: None,
        }
    }

    /// Its line in a table of images.
    pub fn line(&self) -> all_images::Line<'_> {
        all_images::Line {
            name: &self.file,
            digest: self.decided_by.or(self.sha256),
            verdict: self.verdict,
            signer: self.signer.as_ref().map(|signer| signer.name.as_str()),
            reason: self.reasons.first().map(|reason| reason.text.as_str()),
        }
    }

    /// Prints it for people.
    ///
    /// # Errors
    /// When standard output cannot be written to.
    pub fn print(&self) -> Result<(), CliError> {
        let word = color::verdict(self.verdict);
        let mut text = format!("{}: {word}", output::plain(&self.file));
        if let Some(digest) = &self.sha256 {
            text.push_str(&format!("\n  sha256 {digest}"));
        }
        for digest in &self.also {
            text.push_str(&format!("\n  also   {digest}"));
        }
        if let Some(digest) = &self.decided_by {
            text.push_str(&format!("\n  decided by what was said about {digest}"));
        }
        for line in self.about.lines(self.sha256.is_some()) {
            text.push_str(&format!("\n  {line}"));
        }
        if let (Kind::Directory | Kind::Git, Some(_), Verdict::Unknown | Verdict::Unchecked) =
            (self.kind, &self.sha256, self.verdict)
        {
            text.push_str("\n  `assay manifest` prints what to compare with what its signer has");
        }
        let reasons = self.reasons.iter().map(|told| &told.text);
        for line in reasons.chain(&self.unmet) {
            text.push_str(&format!("\n  {}", output::plain(line)));
        }
        // Several sources may have the same statement.
        let mut told = BTreeSet::new();
        let said = self.sources.iter().flat_map(SourceReport::said);
        for said in said.filter(|said| told.insert(said.clone())) {
            text.push_str(&format!("\n  {}", output::plain(&said)));
        }
        output::say(&text)
    }
}

/// Of several digests, the one about which the signer who decided said so.
fn deciding(judgement: &Judgement, evidence: &[Evidence]) -> Option<Sha256Digest> {
    let signer = judgement.signer.as_ref()?;
    let is_it = |attestation: &Attestation| match (&attestation.claim, judgement.verdict) {
        (Claim::Standing { standing, .. }, Verdict::Untrusted) => *standing == Standing::Untrusted,
        (Claim::Standing { standing, .. }, Verdict::Unsupported) => {
            *standing == Standing::Unsupported
        }
        (_, Verdict::Untrusted | Verdict::Unsupported) => false,
        (claim, _) => claim.vouches(),
    };
    let is_its = |one: &Attestation| one.signer == *signer && is_it(one);
    evidence
        .iter()
        .find(|one| one.proven().iter().any(is_its))?
        .about
}

fn code<S: Serializer>(exit: &Exit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(exit.code())
}
