//! Which file is read next: first come, first served, except that large files never take all
//! places, so that a small one does not wait behind them.

use assay_core::message::HashJob;
use std::collections::VecDeque;

/// How many files are read at once.
const PLACES: usize = 4;

/// How many of them may be large.
const PLACES_FOR_LARGE: usize = 2;

/// From this size on, in bytes, a file is large: it takes longer than a blink.
const LARGE: u64 = 32 * 1024 * 1024;

/// Files that are read, and those that wait.
#[derive(Debug, Default)]
pub struct Lanes {
    running: Vec<Running>,
    waiting: VecDeque<HashJob>,
}

#[derive(Debug)]
struct Running {
    id: String,
    large: bool,
}

impl Lanes {
    /// Takes a file in. One that is here already is left as it is: the background asks again
    /// whenever it wakes.
    pub fn add(&mut self, job: HashJob) {
        let known = self.running.iter().any(|running| running.id == job.id)
            || self.waiting.iter().any(|waiting| waiting.id == job.id);
        if !known {
            self.waiting.push_back(job);
        }
    }

    /// The next file to read, if there is one and a place for it.
    pub fn start_next(&mut self) -> Option<HashJob> {
        if self.running.len() >= PLACES {
            return None;
        }
        let large = self.running.iter().filter(|running| running.large).count();
        let next = self
            .waiting
            .iter()
            .position(|job| large < PLACES_FOR_LARGE || job.size < LARGE)?;
        let job = self.waiting.remove(next)?;
        self.running.push(Running {
            id: job.id.clone(),
            large: job.size >= LARGE,
        });
        Some(job)
    }

    /// A file was read, or failed: its place is free.
    pub fn end(&mut self, id: &str) {
        self.running.retain(|running| running.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_core::closer_look::Wanted;

    fn job(id: &str, size: u64) -> HashJob {
        HashJob {
            id: id.into(),
            url: String::new(),
            size,
            wanted: Wanted::default(),
        }
    }

    fn started(lanes: &mut Lanes) -> Vec<String> {
        std::iter::from_fn(|| lanes.start_next().map(|job| job.id)).collect()
    }

    #[test]
    fn a_small_file_does_not_wait_behind_large_ones() {
        let mut lanes = Lanes::default();
        for id in ["big1", "big2", "big3", "big4"] {
            lanes.add(job(id, LARGE));
        }
        lanes.add(job("small", 1));
        assert_eq!(started(&mut lanes), ["big1", "big2", "small"]);
        lanes.end("big1");
        assert_eq!(started(&mut lanes), ["big3"]);
    }

    #[test]
    fn equals_are_served_in_order_and_only_so_many_at_once() {
        let mut lanes = Lanes::default();
        for number in 0..6 {
            lanes.add(job(&number.to_string(), 1));
        }
        assert_eq!(started(&mut lanes), ["0", "1", "2", "3"]);
        lanes.end("2");
        lanes.end("0");
        assert_eq!(started(&mut lanes), ["4", "5"]);
        assert!(started(&mut lanes).is_empty());
    }

    #[test]
    fn a_file_that_is_asked_for_twice_is_read_once() {
        let mut lanes = Lanes::default();
        lanes.add(job("a", 1));
        lanes.add(job("a", 1));
        assert_eq!(started(&mut lanes), ["a"]);
        lanes.add(job("a", 1));
        assert!(started(&mut lanes).is_empty());
        lanes.end("a");
        lanes.add(job("a", 1));
        assert_eq!(started(&mut lanes), ["a"]);
    }
}
