//! Where there are no Unix sockets, no engine can be asked.

use crate::error::OciError;
use crate::image::Image;
use assay_core::digest::Sha256Digest;

/// Docker or Podman on this machine.
#[derive(Debug, Clone)]
pub struct Engine(std::convert::Infallible);

/// An image that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineImage {
    /// The image's own digest.
    pub id: Sha256Digest,
    /// Its names, with their tags.
    pub tags: Vec<String>,
    /// By what digests registries know it, with the repository.
    pub digests: Vec<(String, Sha256Digest)>,
}

impl Engine {
    /// # Errors
    /// Always.
    pub fn find() -> Result<Self, OciError> {
        Err(OciError::Engine {
            socket: "docker".to_owned(),
            detail: "Docker and Podman are asked over Unix sockets, which are not to be had on this \
                     system: verify the image in its registry (image:REF), or a saved one (oci:PATH)"
                .to_owned(),
        })
    }

    /// Its socket, for people.
    pub fn name(&self) -> String {
        match self.0 {}
    }

    /// # Errors
    /// Never: there is none.
    pub fn images(&self) -> Result<Vec<EngineImage>, OciError> {
        match self.0 {}
    }

    /// # Errors
    /// Never: there is none.
    pub fn image(&self, _name: &str) -> Result<EngineImage, OciError> {
        match self.0 {}
    }
}

impl EngineImage {
    /// The image by its own digest.
    pub fn known_as(&self, _name: &str) -> Image {
        Image::of(self.id)
    }

    /// Its names.
    pub fn names(&self) -> Vec<String> {
        self.tags.clone()
    }
}
