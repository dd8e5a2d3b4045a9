//! What an administrator decided for the user: the browser's policy for this extension
//! (`storage.managed`). The user sees it, and can be stricter, not laxer.

use crate::settings::{Notary, Scope, TrustedSigner, notary_address};
use crate::signer::Signer;
use crate::site::{host_of, is_host};
use crate::site_rule::{Demand, SiteRule};
use serde::{Deserialize, Deserializer, Serialize};

/// What an administrator decided. Every part may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Managed {
    /// Who manages this browser, as the user is told it.
    pub organization: String,
    /// Notaries that are asked beside the user's own.
    pub notaries: Vec<ManagedNotary>,
    /// Rekor logs that are asked beside the user's own.
    pub rekors: Vec<String>,
    /// Package indexes that are asked beside the user's own.
    pub indexes: Vec<String>,
    /// Whether GitHub is asked; the user decides where this is left out.
    pub github: Option<bool>,
    /// Signers who are trusted beside the user's own. In a policy, each is for all sites or for the one
    /// that it names.
    #[serde(deserialize_with = "trusted")]
    pub trusted: Vec<TrustedSigner>,
    /// What is demanded of downloads from all sites, at least.
    pub everywhere: Option<Demand>,
    /// What is demanded of those from some, at least.
    pub rules: Vec<SiteRule>,
    /// What the user may not change.
    pub locked: Vec<Lock>,
    /// Whether the page that explains Assay opens at the installation.
    pub welcome: Option<bool>,
    /// The parts that cannot be used. They are told, and the others hold.
    #[serde(skip)]
    pub unusable: Vec<String>,
}

/// A notary, as an administrator names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ManagedNotary {
    /// Where it is asked.
    pub address: String,
    /// Its name for people; its host where this is left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Its `trusted_root.json`, as text.
    pub trusted_root: String,
    /// The fingerprint of its first trust root, as the notary's page shows it. Signers are known by
    /// it, also when the notary's keys have changed since.
    pub fingerprint: String,
}

/// A part of the settings that the user may not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// Who is asked: notaries, logs, indexes, GitHub.
    Sources,
    /// Who is trusted.
    Trusted,
    /// What is demanded of sites.
    Rules,
    /// Of how much the system tells the user.
    Notifications,
}

impl Managed {
    /// Whether anything is decided.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the user may not change this.
    pub fn locks(&self, what: Lock) -> bool {
        self.locked.contains(&what)
    }

    /// Reads the hosts of rules as people write them; a rule for what is no host is told as unusable.
    pub fn read_hosts(&mut self) {
        let unusable = &mut self.unusable;
        self.rules
            .retain_mut(|rule| match host_in_policy(&rule.host) {
                Some(host) => {
                    rule.host = host;
                    true
                }
                None => {
                    unusable.push(format!("rules: {}", rule.host));
                    false
                }
            });
    }

    /// The notaries, as far as they are such: one whose address is none is left out, as nobody could be
    /// asked there.
    pub fn usable_notaries(&self) -> impl Iterator<Item = Notary> {
        self.notaries.iter().filter_map(|managed| {
            let address = notary_address(&managed.address)?;
            let host = || crate::site::host_of(&address);
            Some(Notary {
                name: managed.name.clone().or_else(host)?,
                trusted_root: managed.trusted_root.clone(),
                fingerprint: managed.fingerprint.clone(),
                enabled: true,
                followed: None,
                address,
            })
        })
    }
}

/// The host that somebody wrote into a policy: perhaps as an address, with a star for those below it,
/// or in capitals.
fn host_in_policy(written: &str) -> Option<String> {
    let written = written.trim();
    let host = match written.contains("://") {
        true => host_of(written)?,
        false => written.trim_start_matches("*.").to_ascii_lowercase(),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    is_host(host).then(|| host.to_owned())
}

fn trusted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<TrustedSigner>, D::Error> {
    #[derive(Deserialize)]
    struct ManagedSigner {
        signer: Signer,
        site: Option<String>,
        key: Option<String>,
    }
    let read = Vec::<ManagedSigner>::deserialize(deserializer)?;
    let trusted = read.into_iter().map(|managed| TrustedSigner {
        signer: managed.signer,
        scope: match managed.site {
            Some(host) => Scope::Site { host },
            None => Scope::Everywhere,
        },
        key: managed.key,
    });
    Ok(trusted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use crate::site_rule::Mode;

    #[test]
    fn a_policy_is_read_as_far_as_it_goes() {
        let policy = r#"{
            "organization": "Example Org",
            "rekors": ["https://rekor.sigstore.dev"],
            "everywhere": { "mode": "warn" },
            "rules": [{ "host": "example.org", "demand": { "mode": "require", "remove": true } }],
            "locked": ["sources", "trusted"],
            "welcome": false,
            "trusted": [
                { "signer": { "root": "sigstore", "identity": { "key": { "fingerprint": "SHA256:x" } } } },
                { "signer": { "root": "sigstore", "identity": { "key": { "fingerprint": "SHA256:y" } } }, "site": "example.org" }
            ],
            "notaries": [{ "address": "file:///etc", "trusted_root": "{}", "fingerprint": "00" }]
        }"#;
        let read: Managed = serde_json::from_str(policy).unwrap();
        assert!(read.locks(Lock::Sources) && !read.locks(Lock::Rules));
        assert_eq!(read.rules[0].demand.mode, Mode::Require);
        assert!(read.rules[0].below && !read.is_empty());
        let host = "example.org".to_owned();
        let scopes: Vec<&Scope> = read.trusted.iter().map(|one| &one.scope).collect();
        assert_eq!(scopes, [&Scope::Everywhere, &Scope::Site { host }]);
        // What is no address makes no notary.
        assert_eq!(read.usable_notaries().count(), 0);
        assert!(serde_json::from_str::<Managed>("{}").unwrap().is_empty());
    }

    #[test]
    fn a_rule_of_a_policy_holds_however_its_host_is_written_or_is_told() {
        for (written, host) in [
            ("LocalHost", Some("localhost")),
            ("*.Example.org", Some("example.org")),
            ("https://bank.example/login", Some("bank.example")),
            ("[::1]", Some("::1")),
            ("a b", None),
            ("", None),
        ] {
            let mut policy = Managed::default();
            policy.rules.push(SiteRule {
                host: written.into(),
                below: true,
                demand: Demand::default(),
                signers: Vec::new(),
            });
            policy.read_hosts();
            let read = policy.rules.first().map(|rule| rule.host.as_str());
            assert_eq!(read, host, "{written}");
            assert_eq!(policy.unusable.len(), usize::from(host.is_none()));
        }
    }

    #[test]
    fn what_an_administrator_demands_is_not_loosened() {
        let demand = |mode| Demand {
            mode,
            ..Demand::default()
        };
        let rule = |host: &str, mode| SiteRule {
            host: host.into(),
            below: true,
            demand: demand(mode),
            signers: Vec::new(),
        };
        let mut settings = Settings::default();
        settings.managed.everywhere = Some(demand(Mode::Warn));
        settings.managed.rules = vec![rule("strict.example", Mode::Require)];
        settings.everywhere = demand(Mode::Off);
        settings.rules = vec![
            rule("strict.example", Mode::Off),
            rule("dl.strict.example", Mode::Badge),
            rule("own.example", Mode::Require),
            rule("lax.example", Mode::Off),
        ];
        let of = |host: &str| {
            let ruling = settings.ruling(&[host.to_owned()]);
            (ruling.demand.mode, ruling.managed, ruling.from)
        };
        let from = |host: &str| Some(host.to_owned());
        assert_eq!(of("other.example"), (Mode::Warn, true, None));
        assert_eq!(of("lax.example"), (Mode::Warn, true, None));
        let strict = (Mode::Require, true, from("strict.example"));
        assert_eq!(of("strict.example"), strict);
        assert_eq!(of("dl.strict.example"), strict);
        let own = (Mode::Require, false, from("own.example"));
        assert_eq!(of("own.example"), own);
    }
}
