//! Images in files: layouts (OCI image specification, image-layout.md), as folders or saved as
//! archives, and the archives that `docker save` makes.
//!
//! All that belongs to an image there is hashed: what its manifest names must be what lies there.

use crate::attached::{self, Found};
use crate::docker_save::Configuration;
use crate::error::OciError;
use crate::image::Image;
use crate::letters;
use crate::manifest::{Content, Descriptor, MAX_MANIFEST_BYTES, Manifest, Platform};
use crate::reference::Reference;
use crate::registry::same;
use crate::saved::{MAX_KEPT, Saved};
use crate::store::{Referrers, Store};
use assay_core::digest::Sha256Digest;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The names that an index of a layout gives to what is in it.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
const IMAGE_NAME: &str = "io.containerd.image.name";

/// So many manifests of a layout are looked at.
const MOST_MANIFESTS: usize = 1024;

/// A layout or an archive.
#[derive(Debug)]
pub struct Layout {
    files: Files,
    pub(crate) what: String,
    /// The digests of the files of a folder, so that none is read as often as it is named.
    hashed: Mutex<HashMap<String, Sha256Digest>>,
}

#[derive(Debug)]
enum Files {
    Folder(PathBuf),
    Saved(Saved),
}

impl Layout {
    /// Opens it. An archive is read to its end.
    ///
    /// # Errors
    /// When it cannot be read, is neither a layout nor an archive, or has names that some systems take
    /// for others.
    pub fn open(path: &Path) -> Result<Self, OciError> {
        let what = path.display().to_string();
        let found = std::fs::metadata(path).map_err(|source| OciError::File {
            path: path.to_owned(),
            source,
        })?;
        let files = if found.is_dir() {
            check_names(path)?;
            Files::Folder(path.to_owned())
        } else if found.is_file() {
            Files::Saved(Saved::read(path)?)
        } else {
            // Opening a pipe waits for whoever writes to it, and a device may have no end.
            let detail = "this is a pipe or device: save it as a file";
            return Err(OciError::malformed(what, detail));
        };
        Ok(Self {
            files,
            what,
            hashed: Mutex::default(),
        })
    }

    /// Its path, for people.
    pub fn name(&self) -> &str {
        &self.what
    }

    /// The image with a tag, or the only one; with a platform, the image for it.
    ///
    /// # Errors
    /// When there is none or more than one, or what lies there is not what it has to be.
    pub fn image(&self, tag: Option<&str>, platform: Option<&Platform>) -> Result<Image, OciError> {
        let saved = self.saved_image(tag)?;
        if saved.is_none() && self.small("repositories")?.is_some() {
            return Err(self.wrong(
                "it has the list of images that old programs made (repositories), and not the one that \
                 can be checked (manifest.json): save the image again",
            ));
        }
        let Some(index) = self.index()? else {
            let saved = saved.ok_or_else(|| {
                self.wrong("neither a layout (no index.json) nor saved by `docker save` (no manifest.json)")
            })?;
            let config = self.check_saved(&saved)?;
            return Ok(Image::of(config));
        };
        let manifest = self.chosen(&index, tag)?;
        let configs = self.check(&manifest)?;
        if let Some(saved) = saved {
            // The two lists of one archive, of which some programs read one and some the other.
            let config = self.check_saved(&saved)?;
            if !configs.contains(&config) {
                return Err(self.wrong(
                    "its index.json and its manifest.json name different images: which one would be \
                     loaded depends on who loads it",
                ));
            }
        }
        let own = match &manifest.content {
            Content::Image { config, layers, .. } => Some((config.clone(), layers.clone())),
            Content::Index(_) => None,
        };
        let mut image = Image::chosen(self, manifest, platform, &self.what)?;
        if let Some((config, layers)) = own
            && self.is_all_of(&config, &layers)?
        {
            image.add(config.sha256()?);
        }
        Ok(image)
    }

    /// The signatures that are attached to an image in it.
    ///
    /// # Errors
    /// When its index cannot be read.
    pub fn attached(&self, digest: &Sha256Digest) -> Result<Found, OciError> {
        match self.index()? {
            Some(_) => attached::to(&self, digest),
            None => Ok(Found::default()),
        }
    }

    fn index(&self) -> Result<Option<Vec<Descriptor>>, OciError> {
        let Some(bytes) = self.small("index.json")? else {
            return Ok(None);
        };
        match Manifest::read(&self.what, &bytes)?.content {
            Content::Index(listed) if listed.len() <= MOST_MANIFESTS => Ok(Some(listed)),
            _ => Err(self.wrong("its index.json is no index")),
        }
    }

    fn chosen(&self, index: &[Descriptor], tag: Option<&str>) -> Result<Manifest, OciError> {
        let mut found: Vec<(String, Manifest)> = Vec::new();
        let mut seen = HashSet::new();
        for descriptor in index {
            let is_meant = tag.is_none_or(|tag| is_called(descriptor, tag));
            // By however many names: it is read once.
            if !is_meant || !seen.insert(descriptor.sha256()?) {
                continue;
            }
            let manifest = self.manifest(descriptor)?;
            // What is attached to an image is none, unless it is asked for by name; but an image that
            // says that it is attached is one to whoever loads it.
            let is_attached = matches!(
                &manifest.content,
                Content::Image { config, subject: Some(_), .. } if !config.is_of_an_image()
            );
            if tag.is_some() || !is_attached {
                found.push((name_of(descriptor), manifest));
            }
        }
        let names: Vec<String> = found.iter().map(|(name, _)| name.clone()).collect();
        match (<[_; 1]>::try_from(found), tag) {
            (Ok([(_, one)]), _) => Ok(one),
            (Err(_), Some(tag)) => Err(self.choice(&format!("no one image {tag:?}"), &names)),
            (Err(_), None) if names.is_empty() => Err(self.choice("no image", &names)),
            (Err(_), None) => Err(self.choice("more than one image: name one as PATH:TAG", &names)),
        }
    }

    /// Checks that all that a manifest names lies there as it is named; of an index, all images of
    /// which anything is there, and that is one at least. The digests of their configurations.
    fn check(&self, manifest: &Manifest) -> Result<HashSet<Sha256Digest>, OciError> {
        let mut configs = HashSet::new();
        match &manifest.content {
            Content::Image { config, layers, .. } => {
                for one in std::iter::once(&**config).chain(layers) {
                    let expected = one.sha256()?;
                    let name = blob(&expected);
                    match self.hash(&name)? {
                        Some(found) => same(&format!("{}: {name}", self.what), expected, found)?,
                        // Such as may not be handed on.
                        None if is_foreign(one) => {}
                        None => return Err(self.wrong(&format!("{name} is not in it"))),
                    }
                }
                configs.insert(config.sha256()?);
            }
            Content::Index(among) => {
                let mut seen = HashSet::new();
                for one in among {
                    let digest = one.sha256()?;
                    if !seen.insert(digest) || self.small(&blob(&digest))?.is_none() {
                        continue;
                    }
                    let inner = self.manifest(one)?;
                    match inner.content {
                        Content::Image { .. } => configs.extend(self.check(&inner)?),
                        Content::Index(_) => {
                            return Err(self.wrong("an index in an index, which nobody expects"));
                        }
                    }
                }
                if configs.is_empty() {
                    return Err(self.wrong("no image of its index is in it"));
                }
            }
        }
        Ok(configs)
    }

    /// Whether the configuration names just these layers: then whoever signed it signed the image.
    fn is_all_of(&self, config: &Descriptor, layers: &[Descriptor]) -> Result<bool, OciError> {
        let bytes = self.blob(config, MAX_MANIFEST_BYTES)?;
        let read: Result<Configuration, _> = serde_json::from_slice(&bytes);
        let named: Vec<&String> = layers.iter().map(|layer| &layer.digest).collect();
        Ok(read.is_ok_and(|read| read.rootfs.diff_ids.iter().eq(named)))
    }

    /// A small file of it.
    pub(crate) fn small(&self, name: &str) -> Result<Option<Vec<u8>>, OciError> {
        match &self.files {
            Files::Saved(saved) => {
                let bytes = saved.bytes(name);
                let bytes = bytes.map_err(|detail| self.wrong(&format!("{name}: {detail}")))?;
                Ok(bytes.map(<[u8]>::to_vec))
            }
            Files::Folder(_) => {
                let Some(file) = self.file(name)? else {
                    return Ok(None);
                };
                let mut bytes = Vec::new();
                file.take(MAX_KEPT as u64 + 1)
                    .read_to_end(&mut bytes)
                    .map_err(|error| self.wrong(&format!("{name}: {error}")))?;
                match bytes.len() > MAX_KEPT {
                    true => {
                        Err(self.wrong(&format!("{name} is larger than anything that is read")))
                    }
                    false => Ok(Some(bytes)),
                }
            }
        }
    }

    /// The digest of a file of it.
    pub(crate) fn hash(&self, name: &str) -> Result<Option<Sha256Digest>, OciError> {
        if let Files::Saved(saved) = &self.files {
            return Ok(saved.digest(name));
        }
        let hashed = || self.hashed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hashed().get(name) {
            return Ok(Some(*known));
        }
        let Some(mut file) = self.file(name)? else {
            return Ok(None);
        };
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let count = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.wrong(&format!("{name}: {error}"))),
            };
            hasher.update(buffer.get(..count).unwrap_or_default());
        }
        let digest = Sha256Digest::new(hasher.finalize().into());
        hashed().insert(name.to_owned(), digest);
        Ok(Some(digest))
    }

    fn file(&self, name: &str) -> Result<Option<File>, OciError> {
        let Files::Folder(folder) = &self.files else {
            return Ok(None);
        };
        let is_inside =
            |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
        if !Path::new(name).components().all(is_inside) {
            return Err(self.wrong("it names a file outside of it"));
        }
        let path = folder.join(name);
        let failed = |source| OciError::File {
            path: path.clone(),
            source,
        };
        match std::fs::metadata(&path) {
            // A pipe or a device would be read without end, or not at all.
            Ok(found) if !found.is_file() => Err(self.wrong(&format!("{name} is no file"))),
            Ok(_) => File::open(&path).map(Some).map_err(failed),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(failed(source)),
        }
    }

    pub(crate) fn wrong(&self, detail: &str) -> OciError {
        OciError::malformed(self.what.clone(), detail)
    }

    pub(crate) fn choice(&self, what: &str, names: &[String]) -> OciError {
        let names = match names.is_empty() {
            true => String::new(),
            false => format!("; it has {}", names.join(", ")),
        };
        OciError::Choice(format!("{}: {what}{names}", self.what))
    }
}

impl Store for &Layout {
    fn manifest(&self, descriptor: &Descriptor) -> Result<Manifest, OciError> {
        let what = format!("{}@{}", self.what, descriptor.digest);
        Manifest::read(&what, &self.blob(descriptor, MAX_MANIFEST_BYTES)?)
    }

    fn tagged(&self, tag: &str) -> Result<Option<Manifest>, OciError> {
        let index = self.index()?.unwrap_or_default();
        let found = index.iter().find(|one| is_called(one, tag));
        found.map(|one| self.manifest(one)).transpose()
    }

    fn blob(&self, descriptor: &Descriptor, limit: usize) -> Result<Vec<u8>, OciError> {
        let digest = descriptor.sha256()?;
        let name = blob(&digest);
        let bytes = self.small(&name)?;
        let bytes = bytes.ok_or_else(|| self.wrong(&format!("{name} is not in it")))?;
        if bytes.len() > limit {
            return Err(self.wrong(&format!("{name} is larger than {limit} bytes")));
        }
        let what = format!("{}: {name}", self.what);
        same(&what, digest, Sha256Digest::of(&bytes))?;
        Ok(bytes)
    }

    fn referrers(&self, digest: &Sha256Digest) -> Result<Referrers, OciError> {
        let mut all = Referrers::default();
        let mut seen = HashSet::new();
        for descriptor in self.index()?.unwrap_or_default() {
            if !seen.insert(descriptor.digest.clone()) {
                continue;
            }
            let Ok(manifest) = self.manifest(&descriptor) else {
                continue;
            };
            if let Content::Image {
                subject: Some(subject),
                ..
            } = manifest.content
                && subject.sha256().is_ok_and(|subject| subject == *digest)
            {
                all.manifests.push(descriptor);
            }
        }
        Ok(all)
    }
}

/// Refuses a folder in which a list of images has another name, but for the case of its letters.
fn check_names(folder: &Path) -> Result<(), OciError> {
    let failed = |source| OciError::File {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        letters::check_top(&name.to_string_lossy())
            .map_err(|problem| OciError::malformed(folder.display().to_string(), problem))?;
    }
    Ok(())
}

fn blob(digest: &Sha256Digest) -> String {
    format!("blobs/sha256/{digest}")
}

fn is_foreign(layer: &Descriptor) -> bool {
    layer.media_type.contains(".nondistributable.") || layer.media_type.contains(".foreign.")
}

fn is_called(descriptor: &Descriptor, tag: &str) -> bool {
    let name = |key: &str| descriptor.annotations.get(key);
    descriptor.digest == tag
        || name(REF_NAME).is_some_and(|name| name == tag || is_same_name(name, tag))
        || name(IMAGE_NAME).is_some_and(|name| is_same_name(name, tag))
}

/// Whether two names mean the same, as `app:1` and `docker.io/library/app:1` do.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    let read = |text: &str| text.parse::<Reference>().ok();
    one == other || (read(one).is_some() && read(one) == read(other))
}

fn name_of(descriptor: &Descriptor) -> String {
    let name = |key: &str| descriptor.annotations.get(key).cloned();
    let name = name(IMAGE_NAME).or_else(|| name(REF_NAME));
    name.unwrap_or_else(|| descriptor.digest.clone())
}
