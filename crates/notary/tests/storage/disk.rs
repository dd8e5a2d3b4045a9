//! A disk that forgets at a crash what was not synced, and that fails when it is told to.

use redb::StorageBackend;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// What happens when, counted in operations of the disk and the lock together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The operation fails, and does nothing.
    Before,
    /// The operation does what it should, and then fails.
    After,
    /// The power goes out: it does nothing, and so does everything after it.
    Power,
}

/// When the next fault comes. Shared by all that can fail.
#[derive(Debug, Default, Clone)]
pub struct Weather(Arc<Mutex<Sky>>);

#[derive(Debug, Default)]
struct Sky {
    fault: Option<(u64, Fault)>,
    without_power: bool,
    operations: u64,
}

impl Weather {
    /// After so many more operations comes a fault.
    pub fn announce(&self, operations: u64, fault: Fault) {
        self.lock().fault = Some((operations, fault));
    }

    /// Power is back, and nothing more is announced.
    pub fn clear(&self) {
        let mut sky = self.lock();
        (sky.fault, sky.without_power) = (None, false);
    }

    /// How many operations there were.
    pub fn operations(&self) -> u64 {
        self.lock().operations
    }

    /// Does `work` as the weather permits.
    pub fn pass<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let now = {
            let mut sky = self.lock();
            sky.operations += 1;
            let now = match sky.fault {
                Some((0, fault)) => Some(fault),
                _ => None,
            };
            sky.fault = sky
                .fault
                .and_then(|(left, fault)| Some((left.checked_sub(1)?, fault)));
            sky.without_power |= now == Some(Fault::Power);
            match sky.without_power {
                true => Some(Fault::Power),
                false => now,
            }
        };
        match now {
            None => work(),
            Some(Fault::After) => work().and_then(|_| Err(io::Error::other("made to fail after"))),
            Some(_) => Err(io::Error::other("made to fail")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sky> {
        self.0.lock().unwrap()
    }
}

/// The disk. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Disk {
    content: Arc<Mutex<Content>>,
    pub weather: Weather,
}

#[derive(Debug, Default)]
struct Content {
    /// What is safe.
    synced: Vec<u8>,
    /// What a read sees.
    seen: Vec<u8>,
    /// What lies between.
    pending: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Length(length) => content.resize(*length, 0),
            Self::Write(offset, data) => {
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*offset..end].copy_from_slice(data);
            }
        }
    }
}

impl Disk {
    pub fn new(weather: &Weather) -> Self {
        Self {
            content: Arc::default(),
            weather: weather.clone(),
        }
    }

    /// The power was out and is back: of what was not synced, only that is there which `kept` says,
    /// write by write.
    pub fn crash(&self, mut kept: impl FnMut() -> bool) {
        let mut content = self.content.lock().unwrap();
        let mut left = std::mem::take(&mut content.synced);
        for change in std::mem::take(&mut content.pending) {
            if kept() {
                change.apply(&mut left);
            }
        }
        content.seen.clone_from(&left);
        content.synced = left;
    }

    fn change(&self, change: Change) -> Result<(), io::Error> {
        self.weather.pass(|| {
            let mut content = self.content.lock().unwrap();
            change.apply(&mut content.seen);
            content.pending.push(change);
            Ok(())
        })
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.content.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let content = self.content.lock().unwrap();
        let start = usize::try_from(offset).unwrap();
        let part = content.seen.get(start..start + out.len());
        let part = part.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn set_len(&self, length: u64) -> Result<(), io::Error> {
        self.change(Change::Length(usize::try_from(length).unwrap()))
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.weather.pass(|| {
            let mut content = self.content.lock().unwrap();
            let content = &mut *content;
            for change in content.pending.drain(..) {
                change.apply(&mut content.synced);
            }
            Ok(())
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.change(Change::Write(
            usize::try_from(offset).unwrap(),
            data.to_vec(),
        ))
    }
}
