//! Asking the sources, proving their answers, judging.

use super::{Background, BackgroundError, OwnRoot, log, logs};
use crate::chrome::permissions::{self, ANYWHERE};
use crate::chrome::storage::{self, Area};
use crate::fetch::Fetch;
use crate::settings_store;
use assay_core::digest::Sha256Digest;
use assay_core::evidence::Evidence;
use assay_core::log_memory::{withhold, withhold_all};
use assay_core::proof::ProofError;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::roots::Roots;
use assay_core::settings::{Notary, PUBLIC_REKOR, Settings};
use assay_core::signer::RootId;
use assay_sources::beside::{self, Habits};
use assay_sources::github::{self, Question};
use assay_sources::remembered::compare;
use assay_sources::{notary, rekor};
use futures_util::future::{LocalBoxFuture, join, join_all};
use std::rc::Rc;

/// After so many checks that did not come to an end, a record is given up: something in an answer
/// must have broken the worker each time.
const MAX_CUT_OFF: u32 = 5;

impl Background {
    /// Asks about a record whose digest is known, and judges it.
    pub(super) async fn ask(
        self: &Rc<Self>,
        record: DownloadRecord,
    ) -> Result<(), BackgroundError> {
        let id = record.id.clone();
        let Some(digest) = record.digest else {
            let back = |record: &mut DownloadRecord| record.stage = Stage::Hashing;
            return match self.amend(&id, Box::new(back)).await? {
                Some(record) => self.hash(record).await,
                None => Ok(()),
            };
        };
        if !self.take_up(&id) {
            return Ok(());
        }
        let done = self.ask_alone(&id, digest).await;
        self.let_go(&id);
        done
    }

    async fn ask_alone(
        self: &Rc<Self>,
        id: &str,
        digest: Sha256Digest,
    ) -> Result<(), BackgroundError> {
        let count = |record: &mut DownloadRecord| record.cut_off += 1;
        let Some(record) = self.amend(id, Box::new(count)).await? else {
            return Ok(());
        };
        if record.cut_off > MAX_CUT_OFF {
            return self.give_up(id, Reason::CutOff).await;
        }
        let settings = settings_store::load().await?;
        let mut evidence = self.gather(&settings, &digest, &record).await;
        // Another download may have found out a log meanwhile, and the user may have changed whom
        // they trust.
        let blocked = match self.blocked_logs().await {
            Ok(blocked) => {
                withhold(&mut evidence, &blocked);
                blocked
            }
            Err(error) => {
                withhold_all(&mut evidence, &error.to_string());
                Vec::new()
            }
        };
        let settings = settings_store::load().await?;
        self.conclude(
            id,
            Box::new(move |record| {
                record.judgement = Some(record.judge(&evidence, &settings));
                record.evidence = evidence;
            }),
        )
        .await?;
        self.raise_log_alarms().await?;
        if self.blocked_logs().await.unwrap_or_default() != blocked {
            // Found out, or decided on, while this was judged.
            self.judge_again().await?;
        }
        Ok(())
    }

    async fn gather(
        &self,
        settings: &Settings,
        digest: &Sha256Digest,
        record: &DownloadRecord,
    ) -> Vec<Evidence> {
        let private = record.incognito;
        let downloaded_at = (record.completed_at / 1000.0) as i64;
        let mut question = Question::about(&record.url, &record.final_url, Some(downloaded_at));
        if let Some(question) = &mut question {
            question.token.clone_from(&settings.github_token);
        }
        let beside = beside::Question::about(&record.url, &record.final_url, Some(downloaded_at));
        let may_look = permissions::may_reach(ANYWHERE).await;
        // All at once, so that none waits for another. Boxed, so that they are of one type.
        let mut asked: Vec<LocalBoxFuture<'_, Evidence>> = Vec::new();
        for notary in settings.notaries.iter().filter(|notary| notary.enabled) {
            asked.push(Box::pin(self.ask_notary(notary, digest, private)));
        }
        if let Some(question) = question.as_ref().filter(|_| settings.github) {
            asked.push(Box::pin(self.ask_github(question, digest, private)));
        }
        if let Some(question) = beside.as_ref().filter(|_| may_look) {
            asked.push(Box::pin(self.look_beside(question, digest, private)));
        }
        for address in &settings.rekors {
            asked.push(Box::pin(self.ask_rekor(address, settings, digest, private)));
        }
        join_all(asked).await
    }

    /// Looks into the directory that the file is from, under names that are usual there.
    async fn look_beside(
        &self,
        question: &beside::Question,
        digest: &Sha256Digest,
        private: bool,
    ) -> Evidence {
        let now = logs::seconds();
        let key = format!("beside/{}", question.host());
        let known = storage::get::<Habits>(Area::Local, &key).await;
        let mut habits = known.ok().flatten().unwrap_or_default();
        let names = habits.names(now);
        let looks: Vec<LocalBoxFuture<'_, beside::Answer>> = names
            .iter()
            .map(|name| Box::pin(beside::look(&Fetch, question, name)) as LocalBoxFuture<'_, _>)
            .collect();
        let mut answer = beside::Answer::default();
        for found in join_all(looks).await {
            answer.add(found);
        }
        habits.note(names.len(), &answer.found, now);
        if !private && let Err(error) = storage::set(Area::Local, &key, &habits).await {
            // Next time the usual names are tried once more.
            log(&error.to_string());
        }
        let roots = self.public_roots().await;
        let mut evidence = beside::prove(question, answer, &roots, digest, now);
        let book = self.book(private);
        compare(&Fetch, &book, None, &roots, &mut evidence, now).await;
        evidence
    }

    /// Asks a Rekor log, and compares it with what is remembered of it. Sigstore's own can be asked
    /// for proofs of its history there.
    async fn ask_rekor(
        &self,
        address: &str,
        settings: &Settings,
        digest: &Sha256Digest,
        private: bool,
    ) -> Evidence {
        let public = self.public_roots().await;
        let own: Vec<_> = settings
            .notaries
            .iter()
            .map(|one| self.own_root(one))
            .collect();
        let own = own.iter().filter_map(|root| (**root).as_ref().ok());
        let roots = own.fold(public, |roots, own| Rc::new(roots.and(own)));
        let names = rekor::names(settings, &roots);
        let answer = rekor::answer(&Fetch, address, digest, &names).await;
        let now = logs::seconds();
        let mut evidence = rekor::prove(address, answer, &roots, digest, now);
        let sigstore = RootId::sigstore();
        let asked = (address == PUBLIC_REKOR).then_some((&sigstore, address));
        let book = self.book(private);
        compare(&Fetch, &book, asked, &roots, &mut evidence, now).await;
        evidence
    }

    /// Asks GitHub about a file from there, and compares the logs with what is remembered of them.
    async fn ask_github(
        &self,
        question: &Question,
        digest: &Sha256Digest,
        private: bool,
    ) -> Evidence {
        let (answer, roots) = join(
            github::answer(&Fetch, question, digest),
            self.public_roots(),
        )
        .await;
        let now = logs::seconds();
        let mut evidence = github::finish(&Fetch, question, answer, &roots, digest, now).await;
        compare(
            &Fetch,
            &self.book(private),
            None,
            &roots,
            &mut evidence,
            now,
        )
        .await;
        evidence
    }

    /// Asks one notary, proves what it answers under whichever root each bundle belongs to, and
    /// compares the logs with what is remembered of them.
    async fn ask_notary(&self, notary: &Notary, digest: &Sha256Digest, private: bool) -> Evidence {
        let own = self.own_root(notary);
        let own = match &*own {
            Ok(own) => own,
            Err(problem) => return notary::unusable(notary, problem),
        };
        let (answer, public) =
            join(notary::answer(&Fetch, notary, digest), self.public_roots()).await;
        let roots = public.and(own);
        let now = logs::seconds();
        let mut evidence = notary::prove(notary, answer, &roots, digest, now);
        let asked = Some((&notary.root_id(), notary.address.as_str()));
        compare(
            &Fetch,
            &self.book(private),
            asked,
            &roots,
            &mut evidence,
            now,
        )
        .await;
        evidence
    }

    fn own_root(&self, notary: &Notary) -> Rc<Result<Roots, ProofError>> {
        let mut known = self.own_roots.borrow_mut();
        let present = known.iter().find(|known| {
            known.address == notary.address && known.trusted_root == notary.trusted_root
        });
        if let Some(present) = present {
            return Rc::clone(&present.root);
        }
        let root = Rc::new(notary::own_root(notary));
        known.retain(|known| known.address != notary.address);
        known.push(OwnRoot {
            address: notary.address.clone(),
            trusted_root: notary.trusted_root.clone(),
            root: Rc::clone(&root),
        });
        root
    }
}
