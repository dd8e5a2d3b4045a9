//! A package index, by the address that the user entered: the attestations that it has for a file
//! that it serves. One that speaks of Python packages (PEP 740, "integrity" API), or a registry that
//! speaks npm's attestations API.
//!
//! It is asked only about what it serves itself, by the address of the download.

use crate::proving::List;
use crate::{
    Answer, Candidates, HttpRequest, HttpResponse, Memory, Method, Next, Source, Weighing,
};
use assay_core::address::Address;
use assay_core::artifact::ArtifactDigests;
use assay_core::attestation::Attestation;
use assay_core::evidence::{Declared, Evidence, Failure, Outcome};
use assay_core::fields::Fields;
use assay_core::proof::MAX_BUNDLE_BYTES;
use assay_core::signer::{Identity, RootId};
use assay_core::site::host_of;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;

/// How many attestations of a Python file are looked at at most. There is one, or two.
const MOST: usize = 16;

/// The issuer of the identities of GitHub's workflows.
const ACTIONS: &str = "https://token.actions.githubusercontent.com";

/// What an index is asked about: a file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    url: String,
    /// The index's address, and its host.
    index: String,
    host: String,
    /// The package, as the index names it.
    package: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Python,
    /// With the name that a statement gives the file (a package URL).
    Npm(String),
}

impl Question {
    /// The question about a download from the index at `index`, asked for at `url`. After the index's
    /// address there can be the host that it has its files on. `None` where the index does not serve
    /// it.
    pub fn about(index: &str, url: &str) -> Option<Self> {
        let address = Address::parse(url)?;
        // The index's address, and perhaps the host that it has its files on.
        let mut parts = index.split_whitespace();
        let index = parts.next()?;
        let host = host_of(index)?;
        let path: Vec<&str> = address.segments().collect();
        let own = [Some(host.as_str()), parts.next()].contains(&Some(address.host()));
        if !own {
            return None;
        }
        npm(index, &path)
            .or_else(|| python(index, &path))
            .map(|(url, package, kind)| Self {
                url,
                index: index.to_owned(),
                host,
                package,
                kind,
            })
    }

    /// The index's id, and its name for people.
    pub fn named(&self) -> (&str, &str) {
        (&self.index, &self.host)
    }

    /// Whether the index names files by SHA-512 alone.
    pub fn needs_sha512(&self) -> bool {
        self.kind != Kind::Python
    }

    fn request(&self) -> HttpRequest {
        HttpRequest {
            method: Method::Get,
            url: self.url.clone(),
            accept: match self.kind {
                Kind::Python => "application/vnd.pypi.integrity.v1+json",
                Kind::Npm(_) => "application/json",
            },
            time_limit: crate::notary::TIME_LIMIT,
            bearer: None,
            size_limit: MAX_BUNDLE_BYTES * 2,
            memory: Memory::Fresh,
        }
    }
}

/// A wheel or a source archive.
fn python(index: &str, path: &[&str]) -> Option<(String, String, Kind)> {
    let name = path.last()?;
    let (package, version) = match name.strip_suffix(".whl") {
        // PEP 427: package, version, perhaps a build, and three tags.
        Some(stem) => {
            let mut parts = stem.split('-');
            let named = (parts.next()?, parts.next()?);
            (3..=4).contains(&parts.count()).then_some(named)?
        }
        None => {
            let stem = name
                .strip_suffix(".tar.gz")
                .or_else(|| name.strip_suffix(".zip"))?;
            stem.rsplit_once('-')?
        }
    };
    let plain = |text: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+!-".contains(c);
        !text.is_empty() && text.chars().all(is_plain)
    };
    let is_version = version.starts_with(|c: char| c.is_ascii_digit());
    if ![package, version, name].into_iter().all(plain) || !is_version {
        return None;
    }
    // PEP 503: runs of these are one dash.
    let words = package
        .split(['-', '_', '.'])
        .filter(|word| !word.is_empty());
    let package = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    let url = format!("{index}/integrity/{package}/{version}/{name}/provenance");
    Some((url, package, Kind::Python))
}

/// A package's archive on a registry's own host.
fn npm(index: &str, path: &[&str]) -> Option<(String, String, Kind)> {
    let (scope, name, file) = match path {
        [.., scope, name, "-", file] if scope.starts_with('@') => (Some(scope), name, file),
        [.., name, "-", file] => (None, name, file),
        _ => return None,
    };
    let version = file
        .strip_prefix(name)?
        .strip_prefix('-')?
        .strip_suffix(".tgz")?;
    let plain = |text: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._+-~".contains(c);
        !text.is_empty() && !text.starts_with('.') && text.chars().all(is_plain)
    };
    let scoped = scope.and_then(|scope| scope.strip_prefix('@'));
    if ![name, version].into_iter().all(plain) || scoped.is_some_and(|text| !plain(text)) {
        return None;
    }
    let (package, asked, purl) = match scoped {
        Some(scope) => (
            format!("@{scope}/{name}"),
            format!("@{scope}%2f{name}"),
            format!("pkg:npm/%40{scope}/{name}@{version}"),
        ),
        None => {
            let name = (*name).to_owned();
            let purl = format!("pkg:npm/{name}@{version}");
            (name.clone(), name, purl)
        }
    };
    let url = format!("{index}/-/npm/v1/attestations/{asked}@{version}");
    Some((url, package, Kind::Npm(purl)))
}

/// An index that is asked about a file.
#[derive(Debug)]
pub struct Inquiry<'a> {
    question: &'a Question,
    found: Candidates,
    /// The repositories that publish the package, as the index says.
    publishers: Vec<String>,
}

impl<'a> Inquiry<'a> {
    /// Asks this.
    pub fn new(question: &'a Question) -> Self {
        Self {
            question,
            found: Candidates::default(),
            publishers: Vec::new(),
        }
    }

    fn read(&mut self, response: &HttpResponse) -> Result<(), Failure> {
        match response.status {
            200 => {}
            404 => return Ok(()),
            status => return Err(Failure::Status { status }),
        }
        let text = std::str::from_utf8(&response.body).map_err(malformed)?;
        match self.question.kind {
            Kind::Npm(_) => {
                let list: List<'_> = serde_json::from_str(text).map_err(malformed)?;
                self.found.truncated = list.attestations.iter().any(|one| one.bundle.is_none());
                let bundles = list.attestations.iter().filter_map(|listed| listed.bundle);
                self.found.bundles = bundles.map(|bundle| bundle.get().to_owned()).collect();
            }
            Kind::Python => self.read_provenance(text).map_err(malformed)?,
        }
        Ok(())
    }

    /// PEP 740's provenance object: who published, and attestations, of which bundles are made.
    fn read_provenance(&mut self, text: &str) -> Result<(), serde_json::Error> {
        let read = Fields::read(text)?;
        let list = |fields: &Fields<'_>, name: &str| -> Result<Vec<String>, serde_json::Error> {
            // What is not there is no list.
            let found: Vec<&RawValue> = serde_json::from_str(fields.get(name).unwrap_or("null"))?;
            if found.len() > MOST {
                return Err(serde::de::Error::custom("more than are read"));
            }
            Ok(found.iter().map(|one| one.get().to_owned()).collect())
        };
        for bundled in list(&read, "attestation_bundles")? {
            let bundled = Fields::read(&bundled)?;
            let publisher = bundled.object("publisher");
            if let Some(publisher) = publisher
                && let (Some("GitHub"), Some(repository)) = (
                    publisher.text("kind").as_deref(),
                    publisher.text("repository"),
                )
            {
                self.publishers
                    .push(format!("https://github.com/{repository}"));
            }
            for attestation in list(&bundled, "attestations")? {
                match bundle_of(&attestation) {
                    Some(bundle) if self.found.bundles.len() < MOST => {
                        self.found.bundles.push(bundle);
                    }
                    _ => self.found.truncated = true,
                }
            }
        }
        Ok(())
    }

    /// Whether the index itself says that this signer publishes the package, and the statement that
    /// it is this package.
    fn is_published_by(&self, made: &Attestation, digests: &ArtifactDigests) -> bool {
        let Identity::Workflow {
            issuer, repository, ..
        } = &made.signer.identity
        else {
            return false;
        };
        if made.signer.root != RootId::sigstore() {
            return false;
        }
        match &self.question.kind {
            Kind::Python => {
                let mut publishers = self.publishers.iter();
                issuer == ACTIONS && publishers.any(|known| known.eq_ignore_ascii_case(repository))
            }
            Kind::Npm(purl) => has_subject(&made.bundle, purl, digests),
        }
    }
}

impl Source for Inquiry<'_> {
    fn named(&self) -> (&str, &str) {
        self.question.named()
    }

    fn next(&mut self, answers: Vec<Answer>) -> Next {
        match answers.into_iter().next() {
            None => Ok(vec![self.question.request()]),
            Some(answer) => {
                self.read(&answer?)?;
                Ok(Vec::new())
            }
        }
    }

    fn offered(&mut self) -> Candidates {
        std::mem::take(&mut self.found)
    }

    fn weigh(&mut self, evidence: &mut Evidence, weighing: &Weighing<'_>) -> Vec<HttpRequest> {
        let project = format!("{}/{}", self.question.host, self.question.package);
        if let Outcome::Answered { proven, .. } = &mut evidence.outcome {
            for made in proven {
                if self.is_published_by(made, weighing.digests) {
                    made.declared = Some(project.clone());
                }
            }
        }
        evidence.declaration = Some(Declared {
            project,
            change: None,
            // An index says it anew each time.
            is_remembered: false,
        });
        Vec::new()
    }
}

/// A PEP 740 attestation as a Sigstore bundle: the same things, under other names.
pub fn bundle_of(attestation: &str) -> Option<String> {
    let read = Fields::read(attestation).ok()?;
    let material = read.object("verification_material")?;
    let envelope = read.object("envelope")?;
    let (certificate, entries) = (
        material.get("certificate")?,
        material.get("transparency_entries")?,
    );
    let (statement, signature) = (envelope.get("statement")?, envelope.get("signature")?);
    Some(format!(
        r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"certificate":{{"rawBytes":{certificate}}},"tlogEntries":{entries}}},"dsseEnvelope":{{"payload":{statement},"payloadType":"application/vnd.in-toto+json","signatures":[{{"sig":{signature}}}]}}}}"#
    ))
}

/// Whether the statement in a bundle is about this file under this name.
fn has_subject(bundle: &str, name: &str, digests: &ArtifactDigests) -> bool {
    let sha512 = digests.sha512.map(|digest| digest.to_string());
    let named = || {
        let envelope = Fields::read(bundle).ok()?.object("dsseEnvelope")?;
        let statement = STANDARD.decode(envelope.text("payload")?).ok()?;
        let statement = std::str::from_utf8(&statement).ok()?;
        let subjects = Fields::read(statement).ok()?;
        let subjects: Vec<&RawValue> = serde_json::from_str(subjects.get("subject")?).ok()?;
        let mut subjects = subjects
            .iter()
            .filter_map(|one| Fields::read(one.get()).ok());
        let is_it = |one: Fields<'_>| {
            let digest = one
                .object("digest")
                .and_then(|digest| digest.text("sha512"));
            one.text("name").as_deref() == Some(name) && digest.is_some() && digest == sha512
        };
        subjects.any(is_it).then_some(())
    };
    named().is_some()
}

fn malformed(error: impl ToString) -> Failure {
    Failure::Malformed {
        detail: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(index: &str, url: &str) -> Option<(String, String)> {
        Question::about(index, url).map(|question| (question.url, question.package))
    }

    #[test]
    fn a_file_of_a_python_package_is_known_by_its_name_and_place() {
        let index = "https://index.example";
        let with_files = "https://index.example files.example";
        for (name, package, version) in [
            ("rfc8785-0.1.2-py3-none-any.whl", "rfc8785", "0.1.2"),
            (
                "My_Tool.x-1!2.0rc1-1-cp311-abi3-linux_x86_64.whl",
                "my-tool-x",
                "1!2.0rc1",
            ),
            ("my-tool-1.0.tar.gz", "my-tool", "1.0"),
        ] {
            let expected = format!("{index}/integrity/{package}/{version}/{name}/provenance");
            let elsewhere = format!("https://files.example/packages/ab/cd/{name}");
            for (index, place) in [
                (index, format!("{index}/simple/{name}")),
                (with_files, format!("{index}/simple/{name}")),
                (with_files, elsewhere.clone()),
            ] {
                let found = asked(index, &place);
                assert_eq!(
                    found,
                    Some((expected.clone(), package.to_owned())),
                    "{place}"
                );
            }
            // What it does not serve is not told to it.
            for place in [elsewhere, format!("http://index.example/simple/{name}")] {
                assert_eq!(asked(index, &place), None, "{place}");
            }
        }
        for name in [
            "tool.whl",
            "tool-1.0.whl",
            "tool.tar.gz",
            "tool-x.zip",
            "a b-1.0.zip",
            "",
        ] {
            assert_eq!(asked(index, &format!("{index}/{name}")), None, "{name}");
        }
    }

    #[test]
    fn a_package_of_npm_is_known_by_its_address() {
        let index = "https://registry.example";
        let found = asked(
            index,
            "https://registry.example/sigstore/-/sigstore-2.1.0.tgz",
        );
        let expected = format!("{index}/-/npm/v1/attestations/sigstore@2.1.0");
        assert_eq!(found, Some((expected, "sigstore".to_owned())));
        let found = Question::about(index, "https://registry.example/@a/b/-/b-1.0.0-rc.1.tgz");
        let found = found.unwrap();
        assert_eq!(
            found.url,
            format!("{index}/-/npm/v1/attestations/@a%2fb@1.0.0-rc.1")
        );
        assert_eq!(found.kind, Kind::Npm("pkg:npm/%40a/b@1.0.0-rc.1".into()));
        assert!(found.needs_sha512());
        for url in [
            "https://elsewhere.example/sigstore/-/sigstore-2.1.0.tgz",
            "https://registry.example/sigstore/-/other-2.1.0.tgz",
            "https://registry.example/sigstore/-/sigstore-.tgz",
            "https://registry.example/@../x/-/x-1.tgz",
            "https://registry.example/.x/-/.x-1.tgz",
            "https://registry.example/sigstore/-/sigstore-1%2f..%2f2.tgz",
        ] {
            assert_eq!(asked(index, url), None, "{url}");
        }
    }
}
