//! Git's objects, each checked against its id.

use super::pipes;
use crate::error::CliError;
use gix_object::{Find, FindHeader, Kind};
use gix_odb::store::init::Options;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The largest object that is read, in bytes.
pub const MAX_BYTES: usize = 2 << 30;

/// Of larger objects only one is in memory at a time.
const LARGE_BYTES: u64 = 32 << 20;

type Handle = gix_odb::store::Handle<Arc<gix_odb::Store>>;

/// The objects of a repository, for several threads.
pub struct Objects {
    store: Arc<gix_odb::Store>,
    hash: gix_hash::Kind,
    directory: PathBuf,
    idle: Mutex<Vec<(Handle, Vec<u8>)>>,
    large: Mutex<()>,
}

impl Objects {
    /// Those in a directory, and in those that its `info/alternates` names. Objects that others replace
    /// (`git replace`) are read as they are.
    ///
    /// # Errors
    /// When the directory cannot be read, or holds pipes.
    pub fn open(directory: &Path, hash: gix_hash::Kind) -> Result<Self, CliError> {
        pipes::refuse(directory)?;
        let options = Options {
            alloc_limit_bytes: Some(MAX_BYTES),
            ..Options::default()
        };
        let store =
            gix_odb::Store::at_opts(directory.to_owned(), hash, &mut [].into_iter(), options)
                .map_err(|error| CliError::file(directory, error))?;
        Ok(Self {
            store: Arc::new(store),
            hash,
            directory: directory.to_owned(),
            idle: Mutex::default(),
            large: Mutex::default(),
        })
    }

    /// How their ids are computed.
    pub fn hash(&self) -> gix_hash::Kind {
        self.hash
    }

    /// What `take` makes of the content of an object, of this kind and of `limit` bytes at most, that
    /// has this id: SHA-1 is computed so that content which was made to collide is refused.
    ///
    /// # Errors
    /// When there is no such object, or it cannot be read, or has another id.
    pub fn read<T>(
        &self,
        id: &gix_hash::oid,
        kind: Kind,
        limit: usize,
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, CliError> {
        if id.kind() != self.hash {
            return Err(self.wrong(id, "ids are computed in another way here"));
        }
        let idle = self.idle().pop();
        let (handle, mut buffer) = idle.unwrap_or_else(|| (self.store.to_handle_arc(), Vec::new()));
        let taken = self.read_with(&handle, &mut buffer, (id, kind, limit), take);
        // What was large once need not be kept.
        buffer.truncate(0);
        buffer.shrink_to(1 << 20);
        self.idle().push((handle, buffer));
        taken
    }

    fn read_with<T>(
        &self,
        handle: &Handle,
        buffer: &mut Vec<u8>,
        (id, kind, limit): (&gix_hash::oid, Kind, usize),
        take: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, CliError> {
        let wrong = |detail: String| self.wrong(id, &detail);
        let missing = || {
            wrong(
                "it is not here. A clone that leaves objects out (--filter) gets them with \
                 `git fetch --refetch --no-filter`"
                    .into(),
            )
        };
        let header = handle
            .try_header(id)
            .map_err(|error| wrong(error.to_string()))?
            .ok_or_else(missing)?;
        if header.kind != kind {
            return Err(wrong(format!("it is a {}, no {kind}", header.kind)));
        }
        if header.size > limit as u64 {
            return Err(wrong(format!(
                "it has {} bytes, and no more than {limit} are read",
                header.size
            )));
        }
        let _turn = (header.size > LARGE_BYTES)
            .then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let found = handle
            .try_find(id, buffer)
            .map_err(|error| wrong(error.to_string()))?
            .ok_or_else(missing)?;
        found
            .verify_checksum(id)
            .map_err(|error| wrong(error.to_string()))?;
        match found.kind == kind {
            true => Ok(take(found.data)),
            false => Err(wrong(format!("it is a {}, no {kind}", found.kind))),
        }
    }

    /// That something is wrong with an object.
    pub fn wrong(&self, id: &gix_hash::oid, detail: &str) -> CliError {
        CliError::WrongFile {
            path: self.directory.clone(),
            detail: format!("object {id}: {detail}"),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<(Handle, Vec<u8>)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    /// How one of the two documents begins that were the first to have the same SHA-1
    /// (<https://shattered.io>), base64.
    const COLLIDES: &str = "\
        JVBERi0xLjMKJeLjz9MKCgoxIDAgb2JqCjw8L1dpZHRoIDIgMCBSL0hlaWdodCAzIDAgUi9UeXBlIDQgMCBSL1N1\
        YnR5cGUgNSAwIFIvRmlsdGVyIDYgMCBSL0NvbG9yU3BhY2UgNyAwIFIvTGVuZ3RoIDggMCBSL0JpdHNQZXJDb21w\
        b25lbnQgOD4+CnN0cmVhbQr/2P/+ACRTSEEtMSBpcyBkZWFkISEhISGFL+wJIzl1nDmxocY8TJfh//4Bc0bckWa2\
        fhGPApq2IbJWD/nKZ8yox/hbqEx5AwwrPeIY+G2zqQkB1d9FwU8m/t+z3DjpasIv571yjw5FvOBG0jxXD+sUE5i7\
        VS71oKgr4zH+pIA3uLXXHw4zLt+TrDUA603cDezBqGR5DHgsdiFWYN0wl5HQa9CvP5jNpLxGKbE=";

    #[test]
    fn what_was_made_to_collide_has_no_id() {
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        let content = STANDARD.decode(COLLIDES).unwrap();
        hasher.update(&content);
        let error = hasher.try_finalize().unwrap_err().to_string();
        assert!(error.contains("ollision"), "{error}");
        // One byte less, and it is like any other content.
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(&content[..319]);
        assert!(hasher.try_finalize().is_ok());
    }
}
