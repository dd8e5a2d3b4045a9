//! A lock that remembers all that was ever signed, and fails when it is told to.

use crate::disk::Weather;
use assay_notary::lock::{Lock, LockError, Locked};
use std::sync::{Arc, Mutex};

/// The lock. Clones are the same one.
#[derive(Clone, Default)]
pub struct TestLock {
    state: Arc<Mutex<State>>,
    pub weather: Weather,
}

#[derive(Default)]
struct State {
    locked: Option<Locked>,
    signed: Vec<String>,
}

impl TestLock {
    pub fn new(weather: &Weather) -> Self {
        Self {
            state: Arc::default(),
            weather: weather.clone(),
        }
    }

    /// Every checkpoint that was ever put here, the first one first.
    pub fn signed(&self) -> Vec<String> {
        self.state.lock().unwrap().signed.clone()
    }

    /// Puts something else here, as another notary would.
    pub fn set(&self, checkpoint: &str) {
        self.state.lock().unwrap().locked = Some(Locked::at(checkpoint));
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> LockError {
        LockError::Failed {
            place: self.place(),
            detail: error.to_string(),
        }
    }
}

impl Lock for TestLock {
    fn load(&self) -> Result<Option<Locked>, LockError> {
        self.weather
            .pass(|| Ok(self.state.lock().unwrap().locked.clone()))
            .map_err(|error| self.failed(&error))
    }

    fn swap(&mut self, old: Option<&Locked>, new: &Locked) -> Result<(), LockError> {
        let swapped = self.weather.pass(|| {
            let mut state = self.state.lock().unwrap();
            let same = state.locked.as_ref() == old;
            if same {
                state.locked = Some(new.clone());
                state.signed.push(new.checkpoint.clone());
            }
            Ok(same)
        });
        match swapped.map_err(|error| self.failed(&error))? {
            true => Ok(()),
            false => Err(LockError::Changed {
                place: self.place(),
            }),
        }
    }

    fn place(&self) -> String {
        "the test's lock".into()
    }
}
