//! Logs that are remembered: where the memory is kept, and what follows when one contradicts
//! itself.

use super::turns::{Mine, Turns};
use super::{Background, BackgroundError};
use crate::bus;
use crate::chrome::notifications;
use crate::js::now;
use crate::settings_store;
use crate::store::{Store, StoreError};
use assay_core::log_memory::{self, Alarm, Blocked, LogMemory};
use assay_core::message::{Notice, Response};
use assay_core::signer::RootId;
use assay_core::words::Message;
use assay_sources::remembered::LogBook;
use std::rc::Rc;

/// The memory, as the comparison of one download sees it.
pub(super) struct Book<'a> {
    store: &'a Store,
    turns: &'a Turns,
    private: bool,
}

impl LogBook for Book<'_> {
    type Turn<'a>
        = Mine
    where
        Self: 'a;

    async fn memories(&self, root: &RootId) -> Result<Vec<LogMemory>, String> {
        let found = match self.private {
            true => self.store.logs_in_private().await,
            false => self.store.logs().await,
        };
        let mut memories = found.map_err(|error| error.to_string())?;
        memories.retain(|memory| memory.log.root == *root);
        Ok(memories)
    }

    async fn turn(&self, root: &RootId) -> Result<Mine, String> {
        Ok(self.turns.take(root).await)
    }

    async fn remember(&self, memory: &LogMemory) -> Result<(), String> {
        let written = match self.private {
            true => self.store.put_log_in_private(memory).await,
            false => self.store.put_log(memory).await,
        };
        written.map_err(|error| error.to_string())
    }
}

impl Background {
    /// The memory for the comparison of one download.
    pub(super) fn book(&self, private: bool) -> Book<'_> {
        Book {
            store: &self.store,
            turns: &self.turns,
            private,
        }
    }

    /// The logs that prove nothing until the user decides.
    pub(super) async fn blocked_logs(&self) -> Result<Vec<Blocked>, StoreError> {
        Ok(log_memory::blocked(&self.store.logs().await?))
    }

    /// Does what follows from alarms about logs, where it was not done yet: what such a log proved
    /// earlier does not count any more, and the user is told.
    pub(super) async fn raise_log_alarms(self: &Rc<Self>) -> Result<(), BackgroundError> {
        let mut raised = self.store.logs().await?;
        raised.retain(|memory| memory.alarm.as_ref().is_some_and(|alarm| !alarm.told));
        if raised.is_empty() {
            return Ok(());
        }
        bus::tell(&Notice::LogsChanged);
        self.show_state().await;
        let settings = settings_store::load().await?;
        for memory in &raised {
            let seen = memory.alarm.as_ref().is_some_and(|alarm| alarm.seen);
            if !seen && settings.concerns(&memory.log.root) {
                self.notify_of_log(memory, &settings).await;
            }
        }
        self.judge_again().await?;
        for memory in &raised {
            self.change_log(memory, Box::new(|alarm| alarm.told = true))
                .await?;
        }
        Ok(())
    }

    /// The logs with an alarm that the user has not seen, and that concerns them.
    pub(super) async fn unseen_log_alarms(&self) -> Result<Vec<LogMemory>, BackgroundError> {
        let mut logs = self.store.logs().await?;
        logs.retain(|memory| memory.alarm.as_ref().is_some_and(|alarm| !alarm.seen));
        if !logs.is_empty() {
            let settings = settings_store::load().await?;
            logs.retain(|memory| settings.concerns(&memory.log.root));
        }
        Ok(logs)
    }

    /// The user has alarms about logs before their eyes.
    pub(super) async fn log_alarms_seen(&self) -> Result<(), BackgroundError> {
        for memory in self.unseen_log_alarms().await? {
            self.change_log(&memory, Box::new(|alarm| alarm.seen = true))
                .await?;
        }
        Ok(())
    }

    /// The user trusts a log again.
    pub(super) async fn trust_log_again(
        self: &Rc<Self>,
        id: &str,
    ) -> Result<Response, BackgroundError> {
        let logs = self.store.logs().await?;
        let Some(memory) = logs.iter().find(|memory| memory.id == id) else {
            return Ok(Response::Refused {
                message: Message::bare("refused_no_such_log"),
            });
        };
        self.store.forget_private_log(id).await?;
        let now = seconds();
        self.change_log(memory, Box::new(move |alarm| alarm.decided_at = Some(now)))
            .await?;
        bus::tell(&Notice::LogsChanged);
        let judged = self.judge_again().await;
        self.show_state().await;
        judged
    }

    /// The user has what the logs of a trust root showed forgotten, as where a notary was restored and
    /// lost what came after its backup. What is evidence against a log stays.
    pub(super) async fn forget_logs(&self, root: &RootId) -> Result<Response, BackgroundError> {
        let turn = self.turns.take(root).await;
        for memory in self.store.logs_in_private().await? {
            if memory.log.root == *root && memory.alarm.is_none() {
                self.store.forget_private_log(&memory.id).await?;
                self.store.forget_log(&memory.id).await?;
            }
        }
        drop(turn);
        bus::tell(&Notice::LogsChanged);
        Ok(Response::Done)
    }

    /// Changes the alarm about a log as it is stored when nobody else changes it. One that the user
    /// decided on is put aside. Its notification goes when they have seen it or decided.
    ///
    /// Boxed, so that there is one copy of this in the wasm.
    async fn change_log(
        &self,
        memory: &LogMemory,
        change: Box<dyn FnOnce(&mut Alarm)>,
    ) -> Result<(), BackgroundError> {
        let _turn = self.turns.take(&memory.log.root).await;
        let logs = self.store.logs().await?;
        let Some(mut present) = logs.into_iter().find(|known| known.id == memory.id) else {
            return Ok(());
        };
        let Some(alarm) = &mut present.alarm else {
            return Ok(());
        };
        change(alarm);
        let (seen, decided_at) = (alarm.seen, alarm.decided_at);
        if let Some(decided_at) = decided_at {
            present.trust_again(decided_at);
        }
        self.store.put_log(&present).await?;
        if seen || decided_at.is_some() {
            notifications::clear(&notification_id(&present)).await?;
        }
        Ok(())
    }
}

/// The notification about a log.
pub(super) fn notification_id(memory: &LogMemory) -> String {
    format!("{LOG_NOTIFICATION}{}", memory.id)
}

/// How the ids of notifications about logs begin. Those about downloads begin with a time.
pub(super) const LOG_NOTIFICATION: &str = "log/";

/// Now, in seconds since 1970.
pub(super) fn seconds() -> i64 {
    (now() / 1000.0) as i64
}
