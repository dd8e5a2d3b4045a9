//! Asking the sources, proving their answers, judging.

use super::early::{self, Waiting};
use super::{Background, BackgroundError, End, OwnRoot, log, logs, standing};
use crate::chrome::permissions::{self, ANYWHERE};
use crate::chrome::storage::{self, Area};
use crate::fetch::Fetch;
use crate::js;
use crate::settings_store;
use assay_core::artifact::ArtifactDigests;
use assay_core::asked::{self, Asked};
use assay_core::closer_look::{Found, Wanted};
use assay_core::digest::Sha256Digest;
use assay_core::evidence::{Evidence, Outcome};
use assay_core::log_memory::{withhold, withhold_all};
use assay_core::message::BroughtProof;
use assay_core::proof::ProofError;
use assay_core::reason::Reason;
use assay_core::record::{DownloadRecord, Stage};
use assay_core::revocation;
use assay_core::roots::Roots;
use assay_core::settings::{Notary, PUBLIC_REKOR, Settings};
use assay_core::signer::RootId;
use assay_sources::beside::{self, Habits};
use assay_sources::driver::{self, Early};
use assay_sources::github::{self, Question};
use assay_sources::remembered::compare;
use assay_sources::site_word::{SiteMemory, SiteWord};
use assay_sources::{Source, brought, index, minisigned, notary, rekor};
use futures_util::future::{Either, LocalBoxFuture, join, join_all, select};
use std::cell::RefCell;
use std::rc::Rc;

/// After so many checks that did not come to an end, a record is given up: something in an answer
/// must have broken the worker each time.
const MAX_CUT_OFF: u32 = 5;

/// What is asked about.
struct About {
    sha256: Sha256Digest,
    digests: ArtifactDigests,
    /// Whether nothing of it may be kept.
    private: bool,
    /// What the file's site says of who signs there.
    word: RefCell<Option<SiteWord>>,
    /// What the file must be read for first.
    wanted: RefCell<Wanted>,
    /// What is proven already by sources that something else is waited for of.
    early: RefCell<Vec<Evidence>>,
}

impl About {
    fn of(record: &DownloadRecord, sha256: &Sha256Digest) -> Self {
        Self {
            sha256: *sha256,
            digests: record.digests(),
            private: record.incognito,
            word: RefCell::default(),
            wanted: RefCell::default(),
            early: RefCell::default(),
        }
    }
}

/// What is asked about what lies beside the file.
fn question_beside(record: &DownloadRecord) -> Option<beside::Question> {
    let at = Some(downloaded_at(record));
    beside::Question::about(&record.url, &record.final_url, at)
}

/// Where it is remembered what is found beside files of a host.
pub(super) fn habits_key(question: &beside::Question) -> String {
    format!("beside/{}", question.host())
}

/// In seconds since 1970.
fn downloaded_at(record: &DownloadRecord) -> i64 {
    (record.completed_at / 1000.0) as i64
}

/// What the package indexes are asked about a download that they serve.
pub(super) fn questions_of_indexes(
    settings: &Settings,
    record: &DownloadRecord,
) -> Vec<index::Question> {
    let indexes = settings.indexes.iter();
    indexes
        .filter_map(|address| index::Question::about(address, &record.url))
        .collect()
}

/// Marks what those signed whom the file's site declares, whichever source had it.
fn marked(mut evidence: Vec<Evidence>, about: &About) -> Vec<Evidence> {
    if let Some(word) = &*about.word.borrow() {
        word.mark(&mut evidence);
    }
    evidence
}

/// Adds what came of the signatures and lists for which the file was read once more.
fn settle(record: &DownloadRecord, wanted: &Wanted, found: &Found, evidence: &mut [Evidence]) {
    let question = question_beside(record);
    let is_recent = question.is_some_and(|question| question.is_recent(logs::seconds()));
    for evidence in evidence.iter_mut().filter(|one| one.source == beside::ID) {
        minisigned::settle(wanted, found, &record.digests(), is_recent, evidence);
    }
}

/// How it went to ask the source of this evidence.
fn how(evidence: &Evidence, begun: f64) -> Asked {
    let failed = match &evidence.outcome {
        Outcome::Failed { failure } => {
            let failure = failure.clone();
            // The name may be that of a site, which is nobody's to keep.
            let source = String::new();
            Some(Reason::SourceFailed { source, failure }.message())
        }
        Outcome::Answered { .. } => None,
    };
    Asked {
        at: begun,
        took: js::now() - begun,
        failed,
    }
}

/// Whether there is evidence that came of asking, and not only what the user brought.
fn was_asked(record: &DownloadRecord) -> bool {
    record.evidence.iter().any(|one| one.source != brought::ID)
}

impl Background {
    /// Asks about a record whose digest is known, and judges it.
    pub(super) async fn ask(
        self: &Rc<Self>,
        mut record: DownloadRecord,
    ) -> Result<(), BackgroundError> {
        let id = record.id.clone();
        loop {
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
            if !self.let_go(&id) {
                return done;
            }
            // What it was overtaken by may have come as far as this, and found it busy.
            match self.store.get(&id).await? {
                Some(next) if next.stage == Stage::Asking => record = next,
                _ => return done,
            }
        }
    }

    async fn ask_alone(
        self: &Rc<Self>,
        id: &str,
        digest: Sha256Digest,
    ) -> Result<(), BackgroundError> {
        let mut is_meant = false;
        let count = |record: &mut DownloadRecord| {
            is_meant = record.stage == Stage::Asking && record.digest == Some(digest);
            record.cut_off += u32::from(is_meant);
        };
        let record = match self.amend(id, Box::new(count)).await? {
            Some(record) if is_meant => record,
            // Forgotten, or on another way, since it was read.
            _ => return Ok(()),
        };
        if record.cut_off > MAX_CUT_OFF {
            return self.give_up(id, Reason::CutOff).await;
        }
        let settings = settings_store::load().await?;
        let mut evidence = record.evidence.clone();
        let mut found = record.found.as_ref();
        let mut wanted = record.wanted.clone();
        if !wanted.is_offered() || found.is_none() || !was_asked(&record) {
            let gathered;
            (gathered, wanted) = self.gather(&settings, &digest, &record).await;
            if record.again {
                // What was found out of the file's bytes holds.
                evidence = standing::merged(&evidence, &gathered, !wanted.is_nothing());
                found = None;
            } else {
                // What the user brought stays with the bytes that it was brought with.
                evidence.retain(|one| one.source == brought::ID);
                evidence.extend(gathered);
                // It may have been read for these already, when what was gathered got lost.
                let before = &record.wanted;
                let was_read = found.is_some()
                    && (wanted.signatures.iter()).all(|one| before.signatures.contains(one))
                    && (wanted.listed.iter()).all(|one| before.listed.contains(one));
                // With the other digests everything is asked anew.
                let lacks_digests = wanted.digests && found.is_none();
                if lacks_digests || wanted.is_offered() && !was_read {
                    return self.read_again(id, evidence, wanted).await;
                }
            }
        }
        if let Some(found) = found {
            settle(&record, &wanted, found, &mut evidence);
        }
        // Another download may have found out a log meanwhile, and the user may have changed whom
        // they trust. Whoever does so from here on finds this judged, and judges it again.
        let turn = self.judging.turn().await;
        self.withhold_blocked(&mut evidence).await;
        let settings = settings_store::load().await?;
        revocation::withhold(&mut evidence, &settings.notaries);
        let project = self.project_of(&record, &evidence).await?;
        self.conclude(
            id,
            Box::new(move |record| {
                record.wanted = Wanted::default();
                record.judgement = Some(record.judge(&evidence, &settings, project.as_ref()));
                record.evidence = evidence;
            }),
            End::Asked,
        )
        .await?;
        drop(turn);
        if !self.is_overtaken(id)
            && let Some(record) = self.store.get(id).await?
        {
            self.note_project(&record).await?;
        }
        self.raise_log_alarms().await?;
        // By what was found out while this was judged.
        self.judge_soon();
        Ok(())
    }

    /// Withholds what was proven by logs that contradicted themselves.
    pub(super) async fn withhold_blocked(&self, evidence: &mut [Evidence]) {
        match self.blocked_logs().await {
            Ok(blocked) => withhold(evidence, &blocked),
            Err(error) => withhold_all(evidence, &error.to_string()),
        }
    }

    /// Asks all sources that apply. Where some let wait for them, and others prove the file, that is
    /// told already.
    pub(super) async fn gather(
        self: &Rc<Self>,
        settings: &Settings,
        digest: &Sha256Digest,
        record: &DownloadRecord,
    ) -> (Vec<Evidence>, Wanted) {
        let about = &About::of(record, digest);
        let at = Some(downloaded_at(record));
        let mut question = Question::about(&record.url, &record.final_url, at);
        if let Some(question) = &mut question {
            question.token.clone_from(&settings.github_token);
        }
        let beside = question_beside(record);
        let may_look = permissions::may_reach(ANYWHERE).await;
        let questions = questions_of_indexes(settings, record);
        // All at once, so that none waits for another. Boxed, so that they are of one type.
        let mut asked: Vec<LocalBoxFuture<'_, Evidence>> = Vec::new();
        let mut names: Vec<(&str, &str)> = Vec::new();
        let asks = |source: &str| standing::is_asked(record, source);
        let notaries = settings.notaries.iter();
        for notary in notaries.filter(|one| one.enabled && asks(&one.address)) {
            names.push((&notary.address, &notary.name));
            asked.push(Box::pin(self.ask_notary(notary, about)));
        }
        if let Some(question) = question
            .as_ref()
            .filter(|_| settings.github && asks(github::ID))
        {
            names.push((github::ID, "GitHub"));
            asked.push(Box::pin(self.ask_github(question, about)));
        }
        if let Some(question) = beside.as_ref().filter(|_| may_look && asks(beside::ID)) {
            names.push((beside::ID, question.host()));
            asked.push(Box::pin(self.look_beside(question, settings, about)));
        }
        for question in questions.iter().filter(|one| asks(one.named().0)) {
            names.push(question.named());
            asked.push(Box::pin(async move {
                let mut inquiry = index::Inquiry::new(question);
                self.ask_source(&mut inquiry, &[], None, about).await
            }));
        }
        for address in settings.rekors.iter().filter(|one| asks(one)) {
            names.push((address, address));
            asked.push(Box::pin(self.ask_rekor(address, settings, about)));
        }
        let answers: Vec<RefCell<Option<Evidence>>> =
            asked.iter().map(|_| RefCell::default()).collect();
        let begun = js::now();
        let mut all = join_all(asked.into_iter().zip(&answers).map(
            |(asked, answer)| -> LocalBoxFuture<'_, ()> {
                Box::pin(async move {
                    let evidence = asked.await;
                    let (place, how) = (asked::place(&evidence.source), how(&evidence, begun));
                    answer.replace(Some(evidence));
                    if !about.private {
                        // Should it get lost, the next check says how that one went.
                        let _ = storage::set(Area::Local, &place, &how).await;
                    }
                })
            },
        ));
        let mut told = Vec::new();
        let mut pause = early::SOON;
        while let Either::Right((_, rest)) = select(all, Box::pin(js::sleep(pause))).await {
            let known = answers.iter().zip(&names).map(|(answer, named)| {
                let known = answer.borrow().clone();
                known.unwrap_or_else(|| early::so_far(&about.early, *named))
            });
            let known = marked(known.collect(), about);
            if known != told
                && let Err(error) = self.tell_already(record, known.clone()).await
            {
                log(&error.to_string());
            }
            (told, all, pause) = (known, rest, early::AGAIN);
        }
        let evidence = answers.into_iter().filter_map(RefCell::into_inner);
        let evidence = marked(evidence.collect(), about);
        (evidence, about.wanted.take())
    }

    /// Has the file read once more for what a source offers, and goes on from there with
    /// what was gathered.
    async fn read_again(
        self: &Rc<Self>,
        id: &str,
        evidence: Vec<Evidence>,
        wanted: Wanted,
    ) -> Result<(), BackgroundError> {
        let mut is_outdated = false;
        let again = |record: &mut DownloadRecord| {
            is_outdated = self.is_overtaken(id);
            if is_outdated {
                return;
            }
            record.evidence = evidence;
            record.wanted = wanted;
            record.found = None;
            record.stage = Stage::Hashing;
        };
        match self.amend(id, Box::new(again)).await? {
            Some(record) if !is_outdated => self.hash(record).await,
            _ => Ok(()),
        }
    }

    /// Asks one source, proves its answer under whichever root each bundle belongs to, and compares
    /// the logs with what is remembered of them. The log of the root in `log` is asked for proofs of
    /// its history at the address beside it; `own` are the roots that count beside the public ones.
    async fn ask_source(
        &self,
        source: &mut dyn Source,
        own: &[Rc<Result<Roots, ProofError>>],
        log: Option<(&RootId, &str)>,
        about: &About,
    ) -> Evidence {
        let fetch = Fetch {
            private: about.private,
        };
        let waiting = Waiting {
            background: self,
            own,
            log,
            private: about.private,
            digests: about.digests,
            told: &about.early,
        };
        let early: Option<&dyn Early> = Some(&waiting);
        let now = logs::seconds();
        let offered = driver::gather(&fetch, source, now, early);
        let (offered, roots) = join(offered, self.roots_with(own)).await;
        let now = logs::seconds();
        let digests = about.digests;
        let finishing = driver::finish(&fetch, source, offered, &roots, &digests, now, early);
        let evidence = finishing.await;
        self.compared(evidence, roots, log, about.private).await
    }

    /// What is left of evidence that was proven with these roots once the logs are compared with what is
    /// remembered of them. Boxed, so that there is one copy in the wasm.
    pub(super) fn compared<'a>(
        &'a self,
        mut evidence: Evidence,
        roots: Rc<Roots>,
        log: Option<(&'a RootId, &'a str)>,
        private: bool,
    ) -> LocalBoxFuture<'a, Evidence> {
        Box::pin(async move {
            let (fetch, book) = (Fetch { private }, self.book(private));
            compare(&fetch, &book, log, &roots, &mut evidence, logs::seconds()).await;
            evidence
        })
    }

    /// The public roots, and these beside them.
    pub(super) async fn roots_with(&self, own: &[Rc<Result<Roots, ProofError>>]) -> Rc<Roots> {
        let public = self.public_roots().await;
        let own = own.iter().filter_map(|root| (**root).as_ref().ok());
        own.fold(public, |roots, own| Rc::new(roots.and(own)))
    }

    /// Looks into the directory that the file is from, under names that are usual there.
    async fn look_beside(
        &self,
        question: &beside::Question,
        settings: &Settings,
        about: &About,
    ) -> Evidence {
        let key = habits_key(question);
        let known = storage::get::<Habits>(Area::Local, &key).await;
        let mut habits = known.ok().flatten().unwrap_or_default();
        let now = logs::seconds();
        let place = format!("site/{}", question.host());
        // What is remembered and cannot be read must not be taken for a first sight.
        let memory = match storage::get::<SiteMemory>(Area::Local, &place).await {
            Ok(memory) => memory.unwrap_or_default(),
            Err(error) => return beside::unusable(question, &error.to_string()),
        };
        let keys = minisigned::keys(settings);
        let is_signed = match beside::project(question, &memory) {
            Some(project) => self.signs(&project, &question.ending()).await,
            None => false,
        };
        let inquiry = beside::Inquiry::new(question, &habits, memory.clone(), keys, now);
        let mut inquiry = inquiry.expecting(is_signed);
        let mut evidence = self.ask_source(&mut inquiry, &[], None, about).await;
        inquiry.note(&mut habits);
        about.wanted.replace(inquiry.wanted().clone());
        let word = about
            .word
            .borrow_mut()
            .insert(inquiry.into_word())
            .memory()
            .clone();
        if about.private {
            return evidence;
        }
        if let Err(error) = storage::set(Area::Local, &key, &habits).await {
            // Next time the usual names are tried once more.
            log(&error.to_string());
        }
        match self.remember_site(&place, &memory, &word).await {
            Ok(stored) if stored.declaration == word.declaration => {
                if let Some(declared) = &mut evidence.declaration {
                    declared.is_remembered |= declared.change.is_none();
                }
            }
            Ok(stored) if stored == memory => {}
            // What another download made it believe meanwhile counts here, too.
            Ok(_) => evidence = beside::unusable(question, "it changed meanwhile"),
            Err(error) => evidence = beside::unusable(question, &error.to_string()),
        }
        evidence
    }

    /// Remembers what a site says, unless something else came to be remembered meanwhile, by a download
    /// that was asked about at the same time. What was remembered until now is given back.
    async fn remember_site(
        &self,
        place: &str,
        before: &SiteMemory,
        now: &SiteMemory,
    ) -> Result<SiteMemory, BackgroundError> {
        let _turn = self.turn.lock().await;
        let stored = storage::get::<SiteMemory>(Area::Local, place).await?;
        let stored = stored.unwrap_or_default();
        if now != before && stored == *before {
            storage::set(Area::Local, place, now).await?;
        }
        Ok(stored)
    }

    /// Asks a Rekor log. Sigstore's own can be asked for proofs of its history there.
    async fn ask_rekor(&self, address: &str, settings: &Settings, about: &About) -> Evidence {
        let own = self.notaries_roots(settings);
        let names = rekor::names(settings);
        let mut inquiry = rekor::Inquiry::new(address, about.sha256, &names);
        let sigstore = RootId::sigstore();
        let log = (address == PUBLIC_REKOR).then_some((&sigstore, address));
        self.ask_source(&mut inquiry, &own, log, about).await
    }

    /// Proves what the user brought with a file, under whichever root it belongs to.
    pub(super) async fn prove_brought(
        &self,
        file: &DownloadRecord,
        digest: &Sha256Digest,
        proofs: &[BroughtProof],
        settings: &Settings,
    ) -> Vec<Evidence> {
        let (own, about) = (self.notaries_roots(settings), About::of(file, digest));
        let mut evidence = Vec::new();
        for proof in proofs {
            let mut inquiry = brought::Inquiry::new(proof, file, settings);
            evidence.push(self.ask_source(&mut inquiry, &own, None, &about).await);
        }
        evidence
    }

    /// Asks GitHub about a file from there.
    async fn ask_github(&self, question: &Question, about: &About) -> Evidence {
        let mut inquiry = github::Inquiry::new(question, about.sha256);
        self.ask_source(&mut inquiry, &[], None, about).await
    }

    /// Asks one notary.
    async fn ask_notary(self: &Rc<Self>, notary: &Notary, about: &About) -> Evidence {
        if about.private {
            return self.ask_notary_once(notary, about).await;
        }
        let asked = self.ask_notary_once(notary, about);
        let (evidence, followed) = join(asked, self.followed(notary)).await;
        if !evidence.has_refused() {
            return evidence;
        }
        // It may have other keys by now.
        let followed = match followed {
            None => self.followed_at_once(notary).await,
            followed => followed,
        };
        match followed {
            Some(notary) => self.ask_notary_once(&notary, about).await,
            None => evidence,
        }
    }

    async fn ask_notary_once(&self, notary: &Notary, about: &About) -> Evidence {
        let own = self.own_root(notary);
        if let Err(problem) = &*own {
            return notary::unusable(notary, problem);
        }
        let mut inquiry = notary::Inquiry::new(notary, about.sha256);
        let root = notary.root_id();
        let log = Some((&root, notary.address.as_str()));
        self.ask_source(&mut inquiry, &[own], log, about).await
    }

    fn notaries_roots(&self, settings: &Settings) -> Vec<Rc<Result<Roots, ProofError>>> {
        let notaries = settings.notaries.iter();
        notaries.map(|one| self.own_root(one)).collect()
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
