//! How many requests one client may make.
//!
//! There is no table that grows: an address, hashed with a secret of this process, owns one cell in
//! each of two rows, and is turned away only if both are used up. Two addresses share both cells so
//! rarely that nobody suffers for another, and nobody can choose whom to share with.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Cells in a row.
const CELLS: usize = 1 << 15;
const MINUTE: u64 = 60_000_000;

/// A limit of so many requests a minute, of which a minute's worth may come at once.
pub struct RateLimit {
    /// What a request takes, in microseconds.
    interval: u64,
    start: Instant,
    rows: [Row; 2],
}

/// By when, in microseconds since the start, what was taken from each cell has grown back.
struct Row {
    hasher: RandomState,
    cells: Mutex<Box<[u64]>>,
}

impl Row {
    fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            cells: Mutex::new(vec![0; CELLS].into_boxed_slice()),
        }
    }
}

impl RateLimit {
    /// A limit; `per_minute` is at least 1.
    pub fn new(per_minute: u64) -> Self {
        Self {
            interval: MINUTE / per_minute.max(1),
            start: Instant::now(),
            rows: [Row::new(), Row::new()],
        }
    }

    /// Takes one request of `client` at `now`.
    ///
    /// # Errors
    /// How long to wait, when there is none to take.
    pub fn take(&self, client: IpAddr, now: Instant) -> Result<(), Duration> {
        let now = u64::try_from((now - self.start).as_micros()).unwrap_or(u64::MAX);
        let mut wait = u64::MAX;
        for row in &self.rows {
            wait = wait.min(row.take(client, now, self.interval));
        }
        match wait {
            0 => Ok(()),
            wait => Err(Duration::from_micros(wait)),
        }
    }
}

impl Row {
    /// 0, or how long to wait until there is one to take.
    fn take(&self, client: IpAddr, now: u64, interval: u64) -> u64 {
        let hash = self.hasher.hash_one(client);
        let cell = usize::try_from(hash % CELLS as u64).unwrap_or(0);
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(full_at) = cells.get_mut(cell) else {
            return 0;
        };
        let taken = (*full_at).max(now).saturating_add(interval);
        match taken.saturating_sub(now.saturating_add(MINUTE)) {
            0 => {
                *full_at = taken;
                0
            }
            wait => wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_may_come_at_once_and_grows_back() {
        let limit = RateLimit::new(3);
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let now = limit.start + Duration::from_secs(1000);
        for _ in 0..3 {
            assert_eq!(limit.take(a, now), Ok(()));
        }
        let wait = limit.take(a, now).unwrap_err();
        assert_eq!(wait, Duration::from_secs(20));
        assert_eq!(limit.take(b, now), Ok(()), "another is not concerned");
        assert!(limit.take(a, now + Duration::from_secs(19)).is_err());
        assert_eq!(limit.take(a, now + wait), Ok(()));
        assert!(limit.take(a, now + wait).is_err());
        let later = now + Duration::from_secs(600);
        assert_eq!((0..5).filter(|_| limit.take(a, later).is_ok()).count(), 3);
    }

    #[test]
    fn a_crowd_of_addresses_harms_no_other() {
        let limit = RateLimit::new(2);
        let now = limit.start;
        for number in 0..2000u32 {
            let address = IpAddr::from(number.to_be_bytes());
            while limit.take(address, now).is_ok() {}
        }
        let others = (0..1000u32).map(|number| IpAddr::from((1 << 31 | number).to_be_bytes()));
        let served = others
            .filter(|other| limit.take(*other, now).is_ok())
            .count();
        // 6 % of each row are used up: of a thousand about 4 meet both.
        assert!(served > 950, "{served}");
    }
}
