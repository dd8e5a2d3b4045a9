//! The heart of Assay: from what a source answered to a verdict about a file.
//!
//! A download's way through this crate, each step a plain value:
//!
//! 1. [`digest::Sha256Digest`]: the bytes on disk, known by their digest.
//! 2. [`proof::Prover::prove`]: a bundle, verified against a [`trust_root::TrustRoot`], becomes an
//!    [`attestation::Attestation`]; anything else becomes a [`proof::ProofError`].
//! 3. [`evidence::Evidence`]: what one source's answer proved.
//! 4. [`log_memory`]: a log's checkpoint, compared with what is remembered of that log; what cannot
//!    be compared is withheld.
//! 5. [`policy::judge`]: evidence and the user's [`settings::Settings`] become a
//!    [`verdict::Verdict`] with [`reason::Reason`]s.
//!
//! It knows no browser, no network and no clock but the one it is given.

pub mod address;
pub mod artifact;
pub mod asked;
pub mod attestation;
pub mod checksum_file;
pub mod closer_look;
pub mod crypto;
pub mod declaration;
pub mod digest;
pub mod evidence;
pub mod exported;
pub mod fields;
pub mod file_digest;
pub mod file_url;
pub mod judged;
pub mod log_memory;
pub mod lookalike;
pub mod managed;
pub mod message;
pub mod minisign;
pub mod obtained;
mod other_digests;
pub mod policy;
pub mod project;
pub mod proof;
pub mod publisher;
pub mod reason;
pub mod record;
pub mod refresh_error;
pub mod revocation;
pub mod root_store;
pub mod roots;
pub mod settings;
pub mod signer;
pub mod site;
pub mod site_rule;
pub mod standing;
pub mod succession;
pub mod trust_root;
pub mod verdict;
pub mod words;
mod x509_name;
