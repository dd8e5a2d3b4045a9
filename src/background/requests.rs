//! What the pages ask for.

use super::{Background, BackgroundError, holding};
use crate::bus;
use crate::chrome::extension::{self, FileAccess};
use crate::chrome::{downloads, notifications, runtime};
use crate::js::{from_js, to_js};
use crate::settings_store;
use assay_core::evidence::Evidence;
use assay_core::managed::Lock;
use assay_core::message::{Notice, Request, Response};
use assay_core::minisign::MinisignKey;
use assay_core::proof::ReadBundle;
use assay_core::record::{DownloadRecord, Hold, Stage};
use assay_core::settings::{Notary, Scope, Settings};
use assay_core::signer::{Identity, RootId, Signer};
use assay_core::trust_root;
use assay_core::words::Message;
use assay_sources::notary;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// Something that is done with a download.
type Deed = LocalBoxFuture<'static, Result<Response, BackgroundError>>;

/// Who sent a message (`runtime.MessageSender`).
#[derive(Deserialize)]
struct Sender {
    #[serde(default)]
    id: String,
    #[serde(default)]
    url: String,
}

impl Background {
    /// A message came. It is answered if it is from a page of this extension, and from nobody
    /// else.
    ///
    /// # Errors
    /// When it cannot be read, or records cannot be read or written.
    pub async fn message(
        self: &Rc<Self>,
        message: JsValue,
        sender: JsValue,
    ) -> Result<JsValue, BackgroundError> {
        let sender: Sender = from_js(sender)?;
        if sender.id != runtime::id() || !sender.url.starts_with(&runtime::url("")) {
            return Ok(JsValue::NULL);
        }
        // Messages between the extension's own parts say whom they are for; requests do not.
        let target = js_sys::Reflect::get(&message, &"target".into());
        match target.ok().and_then(|target| target.as_string()).as_deref() {
            Some("background") => {
                let report = js_sys::Reflect::get(&message, &"report".into());
                self.hashed(report.unwrap_or(JsValue::NULL)).await?;
                Ok(JsValue::NULL)
            }
            Some(_) => Ok(JsValue::NULL),
            None => {
                let response = match self.answer(from_js(message)?).await {
                    Ok(response) => response,
                    Err(error) => refused("refused_other", [error.to_string()]),
                };
                Ok(to_js(&response)?)
            }
        }
    }

    async fn answer(self: &Rc<Self>, request: Request) -> Result<Response, BackgroundError> {
        let trusts = matches!(
            request,
            Request::Trust { .. } | Request::TrustMinisign { .. }
        );
        if trusts && settings_store::managed().await.locks(Lock::Trusted) {
            return Ok(refused::<String>("refused_managed", []));
        }
        match request {
            Request::CheckAgain { id } => {
                self.with_record(&id, |own, record| Box::pin(own.check_again(record)))
                    .await
            }
            Request::ShowInFolder { id } => {
                self.with_record(&id, |own, record| Box::pin(own.show_in_folder(record)))
                    .await
            }
            Request::DeleteFile { id } => {
                self.with_record(&id, |own, record| Box::pin(own.delete_file(record)))
                    .await
            }
            Request::Keep { id } => {
                self.with_record(&id, |own, record| Box::pin(own.keep(record)))
                    .await
            }
            Request::ReplaceSettings { settings, base } => {
                self.replace_settings(*settings, &base).await
            }
            Request::Forget { id } => {
                self.with_record(&id, |own, record| Box::pin(own.forget_record(record)))
                    .await
            }
            Request::CheckAll { ids } => self.check_all(ids).await,
            Request::ForgetAll { ids } => self.forget_all(ids).await,
            Request::Restored { ids } => self.restored(ids).await,
            Request::AcceptChange { id } => {
                self.with_record(&id, |own, record| Box::pin(own.accept_change(record)))
                    .await
            }
            Request::AlarmsSeen => self.alarms_seen().await,
            Request::LogAlarmsSeen => {
                self.log_alarms_seen().await?;
                self.show_state().await;
                Ok(Response::Done)
            }
            Request::Trust { signer, scope } => {
                let key = self.key_of(&signer).await?;
                self.change_settings(Box::new(move |settings| {
                    settings.trust(signer.clone(), scope);
                    if let Some(key) = key {
                        settings.note_key(&signer, &key);
                    }
                }))
                .await?;
                self.judge_again().await
            }
            Request::TrustMinisign { key } => match MinisignKey::parse(&key) {
                Some(key) => {
                    let trust = move |settings: &mut Settings| {
                        settings.trust(key.signer(), Scope::Everywhere);
                    };
                    self.change_settings(Box::new(trust)).await?;
                    self.judge_again().await
                }
                None => Ok(refused("refused_no_minisign_key", [""])),
            },
            Request::FollowNotary { address } => self.follow_now(&address).await,
            Request::RefreshRoot { root } => Ok(self.refresh_root(&root).await),
            Request::TrustLogAgain { log } => self.trust_log_again(&log).await,
            Request::ForgetLogs { root } => self.forget_logs(&root).await,
            Request::Examine { file, proofs, ask } => self.examine(*file, &proofs, ask).await,
        }
    }

    /// What is done is boxed, so that there is one copy of this in the wasm.
    async fn with_record(
        self: &Rc<Self>,
        id: &str,
        act: fn(Rc<Self>, DownloadRecord) -> Deed,
    ) -> Result<Response, BackgroundError> {
        match self.store.get(id).await? {
            Some(record) => act(Rc::clone(self), record).await,
            None => Ok(Response::Refused {
                message: Message::bare("refused_no_such_download"),
            }),
        }
    }

    pub(super) async fn check_again(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        let may_read = extension::file_access().await != FileAccess::Impossible;
        let again = |record: &mut DownloadRecord| {
            if record.stage == Stage::Done {
                // What the user brought is asked about again.
                record.stage = match record.digest {
                    Some(_) if !may_read => Stage::Asking,
                    _ => Stage::Hashing,
                };
                record.retry = None;
            }
        };
        if let Some(record) = self.amend(&record.id, Box::new(again)).await? {
            self.proceed(record).await?;
        }
        Ok(Response::Done)
    }

    async fn show_in_folder(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        if self.download_of(&record).await?.is_none() {
            return Ok(refused("refused_forgotten", [record.path]));
        }
        Ok(match downloads::show(record.browser_id) {
            Ok(()) => Response::Done,
            Err(_) => refused::<String>("refused_file_gone", []),
        })
    }

    async fn delete_file(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        if self.download_of(&record).await?.is_none() {
            return Ok(refused("refused_forgotten", [record.path]));
        }
        match extension::file_access().await {
            FileAccess::Allowed if record.digest.is_some() && record.stage == Stage::Done => {
                self.remove(&record.id).await?;
                return Ok(Response::Done);
            }
            // It was read just now, for the check that goes on.
            FileAccess::Allowed if record.digest.is_some() && record.stage == Stage::Asking => {}
            FileAccess::Allowed | FileAccess::Denied => {
                return Ok(refused::<String>("refused_not_read", []));
            }
            // This browser lets nobody compare: which file it is, is the user's to know.
            FileAccess::Impossible => {}
        }
        if !matches!(self.remove_file(&record).await, Ok(true)) {
            return Ok(refused::<String>("refused_file_gone", []));
        }
        let deleted = |record: &mut DownloadRecord| {
            record.deleted = true;
            record.retry = None;
            record.unseen_alarm = None;
            record.hold = record.hold.map(|_| Hold::Removed);
        };
        self.amend(&record.id, Box::new(deleted)).await?;
        notifications::clear(&holding::notification_id(&record.id)).await?;
        self.show_state().await;
        Ok(Response::Done)
    }

    async fn forget_record(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        self.forget(&record).await?;
        bus::tell(&Notice::RecordChanged { id: record.id });
        self.show_state().await;
        Ok(Response::Done)
    }

    async fn alarms_seen(&self) -> Result<Response, BackgroundError> {
        for record in self.store.unseen_alarms().await? {
            let seen = |record: &mut DownloadRecord| record.unseen_alarm = None;
            self.amend(&record.id, Box::new(seen)).await?;
            notifications::clear(&record.id).await?;
        }
        self.log_alarms_seen().await?;
        self.show_state().await;
        Ok(Response::Done)
    }

    /// What an administrator locked stays as it is.
    async fn replace_settings(
        self: &Rc<Self>,
        mut new: Settings,
        base: &Settings,
    ) -> Result<Response, BackgroundError> {
        let mut notaries = new.notaries.iter();
        let wrong = notaries.find(|notary| !is_usable(notary, base));
        let problem = new.problem().or(wrong.map(|one| one.address.clone()));
        if let Some(problem) = problem {
            return Ok(refused("refused_settings", [problem]));
        }
        let managed = settings_store::managed().await;
        let turn = self.turn.lock().await;
        let old = settings_store::load_own().await?;
        if old != *base {
            return Ok(Response::Outdated);
        }
        if new == old {
            return Ok(Response::Done);
        }
        if managed.locks(Lock::Sources) {
            new.notaries.clone_from(&old.notaries);
            new.rekors.clone_from(&old.rekors);
            new.indexes.clone_from(&old.indexes);
            new.github = old.github;
            new.github_token.clone_from(&old.github_token);
        }
        if managed.locks(Lock::Trusted) {
            new.trusted.clone_from(&old.trusted);
        }
        if managed.locks(Lock::Rules) {
            new.rules.clone_from(&old.rules);
            new.everywhere = old.everywhere;
        }
        if managed.locks(Lock::Notifications) {
            new.notifications = old.notifications;
        }
        if new == old {
            // Nothing is left of it.
            return Ok(refused::<String>("refused_managed", []));
        }
        settings_store::save(&new).await?;
        drop(turn);
        bus::tell(&Notice::SettingsChanged);
        if new.retention_days != old.retention_days {
            self.forget_old().await?;
        }
        if (&new.rules, new.everywhere) != (&old.rules, old.everywhere) {
            self.let_go_of_met(&settings_store::load().await?).await?;
        }
        self.judge_again().await?;
        // An alarm about a log may concern nobody any more.
        self.show_state().await;
        Ok(Response::Done)
    }

    /// Boxed, so that there is one copy of this in the wasm and not one for every change.
    pub(super) async fn change_settings(
        &self,
        change: Box<dyn FnOnce(&mut Settings)>,
    ) -> Result<Response, BackgroundError> {
        let turn = self.turn.lock().await;
        let mut settings = settings_store::load_own().await?;
        change(&mut settings);
        settings_store::save(&settings).await?;
        drop(turn);
        bus::tell(&Notice::SettingsChanged);
        Ok(Response::Done)
    }

    /// The key of a signer who has no name, by which logs can be searched for it, out of something
    /// that it signed.
    async fn key_of(&self, signer: &Signer) -> Result<Option<String>, BackgroundError> {
        if signer.root != RootId::sigstore() || !matches!(signer.identity, Identity::Key { .. }) {
            return Ok(None);
        }
        let records = self.store.all().await?;
        let proven = records.iter().flat_map(|record| &record.evidence);
        let mut own = proven
            .flat_map(Evidence::proven)
            .filter(|one| one.signer == *signer);
        Ok(own.find_map(|one| ReadBundle::parse(&one.bundle).ok()?.bare_key()))
    }
}

/// Whether a notary is one that was there before, or has a root with the fingerprint that it is known
/// by: signers are told by that. Other keys of one that was there are the user's to take over.
fn is_usable(notary: &Notary, base: &Settings) -> bool {
    if base.notaries.contains(notary) {
        return true;
    }
    let is_known = base
        .notaries
        .iter()
        .any(|one| (&one.address, &one.fingerprint) == (&notary.address, &notary.fingerprint));
    let fingerprint = trust_root::fingerprint(&notary.trusted_root).ok();
    let is_own = is_known || fingerprint.as_ref() == Some(&notary.fingerprint);
    is_own && notary::own_root(notary).is_ok()
}

pub(super) fn refused<T: Into<String>>(key: &str, args: impl IntoIterator<Item = T>) -> Response {
    Response::Refused {
        message: Message::new(key, args),
    }
}
