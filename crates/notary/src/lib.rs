//! The notary: a transparency log in one program that existing Sigstore clients can write to, and
//! that answers by digest with whole bundles.
//!
//! The way of an entry: [`http`] reads it, [`proposal`] parses it and verifies its signature, the
//! [`sequencer`] gives it a place in the [`merkle`] tree, makes it durable through the [`store`]
//! and signs the tree by its [`lock`], and [`log_entry`] and [`bundle`] give it back with its proof.
//! [`tiles`] and [`tile_checkpoint`] show the same log to auditors and mirrors. [`notary::Notary`]
//! holds these together and knows no HTTP.

#[cfg(unix)]
pub mod admin;
pub mod adopt;
pub mod authority;
pub mod backup;
pub mod backup_file;
pub mod bundle;
pub mod checkpoint;
pub mod clock;
pub mod data_directory;
pub mod dsse;
pub mod error;
pub mod file_lock;
pub mod files;
pub mod hash_tiles;
pub mod hashed_rekord;
pub mod http;
pub mod identity;
pub mod intoto;
pub mod keys;
pub mod lock;
pub mod log_entry;
pub mod merkle;
pub mod moment;
pub mod notary;
pub mod note_key;
pub mod objects;
pub mod proposal;
pub mod recovery;
pub mod redb_store;
pub mod restore;
pub mod revocation;
pub mod rotation;
pub mod sequencer;
pub mod server;
pub mod signed_note;
pub mod signers;
pub mod statement;
pub mod store;
pub mod terms;
pub mod tile_checkpoint;
pub mod tiles;
pub mod trust;
pub mod trusted_root;
pub mod verifier;
mod writer;

pub use error::NotaryError;
pub use notary::Notary;
pub use server::{Config, Handle, serve};
