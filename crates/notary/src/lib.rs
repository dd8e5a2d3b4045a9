//! The notary: a transparency log in one program that existing Sigstore clients can write to, and
//! that answers by digest with whole bundles.
//!
//! The way of an entry: [`http`] reads it, [`proposal`] parses it and verifies its signature, the
//! [`sequencer`] gives it a place in the [`merkle`] tree and makes it durable through the
//! [`store`], and [`log_entry`] and [`bundle`] give it back with its proof. [`notary::Notary`]
//! holds these together and knows no HTTP.

pub mod authority;
pub mod bundle;
pub mod checkpoint;
pub mod clock;
pub mod dsse;
pub mod error;
pub mod files;
pub mod hashed_rekord;
pub mod http;
pub mod identity;
pub mod intoto;
pub mod keys;
pub mod log_entry;
pub mod merkle;
pub mod notary;
pub mod proposal;
pub mod redb_store;
pub mod sequencer;
pub mod server;
pub mod signers;
pub mod statement;
pub mod store;
pub mod terms;
pub mod trusted_root;
pub mod verifier;

pub use error::NotaryError;
pub use notary::Notary;
pub use server::{Config, Handle, serve};
