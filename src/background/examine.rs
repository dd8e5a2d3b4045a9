//! Files that the user brings to the page for that.

use super::requests::refused;
use super::{Background, BackgroundError};
use crate::settings_store;
use assay_core::evidence::Evidence;
use assay_core::message::{BroughtProof, Response};
use assay_core::record::{DownloadRecord, Stage};
use assay_core::revocation;
use std::rc::Rc;

impl Background {
    /// Proves what was brought with a file, asks the sources if that is wanted, and judges. Of a file
    /// that is said to be a download's, the check goes on as if the browser had read it.
    pub(super) async fn examine(
        self: &Rc<Self>,
        mut file: DownloadRecord,
        proofs: &[BroughtProof],
        ask: bool,
    ) -> Result<Response, BackgroundError> {
        let Some(digest) = file.digest else {
            return Ok(refused("refused_other", ["no digest"]));
        };
        let settings = settings_store::load().await?;
        let mut evidence = self.prove_brought(&file, &digest, proofs, &settings).await;
        if !file.id.is_empty() {
            return self.take_brought(file, evidence).await;
        }
        if ask {
            evidence.extend(self.gather(&settings, &digest, &file).await.0);
        }
        self.withhold_blocked(&mut evidence).await;
        // It may have come out meanwhile.
        let settings = settings_store::load().await?;
        revocation::withhold(&mut evidence, &settings.notaries);
        file.judgement = Some(file.judge(&evidence, &settings, None));
        file.evidence = evidence;
        file.stage = Stage::Done;
        // A log may have contradicted itself in what was brought.
        self.raise_log_alarms().await?;
        Ok(Response::Examined {
            file: Box::new(file),
        })
    }

    /// Takes a file as that of a download, unless it is known to be another one.
    async fn take_brought(
        self: &Rc<Self>,
        file: DownloadRecord,
        evidence: Vec<Evidence>,
    ) -> Result<Response, BackgroundError> {
        let mut taken = false;
        let take = |record: &mut DownloadRecord| {
            let is_other = ![0, file.size].contains(&record.size)
                || record.digest.is_some() && record.digest != file.digest;
            if is_other || record.removing || record.stage == Stage::Asking {
                return;
            }
            taken = true;
            record.size = file.size;
            record.digest = file.digest;
            record.found = file.found;
            record.evidence = evidence;
            record.again = false;
            record.stage = Stage::Asking;
        };
        match self.amend(&file.id, Box::new(take)).await? {
            Some(record) if taken => {
                self.proceed(record).await?;
                Ok(Response::Done)
            }
            Some(_) => Ok(refused::<String>("refused_other_file", [])),
            None => Ok(refused::<String>("refused_no_such_download", [])),
        }
    }
}
