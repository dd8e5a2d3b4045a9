//! Container images: in registries (OCI distribution specification 1.1), on Docker and Podman hosts,
//! in layouts and saved archives; and the signatures that are attached to them.
//!
//! Nothing here decides whether a signature counts: what is attached is handed on as it came, to be
//! proven like any other bundle. Digests are computed from bytes, and never believed.

mod archive_entry;
mod attached;
mod challenge;
mod config;
mod credential_helper;
mod credentials;
mod digest;
mod docker_save;
#[cfg(unix)]
mod engine;
#[cfg(not(unix))]
#[path = "no_engine.rs"]
mod engine;
mod error;
mod image;
mod layout;
mod letters;
mod local_place;
mod manifest;
mod one_reading;
mod origin;
mod publish;
mod reference;
mod referrers;
mod registry;
mod saved;
mod simple_signing;
mod store;
mod token;
mod transport;

pub use attached::{Attached, Found};
pub use credentials::{Credentials, Given};
pub use engine::{Engine, EngineImage};
pub use error::OciError;
pub use image::Image;
pub use layout::Layout;
pub use local_place::LocalPlace;
pub use manifest::{MAX_MANIFEST_BYTES, Platform};
pub use publish::Published;
pub use reference::{Named, Reference, registry};
pub use registry::{Options, Registry};
pub use simple_signing::SimpleSigning;
