//! What a notary says of its own keys and its signers' keys: statements that were written down, and are
//! to be logged.

use super::Notary;
use crate::error::NotaryError;
use crate::proposal::Proposal;
use crate::revocation::{Revocations, Statement};
use crate::trust::{self, Trust, TrustState};
use std::path::Path;
use std::sync::{Arc, PoisonError};

impl Notary {
    /// Finishes what a rotation began, and logs what was revoked meanwhile. To be done before
    /// anybody is answered, unless the clock is behind: what is to be logged waits for it then.
    ///
    /// # Errors
    /// When something can be neither logged nor written.
    pub async fn settle(&self) -> Result<(), NotaryError> {
        self.finish_rotation().await?;
        self.catch_up().await
    }

    /// Logs the revocations that were written down since, and adds them to the succession of the
    /// trust roots. Says nothing if there are none.
    ///
    /// # Errors
    /// When a statement can be neither read nor logged.
    pub async fn catch_up(&self) -> Result<(), NotaryError> {
        let mut settled = self.settled.lock().await;
        let trust = self.trust();
        let mut files = Revocations::of(&self.data).files()?;
        files.retain(|file| !settled.contains(file));
        let mut fresh = Vec::new();
        for file in &files {
            let statement = Statement::read(file)?;
            // A restored log may have lost it; where it has it, nothing is written.
            self.log_statement(file, &statement.proposal).await?;
            if !trust.revoked.contains(&statement.revocation) {
                fresh.push(statement.revocation);
            }
        }
        if !fresh.is_empty() {
            let mut state = trust.state.clone();
            state.add_link(None, fresh, &[&self.log.key])?;
            self.take_over(state)?;
        }
        settled.extend(files);
        Ok(())
    }

    async fn finish_rotation(&self) -> Result<(), NotaryError> {
        let _turn = self.settled.lock().await;
        let mut state = self.trust().state.clone();
        if !state.past_authorities.is_empty() {
            self.signers.reissue(&self.authority)?;
        }
        if state.unlogged.is_empty() && state.retired.is_empty() {
            return Ok(());
        }
        for proposal in std::mem::take(&mut state.unlogged) {
            let file = self.data.join(trust::FILE);
            self.log_statement(&file, proposal.as_bytes()).await?;
        }
        for file in std::mem::take(&mut state.retired) {
            let path = self.data.join(file);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(NotaryError::file(&path, error));
                }
                _ => {}
            }
        }
        self.take_over(state)
    }

    async fn log_statement(&self, file: &Path, proposal: &[u8]) -> Result<(), NotaryError> {
        let failed = |detail: String| NotaryError::Statement {
            path: file.to_owned(),
            detail,
        };
        let proposal = Proposal::parse(proposal).map_err(|error| failed(error.to_string()))?;
        let submission = self.prepare(proposal);
        let submission = submission.map_err(|error| failed(error.to_string()))?;
        self.add(submission).await?;
        Ok(())
    }

    /// Writes the state down, and acts on it from then on.
    fn take_over(&self, state: TrustState) -> Result<(), NotaryError> {
        self.save_trust(&state)?;
        let trust = Arc::new(Trust::of(state)?);
        *self.trust.write().unwrap_or_else(PoisonError::into_inner) = trust;
        Ok(())
    }
}
