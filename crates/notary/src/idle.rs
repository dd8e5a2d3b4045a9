//! Which connection gives way where there are as many as there may be: the one that has been idle
//! longest.
//!
//! Whoever opens connections and sends nothing would else hold all places until each has waited its
//! time, from a few addresses. A request writes two numbers here and takes no lock; that is for those
//! who come and go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::Notify;

/// A request is being answered.
const BUSY: u64 = u64::MAX;
/// It was told to give way.
const GONE: u64 = u64::MAX - 1;

/// The connections of one port.
#[derive(Debug)]
pub struct Connections {
    began: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    last: u64,
    all: BTreeMap<u64, Arc<Idle>>,
}

/// A connection, as long as this is held.
#[derive(Debug)]
pub struct Registered {
    connections: Arc<Connections>,
    number: u64,
    idle: Arc<Idle>,
}

/// Since when a connection is idle: since it came, or since something of an answer last left.
#[derive(Debug)]
pub struct Idle {
    began: Instant,
    /// In milliseconds, or one of the words above.
    since: AtomicU64,
    told: Notify,
}

impl Connections {
    /// None yet.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            began: Instant::now(),
            open: Mutex::default(),
        })
    }

    /// One that has just come.
    pub fn register(self: &Arc<Self>) -> Registered {
        let idle = Arc::new(Idle {
            began: self.began,
            since: AtomicU64::new(0),
            told: Notify::new(),
        });
        idle.rest();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.last += 1;
        let number = open.last;
        open.all.insert(number, idle.clone());
        Registered {
            connections: self.clone(),
            number,
            idle,
        }
    }

    /// Has the one that has been idle longest give way; false where none is idle.
    pub fn give_way(&self) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all = open.all.values();
        let all = all.map(|idle| (idle.since.load(Ordering::Relaxed), idle));
        let idle = all.filter(|(since, _)| *since < GONE);
        // Of several from the same moment, the one that came first.
        let Some((since, longest)) = idle.min_by_key(|(since, _)| *since) else {
            return false;
        };
        let took =
            longest
                .since
                .compare_exchange(since, GONE, Ordering::Relaxed, Ordering::Relaxed);
        if took.is_ok() {
            longest.told.notify_one();
        }
        // If a request came in this very moment, the next try finds another one.
        took.is_ok()
    }
}

impl Registered {
    /// Since when it is idle.
    pub fn idle(&self) -> &Arc<Idle> {
        &self.idle
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let open = self.connections.open.lock();
        let mut open = open.unwrap_or_else(PoisonError::into_inner);
        open.all.remove(&self.number);
    }
}

impl Idle {
    /// A request has come.
    pub fn work(&self) {
        self.since.store(BUSY, Ordering::Relaxed);
    }

    /// Some of an answer has left.
    pub fn sent(&self) {
        if self.since.load(Ordering::Relaxed) < GONE {
            self.rest();
        }
    }

    /// It is answered.
    pub fn rest(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(GONE - 1);
        self.since.store(now.min(GONE - 1), Ordering::Relaxed);
    }

    /// Returns when it is to give way.
    pub async fn gives_way(&self) {
        self.told.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_is_idle_longest_gives_way_and_no_busy_one() {
        let connections = Connections::new();
        let three: Vec<_> = (0..3).map(|_| connections.register()).collect();
        let set = |one: &Registered, since| one.idle.since.store(since, Ordering::Relaxed);
        set(&three[0], 7);
        set(&three[1], 5);
        three[2].idle().work();
        let gone = |one: &Registered| one.idle.since.load(Ordering::Relaxed) == GONE;
        assert!(connections.give_way());
        assert!(gone(&three[1]) && !gone(&three[0]));
        assert!(connections.give_way());
        assert!(gone(&three[0]) && !gone(&three[2]));
        assert!(!connections.give_way());
        three[2].idle().rest();
        assert!(connections.give_way());
        drop(three);
        assert!(connections.open.lock().unwrap().all.is_empty());
    }
}
