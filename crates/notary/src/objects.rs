//! All that a log asks of the place where it is kept: objects by key.
//!
//! The log is written once, on top of this; an embedded database, a directory or an object store
//! can stand below. What keeps a log from forking is not here but in the [`crate::lock`].

use crate::store::StoreError;

/// What an object is. Keys of different spaces have nothing to do with each other, so a back end
/// may keep each space in the way that suits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Space {
    /// How far the log has grown: one small object, written anew with each batch.
    Tree,
    /// The entries, by index.
    Entries,
    /// The index of each entry, by leaf hash.
    Leaves,
    /// Hashes of the tree, some hundreds an object. The last of each level are written anew with
    /// each batch, and only ever become longer.
    Hashes,
    /// The search index: all of an object is in its key.
    Mentions,
}

impl Space {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Tree,
        Self::Entries,
        Self::Leaves,
        Self::Hashes,
        Self::Mentions,
    ];
}

/// An object that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub space: Space,
    /// Its key, not empty.
    pub key: Vec<u8>,
    /// Its content.
    pub value: Vec<u8>,
}

/// A key and what is kept under it.
pub type Found = (Vec<u8>, Vec<u8>);

/// What is done with each object: its space, its key and its content.
pub type Visitor<'a> = dyn FnMut(Space, &[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// A place for objects.
///
/// Every read sees all batches whose [`Self::put`] returned before it began, each as a whole. It
/// may see later ones, too: readers rely on no more, as what a log has once published never
/// changes.
pub trait Objects: Send + Sync {
    /// The object under `key`.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The objects under the keys `from..to`, in ascending order of the keys' bytes, at most
    /// `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
        limit: usize,
    ) -> Result<Vec<Found>, StoreError>;

    /// Writes objects, those that are there already anew. When this returns, all of them are
    /// durable. There is one writer.
    ///
    /// # Errors
    /// When they could not be made durable; they may then be there or not, as a whole.
    fn put(&self, objects: Vec<Object>) -> Result<(), StoreError>;

    /// Shows every object of a space to `each`, in the order of the keys, all as they were at one
    /// moment for all spaces together, while writing goes on: what a backup is made of.
    ///
    /// # Errors
    /// When they cannot be read, or what `each` returns.
    fn freeze(&self, each: &mut Visitor<'_>) -> Result<(), StoreError>;
}
