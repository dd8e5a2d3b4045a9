//! Where and when a file was obtained: what of that has a say in its verdict, and the way from
//! evidence to a judgement, which is the same in the browser and on the command line.

use crate::address::Address;
use crate::evidence::Evidence;
use crate::judged::Judged;
use crate::policy::{Judgement, Place, declaration, judge};
use crate::project::{Project, ending};
use crate::publisher::{Publisher, ReleaseAsset};
use crate::settings::Settings;
use crate::signer::Signer;
use crate::verdict::Verdict;

/// Where and when a file was obtained.
#[derive(Debug, Clone, Copy)]
pub struct Obtained<'a> {
    /// The address that was asked for first; empty where none is known.
    pub url: &'a str,
    /// The address that served the file, after redirects.
    pub final_url: &'a str,
    /// The host that it came from, where there is one.
    pub site: Option<&'a str>,
    /// When that was, in milliseconds since 1970.
    pub at: f64,
}

impl Obtained<'_> {
    /// Judges the file by this evidence, and by what was remembered of the project that it belongs to
    /// when it was obtained. `earlier` is the judgement of an earlier check of the same bytes.
    pub fn judge(
        &self,
        evidence: &[Evidence],
        settings: &Settings,
        project: Option<&Project>,
        earlier: Option<&Judged>,
    ) -> Judgement {
        let publisher = self.publisher();
        let ending = self.telling_ending(evidence);
        let known = project.and_then(|project| project.before(self.at));
        let declared = declaration(evidence).map(|declared| declared.project.as_str());
        let place = Place {
            site: self.site,
            publisher: publisher.as_ref(),
            declared,
            project: known.as_ref(),
            ending: ending.as_deref(),
        };
        judge(evidence, settings, place, earlier)
    }

    /// The name of the project that the file belongs to: its repository, or what its site declares.
    pub fn project(&self, evidence: &[Evidence]) -> Option<String> {
        match self.publisher() {
            Some(publisher) => Some(publisher.to_string().to_ascii_lowercase()),
            None => Some(declaration(evidence)?.project.clone()),
        }
    }

    /// The project's own signers who vouch for the file.
    pub fn own_signers(&self, evidence: &[Evidence]) -> Vec<Signer> {
        let publisher = self.publisher();
        let place = Place {
            publisher: publisher.as_ref(),
            declared: declaration(evidence).map(|declared| declared.project.as_str()),
            ..Place::default()
        };
        let proven = evidence.iter().flat_map(Evidence::proven);
        let own = proven.filter(|one| one.claim.vouches() && place.publisher_of(one).is_some());
        own.map(|one| one.signer.clone()).collect()
    }

    /// The ending of the file's name at its address, where it says something that such a file is not
    /// signed: it is a file of a release, or one of those that a declaration is about. What a
    /// repository's archives and pages are is made on demand, and never signed.
    pub fn telling_ending(&self, evidence: &[Evidence]) -> Option<String> {
        let address = Address::parse(self.url)?;
        match self.publisher() {
            // Only where the repository was asked.
            Some(_) => {
                let mut sources = evidence.iter();
                sources.find(|one| one.source == Publisher::GITHUB)?;
                Some(ending(&ReleaseAsset::of(&address)?.name))
            }
            None => {
                declaration(evidence)?;
                Some(ending(address.segments().last()?))
            }
        }
    }

    /// Remembers who signed the file for its project, where it is judged that they may: at first sight,
    /// or as before. Whether anything is new is given back.
    pub fn note(
        &self,
        verdict: Option<Verdict>,
        evidence: &[Evidence],
        known: &mut Project,
    ) -> bool {
        let may = matches!(verdict, Some(Verdict::Verified | Verdict::Authentic));
        let own = self.own_signers(evidence);
        if !may || own.is_empty() {
            return false;
        }
        let ending = self.telling_ending(evidence);
        known.note(&own, ending.as_deref(), self.at)
    }

    /// The user accepts who signed the file for its project now, or that nobody did.
    pub fn accept(&self, evidence: &[Evidence], known: &mut Project) {
        let own = self.own_signers(evidence);
        known.accept(&own);
        if own.is_empty()
            && let Some(ending) = self.telling_ending(evidence)
        {
            known.accept_unsigned(&ending);
        }
    }

    fn publisher(&self) -> Option<Publisher> {
        Publisher::of(&[self.url, self.final_url])
    }
}
