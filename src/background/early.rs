//! What is proven already is told while others, or other requests of one source, let wait for them: a
//! source that hangs costs nobody else anything.

use super::{Background, BackgroundError, End, logs};
use crate::settings_store;
use assay_core::artifact::ArtifactDigests;
use assay_core::closer_look::Wanted;
use assay_core::evidence::{Evidence, Published};
use assay_core::log_memory::withhold;
use assay_core::proof::ProofError;
use assay_core::record::DownloadRecord;
use assay_core::revocation;
use assay_core::roots::Roots;
use assay_core::signer::RootId;
use assay_core::verdict::Verdict;
use assay_sources::driver::{self, Early};
use assay_sources::{Candidates, Source, brought, proving};
use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::rc::Rc;

/// After so long, in milliseconds, it is told what is proven so far. Most sources answer by then.
pub(super) const SOON: i32 = 1000;

/// And again after so long each time, if there is more by then.
pub(super) const AGAIN: i32 = 500;

/// One source while it is asked.
pub(super) struct Waiting<'a> {
    pub(super) background: &'a Background,
    /// The roots that count beside the public ones.
    pub(super) own: &'a [Rc<Result<Roots, ProofError>>],
    /// The root whose log is asked for proofs, and where.
    pub(super) log: Option<(&'a RootId, &'a str)>,
    pub(super) private: bool,
    pub(super) digests: ArtifactDigests,
    /// Where it is put what there is.
    pub(super) told: &'a RefCell<Vec<Evidence>>,
}

impl Early for Waiting<'_> {
    fn offered<'a>(
        &'a self,
        mut source: Box<dyn Source + 'a>,
        offered: Candidates,
    ) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let (roots, now) = (self.background.roots_with(self.own).await, logs::seconds());
            let found = driver::so_far(&mut *source, offered, &roots, &self.digests, now);
            self.proven(found).await;
        })
    }

    fn proven(&self, evidence: Evidence) -> LocalBoxFuture<'_, ()> {
        Box::pin(async move {
            if evidence.proven().is_empty() && evidence.published != Some(Published::Same) {
                return;
            }
            let roots = self.background.roots_with(self.own).await;
            let compared = self
                .background
                .compared(evidence, roots, self.log, self.private);
            let evidence = compared.await;
            let mut told = self.told.borrow_mut();
            told.retain(|known| known.source != evidence.source);
            told.push(evidence);
        })
    }
}

/// What is known of a source of this id and name that has not answered everything.
pub(super) fn so_far(told: &RefCell<Vec<Evidence>>, named: (&str, &str)) -> Evidence {
    let told = told.borrow();
    let known = told.iter().find(|known| known.source == named.0);
    let late = || proving::failed(named, driver::LATE);
    known.cloned().unwrap_or_else(late)
}

impl Background {
    /// Tells what is proven so far, unless whoever is still waited for may take back a suspicion.
    pub(super) async fn tell_already(
        self: &Rc<Self>,
        record: &DownloadRecord,
        known: Vec<Evidence>,
    ) -> Result<(), BackgroundError> {
        // What is merely asked about again is nobody's news.
        if record.again {
            return Ok(());
        }
        let brought = record
            .evidence
            .iter()
            .filter(|one| one.source == brought::ID);
        let mut known: Vec<Evidence> = brought.cloned().chain(known).collect();
        let _turn = self.judging.turn().await;
        withhold(&mut known, &self.blocked_logs().await?);
        // A notary may have been followed meanwhile.
        let settings = settings_store::load().await?;
        revocation::withhold(&mut known, &settings.notaries);
        let project = self.project_of(record, &known).await?;
        let judged = record.judge(&known, &settings, project.as_ref());
        let may_be_told = match judged.verdict {
            Verdict::Untrusted
            | Verdict::Unsupported
            | Verdict::Verified
            | Verdict::Authentic
            | Verdict::Signed
            | Verdict::Intact => true,
            // Another's proof would outweigh it, or answer the question.
            Verdict::Changed
            | Verdict::Mismatch
            | Verdict::Forged
            | Verdict::Unchecked
            | Verdict::Unknown => false,
        };
        if !may_be_told {
            return Ok(());
        }
        let tell = |record: &mut DownloadRecord| {
            record.tell_early(judged);
            record.evidence = known;
            // It is not all that was gathered: should this be cut off, everything is asked anew.
            record.wanted = Wanted::default();
        };
        self.conclude(&record.id, Box::new(tell), End::Early).await
    }
}
