//! The notary: a transparency log in one program that existing Sigstore clients can write to, and
//! that answers by digest with whole bundles.
//!
//! The way of an entry: [`http`] reads it, [`proposal`] parses it and verifies its signature, the
//! [`sequencer`] gives it a place in the [`merkle`] tree, makes it durable through the [`store`]
//! and signs the tree by its [`lock`], and [`log_entry`] and [`bundle`] give it back with its proof.
//! [`tiles`] and [`tile_checkpoint`] show the same log to auditors and mirrors. [`notary::Notary`]
//! holds these together and knows no HTTP. The [`server`] owns the sockets, and [`front`] stands
//! between them and [`http`]: who may write, how much anybody may take, what is told of it.

#[cfg(unix)]
pub mod admin;
pub mod adopt;
pub mod authority;
pub mod backup;
pub mod backup_file;
pub mod batches;
pub mod bundle;
pub mod checkpoint;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod data_directory;
pub mod dsse;
mod entry_check;
pub mod error;
pub mod exposure;
pub mod file_lock;
pub mod files;
pub mod final_acts;
pub mod followers;
pub mod front;
pub mod hash_tiles;
pub mod hashed_rekord;
pub mod histogram;
pub mod html;
pub mod http;
pub mod identity;
pub mod idle;
pub mod intoto;
mod json_object;
pub mod keys;
pub mod lock;
pub mod log_entry;
pub mod logging;
pub mod merkle;
pub mod metrics;
pub mod moment;
pub mod notary;
pub mod note_key;
pub mod objects;
pub mod ownership;
pub mod page;
pub mod patience;
pub mod proposal;
pub mod rate_limit;
pub mod recovery;
pub mod redb_store;
pub mod restore;
pub mod revocation;
pub mod rotation;
pub mod sequencer;
pub mod server;
pub mod shares;
pub mod signed_note;
pub mod signer_name;
pub mod signers;
pub mod statement;
pub mod store;
pub mod terms;
pub mod tile_checkpoint;
pub mod tiles;
pub mod tls;
pub mod tokens;
pub mod trust;
pub mod trusted_root;
pub mod verifier;
mod writer;

pub use config::Config;
pub use error::NotaryError;
pub use notary::Notary;
pub use server::{Handle, serve};
