//! Where and when a file was obtained: what of that has a say in its verdict, and the way from
//! evidence to a judgement, which is the same in the browser and on the command line.

use crate::address::Address;
use crate::attestation::Attestation;
use crate::evidence::Evidence;
use crate::judged::Judged;
use crate::policy::{Judgement, Place, declaration, judge, unread};
use crate::project::{Project, ending};
use crate::publisher::{Publisher, ReleaseAsset};
use crate::reason::Reason;
use crate::settings::Settings;
use crate::signer::Signer;
use crate::site::host_of;
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
    /// The host of the page that started the download, where that was told.
    pub page: Option<&'a str>,
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
        let ruling = settings.ruling(&self.hosts());
        let place = Place {
            site: self.site,
            publisher: publisher.as_ref(),
            declared,
            project: known.as_ref(),
            ending: ending.as_deref(),
            ruling: Some(&ruling),
        };
        judge(evidence, settings, place, earlier)
    }

    /// Judges the file where its bytes could not be read. `earlier` is as for [`Self::judge`].
    pub fn unread(
        &self,
        reason: Reason,
        settings: &Settings,
        earlier: Option<&Judged>,
    ) -> Judgement {
        let ruling = settings.ruling(&self.hosts());
        let place = Place {
            site: self.site,
            ruling: Some(&ruling),
            ..Place::default()
        };
        unread(reason, settings, &place, earlier)
    }

    /// The hosts that the download has to do with: that of the page that started it, that of the first
    /// address and that of the final one, as far as they are known.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = Vec::new();
        let told = [self.page, self.site].map(|host| host.map(str::to_owned));
        let of_addresses = [self.url, self.final_url].map(host_of);
        for host in told.into_iter().chain(of_addresses).flatten() {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
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
        let mut is_new = known.note(&own, ending.as_deref(), self.at);
        for one in evidence {
            let is_own = |made: &Attestation| made.claim.vouches() && own.contains(&made.signer);
            if one.proven().iter().any(is_own) {
                is_new |= known.note_source(&one.source);
            }
        }
        is_new
    }

    /// The user accepts who signed the file for its project now, or that nobody did.
    pub fn accept(&self, evidence: &[Evidence], known: &mut Project) {
        let own = self.own_signers(evidence);
        known.accept(&own);
        // A signature that does not fit is no missing one.
        let is_contradicted = evidence.iter().any(Evidence::contradicts);
        if own.is_empty()
            && !is_contradicted
            && let Some(ending) = self.telling_ending(evidence)
        {
            known.accept_unsigned(&ending);
        }
    }

    fn publisher(&self) -> Option<Publisher> {
        Publisher::of(&[self.url, self.final_url])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attestation::{Attestation, Claim};
    use crate::evidence::Declared;
    use crate::signer::{Identity, RootId};

    const PROJECT: &str = "dl.example.org/tool/*";

    fn key(fingerprint: &str) -> Signer {
        Signer {
            root: RootId::minisign(),
            identity: Identity::Key {
                fingerprint: fingerprint.into(),
            },
        }
    }

    /// What a site has that declares, with signatures of whom it declares and of a stranger.
    fn evidence(own: &[&str], claim: &Claim) -> [Evidence; 1] {
        let made = |fingerprint: &str, declared: Option<&str>| Attestation {
            signer: key(fingerprint),
            claim: claim.clone(),
            logged: None,
            signed_at: None,
            certified: None,
            declared: declared.map(str::to_owned),
            bundle: String::new(),
        };
        let mut proven = vec![
            made("stranger", None),
            made("other", Some("evil.example/*")),
        ];
        proven.extend(own.iter().map(|own| made(own, Some(PROJECT))));
        let mut evidence = Evidence::proving("beside", "dl.example.org", proven);
        evidence.declaration = Some(Declared {
            project: PROJECT.into(),
            change: None,
            is_remembered: false,
        });
        [evidence]
    }

    fn at(url: &str) -> Obtained<'_> {
        Obtained {
            url,
            final_url: url,
            site: None,
            page: None,
            at: 5.0,
        }
    }

    #[test]
    fn a_file_belongs_to_its_repository_or_to_what_its_site_declares() {
        let declared = evidence(&[], &Claim::Signature);
        let ours = at("https://dl.example.org/tool/tool.ZIP?x=y.z");
        assert_eq!(ours.project(&declared).as_deref(), Some(PROJECT));
        assert_eq!(ours.telling_ending(&declared).as_deref(), Some("zip"));
        assert_eq!((ours.project(&[]), ours.telling_ending(&[])), (None, None));
        let release = at("https://github.com/Tool/tool/releases/download/v1/tool.gz");
        let name = Some("github.com/tool/tool");
        assert_eq!(release.project(&declared).as_deref(), name);
        // Only where the repository was asked does it say something that a file is not signed.
        assert_eq!(release.telling_ending(&declared), None);
        let asked = [Evidence::proving(Publisher::GITHUB, "GitHub", vec![])];
        assert_eq!(release.telling_ending(&asked).as_deref(), Some("gz"));
        let archive = at("https://github.com/tool/tool/archive/v1.zip");
        assert_eq!(archive.project(&asked).as_deref(), name);
        assert_eq!(archive.telling_ending(&asked), None);
        assert_eq!(at("").project(&[]), None);
    }

    #[test]
    fn only_own_signers_of_files_that_are_proven_to_be_the_publishers_are_remembered() {
        let ours = at("https://dl.example.org/tool/tool.zip");
        let signed = evidence(&["own"], &Claim::Signature);
        let mut known = Project::default();
        for verdict in Verdict::ALL {
            let may = matches!(verdict, Verdict::Verified | Verdict::Authentic);
            let mut known = Project::default();
            assert_eq!(ours.note(Some(verdict), &signed, &mut known), may);
            assert_eq!(known == Project::default(), !may, "{verdict:?}");
        }
        assert!(!ours.note(None, &signed, &mut known));
        let verified = Some(Verdict::Verified);
        let strangers = evidence(&[], &Claim::Signature);
        assert!(!ours.note(verified, &strangers, &mut known));
        let informs = Claim::Other {
            predicate_type: "a test".into(),
        };
        assert!(!ours.note(verified, &evidence(&["own"], &informs), &mut known));
        assert_eq!(known, Project::default());
        assert!(ours.note(verified, &signed, &mut known));
        assert_eq!(known.signers, [key("own")]);
        assert_eq!(known.endings, [("zip".to_owned(), 5.0)]);
    }

    #[test]
    fn a_new_signer_is_accepted_beside_the_old_ones_and_where_there_is_none_the_ending() {
        let ours = at("https://dl.example.org/tool/tool.zip");
        let mut known = Project::default();
        known.note(&[key("own")], Some("zip"), 1.0);
        ours.accept(&evidence(&["new"], &Claim::Signature), &mut known);
        assert_eq!(known.signers, [key("own"), key("new")]);
        assert!(known.signs("zip"));
        ours.accept(&evidence(&[], &Claim::Signature), &mut known);
        assert_eq!(known.signers, [key("own"), key("new")]);
        assert!(!known.signs("zip"));
    }
}
