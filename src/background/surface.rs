//! What the user sees without opening anything: the toolbar button and notifications.

use super::logs::{LOG_NOTIFICATION, notification_id};
use super::{Background, BackgroundError, holding, log};
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::notifications::{self, Button, Notification};
use crate::chrome::{action, i18n, runtime, tabs};
use crate::pages::figures;
use crate::pages::hostile_text::isolated;
use crate::pages::words;
use assay_core::log_memory::LogMemory;
use assay_core::record::{DownloadRecord, Hold};
use assay_core::settings::{Notifications, Settings};
use assay_core::site_rule::Mode;
use assay_core::verdict::Verdict;
use assay_core::words::Message;
use std::cell::{Cell, RefCell};

const ALARM_COLOUR: &str = "#b3261e";
const CALM_COLOUR: &str = "#5f6368";

/// What the toolbar button shows at the moment, so that nothing is drawn twice.
#[derive(Default)]
pub(super) struct Surface {
    shown: RefCell<Option<State>>,
    drawing: Cell<bool>,
    outdated: Cell<bool>,
}

/// What the toolbar button can show. A question mark all day would be noise, so only what goes on
/// and what alarms is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Idle,
    Setup,
    Checking(usize),
    Alarm { downloads: usize, logs: usize },
}

impl State {
    fn icon(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Setup => "setup",
            Self::Checking(_) => "checking",
            Self::Alarm { .. } => "alarm",
        }
    }

    fn badge(&self) -> String {
        match self {
            Self::Idle | Self::Setup => String::new(),
            Self::Checking(_) => "…".into(),
            Self::Alarm { downloads, logs } => match downloads + logs {
                count @ 0..=99 => format!("!{count}"),
                _ => "!99+".into(),
            },
        }
    }

    fn title(&self) -> String {
        let message = match self {
            Self::Idle => Message::bare("action_title_idle"),
            Self::Setup => Message::bare("action_title_setup"),
            Self::Checking(count) => Message::new("action_title_checking", [count.to_string()]),
            Self::Alarm { downloads, logs: 0 } => {
                Message::new("action_title_alarm", [downloads.to_string()])
            }
            Self::Alarm { .. } => Message::bare("action_title_log"),
        };
        i18n::text(&message)
    }
}

impl Background {
    /// Brings the toolbar button up to date. That it cannot be drawn is no reason to stop.
    ///
    /// Whoever comes while it is being drawn has it drawn once more, so that what was found first
    /// is never drawn last.
    pub(super) async fn show_state(&self) {
        self.surface.outdated.set(true);
        if self.surface.drawing.replace(true) {
            return;
        }
        while self.surface.outdated.replace(false) {
            if let Err(error) = self.draw_state().await {
                self.surface.shown.take();
                log(&format!("toolbar: {error}"));
            }
        }
        self.surface.drawing.set(false);
    }

    async fn draw_state(&self) -> Result<(), BackgroundError> {
        let downloads = self.store.unseen_alarms().await?.len();
        let logs = self.unseen_log_alarms().await?.len();
        let unfinished = self.store.unfinished().await?;
        // What is asked about again by itself is nobody's news.
        let checking = unfinished.iter().filter(|record| !record.again).count();
        let state = if downloads + logs > 0 {
            State::Alarm { downloads, logs }
        } else if checking > 0 {
            State::Checking(checking)
        } else if extension::file_access().await == FileAccess::Denied {
            State::Setup
        } else {
            State::Idle
        };
        if self.surface.shown.replace(Some(state.clone())).as_ref() == Some(&state) {
            return Ok(());
        }
        let icon = action::Icon {
            small: format!("/icons/{}-16.png", state.icon()),
            large: format!("/icons/{}-32.png", state.icon()),
        };
        let colour = match state {
            State::Alarm { .. } => ALARM_COLOUR,
            _ => CALM_COLOUR,
        };
        action::set_icon(&icon).await?;
        action::set_badge_colour(colour).await?;
        action::set_badge_text(&state.badge()).await?;
        Ok(action::set_title(&state.title()).await?)
    }

    /// Tells the user what came of a check, as far as there is news that they want to be told of.
    pub(super) async fn tell(
        &self,
        record: &DownloadRecord,
        told: &Told,
        is_removed: bool,
    ) -> Result<(), BackgroundError> {
        let is_held = record.hold == Some(Hold::Asking);
        if told.was_held && !is_held {
            notifications::clear(&holding::notification_id(&record.id)).await?;
        }
        let (Some(kind), Some(judgement)) = (told.notify, &record.judgement) else {
            return Ok(());
        };
        let name = isolated(&record.file_name);
        let verdict = i18n::bare(&format!("verdict_{}", judgement.verdict.word()));
        let (title, second) = match kind {
            Kind::Held if is_removed => ("notification_removed_title", None),
            Kind::Held => ("notification_held_title", None),
            Kind::Withdrawn => {
                let day = figures::day(record.completed_at);
                ("notification_withdrawn_title", Some(day))
            }
            Kind::Alarm | Kind::Verdict => ("notification_alarm_title", Some(verdict)),
        };
        let title = Message::new(title, std::iter::once(name).chain(second));
        let because = judgement.reasons.first();
        let because = because.map_or_else(String::new, words::say);
        let (id, buttons) = match kind {
            Kind::Held if !is_removed => (
                holding::notification_id(&record.id),
                vec!["do_delete", "do_keep"],
            ),
            Kind::Alarm | Kind::Withdrawn => (record.id.clone(), vec!["do_details", "do_delete"]),
            Kind::Held | Kind::Verdict => (record.id.clone(), Vec::new()),
        };
        show(&id, &title, because, buttons).await;
        Ok(())
    }

    /// Tells the user that a log contradicted itself.
    pub(super) async fn notify_of_log(&self, memory: &LogMemory, settings: &Settings) {
        let notary = settings.notary_of(&memory.log.root);
        let name = notary.map_or(memory.log.name(), |notary| &notary.name);
        let title = Message::new("log_alarm_title", [isolated(name)]);
        let text = i18n::bare("log_alarm_text");
        show(&notification_id(memory), &title, text, Vec::new()).await;
    }

    /// The user clicked a notification.
    ///
    /// # Errors
    /// When the list of downloads cannot be opened.
    pub async fn notification_clicked(&self, id: &str) -> Result<(), BackgroundError> {
        notifications::clear(id).await?;
        let page = match id.starts_with(LOG_NOTIFICATION) {
            true => "sources.html#logs",
            false => "popup.html",
        };
        Ok(tabs::open_page(&runtime::url(page)).await?)
    }
}

/// What there is to tell of a check.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    /// Whether the toolbar button is to show that something happened.
    pub(super) is_news: bool,
    /// What the system tells the user.
    notify: Option<Kind>,
    /// Whether the file was held up to the user.
    was_held: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Held,
    Alarm,
    Withdrawn,
    Verdict,
}

/// What a record was before it was judged.
pub(super) struct Before {
    verdict: Option<Verdict>,
    hold: Option<Hold>,
    again: bool,
    has_alarm: bool,
}

impl From<&DownloadRecord> for Before {
    fn from(record: &DownloadRecord) -> Self {
        Self {
            verdict: record.judgement.as_ref().map(|judged| judged.verdict),
            hold: record.hold,
            again: record.again,
            has_alarm: record.unseen_alarm.is_some(),
        }
    }
}

/// What there is to tell of a record that was judged.
pub(super) fn told(
    before: &Before,
    record: &DownloadRecord,
    mode: Mode,
    notifications: Notifications,
) -> Told {
    let verdict = record.verdict();
    let was_held = before.hold == Some(Hold::Asking);
    let is_held = record.hold == Some(Hold::Asking) && !was_held;
    let is_alarm = verdict.is_some_and(|verdict| verdict.is_alarm()) && !before.has_alarm;
    let may = notifications != Notifications::None && mode >= Mode::Warn;
    let was_proven = matches!(
        before.verdict,
        Some(Verdict::Verified | Verdict::Authentic | Verdict::Signed)
    );
    let notify = match (is_held, is_alarm && may) {
        (true, _) => Some(Kind::Held),
        (_, true) if before.again && was_proven => Some(Kind::Withdrawn),
        (_, true) => Some(Kind::Alarm),
        _ if may && notifications == Notifications::All && before.verdict.is_none() => {
            Some(Kind::Verdict)
        }
        _ => None,
    };
    Told {
        is_news: is_held || is_alarm,
        notify,
        was_held,
    }
}

/// What a button of a notification does.
pub(super) enum Pressed {
    Show,
    Remove,
    Keep,
}

/// What the first or second button does, of the notification about a file that is held up, or of a
/// warning.
pub(super) fn pressed(is_held: bool, button: u32) -> Pressed {
    match (is_held, button) {
        (true, 0) | (false, 1) => Pressed::Remove,
        (true, _) => Pressed::Keep,
        (false, _) => Pressed::Show,
    }
}

async fn show(id: &str, title: &Message, message: String, buttons: Vec<&str>) {
    let buttons: Vec<Button> = buttons
        .into_iter()
        .filter(|_| notifications::have_buttons())
        .map(|words| Button {
            title: i18n::bare(words),
        })
        .collect();
    let notification = Notification {
        kind: "basic",
        icon_url: runtime::url("icons/alarm-128.png"),
        title: i18n::text(title),
        message,
        priority: 2,
        require_interaction: !buttons.is_empty(),
        buttons,
    };
    if let Err(error) = notifications::show(id, &notification).await {
        log(&error.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(verdict: Option<Verdict>) -> Before {
        Before {
            verdict,
            hold: None,
            again: false,
            has_alarm: false,
        }
    }

    fn record(verdict: Verdict, hold: Option<Hold>) -> DownloadRecord {
        let mut record = crate::background::retry::sample();
        record.judgement = Some(assay_core::judged::Judged {
            verdict,
            signer: None,
            reasons: Vec::new(),
            may_pass: false,
            may_last: false,
            wait: None,
            warned_by: Vec::new(),
        });
        record.hold = hold;
        record
    }

    #[test]
    fn only_what_the_user_wants_to_be_told_is_told() {
        use Notifications::{All, None as Nothing, Warnings};
        let bad = record(Verdict::Untrusted, None);
        let good = record(Verdict::Verified, None);
        let held = record(Verdict::Unknown, Some(Hold::Asking));
        for (record, mode, notifications, kind) in [
            (&bad, Mode::Warn, Warnings, Some(Kind::Alarm)),
            (&bad, Mode::Warn, All, Some(Kind::Alarm)),
            (&bad, Mode::Warn, Nothing, None),
            (&bad, Mode::Badge, All, None),
            (&good, Mode::Warn, Warnings, None),
            (&good, Mode::Warn, All, Some(Kind::Verdict)),
            (&good, Mode::Badge, All, None),
            (&held, Mode::Require, Warnings, Some(Kind::Held)),
            (&held, Mode::Require, Nothing, Some(Kind::Held)),
        ] {
            let told = told(&before(None), record, mode, notifications);
            assert_eq!(told.notify, kind, "{record:?} {mode:?} {notifications:?}");
        }
        // Once is enough.
        let again = Before {
            has_alarm: true,
            ..before(Some(Verdict::Untrusted))
        };
        let told_again = told(&again, &bad, Mode::Warn, All);
        assert_eq!((told_again.notify, told_again.is_news), (None, false));
        let asked = Before {
            hold: Some(Hold::Asking),
            ..before(Some(Verdict::Unknown))
        };
        let told_again = told(&asked, &held, Mode::Require, All);
        assert_eq!((told_again.notify, told_again.is_news), (None, false));
        assert!(told_again.was_held);
    }

    #[test]
    fn what_was_proven_and_is_taken_back_is_told_as_withdrawn() {
        let bad = record(Verdict::Untrusted, None);
        let tell = |again, verdict| {
            let before = Before {
                again,
                ..before(Some(verdict))
            };
            told(&before, &bad, Mode::Warn, Notifications::Warnings).notify
        };
        assert_eq!(tell(true, Verdict::Verified), Some(Kind::Withdrawn));
        assert_eq!(tell(true, Verdict::Unknown), Some(Kind::Alarm));
        assert_eq!(tell(false, Verdict::Verified), Some(Kind::Alarm));
    }

    #[test]
    fn the_buttons_do_what_they_say() {
        assert!(matches!(pressed(true, 0), Pressed::Remove));
        assert!(matches!(pressed(true, 1), Pressed::Keep));
        assert!(matches!(pressed(false, 0), Pressed::Show));
        assert!(matches!(pressed(false, 1), Pressed::Remove));
    }
}
