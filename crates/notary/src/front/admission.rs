//! How much is worked on at once, and how much memory that may take.
//!
//! Whoever comes when all places are taken waits a moment, and is then told to come back: nothing
//! queues up without an end.

use super::paced::Paced;
use super::refused::Refused;
use crate::config::Limits;
use crate::shares::{Share, Shares};
use axum::body::{Body, HttpBody};
use axum::http::Response;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long to wait for a place.
const WAIT: Duration = Duration::from_secs(2);
/// Bodies are counted in units of so many bytes.
const UNIT: u64 = 1024;
/// Answers up to so many bytes are not counted: the places bound them.
const SMALL: u64 = 64 * 1024;
/// A client has so long beyond the usual time for each byte of a long answer: 64 KiB a second.
const BYTES_PER_SECOND: u64 = 64 * 1024;

/// All places.
pub struct Admission {
    reads: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    buffers: Arc<Buffers>,
    answer_time: Duration,
    wait: Duration,
}

struct Buffers {
    units: u32,
    free: Arc<Semaphore>,
    shares: Arc<Shares>,
    wait: Duration,
}

/// Memory that is taken until this is dropped.
pub struct Buffer {
    _units: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// A request that is worked on.
pub struct Admitted<'a> {
    admission: &'a Admission,
    _place: OwnedSemaphorePermit,
}

impl Admission {
    /// Places as the limits say.
    pub fn new(limits: &Limits) -> Self {
        Self::waiting(limits, WAIT)
    }

    fn waiting(limits: &Limits, wait: Duration) -> Self {
        let places = |number: u64| Arc::new(Semaphore::new(usize::try_from(number).unwrap_or(1)));
        let units = limits.buffers_mib.saturating_mul(1024 * 1024) / UNIT;
        Self {
            reads: places(limits.reads_at_once),
            writes: places(limits.writes_at_once),
            buffers: Arc::new(Buffers {
                units: u32::try_from(units).unwrap_or(u32::MAX),
                free: places(units),
                shares: Shares::new(units / 4),
                wait,
            }),
            answer_time: Duration::from_secs(limits.answer_seconds),
            wait,
        }
    }

    /// Memory for a body of `length` bytes. `client` is who has only a share of it.
    ///
    /// # Errors
    /// When there is none left.
    pub async fn buffer(
        &self,
        client: Option<IpAddr>,
        length: u64,
    ) -> Result<Option<Buffer>, Refused> {
        match length {
            0 => Ok(None),
            length => self.buffers.take(client, length).await.map(Some),
        }
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

impl Buffers {
    async fn take(&self, client: Option<IpAddr>, bytes: u64) -> Result<Buffer, Refused> {
        let units = bytes.div_ceil(UNIT);
        let share = match client {
            Some(client) => {
                let share = self.shares.take(client, units);
                Some(share.ok_or(Refused::TooMuchAtOnce)?)
            }
            None => None,
        };
        let units = u32::try_from(units).unwrap_or(u32::MAX).min(self.units);
        let taken = self.free.clone().acquire_many_owned(units);
        match tokio::time::timeout(self.wait, taken).await {
            Ok(Ok(units)) => Ok(Buffer {
                _units: units,
                _share: share,
            }),
            _ => Err(Refused::Busy),
        }
    }
}

impl Admitted<'_> {
    /// The work is done: others may come in. A long answer counts until it is sent.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub async fn leave_with(
        self,
        client: Option<IpAddr>,
        response: Response<Body>,
    ) -> Result<Response<Body>, Refused> {
        let length = response.body().size_hint().lower();
        if length <= SMALL {
            return Ok(response);
        }
        let buffer = self.admission.buffers.take(client, length).await?;
        let time = self.admission.answer_time + Duration::from_secs(length / BYTES_PER_SECOND);
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
        let admission = Admission::waiting(&limits, Duration::ZERO);
        let first = admission.enter(true).await.ok().unwrap();
        assert_eq!(admission.enter(true).await.err(), Some(Refused::Busy));
        assert!(admission.enter(false).await.is_ok());
        drop(first);
        assert!(admission.enter(true).await.is_ok());
    }

    #[tokio::test]
    async fn one_client_gets_a_quarter_of_the_memory() {
        let limits = Limits {
            buffers_mib: 16,
            ..Limits::default()
        };
        let admission = Admission::waiting(&limits, Duration::ZERO);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mib = 1024 * 1024;
        let mut held = Vec::new();
        for _ in 0..4 {
            held.push(admission.buffer(Some(a), mib).await.ok().unwrap());
        }
        let more = admission.buffer(Some(a), 1).await.err();
        assert_eq!(more, Some(Refused::TooMuchAtOnce));
        assert!(admission.buffer(Some(b), mib).await.is_ok());
        for _ in 0..12 {
            held.push(admission.buffer(None, mib).await.ok().unwrap());
        }
        let none_left = admission.buffer(Some(b), 1).await.err();
        assert_eq!(none_left, Some(Refused::Busy));
    }
}
