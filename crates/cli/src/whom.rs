//! Who may have signed: whom the command line names, and whom a policy trusts.

use crate::error::CliError;
use crate::signer_key::SignerKey;
use assay_core::attestation::Attestation;
use assay_core::evidence::Evidence;
use assay_core::minisign::MinisignKey;
use assay_core::publisher::Publisher;
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::signer::{Identity, RootId, Signer, is_key_fingerprint};
use assay_sources::{minisigned, rekor};
use std::path::PathBuf;

/// How the fingerprint of a key begins.
const FINGERPRINT: &str = "SHA256:";

/// Who may have signed.
#[derive(Debug, Default)]
pub struct Whom {
    /// Those of the policy, with all that it demands.
    settings: Settings,
    /// Names. What is written as a fingerprint, a repository or a minisign key is none, whatever a
    /// certificate says: a notary can give any name to anybody.
    names: Vec<String>,
    /// Fingerprints of keys.
    fingerprints: Vec<String>,
    /// The trust root under which these count: names are a notary's own, and so is what it revoked.
    own: Option<RootId>,
    /// Names in certificates, each with who vouches for it.
    certified: Vec<(String, String)>,
    /// The trust roots under which these count.
    certified_under: Vec<RootId>,
    repositories: Vec<Publisher>,
    minisign: Vec<MinisignKey>,
    /// Public keys themselves.
    keys: Vec<SignerKey>,
}

impl Whom {
    /// Whom these arguments name (of `--signer`, `--issuer` and `--repo`), beside those of a policy.
    /// Names with an issuer count under Sigstore's root, or under `roots`, where others were given.
    ///
    /// # Errors
    /// When what is named cannot be somebody.
    pub fn new(
        signers: &[String],
        issuers: &[String],
        repositories: &[String],
        roots: Vec<RootId>,
        policy: Settings,
    ) -> Result<Self, CliError> {
        let mut whom = Self {
            settings: policy,
            certified_under: match roots.is_empty() {
                true => vec![RootId::sigstore()],
                false => roots,
            },
            ..Self::default()
        };
        for typed in repositories {
            let full = match typed.starts_with("github.com/") {
                true => typed.clone(),
                false => format!("github.com/{typed}"),
            };
            let named = repository(&full).ok_or_else(|| {
                CliError::Usage(format!(
                    "--repo {typed}: a repository is named as OWNER/NAME or github.com/OWNER/NAME"
                ))
            })?;
            whom.repositories.push(named);
        }
        for name in signers {
            if let Some(key) = MinisignKey::parse(name) {
                whom.minisign.push(key);
            } else if let Some(repository) = repository(name) {
                whom.repositories.push(repository);
            } else if name.starts_with(FINGERPRINT) {
                if !is_key_fingerprint(name) {
                    return Err(CliError::Usage(format!(
                        "--signer {name}: a fingerprint is SHA256: and 43 characters of base64, as \
                         `assay key` shows it"
                    )));
                }
                whom.fingerprints.push(name.clone());
            } else {
                whom.names.push(name.clone());
            }
        }
        if issuers.is_empty() {
            return Ok(whom);
        }
        let names: Vec<_> = whom.names.drain(..).collect();
        let issuers = match issuers {
            [one] => vec![one.clone(); names.len()],
            each => each.to_vec(),
        };
        if names.is_empty() || issuers.len() != names.len() {
            return Err(CliError::Usage(format!(
                "--issuer is for names in certificates: give one for all of them, or as many as \
                 there are names with --signer, in the same order; there are {} and {}",
                issuers.len(),
                names.len()
            )));
        }
        whom.certified = names.into_iter().zip(issuers).collect();
        Ok(whom)
    }

    /// Whom these files name, too: each has a public key, which is the same whichever log has seen it.
    ///
    /// # Errors
    /// When one cannot be read, or has something else.
    pub fn with_keys(mut self, files: &[PathBuf]) -> Result<Self, CliError> {
        for file in files {
            self.keys.push(SignerKey::read(file)?);
        }
        Ok(self)
    }

    /// The policy, as it came.
    pub fn policy(&self) -> &Settings {
        &self.settings
    }

    /// Names count under this notary's trust root, which revokes them, too; keys also without any
    /// notary.
    pub fn know(&mut self, notary: Option<&Notary>, asked: &[Notary]) {
        self.own = notary.map(Notary::root_id);
        for notary in asked {
            self.settings.add_notary(notary.clone());
        }
    }

    /// The names by which logs are searched for what these signed.
    pub fn searched(&self) -> Vec<rekor::Name> {
        let certified = self.certified.iter().map(|(name, _)| name);
        let names = self.names.iter().chain(certified);
        let emails = names.filter(|name| name.contains('@') && !name.contains('/'));
        let keys = self
            .keys
            .iter()
            .map(|key| rekor::Name::Key(key.pem.clone()));
        let emails = emails.map(|name| rekor::Name::Email(name.clone()));
        let mut found: Vec<_> = keys.chain(emails).collect();
        found.extend(rekor::names(&self.settings));
        found
    }

    /// Minisign's keys among them.
    pub fn minisign(&self) -> Vec<MinisignKey> {
        let mut keys = self.minisign.clone();
        keys.extend(minisigned::keys(&self.settings));
        keys
    }

    /// Settings that trust those proven signers who are named, compared whole.
    ///
    /// A name is only ever one under the asked notary's own trust root: under another root, whose
    /// bundles a notary can show as well, the same name may be somebody else's. A name with an issuer is
    /// one under Sigstore's, and a repository one under Sigstore's or GitHub's.
    pub fn settings(&self, evidence: &[Evidence]) -> Settings {
        let mut settings = self.settings.clone();
        for key in &self.minisign {
            settings.trust(key.signer(), Scope::Everywhere);
        }
        let withheld = evidence.iter().flat_map(Evidence::withheld);
        let withheld = withheld.map(|one| &one.attestation);
        // Who is trusted and had their key revoked is warned of.
        for attestation in evidence.iter().flat_map(Evidence::proven).chain(withheld) {
            if self.names(attestation) {
                settings.trust(attestation.signer.clone(), Scope::Everywhere);
            }
            // Whoever holds a key that is named goes on being meant under a name that it is given. The
            // name is not: there may be other keys to it.
            if let Some(holder) = attestation.key_holder()
                && self.names_key(&holder)
            {
                settings.trust(holder, Scope::Everywhere);
            }
        }
        settings
    }

    fn names(&self, attestation: &Attestation) -> bool {
        let signer = &attestation.signer;
        let is_certified = || {
            let mut certified = self.certified.iter();
            self.certified_under.contains(&signer.root)
                && certified
                    .any(|(name, issuer)| attestation.require_certified(name, issuer).is_ok())
        };
        let is_own = self.own.as_ref() == Some(&signer.root);
        let by_itself = match &signer.identity {
            Identity::Named { subject, .. } => is_own && self.names.contains(subject),
            Identity::Key { .. } => false,
            Identity::Workflow { .. } | Identity::Release { .. } => {
                let mut repositories = self.repositories.iter();
                repositories.any(|repository| repository.is_signer(signer))
            }
        };
        by_itself || is_certified()
    }

    /// Whether the key is one that is named, under this root.
    fn names_key(&self, holder: &Signer) -> bool {
        let Identity::Key { fingerprint } = &holder.identity else {
            return false;
        };
        // What a notary logs, it can revoke. Without one, what Sigstore logs will do.
        let counts = match &self.own {
            Some(own) => *own == holder.root,
            None => self.certified_under.contains(&holder.root),
        };
        let mut keys = self.keys.iter();
        counts && self.fingerprints.contains(fingerprint)
            || keys.any(|key| key.fingerprint == *fingerprint)
    }
}

/// The repository that is named, as `github.com/OWNER/NAME`.
fn repository(name: &str) -> Option<Publisher> {
    let path = name.strip_prefix("github.com/")?;
    // As the address of something in it.
    Publisher::of(&[&format!("https://github.com/{path}/releases/latest")])
        .filter(|found| found.to_string().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::attestation::{Certified, Claim};
    use assay_core::signer::SubjectKind;

    const KEY: &str = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    const GOOGLE: &str = "https://accounts.google.com";

    fn workflow(root: RootId, repository: &str) -> Signer {
        Signer {
            root,
            identity: Identity::Workflow {
                issuer: "https://token.actions.githubusercontent.com".into(),
                repository: format!("https://github.com/{repository}"),
                repository_id: None,
                workflow: ".github/workflows/release.yml".into(),
            },
        }
    }

    fn person(root: RootId, subject: &str, issuer: &str) -> Signer {
        Signer {
            root,
            identity: Identity::Named {
                issuer: issuer.into(),
                subject_kind: SubjectKind::Email,
                subject: subject.into(),
            },
        }
    }

    fn key(root: RootId) -> Signer {
        Signer {
            root,
            identity: Identity::Key {
                fingerprint: KEY.into(),
            },
        }
    }

    fn notary() -> Notary {
        Notary {
            address: "https://notary.example".into(),
            name: "notary".into(),
            trusted_root: String::new(),
            fingerprint: "00".into(),
            enabled: true,
            followed: None,
        }
    }

    fn made(signer: &Signer) -> Attestation {
        let certified = match &signer.identity {
            Identity::Named {
                subject, issuer, ..
            } => Some((subject.clone(), issuer.clone())),
            Identity::Workflow {
                repository, issuer, ..
            } => Some((
                format!("{repository}/.github/workflows/release.yml@refs/tags/v1"),
                issuer.clone(),
            )),
            _ => None,
        };
        Attestation {
            signer: signer.clone(),
            claim: Claim::Signature,
            logged: None,
            signed_at: None,
            certified: certified.map(|(subject, issuer)| Certified {
                issuer,
                subject,
                key: String::new(),
                source_ref: None,
                source_digest: None,
                runner: None,
                run: None,
            }),
            declared: None,
            bundle: String::new(),
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn whom(signers: &[&str], issuers: &[&str], repositories: &[&str]) -> Result<Whom, CliError> {
        let (signers, issuers) = (texts(signers), texts(issuers));
        let policy = Settings::default();
        Whom::new(&signers, &issuers, &texts(repositories), vec![], policy)
    }

    fn trusts(whom: &Whom, signer: &Signer) -> bool {
        let evidence = [Evidence::proving("a", "a", vec![made(signer)])];
        whom.settings(&evidence).trusts(signer, None)
    }

    #[test]
    fn a_repository_is_named_whole_and_only_its_own_workflows_are_meant() {
        let own = workflow(RootId::sigstore(), "example/tool");
        let meant = |name: &str, signer: &Signer| {
            let by_signer = whom(&[name], &[], &[]).is_ok_and(|whom| trusts(&whom, signer));
            let by_repository = whom(&[], &[], &[name]).is_ok_and(|whom| trusts(&whom, signer));
            assert!(by_repository || !by_signer, "{name}");
            by_signer
        };
        assert!(meant("github.com/example/tool", &own));
        assert!(meant("github.com/Example/Tool", &own));
        for other in [
            "example/tool",
            "github.com/example",
            "github.com/example/tool/",
            "github.com/example/tool/x",
            "github.com/example/tool?x",
            "github.com/example/../tool",
            "github.com/example/tool-evil",
            "https://github.com/example/tool",
            "",
        ] {
            assert!(!meant(other, &own), "{other}");
        }
        assert!(trusts(&whom(&[], &[], &["example/tool"]).unwrap(), &own));
        let forked = workflow(RootId::sigstore(), "evil/tool");
        let forged = workflow(RootId::notary("00"), "example/tool");
        for stranger in [forked, forged] {
            assert!(!meant("github.com/example/tool", &stranger));
        }
        for none in ["", "tool", "gitlab.com/example/tool", "example/tool/x"] {
            let error = whom(&[], &[], &[none]).unwrap_err().to_string();
            assert!(error.contains("--repo"), "{error}");
        }
    }

    #[test]
    fn a_name_in_a_certificate_counts_with_its_issuer_whole_and_under_its_root() {
        let subject = "release@example.org";
        let meant = whom(&[subject], &[GOOGLE], &[]).unwrap();
        let of = |subject: &str, issuer: &str| person(RootId::sigstore(), subject, issuer);
        assert!(trusts(&meant, &of(subject, GOOGLE)));
        for other in [
            of(subject, "https://github.com/login/oauth"),
            of(subject, "https://accounts.google.com/"),
            of("Release@example.org", GOOGLE),
            of("release@example.org.evil", GOOGLE),
            person(RootId::notary("00"), subject, GOOGLE),
            person(RootId::github(), subject, GOOGLE),
        ] {
            assert!(!trusts(&meant, &other), "{other:?}");
        }
        let uri = "https://github.com/example/tool/.github/workflows/release.yml@refs/tags/v1";
        let actions = "https://token.actions.githubusercontent.com";
        let meant = whom(&[uri], &[actions], &[]).unwrap();
        assert!(trusts(
            &meant,
            &workflow(RootId::sigstore(), "example/tool")
        ));
        assert!(!trusts(&meant, &workflow(RootId::sigstore(), "evil/tool")));
    }

    #[test]
    fn no_name_passes_for_a_key_or_a_repository() {
        const MINISIGN: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        let notary = notary();
        let all = [KEY, "github.com/cli/cli", MINISIGN];
        for written in all {
            let mut meant = whom(&[written], &[], &[]).unwrap();
            meant.know(Some(&notary), std::slice::from_ref(&notary));
            let named = person(RootId::notary("00"), written, "https://notary.example");
            assert!(!trusts(&meant, &named), "{written}");
        }
        let mut meant = whom(&[KEY], &[], &[]).unwrap();
        meant.know(Some(&notary), std::slice::from_ref(&notary));
        assert!(trusts(&meant, &key(RootId::notary("00"))));
    }

    #[test]
    fn issuers_are_one_for_all_or_one_for_each() {
        let (a, b) = ("a@example.org", "b@example.org");
        let other = "https://gitlab.com";
        let of = |subject: &str, issuer: &str| person(RootId::sigstore(), subject, issuer);
        let all = whom(&[a, b, KEY], &[GOOGLE], &[]).unwrap();
        assert!(trusts(&all, &of(a, GOOGLE)) && trusts(&all, &of(b, GOOGLE)));
        let each = whom(&[a, b], &[GOOGLE, other], &["x/y"]).unwrap();
        assert!(trusts(&each, &of(a, GOOGLE)) && trusts(&each, &of(b, other)));
        assert!(!trusts(&each, &of(a, other)) && !trusts(&each, &of(b, GOOGLE)));
        for (signers, issuers) in [
            (&[a][..], &[GOOGLE, other][..]),
            (&[a, b, "c"], &[GOOGLE, other]),
            (&[KEY], &[GOOGLE]),
            (&["github.com/x/y"], &[GOOGLE]),
        ] {
            let error = whom(signers, issuers, &[]).unwrap_err().to_string();
            assert!(error.contains("--issuer"), "{error}");
        }
    }

    #[test]
    fn a_name_is_one_of_the_notary_and_so_is_a_key_where_there_is_one() {
        let notary = notary();
        let mut meant = whom(&["release@example.org", KEY], &[], &[]).unwrap();
        assert!(trusts(&meant, &key(RootId::sigstore())));
        assert!(!trusts(&meant, &key(RootId::notary("00"))));
        let of = |root| person(root, "release@example.org", GOOGLE);
        assert!(!trusts(&meant, &of(RootId::sigstore())));
        meant.know(Some(&notary), std::slice::from_ref(&notary));
        assert!(trusts(&meant, &of(RootId::notary("00"))));
        assert!(!trusts(&meant, &of(RootId::notary("01"))));
        assert!(!trusts(&meant, &of(RootId::sigstore())));
        assert!(trusts(&meant, &key(RootId::notary("00"))));
        // It might have revoked the key.
        assert!(!trusts(&meant, &key(RootId::sigstore())));
    }
}
