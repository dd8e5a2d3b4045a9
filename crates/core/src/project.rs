//! What is remembered of a project: who signed its files when they were seen first, and which kinds
//! of its files were signed. Whoever takes over the place where a project's files lie can put other
//! files there, and sign them, or leave the signature out; only memory tells.
//!
//! A project is a repository, or the part of a site that a declaration speaks of, and never a host
//! that many share. Its own signers alone are remembered, which only its own channel has: what
//! strangers sign changes nothing.

use crate::signer::{Identity, Signer};
use serde::{Deserialize, Serialize};

/// So many signers of a project are remembered at most, and so many kinds of files.
pub const MOST: usize = 32;

/// What is remembered of one project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// Who signed for it at first sight, and whom the user accepted since.
    pub signers: Vec<Signer>,
    /// When the first of its files that they signed was downloaded, in milliseconds since 1970.
    pub since: f64,
    /// The endings of the names of those of its files that were signed, and when the first of each
    /// was downloaded.
    pub endings: Vec<(String, f64)>,
    /// The sources that had the signatures. Where none of them was asked, no signature is missed.
    #[serde(default)]
    pub sources: Vec<String>,
}

impl Project {
    /// Remembers that one of the project's files, with this ending where that says something, and
    /// downloaded at this time (in milliseconds since 1970), was signed by these of its own signers.
    /// Signers are remembered at first sight only; whether anything is new is given back.
    pub fn note(&mut self, signers: &[Signer], ending: Option<&str>, at: f64) -> bool {
        let before = self.clone();
        if self.signers.is_empty() {
            self.accept(signers);
            self.since = at;
        }
        self.since = self.since.min(at);
        let Some(ending) = ending else {
            return *self != before;
        };
        let has_room = self.endings.len() < MOST;
        match self.endings.iter_mut().find(|(known, _)| known == ending) {
            Some((_, since)) => *since = since.min(at),
            None if has_room => self.endings.push((ending.to_owned(), at)),
            None => {}
        }
        *self != before
    }

    /// What could be remembered of it when a file was downloaded, at this time in milliseconds since
    /// 1970: that a project signs today says nothing against what was downloaded before it did.
    pub fn before(&self, at: f64) -> Option<Self> {
        if self.signers.is_empty() || self.since >= at {
            return None;
        }
        let mut known = self.clone();
        known.endings.retain(|(_, since)| *since < at);
        Some(known)
    }

    /// Remembers that this source had a signature. Whether that is new is given back.
    pub fn note_source(&mut self, source: &str) -> bool {
        let is_new = self.sources.len() < MOST && self.sources.iter().all(|known| known != source);
        if is_new {
            self.sources.push(source.to_owned());
        }
        is_new
    }

    /// Whether one of the sources that had the signatures is among these; so where it is not known
    /// which had them.
    pub fn was_asked<'a>(&self, asked: impl IntoIterator<Item = &'a str>) -> bool {
        let mut asked = asked.into_iter();
        self.sources.is_empty() || asked.any(|one| self.sources.iter().any(|known| known == one))
    }

    /// Remembers these signers, too: the user accepts them.
    pub fn accept(&mut self, signers: &[Signer]) {
        for signer in signers {
            if self.signers.len() < MOST && !self.signers.contains(signer) {
                self.signers.push(signer.clone());
            }
        }
    }

    /// Forgets that files with this ending were signed: the user accepts one that is not.
    pub fn accept_unsigned(&mut self, ending: &str) {
        self.endings.retain(|(known, _)| known != ending);
    }

    /// Whether a signer is one that is remembered. The workflows and releases of one repository count
    /// as one: all of them are its own, and projects build some files by one workflow and some by
    /// another. A repository that has the name and not the number of the remembered one is another.
    pub fn knows(&self, signer: &Signer) -> bool {
        self.signers
            .iter()
            .any(|known| known == signer || are_of_one_repository(known, signer))
    }

    /// Whether files with this ending were signed.
    pub fn signs(&self, ending: &str) -> bool {
        self.endings.iter().any(|(known, _)| known == ending)
    }
}

/// The ending of a file's name, in lower case, by which files of one kind are known. Of a name without
/// one it is the name without the numbers of versions, as such files are of many kinds; that has a slash
/// before it.
pub fn ending(file_name: &str) -> String {
    let lower = file_name.to_ascii_lowercase();
    let is_ending = |ending: &str| {
        let mut bytes = ending.bytes();
        // What follows the last point of a version has other characters in it, or digits alone.
        bytes.clone().all(|byte| byte.is_ascii_alphanumeric())
            && bytes.any(|byte| byte.is_ascii_alphabetic())
    };
    match lower.rsplit_once('.') {
        Some((_, ending)) if is_ending(ending) => ending.to_owned(),
        _ => {
            let is_of_version = |c: char| c.is_ascii_digit() || c == '.';
            format!("/{}", lower.replace(is_of_version, ""))
        }
    }
}

fn are_of_one_repository(one: &Signer, other: &Signer) -> bool {
    let of = |signer: &'_ Signer| match &signer.identity {
        Identity::Workflow {
            issuer,
            repository,
            repository_id,
            ..
        } => Some((
            Some(issuer.clone()),
            repository.to_ascii_lowercase(),
            repository_id.clone(),
        )),
        Identity::Release {
            repository,
            repository_id,
        } => Some((None, repository.to_ascii_lowercase(), repository_id.clone())),
        Identity::Named { .. } | Identity::Key { .. } => None,
    };
    let (Some(one), Some(other)) = (of(one), of(other)) else {
        return false;
    };
    let same = |one: &Option<String>, other: &Option<String>| {
        one.is_none() || other.is_none() || one == other
    };
    one.1 == other.1 && same(&one.0, &other.0) && same(&one.2, &other.2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::RootId;

    fn workflow(repository: &str, id: Option<&str>, file: &str) -> Signer {
        Signer {
            root: RootId::sigstore(),
            identity: Identity::Workflow {
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: format!("https://github.com/{repository}"),
                repository_id: id.map(str::to_owned),
                workflow: file.into(),
            },
        }
    }

    fn release(repository: &str, id: Option<&str>) -> Signer {
        Signer {
            root: RootId::github(),
            identity: Identity::Release {
                repository: format!("https://github.com/{repository}"),
                repository_id: id.map(str::to_owned),
            },
        }
    }

    fn key(fingerprint: &str) -> Signer {
        Signer {
            root: RootId::sigstore(),
            identity: Identity::Key {
                fingerprint: fingerprint.into(),
            },
        }
    }

    #[test]
    fn signers_are_remembered_at_first_sight_and_by_the_users_leave() {
        let mut known = Project::default();
        assert!(known.note(&[key("1")], Some("zip"), 5.0));
        assert!(!known.note(&[key("2")], Some("zip"), 6.0));
        assert!(known.note(&[key("2")], Some("gz"), 7.0));
        assert_eq!(known.before(5.0), None);
        let early = known.before(6.0).unwrap();
        assert!(early.signs("zip") && !early.signs("gz"));
        assert_eq!(known.before(8.0).as_ref(), Some(&known));
        // A download of earlier on is judged again.
        assert!(known.note(&[key("1")], Some("zip"), 3.0));
        assert!(known.before(4.0).is_some_and(|known| known.signs("zip")));
        assert!(known.knows(&key("1")) && !known.knows(&key("2")));
        assert!(known.signs("zip") && known.signs("gz") && !known.signs(""));
        known.accept(&[key("2"), key("2")]);
        known.accept_unsigned("gz");
        assert!(known.knows(&key("1")) && known.knows(&key("2")));
        assert_eq!((known.signers.len(), known.signs("gz")), (2, false));
    }

    #[test]
    fn a_signature_is_missed_only_where_somebody_was_asked_who_had_one() {
        let mut known = Project::default();
        assert!(known.was_asked(["github"]), "it is not known who had them");
        assert!(known.note_source("notary") && !known.note_source("notary"));
        assert!(known.was_asked(["github", "notary"]) && !known.was_asked(["github"]));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut known = Project::default();
        for number in 0..MOST + 5 {
            known.note(&[key("1")], Some(&format!("{number}")), 0.0);
            known.accept(&[key(&format!("{number}"))]);
        }
        assert_eq!((known.signers.len(), known.endings.len()), (MOST, MOST));
    }

    #[test]
    fn a_repository_is_known_by_its_number_and_not_by_its_name_alone() {
        let mut known = Project::default();
        known.note(&[workflow("o/r", Some("1"), "release.yml")], None, 0.0);
        for own in [
            workflow("o/r", Some("1"), "other.yml"),
            workflow("O/R", Some("1"), "release.yml"),
            workflow("o/r", None, "release.yml"),
            release("o/r", Some("1")),
        ] {
            assert!(known.knows(&own), "{own:?}");
        }
        for other in [
            workflow("o/r", Some("2"), "release.yml"),
            workflow("o/r2", Some("1"), "release.yml"),
            release("o/r", Some("2")),
            key("1"),
        ] {
            assert!(!known.knows(&other), "{other:?}");
        }
    }

    #[test]
    fn kinds_of_files_are_known_by_their_endings() {
        assert_eq!(ending("tool-1.2.TAR.GZ"), "gz");
        assert_eq!(ending("tool.7z"), "7z");
        // Of those without one, each name is a kind, whatever its version.
        assert_eq!(ending("Tool"), "/tool");
        assert_eq!(ending("tool."), "/tool");
        for name in ["tool-1.2.3", "tool-1.2.4", "tool-10"] {
            assert_eq!(ending(name), "/tool-");
        }
        let linux = ["tool-1.2-linux-amd64", "tool-1.10-linux-amd64"].map(ending);
        assert_eq!(linux, ["/tool--linux-amd", "/tool--linux-amd"]);
        assert_ne!(ending("LICENSE"), ending("tool"));
    }
}
