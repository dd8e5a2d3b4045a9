//! Objects in one file, by the embedded database redb.

use crate::files;
use crate::objects::{Found, Object, Objects, Space, Visitor};
use crate::store::StoreError;
use redb::{
    Database, DatabaseError, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageBackend,
    TableDefinition, TableHandle,
};
use std::fs::OpenOptions;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Memory for pages, in bytes; what does not fit is read from the file again.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// A table that only logs of earlier versions have.
pub(crate) const EARLIER_TABLE: &str = "nodes";

/// The table of a space.
fn definition(space: Space) -> Definition {
    TableDefinition::new(match space {
        Space::Tree => "log/tree",
        Space::Entries => "log/entries",
        Space::Leaves => "log/leaves",
        Space::Hashes => "log/hashes",
        Space::Mentions => "log/mentions",
    })
}

/// How the database is opened.
type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send + Sync>;

/// Objects in one database.
pub struct RedbStore {
    opener: Opener,
    /// `None` after a failure, until it could be opened again.
    open: RwLock<Option<Open>>,
}

struct Open {
    database: Arc<Database>,
    tables: Arc<Tables>,
}

/// All tables as they were after the last batch, ready to be read.
struct Tables {
    tree: Table,
    entries: Table,
    leaves: Table,
    hashes: Table,
    mentions: Table,
}

impl RedbStore {
    /// Opens the file, which is made if there is none: it is there only once it is whole.
    ///
    /// # Errors
    /// When it cannot be opened, or another process has it open.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let path = path.to_owned();
        if !path.try_exists().map_err(failed)? {
            make(&path)?;
        }
        Self::with(Box::new(move || {
            Database::builder()
                .set_cache_size(CACHE_BYTES)
                .create(&path)
        }))
    }

    /// Opens a database on what `backend` gives each time that it is opened.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn on<B: StorageBackend>(
        backend: impl Fn() -> B + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        Self::with(Box::new(move || {
            Database::builder()
                .set_cache_size(CACHE_BYTES)
                .create_with_backend(backend())
        }))
    }

    fn with(opener: Opener) -> Result<Self, StoreError> {
        let open = Open::with(&opener)?;
        Ok(Self {
            opener,
            open: RwLock::new(Some(open)),
        })
    }

    /// The tables as they are now. After a failure the database is opened anew: what could not be
    /// written is then gone or there, as a whole, and can be asked for.
    fn tables(&self) -> Result<Arc<Tables>, StoreError> {
        // A panic elsewhere left what is inside whole: it is only ever replaced.
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = open.as_ref() {
            return Ok(open.tables.clone());
        }
        drop(open);
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(Open::with(&self.opener)?);
        }
        match open.as_ref() {
            Some(open) => Ok(open.tables.clone()),
            None => Err(StoreError::Failed("it is not open".into())),
        }
    }

    fn database(&self) -> Result<Arc<Database>, StoreError> {
        self.tables()?;
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let database = open.as_ref().map(|open| open.database.clone());
        database.ok_or_else(|| StoreError::Failed("it is not open".into()))
    }

    fn set(&self, open: Option<Open>) {
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

impl Objects for RedbStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let tables = self.tables()?;
        let found = tables.of(space).get(key).map_err(failed)?;
        Ok(found.map(|value| value.value().to_vec()))
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let tables = self.tables()?;
        let rows = tables.of(space).range(from..to).map_err(failed)?;
        rows.take(limit)
            .map(|row| {
                let (key, value) = row.map_err(failed)?;
                Ok((key.value().to_vec(), value.value().to_vec()))
            })
            .collect()
    }

    fn put(&self, objects: Vec<Object>) -> Result<(), StoreError> {
        let database = self.database()?;
        let written = write(&database, &objects).and_then(|()| Tables::of_now(&database));
        match written {
            Ok(tables) => {
                self.set(Some(Open {
                    tables: Arc::new(tables),
                    database,
                }));
                Ok(())
            }
            Err(error) => {
                // The database refuses everything after a failure, until it is opened again.
                self.set(None);
                Err(error)
            }
        }
    }

    fn freeze(&self, each: &mut Visitor<'_>) -> Result<(), StoreError> {
        let database = self.database()?;
        let tables = Tables::of_now(&database)?;
        for space in Space::ALL {
            for row in tables.of(space).iter().map_err(failed)? {
                let (key, value) = row.map_err(failed)?;
                each(space, key.value(), value.value())?;
            }
        }
        Ok(())
    }
}

/// Makes an empty one under another name first: a database that was only half made cannot be opened.
fn make(path: &Path) -> Result<(), StoreError> {
    let temporary = files::temporary_beside(path).map_err(failed)?;
    let made = Database::builder()
        .create(&temporary)
        .map_err(failed)
        .and_then(|database| write(&database, &[]));
    let published = made.and_then(|()| {
        let file = OpenOptions::new().write(true).open(&temporary);
        file.and_then(|file| file.sync_all()).map_err(failed)?;
        files::publish(&temporary, path).map_err(failed)
    });
    let _ = std::fs::remove_file(&temporary);
    match published {
        // Another process was faster.
        Err(_) if path.exists() => Ok(()),
        other => other,
    }
}

fn write(database: &Database, objects: &[Object]) -> Result<(), StoreError> {
    let mut write = database.begin_write().map_err(failed)?;
    // After a kill, the file is ready at once instead of after reading all of it. By default,
    // commit returns after fsync.
    write.set_quick_repair(true);
    for space in Space::ALL {
        let mut table = write.open_table(definition(space)).map_err(failed)?;
        for object in objects.iter().filter(|object| object.space == space) {
            let (key, value) = (object.key.as_slice(), object.value.as_slice());
            table.insert(key, value).map_err(failed)?;
        }
    }
    write.commit().map_err(failed)
}

impl Open {
    fn with(opener: &Opener) -> Result<Self, StoreError> {
        let database = opener().map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse,
            other => failed(other),
        })?;
        let read = database.begin_read().map_err(failed)?;
        let names: Vec<_> = read.list_tables().map_err(failed)?.collect();
        let has = |name: &str| names.iter().any(|table| table.name() == name);
        if has(EARLIER_TABLE) {
            return Err(StoreError::Earlier);
        }
        if !Space::ALL
            .iter()
            .all(|space| has(definition(*space).name()))
        {
            // Reading needs every table to be there, also before the first entry.
            write(&database, &[])?;
        }
        Ok(Self {
            tables: Arc::new(Tables::of_now(&database)?),
            database: Arc::new(database),
        })
    }
}

impl Tables {
    fn of_now(database: &Database) -> Result<Self, StoreError> {
        let read = database.begin_read().map_err(failed)?;
        let open = |space| read.open_table(definition(space)).map_err(failed);
        Ok(Self {
            tree: open(Space::Tree)?,
            entries: open(Space::Entries)?,
            leaves: open(Space::Leaves)?,
            hashes: open(Space::Hashes)?,
            mentions: open(Space::Mentions)?,
        })
    }

    fn of(&self, space: Space) -> &Table {
        match space {
            Space::Tree => &self.tree,
            Space::Entries => &self.entries,
            Space::Leaves => &self.leaves,
            Space::Hashes => &self.hashes,
            Space::Mentions => &self.mentions,
        }
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &[u8], value: &[u8]) -> Object {
        Object {
            space: Space::Mentions,
            key: key.to_vec(),
            value: value.to_vec(),
        }
    }

    #[test]
    fn a_second_process_is_told_that_the_log_is_in_use() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.redb");
        let _open = RedbStore::open(&path).unwrap();
        assert!(matches!(RedbStore::open(&path), Err(StoreError::InUse)));
    }

    #[test]
    fn objects_are_found_by_key_and_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log.redb");
        let store = RedbStore::open(&path).unwrap();
        let batch = [b"c", b"a", b"d", b"b"].map(|key| object(key, &key.repeat(2)));
        store.put(batch.to_vec()).unwrap();
        drop(store);
        let store = RedbStore::open(&path).unwrap();
        let scan = |from: &[u8], to: &[u8], limit| {
            let found = store.scan(Space::Mentions, from, to, limit).unwrap();
            let keys = found.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
            String::from_utf8(keys.concat()).unwrap()
        };
        assert_eq!(scan(b"a", b"d", 9), "abc");
        assert_eq!(scan(b"b", b"z", 2), "bc");
        let get = |space, key: &[u8]| store.get(space, key).unwrap();
        assert_eq!(get(Space::Mentions, b"a"), Some(b"aa".to_vec()));
        assert_eq!(get(Space::Mentions, b"e"), None);
        assert_eq!(get(Space::Leaves, b"a"), None);
        store.put(vec![object(b"a", b"new")]).unwrap();
        assert_eq!(get(Space::Mentions, b"a"), Some(b"new".to_vec()));
    }

    #[test]
    fn what_is_frozen_does_not_change_while_it_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = RedbStore::open(&directory.path().join("log.redb")).unwrap();
        store
            .put(vec![object(b"a", b"1"), object(b"b", b"1")])
            .unwrap();
        let mut seen = Vec::new();
        store
            .freeze(&mut |space, key, value| {
                assert_eq!(space, Space::Mentions);
                seen.push((key.to_vec(), value.to_vec()));
                store.put(vec![object(b"b", b"2"), object(b"c", b"2")])
            })
            .unwrap();
        let one = |key: &[u8]| (key.to_vec(), b"1".to_vec());
        assert_eq!(seen, [one(b"a"), one(b"b")]);
    }
}
