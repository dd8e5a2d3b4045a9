//! Changes of the settings that a page makes out of those that are stored. The background sees to it
//! that nothing of another change that comes at the same time is lost.

use crate::bus::{self, BusError};
use crate::settings_store;
use assay_core::message::{Request, Response};
use assay_core::settings::{Notary, Notifications, Scope, Settings};
use assay_core::signer::Signer;
use assay_core::site_rule::{Demand, Mode, SiteRule};

/// So often a change is made anew because another one came first.
const TRIES: u32 = 5;

/// A change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A rule comes in the place of what there is for its host.
    SetRule(SiteRule),
    /// The rule for a host goes.
    RemoveRule(String),
    /// One thing about the rule for a host is another, or without a host about what is demanded of
    /// all sites. All else stays as it is stored by then, as changes can follow fast.
    Edit(Option<String>, Edit),
    /// The system tells the user of so much.
    Notifications(Notifications),
    /// Records are forgotten once they are so many days old.
    Retention(Option<u32>),
    /// This notary is asked, with the trust root that the user confirmed.
    AddNotary(Notary),
    /// The notary at an address goes.
    RemoveNotary(String),
    /// The notary at an address is asked, or is not.
    EnableNotary {
        /// Its address.
        address: String,
        /// Whether it is asked.
        enabled: bool,
    },
    /// The notary at an address moves one place.
    MoveNotary {
        /// Its address.
        address: String,
        /// Up, or else down.
        up: bool,
    },
    /// Another trust root of a notary is pinned, which the user confirmed.
    TakeRoot {
        /// The notary's address.
        address: String,
        /// Its new `trusted_root.json`.
        trusted_root: String,
    },
    /// GitHub is asked about what is downloaded from there, or is not.
    Github(bool),
    /// This token is used with GitHub's API, or none.
    GithubToken(Option<String>),
    /// The Rekor log at an address is asked, or is not.
    AskRekor {
        /// Its address.
        address: String,
        /// Whether it is asked.
        asked: bool,
    },
    /// The package index at an address is asked, or is not.
    AskIndex {
        /// Its address, perhaps with the host that its files are on.
        address: String,
        /// Whether it is asked.
        asked: bool,
    },
    /// A signer is trusted no more.
    Distrust {
        /// Who.
        signer: Signer,
        /// For which downloads.
        scope: Scope,
    },
    /// All of them come in the place of those that are there.
    All(Box<Settings>),
}

/// One thing about a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// How strict it is.
    Mode(Mode),
    /// Whether it is met by what is its publisher's own.
    AcceptAuthentic(bool),
    /// Whether it removes without asking.
    Remove(bool),
    /// Whether somebody is among those who alone may have signed.
    Signer(Signer, bool),
}

impl Edit {
    fn apply(&self, demand: &mut Demand, signers: &mut Vec<Signer>) {
        match self {
            Self::Mode(mode) => demand.mode = *mode,
            Self::AcceptAuthentic(on) => demand.accept_authentic = *on,
            Self::Remove(on) => demand.remove = *on,
            Self::Signer(signer, on) => {
                signers.retain(|known| known != signer);
                if *on {
                    signers.push(signer.clone());
                }
            }
        }
    }
}

impl Change {
    fn apply(&self, settings: &mut Settings) {
        match self {
            Self::SetRule(rule) => settings.set_rule(rule.clone()),
            Self::RemoveRule(host) => settings.rules.retain(|rule| rule.host != *host),
            Self::Edit(None, edit) => edit.apply(&mut settings.everywhere, &mut Vec::new()),
            Self::Edit(Some(host), edit) => {
                // A rule that is gone meanwhile stays so.
                if let Some(rule) = settings.rules.iter_mut().find(|rule| rule.host == *host) {
                    edit.apply(&mut rule.demand, &mut rule.signers);
                }
            }
            Self::Notifications(notifications) => settings.notifications = *notifications,
            Self::Retention(days) => settings.retention_days = *days,
            Self::AddNotary(notary) => settings.add_notary(notary.clone()),
            Self::RemoveNotary(address) => settings.remove_notary(address),
            Self::EnableNotary { address, enabled } => {
                let mut notaries = settings.notaries.iter_mut();
                if let Some(notary) = notaries.find(|one| one.address == *address) {
                    notary.enabled = *enabled;
                }
            }
            Self::MoveNotary { address, up } => settings.move_notary(address, *up),
            Self::TakeRoot {
                address,
                trusted_root,
            } => settings.take_root(address, trusted_root),
            Self::Github(asked) => settings.github = *asked,
            Self::GithubToken(token) => settings.github_token.clone_from(token),
            Self::AskRekor { address, asked } => settings.ask_rekor(address.clone(), *asked),
            Self::AskIndex { address, asked } => settings.ask_index(address.clone(), *asked),
            Self::Distrust { signer, scope } => settings.distrust(signer, scope),
            Self::All(new) => settings.clone_from(new),
        }
    }

    /// Makes it.
    ///
    /// # Errors
    /// When the settings cannot be read, or the background cannot be reached.
    pub async fn make(&self) -> Result<Response, BusError> {
        let mut answer = Response::Done;
        for _ in 0..TRIES {
            let base = Box::new(settings_store::load_own().await?);
            let mut settings = base.clone();
            self.apply(&mut settings);
            if settings == base {
                // It is so already.
                return Ok(Response::Done);
            }
            answer = bus::send(&Request::ReplaceSettings { settings, base }).await?;
            if answer != Response::Outdated {
                break;
            }
        }
        Ok(answer)
    }
}
