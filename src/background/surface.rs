//! What the user sees without opening anything: the toolbar button and notifications.

use super::logs::{LOG_NOTIFICATION, notification_id};
use super::{Background, BackgroundError, log};
use crate::chrome::notifications::{self, Notification};
use crate::chrome::{action, extension, i18n, runtime, tabs};
use crate::pages::hostile_text::isolated;
use crate::pages::words;
use assay_core::log_memory::LogMemory;
use assay_core::record::DownloadRecord;
use assay_core::settings::Settings;
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
        let checking = self.store.unfinished().await?.len();
        let state = if downloads + logs > 0 {
            State::Alarm { downloads, logs }
        } else if checking > 0 {
            State::Checking(checking)
        } else if extension::is_allowed_file_access().await {
            State::Idle
        } else {
            State::Setup
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

    /// Tells the user of an alarm. A system without notifications is no reason to stop.
    pub(super) async fn notify(&self, record: &DownloadRecord) {
        let Some(judgement) = &record.judgement else {
            return;
        };
        let verdict = i18n::bare(&format!("verdict_{}", judgement.verdict.word()));
        let title = Message::new(
            "notification_alarm_title",
            [isolated(&record.file_name), verdict],
        );
        let because = judgement.reasons.first();
        let because = because.map_or_else(String::new, words::say);
        show(&record.id, &title, because).await;
    }

    /// Tells the user that a log contradicted itself.
    pub(super) async fn notify_of_log(&self, memory: &LogMemory, settings: &Settings) {
        let notary = settings.notary_of(&memory.log.root);
        let name = notary.map_or(memory.log.name(), |notary| &notary.name);
        let title = Message::new("log_alarm_title", [isolated(name)]);
        let text = i18n::bare("log_alarm_text");
        show(&notification_id(memory), &title, text).await;
    }

    /// The user clicked a notification.
    ///
    /// # Errors
    /// When the list of downloads cannot be opened.
    pub async fn notification_clicked(&self, id: &str) -> Result<(), BackgroundError> {
        notifications::clear(id).await?;
        let page = match id.starts_with(LOG_NOTIFICATION) {
            true => "settings.html#logs",
            false => "popup.html",
        };
        Ok(tabs::open_page(&runtime::url(page)).await?)
    }
}

async fn show(id: &str, title: &Message, message: String) {
    let notification = Notification {
        kind: "basic",
        icon_url: runtime::url("icons/alarm-128.png"),
        title: i18n::text(title),
        message,
        priority: 2,
    };
    if let Err(error) = notifications::show(id, &notification).await {
        log(&error.to_string());
    }
}
