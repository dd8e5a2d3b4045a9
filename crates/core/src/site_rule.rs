//! How strict Assay is about downloads from a site, as the user or their administrator decided.

use crate::signer::Signer;
use crate::site::covers;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};

/// What is done about downloads, in order of strictness.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are not checked.
    Off,
    /// They are checked, and shown in the popup and on the toolbar.
    Badge,
    /// Warnings come as notifications, too.
    #[default]
    Warn,
    /// A file that does not meet what is required is held up to the user.
    Require,
}

/// What is demanded of downloads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// How strict.
    pub mode: Mode,
    /// Whether [`Mode::Require`] is met by a file that is its publisher's own, too.
    #[serde(default)]
    pub accept_authentic: bool,
    /// Whether [`Mode::Require`] removes what does not meet it without asking.
    #[serde(default)]
    pub remove: bool,
}

/// What is demanded of downloads from one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteRule {
    /// The site's host, in lower case.
    pub host: String,
    /// Whether it holds for the hosts below it, too. It does not where anybody can have a host below
    /// this one (a public suffix).
    #[serde(default = "yes")]
    pub below: bool,
    /// What is demanded.
    pub demand: Demand,
    /// Who alone may have signed there. Nobody in particular where this is empty.
    #[serde(default)]
    pub signers: Vec<Signer>,
}

/// What holds for one download, out of all rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruling {
    /// What is demanded.
    pub demand: Demand,
    /// The host whose rule decided; `None` where it is what holds for all sites.
    pub from: Option<String>,
    /// Whether an administrator's rule decided.
    pub managed: bool,
    /// For each rule that names signers: whom it names.
    pub pins: Vec<Vec<Signer>>,
}

impl Mode {
    /// All of them, the least strict first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Badge, Self::Warn, Self::Require];

    /// Its name in keys of messages and in the document.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Badge => "badge",
            Self::Warn => "warn",
            Self::Require => "require",
        }
    }
}

impl Demand {
    /// Whether a file with this verdict may stay without a question.
    pub fn is_met_by(&self, verdict: Verdict) -> bool {
        self.mode < Mode::Require
            || verdict == Verdict::Verified
            || self.accept_authentic && verdict == Verdict::Authentic
    }

    /// What satisfies both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let asks_for_trust = |one: &Self| one.mode == Mode::Require && !one.accept_authentic;
        let mode = self.mode.max(other.mode);
        let removes = |one: &Self| one.mode == Mode::Require && one.remove;
        Self {
            mode,
            accept_authentic: mode == Mode::Require
                && !asks_for_trust(&self)
                && !asks_for_trust(&other),
            remove: removes(&self) || removes(&other),
        }
    }
}

impl SiteRule {
    /// Whether the rule holds for a host.
    pub fn holds_for(&self, host: &str) -> bool {
        match self.below {
            true => covers(&self.host, host),
            false => self.host == host,
        }
    }

    /// The most specific of these rules that holds for a host.
    pub fn most_specific<'a>(rules: &'a [Self], host: &str) -> Option<&'a Self> {
        let holding = rules.iter().filter(|rule| rule.holds_for(host));
        holding.max_by_key(|rule| rule.host.len())
    }
}

impl Ruling {
    /// What these rules say of a download that has to do with these hosts: of each host the most
    /// specific one, of several the strictest, and where none holds, what does for all sites.
    pub fn of(rules: &[SiteRule], everywhere: Demand, hosts: &[String]) -> Self {
        let mut ruling = Self {
            demand: everywhere,
            ..Self::default()
        };
        for host in hosts {
            let Some(rule) = SiteRule::most_specific(rules, host) else {
                continue;
            };
            let demand = match ruling.from {
                Some(_) => ruling.demand.and(rule.demand),
                None => rule.demand,
            };
            if ruling.from.is_none() || demand != ruling.demand {
                ruling.from = Some(rule.host.clone());
            }
            ruling.demand = demand;
            if !rule.signers.is_empty() && !ruling.pins.contains(&rule.signers) {
                ruling.pins.push(rule.signers.clone());
            }
        }
        ruling
    }

    /// Adds what an administrator decided: what satisfies both holds.
    pub fn add(&mut self, managed: Self) {
        let both = self.demand.and(managed.demand);
        if both != self.demand {
            self.demand = both;
            self.from = managed.from;
            self.managed = true;
        }
        self.pins.extend(managed.pins);
    }

    /// Whether the rules name signers, and this is none of them.
    pub fn excludes(&self, signer: &Signer) -> bool {
        self.pins.iter().any(|pin| !pin.contains(signer))
    }

    /// Whether the rules name this signer.
    pub fn names(&self, signer: &Signer) -> bool {
        !self.pins.is_empty() && !self.excludes(signer)
    }
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(host: &str, mode: Mode) -> SiteRule {
        SiteRule {
            host: host.into(),
            below: true,
            demand: Demand {
                mode,
                ..Demand::default()
            },
            signers: Vec::new(),
        }
    }

    #[test]
    fn the_most_specific_rule_holds() {
        let rules = [
            rule("example.org", Mode::Require),
            rule("dl.example.org", Mode::Badge),
            SiteRule {
                below: false,
                ..rule("pages.example", Mode::Off)
            },
        ];
        let of = |host| SiteRule::most_specific(&rules, host).map(|rule| rule.demand.mode);
        assert_eq!(of("example.org"), Some(Mode::Require));
        assert_eq!(of("www.example.org"), Some(Mode::Require));
        assert_eq!(of("dl.example.org"), Some(Mode::Badge));
        assert_eq!(of("a.dl.example.org"), Some(Mode::Badge));
        assert_eq!(of("notexample.org"), None);
        assert_eq!(of("pages.example"), Some(Mode::Off));
        assert_eq!(of("somebody.pages.example"), None);
    }

    #[test]
    fn what_satisfies_both_is_stricter_than_either() {
        let mut all = Vec::new();
        for mode in Mode::ALL {
            for (accept_authentic, remove) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                all.push(Demand {
                    mode,
                    accept_authentic,
                    remove,
                });
            }
        }
        for one in &all {
            for other in &all {
                let both = one.and(*other);
                assert!(both.is_met_by(Verdict::Verified));
                for verdict in [Verdict::Authentic, Verdict::Signed, Verdict::Untrusted] {
                    let each = one.is_met_by(verdict) && other.is_met_by(verdict);
                    assert_eq!(
                        both.is_met_by(verdict),
                        each,
                        "{one:?} {other:?} {verdict:?}"
                    );
                }
                assert!(both.mode >= one.mode && both.mode >= other.mode);
                assert_eq!(both, other.and(*one));
            }
        }
    }
}
