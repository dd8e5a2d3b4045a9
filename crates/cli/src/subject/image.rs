//! Container images as subjects: in a registry, on this machine's Docker or Podman, in files.

use super::image_access::ImageAccess;
use super::{About, Artifact, Kind};
use crate::error::CliError;
use crate::progress::Waiting;
use assay_core::digest::Sha256Digest;
use assay_oci::{Engine, Found, Image, Layout, LocalPlace, OciError, Published, Reference};
use std::sync::Arc;

/// An image, as it was named.
#[derive(Debug, Clone)]
pub struct ImageSubject {
    name: String,
    place: Place,
    /// How the place is asked.
    pub(super) access: Arc<ImageAccess>,
}

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// In a registry, by a reference.
    Registry(String),
    /// On this machine's Docker or Podman, by a name; by its own digest where that is known.
    Engine {
        name: String,
        id: Option<Sha256Digest>,
    },
    /// In a layout or an archive.
    Local(String),
}

/// What an image resolves to, beside its first digest.
#[derive(Debug, Clone)]
pub struct ImageArtifact {
    /// Other digests that cover it: whoever signed one of them signed this image.
    pub also: Vec<Sha256Digest>,
    at: At,
    access: Arc<ImageAccess>,
}

/// Where signatures may be attached to it.
#[derive(Debug, Clone)]
enum At {
    Registry(Reference),
    /// Where the engine has it from, with the digest there.
    Registries(Vec<(Reference, Sha256Digest)>),
    Local(Arc<Layout>),
}

impl ImageSubject {
    /// The image that is named by `image:REF`, `docker:REF` or `oci:PATH[:TAG]`.
    pub fn named(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let rest = rest.to_owned();
        let place = match kind {
            "image" => Place::Registry(rest),
            "docker" => Place::Engine {
                name: rest,
                id: None,
            },
            "oci" => Place::Local(rest),
            _ => return None,
        };
        Some(Self {
            name: text.to_owned(),
            place,
            access: Arc::default(),
        })
    }

    /// An image that this machine's Docker or Podman lists.
    pub fn listed(name: String, id: Sha256Digest, access: &Arc<ImageAccess>) -> Self {
        Self {
            name: format!("docker:{name}"),
            place: Place::Engine { name, id: Some(id) },
            access: Arc::clone(access),
        }
    }

    /// Its name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Of what kind it is.
    pub fn kind(&self) -> Kind {
        match self.place {
            Place::Registry(_) => Kind::Image,
            Place::Engine { .. } => Kind::Docker,
            Place::Local(_) => Kind::Oci,
        }
    }

    /// The registry that is asked, where that is one.
    pub fn registry(&self) -> Option<String> {
        match &self.place {
            Place::Registry(text) => text.parse::<Reference>().ok().map(|one| one.registry),
            Place::Engine { .. } | Place::Local(_) => None,
        }
    }

    /// Finds it, and its digests.
    ///
    /// # Errors
    /// When it is not there, or is not what it has to be.
    pub fn resolve(&self) -> Result<Artifact, CliError> {
        let platform = self.access.platform();
        let (image, title, at) = match &self.place {
            Place::Registry(text) => {
                let reference: Reference = text.parse()?;
                let _waiting = Waiting::new(&reference.server());
                let image = self.access.registry()?.image(&reference, platform)?;
                (image, reference.place(), At::Registry(reference))
            }
            Place::Engine { name, id } => self.on_engine(name, id.as_ref())?,
            Place::Local(text) => {
                let place = LocalPlace::read(text);
                let layout = Layout::open(&place.path)?;
                let image = layout.image(place.tag.as_deref(), platform)?;
                (image, text.clone(), At::Local(Arc::new(layout)))
            }
        };
        Ok(Artifact {
            digest: image.digest,
            title,
            file: None,
            bundle: None,
            about: About::default(),
            image: Some(ImageArtifact {
                also: image.also,
                at,
                access: Arc::clone(&self.access),
            }),
        })
    }

    fn on_engine(
        &self,
        name: &str,
        id: Option<&Sha256Digest>,
    ) -> Result<(Image, String, At), CliError> {
        if self.access.platform().is_some() {
            return Err(CliError::Usage(
                "--platform chooses among the images of an index, in a registry or a layout: what \
                 Docker or Podman has is for one platform"
                    .to_owned(),
            ));
        }
        let own = id.map(|id| format!("sha256:{id}"));
        let found = Engine::find()?.image(own.as_deref().unwrap_or(name))?;
        if let Some(id) = id
            && found.id != *id
        {
            return Err(OciError::OtherBytes {
                what: name.to_owned(),
                expected: *id,
                found: found.id,
            }
            .into());
        }
        let read = |(repository, digest): &(String, Sha256Digest)| {
            Some((repository.parse::<Reference>().ok()?, *digest))
        };
        let registries = found.digests.iter().filter_map(read).collect();
        Ok((
            found.known_as(name),
            name.to_owned(),
            At::Registries(registries),
        ))
    }
}

impl PartialEq for ImageSubject {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.place) == (&other.name, &other.place)
    }
}

impl Eq for ImageSubject {}

impl ImageArtifact {
    /// Whether signatures that are attached to it are where the image itself was asked for: others are
    /// asked only if that was wished.
    pub fn has_them_beside(&self) -> bool {
        !matches!(self.at, At::Registries(_))
    }

    /// The places where signatures may be attached to it, each with the digest that they are about.
    pub fn places(&self, digest: &Sha256Digest) -> Vec<AttachedPlace> {
        let mut places: Vec<AttachedPlace> = Vec::new();
        let mut add = |name: String, at: At| {
            let access = Arc::clone(&self.access);
            let digest = *digest;
            if places.iter().all(|place| place.name != name) {
                places.push(AttachedPlace {
                    name,
                    digest,
                    at,
                    access,
                });
            }
        };
        match &self.at {
            At::Registry(reference) => add(reference.place(), self.at.clone()),
            At::Registries(all) => {
                for (reference, _) in all.iter().filter(|(_, known)| known == digest) {
                    add(reference.place(), At::Registry(reference.clone()));
                }
            }
            At::Local(layout) => add(layout.name().to_owned(), self.at.clone()),
        }
        places
    }

    /// Attaches a bundle to it in its registry.
    ///
    /// # Errors
    /// When it is in none, or the registry does not take it.
    pub fn attach(
        &self,
        digest: &Sha256Digest,
        bundle: &str,
        predicate_type: &str,
    ) -> Result<Published, CliError> {
        let At::Registry(reference) = &self.at else {
            return Err(CliError::Usage(NOT_ATTACHABLE.to_owned()));
        };
        let _waiting = Waiting::new(&reference.server());
        let registry = self.access.registry()?;
        Ok(registry.attach(reference, digest, bundle, predicate_type)?)
    }
}

/// What is said where there is no registry.
pub const NOT_ATTACHABLE: &str =
    "--attach puts the signature beside an image in its registry: name the image as image:REF";

/// A place where signatures may be attached to an image.
#[derive(Debug, Clone)]
pub struct AttachedPlace {
    /// The repository with its registry, or the path of a layout.
    pub name: String,
    digest: Sha256Digest,
    at: At,
    access: Arc<ImageAccess>,
}

impl AttachedPlace {
    /// What is attached there.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub fn attached(&self) -> Result<Found, OciError> {
        match &self.at {
            At::Registry(reference) => {
                let _waiting = Waiting::new(&reference.server());
                let registry = self.access.registry()?;
                registry.attached(reference, &self.digest)
            }
            At::Local(layout) => layout.attached(&self.digest),
            At::Registries(_) => Ok(Found::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_by_what_stands_before_them() {
        let kind = |text: &str| ImageSubject::named(text).map(|image| image.kind());
        assert_eq!(kind("image:debian"), Some(Kind::Image));
        assert_eq!(kind("docker:debian:12"), Some(Kind::Docker));
        assert_eq!(kind("oci:./a:b"), Some(Kind::Oci));
        for file in ["./image:debian", "images:debian", "image", "a.tar", "C:\\a"] {
            assert_eq!(kind(file), None, "{file}");
        }
        let registry = |text: &str| ImageSubject::named(text).and_then(|one| one.registry());
        assert_eq!(registry("image:debian").as_deref(), Some("docker.io"));
        assert_eq!(registry("docker:r.example/a"), None);
    }
}
