//! How much is worked on at once, and how much memory that may take.
//!
//! Whoever comes when all places are taken waits a moment, and is then told to come back: nothing
//! queues up without an end.

use super::buffers::{Asker, Buffer, Buffers};
use super::paced::Paced;
use super::refused::Refused;
use crate::config::Limits;
use axum::body::{Body, HttpBody};
use axum::http::Response;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long to wait for a place.
const WAIT: Duration = Duration::from_secs(2);
/// Answers up to so many bytes are not counted: the places bound them.
const SMALL: u64 = 64 * 1024;
/// A client has so long beyond the usual time for each byte of a long answer: 64 KiB a second.
const BYTES_PER_SECOND: u64 = 64 * 1024;

/// All places.
pub struct Admission {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    buffers: Buffers,
    answer_time: Duration,
    wait: Duration,
}

/// A request that is worked on.
pub struct Admitted<'a> {
    admission: &'a Admission,
    _place: OwnedSemaphorePermit,
}

impl Admission {
    /// Places as the limits say. If `keeps`, some memory is kept for those who may write.
    pub fn new(limits: &Limits, keeps: bool) -> Self {
        Self::waiting(limits, keeps, WAIT)
    }

    fn waiting(limits: &Limits, keeps: bool, wait: Duration) -> Self {
        let places = |number: u64| Arc::new(Semaphore::new(usize::try_from(number).unwrap_or(1)));
        Self {
            reads: places(limits.reads_at_once),
            writes: places(limits.writes_at_once),
            buffers: Buffers::new(limits.buffers_mib.saturating_mul(1024 * 1024), keeps),
            answer_time: Duration::from_secs(limits.answer_seconds),
            wait,
        }
    }

    /// Takes memory for `bytes` more of what `buffer` holds.
    ///
    /// # Errors
    /// When there is none left.
    pub async fn take(
        &self,
        asker: Asker,
        buffer: &mut Buffer,
        bytes: usize,
    ) -> Result<(), Refused> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.buffers.take(asker, buffer, bytes, self.wait).await
    }

    /// Lets a request in that has arrived whole.
    ///
    /// # Errors
    /// When there is no place for it.
    pub async fn enter(&self, writes: bool) -> Result<Admitted<'_>, Refused> {
        let places = if writes { &self.writes } else { &self.reads };
        let place = tokio::time::timeout(self.wait, places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(Refused::Busy);
        };
        Ok(Admitted {
            admission: self,
            _place: place,
        })
    }
}

impl Admitted<'_> {
    /// The work is done: others may come in. A long answer counts until it is sent.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn leave_with(
        self,
        asker: Asker,
        response: Response<Body>,
    ) -> Result<Response<Body>, Refused> {
        let length = response.body().size_hint().lower();
        if length <= SMALL {
            return Ok(response);
        }
        let admission = self.admission;
        let mut buffer = Buffer::default();
        admission
            .buffers
            .take(asker, &mut buffer, length, admission.wait)
            .await?;
        let time = admission.answer_time + Duration::from_secs(length / BYTES_PER_SECOND);
        Ok(response.map(|body| Body::new(Paced::new(body, buffer, time))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_finds_no_place_is_told_to_come_back() {
        let limits = Limits {
            writes_at_once: 1,
            ..Limits::default()
        };
        let admission = Admission::waiting(&limits, true, Duration::ZERO);
        let first = admission.enter(true).await.ok().unwrap();
        assert_eq!(admission.enter(true).await.err(), Some(Refused::Busy));
        assert!(admission.enter(false).await.is_ok());
        drop(first);
        assert!(admission.enter(true).await.is_ok());
    }
}
