//! The user's settings: whom to ask and whom to trust.

use crate::managed::Managed;
use crate::signer::{RootId, Signer};
use crate::site;
use crate::site_rule::{Demand, Mode, Ruling, SiteRule};
use crate::succession::{Followed, Latest};
use serde::{Deserialize, Serialize};

/// The version of the stored settings.
pub const SETTINGS_VERSION: u32 = 1;

/// Sigstore's public Rekor log.
pub const PUBLIC_REKOR: &str = "https://rekor.sigstore.dev";

/// The user's settings. The same form is stored by the extension and read by the command line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// [`SETTINGS_VERSION`] when written by this version.
    pub version: u32,
    /// The notaries, in the order in which they are shown.
    #[serde(default)]
    pub notaries: Vec<Notary>,
    /// Whether GitHub is asked about what is downloaded from there.
    #[serde(default = "yes")]
    pub github: bool,
    /// The user's token for GitHub's API: with it GitHub answers more often, and tells of private
    /// repositories.
    #[serde(default)]
    pub github_token: Option<String>,
    /// The addresses of the Rekor logs that are asked. None at first: a log learns what was
    /// downloaded.
    #[serde(default)]
    pub rekors: Vec<String>,
    /// The addresses of the package indexes that are asked about what they serve. None at first.
    #[serde(default)]
    pub indexes: Vec<String>,
    /// The signers whose word counts here.
    #[serde(default)]
    pub trusted: Vec<TrustedSigner>,
    /// After how many days the record of a download is forgotten. `None`: never.
    #[serde(default)]
    pub retention_days: Option<u32>,
    /// What is demanded of downloads from all sites that no rule is about.
    #[serde(default)]
    pub everywhere: Demand,
    /// What is demanded of those from some.
    #[serde(default)]
    pub rules: Vec<SiteRule>,
    /// Of how much the system tells the user.
    #[serde(default)]
    pub notifications: Notifications,
    /// What the user's administrator decided. It is kept elsewhere, and never among these.
    #[serde(skip)]
    pub managed: Managed,
}

/// Of how much the system tells the user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notifications {
    /// Of files that are held up alone.
    None,
    /// Of warnings, too.
    #[default]
    Warnings,
    /// Of every verdict.
    All,
}

/// A notary and its pinned trust root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notary {
    /// Where it is asked: scheme, host and perhaps a path, without a slash at the end.
    pub address: String,
    /// Its name for people: its host, unless the user chose another.
    pub name: String,
    /// Its `trusted_root.json`, as it was when the user confirmed it last.
    pub trusted_root: String,
    /// The fingerprint of `trusted_root` when the notary was added. It names the root for good.
    pub fingerprint: String,
    /// Whether it is asked.
    pub enabled: bool,
    /// How far its trust root was followed, and the signers whose keys it revoked, where it was
    /// followed at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed: Option<Followed>,
}

/// A signer whom the user trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustedSigner {
    /// Who, together with the trust root that proves it.
    pub signer: Signer,
    /// For which downloads.
    pub scope: Scope,
    /// A bare key itself (PEM, RFC 7468), where it is known: logs are searched for keys, not for their
    /// fingerprints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// For which downloads a signer is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// For all of them.
    Everywhere,
    /// For those from one site and the hosts below it.
    Site {
        /// The site's host, in lower case.
        host: String,
    },
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: SETTINGS_VERSION,
            notaries: Vec::new(),
            github: true,
            github_token: None,
            rekors: Vec::new(),
            indexes: Vec::new(),
            trusted: Vec::new(),
            retention_days: None,
            everywhere: Demand::default(),
            rules: Vec::new(),
            notifications: Notifications::default(),
            managed: Managed::default(),
        }
    }
}

impl Settings {
    /// Whether `signer` is trusted for a download from `site` (a host, where one is known).
    pub fn trusts(&self, signer: &Signer, site: Option<&str>) -> bool {
        let managed = &self.managed.trusted;
        self.trusted.iter().chain(managed).any(|trusted| {
            trusted.signer == *signer
                && match &trusted.scope {
                    Scope::Everywhere => true,
                    Scope::Site { host } => site.is_some_and(|site| site::covers(host, site)),
                }
        })
    }

    /// Adds what an administrator decided: their sources are asked beside the user's, and what they
    /// decided about GitHub holds.
    pub fn manage(&mut self, managed: Managed) {
        for notary in managed.usable_notaries() {
            self.add_notary(notary);
        }
        let add = |own: &mut Vec<String>, managed: &[String]| {
            for address in managed {
                if !own.contains(address) {
                    own.push(address.clone());
                }
            }
        };
        add(&mut self.rekors, &managed.rekors);
        add(&mut self.indexes, &managed.indexes);
        self.github = managed.github.unwrap_or(self.github);
        self.managed = managed;
    }

    /// Those of the user's settings that judgements follow from: whom they believe, and not what they
    /// demand. Whatever else changes, files are judged as before.
    pub fn believed(&self) -> Self {
        let names = self.rules.iter().any(|rule| !rule.signers.is_empty());
        let undemanding = |rule: &SiteRule| SiteRule {
            demand: Demand::default(),
            ..rule.clone()
        };
        Self {
            notaries: self.notaries.clone(),
            trusted: self.trusted.clone(),
            rules: match names {
                true => self.rules.iter().map(undemanding).collect(),
                false => Vec::new(),
            },
            ..Self::default()
        }
    }

    /// What keeps these settings from being used: something in them that none of the pages makes. The
    /// notaries' trust roots are to be looked at beyond that.
    pub fn problem(&self) -> Option<String> {
        if self.version != SETTINGS_VERSION {
            return Some(format!("version {}", self.version));
        }
        let is_address = |address: &str| notary_address(address).as_deref() == Some(address);
        let is_index = |index: &str| index.split(' ').next().is_some_and(is_address);
        let addresses = self.notaries.iter().map(|notary| &notary.address);
        let mut addresses = addresses.chain(&self.rekors);
        if let Some(wrong) = addresses.find(|address| !is_address(address)) {
            return Some(wrong.clone());
        }
        if let Some(wrong) = self.indexes.iter().find(|index| !is_index(index)) {
            return Some(wrong.clone());
        }
        let token = self.github_token.as_deref();
        if token.is_some_and(|token| github_token(token).as_deref() != Some(token)) {
            return Some("github_token".into());
        }
        let mut rules = self.rules.iter().enumerate();
        let wrong = rules.find(|(place, rule)| {
            let is_again = || self.rules[..*place].iter().any(|one| one.host == rule.host);
            !site::is_host(&rule.host) || is_again()
        });
        wrong.map(|(_, rule)| rule.host.clone())
    }

    /// What is demanded of a download that has to do with these hosts: of each the most specific rule
    /// holds, and where several have one, the stricter.
    pub fn ruling(&self, hosts: &[String]) -> Ruling {
        let mut ruling = Ruling::of(&self.rules, self.everywhere, hosts);
        // What an administrator demands, nobody loosens.
        let demand = self.managed.everywhere;
        let least = Demand {
            mode: Mode::Off,
            ..Demand::default()
        };
        let managed = Ruling::of(&self.managed.rules, demand.unwrap_or(least), hosts);
        ruling.add(managed);
        ruling
    }

    /// Puts a rule in the place of what there is for its host.
    pub fn set_rule(&mut self, rule: SiteRule) {
        match self.rules.iter_mut().find(|known| known.host == rule.host) {
            Some(known) => *known = rule,
            None => self.rules.push(rule),
        }
    }

    /// Trusts `signer` within `scope`. Doing it twice changes nothing.
    pub fn trust(&mut self, signer: Signer, scope: Scope) {
        let mut known = self.trusted.iter();
        if !known.any(|known| known.signer == signer && known.scope == scope) {
            self.trusted.push(TrustedSigner {
                signer,
                scope,
                key: None,
            });
        }
    }

    /// Notes the key that a trusted signer has no name but.
    pub fn note_key(&mut self, signer: &Signer, pem: &str) {
        let own = self
            .trusted
            .iter_mut()
            .filter(|known| known.signer == *signer);
        own.for_each(|known| known.key = Some(pem.to_owned()));
    }

    /// Takes back [`Settings::trust`].
    pub fn distrust(&mut self, signer: &Signer, scope: &Scope) {
        self.trusted
            .retain(|entry| entry.signer != *signer || entry.scope != *scope);
    }

    /// Adds a notary, or takes over its new address, name and root where one with the same
    /// address is there already.
    pub fn add_notary(&mut self, notary: Notary) {
        match self
            .notaries
            .iter_mut()
            .find(|known| known.address == notary.address)
        {
            Some(known) => *known = notary,
            None => self.notaries.push(notary),
        }
    }

    /// Moves the notary at `address` one place up or down.
    pub fn move_notary(&mut self, address: &str, up: bool) {
        let place = |one: &Notary| one.address == address;
        let Some(from) = self.notaries.iter().position(place) else {
            return;
        };
        let to = match up {
            true => from.checked_sub(1),
            false => Some(from + 1),
        };
        if let Some(to) = to.filter(|to| *to < self.notaries.len()) {
            self.notaries.swap(from, to);
        }
    }

    /// Pins another trust root of the notary at `address`, which the user confirmed. Its signers stay
    /// known under the fingerprint of the first, and revoked keys stay revoked.
    pub fn take_root(&mut self, address: &str, trusted_root: &str) {
        let mut known = self.notaries.iter_mut();
        if let Some(notary) = known.find(|one| one.address == address) {
            trusted_root.clone_into(&mut notary.trusted_root);
            // What follows begins anew with this root.
            if let Some(followed) = &mut notary.followed {
                followed.link.clear();
            }
        }
    }

    /// Takes over where the trust root led to that is pinned of the notary at `address`. Says whether
    /// that changes anything. Where another root was pinned meanwhile, it does not.
    pub fn follow_root(&mut self, address: &str, pinned: &str, latest: &Latest) -> bool {
        let mut known = self.notaries.iter_mut();
        let is_it = |one: &&mut Notary| one.address == address && one.trusted_root == pinned;
        let notary = known.find(is_it);
        notary.is_some_and(|notary| notary.take_over(latest))
    }

    /// The notary whose trust root this is, where there is one.
    pub fn notary_of(&self, root: &RootId) -> Option<&Notary> {
        self.notaries
            .iter()
            .find(|notary| notary.root_id() == *root)
    }

    /// Whether the user asks, or may ask, somebody whose logs this root names: public instances, and
    /// the notaries that they added.
    pub fn concerns(&self, root: &RootId) -> bool {
        !root.is_notary() || self.notary_of(root).is_some()
    }

    /// Asks the Rekor log at `address` from now on, or asks it no more.
    pub fn ask_rekor(&mut self, address: String, asked: bool) {
        self.rekors.retain(|known| *known != address);
        if asked {
            self.rekors.push(address);
        }
    }

    /// Asks the package index at `address` from now on, or asks it no more.
    pub fn ask_index(&mut self, address: String, asked: bool) {
        self.indexes.retain(|known| *known != address);
        if asked {
            self.indexes.push(address);
        }
    }

    /// Removes the notary at `address`. Signers known under its root stay trusted, so that adding
    /// it again brings them back; nothing can be proven under a root that is not there.
    pub fn remove_notary(&mut self, address: &str) {
        self.notaries.retain(|notary| notary.address != address);
    }
}

impl Notary {
    /// Takes over where its pinned trust root led to. Says whether that changes anything.
    pub fn take_over(&mut self, latest: &Latest) -> bool {
        let before = (&self.trusted_root, self.followed.as_ref());
        if before == (&latest.trusted_root, Some(&latest.followed)) {
            return false;
        }
        self.trusted_root.clone_from(&latest.trusted_root);
        self.followed = Some(latest.followed.clone());
        true
    }

    /// The name of its trust root in signers.
    pub fn root_id(&self) -> RootId {
        RootId::notary(&self.fingerprint)
    }
}

/// Brings a notary's address, as somebody typed it, into the form that is stored: an origin and
/// perhaps a path. Plain HTTP is taken for `localhost` and
/// `127.0.0.1` only (a content security policy has no words for `[::1]`). `None` when it is no such
/// address.
pub fn notary_address(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let with_scheme = if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("https://{typed}")
    };
    let with_scheme = with_scheme.trim_end_matches('/');
    let (scheme, rest) = with_scheme.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let host = site::host_of(with_scheme)?;
    let allowed = scheme == "https" || (scheme == "http" && is_loopback(&host));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/:[]%".contains(c);
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let named = host.split('.').all(|label| !label.is_empty());
    (allowed && named && rest.chars().all(plain))
        .then(|| format!("{scheme}://{}{path}", authority.to_ascii_lowercase()))
}

/// A token for GitHub as the user typed it, or `None` for what is none: a header could be made of it.
pub fn github_token(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '_';
    // Those of all kinds have between 36 and 93 characters.
    ((20..=255).contains(&typed.len()) && typed.chars().all(is_token)).then(|| typed.to_owned())
}

fn yes() -> bool {
    true
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "127.0.0.1"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signer::Identity;

    fn signer(root: &str) -> Signer {
        Signer {
            root: RootId::notary(root),
            identity: Identity::Key {
                fingerprint: "SHA256:x".into(),
            },
        }
    }

    #[test]
    fn trust_for_a_site_ends_at_the_site() {
        let mut settings = Settings::default();
        let host = "example.org".to_owned();
        settings.trust(signer("aa"), Scope::Site { host: host.clone() });
        assert!(settings.trusts(&signer("aa"), Some("example.org")));
        assert!(settings.trusts(&signer("aa"), Some("dl.example.org")));
        assert!(!settings.trusts(&signer("aa"), Some("example.com")));
        assert!(!settings.trusts(&signer("aa"), None));
        assert!(!settings.trusts(&signer("bb"), Some("example.org")));
        settings.distrust(&signer("aa"), &Scope::Site { host });
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn what_is_believed_is_another_when_judgements_may_be() {
        let rule = |mode, signers| SiteRule {
            host: "example.org".into(),
            below: true,
            demand: Demand {
                mode,
                ..Demand::default()
            },
            signers,
        };
        let with = |rule| {
            let mut settings = Settings::default();
            settings.set_rule(rule);
            settings.believed()
        };
        let nothing = Settings::default().believed();
        // What is demanded changes no judgement, and a rule that names nobody is no more than that.
        assert_eq!(with(rule(Mode::Require, Vec::new())), nothing);
        let named = with(rule(Mode::Require, vec![signer("aa")]));
        assert_ne!(named, nothing);
        assert_eq!(named, with(rule(Mode::Off, vec![signer("aa")])));
        assert_ne!(named, with(rule(Mode::Off, vec![signer("bb")])));
        let mut settings = Settings {
            github: false,
            retention_days: Some(1),
            notifications: Notifications::All,
            ..Settings::default()
        };
        assert_eq!(settings.believed(), nothing);
        settings.trust(signer("aa"), Scope::Everywhere);
        assert_ne!(settings.believed(), nothing);
    }

    #[test]
    fn notaries_change_places_and_roots_and_keep_their_names() {
        let notary = |name: &str| Notary {
            address: format!("https://{name}.example"),
            name: name.into(),
            trusted_root: "first".into(),
            fingerprint: format!("first of {name}"),
            enabled: true,
            followed: None,
        };
        let mut settings = Settings {
            notaries: ["a", "b", "c"].map(notary).into(),
            ..Settings::default()
        };
        let order = |settings: &Settings| -> Vec<String> {
            let names = settings.notaries.iter().map(|one| one.name.clone());
            names.collect()
        };
        settings.move_notary("https://c.example", true);
        assert_eq!(order(&settings), ["a", "c", "b"]);
        settings.move_notary("https://a.example", false);
        assert_eq!(order(&settings), ["c", "a", "b"]);
        // At the ends, and for one that is not there, nothing moves.
        settings.move_notary("https://c.example", true);
        settings.move_notary("https://b.example", false);
        settings.move_notary("https://d.example", false);
        assert_eq!(order(&settings), ["c", "a", "b"]);

        let before = settings.notaries[1].root_id();
        settings.take_root("https://a.example", "second");
        assert_eq!(settings.notaries[1].trusted_root, "second");
        assert_eq!(settings.notaries[1].root_id(), before);
        assert_eq!(settings.notaries[0].trusted_root, "first");
    }

    #[test]
    fn a_token_is_no_way_to_another_header() {
        let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
        assert_eq!(github_token(&format!(" {token}\n")).as_deref(), Some(token));
        for wrong in [
            "",
            "short",
            "ghp_0123456789 abcdefghijABCDEFGHIJ",
            "ghp_0123456789abcdefghij\r\nX: y",
        ] {
            assert_eq!(github_token(wrong), None, "{wrong}");
        }
        assert_eq!(github_token(&"a".repeat(256)), None);
    }

    #[test]
    fn addresses_are_taken_as_people_type_them() {
        for (typed, stored) in [
            ("notary.example.org", Some("https://notary.example.org")),
            (
                "https://Notary.example.org/",
                Some("https://notary.example.org"),
            ),
            (
                "https://example.org/Notary/",
                Some("https://example.org/Notary"),
            ),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://[::1]:8080", None),
            ("https://a..b", None),
            ("https://", None),
            ("https://.example.org", None),
            ("http://example.org", None),
            ("https://user:pw@example.org", None),
            ("https://example.org/?a", None),
            ("javascript://x", None),
            ("", None),
        ] {
            assert_eq!(notary_address(typed).as_deref(), stored, "{typed}");
        }
    }
}
