//! What is remembered of projects: who signs for them.

use super::{Background, BackgroundError};
use crate::chrome::storage::{self, Area};
use assay_core::evidence::Evidence;
use assay_core::message::Response;
use assay_core::policy::declaration;
use assay_core::project::Project;
use assay_core::record::DownloadRecord;
use assay_core::site::host_of;
use assay_sources::site_word::SiteMemory;
use std::rc::Rc;

/// Where what is remembered of a project is kept.
fn key(project: &str) -> String {
    format!("project/{project}")
}

impl Background {
    /// What is remembered of the project that a download belongs to.
    pub(super) async fn project_of(
        &self,
        record: &DownloadRecord,
        evidence: &[Evidence],
    ) -> Result<Option<Project>, BackgroundError> {
        match record.obtained().project(evidence) {
            Some(project) => Ok(storage::get(Area::Local, &key(&project)).await?),
            None => Ok(None),
        }
    }

    /// Whether files with this ending were signed for a project until now. Where that cannot be read, no
    /// signature is missed.
    pub(super) async fn signs(&self, project: &str, ending: &str) -> bool {
        let known = storage::get::<Project>(Area::Local, &key(project)).await;
        known.is_ok_and(|known| known.is_some_and(|known| known.signs(ending)))
    }

    /// Remembers who signed for a project, once it is judged that they may: at first sight, or as
    /// before. Nothing is remembered of private windows.
    pub(super) async fn note_project(
        &self,
        record: &DownloadRecord,
    ) -> Result<(), BackgroundError> {
        let (obtained, evidence) = (record.obtained(), &record.evidence);
        let Some(project) = obtained.project(evidence) else {
            return Ok(());
        };
        if record.incognito {
            return Ok(());
        }
        let note = |known: &mut Project| obtained.note(record.verdict(), evidence, known);
        self.change_project(&project, Box::new(note)).await
    }

    /// The user accepts who signed a download now, or that nobody did.
    pub(super) async fn accept_change(
        self: Rc<Self>,
        record: DownloadRecord,
    ) -> Result<Response, BackgroundError> {
        let (obtained, evidence) = (record.obtained(), &record.evidence);
        let is_new = declaration(evidence).is_some_and(|declared| declared.change.is_some());
        if is_new && let Some(host) = host_of(&record.url) {
            self.accept_declaration(&host).await?;
            if let Some(project) = obtained.project(evidence) {
                // Whoever signs by the new one is seen for the first time.
                let forget = |known: &mut Project| {
                    *known = Project::default();
                    true
                };
                self.change_project(&project, Box::new(forget)).await?;
            }
            // Who is declared then is found out by asking once more.
            return self.check_again(record).await;
        }
        if let Some(project) = obtained.project(evidence) {
            let accept = |known: &mut Project| {
                obtained.accept(evidence, known);
                true
            };
            // In one turn, so that nobody judges by what was remembered before and takes it for this.
            let turn = self.judging.turn().await;
            self.ask_to_judge_again().await?;
            self.change_project(&project, Box::new(accept)).await?;
            drop(turn);
        }
        self.judge_again().await
    }

    /// The user accepts what a site declares now.
    async fn accept_declaration(&self, host: &str) -> Result<(), BackgroundError> {
        let _turn = self.turn.lock().await;
        let key = format!("site/{host}");
        let known = storage::get::<SiteMemory>(Area::Local, &key).await?;
        let mut known = known.unwrap_or_default();
        known.accept();
        Ok(storage::set(Area::Local, &key, &known).await?)
    }

    /// Changes what is remembered of a project as it is stored at this moment. `change` says whether
    /// there is anything new.
    async fn change_project(
        &self,
        project: &str,
        change: Box<dyn FnOnce(&mut Project) -> bool + '_>,
    ) -> Result<(), BackgroundError> {
        let _turn = self.turn.lock().await;
        let key = key(project);
        let mut known = storage::get(Area::Local, &key).await?.unwrap_or_default();
        if change(&mut known) {
            storage::set(Area::Local, &key, &known).await?;
        }
        Ok(())
    }
}
