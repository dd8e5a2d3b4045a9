//! The notary: a transparency log in one program that existing Sigstore clients can write to, and
//! that answers by digest with whole bundles.
//!
//! The way of an entry: [`http`] reads it, [`proposal`] parses it and verifies its signature, the
//! [`sequencer`] gives it a place in the [`merkle`] tree and makes it durable through the
//! [`store`], and [`log_entry`] and [`bundle`] give it back with its proof. [`notary::Notary`]
//! holds these together and knows no HTTP. The [`server`] owns the sockets, and [`front`] stands
//! between them and [`http`]: who may write, how much anybody may take, what is told of it.

pub mod authority;
pub mod bundle;
pub mod checkpoint;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod dsse;
pub mod error;
pub mod exposure;
pub mod files;
pub mod front;
pub mod hashed_rekord;
pub mod html;
pub mod http;
pub mod identity;
pub mod keys;
pub mod log_entry;
pub mod logging;
pub mod merkle;
pub mod metrics;
pub mod notary;
pub mod page;
pub mod patience;
pub mod proposal;
pub mod rate_limit;
pub mod redb_store;
pub mod sequencer;
pub mod server;
pub mod shares;
pub mod signers;
pub mod store;
pub mod tls;
pub mod tokens;
pub mod trusted_root;
pub mod verifier;

pub use config::Config;
pub use error::NotaryError;
pub use notary::Notary;
pub use server::{Handle, serve};
