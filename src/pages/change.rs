//! Changes of the settings that a page makes out of those that are stored. The background sees to it
//! that nothing of another change that comes at the same time is lost.

use crate::bus::{self, BusError};
use crate::settings_store;
use assay_core::message::{Request, Response};
use assay_core::settings::{Notifications, Settings};
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
            answer = bus::send(&Request::ReplaceSettings { settings, base }).await?;
            if answer != Response::Outdated {
                break;
            }
        }
        Ok(answer)
    }
}
